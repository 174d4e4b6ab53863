"""`assetcert bench`, the gateway's part: requests accepted and reports verified a second under load, beside routes that return a constant.

A real `assetcert up` in a process of its own, wrk as the client, files of 5 to 400 kB as machines and accountants have them, each request's its
own bytes. The limit is the same server with the same way to a route that reads the body and answers a constant. Needs wrk; figures are of
this machine at this hour: quote the ratio.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from gateway.bench.home import SHOP, invoice, machine_log, shop_home
from gateway.bench.result import Result
from gateway.db import jobs as jobs_table
from gateway.db.session import Database
from gateway.errors import UnavailableError
from gateway.home import Home, write_private
from gateway.identity import keys
from gateway.identity.principal import Principal
from gateway.identity.roles import UserRole
from gateway.installation import Installation, Organisation
from gateway.service import certifying

__all__ = ["load_results"]

SIZES = (5, 8, 12, 20, 30, 50, 90, 150, 250, 400)
"""Kilobytes; their mean is a hundred."""
_FILES = 40
_RECEIPTS = 3000
"""More than are asked for in a run, so that each report is reckoned whole: the proof of a receipt that comes again is remembered."""
_AGAIN = 100
_CLIENTS = 16
_PATIENCE = 60.0

_CERTIFY = """
local files = {}
for at = 0, FILES - 1 do
  local file = io.open(FOLDER .. "/" .. at, "rb")
  files[at] = file:read("*a")
  file:close()
end
local number = 0
local head = "--x\\r\\ncontent-disposition: form-data; name=\\"files\\"; filename=\\"log.xml\\"\\r\\n\\r\\n"
local headers = { ["content-type"] = "multipart/form-data; boundary=x", ["authorization"] = "Bearer " .. TOKEN }
local seed = math.floor(os.time())
request = function()
  number = number + 1
  local body = head .. files[number % FILES] .. "<!--" .. seed .. "-" .. tostring({}) .. "-" .. number .. "-->\\r\\n--x--\\r\\n"
  return wrk.format("POST", "/api/v1/assets", headers, body)
end
"""
_VERIFY = """
local files = {}
for at = 0, FILES - 1 do
  local file = io.open(FOLDER .. "/" .. at .. ".json", "rb")
  files[at] = file:read("*a")
  file:close()
end
local number = 0
local headers = { ["content-type"] = "application/json", ["authorization"] = "Bearer " .. TOKEN }
request = function()
  number = number + 1
  return wrk.format("POST", "/api/v1/verifications", headers, files[number % FILES])
end
"""
_CONSTANT = """
import socket, sys, uvicorn
from fastapi import FastAPI, Request
app = FastAPI()
@app.post("/api/v1/assets", status_code=202)
async def assets(request: Request):
    async for _ in request.stream():
        pass
    return {"id": "job_1"}
@app.post("/api/v1/verifications")
async def verifications(request: Request):
    async for _ in request.stream():
        pass
    return {"verdict": "VALID"}
uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
"""


@dataclass(frozen=True)
class Load:
    """What wrk saw: answers a second, milliseconds of the 99th percentile, answers that were no success."""

    rate: float
    p99: float
    failed: int


def load(script: str, url: str, seconds: float, clients: int, **names: object) -> subprocess.Popen[str]:
    """Start wrk with a script whose names are set before."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise UnavailableError(
            "WRK", "wrk is not installed: `apt-get install wrk`, or leave out the gateway's part"
        )
    said = "".join(f"{name} = {json.dumps(value)}\n" for name, value in names.items())
    with tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False) as file:
        file.write(said + script)
    command = [
        wrk,
        "-t1",
        f"-c{clients}",
        f"-d{max(1, round(seconds))}s",  # wrk takes whole seconds
        "--timeout=10s",
        "--latency",
        "-s",
        file.name,
        url,
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def told(wrk: subprocess.Popen[str]) -> Load:
    """Wait for wrk, and read what it says."""
    out, _ = wrk.communicate()
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", out)
    p99 = re.search(r"99%\s+([0-9.]+)(us|ms|s)", out)
    failed = re.search(r"Non-2xx or 3xx responses: ([0-9]+)", out)
    if rate is None or p99 is None:
        raise UnavailableError("WRK", f"wrk said nothing of use: {out[-300:]}")
    unit = {"us": 0.001, "ms": 1.0, "s": 1000.0}[p99[2]]
    return Load(float(rate[1]), float(p99[1]) * unit, int(failed[1]) if failed else 0)


@contextmanager
def serving(home: Home) -> Iterator[str]:
    """`assetcert up` of a home in a process of its own; its address."""
    command = [
        sys.executable,
        "-m",
        "gateway.cli.main",
        "--home",
        str(home.root),
        "up",
        "--port",
        "0",
        "--json",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise UnavailableError("UP", "the gateway to measure did not start")
        yield str(json.loads(line)["gateway"])
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def _constant() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", _CONSTANT, str(port)])
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                httpx.post(f"{url}/api/v1/verifications")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _key(installation: Installation, shop: Organisation) -> str:
    role = UserRole.ACCOUNTANT
    creator = Principal("bench", "bench", shop, frozenset({role}), "person", "en")
    with installation.database.session() as session:
        _, secret = keys.create(session, creator, "bench", {role}, {role}, days=1, jwk=None)
    return secret


def load_results(seconds: float) -> Iterator[Result]:
    """Accepted a second alone; then accepted and verified beside each other; each beside the constant."""
    with tempfile.TemporaryDirectory(prefix="assetcert-load-") as name:
        home, token = _prepared(Path(name))
        names = {"FOLDER": name, "FILES": _FILES, "TOKEN": token}
        receipts = names | {"FILES": _RECEIPTS}
        with _constant() as url:
            accepting = told(load(_CERTIFY, url, seconds / 2, _CLIENTS, **names))
            verifying = told(load(_VERIFY, url, seconds / 2, _CLIENTS, **receipts))
        with serving(home) as url:
            alone = told(load(_CERTIFY, url, seconds, _CLIENTS, **names))
            yield _rate("certify requests accepted", alone, accepting)
            told(load(_VERIFY, url, 1, 1, **names | {"FILES": 1}))  # its process has started
            both = (
                load(_CERTIFY, url, seconds, _CLIENTS, **names),
                load(_VERIFY, url, seconds, _CLIENTS, **receipts),
            )
            accepted, verified = map(told, both)
            yield _rate("certify requests accepted while verifying", accepted, accepting)
            yield _rate("verify reports while certifying", verified, verifying)
            yield _p99(verified, verifying)
            yield _drained(home, accepted)
            again = names | {"FILES": _AGAIN}
            told(load(_VERIFY, url, 1, _CLIENTS, **again))
            both = (
                load(_CERTIFY, url, seconds / 2, _CLIENTS, **names),
                load(_VERIFY, url, seconds / 2, _CLIENTS, **again),
            )
            accepted, verified = map(told, both)
            yield _rate("verify reports of receipts seen before, while certifying", verified, verifying)


def _prepared(folder: Path) -> tuple[Home, str]:
    """A home with receipts to verify, files to send, and a machine's key."""
    for at in range(_FILES):
        (folder / f"{at}").write_bytes(machine_log(3 * 10**6 + at, SIZES[at % len(SIZES)] * 1000))
    papers = [folder / f"{at}.xml" for at in range(_RECEIPTS)]
    for at, path in enumerate(papers):
        path.write_bytes(invoice(at))
    passphrase = secrets.token_urlsafe(16)
    with shop_home(folder, passphrase) as installation:
        home, shop = installation.home, installation.book.find(SHOP.short)
        write_private(home.root / "gateway.json", b'{"organisation_limit": "100000/second"}')
        write_private(home.passphrase_file, passphrase.encode() + b"\n")
        for at, made in enumerate(certifying.certify(installation, shop, papers).assets):
            receipt = json.loads(made.receipt.read_bytes())
            (folder / f"{at}.json").write_text(json.dumps({"receipts": [receipt]}))
        return home, _key(installation, shop)


def _p99(seen: Load, limit: Load) -> Result:
    return Result(
        "p99 of a verify report while certifying",
        round(seen.p99, 1),
        "ms",
        f"a constant ({limit.p99:,.1f} ms)",
        round(seen.p99 / limit.p99, 2),
    )


def _rate(name: str, seen: Load, limit: Load) -> Result:
    if seen.failed:
        name += f" ({seen.failed} refused)"
    return Result(
        name,
        round(seen.rate, 1),
        "req/s",
        f"a constant ({limit.rate:,.1f} req/s)",
        round(seen.rate / limit.rate, 3),
    )


def _drained(home: Home, accepted: Load) -> Result:
    """How fast what was accepted is certified once nothing more comes."""
    before, started = _unfinished(home), time.perf_counter()
    while (left := _unfinished(home)) and time.perf_counter() - started < _PATIENCE:
        time.sleep(0.5)
    rate = (before - left) / (time.perf_counter() - started)
    return Result(
        "accepted requests certified, nothing else going on",
        round(rate, 1),
        "docs/s",
        f"accepting them ({accepted.rate:,.1f} req/s)",
        round(rate / accepted.rate, 3),
    )


def _unfinished(home: Home) -> int:
    database = Database.open(home)
    try:
        with database.session() as session:
            return jobs_table.backlog(session, "certify")[0]
    finally:
        database.close()
