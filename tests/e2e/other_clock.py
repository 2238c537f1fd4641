"""A bot on a machine whose clock is wrong by so many seconds as a file says: `python other_clock.py FILE run`.

The wall clock of this one process is moved before anything of Rakurs is loaded; steady clocks go on as they are.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

_REAL = time.time


def main() -> None:
    """The command line of Rakurs, by that clock."""
    offset = Path(sys.argv.pop(1))
    time.time = lambda: _REAL() + float(offset.read_text())

    from bot.__main__ import main as rakurs  # noqa: PLC0415 - after the clock is moved

    rakurs()


if __name__ == "__main__":
    main()
