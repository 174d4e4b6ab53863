"""The audit of an honest ledger is VALID; every rule has a ledger, or a node, that breaks it and is found out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from certifier.audit import AuditReport, audit
from certifier.audit.spool import Doubt, Spool
from certifier.commitment import BatchTree
from certifier.verify.report import Verdict
from ledger import artifacts, embedded
from ledger.access import grant_id, scope_of
from ledger.artifacts import ROOT
from ledger.assets import Standing
from ledger.connection import Ledger
from ledger.embedded import Embedded
from ledger.membership import FOREVER, Key, Purpose, Role
from ledger.pledges import Status
from ledger.types import hex32, keccak
from tests.ledger.hostile import HostileNode
from tests.ledger.world import World, account

Logs = list[dict[str, Any]]


@pytest.fixture(scope="module")
def told(world: World, shared_ledger: Embedded) -> World:
    """A story with every act in it."""
    one, two, three = world.certify("M1", 20), world.certify("M1"), world.certify("M2")
    world.pledge("M1", "L1", one, share=6_000, loose=(os.urandom(32),))
    second = world.pledge("M1", "L2", one, two, share=4_000)
    third = world.pledge("M2", "L1", three)
    close = world.ledger.pledges.close
    world.writer.send(account("L2"), close(second, Status.CANCELLED))
    world.writer.send(account("L1"), close(third, Status.SATISFIED))
    short = world.pledge("M1", "L2", two)
    shared_ledger.clock.set(short.expires_at)
    world.writer.send(account("M1"), close(short, Status.EXPIRED))
    for to in (Standing.SUSPENDED, Standing.GOOD, Standing.REVOKED):
        proof = two.tree.proof(two.asset_id)
        act = world.ledger.assets.set_standing(two.tree.root, two.asset_id, proof, to)
        world.writer.send(account("M1"), act)
    _members(world)
    _grants(world)
    return world


def _members(world: World) -> None:
    membership, public = world.ledger.membership, os.urandom(34)
    world.admit("W1", Role.WITNESS, suspended=True)
    world.vote(
        membership.set_key(keccak(public), Key(world.org("M1"), 5, FOREVER, Purpose.INSTRUMENT), public)
    )
    world.writer.send(account("M1"), membership.revoke_key(keccak(public)))
    world.vote(membership.set_paused(world.ledger.assets.address, True))
    world.vote(membership.set_paused(world.ledger.assets.address, False))
    world.admit("R4", Role.REGISTRAR)
    world.vote(membership.set_quorum(3))
    world.vote(membership.set_quorum(2), "R1", "R3", "R4")


def _grants(world: World) -> None:
    access, scope, wraps = world.ledger.access, scope_of(os.urandom(32), [os.urandom(32)]), os.urandom(32)
    grant = grant_id(world.org("M1"), world.org("L1"), scope, wraps, 5)
    world.writer.send(account("M1"), access.grant(world.org("L1"), scope, wraps, 5))
    world.writer.send(account("L1"), access.read(grant, wraps))
    world.writer.send(account("M1"), access.end(grant))
    world.writer.send(account("M1"), access.shred(os.urandom(32)))


@pytest.fixture
def lied(told: World, shared_ledger: Embedded) -> Iterator[tuple[Ledger, HostileNode]]:
    with HostileNode(shared_ledger.url) as node:
        ledger = Ledger.connect(told.descriptor, node.url)
        yield ledger, node
        ledger.close()


def _codes(report: AuditReport) -> set[str]:
    return {finding.code for finding in report.findings}


def test_an_honest_ledger_is_valid(told: World) -> None:
    reached: list[tuple[int, int]] = []
    pin = told.pin()
    report = audit(told.ledger, pin, lambda done, last: reached.append((done, last)))
    assert report.findings == ()
    assert report.verdict is Verdict.VALID
    assert (report.batches, report.assets, report.pledges) == (3, 27, 4)
    assert (report.from_block, report.to_block) == (0, pin.number)
    assert reached == sorted(reached) and reached[-1] == (pin.number, pin.number)
    assert json.loads(json.dumps(report.to_json()))["verdict"] == "VALID"


def test_an_earlier_block_is_audited_as_it_was(told: World) -> None:
    pin = told.pin()
    for number in range(5, pin.number, 7):
        report = audit(told.ledger, told.ledger.chain.block(number))
        assert report.verdict is Verdict.VALID, report.findings
        assert report.to_block <= number


def _topic(contract: str, event: str) -> str:
    found = artifacts.load(contract).events.items()
    return next("0x" + topic.hex() for topic, e in found if e.entry.name == event)


def _where(
    event: str, change: Callable[[list[str], list[bytes]], None], nth: int = 0
) -> Callable[[Any, Logs], Logs]:
    """Alters topics and 32-byte words of the nth such event in the stream (by place, not by request)."""
    contract, name = event.split(".")
    topic = _topic(contract, name)
    places: list[tuple[str, str]] = []

    def alter(params: Any, logs: Logs) -> Logs:
        for log in logs:
            place = (log["blockNumber"], log["logIndex"])
            if log["topics"][0] == topic and place not in places:
                places.append(place)
            if len(places) > nth and place == places[nth]:
                data = bytes.fromhex(log["data"][2:])
                words = [data[i : i + 32] for i in range(0, len(data), 32)]
                change(log["topics"], words)
                log["data"] = "0x" + b"".join(words).hex()
        return logs

    return alter


def _without(event: str, nth: int | None = None) -> Callable[[Any, Logs], Logs]:
    contract, name = event.split(".")
    topic = _topic(contract, name)
    seen: list[int] = []

    def alter(params: Any, logs: Logs) -> Logs:
        kept = []
        for log in logs:
            if log["topics"][0] == topic:
                seen.append(1)
                if nth is None or len(seen) == nth + 1:
                    continue
            kept.append(log)
        return kept

    return alter


def _word(index: int, value: int | bytes) -> Callable[[list[str], list[bytes]], None]:
    def change(topics: list[str], words: list[bytes]) -> None:
        words[index] = value if isinstance(value, bytes) else value.to_bytes(32, "big")

    return change


def _set_topic(index: int, value: bytes) -> Callable[[list[str], list[bytes]], None]:
    def change(topics: list[str], words: list[bytes]) -> None:
        topics[index] = hex32(value)

    return change


_X = b"\x55" * 32
_ACCOUNT = bytes(12) + b"\x55" * 20
_RULES: list[tuple[str, Callable[[Any, Logs], Logs], str, Verdict]] = [
    (
        "an id of a batch is another",
        _where("AssetRegistry.Registered", _word(-1, _X)),
        "ROOT",
        Verdict.INVALID,
    ),
    (
        "ids do not ascend",
        _where("AssetRegistry.Registered", lambda t, w: w.insert(-1, w.pop())),
        "ORDER",
        Verdict.INVALID,
    ),
    ("another account", _where("AssetRegistry.Registered", _word(0, _ACCOUNT)), "REGISTRAR", Verdict.INVALID),
    ("another issuer", _where("AssetRegistry.Registered", _set_topic(1, _X)), "REGISTRAR", Verdict.INVALID),
    (
        "a batch withheld that was pledged on",
        _without("AssetRegistry.Registered", 0),
        "NOT_IN_BATCH",
        Verdict.INVALID,
    ),
    (
        "a batch twice",
        _where("AssetRegistry.Registered", _set_topic(1, keccak(b"TEST:M2")), 1),
        "REGISTRAR",
        Verdict.INVALID,
    ),
    (
        "a claim on another asset",
        _where("PledgeRegistry.Claimed", _set_topic(3, _X)),
        "NOT_IN_BATCH",
        Verdict.INVALID,
    ),
    (
        "a change to what it was",
        _where("AssetRegistry.StandingChanged", _word(0, 0)),
        "STANDING",
        Verdict.INVALID,
    ),
    (
        "the revocation withheld",
        _without("AssetRegistry.StandingChanged", 2),
        "STATE_DIFFERS",
        Verdict.UNKNOWN,
    ),
    ("too many shares", _where("PledgeRegistry.Claimed", _word(1, 10_000)), "SHARES", Verdict.INVALID),
    ("no share", _where("PledgeRegistry.Claimed", _word(1, 0)), "SHARES", Verdict.INVALID),
    ("another rank", _where("PledgeRegistry.Claimed", _word(2, 9)), "RANK", Verdict.INVALID),
    ("a claim withheld", _without("PledgeRegistry.Claimed", 0), "STATE_DIFFERS", Verdict.INVALID),
    ("other terms", _where("PledgeRegistry.Pledged", _word(2, _X)), "PLEDGE", Verdict.INVALID),
    ("accepted too late", _where("PledgeRegistry.Pledged", _word(0, 5)), "PLEDGE", Verdict.INVALID),
    (
        "another debtor",
        _where("PledgeRegistry.Pledged", _set_topic(2, keccak(b"TEST:L2"))),
        "PARTY",
        Verdict.INVALID,
    ),
    (
        "another lender",
        _where("PledgeRegistry.Pledged", _set_topic(3, keccak(b"TEST:M2"))),
        "PARTY",
        Verdict.INVALID,
    ),
    ("a pledge withheld", _without("PledgeRegistry.Pledged", 0), "PLEDGE", Verdict.INVALID),
    ("an end withheld", _without("PledgeRegistry.Closed", 1), "STATE_DIFFERS", Verdict.UNKNOWN),
    ("an end before its time", _where("PledgeRegistry.Closed", _word(0, 5)), "PLEDGE", Verdict.INVALID),
    ("an end that is none", _where("PledgeRegistry.Closed", _word(0, 1)), "PLEDGE", Verdict.INVALID),
    ("a vote withheld", _without("Membership.Confirmed", 1), "QUORUM", Verdict.INVALID),
    (
        "a vote of a lender",
        _where("Membership.Confirmed", _set_topic(2, keccak(b"TEST:L1")), 30),
        "VOTER",
        Verdict.INVALID,
    ),
    (
        "one voter twice",
        _where("Membership.Confirmed", _set_topic(2, keccak(b"TEST:R1")), 1),
        "VOTER",
        Verdict.INVALID,
    ),
    ("an execution withheld", _without("Membership.Executed", 0), "QUORUM", Verdict.INVALID),
    (
        "an organisation of another id",
        _where("Membership.OrganisationSet", _set_topic(1, _X), 4),
        "ORGANISATION",
        Verdict.INVALID,
    ),
    (
        "other roles than voted",
        _where("Membership.OrganisationSet", _word(3, 3), 4),
        "QUORUM",
        Verdict.INVALID,
    ),
    (
        "a longer key than voted",
        _where("Membership.KeySet", _word(1, FOREVER - 1), 5),
        "QUORUM",
        Verdict.INVALID,
    ),
    ("a key of nobody", _where("Membership.KeySet", _set_topic(2, _X), 5), "KEY", Verdict.INVALID),
    ("a key of another id", _where("Membership.KeySet", _set_topic(1, _X), 9), "KEY", Verdict.INVALID),
    ("a key with no interval", _where("Membership.KeySet", _word(1, 0), 5), "KEY", Verdict.INVALID),
    ("a revocation at another time", _where("Membership.KeyRevoked", _word(0, 5)), "KEY", Verdict.INVALID),
    ("a revocation withheld", _without("Membership.KeyRevoked"), "STATE_DIFFERS", Verdict.UNKNOWN),
    ("a quorum nobody voted", _where("Membership.QuorumSet", _word(0, 1), 1), "QUORUM", Verdict.INVALID),
    ("a pause nobody voted", _where("Membership.PausedSet", _word(0, 0)), "QUORUM", Verdict.INVALID),
    ("a grant of another id", _where("AccessLog.Granted", _word(2, 6)), "GRANT", Verdict.INVALID),
    ("a read by nobody", _where("AccessLog.Read", _set_topic(2, _X)), "GRANT", Verdict.INVALID),
    ("an end by nobody", _where("AccessLog.Ended", _set_topic(2, _X)), "GRANT", Verdict.INVALID),
    ("a shredding by nobody", _where("AccessLog.Shredded", _set_topic(1, _X)), "GRANT", Verdict.INVALID),
]


@pytest.mark.parametrize(("name", "lie", "code", "verdict"), _RULES, ids=[rule[0] for rule in _RULES])
def test_every_rule_is_kept(
    lied: tuple[Ledger, HostileNode], name: str, lie: Callable[[Any, Logs], Logs], code: str, verdict: Verdict
) -> None:
    ledger, node = lied
    node.alter("eth_getLogs", lie)
    report = audit(ledger)
    assert code in _codes(report)
    assert report.verdict is verdict
    assert all(finding.message and json.dumps(dict(finding.evidence)) for finding in report.findings)


def test_a_node_that_lies_about_times_differs(lied: tuple[Ledger, HostileNode]) -> None:
    ledger, node = lied
    node.alter(
        "eth_getBlockByNumber", lambda p, block: block | {"timestamp": hex(int(block["timestamp"], 16) + 1)}
    )
    report = audit(ledger, ledger.pin())
    assert report.verdict is not Verdict.VALID
    assert "STATE_DIFFERS" in _codes(report)


def test_what_cannot_be_read_is_unknown(lied: tuple[Ledger, HostileNode]) -> None:
    ledger, node = lied
    for lie in (
        lambda p, logs: logs[::-1],
        lambda p, logs: None,
        lambda p, logs: [log | {"data": "0x"} for log in logs],
    ):
        node.alter("eth_getLogs", lie)
        report = audit(ledger)
        assert (report.verdict, _codes(report)) == (Verdict.UNKNOWN, {"CONTRADICTED"})
    node.honest()
    node.answer(
        "eth_getLogs", lambda a: {"jsonrpc": "2.0", "id": a["id"], "error": {"code": 1, "message": "no"}}
    )
    assert audit(ledger).verdict is Verdict.UNKNOWN
    node.hang_up = True
    report = audit(ledger)
    assert (report.verdict, _codes(report), report.assets) == (Verdict.UNKNOWN, {"UNREACHABLE"}, 0)


def test_ids_registered_twice_are_found_and_copies_are_told(tmp_path: Path) -> None:
    embedded.create(tmp_path, 1_700_000_000)
    with embedded.open(tmp_path) as home:
        world = World.found(home.writer, home.url)
        tree = BatchTree([os.urandom(32) for _ in range(4)])
        world.register("M1", tree)
        world.register("M2", tree)
        copied = audit(world.ledger)
        assert (copied.verdict, _codes(copied)) == (Verdict.VALID, {"ASSET_COPIED"})
        assert len(copied.findings) == 4
        world.register("M1", BatchTree([tree.ids[0], os.urandom(32)]))
        twice = audit(world.ledger)
        assert twice.verdict is Verdict.INVALID
        (found,) = (f for f in twice.findings if f.code == "ASSET_TWICE")
        assert found.evidence["asset"] == hex32(tree.ids[0])


def test_the_spool_judges_over_partitions_and_flushes(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    ids = [tuple(keccak(f"{batch} {n}".encode()) for n in range(700)) for batch in range(20)]
    same_byte = tuple(b"\x07" + keccak(b"%d" % n)[1:] for n in range(1_000))
    for number, batch in enumerate([*ids, same_byte]):
        spool.register(batch, number)
    spool.name(ids[3][5], 3)
    spool.name(ids[3][6], 4)
    spool.name(b"\xfe" * 32, 4)
    spool.register((ids[0][0],), 21)
    spool.name(ids[0][0], 21)
    assert set(spool.doubts()) == {
        Doubt(ids[0][0], (0, 21), None),
        Doubt(ids[3][6], (3,), 4),
        Doubt(b"\xfe" * 32, (), 4),
    }
    assert list(tmp_path.iterdir()) == []


def _register(world: World, batches: int) -> None:
    for _ in range(batches):
        world.register("M1", BatchTree([os.urandom(32) for _ in range(1_000)]))


def _audited(home: Path, url: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.certifier.audit.auditing", url, str(home / "ledger.json")]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_ten_thousand_assets_are_audited(tmp_path: Path) -> None:
    embedded.create(tmp_path, 1_700_000_000)
    with embedded.open(tmp_path) as home:
        world = World.found(home.writer, home.url)
        world.descriptor.save(tmp_path / "ledger.json")
        _register(world, 10)
        report = _audited(tmp_path, home.url)
    assert (report["verdict"], report["batches"], report["assets"]) == ("VALID", 10, 10_000)
    assert report["seconds"] < 5


@pytest.mark.long
def test_a_million_assets_take_no_more_memory_than_ten_thousand(tmp_path: Path) -> None:
    embedded.create(tmp_path, 1_700_000_000)
    with embedded.open(tmp_path) as home:
        world = World.found(home.writer, home.url)
        world.descriptor.save(tmp_path / "ledger.json")
        _register(world, 50)
        few = _audited(tmp_path, home.url)
        _register(world, 950)
        many = _audited(tmp_path, home.url)
    assert (many["verdict"], many["assets"]) == ("VALID", 1_000_000)
    assert many["assets"] / many["seconds"] > 20_000
    assert many["peak_kib"] < few["peak_kib"] + 16 * 1_024
