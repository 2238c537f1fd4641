"""`make audit`: does a pinned package have a known weakness, and does our own code look dangerous?"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("pypi", "osv")
"""Where advisories are asked for, in this order, until one has answered for every package."""
CLEAN, FOUND, NOT_AUDITED = 0, 1, 3
_PINNED = ("-r", "constraints.txt", "-r", "constraints-dev.txt")
_PACKAGES = (*_PINNED, "--require-hashes", "--disable-pip", "--progress-spinner", "off")
_CODE = ("-q", "-c", "pyproject.toml", "-r", "bot", "storage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What one advisory service said of the pinned packages. `weak` are sentences."""

    service: str
    packages: int
    unanswered: int
    weak: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether every package was answered for; of none at all nothing is known."""
        return self.packages > 0 and self.unanswered == 0

    def line(self) -> str:
        """For people."""
        answered = self.packages - self.unanswered
        return f"{self.service}: {answered} of {self.packages} packages audited, {len(self.weak)} weak"


def read_report(service: str, text: str) -> Audited:
    """pip-audit's JSON; anything else means that the service was not reached."""
    try:
        rows = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Audited(service=service, packages=0, unanswered=0)
    weak = tuple(
        f"{row['name']} {row['version']}: {one['id']}, mended in {', '.join(one['fix_versions']) or 'nothing yet'}"
        for row in rows
        for one in row.get("vulns", ())
    )
    return Audited(
        service=service,
        packages=len(rows),
        unanswered=sum("skip_reason" in row for row in rows),
        weak=weak,
    )


def verdict(audits: Sequence[Audited], *, code_is_clean: bool) -> tuple[int, str]:
    """The exit code and its sentence: silence of a service is never taken for a good answer."""
    if not code_is_clean or any(one.weak for one in audits):
        return FOUND, "FOUND: see above"
    if not any(one.whole for one in audits):
        return (
            NOT_AUDITED,
            "NOT AUDITED: no advisory service answered for every package; our own code is clean",
        )
    return CLEAN, "clean: every pinned package and our own code"


def _packages() -> list[Audited]:
    audits: list[Audited] = []
    for service in SERVICES:
        command = [sys.executable, "-m", "pip_audit", *_PACKAGES, "-s", service, "-f", "json"]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        audits.append(read_report(service, ended.stdout))
        print(audits[-1].line(), *audits[-1].weak, sep="\n  ")
        if audits[-1].whole:
            break
        if not audits[-1].packages:
            print(
                f"  it could not be reached: {(ended.stderr.strip().splitlines() or ['no word'])[-1][:200]}"
            )
    return audits


def _code_is_clean() -> bool:
    ended = subprocess.run([sys.executable, "-m", "bandit", *_CODE], cwd=ROOT, check=False)
    print("bandit:", "nothing found" if ended.returncode == 0 else "see above")
    return ended.returncode == 0


def main() -> int:
    """0 clean, 1 something found, 3 when the advisories could not be asked."""
    code_is_clean = _code_is_clean()
    code, words = verdict(_packages(), code_is_clean=code_is_clean)
    print(words)
    return code


if __name__ == "__main__":
    sys.exit(main())
