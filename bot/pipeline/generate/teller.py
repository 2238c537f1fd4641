"""Who is told of an album's steps? Whoever listens, in one shape."""

from __future__ import annotations

from dataclasses import dataclass

from bot.pipeline.errors import FailureKind
from bot.pipeline.model import Album, AngleName, Picture
from bot.pipeline.ports import Event, Progress, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Fills in what every event of an album repeats."""

    progress: Progress

    def tell(
        self,
        step: Step,
        album: Album,
        *,
        angle: AngleName | None = None,
        picture: Picture | None = None,
        failure: FailureKind | None = None,
        done: int = 0,
    ) -> None:
        """`done` counts the views of the album that have a picture."""
        self.progress.happened(
            Event(
                step=step,
                album=album,
                angle=angle,
                picture=picture,
                provider=album.provider,
                strength=album.strength,
                failure=failure,
                done=done,
                total=len(album.angles),
            )
        )
