"""What Sapa may use outside its own processes, if the settings name it."""

from hashlib import blake2b
from typing import TYPE_CHECKING

from conversation.bus import Bus
from crm.http_orders import HttpOrders
from settings import Settings

if TYPE_CHECKING:
    from conversation.relay import Relay
    from faq.index_postgres import VectorStore


def vector_store(settings: Settings) -> "VectorStore | None":
    """Return what keeps the answer index outside this process, if the settings say so."""
    if settings.faq_vectors == "memory":
        return None
    from faq.index_postgres import VectorStore  # noqa: PLC0415 - few need it

    return VectorStore(settings.database.replace("+psycopg", "", 1))


def order_api(settings: Settings) -> HttpOrders | None:
    """Return the shop's own order API, if the settings name one."""
    if not settings.orders_url:
        return None
    token = settings.orders_token.get_secret_value()
    return HttpOrders(settings.orders_url, token, settings.orders_timeout_s)


def relay(settings: Settings, bus: Bus) -> "Relay | None":
    """Make the way to the other processes, if the settings name a Redis."""
    if not settings.redis_url:
        return None
    from conversation.relay import Relay  # noqa: PLC0415 - Redis' client is slow to import

    # Several Sapas may share a Redis; the processes of one share their secret.
    name = blake2b(settings.secret_key.get_secret_value().encode(), digest_size=8).hexdigest()
    made = Relay(settings.redis_url, f"sapa:{name}", bus)
    bus.elsewhere = made.tell
    return made
