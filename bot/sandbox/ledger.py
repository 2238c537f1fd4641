"""Which calls did the bot make, and which of them broke the Bot API's rules?"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from bot.sandbox.calls import Called, Json
from bot.sandbox.limits import beyond
from bot.sandbox.shapes import available, method_known, misshapen

KEPT = 20_000
"""Entries that are remembered."""
_LONG = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One call and what became of it. `violations` are sentences; `refused` Telegram's own words."""

    number: int
    method: str
    chat: str | None
    fields: dict[str, str]
    violations: tuple[str, ...] = ()
    refused: str | None = None

    def page(self) -> Json:
        """As the chat page and /violations give it."""
        return {
            "number": self.number,
            "method": self.method,
            "chat": self.chat,
            "fields": self.fields,
            "violations": list(self.violations),
            "refused": self.refused,
        }


@dataclass(slots=True)
class Ledger:
    """All calls but getUpdates."""

    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=KEPT))
    count: int = 0

    def judge(self, call: Called) -> tuple[str, ...]:
        """What is wrong with the call by the Bot API's description, one sentence each."""
        if not method_known(call.method):
            return (f"the Bot API has no method {call.method}",)
        found = [*misshapen(call), *beyond(call)] if available() else [*beyond(call)]
        return tuple(dict.fromkeys(found))

    def enter(self, call: Called, *, violations: tuple[str, ...], refused: str | None) -> Entry:
        """Write the call down; long values are cut."""
        shown = {
            name: text if len(text) <= _LONG else text[:_LONG] + "…" for name, text in call.fields.items()
        }
        shown |= {name: f"{len(content)} bytes" for name, content in call.files.items()}
        self.count += 1
        entry = Entry(
            number=self.count,
            method=call.method,
            chat=call.fields.get("chat_id"),
            fields=shown,
            violations=violations,
            refused=refused,
        )
        self.entries.append(entry)
        return entry

    def violations(self) -> Json:
        """The count and the calls that broke rules; whether the shapes were checked at all."""
        bad = [entry for entry in self.entries if entry.violations]
        return {
            "count": sum(len(entry.violations) for entry in bad),
            "calls": self.count,
            "shapes_checked": available(),
            "violations": [entry.page() for entry in bad],
        }
