"""What the whole ledger shows: a thousand papers in one transaction, the audit from block 0, and who signed what."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

from certifier.audit import audit
from certifier.verify import Verdict
from gateway.demo.stage import Seen, Stage
from gateway.service import certifying, evidence
from ledger.account import account_key_id
from ledger.connection import Ledger
from ledger.events import Forwarded, Registered
from ledger.replay import events
from ledger.types import hex32

__all__ = ["audited", "real_files", "signed_by_core_enterprises", "signers_of", "working_papers"]


def working_papers(stage: Stage) -> Seen:
    """The auditor notes down every asset that it finds on the ledger, and certifies its thousand notes in one transaction."""
    folder = stage.installation.home.root / "out" / "working-papers"
    folder.mkdir(parents=True, exist_ok=True)
    ledger = stage.installation.ledger
    log = events(ledger, 0, ledger.pin(), ["asset_registry"])
    found = [(event, asset) for event in log if isinstance(event, Registered) for asset in event.asset_ids]
    found = found[: certifying.BATCH_IDS]
    for number, (event, asset) in enumerate(found, 1):
        note = {"note": number, "asset": hex32(asset), "batch": hex32(event.root), "block": event.at.block}
        (folder / f"{number:04}.json").write_text(json.dumps(note) + "\n")
    started = time.monotonic()
    outcome = certifying.certify(stage.installation, stage.org("A1"), [folder], reader=stage.reader)
    took = time.monotonic() - started
    gas = round(stage.gas_of(outcome.batches[0].transaction) / len(outcome.assets), 1)
    stage.gas["register_per_asset"] = gas
    figures = {
        "documents": len(outcome.assets),
        "transactions": len(outcome.batches),
        "per_second": round(len(outcome.assets) / took),
        "gas_per_asset": gas,
    }
    return (len(outcome.assets), len(outcome.batches)) == (len(found), 1), figures


def real_files(stage: Stage, data: Path) -> Seen:
    """Whatever real files were given, as the auditor's: what each was recognised as, and which could not be read."""
    outcome = certifying.certify(stage.installation, stage.org("A1"), [data], reader=stage.reader)
    kinds = {}
    for asset in outcome.assets:
        values = evidence.load_receipt(asset.receipt).values
        kinds[asset.path] = f"{values['asset.kind']} ({values['asset.format']})"
    refused = {failed.path: f"refused: {failed.code}" for failed in outcome.errors}
    figures = {
        "certified": len(outcome.assets),
        "refused": len(outcome.errors),
        "kinds": dict(Counter(kinds.values()).most_common()),
        "files": {str(path.relative_to(data)): said for path, said in sorted((kinds | refused).items())},
    }
    return bool(outcome.assets), figures


def audited(stage: Stage) -> Seen:
    """Everything from block 0, from the ledger alone."""
    started = time.monotonic()
    result = audit(stage.installation.ledger)
    figures = {
        "verdict": result.verdict.value,
        "blocks": result.to_block + 1,
        "batches": result.batches,
        "assets": result.assets,
        "pledges": result.pledges,
        "findings": len(result.findings),
        "seconds": round(time.monotonic() - started, 2),
    }
    return result.verdict is Verdict.VALID, figures


def signed_by_core_enterprises(stage: Stage) -> Seen:
    """Of all transactions on the ledger, those of the buyers; `by_core_enterprises` is the demo's last word."""
    buyers = stage.world.organisations("buyer")
    signers = signers_of(stage.installation.ledger)
    signed = sum(signers[one.id] for one in buyers)
    figures = {
        "transactions": sum(signers.values()),
        "by_core_enterprises": signed,
        "core_enterprises_named_in_papers": len(buyers),
    }
    return signed == 0, figures


def signers_of(ledger: Ledger) -> Counter[bytes]:
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
