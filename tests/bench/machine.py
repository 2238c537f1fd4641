"""On which machine was this measured?"""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import psutil


def machine() -> dict[str, str]:
    """What a reader of the figures must know; no name of the machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = psutil.virtual_memory().total / 2**30
    return {
        "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": f"{cores} cores of {_processor()}, {memory:.0f} GiB",
        "load before": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown",
        "software": f"Python {platform.python_version()}, {platform.system()}",
    }


def _processor() -> str:
    """As Linux tells it; the architecture elsewhere."""
    told = Path("/proc/cpuinfo")
    if told.is_file():
        for line in told.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
