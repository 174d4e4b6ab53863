"""`assetcert bench`, credit's part: from an application to its decision at a warm gateway, beside the sum of its parts; and twenty at once.

Real parts throughout: `assetcert up` in a process of its own, a firm with 200 certified documents, two lenders with the shipped products. A
request makes the consent with its two grants on the ledger, looks at everything at one pinned block, decides for both lenders and commits
both records; anchoring goes on behind the answer. Figures are of this machine at this hour: quote the ratio.
"""

from __future__ import annotations

import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx

from gateway import samples
from gateway.bench.home import SHOP, shop_home
from gateway.bench.load import serving
from gateway.bench.result import Result
from gateway.errors import UnavailableError
from gateway.home import Home, write_private
from gateway.identity import keys
from gateway.identity.principal import Principal
from gateway.identity.roles import UserRole
from gateway.installation import Installation
from gateway.service import applying, certifying, consortium, products, published_keys
from gateway.service.applying import Order
from gateway.service.lending import Lending
from ledger.membership import Role

__all__ = ["DOCUMENTS", "credit_results"]

DOCUMENTS = 200
_AT_ONCE = 20
_DAYS = 90
_WAIT = 60


def credit_results(times: int) -> Iterator[Result]:
    """p50 and p99 of so many applications one after another, then twenty at once."""
    with tempfile.TemporaryDirectory(prefix="assetcert-credit-") as name:
        home, token, parts = _prepared(Path(name), times)
        with serving(home) as url, httpx.Client(base_url=url, timeout=2 * _WAIT) as client:
            _apply(client, token)  # reads the documents and compares papers for the first time: cold
            alone = sorted(_apply(client, token) for _ in range(times))
            yield _figure(
                "application to decision (p50)", statistics.median(alone), "the sum of its parts", parts
            )
            slowest = alone[min(len(alone) - 1, round(0.99 * len(alone)))]
            yield _figure("application to decision (p99)", slowest, "the sum of its parts", parts)
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                started = time.perf_counter()
                list(pool.map(lambda _: _apply(client, token), range(_AT_ONCE)))
                took = time.perf_counter() - started
            one_by_one = _AT_ONCE * statistics.median(alone)
            yield _figure("20 applications at once, the last answer", took, "one after another", one_by_one)


def _figure(name: str, seconds: float, compared_to: str, other: float) -> Result:
    compared = f"{compared_to} ({1000 * other:,.0f} ms)"
    return Result(
        f"{name}, {DOCUMENTS} documents", round(1000 * seconds, 1), "ms", compared, round(seconds / other, 2)
    )


def _apply(client: httpx.Client, token: str) -> float:
    """Seconds until both lenders have decided."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": secrets.token_hex(16),
        "Prefer": f"wait={_WAIT}",
    }
    started = time.perf_counter()
    answer = client.post("/api/v1/applications", json={"amount": "200000", "days": 90}, headers=headers)
    seconds = time.perf_counter() - started
    if answer.status_code != 201 or len(answer.json()["decisions"]) != 2:
        raise UnavailableError(
            "BENCH",
            f"an application of the benchmark was not decided: {answer.status_code} {answer.text[:300]}",
        )
    return seconds


def _prepared(folder: Path, times: int) -> tuple[Home, str, float]:
    """A home with the firm and its lenders, a machine's key, and what the parts of an application take by themselves."""
    passphrase = secrets.token_urlsafe(16)
    with shop_home(folder, passphrase) as installation:
        home = installation.home
        write_private(home.root / "gateway.json", b'{"organisation_limit": "100000/second"}')
        write_private(home.passphrase_file, passphrase.encode() + b"\n")
        _admit_lenders(installation)
        products.publish_defaults(installation)
        shop = installation.book.find(SHOP.short)
        outcome = certifying.certify(installation, shop, list(_papers(folder / "papers")))
        if outcome.errors:
            raise UnavailableError(
                "BENCH", f"a document of the benchmark was not certified: {outcome.errors[0].message}"
            )
        role = frozenset({UserRole.SIGNATORY})
        creator = Principal("bench", "bench", shop, role, "person", "en")
        with installation.database.session() as session:
            _, secret = keys.create(session, creator, "bench", role, role, days=1, jwk=None)
        return home, secret, _parts(installation, times)


def _admit_lenders(installation: Installation) -> None:
    for lender, role, purposes in samples.MEMBERS:
        if role is Role.LENDER:
            installation.keys.create((lender.short, purpose) for purpose in purposes)
            consortium.admit(installation, lender, role)
            for purpose in purposes:
                published_keys.set_key(installation, lender, purpose)


def _papers(folder: Path) -> Iterator[Path]:
    """The papers of one job after another, over the last 90 days."""
    folder.mkdir()
    jobs = DOCUMENTS // len(samples.papers(samples.JOBS[0]))
    today = datetime.now(UTC).date()
    for at in range(jobs):
        ordered = today - timedelta(days=_DAYS - at * (_DAYS - 20) // jobs)
        job = samples.Job(
            "M1", "B1", f"BENCH-{at:04}", "P101", "输出轴", 100 + at, Decimal("46.00"), 240, "L01", ordered
        )
        for name, content in samples.papers(job).items():
            path = folder / f"{at:03}-{name}"
            path.write_bytes(content)
            yield path


def _parts(installation: Installation, times: int) -> float:
    """Consent with its grants, and decisions with their commit, in one process without HTTP: the sum of both medians."""
    lending, shop = Lending(installation), installation.book.find(SHOP.short)
    lending.prepare(shop)
    rows = []

    def submit() -> None:
        order = Order(Decimal(200_000), 90, key=secrets.token_hex(16))
        rows.append(applying.submit(installation, shop, order, "bench"))

    consent = _median(submit, range(times + 1))
    deciding = _median(lambda: lending.decided(rows.pop()), range(times))
    return consent + deciding


def _median(work: Callable[[], object], times: Sequence[int]) -> float:
    seconds = []
    for _ in times:
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)
