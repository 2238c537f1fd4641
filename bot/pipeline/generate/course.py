"""Which views does a set still lack, and who may draw them? One provider a set, whatever was killed before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.pipeline.model import Album, View, ViewState


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """`whose` is the provider that has begun the set and goes on with it alone; None: anybody, from the
    start. `before` counts views that are kept.
    """

    whose: str | None
    lacking: tuple[View, ...]
    before: int


def course_of(album: Album, mine: Sequence[View], known: Collection[str]) -> Course:
    """`mine` are the album's views, `known` the providers there are.

    What a provider drew that is not there any more cannot be completed without mixing: such a set is
    drawn anew as a whole, unless it lacks nothing.
    """
    drawn = [view for view in mine if view.state is ViewState.DRAWN]
    blank = [view for view in mine if view.state is ViewState.BLANK]
    makers = {view.provider for view in drawn}
    if not blank and len(makers) <= 1:
        return Course(whose=None, lacking=(), before=len(drawn))
    begun = (album.provider, *(view.provider for view in drawn))
    whose = next((name for name in begun if name in makers and name in known), None)
    lacking = tuple(
        view
        for view in mine
        if view in blank or (view in drawn and (whose is None or view.provider != whose))
    )
    return Course(whose=whose, lacking=lacking, before=len(drawn) + len(blank) - len(lacking))


def unlike(album: Album, views: Sequence[View], provider: str) -> str | None:
    """Another provider who drew earlier views of this car; None where they are of one hand."""
    others = [
        view.provider
        for view in views
        if view.angle not in album.angles and view.state is ViewState.DRAWN and view.provider != provider
    ]
    return others[0] if others else None
