import stat

import pytest

from desk.agents import WrongLogin
from desk.demo import NotADemo, ensure_demo_agent, refuse_demo_agent
from settings import Settings
from tests.desk.conftest import Shop


async def test_the_demo_csr_is_made_once_with_a_password_only_the_owner_can_read(
    shop: Shop, settings: Settings
) -> None:
    made = await ensure_demo_agent(shop.database, shop.desk.agents, settings.data_dir, demo=True)
    again = await ensure_demo_agent(shop.database, shop.desk.agents, settings.data_dir, demo=True)

    assert (made[1], again) == (True, (made[0], False))
    assert (await shop.desk.agents.log_in("demo", made[0]))[1].role == "csr"
    mode = (settings.data_dir / "demo_csr_password").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


async def test_a_lost_password_file_gives_a_new_password(shop: Shop, settings: Settings) -> None:
    old, _ = await ensure_demo_agent(shop.database, shop.desk.agents, settings.data_dir, demo=True)
    (settings.data_dir / "demo_csr_password").unlink()

    new, _ = await ensure_demo_agent(shop.database, shop.desk.agents, settings.data_dir, demo=True)

    assert new != old
    await shop.desk.agents.log_in("demo", new)


async def test_outside_a_demo_there_is_no_demo_csr(shop: Shop, settings: Settings) -> None:
    with pytest.raises(NotADemo):
        await ensure_demo_agent(shop.database, shop.desk.agents, settings.data_dir, demo=False)
    assert await shop.desk.agents.all() == []


async def test_a_demo_csr_left_in_the_database_is_shut_out(shop: Shop, settings: Settings) -> None:
    password, _ = await ensure_demo_agent(
        shop.database, shop.desk.agents, settings.data_dir, demo=True
    )

    await refuse_demo_agent(shop.database, demo=False)

    with pytest.raises(WrongLogin):
        await shop.desk.agents.log_in("demo", password)
