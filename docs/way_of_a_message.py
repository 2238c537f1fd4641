"""Draws docs/way-of-a-message.svg: `python docs/way_of_a_message.py`. One drawing, in light and in dark."""

from __future__ import annotations

from html import escape
from pathlib import Path

_W, _H = 980, 500
_STYLE = """
  svg { font-family: "DejaVu Sans", "Segoe UI", Helvetica, Arial, sans-serif; }
  .paper { fill: #f7f8f9; } .box { fill: #ffffff; stroke: #c7ced6; } .truth { fill: #e9f1fb; stroke: #2b6cb0; }
  .out { fill: #eef6f1; stroke: #2f9e6e; } .name { fill: #20242a; font-size: 14px; font-weight: 600; }
  .words { fill: #5b6570; font-size: 11.5px; } .way { stroke: #7a8591; fill: none; stroke-width: 1.6; }
  .back { stroke: #2f9e6e; } .tip { fill: #7a8591; } .lane { fill: #98a2ad; font-size: 11.5px; font-weight: 600;
  letter-spacing: .08em; }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #14171b; } .box { fill: #1e2329; stroke: #3a424c; } .truth { fill: #16263a; stroke: #5b9bd8; }
    .out { fill: #15271f; stroke: #46b585; } .name { fill: #eef1f4; } .words { fill: #a4aeb9; }
  }
"""
_BOXES = (
    # x, y, width, class, name, words below it
    (30, 60, 130, "out", "Telegram", ("polled, or webhook",)),
    (200, 60, 150, "truth", "inbox", ("on the disk before", "Telegram may forget it")),
    (390, 60, 150, "box", "handlers", ("parse, call once,", "reply in one's language")),
    (580, 60, 160, "box", "understand", ("words → one frozen spec,", "given, inferred apart")),
    (780, 60, 170, "truth", "rows", ("session, views, album:", "open, one transaction")),
    (780, 220, 170, "box", "runner", ("turns round robin,", "taken up after a kill")),
    (580, 220, 160, "box", "research, compose", ("badge, photos, a deadline;", "prompts stored once")),
    (390, 220, 150, "box", "generate", ("all views at once: spec,", "photos, a pose of each")),
    (200, 220, 150, "box", "inspect", ("a picture, of this view,", "not twice the same?")),
    (30, 220, 130, "truth", "pictures", ("bytes first, then", "their row")),
    (30, 380, 130, "truth", "rows", ("delivering,", "then delivered")),
    (200, 380, 150, "box", "courier", ("marks before and", "after the upload")),
    (390, 380, 150, "box", "outbox", ("answers first, edits last;", "30 a second, 1 a chat")),
    (580, 380, 160, "out", "album", ("one car, every angle;", "buttons below it")),
)
_PROVIDERS = (
    780,
    380,
    170,
    "box",
    "providers · studio",
    ("one a set, never mixed;", "the studio at the end"),
)
_HEIGHT = 78


def _box(x: int, y: int, width: int, kind: str, name: str, words: tuple[str, ...]) -> str:
    lines = [f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{_HEIGHT}" rx="10"/>']
    middle = x + width / 2
    lines.append(f'<text class="name" x="{middle}" y="{y + 27}" text-anchor="middle">{escape(name)}</text>')
    for place, line in enumerate(words):
        at = y + 47 + 16 * place
        lines.append(f'<text class="words" x="{middle}" y="{at}" text-anchor="middle">{escape(line)}</text>')
    return "\n".join(lines)


def _way(path: str, kind: str = "") -> str:
    return f'<path class="way {kind}" d="{path}" marker-end="url(#tip)"/>'


def _ways() -> list[str]:
    """Along the rows of boxes: to the right, back to the left, and to the right again."""
    found = [_way(f"M{x} 99 H{to}") for x, to in ((160, 194), (350, 384), (540, 574), (740, 774))]
    found.append(_way("M865 138 V214"))
    found += [_way(f"M{x} 259 H{to}") for x, to in ((780, 746), (580, 546), (390, 356), (200, 166))]
    found.append(_way("M120 298 V374"))
    found += [_way(f"M{x} 419 H{to}") for x, to in ((160, 194), (350, 384), (540, 574))]
    # asked and answered, below the second row
    found.append(_way("M480 298 V338 H865 V374"))
    found.append(_way("M820 380 V352 H450 V304"))
    return found


def drawing() -> str:
    """The SVG's text."""
    lanes = ((30, 42, "ACCEPT"), (30, 202, "DRAW"), (30, 362, "DELIVER"))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_W} {_H}" width="{_W}" height="{_H}" role="img">',
            "<title>The way of a message</title>",
            f"<style>{_STYLE}</style>",
            '<defs><marker id="tip" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
            '<path class="tip" d="M0 0 L10 5 L0 10 z"/></marker></defs>',
            f'<rect class="paper" width="{_W}" height="{_H}" rx="14"/>',
            *(f'<text class="lane" x="{x}" y="{y}">{words}</text>' for x, y, words in lanes),
            *_ways(),
            *(_box(*box) for box in (*_BOXES, _PROVIDERS)),
            '<text class="words" x="30" y="484">Blue is on the disk: a kill between any two boxes loses nothing,'
            " and everything after the first rows may run again.</text>",
            "</svg>",
            "",
        ]
    )


if __name__ == "__main__":
    Path(__file__).with_name("way-of-a-message.svg").write_text(drawing(), encoding="utf-8")
