"""The story that `assetcert demo` tells: every step on real parts, every step with its figures, every figure measured.

A step is ok when what it set out to show was seen; a step that was not ends the command with exit 1, and the later ones still run where
they can. The home is left working: `certify --as M1` and `up` go on from there.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from certifier.audit import audit
from certifier.verify import Code, Report, Verdict
from gateway.demo import world
from gateway.errors import UsageError
from gateway.home import Home, write_private
from gateway.installation import Installation, Organisation
from gateway.keys import Keystore
from gateway.service import certifying, consortium, evidence, pledging, sharing, verifying
from gateway.service.serving import only_one
from gateway.service.times import instant
from ledger import embedded
from ledger.account import account_key_id
from ledger.connection import Ledger
from ledger.errors import EncumberedError, NotGoodError
from ledger.events import Forwarded
from ledger.locks import write_lock
from ledger.membership import Role
from ledger.replay import events
from ledger.types import hex32, keccak, parse_hex32

__all__ = ["Step", "Story", "tell"]

DAY = 86_400
MARK = b'{"world": "assetcert demo"}'
DATABASES = {f"{name}.db{end}" for name in ("assetcert", "ledger") for end in ("", "-wal", "-shm")}
OWN = DATABASES | {
    "blocks",
    "demo.json",
    "keys",
    "ledger.json",
    "out",
    "papers",
    "passphrase",
    "receipts",
    "run",
}
"""What a demo leaves in its home: a folder with anything else in it holds somebody's own."""


@dataclass(frozen=True)
class Step:
    """One step: what was set out, whether it was seen, and the figures."""

    name: str
    ok: bool
    figures: dict[str, Any]


@dataclass
class Story:
    """All steps, and how many transactions the core enterprises signed."""

    steps: list[Step] = field(default_factory=list)
    core_enterprise_transactions: int = -1
    gas: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The shape of DESIGN's `demo` document."""
        return {
            "steps": [{"name": step.name, "ok": step.ok, "figures": step.figures} for step in self.steps],
            "core_enterprise_transactions": self.core_enterprise_transactions,
            "gas": self.gas,
        }


def tell(home: Home, data: Path | None, shown: Callable[[Step], None]) -> Story:
    """Tell the whole story in `home`, which is replaced if it is a demo's and refused if it is anything else."""
    _clear(home)
    home.create()
    write_private(home.passphrase_file, secrets.token_urlsafe(24).encode() + b"\n")
    write_private(home.demo_mark, MARK)
    embedded.create(home.root, world.BEGINS)
    passphrase = home.passphrase_file.read_text().strip()
    keys = Keystore(home.keys, lambda: passphrase)
    with embedded.open(home.root) as node:
        teller = _Teller(home, node, keys, shown)
        teller.found()
        with Installation.attached(home, node, keys) as installation:
            teller.go_on(installation, data)
    return teller.story


def _clear(home: Home) -> None:
    """Remove an earlier demo's home; nobody may be using it."""
    if not home.root.exists() or not any(home.root.iterdir()):
        return
    if not _is_demo(home):
        raise UsageError(
            "NOT_A_DEMO",
            f"{home.root} is not a demo's home and nothing else, and is left alone: name another folder with --home",
        )
    with only_one(home), write_lock(home.run / "write.lock", 0):
        shutil.rmtree(home.root)


def _is_demo(home: Home) -> bool:
    try:
        marked = home.demo_mark.read_bytes() == MARK
    except OSError:
        return False
    return marked and {path.name for path in home.root.iterdir()} <= OWN


class _Teller:
    """Tells the steps in order and keeps what later ones need."""

    def __init__(
        self, home: Home, node: embedded.Embedded, keys: Keystore, shown: Callable[[Step], None]
    ) -> None:
        self.story = Story()
        self._home = home
        self._node = node
        self._keys = keys
        self._shown = shown
        self._papers = home.root / "papers"
        self._out = home.root / "out"
        self._receipts: dict[tuple[str, str], Path] = {}
        self._files: dict[tuple[str, str], Path] = {}

    def found(self) -> None:
        """The consortium: three registrars, two of whom decide."""
        started = time.monotonic()
        consortium.found(self._home, self._node, self._keys, world.REGISTRARS, quorum=2)
        seconds = round(time.monotonic() - started, 1)
        figures = {"registrars": len(world.REGISTRARS), "quorum": 2, "contracts": 5, "seconds": seconds}
        self._tell("Three registrars found the consortium; two of them decide", True, figures)

    def go_on(self, installation: Installation, data: Path | None) -> None:
        """Everything after the founding."""
        self._i = installation
        self._org = installation.book.find
        self.admit()
        self.certify_jobs()
        self.certify_many()
        if data is not None:
            self.certify_real_files(data)
        self.stranger()
        self.whole_job()
        self.pledge()
        self.second_lender()
        self.same_invoice_again()
        self.order_behind()
        self.flipped_byte()
        self.revoked()
        self.read_by_grant()
        self.shredded()
        self.audit()
        self.core_enterprises()

    def admit(self) -> None:
        """Members by votes of two registrars, their keys with them."""
        self._keys.create((one.short, purpose) for one, _, purposes in world.MEMBERS for purpose in purposes)
        votes = keys = 0
        for organisation, role, purposes in world.MEMBERS:
            votes += consortium.admit(self._i, organisation, role).votes
            for purpose in purposes:
                votes += consortium.set_key(self._i, organisation, purpose).votes
                keys += 1
        fingerprint = consortium.set_key(self._i, world.REGISTRARS[0], "fingerprint")
        one_vote = consortium.admit(self._i, _outsider(), Role.ENTERPRISE, voters=[self._org("R1")])
        figures = {"organisations": len(world.MEMBERS), "keys": keys + 1, "votes": votes + fingerprint.votes}
        self._tell(
            "Members are admitted by two votes each; one vote alone admits nobody",
            fingerprint.executed and not one_vote.executed,
            figures,
        )

    def certify_jobs(self) -> None:
        """Three shops' jobs from order to invoice; the inspection body signs one report, a machine its own log."""
        outcomes = []
        for job in world.JOBS:
            self._node.clock.set(max(self._node.clock.now(), world.noon(job.invoiced)))
            folder = self._write(f"{job.seller}-{job.number}", world.papers(job))
            if job.seller == "M1":
                self._sign(folder / "inspection.qif", "I1", "inspector", "M1")
                self._sign(folder / "machine.xml", "M1", "instrument", "M1")
            outcomes += self._certify_job(job, folder)
        documents = sum(len(outcome.assets) for outcome in outcomes)
        links = sum(self._count_links(job.seller) for job in world.JOBS)
        ok = documents == 5 * len(world.JOBS) and links == 4 * len(world.JOBS)
        figures = {
            "documents": documents,
            "batches": sum(len(outcome.batches) for outcome in outcomes),
            "links": links,
        }
        self._tell(
            "Three shops certify a job each: order, work order, machine log, inspection, invoice", ok, figures
        )

    def _certify_job(self, job: world.Job, folder: Path) -> list[certifying.Outcome]:
        """The papers that state each other's numbers first; machine log and inspection state none, their link is given."""
        owner = self._org(job.seller)
        stating = [folder / name for name in ("order.xml", "work-order.xml", "invoice.xml")]
        first = certifying.certify(self._i, owner, stating, out=self._out, dossier=job.number)
        self._keep(job.seller, first)
        work_order = parse_hex32(first.assets[1].asset_id)
        made = [first]
        for name, relation in (("machine.xml", "measures"), ("inspection.qif", "inspects")):
            link = [(relation, work_order)]
            made.append(
                certifying.certify(
                    self._i, owner, [folder / name], out=self._out, dossier=job.number, links=link
                )
            )
            self._keep(job.seller, made[-1])
        return made

    def certify_many(self) -> None:
        """A thousand shift logs of M1 in one transaction."""
        folder = self._write("M1-shifts", world.shift_logs(1000))
        started = time.monotonic()
        outcome = certifying.certify(self._i, self._org("M1"), [folder], out=self._out / "shifts")
        seconds = time.monotonic() - started
        gas = self._gas_of(outcome.batches[0].transaction)
        self.story.gas["register_per_asset"] = round(gas / len(outcome.assets), 1)
        figures = {
            "documents": len(outcome.assets),
            "transactions": len(outcome.batches),
            "per_second": round(len(outcome.assets) / seconds),
            "gas_per_asset": self.story.gas["register_per_asset"],
        }
        self._tell(
            "M1 certifies a thousand shift logs in one transaction",
            len(outcome.assets) == 1000 and len(outcome.batches) == 1,
            figures,
        )

    def certify_real_files(self, data: Path) -> None:
        """Whatever real files were given, as M3's evidence; files that cannot be read are said to be so."""
        outcome = certifying.certify(self._i, self._org("M3"), [data], out=self._out / "data")
        figures = {"certified": len(outcome.assets), "refused": len(outcome.errors)}
        self._tell(f"M3 certifies the real files of {data.name}", bool(outcome.assets), figures)

    def stranger(self) -> None:
        """Another process in another folder, with receipt, file, descriptor and a node's address, and nothing else."""
        receipt, file = self._receipts["M1", "invoice.xml"], self._files["M1", "invoice.xml"]
        with tempfile.TemporaryDirectory() as elsewhere:
            names = [shutil.copy(path, elsewhere) for path in (receipt, file, self._home.descriptor)]
            started = time.monotonic()
            command = [
                sys.executable,
                "-m",
                "gateway.cli.main",
                "--home",
                f"{elsewhere}/none",
                "verify",
                names[0],
                names[1],
            ]
            done = subprocess.run(
                [*command, "--ledger", names[2], "--rpc", self._node.url, "--json"],
                cwd=elsewhere,
                env={
                    "PATH": "/usr/bin:/bin",
                    "HOME": elsewhere,
                    "PYTHONPATH": ":".join(filter(None, sys.path)),
                },
                capture_output=True,
                text=True,
                check=False,
            )
            seconds = round(time.monotonic() - started, 2)
        report = json.loads(done.stdout or "{}")
        verdicts = {check["code"]: check["verdict"] for check in report.get("checks", [])}
        figures = {
            "verdict": report.get("verdict", done.stderr.strip()),
            "checks_valid": sum(v == "VALID" for v in verdicts.values()),
            "seconds": seconds,
        }
        self._tell(
            "A stranger verifies M1's invoice with receipt, file and descriptor alone",
            report.get("verdict") == "VALID",
            figures,
        )

    def whole_job(self) -> None:
        """M1's dossier: every link leads to a certified paper that agrees."""
        path = self._out / f"{world.JOBS[0].number}.dossier.json"
        with verifying.opened(self._home, None, [self._node.url]) as session:
            outcome = session.run(path, None, None)
        links = [report.check(Code.LINKS).verdict for report in outcome.reports]
        figures = {
            "receipts": len(links),
            "links_valid": links.count(Verdict.VALID),
            "verdict": outcome.verdict.value,
        }
        ok = links.count(Verdict.VALID) == 4 and Verdict.INVALID not in links
        self._tell("M1's dossier holds together: every paper points to the one before it", ok, figures)

    def pledge(self) -> None:
        """M2's invoice, and then ten invoices in one transaction, to L1; M4's to L1 as well."""
        done = self._pledge_to("L1", "M2", [self._receipts["M2", "invoice.xml"]])
        other = self._pledge_to("L1", "M4", [self._receipts["M4", "invoice.xml"]])
        jobs = world.further_jobs(10)
        folder = self._write("M2-further", {f"{job.number}.xml": world.invoice(job).encode() for job in jobs})
        outcome = certifying.certify(self._i, self._org("M2"), [folder], out=self._out)
        ten = self._pledge_to("L1", "M2", [asset.receipt for asset in outcome.assets])
        self.story.gas["pledge_per_line"] = round(ten.gas / 10, 1)
        figures = {
            "pledges": 3,
            "gas_one_line": done.gas,
            "gas_per_line_of_ten": self.story.gas["pledge_per_line"],
        }
        seen = all(
            report.check(Code.LIEN).verdict is Verdict.VALID
            for report in (*done.after, *other.after, *ten.after)
        )
        self._tell("M2 offers, L1 verifies, pledges, and verifies again once it is final", seen, figures)

    def second_lender(self) -> None:
        """L2 gets an offer of the same invoice: its own check refuses, and so does the contract."""
        debtor, lender = self._org("M2"), self._org("L2")
        receipt = self._own("M2", "invoice.xml")
        made = pledging.make_offer(self._i, debtor, lender.id, [receipt])
        by_check = by_contract = ""
        try:
            pledging.pledge(self._i, lender, made, verifying.of_installation(self._i))
        except pledging.VerificationRefusedError as error:
            by_check = error.code
        try:
            pledging.send(self._i, lender, made)
        except EncumberedError as error:
            by_contract = type(error).__name__
        figures = {"refused_by_check": by_check, "refused_by_contract": by_contract}
        self._tell(
            "A second lender is refused twice: by its own check, and by the contract if it had not looked",
            by_check == "LIEN" and by_contract == "EncumberedError",
            figures,
        )

    def same_invoice_again(self) -> None:
        """The same invoice in another file: with other whitespace, then with another amount. One business identity, one lock."""
        job = world.JOBS[1]
        original = self._files["M2", "invoice.xml"].read_bytes()
        again = {
            "invoice-reformatted.xml": original.replace(b"><", b">\n  <"),
            "invoice-other-amount.xml": world.invoice(job, price_off_by=Decimal("0.50")).encode(),
        }
        outcome = certifying.certify(
            self._i, self._org("M2"), [self._write("M2-again", again)], out=self._out
        )
        self._keep("M2", outcome)
        reports = [self._verify("M2", name) for name in again]
        verdicts = [report.check(Code.LIEN).verdict.value for report in reports]
        same = [
            report.check(Code.FINGERPRINT).evidence.get("fingerprint")
            for report in (*reports, self._verify("M2", "invoice.xml"))
        ]
        figures = {
            "other_whitespace": verdicts[0],
            "other_amount": verdicts[1],
            "fingerprints": len(set(same)),
        }
        self._tell(
            "The same invoice in another file is caught: other whitespace, then another amount",
            verdicts == ["INVALID"] * 2 and len(set(same)) == 1,
            figures,
        )

    def order_behind(self) -> None:
        """The order that the pledged invoice bills is shown as a loose match: a person compares."""
        check = self._verify("M2", "order.xml").check(Code.LIEN)
        cause = check.cause.value if check.cause else None
        self._tell(
            "The order behind the pledged invoice shows as a loose match",
            cause == "LOOSE_MATCH",
            {"verdict": check.verdict.value, "cause": cause},
        )

    def flipped_byte(self) -> None:
        """One byte of the document changed."""
        data = bytearray(self._files["M1", "invoice.xml"].read_bytes())
        data[len(data) // 2] ^= 1
        forged = self._papers / "invoice-forged.xml"
        forged.write_bytes(data)
        report = self._verify("M1", "invoice.xml", forged)
        found = [check.code.name for check in report.checks if check.verdict is Verdict.INVALID]
        self._tell(
            "One flipped byte is found",
            "CONTENT" in found and report.verdict is Verdict.INVALID,
            {"verdict": report.verdict.value, "by": ", ".join(found)},
        )

    def revoked(self) -> None:
        """M4 takes its order back: the lien on its invoice stays, and the order is no longer accepted."""
        owner = self._org("M4")
        row = sharing.own_asset(self._i, owner, str(self._receipts["M4", "order.xml"]))
        made = pledging.make_offer(self._i, owner, self._org("L2").id, [self._own("M4", "order.xml")])
        block = sharing.revoke(self._i, owner, row)
        verdict = self._verify("M4", "order.xml").check(Code.STANDING).verdict
        refused = ""
        try:
            pledging.send(self._i, self._org("L2"), made)
        except NotGoodError as error:
            refused = type(error).__name__
        lien = self._verify("M4", "invoice.xml").check(Code.LIEN).verdict
        figures = {
            "block": block,
            "standing": verdict.value,
            "refused_by_contract": refused,
            "lien_on_invoice_stays": lien is Verdict.INVALID,
        }
        self._tell(
            "A revoked asset is refused, and no lien is loosened by revoking",
            verdict is Verdict.INVALID and bool(refused) and lien is Verdict.INVALID,
            figures,
        )

    def read_by_grant(self) -> None:
        """M1 grants L2 its invoice; the read stands on the ledger before the key is handed over."""
        owner, reader = self._org("M1"), self._org("L2")
        receipt = self._own("M1", "invoice.xml")
        made = sharing.make_grant(
            self._i,
            owner,
            reader.id,
            receipt,
            ["content", "fact.total"],
            "credit decision",
            self._i.now() + 30 * DAY,
        )
        reading = sharing.read_grant(self._i, reader, made)
        same = reading.document == self._files["M1", "invoice.xml"].read_bytes()
        figures = {
            "fields": len(reading.fields),
            "bytes": len(reading.document or b""),
            "read_in_block": reading.block,
        }
        self._tell(
            "L2 reads what M1 granted, and the read stands on the ledger",
            same and reading.fields["fact.total"] == receipt.values["fact.total"],
            figures,
        )

    def shredded(self) -> None:
        """M4 destroys the secret of its machine log; the anchor stays."""
        owner = self._org("M4")
        kept = self._receipts["M4", "machine.xml"]
        row = sharing.own_asset(self._i, owner, str(kept))
        block = sharing.shred(self._i, owner, row)
        readable = True
        try:
            sharing.own_receipt(self._i, owner, row.asset_id)
        except LookupError:
            readable = False
        except Exception as error:  # noqa: BLE001 (the refusal is the point)
            readable = getattr(error, "code", "") != "SHREDDED"
        anchored = self._verify("M4", "machine.xml").check(Code.REGISTRATION).verdict
        figures = {"block": block, "disclosable": readable, "registration": anchored.value}
        self._tell(
            "A shredded asset can be disclosed no more, and is still anchored",
            not readable and anchored is Verdict.VALID,
            figures,
        )

    def audit(self) -> None:
        """Everything from block 0, from the ledger alone."""
        started = time.monotonic()
        result = audit(self._i.ledger)
        seconds = round(time.monotonic() - started, 2)
        figures = {
            "verdict": result.verdict.value,
            "blocks": result.to_block + 1,
            "batches": result.batches,
            "assets": result.assets,
            "pledges": result.pledges,
            "findings": len(result.findings),
            "seconds": seconds,
        }
        self._tell("The auditor re-derives the ledger from block 0", result.verdict is Verdict.VALID, figures)

    def core_enterprises(self) -> None:
        """Who signed what: of all transactions on the ledger, those of the core enterprises."""
        core = {keccak(f"CN-USCC:{number}".encode()) for number, _ in world.BUYERS.values()}
        signers = _signers(self._i.ledger)
        signed = sum(count for org, count in signers.items() if org in core)
        self.story.core_enterprise_transactions = signed
        figures = {
            "transactions": sum(signers.values()),
            "by_core_enterprises": signed,
            "core_enterprises_named_in_papers": len(core),
        }
        self._tell("The core enterprises signed nothing", signed == 0, figures)

    # --- what the steps share

    def _tell(self, name: str, ok: bool, figures: dict[str, Any]) -> None:
        step = Step(name, ok, figures)
        self.story.steps.append(step)
        self._shown(step)

    def _write(self, folder: str, papers: dict[str, bytes]) -> Path:
        place = self._papers / folder
        place.mkdir(parents=True, exist_ok=True)
        for name, content in papers.items():
            (place / name).write_bytes(content)
        return place

    def _keep(self, short: str, outcome: certifying.Outcome) -> None:
        for asset in outcome.assets:
            self._receipts[short, asset.path.name] = asset.receipt
            self._files[short, asset.path.name] = asset.path

    def _sign(self, file: Path, signer: str, role: str, issuer: str) -> None:
        sharing.sign_file(
            self._keys.seed(signer, role), file, self._org(issuer).id, role, instant(self._i.now())
        )

    def _count_links(self, short: str) -> int:
        names = [name for owner, name in self._receipts if owner == short]
        return sum(path.startswith("link.") for name in names for path in self._own(short, name).values)

    def _own(self, short: str, name: str) -> Any:
        return sharing.own_receipt(self._i, self._org(short), str(self._receipts[short, name]))

    def _verify(self, short: str, name: str, file: Path | None = None) -> Report:
        reading = verifying.reading_of(file or self._files[short, name])
        return verifying.of_installation(self._i).verify(
            evidence.load_receipt(self._receipts[short, name]), reading
        )

    def _pledge_to(self, lender: str, debtor: str, receipts: list[Path]) -> pledging.Pledged:
        whole = [sharing.own_receipt(self._i, self._org(debtor), str(path)) for path in receipts]
        made = pledging.make_offer(self._i, self._org(debtor), self._org(lender).id, whole)
        return pledging.pledge(self._i, self._org(lender), made, verifying.of_installation(self._i))

    def _gas_of(self, transaction: bytes) -> int:
        receipt = self._i.ledger.chain.rpc.call("eth_getTransactionReceipt", hex32(transaction))
        return int(receipt["gasUsed"], 16)


def _outsider() -> Organisation:
    return Organisation("X1", "CN-USCC:91500000000000617X", "众信贸易")


def _signers(ledger: Ledger) -> Counter[bytes]:
    """Transactions on the ledger by the organisation whose account signed them (zero: none's, such as the deployer's)."""
    pinned = ledger.pin()
    blocks = ledger.chain.rpc.batch(
        [("eth_getBlockByNumber", (hex(at), True)) for at in range(1, pinned.number + 1)]
    )
    senders = [transaction["from"].lower() for block in blocks for transaction in block["transactions"]]
    relayed = [
        event.signer for event in events(ledger, 0, pinned, ["forwarder"]) if isinstance(event, Forwarded)
    ]
    accounts = sorted({*senders, *relayed})
    keys = ledger.read([ledger.membership.key(account_key_id(account)) for account in accounts], pinned)
    org = {account: key.org for account, key in zip(accounts, keys, strict=True)}
    return Counter(org[account] for account in (*senders, *relayed))
