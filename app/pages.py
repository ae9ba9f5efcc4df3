"""What browsers load: the demo shop at /, and the static files of web/ below /web."""

from os import PathLike, stat_result
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Scope

from settings import PROJECT_DIR

_WEB = PROJECT_DIR / "web"
_SHOP_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; "
    "frame-ancestors 'self'; base-uri 'none'; object-src 'none'"
)


class _Fresh(StaticFiles):
    """Files that a browser keeps and asks for again, so that an update is never half old."""

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        return response


def add_pages(app: FastAPI) -> None:
    """Add the shop page and the static folders; templates of the console are not among them."""

    @app.get("/", include_in_schema=False)
    async def shop() -> FileResponse:
        return FileResponse(
            _WEB / "shop" / "index.html", headers={"Content-Security-Policy": _SHOP_POLICY}
        )

    for folder in _static_folders():
        # Only these are compressed: beside a visitor's words a secret's length could leak (BREACH).
        files = GZipMiddleware(_Fresh(directory=folder))
        app.mount(f"/web/{folder.relative_to(_WEB).as_posix()}", files)


def _static_folders() -> list[Path]:
    return [_WEB / "widget", _WEB / "shop", _WEB / "console" / "static", _WEB / "help" / "static"]
