"""How do render processes start without running the caller's program again?

A spawned process imports its parent's main module first. For a program that uses Rakurs as a library
and has no `if __name__ == "__main__":` this would be the whole program once more; for our own command
line it is time for nothing. What the render processes need, they import themselves.
"""

from __future__ import annotations

import multiprocessing.context
import sys
import threading
from types import ModuleType

_starting = threading.Lock()


class _Process(multiprocessing.context.SpawnProcess):
    """Hides the main module for the milliseconds in which a process is started."""

    def start(self) -> None:
        with _starting:
            main = sys.modules["__main__"]
            sys.modules["__main__"] = ModuleType("__main__")
            try:
                super().start()
            finally:
                sys.modules["__main__"] = main


class Apart(multiprocessing.context.SpawnContext):
    """The spawn context with such processes."""

    Process = _Process
