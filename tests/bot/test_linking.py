"""One customer in several conversations: only after proof, and never two people in one."""

from sqlalchemy import select

from bot.actions.services import Services
from conversation.tables import Conversation
from tests.bot.rehearsal import Rehearsal
from tests.crm.shop import BUDI_ORDER, SARI_ORDER

OWNERS = {SARI_ORDER: "sari@example.com", BUDI_ORDER: "0812-0000-2222"}


async def _proven(services: Services, order: str) -> Rehearsal:
    talk = Rehearsal(services)
    await talk.say("lihat akun saya", "account_info")
    await talk.say(order, "inform")
    await talk.say(OWNERS[order], "inform")
    assert talk.sources == ["account-summary"]
    return talk


async def _code(talk: Rehearsal) -> str:
    await talk.tap("account_info:link")
    assert talk.sources == ["link-code"]
    return talk.texts[0].split("**")[1]


async def _customer(services: Services, talk: Rehearsal) -> str | None:
    async with services.database.read() as session:
        row = (await session.scalars(select(Conversation).where(Conversation.id == talk.id))).one()
    return row.customer_id if row.verified else None


async def test_a_code_from_a_proven_chat_proves_another_one(services: Services) -> None:
    code = await _code(await _proven(services, SARI_ORDER))
    other = Rehearsal(services)
    await other.type(f"account_info:{code}")

    assert (other.sources, other.loop) == (["link-done"], None)
    assert await _customer(services, other) == "C0001"
    await other.say("lihat akun saya", "account_info")
    assert other.sources == ["account-summary"]


async def test_a_code_also_answers_the_question_for_a_proof(services: Services) -> None:
    code = await _code(await _proven(services, SARI_ORDER))
    other = Rehearsal(services)
    await other.say("lihat akun saya", "account_info")
    await other.type(f"account_info:{code}")

    assert (other.sources, other.loop) == (["link-done"], None)
    assert await _customer(services, other) == "C0001"


async def test_who_is_not_proven_gets_no_code(services: Services) -> None:
    talk = Rehearsal(services)
    await talk.type("account_info:link")

    assert talk.sources == ["ask-identity_order"]


async def test_a_wrong_or_used_code_proves_nothing(services: Services) -> None:
    code = await _code(await _proven(services, SARI_ORDER))
    first, second = Rehearsal(services), Rehearsal(services)
    await first.type(f"account_info:{code}")
    for given in (code, "SAPA-2222-2222"):
        await second.type(f"account_info:{given}")
        assert second.sources == ["link-wrong"]

    assert await _customer(services, second) is None


async def test_a_second_proof_never_makes_two_people_one(services: Services) -> None:
    sari, budi = await _proven(services, SARI_ORDER), await _proven(services, BUDI_ORDER)
    code = await _code(sari)
    await budi.type(f"account_info:{code}")

    assert budi.sources == ["link-known"]
    assert await _customer(services, budi) != "C0001"
    other = Rehearsal(services)  # and the code is not spent by it
    await other.type(f"account_info:{code}")
    assert await _customer(services, other) == "C0001"


async def test_who_wants_to_be_forgotten_here_has_to_prove_it_again(services: Services) -> None:
    sari, budi = await _proven(services, SARI_ORDER), await _proven(services, BUDI_ORDER)
    await budi.tap("account_info:unlink")
    assert (budi.sources, await _customer(services, budi)) == (["link-ended"], None)
    await budi.say("lihat akun saya", "account_info")
    assert budi.sources == ["ask-identity_order"]

    await budi.type(f"account_info:{await _code(sari)}")
    assert await _customer(services, budi) == "C0001"
