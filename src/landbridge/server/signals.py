"""Being told to stop: one flag, which Ctrl-C and SIGTERM raise from a process's first moment on."""

from __future__ import annotations

import signal
import threading

from landbridge.server.jobs.flag import Flag


def stop_flag() -> Flag:
    """
    Give a flag that is raised when this process is told to stop.

    Call it before anything heavy is imported. Until then a signal ends the process, which is right on a machine, but
    the first process of a container does not even hear it.
    """
    stop = Flag()
    if threading.current_thread() is threading.main_thread():
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda number, frame: stop.set())
    return stop
