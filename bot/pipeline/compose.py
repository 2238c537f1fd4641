"""Compose: one spec and one angle become the prompts of one view.

Every rung of every view of a session holds the same scene text, word for word; only the hint, the
camera and where the badge sits change from view to view. Prompts are built from recognised values.
"""

from __future__ import annotations

from bot.pipeline.compose_camera import camera_sentence, camera_tags
from bot.pipeline.compose_car import Car, generic_car, named_car, scene, unbadged_car, value
from bot.pipeline.model import Angle, Badge, CarSpec, Framing, Prompt, Seed, SessionId

PROMPT_LIMIT = 2_000
"""Characters of a prompt in sentences."""
TAGS_LIMIT = 600
"""Characters of a prompt in tags."""
_BADGE_LIMIT = 140

_BADGE_PLACE = {
    "front": "on the nose",
    "rear": "on the tail",
    "front-three-quarter": "on the nose",
    "front-three-quarter-right": "on the nose",
    "rear-three-quarter": "on the tail",
    "rear-three-quarter-right": "on the tail",
    "top": "on the nose",
    "dashboard": "in the middle of the steering wheel",
    "details": "in the middle of the picture",
    "low": "on the nose",
}

_NO_BADGE = "No badge, emblem or lettering anywhere on the car: smooth blank panels in their place."
_LOOK = (
    "Photorealistic, true proportions, sharp, natural reflections; no people, no other car, no captions,"
    " no watermark."
)
_FLAWS = (
    "different car, second car, people, captions, watermark, wrong badge, another maker's badge, wrong colour,"
    " distorted body, extra wheels, blurry, cartoon, sketch"
)


def _hint(session_id: SessionId, seed: Seed) -> str:
    return f"Same vehicle, session {session_id}, seed {seed}"


def _badge_words(badge: Badge | None) -> str:
    """What the emblem looks like, fit for brackets; empty where nothing is known."""
    if badge is None:
        return ""
    words = " ".join(badge.description.replace("(", ", ").replace(")", "").split())
    return words[:_BADGE_LIMIT].rstrip(" .,;:")


def _badge_sentence(spec: CarSpec, angle: Angle, badge: Badge | None) -> str:
    brand = value(spec.brand)
    if not brand:
        return _NO_BADGE
    looks = _badge_words(badge)
    named = f"the {brand} badge" + (f" ({looks})" if looks else "")
    if angle.badge_visible:
        place = _BADGE_PLACE.get(angle.name, "where this maker puts it")
        return f"Badge {place}: {named}, small and sharp, not any other maker's badge."
    where = "on the steering wheel" if angle.framing is Framing.INSIDE else "on a wheel cap"
    return f"Any emblem that shows from here, such as {where}, is {named}, not any other maker's badge."


def _badge_tags(spec: CarSpec, badge: Badge | None) -> str:
    brand = value(spec.brand)
    if not brand:
        return "no badge"
    looks = _badge_words(badge)
    return f"{brand} badge" + (f" ({looks})" if looks else "") + ", not any other maker's badge"


def _sentences(hint: str, car: Car, camera: str, badge: str, shape: str) -> str:
    text = " ".join(part for part in (f"{hint}.", scene(car), camera, badge, _LOOK, shape) if part)
    return text[:PROMPT_LIMIT]


def _tags(hint: str, car: Car, camera: str, badge: str) -> str:
    text = ", ".join(
        part for part in (hint, car.tags, badge, camera, car.setting_tags, "photorealistic") if part
    )
    return text if len(text) <= TAGS_LIMIT else text[:TAGS_LIMIT].rpartition(",")[0]


def compose(
    *,
    spec: CarSpec,
    angle: Angle,
    session_id: SessionId,
    seed: Seed,
    badge: Badge | None,
    width: int,
    height: int,
) -> Prompt:
    """The prompts of one view. `width` and `height` in pixels of the picture that will be asked for.

    Sentences are at most 2,000 characters, tags at most 600. `badge` may be missing: the maker's
    badge is then named, but not described.
    """
    hint = _hint(session_id, seed)
    camera, short_camera = camera_sentence(angle), camera_tags(angle)
    shape = f"Picture format {width}×{height} pixels."
    full, unbadged, generic = named_car(spec), unbadged_car(spec), generic_car(spec)
    flaws = _FLAWS + (", cropped car" if angle.framing is Framing.CAR else "")
    return Prompt(
        full=_sentences(hint, full, camera, _badge_sentence(spec, angle, badge), shape),
        unbadged=_sentences(hint, unbadged, camera, _NO_BADGE, shape),
        generic=_sentences(hint, generic, camera, _NO_BADGE, shape),
        full_tags=_tags(hint, full, short_camera, _badge_tags(spec, badge)),
        unbadged_tags=_tags(hint, unbadged, short_camera, "no badge, blank panels"),
        generic_tags=_tags(hint, generic, short_camera, "no badge, blank panels"),
        negative=flaws,
    )


def reference_roles(references: int, hero: bool, guide: bool) -> str:
    """What each attached image is for, in the order references, hero, guide; empty without images.

    `references` counts photos of the real model; `hero` is an earlier picture of this very car;
    `guide` shows the pose of this view and always comes last.
    """
    parts: list[str] = []
    if references:
        images = "Image 1 shows" if references == 1 else f"Images 1–{references} show"
        parts.append(
            f"{images} the car's identity: its shape, lamps, wheels and details; take neither pose, paint nor"
            " surroundings from there."
        )
    if hero:
        parts.append(
            f"Image {references + 1} is an earlier picture of this very car: match it exactly, paint too."
        )
    if guide:
        image = "The last image shows" if parts else "The image shows"
        parts.append(f"{image} the camera pose only: take its viewpoint and framing, nothing else.")
    return " ".join(parts)
