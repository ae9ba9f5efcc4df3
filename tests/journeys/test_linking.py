from collections.abc import Callable

from tests.journeys.customer import Visitor

Visit = Callable[..., Visitor]


def test_a_code_from_a_proven_chat_opens_the_account_in_another_one(visitor: Visit) -> None:
    here = visitor("id")
    here.says("lihat akun saya")
    here.says("TL-261118-0042")
    here.says("budi.santoso@example.com")
    (told,) = here.taps("account_info:link")
    there = visitor("en")
    (done,) = there.says(f"my code is {told['text'].split('**')[1].lower()}")

    assert (done["source"]["id"], done["lang"]) == ("link-done", "en")
    assert "budi" not in str(there.transcript()[:-1]).lower()
    (account,) = there.says("show me my account")
    assert account["source"]["id"] == "account-summary"
    there.taps("account_info:unlink")
    (asked,) = there.says("show me my account")
    assert asked["source"]["id"] == "ask-identity_order"
