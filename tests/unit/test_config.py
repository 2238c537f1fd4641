"""Bad settings are named one by one, all together."""

from __future__ import annotations

import pytest

from bot.config import load_settings
from bot.pipeline.errors import BadSettings


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
        ("sqlite:////data/rakurs.sqlite3", "sqlite+aiosqlite"),
        ("postgresql://u:p@db/rakurs", "postgresql+psycopg"),
        ("postgres://u:p@db/rakurs", "postgresql+psycopg"),
    ],
)
def test_addresses_of_databases_get_the_right_driver(given: str, driver: str) -> None:
    assert load_settings(_env_file=None, database_url=given).database.startswith(f"{driver}://")


def test_the_studio_always_stands_last() -> None:
    chosen = load_settings(_env_file=None, openai_api_key="k", pollinations_api_key="p")
    assert chosen.provider_order == ("openai", "pollinations", "studio")
    assert load_settings(_env_file=None).provider_order == ("studio",)
