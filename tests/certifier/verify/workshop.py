"""A workshop that certifies papers on a real ledger, honestly or not, and a verifier beside it that nobody told.

Papers are our samples under fresh numbers; `change` and `facts` let an issuer commit to something else than the document says.
`verify` reads receipts back from their JSON, as a stranger would.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from certifier import certify, fingerprint, signer
from certifier.commitment import BatchTree, Commitment, Secret
from certifier.documents import Document, Reading, read_bytes
from certifier.errors import DocumentError
from certifier.receipt import Dossier, Hint, Receipt, build, parse
from certifier.store import ContentStore
from certifier.store.local import LocalStore
from certifier.verify import Cause, Code, Given, Node, Report, Verdict, Verifier
from certifier.voprf import LocalEvaluation
from ledger import artifacts
from ledger.chain import Call
from ledger.clock import Clock
from ledger.connection import Ledger
from ledger.membership import FOREVER, Key, Purpose, Role
from ledger.pledges import WHOLE, Offer, Status
from ledger.types import hex32, keccak
from tests.ledger.hostile import HostileNode
from tests.ledger.world import Asset, World, account

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
SELLER = "9150000000000022XC"
BUYER = "915000000000001236"
ISSUED_AT = "2026-07-14T00:00:00Z"
LOOSE = ("fingerprint.loose.number", "fingerprint.loose.order", "fingerprint.loose.seller")

_fresh = itertools.count(1)


@dataclass(frozen=True)
class Paper:
    """A certified document: its receipt as the issuer has it, and what only the issuer knows."""

    receipt: Receipt
    data: bytes
    commitment: Commitment
    tree: BatchTree
    by: str
    cid: str

    @property
    def asset_id(self) -> bytes:
        return self.commitment.asset_id

    @property
    def values(self) -> Mapping[str, str]:
        return self.receipt.values

    def loose(self, *paths: str) -> tuple[bytes, ...]:
        """The loose values at `paths` (all unless told)."""
        chosen = paths or [path for path in LOOSE if path in self.values]
        return tuple(bytes.fromhex(self.values[path][2:]) for path in chosen)

    @property
    def asset(self) -> Asset:
        """The same as something to pledge."""
        return Asset(self.commitment, self.tree, bytes.fromhex(self.values["fingerprint.exact"][2:]))


class LyingStore:
    """A store that answers whatever `bend` makes of the honest bytes; errors that it raises pass."""

    def __init__(self, honest: ContentStore, bend: Callable[[str, bytes], bytes]) -> None:
        self._honest, self._bend = honest, bend

    def put(self, blocks: Any, roots: Sequence[str]) -> None:
        self._honest.put(blocks, roots)

    def get(self, cid: str) -> bytes:
        return self._bend(cid, self._honest.get(cid))

    def has(self, cids: Any) -> set[str]:
        return self._honest.has(cids)


class Workshop:
    """M1, whose legal number is the samples' seller's, and the consortium of tests.ledger.world around it."""

    def __init__(self, world: World, url: str, clock: Clock, folder: Path) -> None:
        self.evaluation = LocalEvaluation(keccak(b"fingerprint key"))
        public_key = self.evaluation.public_key()
        descriptor = replace(world.descriptor, fingerprint_key=keccak(public_key))
        self.world, self.url, self.descriptor = world, url, descriptor
        self.clock = clock
        self.ledger = Ledger.connect(descriptor, self.url)
        self.store = LocalStore(folder / "store")
        self._folder = folder
        self.node = Node(self.ledger)
        self.key(public_key, "R1", Purpose.FINGERPRINT)
        self.admit("M1", Role.ENTERPRISE, f"CN-USCC:{SELLER}")

    def scratch(self) -> Path:
        """A folder that nobody used."""
        return self._folder / f"scratch-{next(_fresh)}"

    def admit(self, name: str, role: Role, *aliases: str) -> str:
        """Admits or changes a member with these aliases."""
        self.world.admit(name, role)
        if aliases:
            act = self.ledger.membership.set_organisation(f"TEST:{name}", f"{name} Ltd", aliases, role, False)
            self.world.vote(act)
        return name

    def member(self, role: Role, *aliases: str) -> str:
        """A fresh member."""
        return self.admit(f"X{next(_fresh)}", role, *aliases)

    def key(
        self, public_key: bytes, owner: str, purpose: Purpose, start: int = 1, end: int = FOREVER
    ) -> bytes:
        """Publishes a key, or changes its interval."""
        key_id = keccak(public_key)
        act = self.ledger.membership.set_key(
            key_id, Key(self.world.org(owner), start, end, purpose), public_key
        )
        self.world.vote(act)
        return key_id

    def statement(
        self,
        data: bytes,
        owner: str,
        role: str = "inspector",
        curve: str = "ed25519",
        *,
        purpose: Purpose = Purpose.INSPECTOR,
        publish: bool = True,
        end: int = FOREVER,
        about: bytes | None = None,
    ) -> signer.Statement:
        """A signature over `data` (or over `about` instead) for M1, under a fresh key of `owner`."""
        seed = keccak(f"signer {next(_fresh)}".encode())
        public_key = signer.multikey(seed, curve)
        if publish:
            self.key(public_key, owner, purpose, end=end)
        issuer, digest = self.world.org("M1"), _sha256(data)
        signed = signer.message(role, issuer, _sha256(about) if about else digest, ISSUED_AT)
        signature = signer.sign(seed, curve, signed)
        return signer.Statement(public_key, role, issuer, digest, ISSUED_AT, signature)

    def certify(
        self,
        data: bytes,
        by: str = "M1",
        *,
        signers: Sequence[signer.Statement] = (),
        links: Sequence[tuple[str, bytes]] = (),
        facts: Mapping[str, str | None] | None = None,
        read_as: bytes | None = None,
        identity: bytes | None = None,
        change: Mapping[str, str | None] | None = None,
        without: Collection[str] = (),
        service: LocalEvaluation | None = None,
        numbers: Collection[str] = (SELLER,),
        register: bool = True,
        others: int = 1,
    ) -> Paper:
        """Certifies `data`, or claims that it says what `read_as` does, with `facts` instead of what it says.

        Fingerprints are those of the document `identity`, as far as `without` does not drop them; `change` alters committed
        fields last; None removes a fact or a field.
        """
        document = _with(read_bytes(read_as or data), facts or {})
        org, secret = self.world.org(by), Secret.generate()
        meant = read_bytes(identity) if identity else document
        inputs = fingerprint.assess(meant.kind, org, numbers, meant.facts, meant.format).inputs
        chosen = {path: parts for path, parts in inputs.items() if path not in without}
        prints = fingerprint.evaluate(service or self.evaluation, org, chosen)
        draft = certify.Draft(
            org, ISSUED_AT, document, _sha256(data), len(data), tuple(signers), tuple(links)
        )
        prepared = certify.prepare(certify.fields_of(draft), data, secret, prints)
        self.store.put(prepared.encrypted.blocks, [prepared.encrypted.cid])
        values = {field.path: field.value for field in prepared.commitment.fields} | (change or {})
        commitment = Commitment({path: value for path, value in values.items() if value}, secret)
        tree = BatchTree(
            [commitment.asset_id, *(keccak(f"other {next(_fresh)}".encode()) for _ in range(others))]
        )
        sent = self.world.register(by, tree) if register else None
        hint = Hint(sent.block.number, sent.transaction) if sent else None
        prf = {path: found.prf for path, found in prints.items()}
        made = build(self.descriptor, org, commitment, tree, prf, hint)
        return Paper(made, data, commitment, tree, by, prepared.encrypted.cid)

    def pledge(
        self,
        paper: Paper,
        lender: str = "L1",
        share: int = WHOLE,
        loose: tuple[bytes, ...] = (),
        days: int = 30,
    ) -> Offer:
        """A pledge of a paper's fingerprint."""
        offer = self.world.offer(paper.by, lender, paper.asset, share=share, days=days)
        self.world.accept(paper.by, lender, offer, paper.asset, loose=loose)
        return offer

    def close(self, offer: Offer, status: Status, lender: str = "L1") -> None:
        """Ends a pledge."""
        self.world.writer.send(account(lender), self.ledger.pledges.close(offer, status))

    def verifier(self, nodes: Sequence[Node] | None = None, store: ContentStore | None = None) -> Verifier:
        """On the honest node and store unless told."""
        return Verifier(self.descriptor, [self.node] if nodes is None else nodes, store or self.store)

    def verify(
        self,
        paper: Paper | Receipt,
        file: bytes | None = b"",
        *,
        as_org: str | None = None,
        nodes: Sequence[Node] | None = None,
        store: ContentStore | None = None,
    ) -> Report:
        """The report on a receipt read back from JSON, with the paper's own document unless told (None: no FILE)."""
        receipt = paper.receipt if isinstance(paper, Paper) else paper
        data = paper.data if isinstance(paper, Paper) and file == b"" else file
        again = parse(receipt.to_json().encode())
        assert isinstance(again, Receipt)
        org = self.world.org(as_org) if as_org else None
        return self.verifier(nodes, store).verify(again, reading(data) if data else None, as_org=org)

    def elsewhere(self, **member: object) -> Report:
        """The report on a receipt that names another ledger."""
        paper = self.certify(other())
        named = replace(paper.receipt.ledger, **member)  # type: ignore[arg-type]
        return self.verify(replace(paper.receipt, ledger=named), paper.data)

    def dossier(
        self, *papers: Paper, files: bool = True, nodes: Sequence[Node] | None = None
    ) -> list[Report]:
        """Reports on a dossier read back from JSON, in order."""
        whole = Dossier("job", self.world.org("M1"), tuple(paper.receipt for paper in papers))
        again = parse(whole.to_json().encode())
        assert isinstance(again, Dossier)
        given = [
            Given(receipt, reading(paper.data) if files else None)
            for receipt, paper in zip(again.receipts, papers, strict=True)
        ]
        return self.verifier(nodes).verify_dossier(given)

    @contextmanager
    def hostile(self, timeout: float = 10.0) -> Iterator[tuple[HostileNode, Node]]:
        """A node that is honest until told to lie, and a connection through it."""
        with HostileNode(self.url) as liar:
            ledger = Ledger.connect(self.descriptor, liar.url, timeout)
            yield liar, Node(ledger)
            ledger.close()


def alone(report: Report, code: Code, verdict: Verdict, cause: Cause | None = None) -> None:
    """Asserts what one check says, that all others hold, and what follows for the whole."""
    check = report.check(code)
    assert (check.verdict, check.cause) == (verdict, cause), check
    for other in report.checks:
        if other.code is not code and other.code <= Code.LINKS:
            assert other.verdict in (Verdict.VALID, Verdict.SKIPPED), other
    assert report.verdict is verdict


def unknown(report: Report, cause: Cause, *codes: Code) -> None:
    """Asserts that exactly these checks of the ten are UNKNOWN for this cause, that none is INVALID, and the whole is UNKNOWN."""
    found = {check.code: check for check in report.checks if check.code <= Code.LINKS}
    for code, check in found.items():
        assert check.verdict is not Verdict.INVALID, check
        assert (check.verdict is Verdict.UNKNOWN) == (code in codes), check
        assert code not in codes or check.cause is cause, check
    assert report.verdict is Verdict.UNKNOWN


def reading(data: bytes) -> Reading:
    """What reading a file with these bytes gives."""
    try:
        return Reading(Path("FILE"), _sha256(data), len(data), read_bytes(data), None)
    except DocumentError as error:
        return Reading(Path("FILE"), _sha256(data), len(data), None, error)


def other() -> bytes:
    """A file that states no facts."""
    return f"set-up sheet {next(_fresh)}\n".encode()


def invoice(**changes: str) -> bytes:
    """A fresh invoice of the seller: by default nothing in it equals another's but buyer and date."""
    fresh = next(_fresh)
    chosen = {
        "number": f"RC-{fresh}",
        "order": f"PO-{fresh}",
        "despatch": f"DN-{fresh}",
        "total": f"{10_000 + fresh}.60",
        "type_code": "380",
        "seller": SELLER,
        "date": "2026-07-13",
    } | changes
    text = (SAMPLES / "invoice.xml").read_text()
    for old, new in (
        (">RC-2026-0713<", f">{chosen['number']}<"),
        (">JL-PO-2026-0703<", f">{chosen['order']}<"),
        (">RC-DN-2026-0711<", f">{chosen['despatch']}<"),
        (">6689.60<", f">{chosen['total']}<"),
        (">380<", f">{chosen['type_code']}<"),
        (f">{SELLER}<", f">{chosen['seller']}<"),
        (">2026-07-13<", f">{chosen['date']}<"),
    ):
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def order(number: str | None = None) -> bytes:
    """A fresh order of the buyer's at the seller."""
    text = (SAMPLES / "order.xml").read_text()
    return text.replace(">JL-PO-2026-0703<", f">{number or f'PO-{next(_fresh)}'}<").encode()


def despatch(number: str, order_number: str) -> bytes:
    """A despatch advice for an order."""
    text = (SAMPLES / "despatch-advice.xml").read_text()
    return (
        text.replace(">RC-DN-2026-0711<", f">{number}<")
        .replace(">JL-PO-2026-0703<", f">{order_number}<")
        .encode()
    )


def sample(name: str, *changes: tuple[str, str]) -> bytes:
    """One of the samples under a fresh comment, with words replaced."""
    text = re.sub("<!-- ", f"<!-- {next(_fresh)} ", (SAMPLES / name).read_text(), count=1)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def topic(event: str) -> str:
    """The first topic of an event's logs."""
    for name in ("Membership", "AssetRegistry", "PledgeRegistry"):
        for known, found in artifacts.load(name).events.items():
            if found.entry.name == event:
                return hex32(known)
    raise KeyError(event)


def drop(liar: HostileNode, event: str) -> None:
    """The node gives no logs of an event any more."""
    gone = topic(event)
    liar.alter("eth_getLogs", lambda _, logs: [log for log in logs if log["topics"][0] != gone])


def bend_call(
    liar: HostileNode, like: Call[Any], change: Callable[[str], str], *, exactly: bool = False
) -> None:
    """The node alters the answers (hex data) to calls of the same function, or to this very call."""
    data = "0x" + like.data.hex()
    asked = data if exactly else data[:10]

    def bend(params: list[Any], result: Any) -> Any:
        hit = params[0]["to"] == like.to and params[0]["data"].startswith(asked)
        return change(result) if hit else result

    liar.alter("eth_call", bend)


def _with(document: Document, facts: Mapping[str, str | None]) -> Document:
    merged = {name: value for name, value in (dict(document.facts) | facts).items() if value is not None}
    return replace(document, facts=merged)


def _sha256(data: bytes) -> bytes:
    return sha256(data).digest()
