"""Settings: the only place that reads the environment and the .env file."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import platformdirs
from pydantic import (
    DirectoryPath,
    Field,
    FilePath,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from bot.pipeline.errors import BadSettings
from bot.secret_files import SECRETS, SecretFiles

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

_SHORTEST, _LONGEST, _STEP = 256, 4096, 16
"""Pixels of a picture's sides that image models take."""
ProviderName = Literal["studio", "openai", "pollinations"]


class Settings(BaseSettings):
    """What an operator can set; `.env.example` explains each."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", env_ignore_empty=True
    )

    telegram_bot_token: SecretStr | None = None
    telegram_bot_token_file: FilePath | None = None
    telegram_base_url: str | None = None
    admin_ids: Annotated[frozenset[int], NoDecode] = frozenset()
    openai_api_key: SecretStr | None = None
    openai_api_key_file: FilePath | None = None
    openai_base_url: str | None = None
    openai_image_model: str = "gpt-image-2.6-flare"
    openai_image_quality: str | None = Field(None, pattern="^[a-z]{1,20}$")
    openai_image_size: str | None = None
    openai_image_edits: bool | None = None
    openai_image_references: Annotated[int, Field(ge=1, le=16)] | None = None
    openai_image_seed: bool | None = None
    openai_image_words: Literal["sentences", "tags"] | None = None
    openai_image_concurrency: Annotated[int, Field(ge=1, le=500)] | None = None
    openai_image_per_minute: Annotated[int, Field(ge=1, le=10_000)] | None = None
    openai_image_seconds: float = Field(240.0, gt=0, le=3600)
    openai_image_price: Annotated[float, Field(ge=0)] | None = None
    pollinations_api_key: SecretStr | None = None
    pollinations_api_key_file: FilePath | None = None
    pollinations_base_url: str | None = None
    pollinations_image_model: str = "klein"
    pollinations_image_quality: str | None = Field(None, pattern="^[a-z]{1,20}$")
    pollinations_image_size: str | None = None
    pollinations_image_concurrency: Annotated[int, Field(ge=1, le=100)] | None = None
    pollinations_per_minute: Annotated[int, Field(ge=1, le=10_000)] | None = None
    pollinations_image_price: Annotated[float, Field(ge=0)] | None = None
    rakurs_providers: Annotated[tuple[ProviderName, ...] | None, NoDecode] = None
    rakurs_hedge: bool = True
    rakurs_search: bool = True
    rakurs_search_seconds: float = Field(2.0, gt=0, le=10)
    rakurs_contact: str | None = Field(None, max_length=200, pattern=r"^[!-~ ]+$")
    rakurs_reader_model: str | None = None
    rakurs_reader_seconds: float = Field(4.0, gt=0, le=30)
    rakurs_vision_model: str | None = None
    rakurs_vision_seconds: float = Field(8.0, gt=0, le=60)
    rakurs_vision_price: Annotated[float, Field(ge=0)] | None = None
    rakurs_data_dir: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("rakurs")))
    rakurs_log: Literal["console", "json"] = "console"
    rakurs_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    database_url: str | None = Field(None, repr=False)
    database_url_file: FilePath | None = None
    rakurs_secrets_dir: DirectoryPath | None = None
    rakurs_allowed_ids: Annotated[frozenset[int] | None, NoDecode] = None
    rakurs_albums_at_once: Annotated[int, Field(ge=1, le=200)] | None = None
    rakurs_queue_albums: Annotated[int, Field(ge=1, le=100_000)] = 2000
    rakurs_queue_minutes: Annotated[float, Field(gt=0)] = 120.0
    rakurs_albums_each: Annotated[int, Field(ge=1, le=100)] = 5
    rakurs_albums_per_day: Annotated[int, Field(ge=1)] | None = None
    rakurs_budget_person: Annotated[float, Field(ge=0)] | None = None
    rakurs_budget_chat: Annotated[float, Field(ge=0)] | None = None
    rakurs_budget_total: Annotated[float, Field(ge=0)] | None = None
    rakurs_webhook_url: str | None = None
    rakurs_webhook_secret: SecretStr | None = None
    rakurs_webhook_secret_file: FilePath | None = None
    otel_exporter_otlp_endpoint: str | None = None
    rakurs_http_port: Annotated[int, Field(ge=1, le=65535)] | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What stands first wins."""
        return init_settings, env_settings, dotenv_settings, SecretFiles(settings_cls)

    @field_validator(*(f"{name}_file" for name in SECRETS))
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is not None and not os.access(value, os.R_OK):
            raise ValueError("cannot be read")
        return value

    @field_validator("admin_ids", "rakurs_providers", "rakurs_allowed_ids", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        """Comma-separated lists."""
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator(
        "telegram_base_url", "openai_base_url", "pollinations_base_url", "otel_exporter_otlp_endpoint"
    )
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/") if value else value

    @field_validator("openai_image_size", "pollinations_image_size")
    @classmethod
    def _size(cls, value: str | None) -> str | None:
        if value is None:
            return None
        width, _, height = value.lower().partition("x")
        if not (width.isdecimal() and height.isdecimal()):
            raise ValueError("must be width and height, such as 1536x1024")
        sides = sorted((int(width), int(height)))
        if not (sides[0] >= _SHORTEST and sides[1] <= _LONGEST):
            raise ValueError(f"must have sides of {_SHORTEST} to {_LONGEST} pixels")
        if sides[0] % _STEP or sides[1] % _STEP or sides[1] > 3 * sides[0]:
            raise ValueError("must have sides that are multiples of 16, none over three times the other")
        return f"{int(width)}x{int(height)}"

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str | None) -> str | None:
        if value is None:
            return None
        from sqlalchemy.exc import ArgumentError  # noqa: PLC0415 - as below

        try:
            url = _address(value)
        except ArgumentError as error:
            raise ValueError("is no address of a database, such as sqlite:////data/rakurs.sqlite3") from error
        drivers = {
            "sqlite": "sqlite",
            "postgresql": "postgresql+psycopg",
            "postgres": "postgresql+psycopg",
        }
        driver = drivers.get(url.drivername.partition("+")[0])
        if driver is None:
            raise ValueError("must begin with sqlite: or postgresql:")
        if driver == "postgresql+psycopg" and find_spec("psycopg") is None:
            raise ValueError("needs Rakurs with its extra: pip install 'rakurs[distributed]'")
        return url.set(drivername=driver).render_as_string(hide_password=False)

    @field_validator("telegram_bot_token")
    @classmethod
    def _token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            number, colon, secret = value.get_secret_value().partition(":")
            if not (number.isdigit() and colon and secret):
                raise ValueError("looks like 123456:ABC…, as BotFather gives it")
        return value

    @model_validator(mode="after")
    def _providers_have_keys(self) -> Settings:
        if (
            self.rakurs_providers
            and "openai" in self.rakurs_providers
            and not (self.openai_api_key or self.openai_base_url)
        ):
            raise ValueError("RAKURS_PROVIDERS names openai, but OPENAI_API_KEY is not set")
        return self

    @model_validator(mode="after")
    def _webhook_has_secret(self) -> Settings:
        secret = plain(self.rakurs_webhook_secret) or ""
        if self.rakurs_webhook_url and len(secret) < 16:  # noqa: PLR2004 - characters nobody guesses
            raise ValueError("RAKURS_WEBHOOK_URL needs a RAKURS_WEBHOOK_SECRET of 16 characters or more")
        return self

    @property
    def provider_order(self) -> tuple[ProviderName, ...]:
        """As asked; by default those with a key, then the studio. The studio always stands last."""
        chosen: list[ProviderName] = list(self.rakurs_providers or ())
        if not chosen:
            if self.openai_api_key:
                chosen.append("openai")
            if self.pollinations_api_key:
                chosen.append("pollinations")
        if "studio" not in chosen:
            chosen.append("studio")
        return tuple(dict.fromkeys(chosen))

    @property
    def secrets(self) -> tuple[str, ...]:
        """What may stand in no log."""
        password = _address(self.database_url).password if self.database_url else None
        kept = (
            self.telegram_bot_token,
            self.openai_api_key,
            self.pollinations_api_key,
            self.rakurs_webhook_secret,
        )
        return tuple(one for one in (*(plain(secret) for secret in kept), password) if one)

    @property
    def media_dir(self) -> Path:
        """Where the bytes of pictures lie."""
        return self.rakurs_data_dir / "media"

    @property
    def database(self) -> str:
        """SQLAlchemy's address of the database; a SQLite file in the data folder by default."""
        return self.database_url or f"sqlite:///{self.rakurs_data_dir / 'rakurs.sqlite3'}"


def _address(url: str) -> URL:
    """Raises ArgumentError."""
    # here and not above: most commands need no database
    from sqlalchemy.engine import make_url  # noqa: PLC0415

    return make_url(url)


def plain(secret: SecretStr | None) -> str | None:
    """The secret itself, for whoever it must be handed to."""
    return secret.get_secret_value() if secret is not None else None


def take_timedeltas() -> None:
    """The Telegram library's spans of time are timedelta, as they will be; else it warns whenever it reads one."""
    os.environ.setdefault("PTB_TIMEDELTA", "true")


def load_settings(**overrides: Any) -> Settings:
    """Read the environment; raises BadSettings with every bad setting at once."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        problems = tuple(
            _problem(".".join(str(part) for part in item["loc"][:1]), item["msg"])
            for item in error.errors(include_input=False, include_url=False)
        )
        raise BadSettings(problems=problems) from error


def _problem(field: str, words: str) -> tuple[str, str]:
    """Name of the setting and what is wrong; a check of several settings begins with the name."""
    words = words.removeprefix("Value error, ")
    if field:
        return field.upper(), words
    name, _, rest = words.partition(" ")
    return name, rest
