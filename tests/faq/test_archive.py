import asyncio
from dataclasses import replace
from datetime import date

from db.engine import Database
from faq.archive import Archive
from faq.articles import Article, Text


def article(answer: str, article_id: str = "payment-cod") -> Article:
    texts = {"id": Text("COD", ("bisa cod?",), answer), "en": Text("COD", ("cod?",), answer)}
    return Article.of(article_id, "payment", date(2026, 11, 1), texts, next_actions=["ask_offer"])


async def test_every_version_that_was_in_use_can_be_read_for_ever(database: Database) -> None:
    archive = Archive(database)
    first, second = article("Bisa."), article("Tidak bisa.")

    assert await archive.keep([first]) == 1
    assert await archive.keep([second]) == 1

    assert await archive.find("payment-cod", first.version) == first
    assert await archive.find("payment-cod", second.version) == second
    assert [each.article for each in await archive.history("payment-cod")] == [first, second]


async def test_what_is_kept_already_is_not_kept_again(database: Database) -> None:
    archive = Archive(database)
    await archive.keep([article("Bisa.")])

    assert await archive.keep([article("Bisa."), article("Bisa.", "other")]) == 1
    assert len(await archive.history("payment-cod")) == 1


async def test_processes_that_keep_the_same_at_once_do_not_disturb_each_other(
    database: Database,
) -> None:
    articles = [article(f"Jawaban {n}.", f"article-{n}") for n in range(500)]
    url = database.url.render_as_string(hide_password=False)
    processes = [Database(url) for _ in range(3)]
    await asyncio.gather(*(Archive(process).keep(articles) for process in processes))
    for process in processes:
        await process.close()

    assert await Archive(database).keep(articles) == 0


async def test_what_was_never_in_use_is_not_found(database: Database) -> None:
    archive = Archive(database)
    await archive.keep([article("Bisa.")])

    assert await archive.find("payment-cod", "000000000000") is None
    assert await archive.find("no-such", article("Bisa.").version) is None
    assert await archive.history("no-such") == []


async def test_a_later_date_alone_makes_no_new_version(database: Database) -> None:
    archive = Archive(database)
    await archive.keep([article("Bisa.")])

    assert await archive.keep([replace(article("Bisa."), updated=date(2026, 12, 1))]) == 0
