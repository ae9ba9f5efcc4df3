"""Orders from a shop's own HTTP API.

The shop checks the proof itself, so no other customer's data ever reaches us:

    POST {base_url}/orders/find            Authorization: Bearer TOKEN
      {"number": "TL-240815-0042", "proof": {"phone_or_email": "7890"}}    or
      {"number": "TL-240815-0042", "proof": {"customer_id": "C0001"}}
      -> 200 ORDER, or 404 when the number is unknown or the proof does not fit
    GET {base_url}/customers/{customer_id}/orders   -> 200 [ORDER, …] newest first

    ORDER = {"number", "customer_id", "ordered_at", "status", "total_idr", "city"?, "courier"?,
             "tracking_number"?, "eta"?, "late"?, "events": [{"at", "code", "city"?, "note"?}],
             "lines": [{"sku", "name_id", "name_en", "quantity"}]}

Times are RFC 3339 with a zone. Without "late" it is worked out as for our own tables.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import AwareDatetime, BaseModel, TypeAdapter, ValidationError

from crm.orders import OrderEvent, OrderItem, OrderNotFound, OrderSourceDown, OrderView, is_late
from crm.proofs import Proof, Verified
from crm.texts import plain_number
from db.base import now as current_time

_Shape = TypeVar("_Shape")


class HttpOrders:
    """An OrderSource over HTTP; `async with` closes its connections."""

    def __init__(
        self,
        base_url: str,
        token: str,
        timeout_s: float = 3.0,
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        """Ask the API at `base_url` with the bearer `token`."""
        self._client = httpx.AsyncClient(
            base_url=base_url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout_s,
        )
        self._clock = clock

    async def find(self, number: str, proof: Proof) -> OrderView:
        """Return the order. Raises OrderNotFound, OrderSourceDown."""
        number = plain_number(number)
        if isinstance(proof, Verified):
            sent = {"customer_id": proof.customer_id}
        else:
            sent = {"phone_or_email": proof.strip()}
        body = await self._ask("POST", "orders/find", {"number": number, "proof": sent})
        if body is None:
            raise OrderNotFound(number)
        order = _parsed(_ORDER, body)
        if isinstance(proof, Verified) and order.customer_id != proof.customer_id:
            raise OrderNotFound(number)  # the shop's API forgot to check
        return order.view(self._clock())

    async def of_customer(self, customer_id: str) -> list[OrderView]:
        """Return a verified customer's newest orders, newest first. Raises OrderSourceDown."""
        body = await self._ask("GET", f"customers/{quote(customer_id, safe='')}/orders")
        if body is None:
            return []
        orders = _parsed(_ORDERS, body)
        at = self._clock()
        return [order.view(at) for order in orders if order.customer_id == customer_id]

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _ask(self, method: str, path: str, body: object = None) -> bytes | None:
        try:
            response = await self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise OrderSourceDown(f"{method} {path}: {error!r}") from error
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        if response.status_code != httpx.codes.OK:
            raise OrderSourceDown(f"{method} {path}: status {response.status_code}")
        return response.content


class _EventJson(BaseModel):
    at: AwareDatetime
    code: str
    city: str | None = None
    note: str | None = None


class _LineJson(BaseModel):
    sku: str
    name_id: str
    name_en: str
    quantity: int


class _OrderJson(BaseModel):
    number: str
    customer_id: str
    ordered_at: AwareDatetime
    status: Literal["pending", "paid", "packed", "shipped", "delivered", "cancelled", "returned"]
    total_idr: int
    city: str | None = None
    courier: str | None = None
    tracking_number: str | None = None
    eta: AwareDatetime | None = None
    late: bool | None = None
    events: list[_EventJson] = []
    lines: list[_LineJson] = []

    def view(self, at: datetime) -> OrderView:
        late = self.late
        if late is None:
            late = is_late(self.status, self.ordered_at, self.eta, at)
        fields = self.model_dump(exclude={"late", "events", "lines"})
        events = sorted(self.events, key=lambda event: event.at)
        return OrderView(
            **fields,
            late=late,
            events=tuple(
                OrderEvent(event.at, event.code, event.city, event.note) for event in events
            ),
            lines=tuple(OrderItem(**line.model_dump()) for line in self.lines),
        )


_ORDER = TypeAdapter(_OrderJson)
_ORDERS = TypeAdapter(list[_OrderJson])


def _parsed(shape: TypeAdapter[_Shape], body: bytes) -> _Shape:
    try:
        return shape.validate_json(body)
    except ValidationError as error:
        raise OrderSourceDown(f"the shop's API answered in another shape: {error}") from error
