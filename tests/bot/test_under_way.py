from bot.actions.conversations import TurnsUnderWay, read_conversation
from channels.message import Inbound
from conversation.bus import Bus
from conversation.transcript import Transcript
from db.engine import Database


async def test_all_actions_of_a_turn_see_the_conversation_as_it_was_when_the_turn_began(
    sqlite_database: Database,
) -> None:
    conversation_id, transcript = await _begun(sqlite_database)
    under_way = TurnsUnderWay(sqlite_database)
    found = await under_way.begin(conversation_id, "T1")
    await transcript.accept(conversation_id, _said("dan satu lagi"))

    assert [said.text for said in found.recent] == ["halo"]
    assert await under_way.of(conversation_id, "T1") == found


async def test_the_next_turn_sees_what_was_said_meanwhile(sqlite_database: Database) -> None:
    conversation_id, transcript = await _begun(sqlite_database)
    under_way = TurnsUnderWay(sqlite_database)
    await under_way.begin(conversation_id, "T1")
    await transcript.accept(conversation_id, _said("dan satu lagi"))
    under_way.end("T1")
    found = await under_way.of(conversation_id, "T1")

    assert [said.text for said in found.recent] == ["halo", "dan satu lagi"]


async def test_a_turn_that_another_process_began_is_read(sqlite_database: Database) -> None:
    conversation_id, _ = await _begun(sqlite_database)
    found = await TurnsUnderWay(sqlite_database).of(conversation_id, "T1")

    assert found == await read_conversation(sqlite_database, conversation_id)


async def test_a_turn_of_another_conversation_opens_nothing_of_this_one(
    sqlite_database: Database,
) -> None:
    conversation_id, _ = await _begun(sqlite_database)
    under_way = TurnsUnderWay(sqlite_database)
    await under_way.begin(conversation_id, "T1")

    assert (await under_way.of("another", "T1")).recent == ()


async def _begun(database: Database) -> tuple[str, Transcript]:
    transcript = Transcript(database, Bus())
    thread = await transcript.open("website", "visitor", "id")
    await transcript.accept(thread.id, _said("halo"))
    return thread.id, transcript


def _said(text: str) -> Inbound:
    return Inbound(channel="website", source_id=text, address="visitor", text=text)
