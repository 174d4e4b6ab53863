"""Pledges, shares and grants as the auditor rebuilds them: Σ live and burned shares ≤ 10,000 for each fingerprint."""

from __future__ import annotations

from dataclasses import dataclass, field

from certifier.audit.assets import Assets
from certifier.audit.members import PARTICIPANT, Members
from certifier.audit.report import Findings
from ledger.access import grant_id
from ledger.chain import Block
from ledger.connection import Ledger
from ledger.events import AnyEvent, Claimed, Closed, Ended, Granted, Pledged, Read, Shredded
from ledger.membership import Role
from ledger.pledges import WHOLE, Claim, Lien, Offer, Status

__all__ = ["Grants", "Pledges"]


@dataclass
class _Pledge:
    event: Pledged
    opened_at: int
    claims: list[Claim] = field(default_factory=list)
    status: Status = Status.LIVE

    def offer(self) -> Offer:
        event = self.event
        return Offer(
            event.debtor, event.lender, tuple(self.claims), event.accept_by, event.expires_at, event.terms
        )


class Pledges:
    """State after the events so far."""

    def __init__(
        self, ledger: Ledger, at: Block, members: Members, assets: Assets, findings: Findings
    ) -> None:
        self._registries = {one.address: one for one in ledger.registries(at)}
        self._members, self._assets, self._findings = members, assets, findings
        self._pledges: dict[bytes, _Pledge] = {}
        self._liens: dict[tuple[bytes, bytes], Lien] = {}

    @property
    def count(self) -> int:
        """Pledges ever made."""
        return len(self._pledges)

    def apply(self, event: AnyEvent, time: int) -> None:
        """One event of PledgeRegistry, in a block of that time."""
        match event:
            case Pledged():
                self._open(event, time)
            case Claimed():
                self._claim(event)
            case Closed():
                self._close(event, time)

    def _open(self, event: Pledged, time: int) -> None:
        registry = event.at.contract
        for org, role, word in (
            (event.debtor, Role.ENTERPRISE, "debtor"),
            (event.lender, Role.LENDER, "lender"),
        ):
            if fault := self._members.fault(org, role, registry):
                self._findings.add("PARTY", f"a pledge whose {word} may not: {fault}", event.at, org=org)
        if not time <= event.accept_by or not time < event.expires_at:
            self._findings.add(
                "PLEDGE", "a pledge outside of its offer's times", event.at, pledge=event.pledge_id
            )
        if event.pledge_id in self._pledges:
            self._findings.add("PLEDGE", "an offer was accepted twice", event.at, pledge=event.pledge_id)
        self._pledges[event.pledge_id] = _Pledge(event, time)

    def _claim(self, event: Claimed) -> None:
        pledge = self._pledges.get(event.pledge_id)
        if pledge is None or pledge.event.at.transaction != event.at.transaction:
            self._findings.add("PLEDGE", "a claim without its pledge", event.at, pledge=event.pledge_id)
            return
        pledge.claims.append(Claim(event.fingerprint, event.share))
        debtor = pledge.event.debtor
        if not self._assets.name(debtor, event.root, event.asset_id) or not self._assets.good(
            debtor, event.asset_id
        ):
            text = "a claim on an asset that was not registered, or not in good standing"
            self._findings.add("NOT_IN_BATCH", text, event.at, asset=event.asset_id, root=event.root)
        self._take(event, debtor)

    def _take(self, event: Claimed, debtor: bytes) -> None:
        before = self._liens.get((debtor, event.fingerprint), Lien(0, 0))
        after = Lien(before.taken + event.share, before.count + 1)
        if not event.share >= 1 or after.taken > WHOLE:
            text = f"{after.taken} parts of 10,000 are taken"
            self._findings.add("SHARES", text, event.at, debtor=debtor, fingerprint=event.fingerprint)
        if event.rank != after.count:
            text = f"a claim of rank {event.rank} that is number {after.count}"
            self._findings.add("RANK", text, event.at, fingerprint=event.fingerprint)
        self._liens[debtor, event.fingerprint] = after

    def _close(self, event: Closed, time: int) -> None:
        pledge = self._pledges.get(event.pledge_id)
        if pledge is None or pledge.status is not Status.LIVE or event.status <= Status.LIVE:
            self._findings.add(
                "PLEDGE", "an end of a pledge that was not live", event.at, pledge=event.pledge_id
            )
            return
        if event.status is Status.EXPIRED and time < pledge.event.expires_at:
            self._findings.add("PLEDGE", "a pledge expired before its time", event.at, pledge=event.pledge_id)
        pledge.status = event.status
        if not event.status.holds:
            self._free(pledge)

    def _free(self, pledge: _Pledge) -> None:
        for claim in pledge.claims:
            key = (pledge.event.debtor, claim.fingerprint)
            self._liens[key] = Lien(self._liens[key].taken - claim.share, self._liens[key].count)

    def compare(self, ledger: Ledger, at: Block) -> None:
        """Recomputes every pledge's id from its offer, and holds pledges and liens against the contract."""
        for pledge_id, pledge in self._pledges.items():
            if self._registries[pledge.event.at.contract].pledge_id(pledge.offer()) != pledge_id:
                text = "the pledge's id is not the digest of its offer"
                self._findings.add("PLEDGE", text, pledge.event.at, pledge=pledge_id)
        calls = [
            self._registries[pledge.event.at.contract].pledge_of(pledge_id)
            for pledge_id, pledge in self._pledges.items()
        ]
        for (pledge_id, pledge), told in zip(self._pledges.items(), ledger.read(calls, at), strict=True):
            if (told.status, told.opened_at) != (pledge.status, pledge.opened_at):
                self._findings.add(
                    "STATE_DIFFERS", "a pledge stands otherwise in the contract", pledge=pledge_id
                )
        opening = ledger.registries(at)[-1]
        liens = [opening.lien(debtor, fingerprint) for debtor, fingerprint in self._liens]
        for (key, lien), told in zip(self._liens.items(), ledger.read(liens, at), strict=True):
            if told != lien:
                text = f"{lien.count} liens of {lien.taken} parts in the logs, {told.count} of {told.taken} in the contract"
                self._findings.add("STATE_DIFFERS", text, debtor=key[0], fingerprint=key[1])


class Grants:
    """The access log: every statement by somebody who may make it, every grant's id its own."""

    def __init__(self, ledger: Ledger, members: Members, findings: Findings) -> None:
        self._registry, self._members, self._findings = ledger.access.address, members, findings

    def apply(self, event: AnyEvent) -> None:
        """One event of AccessLog."""
        match event:
            case Granted():
                self._grant(event)
            case Read():
                if fault := self._members.fault(event.org, PARTICIPANT, self._registry):
                    self._findings.add(
                        "GRANT", f"a read by somebody who may not: {fault}", event.at, org=event.org
                    )
            case Ended() | Shredded():
                if not self._members.known(event.org):
                    text = "a statement of an organisation that was never admitted"
                    self._findings.add("GRANT", text, event.at, org=event.org)

    def _grant(self, event: Granted) -> None:
        own = grant_id(event.owner, event.grantee, event.scope, event.wraps, event.expires_at)
        fault = self._members.fault(event.owner, PARTICIPANT, self._registry)
        if own != event.grant_id or fault or not self._members.known(event.grantee):
            text = fault or "its id or its grantee is wrong"
            self._findings.add("GRANT", f"a grant that cannot be: {text}", event.at, grant=event.grant_id)
