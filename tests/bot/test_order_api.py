"""The assistant over a shop's own order API, a real server, as the settings name it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Header, HTTPException

from app.outside import order_api
from bot.actions.services import Services
from conversation.tables import Conversation
from crm.orders import OrderLookup
from crm.proofs import Lockout
from settings import Settings
from tests.bot.rehearsal import Rehearsal
from tests.crm.shop import at_noon
from tests.crm.test_http_orders import ORDER, serving

PHONES = {"C0001": "+6281200001111", "C9999": "+6281200009999"}  # the second is not imported


def _shop(*, up: bool = True) -> FastAPI:
    """Two orders, each with its owner's phone number as a proof."""
    api = FastAPI()

    @api.post("/api/orders/find")
    async def find(body: dict[str, Any], authorization: str = Header("")) -> dict[str, Any]:
        if authorization != "Bearer secret" or not up:
            raise HTTPException(503)
        owner = {"TL-261115-0001": "C0001", "TL-261115-0009": "C9999"}.get(body["number"], "")
        proofs = ({"customer_id": owner}, {"phone_or_email": PHONES.get(owner)})
        if body["proof"] not in proofs:
            raise HTTPException(404)
        return {**ORDER, "number": body["number"], "customer_id": owner}

    @api.get("/api/customers/{customer_id}/orders")
    async def orders(customer_id: str) -> list[dict[str, Any]]:
        if not up:
            raise HTTPException(503)
        return [ORDER] if customer_id == "C0001" else []

    return api


@asynccontextmanager
async def _talk(services: Services, folder: Path, *, up: bool = True) -> AsyncIterator[Rehearsal]:
    async with serving(_shop(up=up)) as url:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]
            data_dir=folder,
            orders_url=url,
            orders_token="secret",  # type: ignore[arg-type]
        )
        api = order_api(settings)
        assert api is not None
        lockout = Lockout(services.database, clock=at_noon)
        async with api:
            yield Rehearsal(replace(services, orders=OrderLookup(api, lockout)))


async def _prove(services: Services, talk: Rehearsal, customer_id: str) -> None:
    await talk.say("halo", "greet")
    async with services.database.write() as session:
        row = await session.get_one(Conversation, talk.id)
        row.customer_id, row.verified = customer_id, True


async def test_an_order_of_the_api_is_shown_and_proves_an_imported_customer(
    services: Services, tmp_path: Path
) -> None:
    async with _talk(services, tmp_path) as talk:
        await talk.say("lacak TL-261115-0001 081200001111", "track_order")
        assert talk.replies[0]["data"]["items"] == [{"name": "Kalung", "quantity": 2}]
        assert {"verified": "C0001"} in talk.commands

        await talk.say("lacak pesanan", "track_order")
        assert talk.replies[0]["data"]["number"] == "TL-261115-0001"


async def test_a_customer_whom_only_the_api_knows_sees_the_order_and_stays_anonymous(
    services: Services, tmp_path: Path
) -> None:
    async with _talk(services, tmp_path) as talk:
        await talk.say("lacak TL-261115-0009 081200009999", "track_order")

    assert talk.replies[0]["data"]["number"] == "TL-261115-0009"
    assert [one for one in talk.commands if "verified" in one] == []


@pytest.mark.parametrize("proven", [False, True])
async def test_while_the_api_is_away_the_customer_is_told_so(
    services: Services, tmp_path: Path, *, proven: bool
) -> None:
    async with _talk(services, tmp_path, up=False) as talk:
        if proven:
            await _prove(services, talk, "C0001")
        await talk.say("lacak TL-261115-0001 081200001111", "track_order")

    assert talk.sources == ["order-source-down"]
