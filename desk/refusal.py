"""Refusals of the console in the agent's own language, as RFC 9457 problem JSON or as a page."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from channels.problem import Problem
from conversation.ownership import NotYours
from conversation.rows import ConversationUnknown
from desk.access import lang_of
from desk.agents import LoginTaken, WeakPassword, WrongLogin
from desk.pages import Pages
from desk.people.second_factor import CodeNeeded, WrongCode
from desk.recording import Recording
from desk.words import Words

_REFUSALS: dict[type[Exception], tuple[str, int]] = {
    ConversationUnknown: ("conversation-unknown", 404),
    WrongLogin: ("login-wrong", 401),
    CodeNeeded: ("code-needed", 401),
    WrongCode: ("code-wrong", 401),
    WeakPassword: ("password-weak", 422),
    LoginTaken: ("login-taken", 409),
}
_EXPECTED: tuple[type[Exception], ...] = (Problem, NotYours, RequestValidationError, *_REFUSALS)


def refusing_route(words: Words, pages: Pages, recording: Recording) -> type[APIRoute]:
    """Make the route class that turns the desk's refusals into answers."""

    class RefusingRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def answer(request: Request) -> Response:
                try:
                    return await handle(request)
                except _EXPECTED as error:
                    problem = _as_problem(error)
                    await recording.refuse(request, problem.key)
                    return _refuse(request, problem, words, pages)

            return answer

    return RefusingRoute


def _as_problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, NotYours):
        return Problem(f"not-yours-{error.state}", 409)
    for kind, (key, status) in _REFUSALS.items():
        if isinstance(error, kind):
            return Problem(key, status)
    return Problem("request-invalid", 422)


def _refuse(request: Request, problem: Problem, words: Words, pages: Pages) -> Response:
    lang = lang_of(request)
    detail = words.say(f"problem.{problem.key}", lang, **problem.slots)
    headers = {**problem.headers, "Content-Language": lang, "Cache-Control": "no-store"}
    if request.url.path.startswith("/console"):
        return pages.refusal(
            request,
            key=problem.key,
            detail=detail,
            status=problem.status,
            lang=lang,
            headers=headers,
        )
    return JSONResponse(
        {
            "type": f"urn:sapa:problem:{problem.key}",
            "title": words.say("problem.title", lang),
            "status": problem.status,
            "detail": detail,
        },
        problem.status,
        headers,
        "application/problem+json",
    )
