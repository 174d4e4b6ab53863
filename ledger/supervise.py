"""The embedded node's parent: runs a command for as long as somebody holds a lease, and no longer.

Not imported by the package: `node.start` runs this file with the standard library alone. It detaches, starts
the command, and waits for the exclusive lock on the leases' file, which the kernel grants when the last
holder of a shared lock is gone, killed or not. The command dies with it (Linux: parent-death signal). Usage:
supervise.py LEASES LOG COMMAND…; prints its pid.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path


def _die_with_parent() -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _detach(log: str) -> None:
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for target, source in ((0, null), (1, out), (2, out)):
        os.dup2(source, target)


def _run(leases: str, command: list[str]) -> int:
    with Path(leases).open("rb") as file:
        child = subprocess.Popen(command, preexec_fn=_die_with_parent)  # noqa: PLW1509 - one thread so far
        signal.signal(signal.SIGTERM, lambda *_: child.kill())

        def end() -> None:
            fcntl.flock(file, fcntl.LOCK_EX)
            child.kill()

        threading.Thread(target=end, daemon=True).start()
        return child.wait()


def _main() -> int:
    leases, log, *command = sys.argv[1:]
    if pid := os.fork():
        sys.stdout.write(f"{pid}\n")
        return 0
    _detach(log)
    return _run(leases, command)


if __name__ == "__main__":
    sys.stdout.flush()
    code = _main()
    sys.stdout.flush()
    os._exit(code & 0xFF)
