"""Generate: all blank views of one album at once, with the fallbacks that design names."""

from bot.pipeline.generate.drawer import SetDrawer

__all__ = ["SetDrawer"]
