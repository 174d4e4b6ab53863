"""From certified papers to credit: what the lenders offer, one firm that gets it, one that does not, and the decision recomputed.

Every figure is the decision's own. The manifest says what must come out, and for the firm that is granted a loan, to the cent.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from gateway.demo.stage import Seen, Stage
from gateway.demo.world import Act
from gateway.service import products
from gateway.service.applying import Order
from gateway.service.lending import Lending

__all__ = ["approved", "declined", "published", "replayed"]


def published(stage: Stage) -> Seen:
    """Each lender's products, proposed by one person and published by another."""
    offered = products.publish_defaults(stage.installation)
    lenders = {one.id: one.short for one in stage.installation.book.all()}
    figures = {
        one.code: f"{lenders[one.lender]}, {one.min_amount:,} to {one.max_amount:,}" for one in offered
    }
    return bool(offered), figures


def approved(stage: Stage) -> Seen:
    """M1 applies on its certified papers: nobody else does anything for it."""
    act = next(act for act in stage.world.acts if (act.name, act.says["debtor"]) == ("apply", "M1"))
    answer = _apply(stage, act)
    expected, known = act.says["expected"], stage.world.manifest["known_answers"]["M1"]
    seen = {
        "outcome": answer["outcome"],
        "amount": answer["amount"],
        "score": answer["score"],
        "grade": answer["grade"],
        "borrowing_base": answer["borrowing_base"]["total"],
        "need": answer["need"],
    }
    ok = (
        all(str(seen[name]) == str(expected[name]) for name in ("outcome", "score", "grade"))
        and Decimal(seen["amount"]) == Decimal(expected["amount"])
        and Decimal(seen["borrowing_base"]) == Decimal(known["base"])
        and Decimal(seen["need"]) == Decimal(known["need"])
    )
    best = answer["offers"][0] if answer["offers"] else {}
    offer = {name: best.get(name) for name in ("product", "simple_rate", "total_cost")}
    return ok, {
        **seen,
        **offer,
        "reasons": _codes(answer),
        "offers": len(answer["offers"]),
        **_latency(answer),
    }


def declined(stage: Stage, act: Act) -> Seen:
    """A firm applies to both lenders: its papers contradict one another, and neither says by which rule or whose."""
    answer = _apply(stage, act)
    outcomes = [one["outcome"] for one in answer["decisions"]]
    codes = _codes(answer)
    expected = act.says["expected"]
    ok = set(outcomes) == {expected["outcome"]} and set(expected["codes"]) <= set(codes)
    figures = {"outcome": answer["outcome"], "lenders": len(outcomes), "reasons": codes, **_latency(answer)}
    return ok and not answer["offers"], figures


def replayed(stage: Stage) -> Seen:
    """Both decisions again, from the ledger at their blocks and what was granted: nothing differs."""
    fresh = Lending(stage.installation)
    replays = [fresh.replay(one) for one in stage.decisions]
    figures = {
        "decisions": len(replays),
        "identical": sum(one.identical for one in replays),
        "anchored": sum(one.anchored for one in replays),
    }
    return bool(replays) and all(one.identical and one.anchored for one in replays), figures


def _apply(stage: Stage, act: Act) -> dict[str, Any]:
    """Read what has not been read yet, then one application, consent and decision."""
    lending, says = stage.lending, act.says
    applicant = stage.org(says["debtor"])
    with stage.progress(f"reading {applicant.short}'s papers", None) as advance:
        lending.prepare(applicant, advance)
    order = Order(Decimal(says["amount"]), says["days"], key=f"demo-{act.day}")
    answer = lending.apply(applicant, order, f"{applicant.short.lower()}-signatory")
    stage.decisions += [one["decision_id"] for one in answer["decisions"]]
    return answer


def _codes(answer: dict[str, Any]) -> list[str]:
    return [one["code"] for one in answer["reasons"]]


def _latency(answer: dict[str, Any]) -> dict[str, int]:
    return {"milliseconds": max(one["latency_ms"]["total"] for one in answer["decisions"])}
