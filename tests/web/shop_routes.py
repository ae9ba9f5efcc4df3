"""The routes of the stand-in shop: the web API's contract, as far as the widget uses it."""

import asyncio
import time
import uuid
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.web.shop_double import Conversation, Double, Message

WEB = Path(__file__).resolve().parents[2] / "web"
POLICY = (
    "default-src 'self'; img-src 'self' blob:; connect-src 'self' ws:; "
    "object-src 'none'; base-uri 'none'"
)
PERSONA = {"name": "Nara", "greeting": "Halo Kak, saya Nara, asisten Toko Laras.", "avatar": None}


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Answer with the problem JSON of RFC 9457."""
    body = {"type": "about:blank", "title": detail, "status": status, "detail": detail}
    return JSONResponse(body, status, headers=headers, media_type="application/problem+json")


class Routes:
    """Answers as the double is told to."""

    def __init__(self, double: Double) -> None:
        self.double = double

    def app(self) -> Starlette:
        """Serve the API, the files of web/, the demo shop and one bare page with the widget."""
        return Starlette(
            routes=[
                Route("/", self.bare),
                Route("/shop", self.shop),
                Route("/cart", self.cart),
                Route("/api/web/sessions", self.sessions, methods=["POST"]),
                Route("/api/web/messages", self.post, methods=["POST"]),
                Route("/api/web/messages", self.read),
                Route("/api/web/files/{seq:int}", self.file),
                Route("/api/web/files", self.upload, methods=["POST"]),
                Route("/api/web/sites/{key}", self.site),
                Route("/api/web/page", self.look, methods=["POST"]),
                Route("/api/web/identity", self.prove, methods=["POST"]),
                Route("/api/web/transcript", self.transcript),
                Route("/api/web/transcript/mail", self.mail, methods=["POST"]),
                Route("/api/web/erasure", self.erase, methods=["POST"]),
                WebSocketRoute("/api/web/socket", self.listen),
                Mount("/web/widget", StaticFiles(directory=WEB / "widget" / "dist")),
                Mount("/web/shop", StaticFiles(directory=WEB / "shop")),
                Mount("/src", StaticFiles(directory=WEB / "widget" / "src")),
            ]
        )

    async def bare(self, _: Request) -> Response:
        """Show the widget and little else."""
        policy = self.double.policy or POLICY
        return HTMLResponse(self.double.page, headers={"Content-Security-Policy": policy})

    async def shop(self, _: Request) -> Response:
        """Show the demo shop."""
        headers = {"Content-Security-Policy": POLICY}
        return FileResponse(WEB / "shop" / "index.html", headers=headers)

    async def cart(self, _: Request) -> Response:
        """Show the demo shop's cart."""
        headers = {"Content-Security-Policy": POLICY}
        return FileResponse(WEB / "shop" / "cart.html", headers=headers)

    async def sessions(self, request: Request) -> Response:
        """Begin a conversation, unless told to fail."""
        self.double.languages.append(request.headers["accept-language"])
        if self.double.session_failures:
            status, headers = self.double.session_failures.pop(0)
            return problem(status, "Situs ini tidak dikenal.", headers)
        token = str(uuid.uuid4())
        self.double.conversations.append(Conversation(token))
        persona = {**PERSONA, "name": self.double.site["persona"]["name"]}
        session = {"token": token, "conversation_id": token, "persona": persona}
        return JSONResponse({**session, "messages": [], "cursor": 0}, 201)

    async def post(self, request: Request) -> Response:
        """Store a message once, unless told to fail before or after that."""
        body = await request.json()
        self.double.heard.append(body)
        if self.double.post_failures:
            status, headers = self.double.post_failures.pop(0)
            return problem(status, "Pesan ditolak karena penuh.", headers)
        if (conversation := self._owner(request)) is None:
            return problem(401, "Sesi berakhir.")
        message = self._store_once(conversation, body)
        if self.double.lose_answers:
            self.double.lose_answers -= 1
            return problem(503, "Sedang penuh.")
        return JSONResponse({"id": message["id"], "seq": message["seq"]}, 202)

    async def read(self, request: Request) -> Response:
        """Give the messages after the cursor, waiting for them if asked to."""
        if (conversation := self._owner(request)) is None:
            return problem(401, "Sesi berakhir.")
        after, wait = (int(request.query_params[key]) for key in ("after", "wait"))
        until = time.monotonic() + wait
        # Tests store from another thread, where an asyncio.Event may not be set.
        while len(conversation.messages) <= after and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        news = conversation.messages[after:]
        return JSONResponse({"messages": news, "cursor": after + len(news)})

    async def file(self, request: Request) -> Response:
        """Give the file of a message, unless there is none."""
        content = self.double.files.get(request.path_params["seq"])
        if self._owner(request) is None or content is None:
            return problem(404, "Berkas ini tidak ada.")
        return Response(content, media_type="application/octet-stream")

    async def listen(self, client: WebSocket) -> None:
        """Let a socket hear what comes, unless sockets are told not to work."""
        if not self.double.socket_works:
            await client.close()
            return
        await client.accept()
        conversation = self._holder((await client.receive_json())["token"])
        if conversation is None:
            await client.close(4401)
            return
        listener = (client, conversation)
        self.double.sockets.append(listener)
        # A tab that loses the line to another closes it at any time, also while it is greeted.
        try:
            await client.send_json({"type": "presence", "state": "bot", "name": "Nara"})
            for message in conversation.messages[int(client.query_params["after"]) :]:
                await client.send_json({"type": "message", "message": message})
            while True:
                self.double.heard.append(await client.receive_json())
        except WebSocketDisconnect:
            pass
        finally:
            self.double.sockets.remove(listener)

    async def site(self, request: Request) -> Response:
        """Say how the site wants its chat to be."""
        if request.path_params["key"] != self.double.site["key"]:
            return problem(404, "Situs ini tidak dikenal.")
        return JSONResponse(self.double.site)

    async def upload(self, request: Request) -> Response:
        """Take a file once, unless told to fail."""
        form = await request.form()
        sent, key = form["file"], str(form["client_id"])
        assert isinstance(sent, UploadFile)
        content = await sent.read()
        await sent.close()
        self.double.heard.append({"client_id": key, "file": sent.filename, "size": len(content)})
        if self.double.post_failures:
            status, headers = self.double.post_failures.pop(0)
            return problem(status, "Berkas ini tidak bisa diterima.", headers)
        if (conversation := self._owner(request)) is None:
            return problem(401, "Sesi berakhir.")
        kind = "image" if str(sent.content_type).startswith("image/") else "document"
        about = {"mime": sent.content_type, "size": len(content)}
        data = {
            "attachment": {
                "kind": kind,
                "name": sent.filename,
                "caption": form["text"],
                "file": about,
            }
        }
        if key not in conversation.stored:
            self.double.files[len(conversation.messages) + 1] = content
        message = self._store_once(conversation, {"client_id": key, "text": form["text"]}, data)
        return JSONResponse({"id": message["id"], "seq": message["seq"], "held": False}, 202)

    async def look(self, request: Request) -> Response:
        """Hear which page the visitor looks at."""
        self.double.pages.append((await request.json())["page"])
        return JSONResponse({}, 202)

    async def prove(self, request: Request) -> Response:
        """Take a proof of identity, or not, as told."""
        if (conversation := self._owner(request)) is None:
            return problem(401, "Sesi berakhir.")
        if self.double.proofs:
            status, detail = self.double.proofs.pop(0)
            return problem(status, detail)
        conversation.asked["proof"] = conversation.asked.get("proof", 0) + 1
        return JSONResponse({})

    async def transcript(self, request: Request) -> Response:
        """Give the conversation as a file."""
        if (conversation := self._owner(request)) is None:
            return problem(401, "Sesi berakhir.")
        return HTMLResponse("".join(f"<p>{one['text']}</p>" for one in conversation.messages))

    async def mail(self, request: Request) -> Response:
        """Send it to an address, unless it is none."""
        wish = await request.json()
        if "@" not in wish["email"]:
            return problem(422, "Alamat e-mail ini salah.")
        self.double.mails.append(wish)
        return JSONResponse({}, 202)

    async def erase(self, request: Request) -> Response:
        """Delete the conversation."""
        if (conversation := self._owner(request)) is None:
            return problem(401, "Sesi berakhir.")
        self.double.conversations.remove(conversation)
        return JSONResponse({"messages": len(conversation.messages), "files": 0})

    def _store_once(
        self, conversation: Conversation, body: Message, data: Message | None = None
    ) -> Message:
        key = body["client_id"]
        conversation.asked[key] = conversation.asked.get(key, 0) + 1
        if key not in conversation.stored:
            text = body.get("text") or body.get("choice") or ""
            conversation.stored[key] = self.double.store(
                conversation,
                author="customer",
                name="",
                text=text,
                data={"client_id": key, **(data or {})},
            )
        return conversation.stored[key]

    def _owner(self, request: Request) -> Conversation | None:
        return self._holder(request.headers.get("authorization", "").removeprefix("Bearer "))

    def _holder(self, token: str) -> Conversation | None:
        return next((one for one in self.double.conversations if one.token == token), None)
