"""What do all calls of one set share? Prompts, references and the hero, made once before the first call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.compose import compose
from bot.pipeline.generate.order import Sheet
from bot.pipeline.generate.poses import Poses
from bot.pipeline.generate.teller import Teller
from bot.pipeline.model import (
    OWN_PHOTO,
    Album,
    AngleName,
    Prompt,
    Reference,
    Research,
    Session,
    View,
    ViewState,
)
from bot.pipeline.ports import Capabilities, Researcher, SessionStore, Step

_log = structlog.get_logger(__name__)
_HERO = AngleName("front-three-quarter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheets:
    """Researches and composes what is not stored yet.

    `takes` gives the size that prompts name. Without `photos` no provider could use any, so that none
    are looked for.
    """

    store: SessionStore
    researcher: Researcher
    teller: Teller
    takes: Capabilities
    photos: bool

    async def make(
        self, session: Session, album: Album, blank: Sequence[View], views: Sequence[View], poses: Poses
    ) -> Sheet:
        """The sheet of one album; `blank` are its views without a picture, `views` all of the session."""
        _log.info(
            "[AsyncGen] Starting parallel prompt generation",
            session=session.id,
            album=album.id,
            views=len(blank),
        )
        wanted = tuple(view.angle for view in blank) if self.photos else ()
        research = await self.researcher.research(session.spec, wanted)
        self.teller.tell(Step.RESEARCHED, album)
        prompts = {view.angle: view.prompt or self._prompt(session, view, research) for view in blank}
        fresh = {view.angle: prompts[view.angle] for view in blank if view.prompt is None}
        if fresh:
            await self.store.save_prompts(session.id, fresh)
        event = f"[AsyncGen] Generated {len(prompts)} prompts in parallel"
        _log.info(event, session=session.id, album=album.id)
        self.teller.tell(Step.COMPOSED, album)
        hero = await self._hero(album, views)
        references = (*await self._own(session), *research.references)
        return Sheet(session=session, prompts=prompts, references=references, hero=hero, poses=poses)

    async def _own(self, session: Session) -> tuple[Reference, ...]:
        """The person's own photo goes before all others."""
        photo = await self.store.photo(session) if self.photos else None
        if photo is None:
            return ()
        return (Reference(angle=None, content=photo, media_type="image/jpeg", source_url=OWN_PHOTO),)

    def _prompt(self, session: Session, view: View, research: Research) -> Prompt:
        return compose(
            spec=session.spec,
            angle=CATALOGUE[view.angle],
            session_id=session.id,
            seed=view.seed,
            badge=research.badge,
            width=self.takes.width,
            height=self.takes.height,
        )

    async def _hero(self, album: Album, views: Sequence[View]) -> bytes | None:
        """A picture of this very car from an earlier album."""
        earlier = [view for view in views if view.angle not in album.angles and view.state is ViewState.DRAWN]
        earlier.sort(key=lambda view: view.angle != _HERO)
        for view in earlier[:1]:
            picture = await self.store.picture(view.session_id, view.angle, view.provider or "")
            return picture.content if picture else None
        return None
