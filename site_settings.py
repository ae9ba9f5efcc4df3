"""What concerns websites: the sites themselves, and what their visitors may do there."""

from pydantic import BaseModel, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings


class Site(BaseModel):
    """One website that embeds the widget, found by its public site key."""

    name: str
    origins: list[str] = Field(default_factory=list)  # allowed Origin headers; "*" allows all
    identity_secret: SecretStr | None = None  # signs identity_token, at least 32 characters


class WebsiteSettings(BaseSettings):
    """The part of `settings.Settings` that only websites need."""

    uploads_per_minute: int = Field(10, ge=1)  # files of one visitor, then 429
    scan_command: str = ""  # looks at each customer's file; ends with 0: clean, 1: not clean
    scan_url: str = ""  # or an address that gets each: 2xx: clean, 406 or 422: not clean
    scan_timeout_s: float = Field(60.0, gt=0)  # then the file is tried again later

    @model_validator(mode="after")
    def _refuse_two_scanners(self) -> "WebsiteSettings":
        if self.scan_command and self.scan_url:
            raise ValueError("SAPA_SCAN_COMMAND and SAPA_SCAN_URL: set one of them, not both")
        if self.scan_url and not self.scan_url.startswith(("http://", "https://")):
            raise ValueError("SAPA_SCAN_URL must be an http:// or https:// address")
        return self
