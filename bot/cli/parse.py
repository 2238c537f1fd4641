"""`rakurs parse`: what is understood of descriptions."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.complain import BAD_INPUT, complaints, question, remarks, say, stop
from bot.pipeline.errors import BadDescription
from bot.pipeline.folder import spec_facts
from bot.pipeline.model import CarSpec, Reading, ReadingKind
from bot.pipeline.understand import Accuracy, Understanding, accuracy
from bot.words import open_words


def parse(
    description: Annotated[
        str | None, typer.Argument(help="A description; without one, one a line is read from standard input.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a description.")] = False,
    file: Annotated[
        Path | None,
        typer.Option(help="JSON lines with text and expected values: report the accuracy a field."),
    ] = None,
) -> None:
    """Show what is understood of a description."""
    with complaints():
        understanding = open_words().understanding
        if file is not None:
            _report(file, understanding, as_json=as_json)
        elif description is not None:
            reading = understanding.understand(description)
            _print(description, reading, as_json=as_json)
            if reading.kind in {ReadingKind.NO_CAR, ReadingKind.UNSUITABLE}:
                raise typer.Exit(BAD_INPUT)
        else:
            _lines(understanding, as_json=as_json)


def reading_facts(description: str, reading: Reading) -> dict[str, Any]:
    """A reading as plain values: the best spec's fields, and what else was found."""
    return {
        "text": description,
        "kind": reading.kind.value,
        **spec_facts(reading.spec or CarSpec()),
        "angles": list(reading.angles),
        "flags": [note.kind.value for note in reading.notes],
        "others": [spec_facts(spec) for spec in reading.specs[1:]],
        "question": question(reading),
    }


def _lines(understanding: Understanding, *, as_json: bool) -> None:
    """One description a line; a line that cannot be read does not stop the others."""
    for line in sys.stdin:
        text = line.strip()
        if not text:
            continue
        try:
            _print(text, understanding.understand(text), as_json=as_json)
        except BadDescription as error:
            if as_json:
                typer.echo(
                    json.dumps({"text": text[:80], "kind": error.kind, "flags": []}, ensure_ascii=False)
                )
            else:
                say(f"{text[:40]}…: {error.length} characters, {error.limit} are the most that I read.")


def _print(description: str, reading: Reading, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(reading_facts(description, reading), ensure_ascii=False))
        return
    for spec in reading.specs:
        facts = spec_facts(spec)
        for name, value in facts.items():
            if value not in (None, []) and name not in {"given", "inferred"} and not name.endswith("_mm"):
                field = "body" if name == "body_type" else name
                how = "given" if field in spec.given else "assumed" if field in spec.inferred else ""
                typer.echo(f"{name:12} {value!s:24} {how}".rstrip())
        if spec.dimensions:
            size = spec.dimensions
            typer.echo(f"{'size':12} {size.length} × {size.width} × {size.height} mm")
        typer.echo("")
    if reading.angles:
        typer.echo(f"{'angles':12} {', '.join(reading.angles)}")
    for text in (*remarks(reading), question(reading)):
        if text:
            say(text)


def _report(file: Path, understanding: Understanding, *, as_json: bool) -> None:
    try:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError as error:
        stop(f"{file} cannot be read: {error.strerror}.", BAD_INPUT)
    except ValueError:
        stop(f"{file} holds a line that is no JSON.", BAD_INPUT)
    if not all(isinstance(row, dict) and isinstance(row.get("text"), str) for row in rows):
        stop(f"Every line of {file} needs an object with a text.", BAD_INPUT)
    report = accuracy(rows, understanding=understanding)
    if as_json:
        typer.echo(json.dumps(_accuracy_facts(report), ensure_ascii=False))
        return
    typer.echo(f"{'field':14} {'right':>6} {'of':>6}")
    for name, asked in report.asked.items():
        typer.echo(f"{name:14} {report.right[name]:6} {asked:6}  {100 * report.share(name):5.1f} %")
    typer.echo(f"{'whole cases':14} {report.whole:6} {report.cases:6}")
    typer.echo(
        f"median {report.median_seconds * 1000:.2f} ms, longest {report.longest_seconds * 1000:.2f} ms"
    )
    for miss in report.misses:
        typer.echo(f"  {miss.text[:70]!r}: {miss.field} is {miss.got!r}, expected {miss.expected!r}")


def _accuracy_facts(report: Accuracy) -> dict[str, Any]:
    return {
        "cases": report.cases,
        "whole": report.whole,
        "fields": {name: [report.right[name], asked] for name, asked in report.asked.items()},
        "median_ms": round(report.median_seconds * 1000, 3),
        "longest_ms": round(report.longest_seconds * 1000, 3),
        "misses": [
            {"text": miss.text, "field": miss.field, "expected": miss.expected, "got": miss.got}
            for miss in report.misses
        ],
    }
