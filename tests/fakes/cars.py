"""Sessions, albums and pictures to fill stores with."""

from __future__ import annotations

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.model import (
    Album,
    AngleName,
    Background,
    Body,
    CarSpec,
    Condition,
    Dimensions,
    Finish,
    Picture,
    Prompt,
    Rung,
    Session,
    View,
    origin_for,
    seeds_for,
    session_id_for,
)
from bot.pipeline.money import Call

FRONT, SIDE, REAR = AngleName("front"), AngleName("side"), AngleName("rear")
FULL_SPEC = CarSpec(
    brand="Škoda",
    model="Octavia",
    generation="IV (NX)",
    year=2021,
    color="blue",
    color_hex="#1d3f72",
    second_color="black",
    second_color_hex="#000000",
    finish=Finish.METALLIC,
    body=Body.ESTATE,
    trim='RS "Чорний"',
    condition=Condition.USED,
    background=Background.STREET_DUSK,
    plate="АА 1234 ВВ",
    dimensions=Dimensions(
        length=4689, width=1829, height=1468, wheelbase=2686, front_overhang=905, rear_overhang=1098
    ),
    given=frozenset({"brand", "model", "year"}),
    inferred=frozenset({"body"}),
    confidence=0.875,
)
PROMPT = Prompt(
    full="A «blue» car\nnext line",
    unbadged="u",
    generic="g",
    full_tags="a, b",
    unbadged_tags="c",
    generic_tags="d",
    negative="e",
)


def a_session(
    message: str = "1", *, owner: str = "7", chat: str = "7", created: float = 1_799_999_000.0
) -> Session:
    """A session of its own for each message of each chat."""
    origin = origin_for(bot="1", chat=chat, message=message)
    return Session(
        id=session_id_for(origin),
        spec=FULL_SPEC,
        owner=owner,
        chat=chat,
        language="uk",
        created=created,
        origin=origin,
    )


def an_album(session: Session, *angles: AngleName, number: int = 1, created: float | None = None) -> Album:
    """An open album; front and side when no angle is named."""
    return Album(
        session_id=session.id,
        number=number,
        angles=angles or (FRONT, SIDE),
        chat=session.chat,
        thread="5",
        reply_to="10",
        created=session.created if created is None else created,
    )


def blank_views(album: Album) -> list[View]:
    """The album's views as they are accepted."""
    seeds = seeds_for(album.session_id, CATALOGUE)
    return [View(session_id=album.session_id, angle=a, seed=seeds[a]) for a in album.angles]


def a_picture(content: bytes = b"\xff\xd8 bytes", *, provider: str = "fake", cost: float = 0.25) -> Picture:
    """Not decodable: stores do not look inside."""
    return Picture(
        content=content,
        media_type="image/jpeg",
        width=1536,
        height=1024,
        provider=provider,
        model="m-1",
        seconds=2.5,
        cost=cost,
        rung=Rung.UNBADGED,
        mesh="abc",
        paint=(1.5, -2.25, 3.125),
        warnings=("off_color",),
    )


def a_call(
    session: Session, *, owner: str = "7", chat: str = "7", provider: str = "fake", price: float
) -> Call:
    """A call for the front of its first album."""
    return Call(
        session_id=session.id,
        number=1,
        angle=FRONT,
        provider=provider,
        model="m",
        owner=owner,
        chat=chat,
        price=price,
    )
