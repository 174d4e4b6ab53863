"""Certify documents: read, commit, encrypt, anchor, write receipts; and finish what a killed run left behind.

The order is what makes it atomic for who asked: job to the database, blocks to the store, one transaction to the ledger,
receipts to disk (DESIGN, Command line). A job keeps its secret and fields, so a run that was killed anywhere is completed by the
next one with the very same ids; an id is never in two batches.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from certifier import content, fingerprint, receipt
from certifier.certify import (
    Draft,
    Earlier,
    Prepared,
    certification_rank,
    infer_links,
    own_numbers,
    own_numbers_of,
    seal,
)
from certifier.commitment import BatchTree, Commitment, Secret
from certifier.documents import Document, Notice, Reader, Reading
from certifier.fingerprint import Fingerprint, Prf
from certifier.schema import PLEDGEABLE, RELATIONS
from certifier.signer import Statement
from certifier.voprf import in_threads
from gateway.db import repository
from gateway.db.models import Asset, Batch
from gateway.errors import UnreadableError, UsageError
from gateway.installation import Installation, Organisation
from gateway.service.evidence import statements_beside
from gateway.service.files import expand, make_folder, sweep, write_into, write_whole
from gateway.service.profiles import of_home
from gateway.service.times import instant
from ledger.assets import Standing
from ledger.connection import Ledger
from ledger.errors import AlreadyRegisteredError
from ledger.events import Registered
from ledger.replay import events
from ledger.types import hex32, parse_hex32

__all__ = ["CertifiedFile", "FailedFile", "Outcome", "Reads", "certify", "rebuild", "write_dossier"]

PaperLinks = Mapping[bytes, Sequence[tuple[str, bytes]]]
"""SHA-256 of a paper → (relation, SHA-256 of the earlier paper)."""

BATCH_IDS = 1000
BATCH_BYTES = 128 * 2**20
_DOSSIER = re.compile(r"[^./\\\0][^/\\\0]{0,127}")


class Reads(Protocol):
    """Reads files into documents, in their order: a `Reader`, or one that has begun before it is asked."""

    def read(self, paths: Iterable[Path]) -> Iterator[Reading]:
        """One reading per path."""


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
    paper_links: PaperLinks = MappingProxyType({}),
    reader: Reads | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Certify files and folders for `organisation`; receipts go to `out`, else the home's folder of receipts.

    `links` are those of every file, to assets; `paper_links` those of single papers, to others certified before or with them.
    Who certifies many times gives a `reader` whose workers are there already, and writes the dossier's file once (`write_dossier`).
    """
    if dossier is not None and not _DOSSIER.fullmatch(dossier):
        raise UsageError(
            "DOSSIER", f"--dossier {dossier!r} names a file too: no slash, no leading dot, 128 characters"
        )
    run = _Run(
        installation, organisation, out or installation.home.receipts, dossier, tuple(links), paper_links
    )
    run.require_links()
    installation.keys.unlock([(organisation.short, "account"), (organisation.short, "encryption")])
    sweep(out or installation.home.receipts)
    outcome, files = Outcome(), expand(paths)
    profiles = of_home(installation.home, organisation.short)
    readers: AbstractContextManager[Reads] = (
        Reader(profiles=profiles) if reader is None else nullcontext(reader)
    )
    with readers as opened:
        items = _read(files, opened, organisation.id, run.link_of, outcome, advance)
        for group in _ahead(_groups(items, whole=dossier is not None)):
            run.group(group, outcome)
    position = {path: number for number, path in enumerate(files)}
    outcome.assets.sort(key=lambda asset: position[asset.path])
    outcome.errors.sort(key=lambda failed: position[failed.path])
    if dossier is not None and reader is None:
        outcome.dossier = write_dossier(installation, organisation, dossier, out)
    return outcome


def write_dossier(
    installation: Installation, organisation: Organisation, name: str, out: Path | None = None
) -> Path:
    """OUT/NAME.dossier.json with the whole receipts of everything in the dossier."""
    with installation.database.session() as session:
        rows = repository.dossier_assets(session, organisation.hex, name)
    whole = [row for row in rows if row.root is not None and row.fields is not None]
    receipts = tuple(rebuild(installation, organisation, whole))
    path = ((out or installation.home.receipts) / f"{name}.dossier.json").absolute()
    write_whole(path, receipt.Dossier(name, organisation.id, receipts).to_json().encode())
    return path


def _read(
    files: Sequence[Path],
    reader: Reads,
    issuer: bytes,
    checked: Callable[[Document, bytes], object],
    outcome: Outcome,
    advance: Callable[[int], None],
) -> Iterator[_Item]:
    for reading in reader.read(files):
        advance(1)
        try:
            item = _item(reading, issuer)
            checked(item.document, item.sha256)
            yield item
        except UnreadableError as error:
            outcome.errors.append(FailedFile(reading.path, error.code, str(error)))


def _item(reading: Reading, issuer: bytes) -> _Item:
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
        statements_beside(reading.path, reading.sha256, issuer),
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


def _ahead(groups: Iterator[list[_Item]]) -> Iterator[list[_Item]]:
    """The next group is read while the one before it is certified."""
    with ThreadPoolExecutor(1) as reading:
        coming = reading.submit(next, groups, None)
        while (group := coming.result()) is not None:
            coming = reading.submit(next, groups, None)
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
        paper_links: PaperLinks,
    ) -> None:
        self._home = installation
        self._org = organisation
        self._out = out
        self._dossier = dossier
        self._links = links
        self._paper_links = paper_links

    def group(self, items: Sequence[_Item], outcome: Outcome) -> None:
        """Certify one batch of files. The home's certifying lock is held: two runs never make two assets of one file."""
        with self._home.certifying():
            self._recover()
            known = self._known(items)
            fresh: dict[bytes, _Item] = {}
            for item in items:
                if item.sha256 not in known or known[item.sha256].root is None:
                    fresh.setdefault(item.sha256, item)
            contents = self._encrypted(list(fresh.values()), known, outcome)
            ready = [item for item in fresh.values() if item.sha256 in contents]
            made = self._anchor(ready, known, contents, outcome) if ready else {}
        self._collect(items, {sha: row for sha, row in known.items() if row.root}, made, outcome)

    def require_links(self) -> None:
        """UsageError where a stated link points to an asset that this home knows to be of another kind than the relation asks."""
        expected = {relation: kind for (_, relation), kind in RELATIONS.items()}
        with self._home.database.session() as session:
            for relation, target in self._links:
                row = repository.asset(session, hex32(target))
                if row is not None and row.kind != expected[relation]:
                    raise UsageError(
                        "LINK",
                        f"--link {relation}={row.asset_id}: that is a {row.kind}, {relation} points to a {expected[relation]}",
                    )

    def link_of(self, document: Document, sha256: bytes) -> None:
        """UnreadableError where a stated link is none that the document's kind can have."""
        for relation, _ in (*self._links, *self._paper_links.get(sha256, ())):
            if (document.kind, relation) not in RELATIONS:
                raise UnreadableError(
                    "LINK", f"a {document.kind} has no link {relation!r}: leave --link out for it"
                )

    def _recover(self) -> None:
        """Settle the batches that a killed run has left: what the ledger has is anchored, what it has not is batched anew."""
        with self._home.database.session() as session:
            left = repository.open_batches(session, self._org.hex)
            if left:
                self._home.level()  # what is logged will be on the ledger: only then may its absence be believed
            for batch in left:
                found = find_batch(self._home.ledger, self._org.id, parse_hex32(batch.root))
                if found is None:
                    repository.dissolve(session, batch)
                else:
                    repository.anchor(session, batch, found.at.block, hex32(found.at.transaction))

    def _known(self, items: Sequence[_Item]) -> dict[bytes, Asset]:
        """Live assets of the files. One that the ledger has revoked is live no more, whatever a killed run has left here."""
        with self._home.database.session() as session:
            known = repository.live_assets(session, self._org.hex, [item.sha256 for item in items])
            stood = [sha for sha, row in known.items() if row.root is not None]
            assets, ledger = self._home.ledger.assets, self._home.ledger
            calls = [assets.standing(self._org.id, parse_hex32(known[sha].asset_id)) for sha in stood]
            standings = ledger.read(calls, ledger.pin()) if calls else []
            for sha, standing in zip(stood, standings, strict=True):
                if standing is Standing.REVOKED:
                    known.pop(sha).live = None
        return known

    def _encrypted(
        self, items: Sequence[_Item], known: dict[bytes, Asset], outcome: Outcome
    ) -> dict[bytes, _Content]:
        """The encrypted content of each file, by its digest: under a new secret, or the one a killed run committed to."""

        def encrypted(item: _Item) -> _Content | UnreadableError:
            row = known.get(item.sha256)
            secret = Secret.generate() if row is None else self._secret(row)
            try:
                return _Content(secret, content.encrypt(_unchanged(item), secret))
            except UnreadableError as error:
                return error

        found = {}
        for item, one in zip(items, in_threads(encrypted, items), strict=True):
            if isinstance(one, UnreadableError):
                outcome.errors.append(FailedFile(item.path, one.code, str(one)))
            else:
                found[item.sha256] = one
        return found

    def _anchor(
        self,
        items: Sequence[_Item],
        known: dict[bytes, Asset],
        contents: Mapping[bytes, _Content],
        outcome: Outcome,
    ) -> dict[bytes, Prepared]:
        make_folder(self._out)
        prepared = self._prepare(items, known, contents)
        tree = BatchTree(one.commitment.asset_id for one in prepared)
        self._save_job(tree, prepared, known)
        self._home.store.put(
            (block for one in prepared for block in one.encrypted.blocks),
            [one.encrypted.cid for one in prepared],
        )
        done = self._register(tree)
        with self._home.database.session() as session:
            repository.anchor(
                session,
                repository.batch(session, self._org.hex, hex32(tree.root)),
                done.block,
                hex32(done.transaction),
            )
        outcome.batches.append(done)
        self._write_receipts(prepared, tree, receipt.Hint(done.block, done.transaction))
        return {one.draft.sha256: one for one in prepared}

    def _save_job(self, tree: BatchTree, prepared: Sequence[Prepared], known: dict[bytes, Asset]) -> None:
        rows = [self._row(one) for one in prepared if one.draft.sha256 not in known]
        with self._home.database.session() as session:
            repository.save_batch(session, self._org.hex, tree, rows)
            if self._dossier is not None:
                ids = [hex32(one.commitment.asset_id) for one in prepared]
                repository.add_to_dossier(session, self._org.hex, self._dossier, ids)

    def _register(self, tree: BatchTree) -> Anchored:
        """Our own batch that is there already counts as success."""
        act = self._home.ledger.assets.register(tree.ids)
        try:
            sent = self._home.writer.send(self._home.account(self._org), act)
        except AlreadyRegisteredError:
            found = find_batch(self._home.ledger, self._org.id, tree.root)
            if found is None:
                raise
            return Anchored(tree.root, found.at.block, found.at.transaction)
        return Anchored(tree.root, sent.block.number, sent.transaction)

    def _write_receipts(self, prepared: Sequence[Prepared], tree: BatchTree, hint: receipt.Hint) -> None:
        descriptor = self._home.ledger.descriptor
        for one in prepared:
            prf = {path: found.prf for path, found in one.fingerprints.items()}
            self._write(receipt.build(descriptor, self._org.id, one.commitment, tree, prf, hint))

    def _prepare(
        self, items: Sequence[_Item], known: dict[bytes, Asset], contents: Mapping[bytes, _Content]
    ) -> list[Prepared]:
        issued_at = instant(self._home.now())
        fresh = [item for item in items if item.sha256 not in known]
        prints = dict(zip((item.sha256 for item in fresh), self._fingerprints(fresh), strict=True))
        earlier = self._earlier()
        assets = self._linked(items)
        prepared = []
        for item in items:
            secret, encrypted = contents[item.sha256]
            if (row := known.get(item.sha256)) is not None:
                one = _resumed(self._org.id, item, row, secret, encrypted)
            else:
                inferred = infer_links(item.document, earlier) if self._dossier is not None else ()
                draft = Draft(
                    self._org.id,
                    issued_at,
                    item.document,
                    item.sha256,
                    item.size,
                    item.signers,
                    (*inferred, *self._links, *self._stated(item, assets)),
                )
                one = seal(draft, encrypted, secret, prints[item.sha256])
            if self._dossier is not None:
                numbers = own_numbers(item.document)
                earlier.append(Earlier(one.commitment.asset_id, item.document.kind, numbers))
            assets[item.sha256] = one.commitment.asset_id
            prepared.append(one)
        return prepared

    def _linked(self, items: Sequence[_Item]) -> dict[bytes, bytes]:
        """Digest → asset id of the papers certified before that these point to."""
        wanted = {sha for item in items for _, sha in self._paper_links.get(item.sha256, ())}
        with self._home.database.session() as session:
            rows = repository.live_assets(session, self._org.hex, list(wanted))
            return {sha: parse_hex32(row.asset_id) for sha, row in rows.items()}

    def _stated(self, item: _Item, assets: Mapping[bytes, bytes]) -> list[tuple[str, bytes]]:
        links = self._paper_links.get(item.sha256, ())
        if missing := [sha.hex() for _, sha in links if sha not in assets]:
            raise UsageError(
                "LINK", f"{item.path} points to a paper that is not certified: sha256 {missing[0]}"
            )
        return [(relation, assets[sha]) for relation, sha in links]

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

    def _secret(self, row: Asset) -> Secret:
        assert row.sealed_secret is not None
        return self._home.open_secret(self._org, parse_hex32(row.asset_id), row.sealed_secret)

    def _row(self, one: Prepared) -> dict[str, Any]:
        """The columns of an asset that is new."""
        values = {field.path: field.value for field in one.commitment.fields}
        asset_id = one.commitment.asset_id
        return {
            "asset_id": hex32(asset_id),
            "org": self._org.hex,
            "live": repository.live_key(self._org.hex, one.draft.sha256),
            "kind": one.draft.document.kind,
            "cid": one.encrypted.cid,
            "sealed_secret": self._home.seal_secret(self._org, asset_id, one.secret),
            "fields": values,
            "prf": {path: found.prf.to_json() for path, found in one.fingerprints.items()},
        }

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
        self, items: Sequence[_Item], stood: dict[bytes, Asset], made: dict[bytes, Prepared], outcome: Outcome
    ) -> None:
        """One answer for each file given; a file whose asset stood already gets its receipt written again."""
        if stood:
            make_folder(self._out)
            for again in rebuild(self._home, self._org, list(stood.values())):
                self._write(again)
            self._join(stood.values())
        root = hex32(outcome.batches[-1].root) if made else ""
        answered: set[bytes] = set()
        for item in items:
            if (row := stood.get(item.sha256)) is not None:
                asset_id, cid, at = row.asset_id, row.cid, row.root or ""
                fields = iter((row.fields or {}).items())
            elif (one := made.get(item.sha256)) is not None:
                asset_id, cid, at = hex32(one.commitment.asset_id), one.encrypted.cid, root
                fields = ((field.path, field.value) for field in one.commitment.fields)
            else:
                continue  # it changed while it was read: among the errors
            existing = row is not None or item.sha256 in answered
            answered.add(item.sha256)
            warnings = item.document.warnings + self._warnings(item) + self._not_added(item, fields)
            outcome.assets.append(
                CertifiedFile(item.path, asset_id, cid, self._path(asset_id), at, existing, warnings)
            )

    def _join(self, rows: Iterable[Asset]) -> None:
        if self._dossier is not None:
            with self._home.database.session() as session:
                ids = [row.asset_id for row in rows]
                repository.add_to_dossier(session, self._org.hex, self._dossier, ids)

    def _warnings(self, item: _Item) -> tuple[Notice, ...]:
        cause = self._assess(item).cause if item.document.kind in PLEDGEABLE else None
        return (Notice(cause, _CAUSES[cause]),) if cause is not None else ()

    def _not_added(self, item: _Item, fields: Iterator[tuple[str, str]]) -> tuple[Notice, ...]:
        """What comes with the file and the asset has not: it stays as it was committed."""
        if not item.signers and not self._links:
            return ()
        committed = dict(fields)
        signatures = {committed[path] for path in committed if path.startswith("signer.")}
        links = {(path.split(".")[1], committed[path]) for path in committed if path.startswith("link.")}
        notices = []
        if not signatures.issuperset(one.fields()["signature"] for one in item.signers):
            notices.append(Notice("SIGNERS_NOT_ADDED", _NOT_ADDED.format("signatures beside the file")))
        if not links.issuperset((relation, hex32(target)) for relation, target in self._links):
            notices.append(Notice("LINK_NOT_ADDED", _NOT_ADDED.format("stated links")))
        return tuple(notices)

    def _write(self, made: receipt.Receipt) -> None:
        write_into(str(self._out), f"{made.asset_id_hex}.receipt.json", made.to_json().encode())

    def _path(self, asset_id: str) -> Path:
        return (self._out / f"{asset_id}.receipt.json").absolute()


class _Content(NamedTuple):
    """A document's encrypted content and the secret whose key it is under."""

    secret: Secret
    encrypted: content.Encrypted


def _resumed(org: bytes, item: _Item, row: Asset, secret: Secret, encrypted: content.Encrypted) -> Prepared:
    """The very asset that an earlier run committed to before it was killed."""
    values = row.fields or {}
    draft = Draft(org, values["asset.issued_at"], item.document, item.sha256, item.size)
    prints = {
        path: Fingerprint(parse_hex32(values[path]), Prf.from_json(member))
        for path, member in (row.prf or {}).items()
    }
    return Prepared(draft, secret, Commitment(values, secret), prints, encrypted)


_CAUSES = {
    "SELLER_NOT_ISSUER": "its seller is not the certifying organisation: evidence, never collateral",
    "NO_IDENTITY": "it states no seller or number that could lock it: evidence, never collateral",
    "NOT_PLEDGEABLE_TYPE": "its type or total cannot be pledged: evidence, never collateral",
}


_NOT_ADDED = "it was certified before without these {}, which were not added: revoke it and certify it again to have them"


def find_batch(ledger: Ledger, org: bytes, root: bytes) -> Registered | None:
    """The registration of a batch up to the newest final block, if the ledger has it."""
    pinned = ledger.pin()
    if not ledger.read_one(ledger.assets.batch(org, root), pinned).registered_at:
        return None
    log = events(ledger, 0, pinned, ["asset_registry"])
    return next(
        event for event in log if isinstance(event, Registered) and (event.org, event.root) == (org, root)
    )


def rebuild(
    installation: Installation, organisation: Organisation, rows: Sequence[Asset]
) -> Iterator[receipt.Receipt]:
    """The whole receipts of anchored assets, in order, from what the database keeps of them."""
    with installation.database.session() as session:
        roots = {row.root for row in rows if row.root is not None}
        batches = {root: repository.batch(session, organisation.hex, root) for root in roots}
    trees = {root: repository.tree(batch) for root, batch in batches.items()}
    for row in rows:
        assert row.root is not None and row.fields is not None and row.sealed_secret is not None
        secret = installation.open_secret(organisation, parse_hex32(row.asset_id), row.sealed_secret)
        prf = {path: Prf.from_json(member) for path, member in (row.prf or {}).items()}
        yield receipt.build(
            installation.ledger.descriptor,
            organisation.id,
            Commitment(row.fields, secret),
            trees[row.root],
            prf,
            _hint(batches[row.root]),
        )


def _hint(batch: Batch) -> receipt.Hint:
    assert batch.block is not None and batch.transaction is not None
    return receipt.Hint(batch.block, parse_hex32(batch.transaction))


def _unchanged(item: _Item) -> bytes:
    """The file's bytes once more. UnreadableError where it is not the file that was read a moment ago."""
    try:
        plain = item.path.read_bytes()
    except OSError as error:
        raise UnreadableError("CHANGED", f"{item.path} went away while it was being certified") from error
    if sha256(plain).digest() != item.sha256:
        raise UnreadableError(
            "CHANGED", f"{item.path} changed while it was being certified: certify it again"
        )
    return plain
