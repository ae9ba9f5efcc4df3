"""What a shop's page tells about its visitor: which page is looked at, and who looks."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from channels.problem import Problem
from channels.text import clean
from channels.website import Website, admission

PageKind = Literal["home", "product", "cart", "checkout", "order", "account", "help", "other"]
_MOST_IDR = 10**12


class Pages(Protocol):
    """Where it is kept which pages were looked at."""

    async def look(self, conversation_id: str, page: Mapping[str, Any]) -> None:
        """Note the page, and let the assistant offer help with it. Raises Problem."""


class Page(BaseModel):
    """One page of the shop, in its own words: they are shown, and never believed."""

    model_config = ConfigDict(extra="forbid")

    kind: PageKind
    product: Annotated[str, AfterValidator(clean)] | None = Field(None, max_length=200)
    order: Annotated[str, AfterValidator(clean)] | None = Field(None, max_length=64)
    total_idr: int | None = Field(None, ge=0, le=_MOST_IDR)
    title: Annotated[str, AfterValidator(clean)] | None = Field(None, max_length=200)


class Look(BaseModel):
    """The visitor looks at a page."""

    page: Page


class Proof(BaseModel):
    """The shop's server says who the visitor is."""

    identity_token: str = Field(max_length=4096)


class Nothing(BaseModel):
    """It is noted."""


class Known(BaseModel):
    """Whether the shop knows the customer of this conversation."""

    known: bool


def visit_router(website: Website, pages: Pages) -> APIRouter:
    """Build the routes POST /api/web/page and /api/web/identity."""
    router = APIRouter(prefix="/api/web", tags=["website"], max_body_size=16_384)
    Conversation = Annotated[str, Depends(admission(website.visitors))]  # noqa: N806 - it is a type

    @router.post("/page", status_code=202)
    async def look(wish: Look, conversation_id: Conversation) -> Nothing:
        """Note the page; on some the assistant offers help, once in a while."""
        await website.messages_pace.hit(f"page:{conversation_id}")
        await pages.look(conversation_id, wish.page.model_dump(exclude_none=True))
        return Nothing()

    @router.post("/identity")
    async def prove(proof: Proof, conversation_id: Conversation) -> Known:
        """Make the visitor of a conversation that has begun a known customer.

        409 if it is another customer's: a client then leaves it behind.
        """
        await website.messages_pace.hit(f"identity:{conversation_id}")
        site = await website.conversations.site(conversation_id)
        try:
            customer_id = website.visitors.identity(site, proof.identity_token)
        except Problem as problem:
            # Not 401: that means the session, and a client would begin a new one.
            raise Problem(problem.key, 422) from problem
        return Known(known=await website.conversations.identify(conversation_id, customer_id))

    return router
