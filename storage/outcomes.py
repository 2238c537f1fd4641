"""Which albums are under way, which arrived, and which of them lack a view? As conditions of queries."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bot.pipeline.model import AlbumState, ViewState
from storage.schema import albums, views

UNDER_WAY = tuple(state.value for state in AlbumState if state.under_way)
SENT = (AlbumState.DELIVERED.value, AlbumState.UNKNOWN.value)
# as letters and not as a parameter: only then SQLite sees that the index on missing views serves
IS_MISSING = views.c.state == sa.literal_column(f"'{ViewState.MISSING.value}'")
LACKS = sa.exists().where(
    views.c.session_id == albums.c.session_id, views.c.number == albums.c.number, IS_MISSING
)


def at_once(album: sa.ColumnCollection[str, Any]) -> sa.ColumnElement[bool]:
    """That it arrived without a person's later retry, which is no measure of speed."""
    return sa.and_(album.state.in_(SENT), album.finished.is_not(None), album.reopened == 0)


def grouped(columns: tuple[sa.Column[Any], ...], since: float | None) -> tuple[sa.ColumnElement[Any], ...]:
    """Columns to group by: along their index for all time, and past it for what is recent.

    SQLite would rather read all of an index that is in order than find the few rows of one day.
    """
    if since is None:
        return columns
    nothing = {str: "", int: 0}
    return tuple((column + nothing[column.type.python_type]).label(column.name) for column in columns)
