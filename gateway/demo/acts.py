"""What happens between the firms and their lenders while the weeks go by: pledges, a correction, one receivable offered twice, an application.

Acts and their papers come from the world's manifest. What a second lender sees never names the first, its amount or its terms.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from certifier.verify import Check, Code, Verdict
from gateway.demo import lending
from gateway.demo.stage import Figures, Seen, Stage, Step
from gateway.demo.world import Act
from ledger.types import keccak

__all__ = ["STEPS"]


def pledge(stage: Stage, act: Act) -> Iterator[Step]:
    """A firm offers receivables, its lender verifies, pledges, and verifies again once the pledge is final."""
    says = act.says
    made = stage.offer(says["debtor"], says["lender"], act.files, days=says["days"], terms=_terms(says))
    done = stage.pledge(says["lender"], made)
    lines = len(act.files)
    stage.gas["pledge_per_line"] = min(
        round(done.gas / lines, 1), stage.gas.get("pledge_per_line", float("inf"))
    )
    figures = {
        "lines": lines,
        "collateral": f"{_total(stage, act.files):.2f}",
        "loan": says["amount"],
        "gas_per_line": round(done.gas / lines),
        "lien_once_final": done.lien.value,
    }
    yield Step(
        f"{act.day}: {says['debtor']} pledges to {says['lender']}, who verifies before and after",
        done.lien is Verdict.VALID,
        figures,
    )


def correct(stage: Stage, act: Act) -> Iterator[Step]:
    """A pledged invoice is corrected in red: the issuer may always do it, and it loosens no lien."""
    note, invoice = act.files
    link = stage.own(note).values["link.corrects.0001"]
    pledged = next(other for other in stage.world.acts if other.name == "pledge" and invoice in other.files)
    worth, less = _total(stage, pledged.files), _total(stage, [note])
    liens = {lender: stage.verify(invoice, lender).check(Code.LIEN).verdict for lender in ("L1", "L2")}
    figures = {
        "correction": f"{less:.2f}",
        "collateral_before": f"{worth:.2f}",
        "collateral_after": f"{worth + less:.2f}",
        "seen_by_its_lender": liens["L1"].value,
        "seen_by_another": liens["L2"].value,
    }
    ok = link == stage.certified[invoice].asset_id and -less == Decimal(act.says["amount"])
    yield Step(
        f"{act.day}: {act.says['debtor']} corrects a pledged invoice in red: allowed, and the lien stays",
        ok and liens == {"L1": Verdict.VALID, "L2": Verdict.INVALID},
        figures,
    )


def offer_again(stage: Stage, act: Act) -> Iterator[Step]:
    """The receivable that one lender has is offered to another, in every guise."""
    spaced, retyped, altered, order = act.files
    day, debtor, lender = act.day, act.says["debtor"], act.says["lender"]
    yield Step(
        f"{day}: {debtor} offers the pledged invoice to {lender}: refused by its check, and by the contract had it not looked",
        *_refused(stage, act, act.says["over"]),
    )
    yield Step(f"{day}: the same invoice in other bytes is refused", *_refused(stage, act, spaced))
    yield Step(f"{day}: the same invoice over another amount is refused", *_refused(stage, act, altered))
    yield Step(
        f"{day}: retyped with one digit changed, it looks alike, and its seal is broken",
        *_alike(stage, act, retyped),
    )
    yield Step(f"{day}: the order behind it shows as a loose match", *_alike(stage, act, order))


def apply(stage: Stage, act: Act) -> Iterator[Step]:
    """A firm whose papers contradict one another applies to both lenders."""
    says = act.says
    yield Step(
        f"{act.day}: {says['debtor']} applies for a loan, and both lenders decline",
        *lending.declined(stage, act),
    )


STEPS: Mapping[str, Callable[[Stage, Act], Iterator[Step]]] = {
    "pledge": pledge,
    "declare-invalid-in-part": correct,
    "offer": offer_again,
    "apply": apply,
}
"""By the name of the act; one of the world's last day comes with the story."""


def _refused(stage: Stage, act: Act, path: str) -> Seen:
    made = stage.offer(act.says["debtor"], act.says["lender"], [path])
    check, by_contract = stage.refusals(act.says["lender"], made)
    same = _exact(stage, path) == _exact(stage, act.says["over"])
    figures: Figures = {
        "lien": check.verdict.value if check else "VALID",
        "refused_by_contract": by_contract,
        "same_fingerprint": same,
        "names_the_first_lender": _names(stage, check),
    }
    refused = check is not None and (check.code, check.verdict) == (Code.LIEN, Verdict.INVALID)
    return refused and by_contract == "EncumberedError" and same and not figures[
        "names_the_first_lender"
    ], figures


def _alike(stage: Stage, act: Act, path: str) -> Seen:
    """A lender's own pledge stops at what looks alike: a person compares first."""
    made = stage.offer(act.says["debtor"], act.says["lender"], [path])
    check, _ = stage.refusals(act.says["lender"], made)
    seal = [notice.code for notice in stage.certified[path].warnings if notice.code.startswith("SEAL")]
    figures: Figures = {
        "lien": check.verdict.value if check else "VALID",
        "cause": check.cause.value if check and check.cause else None,
        "matches": sorted(check.evidence.get("matches", {})) if check else [],
        **({"seal": seal[0]} if seal else {}),
        "names_the_first_lender": _names(stage, check),
    }
    loose = check is not None and check.code is Code.LIEN and figures["cause"] == "LOOSE_MATCH"
    return loose and not figures["names_the_first_lender"], figures


def _names(stage: Stage, check: Check | None) -> bool:
    """Whether what the second lender is shown says anything of who was first."""
    shown = json.dumps(check.to_json(), ensure_ascii=False) if check else ""
    first = stage.org("L1")
    return any(word in shown for word in (first.hex, first.identifier, first.name))


def _exact(stage: Stage, path: str) -> str:
    return stage.own(path).values["fingerprint.exact"]


def _total(stage: Stage, paths: list[str]) -> Decimal:
    return sum((Decimal(stage.own(path).values["fact.total"].split()[0]) for path in paths), Decimal(0))


def _terms(says: Mapping[str, Any]) -> bytes:
    """The hash of what was agreed off the ledger."""
    agreed = {name: says[name] for name in ("loan", "product", "amount", "days")}
    return keccak(json.dumps(agreed, sort_keys=True).encode())
