from pathlib import Path

import pytest

from crm.surveys.questionnaires import BrokenQuestionnaires, Questionnaires

GOOD = """\
questionnaires:
  csat: {scale: csat, bad: 2}
segments:
  default: csat
follow_up:
  category: other
  description: {id: "{score} dari {most}", en: "{score} of {most}"}
  comment: {id: "{comment}", en: "{comment}"}
"""


def test_a_segment_that_is_not_named_gets_the_default() -> None:
    found = Questionnaires.load()

    assert found.for_segment("big").name == "nps"
    assert {found.for_segment(one).name for one in (None, "", "micro", "?")} == {"csat"}


def test_marks_of_a_removed_questionnaire_are_judged_by_their_scale() -> None:
    found = Questionnaires.load()

    assert [found.is_bad("gone", "nps", score) for score in (0, 6, 7)] == [True, True, False]


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        ("scale: csat", "scale: stars", ":2: questionnaires.csat.scale: 'stars'"),
        ("bad: 2", "bad: 5", ":2: questionnaires.csat.bad: 5"),
        ("bad: 2", "bad: yes", ":2: questionnaires.csat.bad: True"),
        ("default: csat", "big: csat", ":3: segments: must say what 'default' is"),
        ("default: csat", "default: nps", ":4: segments.default: there is no questionnaire 'nps'"),
        ("{most}", "{best}", ":7: follow_up.description.id: has a slot that is not known"),
        (', en: "{comment}"', "", ":8: follow_up.comment.en: is missing"),
        ("category: other", "note: other", ":5: follow_up.category: is missing"),
        ("questionnaires:", "questionnaires: [", ": broken YAML"),
    ],
)
def test_a_fault_is_refused_with_file_and_line(
    tmp_path: Path, good: str, bad: str, fault: str
) -> None:
    file = tmp_path / "surveys.yml"
    file.write_text(GOOD)
    assert Questionnaires.load(file).for_segment(None).bad == 2
    file.write_text(GOOD.replace(good, bad))

    with pytest.raises(BrokenQuestionnaires) as refused:
        Questionnaires.load(file)

    assert fault in str(refused.value)
    assert str(file) in str(refused.value)
