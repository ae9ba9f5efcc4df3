"""Keep a conversation's lease while its turn runs; without it the lease soon runs out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from conversation.tables import Conversation
from db.base import now
from db.engine import Database

log = structlog.get_logger()

_RENEWALS = 3  # in the time of one lease


@asynccontextmanager
async def kept(
    database: Database, conversation_id: str, worker: str, lease: timedelta
) -> AsyncIterator[None]:
    """Renew the lease inside the block, as long as it is this worker's."""
    keeping = asyncio.create_task(_keep(database, conversation_id, worker, lease))
    try:
        yield
    finally:
        keeping.cancel()


async def _keep(database: Database, conversation_id: str, worker: str, lease: timedelta) -> None:
    while True:
        await asyncio.sleep(lease.total_seconds() / _RENEWALS)
        try:
            async with database.write() as session:
                await session.execute(
                    update(Conversation)
                    .where(Conversation.id == conversation_id, Conversation.lease_owner == worker)
                    .values(lease_until=now() + lease)
                )
        except DBAPIError as error:
            log.warning("lease not renewed", error=type(error.orig).__name__)
