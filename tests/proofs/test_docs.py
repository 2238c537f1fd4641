"""Is every command of the docs run by a test, and does everything that they name exist?"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from bot.__main__ import app
from bot.config import Settings
from tests.e2e.conftest import environment
from tests.proofs.audit import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted(ROOT.glob("docs/*.md"))]
HERE = ('rakurs parse "беха х5 темно-синя, не чорна"',)
"""Run by this file as they stand."""
CLI = "tests/e2e/test_cli.py::"
PROVEN = {
    'rakurs draw "red BMW X5 2021" --angles front,side,rear --out x5': CLI
    + "test_draw_writes_the_album_and_prints_only_json",
    'rakurs draw "біла таврія" --json': CLI + "test_no_picture_at_all_ends_with_one",
    'python -m bot draw "red BMW X5 2021" --out demo': CLI + "test_a_second_process_finds_the_same_seeds",
    "rakurs parse --json < descriptions.txt": CLI + "test_parse_reads_one_description_a_line",
    "rakurs simulate": "tests/e2e/test_simulate.py::test_it_prints_json_and_draws_the_run",
    "rakurs check full": CLI + "test_check_scores_real_albums",
    "echo TELEGRAM_BOT_TOKEN": "tests/e2e/test_bot.py::",
    "rakurs run": "tests/e2e/test_bot.py::",
    "rakurs sandbox": "tests/e2e/test_sandbox.py::test_the_command_starts_says_where_and_stops",
    "make sandbox": "tests/e2e/test_sandbox.py::test_the_command_starts_says_where_and_stops",
}
"""How commands begin that a test runs with other words or settings, and that test."""
ELSEWHERE = {
    "make": "sets up, or runs the very tests that this one is part of; that the target is there is tested below",
    "python -m venv": "makes the environment that the tests run in: `make setup` does the same, in CI from nothing",
    "python -m pip": "as above",
    "python -m pytest": "is this run",
    "docker": "no container runs inside the tests; the Dockerfile is built where there is a Docker",
    "useradd": "changes the system",
    "install": "changes the system",
    "cp": "changes the system",
    "systemctl": "changes the system",
    "journalctl": "reads the system's log",
}
"""Not run by a test, by how they begin, and why."""


def _commands() -> list[str]:
    """Lines of fenced blocks without a language; drawings are marked as text, code as Python."""
    found = []
    for page in PAGES:
        fence: str | None = None
        for line in page.read_text(encoding="utf-8").splitlines():
            if line.startswith("```"):
                fence = line if fence is None else None
            elif fence == "```" and (command := re.sub(r"\s+# .*", "", line).strip()):
                found.append(command.removeprefix(".venv/bin/"))
    return found


def test_every_command_is_run_or_says_why_not() -> None:
    commands = _commands()
    assert len(commands) > 15
    excused = (*PROVEN, *ELSEWHERE)
    lost = [one for one in commands if one not in HERE and not one.startswith(excused)]
    assert not lost, f"neither run by a test nor excused: {lost}"
    idle = [one for one in HERE if not any(line.startswith(one) for line in commands)]
    assert not idle, f"no page names it any more: {idle}"


@pytest.mark.parametrize("proof", sorted(set(PROVEN.values())))
def test_the_test_that_proves_a_command_is_there(proof: str) -> None:
    path, _, name = proof.partition("::")
    assert f"def {name}" in (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("command", HERE)
def test_it_runs_as_it_stands(command: str, tmp_path: Path) -> None:
    (tmp_path / "descriptions.txt").write_text("red BMW X5 2021\nбіла таврія\n", encoding="utf-8")
    words, _, source = command.partition(" < ")
    asked = [sys.executable, "-m", "bot", *shlex.split(words)[1:]]
    given = (tmp_path / source).read_bytes() if source else None
    ended = subprocess.run(
        asked, cwd=tmp_path, env=environment(tmp_path), input=given, capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr.decode()
    assert ended.stdout.strip()


def test_make_knows_every_target_that_is_named() -> None:
    targets = set(
        re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    )
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        named = set(re.findall(r"(?:`|^)make ([a-z][a-z-]*)", text, flags=re.MULTILINE))
        assert named <= targets, f"{page.name}: {named - targets}"


def test_every_command_of_the_program_is_in_the_docs_and_every_option_is_real() -> None:
    group: Any = typer.main.get_command(app)
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    options = {"--help"}
    for name, command in group.commands.items():
        assert f"rakurs {name}" in text, f"no page speaks of rakurs {name}"
        below = getattr(command, "commands", {"": command}).values()
        options |= {flag for one in below for parameter in one.params for flag in parameter.opts}
    for line in re.findall(r"rakurs [a-z][^`\n]*", text):
        for flag in re.findall(r"(?<=\s)--[a-z-]+", line.partition("#")[0]):
            assert flag in options or line.startswith("rakurs:/"), f"{flag} in: {line}"


def test_the_example_of_settings_names_every_setting() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"\b[A-Z][A-Z_]{4,}\b", example))
    settings = {name.upper() for name in Settings.model_fields}
    assert settings <= named, settings - named
    assert set(re.findall(r"^([A-Z][A-Z_]+)=", example, flags=re.MULTILINE)) <= settings
