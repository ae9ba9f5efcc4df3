"""Every knob of Sapa, typed, from the environment (prefix SAPA_), a .env file or secret files.

A secret `SAPA_X` may also be given as `SAPA_X_FILE=/run/secrets/x` (Docker and Kubernetes secrets).
Outside demo mode an unsafe default refuses to start: see `Settings._refuse_unsafe_defaults`.
"""

import json
import os
import secrets
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from site_settings import Site, WebsiteSettings

PROJECT_DIR = Path(__file__).resolve().parent
_MIN_SECRET_LENGTH = 32


class UnsafeSettings(ValueError):
    """A setting that is fine for a demo would be dangerous on the internet."""


class Settings(WebsiteSettings):
    """One instance per process, built by `load_settings`."""

    model_config = SettingsConfigDict(env_prefix="SAPA_", env_file=".env", extra="ignore")

    demo: bool = False  # demo shop, demo CSR, generated secrets; never on the internet
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    data_dir: Path = PROJECT_DIR / "var"  # database file, index, trained model, generated secrets
    knowledge_dir: Path = PROJECT_DIR / "knowledge"
    sample_dir: Path = PROJECT_DIR / "db" / "sample"
    crm_content_dir: Path = PROJECT_DIR / "crm" / "content"  # rules of segments and offers
    scripts_dir: Path = PROJECT_DIR / "desk" / "content" / "scripts"  # for CSRs
    canned_file: Path = PROJECT_DIR / "desk" / "content" / "canned.yml"  # replies to insert
    hours_file: Path = PROJECT_DIR / "crm" / "content" / "hours.yml"  # when people answer
    database_url: str = ""  # empty: SQLite in data_dir; else postgresql://user:password@host/name
    secret_key: SecretStr = SecretStr("")  # signs sessions; at least 32 characters
    sites: dict[str, Site] = Field(default_factory=dict)  # JSON object: site key -> Site
    timezone: str = "Asia/Jakarta"  # the shop's own; opening hours and promised times
    offer_learning: bool = False  # customers' answers weigh what is offered first
    recompute_hour: int = Field(3, ge=0, le=23)  # of the night: segments, value, what to offer

    orders_url: str = ""  # the shop's own order API; empty: our tables, filled by `sapa import`
    orders_token: SecretStr = SecretStr("")  # it asks for this one as a bearer token
    orders_timeout_s: float = Field(3.0, gt=0)  # then its orders count as not reachable

    faq_vectors: Literal["memory", "postgres"] = "memory"  # where the answer index keeps them
    faq_model: str = "full"  # or "light", or a sentence-transformers model's name or folder

    redis_url: str = ""  # redis://…; tells several app processes of each other's news at once

    rasa_url: str = "http://127.0.0.1:5005"  # or several, with commas or as a JSON list
    actions_url: str = ""  # where Rasa reaches the app, if not on this machine; or several
    rasa_python: Path = PROJECT_DIR / ".venv-rasa" / "bin" / "python"
    rasa_token: SecretStr = SecretStr("")  # shared by the app and Rasa, both directions
    rasa_timeout_s: float = Field(5.0, gt=0)  # then the turn is answered without Rasa

    whatsapp_phone_number_id: str = ""  # of Meta's Cloud API; empty: no WhatsApp
    whatsapp_account_id: str = ""  # of the WhatsApp Business Account; for `sapa channels check`
    whatsapp_app_secret: SecretStr = SecretStr("")  # signs webhooks; without it all are refused
    whatsapp_verify_token: SecretStr = SecretStr("")  # of the webhook's handshake; our own choice
    whatsapp_token: SecretStr = SecretStr("")  # of a system user; sends and reads media
    media_max_mb: int = Field(16, ge=1, le=50)  # of a file, from customers and to them
    files_days: int = Field(8, ge=1)  # then the files of conversations are deleted
    campaign_messages_per_minute: int = Field(30, ge=1)  # to all customers together
    quiet_hours: str = "20:00-08:00"  # of the shop's day; no campaign goes out
    retention_days: dict[str, int] = Field(default_factory=dict)  # by kind; 0: for ever
    whatsapp_template: str = ""  # approved; asks a customer to write when the window is shut
    whatsapp_api_url: str = "https://graph.facebook.com/v25.0"
    whatsapp_messages_per_second: int = Field(80, ge=1)  # of the number; 20 beside the phone app
    whatsapp_quiet_minutes: float = Field(60, ge=0)  # of the bot after the owner wrote by phone
    whatsapp_sends_at_once: int = Field(1, ge=1, le=64)  # as many may be doubled by a crash
    whatsapp_settle_s: float = Field(1.0, ge=0)  # messages within it are answered together
    whatsapp_reorder_s: float = Field(0.25, ge=0)  # wait for messages that overtook each other

    telegram_token: SecretStr = SecretStr("")  # of the bot, from BotFather; empty: no Telegram
    telegram_webhook_url: str = ""  # public https address of our webhook; empty: long polling
    telegram_webhook_secret: SecretStr = SecretStr("")  # without it all are refused
    telegram_api_url: str = "https://api.telegram.org"
    telegram_messages_per_second: int = Field(30, ge=1)  # of the bot, to all customers
    telegram_sends_at_once: int = Field(1, ge=1, le=64)  # as many may be doubled by a crash
    telegram_settle_s: float = Field(1.0, ge=0)  # messages within it are answered together

    session_days: int = Field(30, ge=1)  # a website visitor's token
    message_max_chars: int = Field(4096, ge=1)
    messages_per_10s: int = Field(20, ge=1)  # per visitor, then 429
    sessions_per_minute: int = Field(60, ge=1)  # per client address, then 429
    help_searches_per_minute: int = Field(120, ge=1)  # per client address, then 429
    logins_per_minute: int = Field(10, ge=1)  # per client address, then 429
    drain_s: float = Field(0.0, ge=0)  # go on after SIGTERM, while proxies learn that we leave
    turn_lease_s: float = Field(5.0, gt=0)  # renewed; a dead process's turn is taken over after it
    turn_tries: int = Field(3, ge=1)  # then the customer is told, and offered a person
    proof_tries_per_hour: int = Field(3, ge=1)  # wrong proofs before the order lookup locks
    max_body_bytes: int = Field(65_536, ge=1_024)  # of a request to the web API
    wait_update_s: float = Field(120.0, ge=15)  # who waits in line hears news at most so often
    console_session_hours: int = Field(12, ge=1)
    survey_every_days: float = Field(30.0, ge=0)  # nobody is asked again sooner; 0: after each case
    survey_open_hours: float = Field(72.0, gt=0)  # then an answer is too late
    survey_quiet_minutes: float = Field(10.0, ge=0)  # of the customer, after the bot solved it
    wait_target_s: float = Field(60.0, gt=0)  # a person should have taken a customer within it
    log_level: str = "INFO"
    log_json: bool = False

    @cached_property
    def database(self) -> str:
        """The SQLAlchemy URL in use, with the driver that we use."""
        if not self.database_url:
            return f"sqlite+aiosqlite:///{self.data_dir / 'sapa.db'}"
        scheme, _, rest = self.database_url.partition("://")
        drivers = {
            "postgres": "postgresql+psycopg",
            "postgresql": "postgresql+psycopg",
            "sqlite": "sqlite+aiosqlite",
        }
        return f"{drivers.get(scheme, scheme)}://{rest}"

    @cached_property
    def rasa_urls(self) -> tuple[str, ...]:
        """Where the Rasa processes listen, at least one."""
        return _addresses(self.rasa_url)

    @cached_property
    def assistants(self) -> dict[str, str]:
        """The assistant's names on sites where it has its own, by site key."""
        return {key: site.assistant for key, site in self.sites.items() if site.assistant}

    @cached_property
    def faq_dir(self) -> Path:
        """Where the built FAQ index lies."""
        return self.data_dir / "faq"

    @cached_property
    def encoder_dir(self) -> Path:
        """Where the files lie that the profile `full` of the answer model runs from."""
        return self.data_dir / "encoder"

    @cached_property
    def files_dir(self) -> Path:
        """Where files lie that customers sent."""
        return self.data_dir / "files"

    @cached_property
    def model_dir(self) -> Path:
        """Where Rasa's trained models lie."""
        return self.data_dir / "models"

    @model_validator(mode="after")
    def _refuse_vectors_without_postgres(self) -> Self:
        if self.faq_vectors == "postgres" and not self.database.startswith("postgresql"):
            raise ValueError("SAPA_FAQ_VECTORS=postgres needs PostgreSQL in SAPA_DATABASE_URL")
        return self

    @model_validator(mode="after")
    def _refuse_wrong_addresses(self) -> Self:
        for name, addresses in (
            ("SAPA_RASA_URL", self.rasa_urls),
            ("SAPA_ACTIONS_URL", _addresses(self.actions_url)),
        ):
            wrong = [one for one in addresses if not one.startswith(("http://", "https://"))]
            if wrong or (not addresses and name == "SAPA_RASA_URL"):
                raise ValueError(f"{name} must hold http:// addresses, not {', '.join(wrong)!r}")
        return self

    @model_validator(mode="after")
    def _refuse_half_an_order_api(self) -> Self:
        token = self.orders_token.get_secret_value()
        if bool(self.orders_url) != bool(token):
            raise ValueError("SAPA_ORDERS_URL and SAPA_ORDERS_TOKEN go together: set both, or none")
        if self.orders_url and not self.orders_url.startswith(("http://", "https://")):
            raise ValueError("SAPA_ORDERS_URL must be an http:// or https:// address")
        return self

    @model_validator(mode="after")
    def _use_demo_defaults(self) -> Self:
        if not self.demo:
            return self
        if "hours_file" not in self.model_fields_set:
            self.hours_file = self.sample_dir / "hours.yml"
        if not self.secret_key.get_secret_value():
            self.secret_key = SecretStr(_kept_secret(self.data_dir / "secret_key"))
        if not self.rasa_token.get_secret_value():
            self.rasa_token = SecretStr(_kept_secret(self.data_dir / "rasa_token"))
        if not self.sites:
            demo_secret = SecretStr(_kept_secret(self.data_dir / "demo_site_secret"))
            self.sites = {
                "demo": Site(name="Toko Laras", origins=["*"], identity_secret=demo_secret)
            }
        return self

    @model_validator(mode="after")
    def _refuse_unsafe_defaults(self) -> Self:
        if self.demo:
            return self
        for name in ("secret_key", "rasa_token"):
            value = getattr(self, name).get_secret_value()
            if value and len(value) < _MIN_SECRET_LENGTH:
                raise UnsafeSettings(
                    f"SAPA_{name.upper()} is shorter than {_MIN_SECRET_LENGTH} characters"
                )
        for key, site in self.sites.items():
            if "*" in site.origins:
                raise UnsafeSettings(f"site {key!r} allows every origin; name the shop's own")
            secret = site.identity_secret
            if secret and len(secret.get_secret_value()) < _MIN_SECRET_LENGTH:
                raise UnsafeSettings(
                    f"site {key!r}: identity_secret is shorter than {_MIN_SECRET_LENGTH} characters"
                )
        return self

    def require_for_serving(self) -> None:
        """Raise UnsafeSettings if the server would start without its secrets or a site.

        Commands such as `sapa knowledge check` need none, so this is not part of loading.
        """
        missing = [
            f"SAPA_{name.upper()}"
            for name in ("secret_key", "rasa_token")
            if not getattr(self, name).get_secret_value()
        ]
        if not self.sites:
            missing.append("SAPA_SITES")
        if self.telegram_webhook_url and not self.telegram_webhook_secret.get_secret_value():
            missing.append("SAPA_TELEGRAM_WEBHOOK_SECRET")
        if missing:
            raise UnsafeSettings(
                f"not set: {', '.join(missing)}. Set them, or try SAPA_DEMO=true for a demo."
            )


def _addresses(text: str) -> tuple[str, ...]:
    """Read one address, several with commas, or a JSON list; each once, without a closing slash."""
    found = json.loads(text) if text.lstrip().startswith("[") else text.split(",")
    addresses = (str(one).strip().rstrip("/") for one in found)
    return tuple(dict.fromkeys(one for one in addresses if one))


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; `SAPA_X_FILE` in `environment` (default: the process's) names a file.

    Raises pydantic.ValidationError for a bad value, UnsafeSettings inside it, OSError for a
    secret file that cannot be read.
    """
    source = os.environ if environment is None else environment
    from_files = {
        name.removeprefix("SAPA_").removesuffix("_FILE").lower(): Path(path)
        .read_text(encoding="utf-8")
        .strip()
        for name, path in source.items()
        if name.startswith("SAPA_") and name.endswith("_FILE")
    }
    return Settings(**from_files)  # type: ignore[arg-type]


def _kept_secret(path: Path) -> str:
    """Make a random secret once and keep it, readable by its owner only."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    value = secrets.token_urlsafe(48)
    own = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(value)
    try:
        os.link(own, path)  # whole or not at all, and only for the first of several processes
    except FileExistsError:
        return path.read_text(encoding="utf-8").strip()
    finally:
        own.unlink()
    return value
