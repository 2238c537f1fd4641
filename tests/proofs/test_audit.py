"""Does the audit speak up when nobody answered it, and is our own code clean?"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from typing import Any

import pytest

from tests.proofs.audit import (
    CLEAN,
    FOUND,
    NOT_AUDITED,
    ROOT,
    Audited,
    read_report,
    verdict,
)

GOOD = {"name": "a", "version": "1", "vulns": []}
WEAK = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"], "aliases": []}]}
SILENT = {"name": "c", "skip_reason": "Dependency not found and could not be audited: c (1)"}


def report(*rows: dict[str, Any]) -> Audited:
    return read_report("x", json.dumps({"dependencies": rows, "fixes": []}))


def test_silence_is_not_taken_for_a_good_answer() -> None:
    for audit in (
        read_report("x", ""),
        read_report("x", "[]"),
        report(),
        report(SILENT),
        report(GOOD, SILENT),
    ):
        assert verdict([audit], code_is_clean=True)[0] == NOT_AUDITED


def test_one_service_that_answers_for_all_is_enough() -> None:
    assert verdict([report(GOOD, SILENT), report(GOOD, GOOD)], code_is_clean=True)[0] == CLEAN


def test_a_weakness_is_found_whoever_else_was_silent() -> None:
    weak = report(GOOD, WEAK, SILENT)
    assert weak.weak == ("b 2: CVE-1, mended in 3",)
    assert verdict([weak], code_is_clean=True)[0] == FOUND
    assert verdict([report(GOOD)], code_is_clean=False)[0] == FOUND


@pytest.mark.slow
def test_our_own_code_is_clean() -> None:
    command = [sys.executable, "-m", "bandit", "-q", "-c", "pyproject.toml", "-r", "bot", "storage"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_everything_that_the_lint_skips_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for skip in tomllib.loads(text)["tool"]["bandit"]["skips"]:
        assert re.search(rf'"{skip}",\s+# \w+', text), f"{skip} has no reason"
