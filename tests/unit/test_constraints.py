"""Do the pinned files hold what pyproject.toml asks for, by hash, and do they agree with each other?"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUN, DEV = "constraints.txt", "constraints-dev.txt"
FILES = (RUN, DEV)
MODULES = {"pillow": "PIL", "python-telegram-bot": "telegram", "scikit-image": "skimage"}
"""Of packages that are not called like what is imported."""
_PIN = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>[^ ;]+)(?: ; (?P<where>[^\\]+))? \\\n(?P<hashes>(?: +--hash=\S+(?: \\)?\n)+)"
)


def _pins(file: str) -> dict[str, set[tuple[str, str]]]:
    """Each package's versions, and where each of them is installed."""
    pins: dict[str, set[tuple[str, str]]] = {}
    for pin in _PIN.finditer((ROOT / file).read_text(encoding="utf-8")):
        pins.setdefault(pin["name"], set()).add((pin["version"], pin["where"] or ""))
    return pins


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9-]", one)[0] for one in requirements}


@pytest.mark.parametrize("file", FILES)
def test_every_line_is_a_pinned_package_or_one_of_its_hashes(file: str) -> None:
    """So no line names an address, and nothing is installed that was not looked at."""
    assert _PIN.sub("", (ROOT / file).read_text(encoding="utf-8")) == ""
    assert len(_pins(file)) > 40


def test_what_is_asked_for_is_pinned() -> None:
    asked, groups = PROJECT["project"], PROJECT["dependency-groups"]
    run = _names(asked["dependencies"]).union(*map(_names, asked["optional-dependencies"].values()))
    assert run | _names(PROJECT["build-system"]["requires"]) <= set(_pins(RUN))
    assert _names(groups["dev"]) <= set(_pins(DEV))
    assert groups["build"] == PROJECT["build-system"]["requires"]


def test_whoever_only_runs_it_gets_no_tools() -> None:
    assert not _names(PROJECT["dependency-groups"]["dev"]) & set(_pins(RUN))


def test_both_files_pin_the_same_versions() -> None:
    run, dev = _pins(RUN), _pins(DEV)
    both = set(run) & set(dev)
    assert both
    for name in both:
        assert {version for version, _ in run[name]} == {version for version, _ in dev[name]}, name


def test_nothing_is_asked_for_that_nobody_imports() -> None:
    sources = (*ROOT.glob("bot/**/*.py"), *ROOT.glob("storage/**/*.py"))
    imported = {
        module
        for path in sources
        for module in re.findall(
            r"^ *(?:import|from) (\w+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE
        )
    }
    asked = _names(PROJECT["project"]["dependencies"])
    assert {MODULES.get(name, name.replace("-", "_")) for name in asked} <= imported
