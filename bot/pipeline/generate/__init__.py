"""Generate: all blank views of one album at once, with the fallbacks that design names."""

from bot.pipeline.generate.drawer import SetDrawer
from bot.pipeline.generate.till import Cashier

__all__ = ["Cashier", "SetDrawer"]
