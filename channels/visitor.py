"""Who a website visitor is: our own session token, and the identity a shop's server signs."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import jwt

from channels.problem import Problem

_AUDIENCE = "sapa-website"


@dataclass(frozen=True, slots=True)
class SiteAccess:
    """What a site allows: which origins embed it, and the secret that signs its identities."""

    origins: tuple[str, ...]
    identity_secret: str | None

    def admits(self, origin: str | None) -> bool:
        """Whether a page of `origin` may speak for this site; no Origin header is no browser."""
        return origin is None or "*" in self.origins or origin in self.origins


class Visitors:
    """Makes and checks tokens (JWT, HS256)."""

    def __init__(self, secret: str, days: int, sites: Mapping[str, SiteAccess]) -> None:
        """`secret` signs our own tokens, which live `days` days."""
        self._secret = secret
        self._life = timedelta(days=days)
        self._sites = sites

    def site(self, key: str, origin: str | None) -> SiteAccess:
        """Give the site. Raises Problem for an unknown key or a foreign origin."""
        site = self._sites.get(key)
        if site is None:
            raise Problem("unknown-site", 404)
        if not site.admits(origin):
            raise Problem("foreign-origin", 403)
        return site

    def network(self, address: str) -> str:
        """Name the network of a client address so that nobody can read the address from it.

        Of IPv6 the first 64 bits count: one visitor has all addresses below them.
        """
        try:
            found = ip_address(address)
        except ValueError:
            return ""
        part = found.packed[:8] if found.version == 6 else found.packed  # noqa: PLR2004
        return hmac.digest(self._secret.encode(), b"network" + part, "sha256").hex()[:16]

    def token(self, conversation_id: str, site_key: str) -> str:
        """Sign the right to one conversation, from the pages of one site."""
        claims = {
            "sub": conversation_id,
            "site": site_key,
            "aud": _AUDIENCE,
            "exp": datetime.now(UTC) + self._life,
        }
        return jwt.encode(claims, self._secret, algorithm="HS256")

    def conversation(self, token: str, origin: str | None) -> str:
        """Give the conversation a token is for.

        Raises Problem 401 if it is forged or expired, 403 if `origin` is not of its site.
        """
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=["HS256"],
                audience=_AUDIENCE,
                options={"require": ["exp", "sub", "aud", "site"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise Problem("session-expired", 401) from error
        except jwt.InvalidTokenError as error:
            raise Problem("session-invalid", 401) from error
        self.site(str(claims["site"]), origin)
        return str(claims["sub"])

    def identity(self, site_key: str, token: str) -> str:
        """Give the customer id that the shop's server vouches for. Raises Problem 401."""
        secret = self._sites[site_key].identity_secret
        if not secret:
            raise Problem("identity-invalid", 401)
        try:
            claims = jwt.decode(
                token,
                secret,
                algorithms=["HS256"],
                audience=site_key,
                options={"require": ["exp", "sub", "aud"]},
            )
        except jwt.InvalidTokenError as error:
            raise Problem("identity-invalid", 401) from error
        return str(claims["sub"])
