"""Runs the command many times without paying for its imports each time: a clean process that forks a child for every call.

Each child is the real command with its own arguments, environment, working directory and output files, and its exit code is the
process's. The server itself opens no home. One JSON request a line on standard input (a call, answered with its pid, or whom to wait for,
answered with its exit code), one number a line on standard output.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from certifier import audit  # noqa: F401
from gateway import bench  # noqa: F401 (brings nearly everything that any verb imports)
from gateway.cli import checking, consortium, documents, main, operations, pledging, sharing  # noqa: F401
from gateway.service import archive, granting, health, indexing, key_requests, own, serving  # noqa: F401
from gateway.signing import browser, signatory  # noqa: F401

_limit = sys.getrecursionlimit()
from eth_keyfile.keyfile import create_keyfile_json  # noqa: E402 (two thirds of a second of every verb that signs)

create_keyfile_json(b"\x01" * 32, b"", kdf="scrypt", iterations=2)  # brings what it imports when it is called
sys.setrecursionlimit(_limit)  # which its py_ecc raised, as `gateway.keys` undoes it


def call(request: dict[str, Any]) -> None:
    """The child: never returns."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    folder = request["folder"]
    for target, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, f"{folder}/out", os.O_WRONLY),
        (2, f"{folder}/err", os.O_WRONLY),
    ):
        os.dup2(os.open(path, flags | os.O_CREAT, 0o600), target)
    sys.argv[1:] = request["args"]
    code = 70
    try:
        main.main()
    except SystemExit as done:
        code = int(done.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def answer(request: dict[str, Any]) -> int:
    """The pid of a new call, or the exit code of one that is over; 1000 while it runs."""
    if "wait" in request:
        pid, status = os.waitpid(request["wait"], os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else 1000
    if (pid := os.fork()) == 0:
        call(request)
    return pid


if __name__ == "__main__":
    for line in sys.stdin:
        print(answer(json.loads(line)), flush=True)  # noqa: T201
