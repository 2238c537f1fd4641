"""Is every command of the docs run by a test, and does everything that they name exist?"""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from bot.__main__ import commands
from bot.config import Settings
from tests.e2e.conftest import environment
from tests.proofs.audit import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted(ROOT.glob("docs/*.md"))]
HERE = ('rakurs parse "беха х5 темно-синя, не чорна"',)
"""Run by this file as they stand."""
CLI = "tests/e2e/test_cli.py::"
OPERATOR = "tests/e2e/test_operator.py::"
SANDBOX = "tests/e2e/test_sandbox.py::test_the_command_starts_says_where_and_stops"
PROVEN = {
    'rakurs draw "red BMW X5 2021" --angles front,side,rear --out x5': CLI
    + "test_draw_writes_the_album_and_prints_only_json",
    'rakurs draw "біла таврія" --json': CLI + "test_no_picture_at_all_ends_with_one",
    'python -m bot draw "red BMW X5 2021" --out demo': CLI + "test_a_second_process_finds_the_same_seeds",
    "python -m bot …": CLI + "test_a_second_process_finds_the_same_seeds",
    "rakurs draw": CLI + "test_draw_writes_the_album_and_prints_only_json",
    "rakurs parse --json < descriptions.txt": CLI + "test_parse_reads_one_description_a_line",
    "rakurs simulate --trace": "tests/e2e/test_simulate.py::test_wishes_are_played_as_they_were_written_down",
    "rakurs simulate": "tests/e2e/test_simulate.py::test_it_prints_json_and_draws_the_run",
    "rakurs check": CLI + "test_check_scores_real_albums",
    "rakurs db": OPERATOR + "test_a_database_is_upgraded_checked_and_copied",
    "rakurs jobs": OPERATOR + "test_every_job_is_listed_with_its_last_run",
    "rakurs health": OPERATOR + "test_a_running_bot_says_how_it_is",
    "rakurs run": "tests/e2e/test_bot.py::",
    "rakurs sandbox": SANDBOX,
    "python -m tests.bench": "tests/bench/test_bench.py::test_every_part_runs",
    "python -m tests.load": "tests/load/test_load.py::test_a_few_dozen_people_at_once_get_everything_in_time",
    "python -m tests.proofs.fuzz": "tests/proofs/test_fuzz.py::test_the_command_names_its_seed",
}
"""How commands begin that a test runs with other words or settings, and that test."""
MAKES = {
    "demo": CLI + "test_a_second_process_finds_the_same_seeds",
    "sandbox": SANDBOX,
    "bench": PROVEN["python -m tests.bench"],
    "load": PROVEN["python -m tests.load"],
    "chaos": "tests/chaos/test_chaos.py::test_a_few_kills_lose_nothing_and_send_nothing_twice",
    "chaos-fleet": "tests/chaos/test_chaos.py::test_what_a_dead_worker_held_is_finished_by_another",
    "fuzz": PROVEN["python -m tests.proofs.fuzz"],
    "trouble": "tests/e2e/test_trouble.py::test_a_clock_that_jumps_neither_holds_an_album_up_nor_buys_twice",
    "prove": "tests/proofs/test_lives.py::test_lives_on_disk",
}
"""Targets of make whose work a test does in a short form, and that test."""
PLAIN = {
    "setup": "makes the environment that the tests run in",
    "test": "runs the very tests that this one is part of",
    "check": "is lint and types",
    "lint": "goes before these tests in `make test`",
    "types": "runs beside these tests in `make test`",
    "alone": "runs tests that `make test` runs as well",
    "together": "runs the very tests that this one is part of",
    "coverage": "runs the very tests that this one is part of",
    "mutate": "runs these tests hundreds of times",
    "matrix": "runs tests that `make test` runs as well, but for some that take the way of another",
    "figures": "is a test that wants an idle machine",
    "audit": "asks services on the network; how their answers are judged is tested",
    "format": "changes the sources",
    "constraints": "asks a package index",
    "clean": "removes the environment that the tests run in",
    "help": "prints the list that is compared below",
}
"""Other targets of make, and why no test runs them; what their recipes name is looked up all the same."""
ELSEWHERE = {
    "make -C /opt/rakurs setup": "changes the system",
    "rakurs draw --spin": "draws in the studio for half a minute; its film and where it lies have tests of their own",
    "python -m venv": "makes the environment that the tests run in: `make setup` does the same, in CI from nothing",
    "python -m pip": "as above",
    "python -m pytest": "is this run",
    "docker": "no container runs inside the tests; Dockerfile and compose.yaml are read by tests",
    "useradd": "changes the system",
    "install": "changes the system",
    "cp": "changes the system",
    "systemctl": "changes the system",
    "journalctl": "reads the system's log",
}
"""Not run by a test, by how they begin, and why."""
FENCES = {"```", "```sh", "```bash", "```console"}
"""Blocks of commands; drawings are marked as text, code as Python."""
MAKE = shutil.which("make")
PROGRAMS = ("rakurs ", "make ", "python -m ", "docker ")


def _commands() -> list[str]:
    """Lines of blocks of commands, and what stands as a command between the words."""
    found = []
    for page in PAGES:
        fence: str | None = None
        for line in page.read_text(encoding="utf-8").splitlines():
            if line.startswith("```"):
                fence = line if fence is None else None
            elif fence in FENCES and (command := re.sub(r"\s+# .*", "", line).strip()):
                found.append(command.removeprefix(".venv/bin/"))
            elif fence is None:
                found += [one for one in re.findall(r"`([^`]+)`", line) if one.startswith(PROGRAMS)]
    return found


def _targets() -> list[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return re.findall(r"^([a-z-]+):", text, flags=re.MULTILINE)


def _is_known(command: str) -> bool:
    """Whether that command is run by a test or says why not; `make A && B` is two of them."""
    parts = [one.strip().removeprefix(".venv/bin/") for one in command.split("&&")]
    if len(parts) > 1:
        return all(map(_is_known, parts))
    if command in HERE or command.startswith((*PROVEN, *ELSEWHERE)):
        return True
    words = command.split()
    return words[0] == "make" and words[1] in {*MAKES, *PLAIN}


def test_every_command_is_run_or_says_why_not() -> None:
    commands = _commands()
    assert len(commands) > 40
    lost = [one for one in commands if not _is_known(one)]
    assert not lost, f"neither run by a test nor excused: {lost}"
    idle = [one for one in (*HERE, *PROVEN, *ELSEWHERE) if not any(one in line for line in commands)]
    assert not idle, f"no page names it any more: {idle}"


def test_every_target_of_make_is_run_or_says_why_not() -> None:
    assert sorted(_targets()) == sorted([*MAKES, *PLAIN])


@pytest.mark.skipif(MAKE is None, reason="make is not installed")
@pytest.mark.parametrize("target", sorted({*MAKES, *PLAIN} - {"help"}))
def test_what_a_recipe_runs_is_there(target: str) -> None:
    """Without running it: its modules can be found, and the tests that it names exist."""
    shown = subprocess.run(
        [str(MAKE), "-n", "-o", ".venv/.ready", "-o", ".venv/.tools", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in shown.stdout.splitlines() if line.strip()]
    assert lines
    for line in lines:
        for module in re.findall(r"python -m ([\w.]+)", line):
            assert importlib.util.find_spec(module), line
        for path in re.findall(r"\btests/[\w./]+", line):
            assert (ROOT / path).exists(), line


@pytest.mark.parametrize("proof", sorted({*PROVEN.values(), *MAKES.values()}))
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
    targets = set(_targets())
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        named = set(re.findall(r"(?:`|^)make ([a-z][a-z-]*)", text, flags=re.MULTILINE))
        assert named <= targets, f"{page.name}: {named - targets}"


def test_every_command_of_the_program_is_in_the_docs_and_every_option_is_real() -> None:
    group: Any = typer.main.get_command(commands())
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
