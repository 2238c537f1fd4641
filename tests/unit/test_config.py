"""Bad settings are named one by one, all together."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bot.config import Settings, load_settings, plain
from bot.pipeline.errors import BadSettings
from bot.secret_files import SECRETS


def test_all_bad_settings_come_together_with_plain_words() -> None:
    with pytest.raises(BadSettings) as caught:
        load_settings(
            _env_file=None,
            telegram_bot_token="x",
            admin_ids="me",
            database_url="nonsense",
            rakurs_providers="nobody",
        )
    problems = dict(caught.value.problems)
    assert set(problems) == {"TELEGRAM_BOT_TOKEN", "ADMIN_IDS", "DATABASE_URL", "RAKURS_PROVIDERS"}
    assert not any("Value error" in words for words in problems.values())


def test_a_provider_without_its_key_is_named() -> None:
    with pytest.raises(BadSettings) as caught:
        load_settings(_env_file=None, rakurs_providers="openai", openai_api_key=None, openai_base_url=None)
    assert caught.value.problems[0][0] == "RAKURS_PROVIDERS"


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite:////data/rakurs.sqlite3", "sqlite"),
        ("postgresql://u:p@db/rakurs", "postgresql+psycopg"),
        ("postgres://u:p@db/rakurs", "postgresql+psycopg"),
    ],
)
def test_addresses_of_databases_get_the_right_driver(given: str, driver: str) -> None:
    assert load_settings(_env_file=None, database_url=given).database.startswith(f"{driver}://")


def test_a_missing_driver_is_told_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    # as if it were not installed
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(BadSettings) as caught:
        load_settings(_env_file=None, database_url="postgresql://u:p@db/rakurs")
    assert caught.value.problems == (
        ("DATABASE_URL", "needs Rakurs with its extra: pip install 'rakurs[distributed]'"),
    )


def test_the_studio_always_stands_last() -> None:
    chosen = load_settings(_env_file=None, openai_api_key="k", pollinations_api_key="p")
    assert chosen.provider_order == ("openai", "pollinations", "studio")
    assert load_settings(_env_file=None).provider_order == ("studio",)


def test_secrets_come_from_files_and_what_is_set_itself_wins(tmp_path: Path) -> None:
    token, folder = tmp_path / "token", tmp_path / "secrets"
    folder.mkdir()
    token.write_text("123456:from-a-file\n", encoding="utf-8")
    (folder / "openai_api_key").write_text("from the folder", encoding="utf-8")
    (folder / "DATABASE_URL").write_text("postgres://u:pass-word@db/rakurs", encoding="utf-8")
    settings = load_settings(
        _env_file=None,
        telegram_bot_token_file=token,
        rakurs_secrets_dir=folder,
        pollinations_api_key="itself",
    )
    assert plain(settings.telegram_bot_token) == "123456:from-a-file"
    assert plain(settings.openai_api_key) == "from the folder"
    assert settings.database == "postgresql+psycopg://u:pass-word@db/rakurs"
    assert set(settings.secrets) == {"123456:from-a-file", "from the folder", "itself", "pass-word"}
    assert not any(secret in repr(settings) for secret in settings.secrets)
    again = load_settings(
        _env_file=None, telegram_bot_token_file=token, telegram_bot_token="123456:set-itself"
    )
    assert plain(again.telegram_bot_token) == "123456:set-itself"


def test_every_secret_has_its_file_and_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    kept = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    assert kept | {"database_url"} == set(SECRETS)
    assert all(f"{name}_file" in Settings.model_fields for name in SECRETS)
    with pytest.raises(BadSettings) as caught:
        load_settings(
            _env_file=None,
            **{f"{name}_file": tmp_path / "nowhere" for name in SECRETS},
            rakurs_secrets_dir=tmp_path / "nowhere",
        )
    named = {name for name, _ in caught.value.problems}
    assert named == {f"{name.upper()}_FILE" for name in SECRETS} | {"RAKURS_SECRETS_DIR"}
