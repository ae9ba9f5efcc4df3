"""The knowledge base in a running app: it takes up each publication without missing a question.

Any process that publishes into the folder, this machine's `sapa knowledge publish` or another app,
is noticed by looking at the folder once a second.
"""

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

import structlog

from faq.archive import Archive
from faq.articles import Article
from faq.build import CURRENT, IndexUnusable, read
from faq.engine import FaqEngine, Finding, encoder_of
from faq.index import Opener
from faq.knowledge import BrokenKnowledge
from faq.publishing import publish
from settings import PROJECT_DIR

log = structlog.get_logger()

_LOOK_EVERY_S = 1.0
# Two versions of Sapa over one folder would otherwise rebuild each other's index for ever.
_REBUILD_EVERY_S = 60.0

_Sign = tuple[tuple[str, int, int], ...]  # name, size and time of every file in use


class LiveFaq:
    """Answers from the newest sound publication; one per process."""

    def __init__(
        self,
        folder: Path,
        knowledge: Path,
        model: str,
        archive: Archive,
        clock: Callable[[], float] = time.monotonic,
        opener: Opener | None = None,
    ) -> None:
        """Serve the index in `folder`, built from `knowledge` if there is none to serve.

        It is loaded, which takes seconds, by `begin` or by whoever asks first.
        `opener` keeps the passages outside this process.
        """
        self._folder, self._knowledge, self._model = folder, knowledge, model
        self._archive, self._clock, self._opener = archive, clock, opener
        self._sign: _Sign = ()
        self._engine: FaqEngine | None = None
        self._loading = threading.Lock()
        self._begun = asyncio.Event()
        self._rebuilt_at = float("-inf")

    @property
    def articles(self) -> Sequence[Article]:
        """All articles in use."""
        return self.pinned().articles

    @property
    def begun(self) -> bool:
        """Whether it is loaded, so that nobody who asks has to wait."""
        return self._begun.is_set()

    def pinned(self) -> FaqEngine:
        """Return the engine in use now; what it finds it also has, whatever is published since.

        Raises BrokenKnowledge if there is no index and the articles have faults.
        """
        if self._engine is None:
            with self._loading:
                if self._engine is None:
                    self._engine = self._first()
        return self._engine

    def search(self, text: str, lang: Literal["id", "en"]) -> Finding:
        """Return what the articles in use know about `text`."""
        return self.pinned().search(text, lang)

    def article(self, article_id: str) -> Article | None:
        """Return the article in use of that id."""
        return self.pinned().article(article_id)

    async def begin(self) -> None:
        """Load, and keep the versions in use before the first answer is given from them.

        Raises BrokenKnowledge if there is no index and the articles have faults.
        """
        engine = await asyncio.to_thread(self.pinned)
        await self._archive.keep(engine.articles)
        self._begun.set()

    async def wait_until_begun(self) -> None:
        """Wait for `begin`, with the event loop free for others."""
        await self._begun.wait()

    async def run(self) -> None:
        """Look for publications until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            try:
                await self.look()
            except Exception:
                log.exception("cannot take up the published answers; the old ones serve on")

    async def look(self) -> bool:
        """Take up what has been published since the last look, and say whether there was."""
        sign = _sign(self._folder)
        if sign == self._sign:
            return False
        try:
            engine = await asyncio.to_thread(self._load)
        except IndexUnusable as reason:
            if sign == _sign(self._folder):  # else another build has just taken its place
                await self._mend(str(reason))
                self._sign = sign
            return False
        await self._archive.keep(engine.articles)
        # Turns under way go on with the engine that they have pinned.
        self._engine, self._sign = engine, sign
        log.info("answers published", articles=len(engine.articles), content=engine.content_hash)
        return True

    def _first(self) -> FaqEngine:
        """Return the last publication, rather than what the owner is still writing."""
        self._sign = _sign(self._folder)
        try:
            return self._load()
        except IndexUnusable as reason:
            log.warning("the answer index is built", reason=str(reason))
        try:
            publish(self._knowledge, self._folder, self._model)
        except BrokenKnowledge as broken:
            with suppress(IndexUnusable):  # one of another model is better than none
                engine = FaqEngine.load(self._folder)
                log.error("the articles are broken, the old index serves on", faults=str(broken))
                return engine
            raise
        self._sign = _sign(self._folder)
        return self._load()

    def _load(self) -> FaqEngine:
        built = read(self._folder, self._opener)
        if built.model != self._model:
            raise IndexUnusable(f"it was made with the model {built.model!r}, not {self._model!r}")
        engine = FaqEngine(built, encoder_of(built.model))
        engine.search("halo", "id")  # what is loaded late takes seconds: before the next customer
        return engine

    async def _mend(self, reason: str) -> None:
        """Build a damaged or foreign index again, in a process of its own."""
        if self._clock() - self._rebuilt_at < _REBUILD_EVERY_S:
            log.error("the answer index is unusable again; the old one serves on", reason=reason)
            return
        self._rebuilt_at = self._clock()
        log.warning("the answer index is unusable and built again", reason=reason)
        builder = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "faq.publishing"),
            *(str(self._knowledge), str(self._folder), self._model),
            cwd=PROJECT_DIR,
        )
        try:
            code = await builder.wait()
        finally:
            if builder.returncode is None:  # the app is stopping
                builder.terminate()
        if code:
            log.error("the answer index could not be built; the old one serves on", code=code)


def _sign(folder: Path) -> _Sign:
    """Return what changes with every publication, and with damage to the files in use."""
    marker = folder / CURRENT
    try:
        place = folder / marker.read_text(encoding="utf-8").strip()
        files = [marker, *sorted(place.iterdir())]
        stats = [(file.name, file.stat()) for file in files]
    except (OSError, ValueError):
        return ()
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)
