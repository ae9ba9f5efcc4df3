"""How Rasa calls the app's actions: over kept connections, with a check that is compiled once."""

import json
import logging
from contextvars import ContextVar
from typing import Any

import aiohttp
import jsonschema
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

log = logging.getLogger(__name__)

# Longer than the app waits for a turn; Rasa itself would wait for five minutes.
ACTION_TIMEOUT_S = 15.0
REJECTED = 400  # an action server's word for "this form does not want to run"
DOMAIN_UNKNOWN = 449  # rasa-sdk's word for "send the domain once, I shall keep it"

# What went wrong in this turn. Rasa logs a failed action and goes on, which the customer would
# only notice as silence; `turn.take` looks here. One list per turn, as turns run concurrently.
failures: ContextVar[list[str]] = ContextVar("failures")

# Stock Rasa compiles this schema again for every action: half of its time.
_result = jsonschema.Draft7Validator(RemoteAction.action_response_format_spec())


_SLOT = {"event", "timestamp", "name", "value"}
_STEP = {"event", "timestamp", "name"}


def _is_plain(result: object) -> bool:
    """Whether a look tells that it keeps the schema, as all our actions do; else that is asked.

    To ask it takes a millisecond, for events have twenty shapes there.
    """
    if not isinstance(result, dict) or result.keys() != {"events", "responses"}:
        return False
    events, responses = result["events"], result["responses"]
    lists = isinstance(events, list) and isinstance(responses, list)
    return lists and all(isinstance(one, dict) for one in responses) and all(map(_is_step, events))


def _is_step(event: object) -> bool:
    if not isinstance(event, dict) or event.get("timestamp") is not None:
        return False
    kind, name = event.get("event"), event.get("name")
    if kind == "slot":
        return event.keys() == _SLOT and isinstance(name, str)
    return kind in ("followup", "active_loop") and event.keys() == _STEP


def _validate_action_result(action: RemoteAction, result: object) -> bool:
    if _is_plain(result):
        return True
    try:
        _result.validate(result)
    except jsonschema.ValidationError:
        failures.get([]).append(f"{action.name()} answered something else than a result")
        raise
    return True


def keep_the_schema_compiled() -> None:
    """Give Rasa's remote actions the compiled check."""
    RemoteAction._validate_action_result = _validate_action_result  # noqa: SLF001


class ActionServer(EndpointConfig):
    """The app's action route: connections stay open, and it is sent the domain only once."""

    def __init__(self, endpoint: EndpointConfig, domain: dict[str, Any], model_id: str) -> None:
        super().__init__(
            endpoint.url, endpoint.params, endpoint.headers, token=endpoint.token, **endpoint.kwargs
        )
        self._domain = domain
        self._model_id = model_id
        self._kept_session: aiohttp.ClientSession | None = None
        self._urls = [url.strip() for url in (endpoint.url or "").split(",") if url.strip()]

    def session(self) -> aiohttp.ClientSession:
        """Return this process's one session; call it inside the event loop."""
        if self._kept_session is None or self._kept_session.closed:
            self._kept_session = aiohttp.ClientSession(
                headers=self.headers, timeout=aiohttp.ClientTimeout(total=ACTION_TIMEOUT_S)
            )
        return self._kept_session

    async def request(self, *_: object, **kwargs: Any) -> Any:
        """Post one action call, and note its failure for the turn."""
        call = {**kwargs["json"], "domain_digest": self._model_id}
        call.pop("domain", None)
        try:
            return await self._post(call)
        except Exception as error:
            if _status(error) != REJECTED:
                failures.get([]).append(f"action server: {type(error).__name__}: {_status(error)}")
            raise

    async def _post(self, call: dict[str, Any]) -> Any:
        try:
            return await self._post_once(call)
        except ClientResponseError as error:
            if error.status != DOMAIN_UNKNOWN:
                raise
            return await self._post_once({**call, "domain": self._domain})

    async def _post_once(self, call: dict[str, Any]) -> Any:
        """Ask the app that answered last, or the next where several are named and it is gone.

        Asking another one is harmless: what an action does in a turn is done once.
        """
        for _ in self._urls[1:]:
            try:
                return await self._post_to(self._urls[0], call)
            except aiohttp.ClientConnectionError as error:
                log.warning("an app is gone: %s", type(error).__name__)
                self._urls = [*self._urls[1:], self._urls[0]]
        return await self._post_to(self._urls[0], call)

    async def _post_to(self, url: str, call: dict[str, Any]) -> Any:
        parameters = self.combine_parameters()
        async with self.session().post(url, json=call, params=parameters) as response:
            body = await response.text()
            if response.status >= REJECTED:
                raise ClientResponseError(response.status, response.reason, body)
            return json.loads(body)


def _status(error: Exception) -> int | None:
    return error.status if isinstance(error, ClientResponseError) else None
