import pytest

from crm.offers import Offers
from crm.recommending.store import learn_all
from db.engine import Database
from tests.crm.shop import Clock, fill


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def offers(database: Database, clock: Clock) -> Offers:
    await fill(database)
    await learn_all(database, clock)
    return Offers(database, clock=clock)
