"""Does a render process end with the bot that it draws for?"""

from __future__ import annotations

import subprocess
import sys
import time

import psutil

_KILLED = """
import os, signal
from concurrent.futures import ProcessPoolExecutor
from bot.pipeline.studio.apart import Apart
from bot.pipeline.studio.worker import end_with_parent
pool = ProcessPoolExecutor(1, mp_context=Apart(), initializer=end_with_parent)
print(pool.submit(os.getpid).result(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def alive(process: int) -> bool:
    try:
        return bool(psutil.Process(process).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_killed_bot_leaves_no_render_process_behind() -> None:
    # not waited for by its end: the render process would hold its output open
    with subprocess.Popen([sys.executable, "-c", _KILLED], stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        worker = int(killed.stdout.readline())
    until = time.monotonic() + 10
    while alive(worker):
        assert time.monotonic() < until, f"{worker} stays"
        time.sleep(0.02)
