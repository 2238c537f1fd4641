"""Which settings come from files? A secret named by NAME_FILE, and everything in the folder of secrets."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource, SecretsSettingsSource

SECRETS = (
    "telegram_bot_token",
    "openai_api_key",
    "pollinations_api_key",
    "rakurs_webhook_secret",
    "database_url",
)
"""Every one has a field of the same name with `_file` behind it."""


class SecretFiles(PydanticBaseSettingsSource):
    """Stands behind environment and .env: what is set there wins.

    What cannot be read is left out here, and named by the checks of the settings themselves.
    """

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - the library's signature
        """One secret by its file; None where there is none."""
        path = self.current_state.get(f"{field_name}_file")
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if path:
                return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Values by field name."""
        found: dict[str, Any] = {}
        folder = self.current_state.get("rakurs_secrets_dir")
        if folder and Path(folder).is_dir():
            found |= SecretsSettingsSource(self.settings_cls, secrets_dir=folder)()
        for name in SECRETS:
            value, _, _ = self.get_field_value(self.settings_cls.model_fields[name], name)
            if value:
                found[name] = value
        return found
