import asyncio

from db.line import WriteLine


async def _write(line: WriteLine, name: str, done: list[str], *, urgent: bool = False) -> None:
    async with line.turn(urgent=urgent):
        await asyncio.sleep(0)
        done.append(name)


async def test_who_is_urgent_goes_before_all_who_wait_and_each_line_keeps_its_order() -> None:
    line, done = WriteLine(), list[str]()

    async with asyncio.TaskGroup() as waiting, line.turn():
        for name in ("a", "b", "A!", "c", "B!"):
            waiting.create_task(_write(line, name, done, urgent=name.endswith("!")))
        await asyncio.sleep(0)

    assert done == ["A!", "B!", "a", "b", "c"]


async def test_one_at_a_time_writes() -> None:
    line, inside, most = WriteLine(), 0, 0

    async def write() -> None:
        nonlocal inside, most
        async with line.turn():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(write() for _ in range(20)))

    assert (inside, most) == (0, 1)


async def test_who_is_cancelled_in_line_holds_nobody_up() -> None:
    line, done = WriteLine(), list[str]()
    async with line.turn():
        tasks = [asyncio.create_task(_write(line, name, done)) for name in ("a", "b", "c")]
        await asyncio.sleep(0)
        tasks[0].cancel()

    await asyncio.wait(tasks, timeout=5)

    assert done == ["b", "c"]


async def test_who_is_called_and_cancelled_at_once_lets_the_next_one_in() -> None:
    line, done = WriteLine(), list[str]()
    holding = line.turn()
    await holding.__aenter__()
    tasks = [asyncio.create_task(_write(line, name, done)) for name in ("a", "b")]
    await asyncio.sleep(0)
    await holding.__aexit__(None, None, None)  # calls a
    tasks[0].cancel()

    await asyncio.wait(tasks, timeout=5)

    assert done == ["b"]


async def test_an_error_leaves_the_line_open() -> None:
    line, done = WriteLine(), list[str]()

    async def fail() -> None:
        async with line.turn():
            raise LookupError

    await asyncio.gather(fail(), return_exceptions=True)
    await _write(line, "next", done)

    assert done == ["next"]
