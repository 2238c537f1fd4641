"""What are the parts made of? Mitsuba materials by part name."""

from __future__ import annotations

from typing import Any

from bot.pipeline.model import Condition, Finish
from bot.pipeline.studio.colors import linear
from bot.pipeline.studio.light import FLOOR
from bot.pipeline.studio.plan import Plan

Material = dict[str, Any]

GROUND = "ground"
TINTED = frozenset({"screen", "side_glass", "rear_glass"})
CLEAR = frozenset({"lens", "tail_lens"})
PAINTED = frozenset({"paint"})
PARTS = (
    "paint", "roof", "black", "pillar", "screen_rim", "side_glass_rim", "rear_glass_rim", "screen", "side_glass",
    "rear_glass", "cladding", "intake", "grille", "plate_bed", "gap", "dark", "chrome", "rim", "disc", "rubber",
    "interior", "seat", "lamp", "tail", "lens", "led", "red_led", "house", "mirror", "plate", "tail_lens", GROUND,
)  # fmt: skip


def _rgb(*value: float) -> Material:
    return {"type": "rgb", "value": list(value)}


def _principled(color: tuple[float, float, float], **more: float) -> Material:
    return {"type": "twosided", "bsdf": {"type": "principled", "base_color": _rgb(*color), **more}}


def _plastic(color: tuple[float, float, float], ior: float = 1.5) -> Material:
    return {"type": "plastic", "diffuse_reflectance": _rgb(*color), "int_ior": ior}


def _glass(red: float, green: float, blue: float, ior: float = 1.2) -> Material:
    """Thin glass. Its low refractive index stands for the photographer's polarising filter."""
    return {"type": "thindielectric", "specular_transmittance": _rgb(red, green, blue), "int_ior": ior}


def paint(color: str, finish: Finish, condition: Condition) -> Material:
    """Car paint of that colour and finish; dust dulls it on dirty cars."""
    base = linear(color)
    if condition is Condition.DIRTY:
        base = (0.80 * base[0] + 0.030, 0.80 * base[1] + 0.026, 0.80 * base[2] + 0.019)
        finish = Finish.MATTE
    if finish is Finish.MATTE:
        return _lined(
            {"type": "roughplastic", "diffuse_reflectance": _rgb(*base), "alpha": 0.32, "int_ior": 1.45}
        )
    if finish is Finish.SOLID:
        return _lined(_plastic(base, 1.55))
    flakes = {
        "type": "principled",
        "base_color": _rgb(*base),
        "metallic": 0.9,
        "roughness": 0.33,
        "clearcoat": 0.5,
        "clearcoat_gloss": 0.97,
    }
    return _lined({"type": "blendbsdf", "weight": 0.62, "a": _plastic(base, 1.75), "b": flakes})


def _lined(outside: Material) -> Material:
    """Paint outside, dark trim on the inner side of the skin."""
    return {
        "type": "twosided",
        "a_outside": outside,
        "b_inside": {"type": "diffuse", "reflectance": _rgb(0.02, 0.02, 0.02)},
    }


def materials(plan: Plan) -> dict[str, Material]:
    """One material a part name."""
    gloss = {"type": "twosided", "bsdf": _plastic((0.006, 0.006, 0.007))}
    dull = _principled((0.022, 0.022, 0.024), roughness=0.6, specular=0.4)
    return {
        "paint": paint(plan.color, plan.finish, plan.condition),
        "roof": paint(plan.second_color or plan.color, plan.finish, plan.condition),
        "black": gloss,
        "pillar": _principled((0.008, 0.008, 0.009), roughness=0.3, specular=0.25),
        "screen_rim": gloss,
        "side_glass_rim": gloss,
        "rear_glass_rim": gloss,
        "screen": _glass(0.50, 0.53, 0.53, 1.14),
        "side_glass": _glass(0.30, 0.32, 0.33),
        "rear_glass": _glass(0.18, 0.19, 0.20),
        "cladding": dull,
        "intake": dull,
        "grille": _principled((0.012, 0.012, 0.013), roughness=0.35),
        "plate_bed": dull,
        "gap": _principled((0.004, 0.004, 0.004), roughness=0.9),
        "dark": _principled((0.012, 0.012, 0.012), roughness=0.8),
        "chrome": _principled((0.80, 0.80, 0.81), metallic=1.0, roughness=0.12),
        "rim": _principled((0.58, 0.59, 0.61), metallic=0.88, roughness=0.27, clearcoat=0.5),
        "disc": _principled((0.35, 0.35, 0.36), metallic=1.0, roughness=0.35),
        "rubber": _principled((0.013, 0.013, 0.014), roughness=0.6, specular=0.25),
        "interior": _principled((0.03, 0.03, 0.032), roughness=0.6),
        "seat": _principled((0.055, 0.053, 0.05), roughness=0.55),
        "lamp": _principled((0.16, 0.165, 0.17), metallic=0.85, roughness=0.28),
        "house": gloss,
        "mirror": {"type": "twosided", "bsdf": _plastic((0.03, 0.035, 0.045))},
        "lens": _glass(0.97, 0.98, 0.98, 1.4),
        "tail_lens": _glass(0.72, 0.025, 0.03, 1.4),
        "tail": _principled((0.20, 0.03, 0.03), metallic=0.4, roughness=0.3),
        "led": _principled((0.9, 0.9, 0.9), roughness=0.5),
        "red_led": _principled((0.9, 0.2, 0.2), roughness=0.5),
        "plate": _principled((0.80, 0.80, 0.79), roughness=0.4),
        GROUND: _principled((FLOOR, FLOOR, FLOOR), roughness=0.30, specular=0.28),
    }


_BRIGHT = {"rim": 0.6, "chrome": 0.8, "disc": 0.35, "led": 0.9, "plate": 0.8, "lens": 0.3, GROUND: FLOOR}


def albedo(plan: Plan, name: str) -> tuple[float, float, float]:
    """Roughly how that part reflects, for the denoiser and for flat drawings."""
    if name == "paint":
        return linear(plan.color)
    if name == "roof":
        return linear(plan.second_color or plan.color)
    if name in {"tail", "tail_lens", "red_led"}:
        return (0.45, 0.03, 0.03)
    value = _BRIGHT.get(name, 0.03)
    return (value, value, value)


EMISSION = {"led": (3.4, 3.6, 3.9), "red_led": (4.2, 0.25, 0.20)}
"""Radiance of the parts that shine."""
