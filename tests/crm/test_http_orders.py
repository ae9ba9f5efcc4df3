"""A shop's own API as a real little server on a free port."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Header, HTTPException

from crm.http_orders import HttpOrders
from crm.orders import OrderEvent, OrderItem, OrderNotFound, OrderSourceDown, OrderView
from crm.proofs import Verified

ORDER: dict[str, Any] = {
    "number": "TL-261115-0001",
    "customer_id": "C0001",
    "ordered_at": "2026-11-15T12:00:00+07:00",
    "status": "shipped",
    "total_idr": 590_000,
    "courier": "JNE",
    "tracking_number": "JNE123",
    "eta": "2026-11-16T12:00:00+07:00",
    "events": [
        {"at": "2026-11-16T09:00:00Z", "code": "in_transit", "city": "Jakarta"},
        {"at": "2026-11-15T09:00:00Z", "code": "picked_up"},
    ],
    "lines": [{"sku": "A", "name_id": "Kalung", "name_en": "Necklace", "quantity": 2}],
    "something_new": True,
}
VIEW = OrderView(
    number="TL-261115-0001",
    customer_id="C0001",
    city=None,
    ordered_at=datetime(2026, 11, 15, 5, tzinfo=UTC),
    status="shipped",
    total_idr=590_000,
    courier="JNE",
    tracking_number="JNE123",
    eta=datetime(2026, 11, 16, 5, tzinfo=UTC),
    late=True,
    events=(
        OrderEvent(datetime(2026, 11, 15, 9, tzinfo=UTC), "picked_up", None),
        OrderEvent(datetime(2026, 11, 16, 9, tzinfo=UTC), "in_transit", "Jakarta"),
    ),
    lines=(OrderItem("A", "Kalung", "Necklace", 2),),
)


def shop_api() -> FastAPI:
    api = FastAPI()

    def authorized(authorization: str) -> None:
        if authorization != "Bearer secret":
            raise HTTPException(401)

    @api.post("/api/orders/find")
    async def find(body: dict[str, Any], authorization: str = Header("")) -> dict[str, Any]:
        authorized(authorization)
        if body["number"] == "BROKEN":
            return {"number": "BROKEN"}
        if body["number"] == "SLOW":
            await asyncio.sleep(5)
        if body["number"] == "CARELESS":  # does not check the proof
            return ORDER
        proofs = ({"phone_or_email": "1111"}, {"customer_id": "C0001"})
        if body["number"] != ORDER["number"] or body["proof"] not in proofs:
            raise HTTPException(404)
        return ORDER

    @api.get("/api/customers/{customer_id}/orders")
    async def orders(customer_id: str, authorization: str = Header("")) -> list[dict[str, Any]]:
        authorized(authorization)
        return [ORDER] if customer_id == "C0001" else []

    return api


@asynccontextmanager
async def serving(api: FastAPI) -> AsyncIterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(api, log_level="warning", lifespan="off"))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{port}/api"
        server.should_exit = True
        await task


async def test_an_order_is_read_from_the_shops_own_api() -> None:
    async with serving(shop_api()) as url, HttpOrders(url, "secret") as orders:
        assert await orders.find("tl-261115-0001", " 1111 ") == VIEW
        assert await orders.find("TL-261115-0001", Verified("C0001")) == VIEW
        assert await orders.of_customer("C0001") == [VIEW]
        assert await orders.of_customer("C0002") == []
        assert await orders.of_customer("../../secrets") == []


async def test_a_wrong_proof_and_an_unknown_number_are_the_same() -> None:
    async with serving(shop_api()) as url, HttpOrders(url, "secret") as orders:
        for number, proof in (("TL-261115-0001", "0000"), ("TL-000000-0000", "1111")):
            with pytest.raises(OrderNotFound):
                await orders.find(number, proof)


async def test_a_careless_api_does_not_leak_an_order_to_another_verified_customer() -> None:
    async with serving(shop_api()) as url, HttpOrders(url, "secret") as orders:
        with pytest.raises(OrderNotFound):
            await orders.find("CARELESS", Verified("C0002"))


async def test_an_api_that_is_wrong_slow_or_down_is_called_down() -> None:
    async with serving(shop_api()) as url:
        async with HttpOrders(url, "wrong token") as orders:
            with pytest.raises(OrderSourceDown):
                await orders.find("TL-261115-0001", "1111")
        async with HttpOrders(url, "secret", timeout_s=0.2) as orders:
            for number in ("BROKEN", "SLOW"):
                with pytest.raises(OrderSourceDown):
                    await orders.find(number, "1111")
    async with HttpOrders(url, "secret") as orders:
        with pytest.raises(OrderSourceDown):
            await orders.of_customer("C0001")
