from bot.actions.services import Services
from tests.bot.rehearsal import Rehearsal
from tests.crm.shop import SARI_ORDER


async def test_four_digits_do_not_open_an_account(talk: Rehearsal) -> None:
    await talk.say("lihat akun saya", "account_info")
    assert talk.sources == ["ask-identity_order"]
    await talk.say(SARI_ORDER, "inform")
    assert talk.sources == ["ask-identity_contact"]
    await talk.say("1111", "inform")

    assert talk.sources == ["ask-identity_contact-again"]


async def test_a_whole_contact_opens_the_account_with_masked_contacts(talk: Rehearsal) -> None:
    await talk.say("lihat akun saya", "account_info")
    await talk.say(SARI_ORDER, "inform")
    await talk.say("sari@example.com", "inform")

    assert talk.sources == ["account-summary"]
    assert "s•••@example.com" in talk.texts[0]
    assert "sari@example.com" not in talk.texts[0]
    assert {"verified": "C0001"} in talk.commands


async def test_a_wrong_contact_gets_the_same_words_as_an_unknown_order(
    talk: Rehearsal, services: Services
) -> None:
    await talk.say(f"akun saya, {SARI_ORDER}", "account_info")
    wrong = await talk.say("budi@example.com", "inform")
    other = Rehearsal(services)
    await other.say("akun saya, TL-261115-9999", "account_info")
    unknown = await other.say("budi@example.com", "inform")

    assert talk.sources == other.sources == ["identity-not-found"]
    assert [text.replace("TL-261115-9999", SARI_ORDER) for text in unknown] == wrong


async def test_a_phone_number_is_changed_after_proof_and_confirmation(
    talk: Rehearsal, services: Services
) -> None:
    await talk.say("mau ganti nomor hp", "update_contact")
    await talk.say(SARI_ORDER, "inform")
    await talk.say("sari@example.com", "inform")
    assert talk.sources == ["ask-contact_value"]
    await talk.say("0812-9999-0000", "inform")
    assert talk.sources == ["ask-contact_sure"]
    await talk.tap("affirm")

    assert talk.sources == ["contact-changed"]
    customer = await services.customers.get("C0001")
    assert customer is not None
    assert customer.phone == "+6281299990000"


async def test_a_slot_alone_opens_nothing(talk: Rehearsal) -> None:
    talk.slots = {"identity_order": SARI_ORDER, "identity_contact": "1111"}
    await talk.say("lihat akun saya", "account_info")

    assert talk.sources == ["ask-identity_order"]


async def test_an_address_cannot_be_changed_here_and_that_is_said(talk: Rehearsal) -> None:
    await talk.say("tolong ganti alamat rumah saya", "update_contact", 0.99)

    assert talk.sources == ["contact-address"]
    assert talk.loop is None
    assert {"open_ticket", "request_human"} <= set(talk.choices)


async def test_an_e_mail_address_is_no_address(talk: Rehearsal) -> None:
    await talk.say("tolong ganti alamat email saya", "update_contact", 0.99)

    assert talk.sources == ["ask-identity_order"]
    assert talk.slots["contact_field"] == "email"
