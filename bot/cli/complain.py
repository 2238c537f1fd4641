"""What is said on the command line when something cannot be done, and how the process ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.errors import (
    BadDescription,
    BadInput,
    BadSettings,
    RakursError,
    SetFailed,
    StorageError,
    TooManyAngles,
    UnknownAngle,
    UnknownSession,
)
from bot.pipeline.model import NoteKind, Reading, ReadingKind

NOTHING, BAD_INPUT, PARTIAL = 1, 2, 3
"""Exit codes: no picture at all, bad input, fewer pictures than asked."""

_AILMENTS = {
    "damaged": "The database file is damaged. It is left as it is. `rakurs db check` says what is wrong with it: put "
    "a backup in its place (`rakurs db backup` makes them), or move it away to begin anew (docs/operations.md).",
    "full": "The disk is full. Nothing that was stored is lost; make room and try again.",
    "locked": "Another program holds the database file. Nothing was changed; try again when it is done.",
    "away": "The database's server does not answer, or refuses the name and password of DATABASE_URL. Nothing was "
    "changed; see to the server or the address and try again.",
    "unreachable": "The database file cannot be opened or written. Check the data folder and its permissions.",
}
_QUESTIONS = {
    ReadingKind.NO_CAR: 'I see no car in that. Which car shall I draw? For example: "red BMW X5 2021".',
    ReadingKind.UNSUITABLE: "I draw cars, and only in a way fit for everyone. Which car shall I draw?",
}


def say(text: str) -> None:
    """One line for people, on standard error."""
    typer.echo(text, err=True)


def stop(text: str, code: int) -> NoReturn:
    """Say why, and end."""
    say(text)
    raise typer.Exit(code)


@contextmanager
def complaints() -> Iterator[None]:
    """Every error on purpose becomes one clear sentence and its exit code."""
    try:
        yield
    except BadSettings as error:
        say("These settings cannot be used:")
        for name, problem in error.problems:
            say(f"  {name}: {problem}")
        raise typer.Exit(BAD_INPUT) from error
    except BadInput as error:
        stop(_sentence(error), BAD_INPUT)
    except RakursError as error:
        stop(_sentence(error), NOTHING)


def _sentence(error: RakursError) -> str:
    words = f"That did not work: {type(error).__name__}."
    match error:
        case UnknownAngle(word=word, near=near):
            hint = f"Did you mean {', '.join(near)}?" if near else f"There are: {', '.join(CATALOGUE)}."
            words = f'"{word}" is no angle that I know. {hint}'
        case TooManyAngles(asked=asked, limit=limit):
            words = f"That is {asked} angles; one album holds {limit} at most."
        case BadDescription(kind="empty"):
            words = 'The description is empty. Name a car, for example: "red BMW X5 2021".'
        case BadDescription(length=length, limit=limit):
            words = f"The description has {length} characters; {limit} are the most that I read."
        case UnknownSession(session_id=session_id):
            words = f"There is no car {session_id} here."
        case SetFailed(kinds=kinds):
            reasons = ", ".join(f"{name} ({kind.value})" for name, kind in kinds.items())
            words = f"No picture could be drawn. Asked: {reasons}."
        case StorageError() if ailment := _AILMENTS.get(str(error.args[-1]) if error.args else ""):
            words = ailment
        case StorageError(args=("album", folder)):
            words = f"The album cannot be written into {folder}."
        case StorageError(args=("folder", int(number))):
            words = f"The data folder cannot be used: {os.strerror(number)}."
        case StorageError():
            words = f"The data folder could not be read or written: {', '.join(map(str, error.args))}."
    return words


def question(reading: Reading) -> str | None:
    """The friendly question that a description without exactly one car gets; None for one car."""
    if reading.kind is ReadingKind.SEVERAL:
        names = " and ".join(spec.name for spec in reading.specs)
        return f"That is more than one car: {names}. One album shows one car: which one shall I draw?"
    return _QUESTIONS.get(reading.kind) if reading.spec is None or reading.kind in _QUESTIONS else None


def remarks(reading: Reading) -> list[str]:
    """What is worth saying about how the description was read."""
    spec = reading.spec
    lines = []
    for note in reading.notes:
        facts = dict(note.facts)
        match note.kind:
            case NoteKind.YEAR_OUTSIDE:
                lines.append("That model was not made in that year; I draw it as asked.")
            case NoteKind.AMBIGUOUS_YEAR_MODEL:
                lines.append("I read the number as the model, not as the year.")
            case NoteKind.TYPO:
                lines.append(f"I read that as {spec.name if spec else 'a car'}.")
            case NoteKind.NEAREST_COLOR:
                lines.append(f"The nearest colour that I know is {facts.get('color', 'this one')}.")
            case NoteKind.INSTRUCTIONS_IGNORED:
                lines.append("I read car descriptions only and left the rest out.")
            case NoteKind.MISSING_BRAND:
                lines.append("No maker was named, so I draw the body alone.")
            case NoteKind.MISSING_MODEL:
                lines.append("No model was named, so I choose the body myself.")
            case NoteKind.UNKNOWN_MODEL:
                lines.append("I do not know that model and draw the maker's usual body.")
            case _:
                continue
    if spec is not None and spec.inferred:
        taken = sorted(spec.inferred - {"color_hex", "second_color_hex", "dimensions"})
        values = [f"{name} {getattr(spec, name)}" for name in taken if getattr(spec, name, None)]
        if values:
            lines.append(f"Not said, assumed: {', '.join(values)}.")
    return list(dict.fromkeys(lines))
