"""What is seen on the terminal while an album is drawn, on standard error."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from bot.pipeline.ports import Event, Step

_STEPS = {
    Step.RESEARCHED: "looked up",
    Step.COMPOSED: "prompts ready",
    Step.SEQUENTIAL: "missing views, one at a time",
    Step.FINISHED: "finished",
}


class Screen:
    """A pipeline's Progress: a bar where someone watches, else one line a step."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._started = time.monotonic()
        self._live: Progress | None = None
        self._task: int | None = None

    def __enter__(self) -> Screen:
        if not self._quiet and sys.stderr.isatty():
            self._live = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._live.start()
            self._task = self._live.add_task("looking the car up", total=None)
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def note(self, words: str) -> None:
        """Something else that takes a while."""
        self._show(words, words)

    def happened(self, event: Event) -> None:
        """Show one step."""
        words = self._words(event)
        if words is not None:
            line = f"{event.done}/{event.total}  {words}"
            self._show(words, line, completed=event.done, total=event.total)

    def _show(self, words: str, line: str, **counts: int) -> None:
        """The words at the bar, or the line with the time that has passed."""
        if self._quiet:
            return
        if self._live is not None and self._task is not None:
            self._live.update(self._task, description=words, **counts)  # type: ignore[arg-type]
        else:
            print(f"{time.monotonic() - self._started:6.1f} s  {line}", file=sys.stderr)  # noqa: T201

    @staticmethod
    def _words(event: Event) -> str | None:
        match event.step:
            case Step.STARTED:
                return f"{event.provider} draws"
            case Step.NEXT_PROVIDER:
                return f"{event.provider} draws the whole set instead"
            case Step.DRAWN:
                took = f", {event.picture.seconds:.1f} s" if event.picture else ""
                return f"{event.angle}{took}"
            case Step.MISSING:
                return f"{event.angle} is missing: {event.failure.value if event.failure else 'unknown'}"
            case _:
                return _STEPS.get(event.step)
