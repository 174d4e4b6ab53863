"""Checks 11 and 12: what the papers of one job say together, and who besides their issuer stands behind them.

Judged in a dossier only, from papers that are sound by themselves (`certifier.evidence` reckons; docs/evidence.md says what each
finding means). A red finding is INVALID, an amber one UNKNOWN `CONTRADICTED`: somebody should ask. Neither check is required.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from certifier.errors import MalformedDocumentError
from certifier.schema import PLEDGEABLE
from certifier.verify.report import Cause, Check, Code, Verdict
from certifier.verify.say import invalid, skipped, unknown, valid
from certifier.verify.subject import Job, Ledgered, Missing, Subject
from ledger.pledges import Status
from ledger.types import hex32

if TYPE_CHECKING:
    from certifier.evidence import Assessment, Attribute, Declaration, Finding
    from certifier.evidence import Paper as Evidence
    from certifier.verify.verifier import Given

__all__ = ["independence", "job_of", "plausibility"]

_ALONE = "what the papers of its job say together is judged where they are together: verify the dossier"
_SOUND = (
    Code.CONTENT,
    Code.COMMITMENT,
    Code.REGISTRATION,
    Code.ISSUER,
    Code.SIGNERS,
    Code.STANDING,
    Code.FACTS,
)
_NEEDS_DOCUMENT = frozenset({"machine-data", "inspection-report"})
_STANDING_BEHIND = frozenset({"INDEPENDENCE", "AFFILIATE"})


def plausibility(subject: Subject) -> Check:
    """11: dates, quantities, machine time, power and material of the job's papers can all be true."""
    code, job = Code.PLAUSIBILITY, subject.job
    if (early := _early(code, subject)) is not None:
        return early
    assert job is not None
    assessment = job.assessment
    findings = [one for one in assessment.about(subject.asset_id) if one.code not in _STANDING_BEHIND]
    if findings:
        return _found(code, findings)
    measures = [name for name in assessment.judged(subject.asset_id) if name != "independence"]
    if subject.kind in _NEEDS_DOCUMENT and subject.asset_id not in job.read:
        told = "its document was not given: what it says beyond its certified facts could not be compared"
        return unknown(code, Missing(Cause.NOT_GRANTED, told), compared=measures)
    if not measures:
        return skipped(code, "nothing in this job can be compared with it")
    said = ", ".join(name.replace("_", " ") for name in measures)
    told = f"it agrees with the other papers of its job: {said}"
    return valid(code, told, compared=measures, **_figures(assessment, subject.asset_id))


def independence(subject: Subject) -> Check:
    """12: how many organisations outside the issuer's control group signed, and what share of six claims they stand behind."""
    code, job = Code.INDEPENDENCE, subject.job
    if (early := _early(code, subject)) is not None:
        return early
    assert job is not None
    assessment = job.assessment
    findings = [one for one in assessment.about(subject.asset_id) if one.code in _STANDING_BEHIND]
    if findings:
        return _found(code, findings)
    outside = sorted(map(hex32, assessment.case.witnesses.get(subject.asset_id, ())))
    found, least = assessment.independence, assessment.case.policy.independence_amber
    claims = {one.name: str(one.share) for one in found.claims if one.share is not None}
    shown: dict[str, object] = {"signed_by": outside, "groups": len(found.groups), "claims": claims}
    shown |= {"index": str(found.index)} if found.index is not None else {}
    if outside:
        who = "organisation" if len(outside) == 1 else "organisations"
        return valid(code, f"signed by {len(outside)} {who} outside the issuer's control", **shown)
    if subject.kind not in PLEDGEABLE:
        return skipped(code, "its issuer's own word; who stands behind the job is said with its invoices")
    if found.index is None or found.index < least:
        told = f"{len(found.groups)} organisations outside the issuer's control signed in this job: too little to stand on"
        return unknown(code, Missing(Cause.NOT_GRANTED, told), **shown)
    told = f"{len(found.groups)} organisations outside the issuer's control stand behind its job; independence {found.index:.2f} of 1"
    return valid(code, told, **shown)


def _early(code: Code, subject: Subject) -> Check | None:
    """What is said without comparing anything: alone, without the ledger, or refused already."""
    if subject.job is None:
        return unknown(code, Missing(Cause.NOT_GRANTED, _ALONE))
    if isinstance(subject.ledgered, Missing):
        return unknown(code, subject.ledgered)
    if subject.asset_id not in subject.job.papers:
        return skipped(code, "not compared with other papers: another check does not hold")
    return None


def _found(code: Code, findings: Sequence[Finding]) -> Check:
    worst = max(findings, key=lambda one: one.red)
    others = len(findings) - 1
    told = worst.message + (f"; {others} more finding{'s' if others > 1 else ''}" if others else "")
    evidence = [one.to_json() for one in findings]
    if worst.red:
        return invalid(code, told, None, findings=evidence)
    return unknown(code, Missing(Cause.CONTRADICTED, told), findings=evidence)


def _figures(assessment: Assessment, asset_id: bytes) -> dict[str, object]:
    """The numbers behind VALID, where the asset has some of its own."""
    figures: dict[str, object] = {}
    loads = assessment.capacity.loads if assessment.capacity is not None else ()
    if ratios := [load.ratio for load in loads if asset_id in load.assets]:
        figures["capacity_ratio"] = str(max(ratios))
    for one in assessment.quantities.invoices:
        if asset_id in one.invoice.assets:
            figures["lacks"] = list(one.missing)
    return figures


def job_of(
    made: Iterable[tuple[Given, Ledgered | Missing, Sequence[Check]]], attributes: Sequence[Attribute]
) -> Job:
    """The papers of a dossier that are sound by their own checks, ready to be compared as of the day after the last of them."""
    papers: list[Evidence] = []
    read: set[bytes] = set()
    names: dict[bytes, list[str]] = {}
    pledged: set[bytes] = set()
    for one, ledgered, checks in made:
        if isinstance(ledgered, Missing) or not ledgered.batch.registered_at or not _sound(checks):
            continue
        paper = _evidence(one, ledgered)
        papers.append(paper)
        if paper.trace is not None:
            read.add(paper.asset_id)
        if (record := ledgered.record) is not None:
            names[record.org] = [record.identifier, *record.aliases]
        if any(claim.status is Status.LIVE for claim in ledgered.claims):
            pledged.add(paper.asset_id)

    def assess_(firm: bytes) -> Assessment:
        from certifier.evidence import DEFAULT, assess

        first, last = min(p.day for p in papers), max(p.day for p in papers)
        days = max(DEFAULT.window_days, (last - first).days + 1)
        return assess(
            papers, firm=firm, as_of=last + timedelta(days=1), names=names, attributes=attributes,
            pledged=pledged, policy=replace(DEFAULT, window_days=days),
        )  # fmt: skip

    issuer = papers[0].issuer if papers else b""
    return Job(frozenset(paper.asset_id for paper in papers), frozenset(read), lambda: assess_(issuer))


def _sound(checks: Sequence[Check]) -> bool:
    """Whether a paper may be compared: nothing about itself is refused, and its commitment and registration hold."""
    by_code = {check.code: check.verdict for check in checks}
    held = (Code.COMMITMENT, Code.REGISTRATION, Code.ISSUER, Code.STANDING)
    return all(by_code[code] is not Verdict.INVALID for code in _SOUND) and all(
        by_code[code] is Verdict.VALID for code in held
    )


def _evidence(given: Given, ledgered: Ledgered) -> Evidence:
    from certifier.evidence import of_receipt

    receipt, document = given.receipt, given.reading.document if given.reading is not None else None
    return of_receipt(
        receipt.asset_id,
        receipt.values,
        registered_at=ledgered.batch.registered_at,
        signers={key: found.key.org for key, found in ledgered.keys.items()},
        document=document,
        declared=_declared(given, receipt.values),
    )


def _declared(given: Given, values: Mapping[str, str]) -> Declaration | None:
    """What a plain JSON of ours declares, from the file itself; None where it is gone, or is not as it says."""
    from certifier.evidence import declaration

    reading = given.reading
    if (
        reading is None
        or values["asset.kind"] != "other"
        or values["content.media_type"] != "application/json"
    ):
        return None
    try:
        data = given.data if given.data is not None else reading.path.read_bytes()
        return declaration(data) if sha256(data).digest() == reading.sha256 else None
    except (OSError, MalformedDocumentError):
        return None
