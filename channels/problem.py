"""What a client is told when its request cannot be done (RFC 9457); the words are content."""

from collections.abc import Mapping


class Problem(Exception):
    """A request that is refused; `key` names the words in app/content/problems.yml."""

    def __init__(
        self,
        key: str,
        status: int,
        *,
        headers: Mapping[str, str] | None = None,
        **slots: str | int,
    ) -> None:
        """`slots` fill the words, e.g. `limit` for "at most {limit} characters"."""
        super().__init__(key)
        self.key = key
        self.status = status
        self.headers = dict(headers or {})
        self.slots = slots
