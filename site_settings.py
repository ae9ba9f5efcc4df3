"""What concerns websites: the sites themselves, and what their visitors may do there."""

from pathlib import Path
from typing import Annotated, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

SiteLang = Literal["id", "en"]
SiteMood = Literal["neutral", "happy", "thinking", "sorry", "surprised", "listening"]

_ENOUGH_CONTRAST = 4.5  # WCAG 2.2, 1.4.3
_LINEAR = 0.04045  # up to here brightness grows evenly


def _picture(address: str) -> str:
    """Refuse what a page of the shop would not load as a picture, or not safely."""
    is_here = address.startswith("/") and not address.startswith("//")
    if not is_here and not (address.startswith("https://") and urlsplit(address).hostname):
        raise ValueError("must be an https:// address, or a path that begins with /")
    return address


def _host(name: str) -> str:
    """Refuse an address where only a host's name is wanted."""
    if not name or urlsplit(f"//{name}").netloc != name or "@" in name:
        raise ValueError("must be a host's name, such as shop.example.com")
    return name.lower()


Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Picture = Annotated[str, AfterValidator(_picture), Field(max_length=500)]
Host = Annotated[str, AfterValidator(_host), Field(max_length=253)]
Question = Annotated[str, Field(min_length=1, max_length=80)]


class Theme(BaseModel):
    """The site's colours; text on the accent can always be read."""

    model_config = ConfigDict(extra="forbid")

    accent: Colour
    on_accent: Colour = ""

    @model_validator(mode="after")
    def _readable(self) -> Self:
        if not self.on_accent:
            self.on_accent = max(("#ffffff", "#12201f"), key=lambda ink: contrast(ink, self.accent))
        if (found := contrast(self.on_accent, self.accent)) < _ENOUGH_CONTRAST:
            raise ValueError(
                f"{self.on_accent} on {self.accent} has a contrast of {found:.1f}; text needs 4.5"
            )
        return self


class Site(BaseModel):
    """One website that embeds the widget, found by its public site key."""

    model_config = ConfigDict(extra="forbid")

    name: str
    origins: list[str] = Field(default_factory=list)  # allowed Origin headers; "*" allows all
    identity_secret: SecretStr | None = None  # signs identity_token, at least 32 characters
    assistant: str = Field("", max_length=40)  # first name; empty: that of bot/persona.yml
    greeting: dict[SiteLang, Annotated[str, Field(min_length=1, max_length=500)]] | None = None
    theme: Theme | None = None
    position: Literal["right", "left"] = "right"
    avatar: Picture = ""  # empty: the drawn face
    pictures: dict[SiteMood, Picture] = Field(default_factory=dict)  # instead of the drawn face
    suggestions: dict[SiteLang, Annotated[list[Question], Field(max_length=4)]] | None = None
    hours_file: Path | None = None  # when the widget says that people answer; None: the shop's
    link_hosts: list[Host] = Field(default_factory=list)  # beside those of `origins`

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name in ("greeting", "suggestions"):
            found = getattr(self, name)
            if found is not None and set(found) != set(get_args(SiteLang)):
                raise ValueError(f"{name} is needed in both languages, id and en")
        if self.pictures and "neutral" not in self.pictures:
            raise ValueError("pictures need at least one for the mood neutral")
        return self

    @property
    def hosts(self) -> list[str]:
        """The hosts to which the widget may link."""
        own = [urlsplit(origin).netloc for origin in self.origins if origin != "*"]
        return list(dict.fromkeys([*own, *self.link_hosts]))


class WebsiteSettings(BaseSettings):
    """The part of `settings.Settings` that only websites need."""

    public_url: str = ""  # where the pages at /help are reached, for search engines
    uploads_per_minute: int = Field(10, ge=1)  # files of one visitor, then 429
    scan_command: str = ""  # looks at each customer's file; ends with 0: clean, 1: not clean
    scan_url: str = ""  # or an address that gets each: 2xx: clean, 406 or 422: not clean
    scan_timeout_s: float = Field(60.0, gt=0)  # then the file is tried again later

    smtp_host: str = ""  # sends visitors their transcripts; empty: no mail
    smtp_port: int = Field(587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = ""  # "Toko Laras <halo@toko.example>"
    mails_per_hour: int = Field(3, ge=1)  # of a visitor, to an address, from an address; then 429

    speech: bool = False  # the server speaks, by espeak-ng; needs the extra [speech]
    dictation_command: str = ""  # writes down a recording: {file}, {lang}; prints the words
    dictation_timeout_s: float = Field(30.0, gt=0)
    voice_per_minute: int = Field(30, ge=1)  # sentences and recordings of a visitor, then 429

    @model_validator(mode="after")
    def _refuse_a_wrong_public_url(self) -> Self:
        self.public_url = self.public_url.rstrip("/")
        if self.public_url and not self.public_url.startswith(("http://", "https://")):
            raise ValueError("SAPA_PUBLIC_URL must be an http:// or https:// address")
        return self

    @model_validator(mode="after")
    def _refuse_half_a_mail_server(self) -> Self:
        if self.smtp_host and "@" not in self.smtp_from:
            raise ValueError("SAPA_SMTP_HOST needs an address to send from in SAPA_SMTP_FROM")
        return self

    @model_validator(mode="after")
    def _refuse_two_scanners(self) -> Self:
        if self.scan_command and self.scan_url:
            raise ValueError("SAPA_SCAN_COMMAND and SAPA_SCAN_URL: set one of them, not both")
        if self.scan_url and not self.scan_url.startswith(("http://", "https://")):
            raise ValueError("SAPA_SCAN_URL must be an http:// or https:// address")
        return self


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21. Source: WCAG 2.2, relative luminance."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= _LINEAR else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
