"""One step of the check of a channel's configuration."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx


@dataclass(frozen=True, slots=True)
class Finding:
    """What a step found; `key` names its words in the channel's file in channels/content/."""

    key: str
    good: bool
    detail: str = ""


async def forgery_is_refused(
    key: str,
    url: str,
    right: Mapping[str, str],
    wrong: Mapping[str, str],
    http: httpx.AsyncClient,
) -> Finding:
    """Send our own webhook an empty object: with the `right` headers it must pass, else not."""
    answers = []
    for headers in (right, wrong):
        try:
            answer = await http.post(url, content=b"{}", headers=dict(headers))
        except httpx.HTTPError as error:
            return Finding(key, good=False, detail=type(error).__name__)
        answers.append(answer.status_code)
    good = answers == [httpx.codes.OK, httpx.codes.FORBIDDEN]
    return Finding(key, good, "" if good else f"{answers[0]}, {answers[1]}")
