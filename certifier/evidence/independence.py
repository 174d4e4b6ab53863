"""Independence (F20, check 12): for six claims, which share of the value somebody outside the issuer's control group stands behind.

Outside is by control group: a carrier that shares the firm's bank account is no outsider. Weak words are counted as PRODUCT counts
them, and docs/evidence.md says which: an e-fapiao number of due form, a bank's statement that the firm itself hands in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from certifier.evidence.case import Case, Measure
from certifier.evidence.finding import AMBER, Code, Finding
from certifier.evidence.numbers import ratio, ratio_text
from certifier.evidence.quantities import SELF_BILLED
from certifier.evidence.records import Invoice, Lot

__all__ = ["CLAIMS", "Claim", "Independence", "independence"]

CLAIMS = ("ORDERED", "MADE", "CONFORMS", "MOVED", "OWED", "PAID-BEFORE")


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim: its weight, the value attested from outside over the value in all, and by which papers. None: nothing to attest."""

    name: str
    weight: Decimal
    attested: Decimal
    total: Decimal
    assets: tuple[bytes, ...]

    @property
    def share(self) -> Decimal | None:
        """ext of PRODUCT 2.4."""
        return ratio(self.attested / self.total) if self.total else None


@dataclass(frozen=True, kw_only=True)
class Independence(Measure):
    """F20 as `index`; `groups`: the control groups outside the firm's that signed any of its papers."""

    claims: tuple[Claim, ...]
    index: Decimal | None
    groups: tuple[str, ...]


def independence(case: Case) -> Independence:
    """The six claims over W."""
    billed = [one for one in case.sales if case.inside(one.day) and one.type_code != SELF_BILLED]
    lots = [lot for lot in case.lots.values() if lot.produced and case.inside(lot.last)]
    weights = _weights(case)
    claims = tuple(
        Claim(name, weights[name], attested, total, tuple(sorted(assets)))
        for name, (attested, total, assets) in zip(
            CLAIMS,
            (
                _ordered(case, billed),
                _made(case, lots),
                _conforms(case, lots),
                _moved(case, billed),
                _owed(billed),
                _paid_before(case, billed),
            ),
            strict=True,
        )
    )
    known = [one for one in claims if one.share is not None]
    weight = sum((one.weight for one in known), Decimal(0))
    index = ratio(sum((one.weight * (one.share or 0) for one in known), Decimal(0)) / weight) if billed and weight else None  # fmt: skip
    judged = frozenset(asset for one in billed for asset in one.assets).union(*(one.assets for one in claims))
    findings = tuple(_low(case, claims, index))
    return Independence(findings=findings, judged=judged, claims=claims, index=index, groups=_groups(case))


def _weights(case: Case) -> Mapping[str, Decimal]:
    policy = case.policy
    each = (
        *(policy.weight_ordered, policy.weight_made, policy.weight_conforms),
        *(policy.weight_moved, policy.weight_owed, policy.weight_paid),
    )
    return dict(zip(CLAIMS, each, strict=True))


def _groups(case: Case) -> tuple[str, ...]:
    signed = {org for paper in case.own for org in case.witnesses.get(paper.asset_id, ())}
    return tuple(sorted({case.groups.of(case.directory.organisation(org)) for org in signed}))


_Sum = tuple[Decimal, Decimal, set[bytes]]


def _over(values: Iterable[tuple[Decimal, Iterable[bytes]]]) -> _Sum:
    """(attested, total, attesting assets) of (value, the assets that attest it)."""
    attested, total, found = Decimal(0), Decimal(0), set[bytes]()
    for value, assets in values:
        total += value
        by = set(assets)
        attested += value if by else 0
        found |= by
    return attested, total, found


def _outside(case: Case, assets: Iterable[bytes]) -> list[bytes]:
    return [asset for asset in assets if asset in case.witnesses]


def _ordered(case: Case, billed: Iterable[Invoice]) -> _Sum:
    """An order that somebody outside signed."""
    return _over(
        (
            one.total,
            [a for n in one.orders & case.orders.keys() for a in _outside(case, case.orders[n].assets)],
        )
        for one in billed
    )


def _value(case: Case, lot: Lot) -> Decimal:
    """A lot at its order's price; by pieces where no order prices it."""
    prices = [
        line.price for number in sorted(lot.orders & case.orders.keys()) for line in case.orders[number].lines
        if line.item == lot.product and line.price is not None
    ]  # fmt: skip
    return (lot.produced or Decimal(0)) * (prices[0] if prices else Decimal(1))


def _made(case: Case, lots: Iterable[Lot]) -> _Sum:
    """Work orders or machine logs that somebody outside signed: a device key of the firm's own is the firm."""
    logs: dict[bytes, list[bytes]] = {}
    for paper in case.own:
        for target in paper.linked("measures"):
            logs.setdefault(target, []).append(paper.asset_id)
    return _over(
        (
            _value(case, lot),
            _outside(case, (*lot.assets, *(log for asset in lot.assets for log in logs.get(asset, ())))),
        )
        for lot in lots
    )


def _conforms(case: Case, lots: Iterable[Lot]) -> _Sum:
    """An inspection body's report on the lot."""

    def reports(lot: Lot) -> Iterator[bytes]:
        for one in case.reports(lot):
            if one.outside:
                yield from one.assets

    return _over((_value(case, lot), reports(lot)) for lot in lots)


def _moved(case: Case, billed: Iterable[Invoice]) -> _Sum:
    """A delivery that a carrier, or the buyer, signed."""
    return _over(
        (
            one.total,
            [
                a for n in one.despatches & case.deliveries.keys() if case.deliveries[n].witnesses
                for a in _outside(case, case.deliveries[n].assets)
            ],
        )
        for one in billed
    )  # fmt: skip


def _owed(billed: Iterable[Invoice]) -> _Sum:
    """The tax authority's seal or number."""
    return _over((one.total, one.assets if one.sealed else ()) for one in billed)


def _paid_before(case: Case, billed: Iterable[Invoice]) -> _Sum:
    """A bank's record that the buyer's group paid an earlier invoice before this one was written."""
    numbers = {one.number: one for one in case.sales}
    earlier = [
        p for p in case.payments
        if p.bank and p.payee == case.firm and p.reference in numbers and not case.groups.same(p.payer, case.firm)
    ]  # fmt: skip

    def paid(one: Invoice) -> Iterator[bytes]:
        for payment in earlier:
            if payment.day <= one.day and case.groups.same(payment.payer, one.buyer):
                yield from payment.assets
                return

    return _over((one.total, paid(one)) for one in billed)


def _low(case: Case, claims: Iterable[Claim], index: Decimal | None) -> Iterator[Finding]:
    """Little said from outside, or deliveries of which most have no carrier's word; whose papers they are is named."""
    policy = case.policy
    billed = [one for one in case.sales if case.inside(one.day) and one.type_code != SELF_BILLED]
    sent = [one for one in billed if not one.despatches.isdisjoint(case.deliveries.keys())]
    carried, value, _ = _moved(case, sent)
    if index is None:
        return
    known = 2 * value >= sum(
        (one.total for one in billed), Decimal(0)
    )  # a young history is not yet a low one
    if not (known and index < policy.independence_amber) and carried >= value * policy.moved_amber:
        return
    signed = ratio_text(carried / value * 100, 0) if value else "0"
    told = f"a carrier outside the firm's control signed for {signed} per cent of what it delivered; independence is {ratio_text(index, 2)} of 1"
    numbers = {"index": ratio_text(index)} | {one.name: ratio_text(one.share) for one in claims if one.share is not None}  # fmt: skip
    silent = {asset for one in billed for asset in _silent(case, one)} or {
        a for one in billed for a in one.assets
    }
    yield Finding(Code.INDEPENDENCE, AMBER, told, numbers, tuple(sorted(silent)))


def _silent(case: Case, invoice: Invoice) -> Iterable[bytes]:
    """The deliveries of an invoice that no carrier signed; the invoice itself where none is certified."""
    moved = [case.deliveries[n] for n in invoice.despatches & case.deliveries.keys()]
    if not moved:
        return invoice.assets
    return [asset for delivery in moved if not delivery.witnesses for asset in delivery.assets]
