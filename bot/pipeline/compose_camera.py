"""How a camera is told to a picture model: as numbers and as words."""

from __future__ import annotations

from bot.pipeline.model import Angle, Framing

_FRAMING = {
    Framing.CAR: "the whole car fills the frame, nothing cut off",
    Framing.DETAIL: "a close-up of only this part of the same car",
    Framing.INSIDE: "only this part of the same car is shown",
}

_LOW, _RAISED, _HIGH = 6, 20, 75
"""Degrees above the ground where the words for the camera's height change."""


def _height(elevation: float) -> str:
    if elevation <= _LOW:
        return "camera at headlight height"
    if elevation <= _RAISED:
        return "camera slightly above the bonnet"
    return "camera high above" if elevation <= _HIGH else "camera straight above, looking down"


def _nose(angle: Angle) -> str:
    """Where the nose points in the picture; meaningless from within the car."""
    return (
        "" if angle.framing is Framing.INSIDE else f"nose points to {angle.nose}".replace("to away", "away")
    )


def camera_sentence(angle: Angle) -> str:
    """For instruction models: words, numbers, where the nose points, framing."""
    elevation = f"elevation {angle.elevation:g}°"
    if angle.framing is Framing.INSIDE:
        words = [angle.words, f"azimuth {angle.azimuth:g}°", elevation]
    else:
        azimuth = f"azimuth {angle.azimuth:g}° (0° faces the nose, 90° the car's left side)"
        words = [angle.words, azimuth, elevation, _height(angle.elevation), f"the car's {_nose(angle)}"]
    return f"Camera: {'; '.join([*words, _FRAMING[angle.framing]])}."


def camera_tags(angle: Angle) -> str:
    """The same for diffusion models."""
    parts = [angle.words, f"azimuth {angle.azimuth:g}°", f"elevation {angle.elevation:g}°", _nose(angle)]
    return ", ".join(part for part in parts if part)
