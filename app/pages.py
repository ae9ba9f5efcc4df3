"""What browsers load: the demo shop at /, and the static files of web/ below /web."""

import re
from os import PathLike, stat_result

from fastapi import FastAPI
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Scope

from settings import PROJECT_DIR

_WEB = PROJECT_DIR / "web"
_FOLDERS = {
    "widget": _WEB / "widget" / "dist",
    "shop": _WEB / "shop",
    "console/static": _WEB / "console" / "static",
    "help/static": _WEB / "help" / "static",
}
_HASHED = re.compile(r"-[0-9a-f]{10}\.\w+$")  # web/widget/build.js names such files by content
_SHOP_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; "
    "frame-ancestors 'self'; base-uri 'none'; object-src 'none'"
)


class _Kept(StaticFiles):
    """Files that a browser keeps: for ever if the name says the content, else asked for again."""

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        hashed = _HASHED.search(str(full_path))
        keep = "public, max-age=31536000, immutable" if hashed else "no-cache"
        response.headers["Cache-Control"] = keep
        return response


def add_pages(app: FastAPI) -> None:
    """Add the shop's two pages and the static folders, without the console's templates."""

    def page(name: str) -> FileResponse:
        return FileResponse(_WEB / "shop" / name, headers={"Content-Security-Policy": _SHOP_POLICY})

    @app.get("/", include_in_schema=False)
    async def shop() -> FileResponse:
        return page("index.html")

    @app.get("/cart", include_in_schema=False)
    async def cart() -> FileResponse:
        return page("cart.html")

    for path, folder in _FOLDERS.items():
        # Only these are compressed: beside a visitor's words a secret's length could leak (BREACH).
        app.mount(f"/web/{path}", GZipMiddleware(_Kept(directory=folder)))
