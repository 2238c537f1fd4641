"""Does compose.yaml say what the settings understand? No engine is needed to see that."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from bot.config import Settings, load_settings

ROOT = Path(__file__).resolve().parents[2]
GIVEN = {
    "POSTGRES_PASSWORD": "geheim",
    "RAKURS_DOMAIN": "cars.example",
    "RAKURS_WEBHOOK_SECRET": "a-secret-that-nobody-guesses",
}
"""What an operator writes into .env."""
_WORD = re.compile(r"(?<!\$)\$\{(\w+)(:\?[^}]*)?\}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return read


def workers(compose: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in compose["services"].items() if name.startswith("worker")}


def filled(words: str) -> str:
    return _WORD.sub(lambda found: GIVEN[found[1]], words)


def test_every_variable_of_a_worker_is_a_setting(compose: dict[str, Any]) -> None:
    known = {name.upper() for name in Settings.model_fields}
    assert len(workers(compose)) == 2
    for worker in workers(compose).values():
        assert set(worker["environment"]) <= known


def test_a_worker_starts_with_these_settings(compose: dict[str, Any]) -> None:
    for worker in workers(compose).values():
        given = {name.lower(): filled(value) for name, value in worker["environment"].items()}
        settings = load_settings(_env_file=None, **given)
        assert settings.database == "postgresql+psycopg://rakurs:geheim@db/rakurs"
        assert settings.rakurs_http_port == 8080


def test_whatever_an_operator_must_write_is_named_and_demanded(compose: dict[str, Any]) -> None:
    text = (ROOT / "compose.yaml").read_text()
    asked = {found[1]: found[2] for found in _WORD.finditer(text)}
    assert set(asked) == set(GIVEN)
    assert all(asked.values()), "a missing word must stop it, not become an empty one"
    head = text[: text.index("x-worker")]
    assert all(word in head for word in asked)


def test_all_workers_share_their_pictures_and_the_database(compose: dict[str, Any]) -> None:
    places = {tuple(worker["volumes"]) for worker in workers(compose).values()}
    (volumes,) = places
    folder = workers(compose)["worker-1"]["environment"]["RAKURS_DATA_DIR"]
    assert f"pictures:{folder}" in volumes
    used = {place.partition(":")[0] for one in compose["services"].values() for place in one["volumes"]}
    assert used == set(compose["volumes"])
    user, password, name = (
        compose["services"]["db"]["environment"][f"POSTGRES_{it}"] for it in ("USER", "PASSWORD", "DB")
    )
    for worker in workers(compose).values():
        assert worker["environment"]["DATABASE_URL"] == f"postgresql://{user}:{password}@db/{name}"
        assert worker["depends_on"]["db"]["condition"] == "service_healthy"


def test_the_proxy_leads_the_webhook_and_nothing_else_to_every_worker(compose: dict[str, Any]) -> None:
    rules = compose["configs"]["caddyfile"]["content"]
    (upstreams,) = re.findall(r"reverse_proxy (.*) \{", rules)
    ports = {name: worker["environment"]["RAKURS_HTTP_PORT"] for name, worker in workers(compose).items()}
    assert upstreams.split() == [f"{name}:{port}" for name, port in ports.items()]
    webhook = workers(compose)["worker-1"]["environment"]["RAKURS_WEBHOOK_URL"]
    assert re.findall(r"handle (\S+) \{", rules) == [urlsplit(filled(webhook)).path]
    assert not any("ports" in worker for worker in workers(compose).values())


def test_every_service_says_whether_it_is_well(compose: dict[str, Any]) -> None:
    for name, one in compose["services"].items():
        assert one["healthcheck"]["test"][0] == "CMD", name
        assert set(one.get("depends_on", ())) <= set(compose["services"])
