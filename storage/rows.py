"""How do rows become the model's values, and values rows?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from bot.pipeline.errors import FailureKind
from bot.pipeline.model import (
    Album,
    AlbumState,
    AngleName,
    Origin,
    Picture,
    Rung,
    Seed,
    Session,
    SessionId,
    Strength,
    View,
    ViewState,
)
from storage.codec import ANGLES, PAINT, PROMPT, SPEC, WARNINGS
from storage.database import Row
from storage.schema import pictures, views

VIEWS = (
    sa.select(
        views,
        *(
            pictures.c[name]
            for name in ("width", "height", "seconds", "cost", "rung", "mesh", "paint", "warnings")
        ),
    )
    .select_from(
        views.outerjoin(
            pictures,
            sa.and_(
                pictures.c.session_id == views.c.session_id,
                pictures.c.angle == views.c.angle,
                pictures.c.provider == views.c.provider,
            ),
        )
    )
    .order_by(views.c.number, views.c.position)
)
"""Views with the facts of their chosen picture, in the order they were asked."""


def session_row(session: Session) -> dict[str, Any]:
    """Columns of a session."""
    return {
        "id": session.id,
        "owner": session.owner,
        "chat": session.chat,
        "language": session.language,
        "spec": SPEC.text(session.spec),
        "created": session.created,
        "origin": session.origin,
        "photo": session.photo,
    }


def session_of(row: Row) -> Session:
    """The session of one row."""
    return Session(
        id=SessionId(row.id),
        spec=SPEC.value(row.spec),
        owner=row.owner,
        chat=row.chat,
        language=row.language,
        created=row.created,
        origin=Origin(row.origin) if row.origin is not None else None,
        photo=row.photo,
    )


def album_row(album: Album) -> dict[str, Any]:
    """Columns of an album."""
    return {
        "session_id": album.session_id,
        "number": album.number,
        "angles": ANGLES.text(album.angles),
        "chat": album.chat,
        "state": album.state.value,
        "thread": album.thread,
        "reply_to": album.reply_to,
        "status_message": album.status_message,
        "provider": album.provider,
        "strength": album.strength.value if album.strength else None,
        "because": album.because.value if album.because else None,
        "unlike": album.unlike,
        "created": album.created,
        "finished": album.finished,
    }


def album_of(row: Row) -> Album:
    """The album of one row."""
    return Album(
        session_id=SessionId(row.session_id),
        number=row.number,
        angles=ANGLES.value(row.angles),
        chat=row.chat,
        state=AlbumState(row.state),
        thread=row.thread,
        reply_to=row.reply_to,
        status_message=row.status_message,
        provider=row.provider,
        strength=Strength(row.strength) if row.strength else None,
        because=FailureKind(row.because) if row.because else None,
        unlike=row.unlike,
        created=row.created,
        finished=row.finished,
    )


def view_row(view: View, *, number: int, position: int) -> dict[str, Any]:
    """Columns of a view that was just asked for as the `position`-th of album `number`."""
    return {
        "session_id": view.session_id,
        "angle": view.angle,
        "number": number,
        "position": position,
        "seed": view.seed,
        "state": view.state.value,
        "prompt": PROMPT.text(view.prompt) if view.prompt else None,
        "provider": view.provider,
        "failure": view.failure.value if view.failure else None,
        "file_id": view.file_id,
    }


def view_of(row: Row) -> View:
    """The view of one row of `VIEWS`."""
    view = View(
        session_id=SessionId(row.session_id),
        angle=AngleName(row.angle),
        seed=Seed(row.seed),
        state=ViewState(row.state),
        prompt=PROMPT.value(row.prompt) if row.prompt else None,
        provider=row.provider,
        failure=FailureKind(row.failure) if row.failure else None,
        file_id=row.file_id,
    )
    if row.width is None:
        return view
    return replace(view, **_measures(row))


def _measures(row: Row) -> dict[str, Any]:
    """What views and pictures tell alike of a picture's row."""
    return {
        "width": row.width,
        "height": row.height,
        "seconds": row.seconds,
        "cost": row.cost,
        "rung": Rung(row.rung),
        "mesh": row.mesh,
        "paint": PAINT.value(row.paint) if row.paint else None,
        "warnings": WARNINGS.value(row.warnings),
    }


def picture_row(picture: Picture, *, file: str, created: float, checked: bool) -> dict[str, Any]:
    """Columns of a picture whose bytes are in that file, without those that name the view."""
    return {
        "checked": checked,
        "file": file,
        "size": len(picture.content),
        "media_type": picture.media_type,
        "width": picture.width,
        "height": picture.height,
        "model": picture.model,
        "seconds": picture.seconds,
        "cost": picture.cost,
        "rung": picture.rung.value,
        "mesh": picture.mesh,
        "paint": PAINT.text(picture.paint) if picture.paint else None,
        "warnings": WARNINGS.text(picture.warnings),
        "created": created,
    }


def picture_of(row: Row, content: bytes) -> Picture:
    """The picture of one row and its bytes."""
    return Picture(
        content=content,
        media_type=row.media_type,
        provider=row.provider,
        model=row.model,
        **_measures(row),
    )
