"""Certify documents: read, commit, encrypt, anchor, write receipts; and finish what a killed run left behind.

The order is what makes it atomic for who asked: job to the database, blocks to the store, one transaction to the ledger,
receipts to disk (DESIGN, Command line). A job keeps its secret and fields, so a run that was killed anywhere is completed by the
next one with the very same ids; an id is never in two batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from certifier import content, fingerprint, receipt
from certifier.certify import (
    Draft,
    Earlier,
    Prepared,
    certification_rank,
    infer_links,
    own_numbers,
    own_numbers_of,
    prepare,
)
from certifier.commitment import BatchTree, Commitment, Secret
from certifier.documents import Document, Notice, Reader, Reading
from certifier.fingerprint import Fingerprint, Prf
from certifier.schema import PLEDGEABLE
from certifier.signer import Statement
from gateway.db import repository
from gateway.db.models import Asset
from gateway.errors import UnreadableError
from gateway.installation import Installation, Organisation
from gateway.service.files import expand, statements_beside, write_whole
from gateway.service.times import instant
from ledger.connection import Ledger
from ledger.events import Registered
from ledger.replay import events
from ledger.types import hex32, parse_hex32

__all__ = ["CertifiedFile", "FailedFile", "Outcome", "certify", "rebuild"]

BATCH_IDS = 1000
BATCH_BYTES = 128 * 2**20


@dataclass(frozen=True)
class CertifiedFile:
    """One file whose asset stands on the ledger, and where its receipt is."""

    path: Path
    asset_id: str
    cid: str
    receipt: Path
    root: str
    existing: bool
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Anchored:
    """A batch that is final on the ledger."""

    root: bytes
    block: int
    transaction: bytes


@dataclass(frozen=True)
class FailedFile:
    """One file that was not certified, and why."""

    path: Path
    code: str
    message: str


@dataclass
class Outcome:
    """What a run did; files keep the order in which they were given, batches that of the ledger."""

    batches: list[Anchored] = field(default_factory=list)
    assets: list[CertifiedFile] = field(default_factory=list)
    errors: list[FailedFile] = field(default_factory=list)
    dossier: Path | None = None


@dataclass(frozen=True)
class _Item:
    """A file that was read, with what is known of it already."""

    path: Path
    document: Document
    sha256: bytes
    size: int
    signers: tuple[Statement, ...]


def certify(
    installation: Installation,
    organisation: Organisation,
    paths: Sequence[Path],
    *,
    out: Path | None = None,
    dossier: str | None = None,
    links: Sequence[tuple[str, bytes]] = (),
    advance: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Certify files and folders for `organisation`; receipts go to `out`, else the home's folder of receipts."""
    run = _Run(installation, organisation, out or installation.home.receipts, dossier, tuple(links))
    installation.keys.unlock([(organisation.short, "account"), (organisation.short, "encryption")])
    run.recover()
    outcome, files = Outcome(), expand(paths)
    for group in _groups(_read(files, outcome, advance), whole=dossier is not None):
        run.group(group, outcome)
    position = {path: number for number, path in enumerate(files)}
    outcome.assets.sort(key=lambda asset: position[asset.path])
    if dossier is not None:
        outcome.dossier = run.write_dossier(dossier)
    return outcome


def _read(files: Sequence[Path], outcome: Outcome, advance: Callable[[int], None]) -> Iterator[_Item]:
    with Reader() as reader:
        for reading in reader.read(files):
            advance(1)
            try:
                yield _item(reading)
            except UnreadableError as error:
                outcome.errors.append(FailedFile(reading.path, error.code, str(error)))


def _item(reading: Reading) -> _Item:
    if (
        reading.error is not None
        or reading.document is None
        or reading.sha256 is None
        or reading.size is None
    ):
        assert reading.error is not None
        raise UnreadableError(reading.error.code, str(reading.error))
    return _Item(
        reading.path,
        reading.document,
        reading.sha256,
        reading.size,
        statements_beside(reading.path, reading.sha256),
    )


def _groups(items: Iterable[_Item], *, whole: bool) -> Iterator[list[_Item]]:
    """Batches of at most BATCH_IDS files and BATCH_BYTES; a dossier's files sorted so that links point backwards."""
    if whole:
        items = sorted(items, key=lambda item: certification_rank(item.document.kind))
    group: list[_Item] = []
    size = 0
    for item in items:
        if group and (len(group) == BATCH_IDS or size + item.size > BATCH_BYTES):
            yield group
            group, size = [], 0
        group.append(item)
        size += item.size
    if group:
        yield group


class _Run:
    """One call of certify for one organisation."""

    def __init__(
        self,
        installation: Installation,
        organisation: Organisation,
        out: Path,
        dossier: str | None,
        links: tuple[tuple[str, bytes], ...],
    ) -> None:
        self._home = installation
        self._org = organisation
        self._out = out
        self._dossier = dossier
        self._links = links

    def recover(self) -> None:
        """Settle the batches that a killed run has left: what the ledger has is anchored, what it has not is batched anew."""
        with self._home.certifying(), self._home.database.session() as session:
            for batch in repository.open_batches(session, self._org.hex):
                found = find_batch(self._home.ledger, self._org.id, parse_hex32(batch.root))
                if found is None:
                    repository.dissolve(session, batch)
                else:
                    repository.anchor(session, batch, found.at.block, hex32(found.at.transaction))

    def group(self, items: Sequence[_Item], outcome: Outcome) -> None:
        """Certify one batch of files. The home's certifying lock is held: two runs never make two assets of one file."""
        with self._home.certifying():
            known = self._known(items)
            fresh: dict[bytes, _Item] = {}
            for item in items:
                if item.sha256 not in known or known[item.sha256].root is None:
                    fresh.setdefault(item.sha256, item)
            made = self._anchor(list(fresh.values()), known, outcome) if fresh else {}
            self._collect(items, known, made, outcome)

    def _known(self, items: Sequence[_Item]) -> dict[bytes, Asset]:
        with self._home.database.session() as session:
            return repository.live_assets(session, self._org.hex, [item.sha256 for item in items])

    def _anchor(
        self, items: Sequence[_Item], known: dict[bytes, Asset], outcome: Outcome
    ) -> dict[bytes, Prepared]:
        prepared = self._prepare(items, known)
        tree = BatchTree(one.commitment.asset_id for one in prepared)
        with self._home.database.session() as session:
            repository.save_batch(
                session,
                self._org.hex,
                tree,
                [self._row(one) for one in prepared if one.draft.sha256 not in known],
            )
            if self._dossier is not None:
                repository.add_to_dossier(
                    session,
                    self._org.hex,
                    self._dossier,
                    [hex32(one.commitment.asset_id) for one in prepared],
                )
        self._home.store.put(
            (block for one in prepared for block in one.encrypted.blocks),
            [one.encrypted.cid for one in prepared],
        )
        sent = self._home.writer.send(
            self._home.account(self._org), self._home.ledger.assets.register(tree.ids)
        )
        done = Anchored(tree.root, sent.block.number, sent.transaction)
        with self._home.database.session() as session:
            repository.anchor(
                session,
                repository.batch(session, self._org.hex, hex32(tree.root)),
                done.block,
                hex32(done.transaction),
            )
        outcome.batches.append(done)
        hint = receipt.Hint(done.block, done.transaction)
        for one in prepared:
            prf = {path: found.prf for path, found in one.fingerprints.items()}
            self._write(
                receipt.build(self._home.ledger.descriptor, self._org.id, one.commitment, tree, prf, hint)
            )
        return {one.draft.sha256: one for one in prepared}

    def _prepare(self, items: Sequence[_Item], known: dict[bytes, Asset]) -> list[Prepared]:
        issued_at = instant(self._home.now())
        fresh = [item for item in items if item.sha256 not in known]
        prints = dict(zip((item.sha256 for item in fresh), self._fingerprints(fresh), strict=True))
        earlier = self._earlier()
        prepared = []
        for item in items:
            plain = _unchanged(item)
            if (row := known.get(item.sha256)) is not None:
                one = self._resume(item, plain, row)
            else:
                links = (
                    (*infer_links(item.document, earlier), *self._links)
                    if self._dossier is not None
                    else self._links
                )
                draft = Draft(
                    self._org.id, issued_at, item.document, item.sha256, item.size, item.signers, tuple(links)
                )
                one = prepare(draft, plain, Secret.generate(), prints[item.sha256])
            earlier.append(Earlier(one.commitment.asset_id, item.document.kind, own_numbers(item.document)))
            prepared.append(one)
        return prepared

    def _fingerprints(self, items: Sequence[_Item]) -> list[dict[str, Fingerprint]]:
        inputs = [self._assess(item).inputs for item in items]
        if not any(inputs):
            return [{} for _ in items]
        return fingerprint.evaluate_many(self._home.evaluation(), self._org.id, inputs)

    def _assess(self, item: _Item) -> fingerprint.Assessment:
        document = item.document
        return fingerprint.assess(
            document.kind, self._org.id, self._org.numbers, document.facts, document.format
        )

    def _resume(self, item: _Item, plain: bytes, row: Asset) -> Prepared:
        """The very asset that an earlier run committed to before it was killed."""
        secret, values = self._secret(row), row.fields or {}
        draft = Draft(self._org.id, values["asset.issued_at"], item.document, item.sha256, item.size)
        prints = {
            path: Fingerprint(parse_hex32(values[path]), Prf.from_json(member))
            for path, member in (row.prf or {}).items()
        }
        return Prepared(draft, secret, Commitment(values, secret), prints, content.encrypt(plain, secret))

    def _secret(self, row: Asset) -> Secret:
        assert row.sealed_secret is not None
        return self._home.open_secret(self._org, parse_hex32(row.asset_id), row.sealed_secret)

    def _row(self, one: Prepared) -> Asset:
        values = {field.path: field.value for field in one.commitment.fields}
        asset_id = one.commitment.asset_id
        return Asset(
            asset_id=hex32(asset_id),
            org=self._org.hex,
            live=repository.live_key(self._org.hex, one.draft.sha256),
            kind=one.draft.document.kind,
            cid=one.encrypted.cid,
            sealed_secret=self._home.seal_secret(self._org, asset_id, one.secret),
            fields=values,
            prf={path: found.prf.to_json() for path, found in one.fingerprints.items()},
        )

    def _earlier(self) -> list[Earlier]:
        """What the dossier holds already: ids and numbers a new paper may point to."""
        if self._dossier is None:
            return []
        with self._home.database.session() as session:
            rows = repository.dossier_assets(session, self._org.hex, self._dossier)
        return [
            Earlier(parse_hex32(row.asset_id), row.kind, own_numbers_of(row.fields or {})) for row in rows
        ]

    def _collect(
        self, items: Sequence[_Item], known: dict[bytes, Asset], made: dict[bytes, Prepared], outcome: Outcome
    ) -> None:
        """One answer for each file given; a file whose asset stood already gets its receipt written again."""
        root = hex32(outcome.batches[-1].root) if made else ""
        answered: set[bytes] = set()
        for item in items:
            warnings = item.document.warnings + self._warnings(item)
            if (one := made.get(item.sha256)) is not None:
                asset_id, cid, at, existing = (
                    hex32(one.commitment.asset_id),
                    one.encrypted.cid,
                    root,
                    item.sha256 in answered,
                )
            else:
                row = known[item.sha256]
                assert row.root is not None
                asset_id, cid, at, existing = row.asset_id, row.cid, row.root, True
                self._write(rebuild(self._home, self._org, row))
                self._join(row)
            answered.add(item.sha256)
            outcome.assets.append(
                CertifiedFile(item.path, asset_id, cid, self._path(asset_id), at, existing, warnings)
            )

    def _join(self, row: Asset) -> None:
        if self._dossier is not None:
            with self._home.database.session() as session:
                repository.add_to_dossier(session, self._org.hex, self._dossier, [row.asset_id])

    def _warnings(self, item: _Item) -> tuple[Notice, ...]:
        cause = self._assess(item).cause if item.document.kind in PLEDGEABLE else None
        return (Notice(cause, _CAUSES[cause]),) if cause is not None else ()

    def _write(self, made: receipt.Receipt) -> None:
        write_whole(self._path(hex32(made.asset_id)), made.to_json().encode())

    def _path(self, asset_id: str) -> Path:
        return (self._out / f"{asset_id}.receipt.json").absolute()

    def write_dossier(self, name: str) -> Path:
        """OUT/NAME.dossier.json with the whole receipts of everything in the dossier."""
        with self._home.database.session() as session:
            rows = repository.dossier_assets(session, self._org.hex, name)
        receipts = [
            rebuild(self._home, self._org, row)
            for row in rows
            if row.root is not None and row.fields is not None
        ]
        path = (self._out / f"{name}.dossier.json").absolute()
        write_whole(path, receipt.Dossier(name, self._org.id, tuple(receipts)).to_json().encode())
        return path


_CAUSES = {
    "SELLER_NOT_ISSUER": "its seller is not the certifying organisation: evidence, never collateral",
    "NO_IDENTITY": "it states no seller or number that could lock it: evidence, never collateral",
    "NOT_PLEDGEABLE_TYPE": "its type or total cannot be pledged: evidence, never collateral",
}


def find_batch(ledger: Ledger, org: bytes, root: bytes) -> Registered | None:
    """The registration of a batch up to the newest final block, if the ledger has it."""
    pinned = ledger.pin()
    if not ledger.read_one(ledger.assets.batch(org, root), pinned).registered_at:
        return None
    log = events(ledger, 0, pinned, ["asset_registry"])
    return next(
        event for event in log if isinstance(event, Registered) and (event.org, event.root) == (org, root)
    )


def rebuild(installation: Installation, organisation: Organisation, row: Asset) -> receipt.Receipt:
    """The whole receipt of an anchored asset, from what the database keeps of it."""
    assert row.root is not None and row.fields is not None and row.sealed_secret is not None
    secret = installation.open_secret(organisation, parse_hex32(row.asset_id), row.sealed_secret)
    with installation.database.session() as session:
        batch = repository.batch(session, row.org, row.root)
    prf = {path: Prf.from_json(member) for path, member in (row.prf or {}).items()}
    hint = (
        receipt.Hint(batch.block, parse_hex32(batch.transaction))
        if batch.block is not None and batch.transaction
        else None
    )
    return receipt.build(
        installation.ledger.descriptor,
        organisation.id,
        Commitment(row.fields, secret),
        repository.tree(batch),
        prf,
        hint,
    )


def _unchanged(item: _Item) -> bytes:
    """The file's bytes once more. UnreadableError where it is not the file that was read a moment ago."""
    plain = item.path.read_bytes()
    if sha256(plain).digest() != item.sha256:
        raise UnreadableError(
            "CHANGED", f"{item.path} changed while it was being certified: certify it again"
        )
    return plain
