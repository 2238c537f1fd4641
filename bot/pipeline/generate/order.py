"""What is asked of a provider for one view: prompt, references, hero, guide, size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.pipeline.angles import CATALOGUE
from bot.pipeline.compose import reference_roles
from bot.pipeline.generate.poses import Poses
from bot.pipeline.model import (
    OWN_PHOTO,
    AngleName,
    Credit,
    PictureRequest,
    Prompt,
    Reference,
    Rung,
    Session,
    Strength,
    View,
)
from bot.pipeline.ports import Capabilities, Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All that the calls of one set share: frozen before the first of them goes out."""

    session: Session
    prompts: Mapping[AngleName, Prompt]
    references: tuple[Reference, ...]
    hero: bytes | None
    poses: Poses


def kept_references(references: Sequence[Reference], takes: Capabilities, hero: bytes | None) -> int:
    """How many photos fit beside the hero and the guide; the person's own goes before the guide."""
    room = takes.takes_references - (hero is not None)
    own = sum(one.source_url == OWN_PHOTO for one in references)
    return max(0, min(len(references), max(room - takes.takes_guide, min(own, room))))


def strength_of(sheet: Sheet, takes: Capabilities) -> Strength:
    """How firmly the set is held together: who could look at references holds it by words where there are none."""
    shown = sheet.hero is not None or kept_references(sheet.references, takes, sheet.hero) > 0
    if takes.strength is not Strength.REFERENCES or shown:
        return takes.strength
    return Strength.SEEDS if takes.takes_seed else Strength.NONE


def credited(sheet: Sheet, provider: Provider) -> tuple[Credit, ...]:
    """Whose photos this provider will be handed."""
    takes = provider.capabilities
    if not takes.takes_references:
        return ()
    used = sheet.references[: kept_references(sheet.references, takes, sheet.hero)]
    return tuple(
        Credit(url=one.source_url, author=one.author, licence=one.licence) for one in used if one.source_url
    )


async def request_for(view: View, sheet: Sheet, provider: Provider, rung: Rung) -> PictureRequest:
    """The request of one view. Every view of a set gets the same references in the same order."""
    takes = provider.capabilities
    angle = CATALOGUE[view.angle]
    hero = sheet.hero if takes.takes_references else None
    references = sheet.references[: kept_references(sheet.references, takes, hero)]
    guide = None
    # where there is place for one picture alone, the very car matters more than its pose
    if takes.takes_guide and takes.takes_references > len(references) + (hero is not None):
        guide = await sheet.poses.pose(angle.name)
    prompt = sheet.prompts[view.angle]
    words = prompt.text(rung, instructions=takes.instructions)
    if takes.instructions:
        roles = reference_roles(len(references), hero is not None, guide is not None)
        words = f"{words} {roles}".strip()
    return PictureRequest(
        session_id=sheet.session.id,
        spec=sheet.session.spec,
        angle=angle,
        seed=view.seed,
        prompt=words,
        negative=prompt.negative,
        references=references,
        hero=hero,
        guide=guide,
        width=takes.width,
        height=takes.height,
    )
