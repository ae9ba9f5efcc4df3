from faq.head import Head


def test_a_head_is_worth_it_from_three_wordings_an_article_on() -> None:
    assert Head.pays([0, 0, 0, 1, 1, 1])
    assert not Head.pays([0, 0, 1, 1])


def test_one_article_needs_no_head() -> None:
    assert not Head.pays([0, 0, 0, 0])


def test_a_base_too_large_to_fit_in_a_minute_gets_no_head() -> None:
    assert Head.pays([row % 2_000 for row in range(10_000)])
    assert not Head.pays([row % 10_000 for row in range(50_000)])
