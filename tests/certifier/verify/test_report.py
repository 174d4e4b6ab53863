"""The report: overall verdict by profile, as_of, what nobody verified, JSON, and reading before refusing never happens."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from certifier.documents import Reading
from certifier.receipt import DisclosedField
from certifier.schema import KINDS
from certifier.verify import Cause, Check, Code, Given, Report, Verdict, Verifier, worst
from certifier.verify.profiles import profile_of
from certifier.verify.verifier import BULK, _overall
from ledger.chain import Block
from ledger.types import hex32
from tests.certifier.verify.workshop import (
    SAMPLES,
    Workshop,
    alone,
    invoice,
    other,
    reading,
    sample,
    unknown,
)

ALWAYS = {1, 2, 3, 4, 5, 6}
WITH_FACTS = ALWAYS | {9}
REQUIRED = (
    dict.fromkeys(KINDS, WITH_FACTS)
    | {"other": ALWAYS}
    | dict.fromkeys(("invoice", "purchase-order"), WITH_FACTS | {7, 8})
)
VALID, INVALID, UNKNOWN, SKIPPED = Verdict.VALID, Verdict.INVALID, Verdict.UNKNOWN, Verdict.SKIPPED


@pytest.mark.parametrize("in_dossier", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_what_each_kind_requires(kind: str, in_dossier: bool) -> None:
    """One check at a time says something else than VALID, and what follows for the whole is the profile's."""
    required = REQUIRED[kind] | ({10} if in_dossier else set())
    for code, verdict in itertools.product(Code, Verdict):
        checks = [Check(one, verdict if one is code else VALID, "") for one in Code]
        expected = {
            INVALID: INVALID,
            UNKNOWN: UNKNOWN if code in required else VALID,
            SKIPPED: VALID,
            VALID: VALID,
        }[verdict]
        assert _overall(profile_of(kind), checks, in_dossier=in_dossier) is expected, (code, verdict)


def test_invalid_wins_over_unknown() -> None:
    for one, another in itertools.permutations(Code, 2):
        verdicts = {one: INVALID, another: UNKNOWN}
        checks = [Check(code, verdicts.get(code, VALID), "") for code in Code]
        assert _overall(profile_of("invoice"), checks, in_dossier=True) is INVALID


def test_nothing_but_skipped_establishes_nothing() -> None:
    assert (
        _overall(profile_of("other"), [Check(code, SKIPPED, "") for code in Code], in_dossier=False)
        is UNKNOWN
    )
    assert worst([]) is worst([SKIPPED]) is UNKNOWN
    assert worst([VALID, SKIPPED]) is VALID
    assert worst([VALID, UNKNOWN]) is UNKNOWN
    assert worst([UNKNOWN, INVALID, VALID]) is INVALID


@pytest.mark.parametrize(
    "name", [path.name for path in sorted(SAMPLES.iterdir()) if path.suffix in (".xml", ".qif")]
)
def test_every_sample_is_valid_with_its_document(shop: Workshop, name: str) -> None:
    paper = shop.certify(sample(name), numbers=[])
    report = shop.verify(paper)
    if "fact.seller_id" in paper.values and paper.values["asset.kind"] in ("invoice", "purchase-order"):
        assert report.check(Code.FINGERPRINT).cause is Cause.NOT_SUPPLIED
    else:
        assert report.verdict is VALID


def test_as_of_and_business_time(shop: Workshop) -> None:
    """The report's time is the pinned block's, years from the wall clock's, and moves with the ledger alone."""
    paper = shop.certify(other())
    first, block = shop.verify(paper), shop.world.pin()
    assert first.as_of is not None
    assert first.as_of.to_json() == {
        "chain_id": shop.descriptor.chain_id,
        "genesis": hex32(shop.descriptor.genesis),
        "number": block.number,
        "hash": hex32(block.hash),
        "time": datetime.fromtimestamp(block.timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "finality": "immediate",
    }
    shop.clock.advance(40 * 365 * 86_400)
    assert shop.verify(paper).to_json() == first.to_json()
    shop.certify(other())
    later = shop.verify(paper)
    shop.clock.advance(-40 * 365 * 86_400)
    assert later.as_of is not None
    assert int(later.as_of.time[:4]) == int(first.as_of.time[:4]) + 40
    assert [check.to_json() for check in later.checks] == [check.to_json() for check in first.checks]


def test_where_the_registration_is_to_be_looked_for(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    hint = paper.receipt.hint
    assert hint is not None
    named = shop.verify(paper).check(Code.REGISTRATION).evidence["receipt_names"]
    assert named == {"block": hint.block, "transaction": hex32(hint.transaction)}
    bare = shop.verify(replace(paper.receipt, hint=None))
    assert "receipt_names" not in bare.check(Code.REGISTRATION).evidence


def test_an_earlier_block_is_read_as_it_was(shop: Workshop) -> None:
    """What happened after it changes nothing; a block that is not there yet, or is another chain's, is said to be so."""
    paper = shop.certify(invoice())
    block, before = shop.world.pin(), shop.verify(paper)
    shop.pledge(paper)
    assert shop.verify(paper).check(Code.LIEN).verdict is Verdict.INVALID

    def at(pinned: Block) -> Report:
        return Verifier(shop.descriptor, [shop.node], shop.store, at=pinned).verify(
            paper.receipt, reading(paper.data)
        )

    assert at(block).to_json() == before.to_json()
    for pinned, cause in (
        (replace(block, number=block.number + 99), Cause.NOT_FINAL),
        (replace(block, hash=bytes(32)), Cause.CONTRADICTED),
    ):
        check = at(pinned).check(Code.REGISTRATION)
        assert (check.verdict, check.cause) == (UNKNOWN, cause)


def test_what_nobody_verified(shop: Workshop) -> None:
    always = {"OTHER_LEDGERS", "STATUTORY_REGISTRY", "GOODS", "NODE"}
    paper = shop.certify(invoice())
    told = [item.code for item in shop.verify(paper).not_verified]
    assert set(told) == always | {"PLAUSIBILITY", "INDEPENDENCE"}
    told = [item.code for item in shop.verify(paper, None, nodes=[]).not_verified]
    assert set(told) > always | {"FACTS", "LIEN", "REGISTRATION"}
    refused = shop.verify(replace(paper.receipt, ledger=replace(paper.receipt.ledger, chain_id=1)))
    assert {item.code for item in refused.not_verified} > always
    assert refused.asset_id == paper.receipt.asset_id_hex


def test_the_documents_json(shop: Workshop) -> None:
    report = shop.verify(shop.certify(invoice()))
    document = json.loads(json.dumps(report.to_json()))
    assert document["verdict"] == "VALID"
    assert [check["number"] for check in document["checks"]] == list(range(1, 13))
    assert all(set(check) == CHECK_MEMBERS for check in document["checks"])
    assert all(check["message"] for check in document["checks"])


CHECK_MEMBERS = {"number", "code", "verdict", "cause", "message", "evidence"}


def test_every_unknown_has_a_cause(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    for report in (shop.verify(paper, None, nodes=[]), shop.verify(paper.receipt.redact([]), None, nodes=[])):
        assert all(check.cause for check in report.checks if check.verdict is UNKNOWN)


def test_streaming_says_the_same(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    *checks, report = shop.verifier().stream(paper.receipt)
    assert isinstance(report, Report)
    assert tuple(checks) == report.checks
    assert report == shop.verify(paper, None)
    *checks, report = shop.verifier().stream(
        replace(paper.receipt, ledger=replace(paper.receipt.ledger, chain_id=1))
    )
    assert isinstance(report, Report)
    assert tuple(checks) == report.checks


def test_a_hostile_receipt_spoils_no_other(shop: Workshop) -> None:
    """In bulk: refused ones, never registered ones and those that name strange keys leave their neighbours alone."""
    good = [shop.certify(invoice()) for _ in range(3)]
    strange = shop.certify(
        other(), change={"signer.0001.key": "0x" + "00" * 31 + "01", "signer.0001.role": "witness"}
    )
    unregistered = shop.certify(other(), register=False)
    elsewhere = replace(good[0].receipt, ledger=replace(good[0].receipt.ledger, chain_id=1))
    receipts = [
        elsewhere,
        good[0].receipt,
        strange.receipt,
        good[1].receipt,
        unregistered.receipt,
        good[2].receipt,
    ]
    reports = list(shop.verifier().verify_many([Given(receipt) for receipt in receipts]))
    verdicts = [report.verdict for report in reports]
    assert verdicts == [INVALID, UNKNOWN, INVALID, UNKNOWN, INVALID, UNKNOWN]  # without documents
    assert [reports[at] for at in (1, 3, 5)] == [shop.verify(paper, None) for paper in good]


def test_receipts_of_one_asset_in_one_bulk(shop: Workshop) -> None:
    """Redacted, whole, and with another fingerprint written into it: each is judged by what it shows itself."""
    paper = shop.certify(invoice())
    shop.pledge(paper)
    clean = shop.certify(invoice()).values["fingerprint.exact"]
    fields = tuple(
        field._replace(value=clean) if field.path == "fingerprint.exact" else field
        for field in paper.receipt.fields
    )
    forged, bare = replace(paper.receipt, fields=fields), paper.receipt.redact([])
    for receipts in itertools.permutations([paper.receipt, forged, bare]):
        reports = shop.verifier().verify_many([Given(receipt) for receipt in receipts])
        for receipt, report in zip(receipts, reports, strict=True):
            same = shop.verify(receipt, None)
            assert report == same
            if receipt is paper.receipt:
                assert (report.check(Code.LIEN).verdict, report.check(Code.LIEN).cause) == (INVALID, None)


def test_bulk_asks_in_a_few_round_trips(shop: Workshop) -> None:
    papers = [shop.certify(other()) for _ in range(5)]
    with shop.hostile() as (liar, node):
        list(shop.verifier([node]).verify_many([Given(papers[0].receipt)]))
        asked = len(liar.asked)
        list(shop.verifier([node]).verify_many([Given(paper.receipt) for paper in papers]))
        # a block, and a batch, a standing and no lien a receipt; issuer, account and fingerprint key once
        assert len(liar.asked) - asked <= 1 + 2 * len(papers) + 5


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("content.bytes", "1e3"),
        ("content.bytes", "9" * 6_000),
        ("content.bytes", "１２"),
        ("content.bytes", "-1"),
        ("content.cid", "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG"),
        ("content.sha256", "0xAB"),
        ("asset.version", "2"),
        ("asset.issued_at", "yesterday"),
        ("asset.schema", "assetcert/other/1"),
        ("fingerprint.exact", "0x00"),
        ("fingerprint.loose.order", "none"),
        ("fact.total", "6689.60"),
        ("signer.0001.key", "no key"),
        ("signer.0001.role", "notary"),
        ("signer.0001.signature", "A"),
        ("signer.0001.signed_at", "2026-07-14"),
        ("link.bills.0001", "PO-1"),
    ],
)
def test_a_value_against_its_schema_is_refused_before_the_network(
    shop: Workshop, path: str, value: str
) -> None:
    """Certified like that by the issuer: every digest is right, and no node, store or document is asked."""
    data = invoice()
    signed = shop.statement(data, "M2", publish=False)
    paper = shop.certify(
        data, signers=[signed], links=[("bills", bytes(32))], change={path: value}, register=False
    )
    with shop.hostile() as (liar, node):
        liar.asked.clear()
        report = shop.verify(paper, nodes=[node])
        assert not liar.asked
    assert report.verdict is report.check(Code.COMMITMENT).verdict is INVALID
    assert path in report.check(Code.COMMITMENT).message
    assert report.as_of is None


def test_a_reading_that_never_happened(shop: Workshop) -> None:
    """The file was not there, or was only hashed: nothing is established, and nothing raises."""
    paper = shop.certify(invoice())
    verifier = shop.verifier()
    gone = Reading(SAMPLES / "gone", None, None, None, None)
    unknown(verifier.verify(paper.receipt, gone), Cause.UNREACHABLE, Code.CONTENT, Code.FACTS)
    hashed = Reading(
        SAMPLES / "x", bytes.fromhex(paper.values["content.sha256"][2:]), len(paper.data), None, None
    )
    alone(verifier.verify(paper.receipt, hashed), Code.FACTS, UNKNOWN, Cause.UNREACHABLE)


def test_a_kind_that_there_is_not(shop: Workshop) -> None:
    """No receipt from a file gets so far: `parse` refuses it."""
    paper = shop.certify(other())
    fields = tuple(
        field._replace(value="spaceship") if field.path == "asset.kind" else field
        for field in paper.receipt.fields
    )
    unheard = replace(paper.receipt, fields=fields)
    verifier = shop.verifier()
    assert verifier.verify(unheard).verdict is INVALID
    assert [report.verdict for report in verifier.verify_dossier([Given(unheard)])] == [INVALID]


def test_a_node_of_another_descriptor_is_a_mistake(shop: Workshop) -> None:
    with pytest.raises(ValueError, match="another descriptor"):
        Verifier(replace(shop.descriptor, confirmations=1), [shop.node], None)


def test_hidden_values_only(shop: Workshop) -> None:
    """Digests alone, as no parsed receipt has them: the verifier never says VALID of what it does not see."""
    paper = shop.certify(other())
    fields = tuple(
        field if field.path.startswith(("asset.", "content.")) else DisclosedField(*field[:2])
        for field in paper.receipt.fields
    )
    report = Verifier(shop.descriptor, [], None).verify(replace(paper.receipt, fields=fields))
    assert report.verdict is UNKNOWN


def test_many_bulks_keep_their_order_and_their_block(shop: Workshop) -> None:
    papers = [shop.certify(other()) for _ in range(3)]
    alone = [shop.verify(paper, None) for paper in papers]
    given = [Given(papers[at % 3].receipt) for at in range(3 * BULK + 1)]
    reports = []
    for report in shop.verifier().verify_many(given):
        reports.append(report)
        if len(reports) == 1:
            shop.certify(other())  # a block later: not theirs
    assert reports == [alone[at % 3] for at in range(len(given))]
    assert list(shop.verifier().verify_many([])) == []
