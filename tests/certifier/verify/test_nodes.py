"""Nodes that are another's, lag, disagree, forget or invent: the report says UNKNOWN, or INVALID where the receipt is to blame."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from certifier.verify import Cause, Code, Missing, Node, Report, Verdict, Verifier
from certifier.verify.observe import missing
from ledger.chain import Chain
from ledger.connection import Ledger
from ledger.deploy import deploy
from ledger.descriptor import Descriptor
from ledger.errors import LedgerError
from ledger.pledges import Status
from ledger.remote import RemoteWriter
from ledger.types import ZERO32, hex32
from tests.certifier.verify.cases import ON_LEDGER
from tests.certifier.verify.workshop import (
    LOOSE,
    SELLER,
    Paper,
    Workshop,
    alone,
    bend_call,
    invoice,
    other,
    reading,
    topic,
    unknown,
)
from tests.ledger.hostile import HostileNode
from tests.ledger.world import World, account, plain_anvil


def connected(descriptor: Descriptor, url: str) -> list[Node] | Missing:
    """A node that answers, or why there is none: what a verifying command does."""
    try:
        return [Node(Ledger.connect(descriptor, url, 1.0))]
    except LedgerError as error:
        return missing(error)


def with_url(shop: Workshop, paper: Paper, url: str, descriptor: Descriptor | None = None) -> Report:
    descriptor = descriptor or shop.descriptor
    return Verifier(descriptor, connected(descriptor, url), shop.store).verify(
        paper.receipt, reading(paper.data)
    )


@pytest.fixture(scope="module")
def paper(shop: Workshop) -> Paper:
    return shop.certify(invoice())


@pytest.fixture(scope="module")
def foreign_chain() -> Iterator[str]:
    with plain_anvil() as url:
        yield url


def test_nobody_there(shop: Workshop, paper: Paper) -> None:
    unknown(with_url(shop, paper, "http://127.0.0.1:9"), Cause.UNREACHABLE, *ON_LEDGER)


def test_a_node_of_another_chain(shop: Workshop, paper: Paper, foreign_chain: str) -> None:
    unknown(with_url(shop, paper, foreign_chain), Cause.CONTRADICTED, *ON_LEDGER)


def test_the_same_addresses_on_another_chain(
    shop: Workshop, paper: Paper, foreign_chain: str, tmp_path: Path
) -> None:
    """Same deployer, same registrars, hence the same addresses: still not the ledger that is trusted."""
    writer = RemoteWriter(foreign_chain, tmp_path / "outbox.db", 0, poll=0.01)
    registrars = [(f"TEST:{name}", account(name).address) for name in ("R1", "R2", "R3")]
    theirs = deploy(writer, Chain(foreign_chain), account("deployer"), registrars, 2)
    writer.close()
    assert theirs.contracts == shop.descriptor.contracts
    unknown(with_url(shop, paper, foreign_chain), Cause.CONTRADICTED, *ON_LEDGER)
    # and who trusts that ledger is not taken in by a receipt of ours
    report = with_url(shop, paper, foreign_chain, theirs)
    assert report.verdict is report.check(Code.REGISTRATION).verdict is Verdict.INVALID


def test_look_alike_contracts_on_the_same_chain(shop: Workshop) -> None:
    """The enterprise founds its own consortium beside the real one, and certifies there."""
    registrars = [("TEST:M1", account("M1").address)]
    copy = deploy(shop.world.writer, Chain(shop.url), account("forger"), registrars, 1)
    forged = shop.certify(invoice(), register=False)
    there = replace(forged.receipt.ledger, asset_registry=copy.contracts["asset_registry"])
    report = shop.verify(replace(forged.receipt, ledger=there), forged.data)
    assert report.verdict is report.check(Code.REGISTRATION).verdict is Verdict.INVALID
    assert "another ledger" in report.check(Code.REGISTRATION).message
    # a node whose other contracts are not those of the descriptor is no node of this ledger
    mixed = replace(
        shop.descriptor, contracts=shop.descriptor.contracts | {"membership": copy.contracts["access_log"]}
    )
    unknown(with_url(shop, forged, shop.url, mixed), Cause.CONTRADICTED, *ON_LEDGER)


@pytest.mark.parametrize(
    ("method", "change"),
    [
        ("eth_chainId", lambda _, result: hex(int(result, 16) + 1)),
        (
            "eth_getBlockByNumber",
            lambda params, block: block | {"hash": hex32(b"\x01" * 32)} if params[0] == "0x0" else block,
        ),
        ("eth_getCode", lambda _, code: "0x"),
        ("eth_getCode", lambda _, code: code[:-2] + "00"),
    ],
)
def test_a_node_that_fails_the_introduction(
    shop: Workshop, paper: Paper, method: str, change: Callable[[list[Any], Any], Any]
) -> None:
    with HostileNode(shop.url) as liar:
        liar.alter(method, change)
        unknown(with_url(shop, paper, liar.url), Cause.CONTRADICTED, *ON_LEDGER)


def _fork(params: list[Any], block: dict[str, Any]) -> dict[str, Any]:
    return block | {"hash": hex32(b"\x07" * 32)}


def _timeless(params: list[Any], block: dict[str, Any]) -> dict[str, Any]:
    return block | {"timestamp": hex(2**70)}


def _none(params: list[Any], block: Any) -> None:
    return None


@pytest.mark.parametrize("change", [_fork, _timeless, _none])
def test_a_node_whose_blocks_cannot_be(
    shop: Workshop, paper: Paper, change: Callable[[list[Any], Any], Any]
) -> None:
    with shop.hostile() as (liar, node):
        liar.alter("eth_getBlockByNumber", change)
        unknown(shop.verify(paper, nodes=[node]), Cause.CONTRADICTED, *ON_LEDGER)
        for nodes in ([shop.node, node], [node, shop.node]):
            unknown(shop.verify(paper, nodes=nodes), Cause.CONTRADICTED, *ON_LEDGER)


def test_a_node_that_lags_hides_nothing(shop: Workshop) -> None:
    """Pinned is the newest block any of them knows, whatever their order."""
    paper = shop.certify(invoice())
    old = shop.world.pin().number
    shop.pledge(paper)

    def lag(params: list[Any], block: Any) -> Any:
        return (
            Chain(shop.url).rpc.call("eth_getBlockByNumber", hex(old), False)
            if params[0] == "latest"
            else block
        )

    with shop.hostile() as (liar, node):
        liar.alter("eth_getBlockByNumber", lag)
        for nodes in ([shop.node, node], [node, shop.node]):
            alone(shop.verify(paper, nodes=nodes), Code.LIEN, Verdict.INVALID)
        stale = shop.verify(paper, nodes=[node])
        assert (
            stale.as_of is not None and stale.as_of.number == old
        )  # one node alone is trusted, and the report says so
        assert "NODE" in {item.code for item in stale.not_verified}
        liar.alter(
            "eth_getBlockByNumber",
            lambda params, block: None if params[0] != "latest" else lag(params, block),
        )
        unknown(shop.verify(paper, nodes=[node, shop.node]), Cause.CONTRADICTED, *ON_LEDGER)


def test_two_nodes_one_of_them_down(shop: Workshop, paper: Paper) -> None:
    with shop.hostile() as (liar, node):
        liar.hang_up = True
        for nodes in ([shop.node, node], [node, shop.node]):
            unknown(shop.verify(paper, nodes=nodes), Cause.UNREACHABLE, *ON_LEDGER)


def test_two_nodes_may_differ_in_what_is_not_final(shop: Workshop) -> None:
    """One has heard of the batch already, the other has not: no contradiction."""
    descriptor = replace(shop.descriptor, confirmations=2)
    for _ in range(3):
        shop.certify(other())
    paper = shop.certify(other())
    with HostileNode(shop.url) as late:
        nodes = [Node(Ledger.connect(descriptor, url)) for url in (shop.url, late.url)]
        older = shop.world.pin().number - 1

        def lag(params: list[Any], block: Any) -> Any:
            wanted = hex(older) if params[0] == "latest" else params[0]
            return Chain(shop.url).rpc.call("eth_getBlockByNumber", wanted, False)

        late.alter("eth_getBlockByNumber", lag)
        for order in (nodes, nodes[::-1]):
            report = Verifier(descriptor, order, shop.store).verify(paper.receipt)
            assert report.check(Code.REGISTRATION).verdict is Verdict.UNKNOWN
            assert report.check(Code.REGISTRATION).cause is Cause.NOT_FINAL


def test_not_final_yet(shop: Workshop) -> None:
    data = invoice()
    descriptor = replace(shop.descriptor, confirmations=3)
    statement = shop.statement(data, "M2", publish=False)
    for _ in range(4):
        shop.certify(other())
    paper = shop.certify(data, signers=[statement])
    verifier = Verifier(descriptor, [Node(Ledger.connect(descriptor, shop.url))], shop.store)
    waiting = (Code.REGISTRATION, Code.ISSUER, Code.SIGNERS)
    for _ in range(3):
        report = verifier.verify(paper.receipt, reading(paper.data))
        unknown(report, Cause.NOT_FINAL, *waiting)
        assert report.as_of is not None and report.as_of.finality == "3 confirmations"
        shop.certify(other())
    final = verifier.verify(paper.receipt, reading(paper.data))
    alone(final, Code.SIGNERS, Verdict.INVALID)
    never = shop.certify(other(), register=False)
    assert verifier.verify(never.receipt).check(Code.REGISTRATION).verdict is Verdict.INVALID


def test_a_reorganisation_between_two_reads(shop: Workshop, tmp_path: Path) -> None:
    """The pinned block goes while the calls are under way; the next verification stands on the new chain."""
    with plain_anvil() as url:
        writer = RemoteWriter(url, tmp_path / "outbox.db", 0, poll=0.01)
        world = World.found(writer, url)
        there = Workshop(world, url, shop.clock, tmp_path / "store")
        paper = there.certify(invoice())
        rpc = Chain(url).rpc
        with there.hostile() as (liar, node):
            turned = iter([True])

            def reorganise(params: list[Any], logs: Any) -> Any:
                if next(turned, False):
                    rpc.call("anvil_reorg", 1, [])
                return logs

            liar.alter("eth_getLogs", reorganise)
            report = there.verify(paper, nodes=[node])
            unknown(report, Cause.CONTRADICTED, *ON_LEDGER)
            again = there.verify(paper, nodes=[node])
            assert (
                again.check(Code.REGISTRATION).verdict is Verdict.INVALID
            )  # the registration went with the block
        writer.close()


EVENTS = ("OrganisationSet", "KeySet", "Pledged", "Claimed", "Closed")


@pytest.fixture(scope="module")
def encumbered(shop: Workshop) -> Paper:
    """An invoice under a lien, with an ended one before it."""
    paper = shop.certify(invoice())
    shop.close(shop.pledge(paper, share=1_000), Status.CANCELLED)
    shop.pledge(paper, share=2_000, loose=paper.loose())
    return paper


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("how", ["dropped", "doubled", "moved", "cut", "of another topic", "reversed"])
def test_logs_that_are_not_the_ledgers(shop: Workshop, encumbered: Paper, event: str, how: str) -> None:
    """A node's logs of one event, each altered in one way: the report is UNKNOWN, never wrong."""
    about = topic(event)

    def bend(_: list[Any], logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        mine = [log for log in logs if log["topics"][0] == about]
        if not mine:
            return logs
        last = mine[-1]
        at = logs.index(last)
        changed = {
            "dropped": [],
            "doubled": [last, last],
            "moved": [last | {"address": "0x" + "11" * 20}],
            "cut": [last | {"data": last["data"][:-64]}],
            "of another topic": [last | {"topics": [hex32(b"\x05" * 32), *last["topics"][1:]]}],
            "reversed": [last],
        }[how]
        bent = [*logs[:at], *changed, *logs[at + 1 :]]
        return bent[::-1] if how == "reversed" else bent

    with shop.hostile() as (liar, node):
        liar.alter("eth_getLogs", bend)
        report = shop.verify(encumbered, nodes=[node])
    if event in ("OrganisationSet", "KeySet") and how == "dropped":
        return  # the last one is of somebody whom this receipt does not name
    assert report.verdict is Verdict.UNKNOWN, report
    assert report.check(Code.LIEN).cause is Cause.CONTRADICTED


def test_invented_logs(shop: Workshop, encumbered: Paper) -> None:
    """One more claim than there is, under the pledge of another invoice."""
    about = topic("Claimed")

    def invent(_: list[Any], logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        mine = [log for log in logs if log["topics"][0] == about]
        extra = [log | {"logIndex": hex(int(log["logIndex"], 16) + 100)} for log in mine[-1:]]
        at = logs.index(mine[-1]) + 1 if mine else 0
        return [*logs[:at], *extra, *logs[at:]]

    with shop.hostile() as (liar, node):
        liar.alter("eth_getLogs", invent)
        alone(shop.verify(encumbered, nodes=[node]), Code.LIEN, Verdict.UNKNOWN, Cause.CONTRADICTED)


def _in_logs(event: str, old: bytes, new: bytes) -> Callable[[list[Any], Any], Any]:
    """Replaces bytes in the data of an event's logs."""
    about = topic(event)

    def alter(_: list[Any], logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            log | {"data": log["data"].replace(old.hex(), new.hex())} if log["topics"][0] == about else log
            for log in logs
        ]

    return alter


def test_altered_identifiers(shop: Workshop) -> None:
    """Its id is the hash of an organisation's identifier; its aliases only a second node repeats."""
    paper, own = shop.certify(invoice()), SELLER.encode()
    with shop.hostile() as (liar, node):
        liar.alter("eth_getLogs", _in_logs("OrganisationSet", b"TEST:M1", b"TEST:M9"))
        unknown(shop.verify(paper, nodes=[node]), Cause.CONTRADICTED, *ON_LEDGER)
    with shop.hostile() as (liar, node):
        liar.alter("eth_getLogs", _in_logs("OrganisationSet", own, own[::-1]))
        unknown(shop.verify(paper, nodes=[shop.node, node]), Cause.CONTRADICTED, *ON_LEDGER)
        alone(shop.verify(paper, nodes=[node]), Code.FINGERPRINT, Verdict.INVALID)


def test_altered_loose_values_are_seen_by_a_second_node(shop: Workshop) -> None:
    """No state of the contract repeats them: one node alone is trusted for them, as the report says."""
    earlier = shop.certify(invoice(total="6543.20"))
    shop.pledge(earlier, loose=earlier.loose(LOOSE[0]))
    alike = shop.certify(invoice(total="6543.20"))
    (mine,) = earlier.loose(LOOSE[0])
    with shop.hostile() as (liar, node):
        liar.alter("eth_getLogs", _in_logs("Claimed", mine, bytes(32)))
        unknown(shop.verify(alike, nodes=[shop.node, node]), Cause.CONTRADICTED, *ON_LEDGER)
        unknown(shop.verify(alike, nodes=[node, shop.node]), Cause.CONTRADICTED, *ON_LEDGER)


def test_wrong_answers_to_calls(shop: Workshop, encumbered: Paper) -> None:
    """Each read of the verification, answered in each of these ways."""
    ledger, wrong = shop.ledger, ("0x", "0x00", "0x" + "ff" * 96, None, "words", 7, [])
    reads = (
        ledger.assets.batch(ZERO32, ZERO32),
        ledger.assets.standing(ZERO32, ZERO32),
        ledger.membership.organisation(ZERO32),
        ledger.membership.key(ZERO32),
        ledger.pledges.lien(ZERO32, ZERO32),
        ledger.pledges.pledge_of(ZERO32),
    )
    with shop.hostile() as (liar, node):
        for read, answer in itertools.product(reads, wrong):
            bend_call(liar, read, lambda _, answer=answer: answer)  # type: ignore[misc]
            unknown(shop.verify(encumbered, nodes=[node]), Cause.CONTRADICTED, *ON_LEDGER)


@pytest.mark.parametrize("word", range(3))
def test_plausible_wrong_answers_to_calls(shop: Workshop, encumbered: Paper, word: int) -> None:
    """A number one off in a state that the logs repeat is a contradiction."""
    ledger = shop.ledger
    org = shop.world.org("M1")
    reads = {
        ledger.membership.organisation(org): 2,  # roles, suspended
        ledger.membership.key(account("M1").key_id): 3,
        ledger.pledges.lien(org, encumbered.asset.fingerprint): 2,
    }
    for read, words in reads.items():
        if word >= words:
            continue
        with shop.hostile() as (liar, node):

            def off(data: str) -> str:
                raw = bytearray.fromhex(data[2:])
                raw[32 * word + 31] ^= 1
                return "0x" + raw.hex()

            bend_call(liar, read, off, exactly=True)
            report = shop.verify(encumbered, nodes=[node])
            assert report.verdict is Verdict.UNKNOWN, (read, report)
            assert report.check(Code.LIEN).cause is Cause.CONTRADICTED


@pytest.mark.parametrize("method", ["eth_getBlockByNumber", "eth_getLogs", "eth_call"])
def test_errors_and_rubbish(shop: Workshop, paper: Paper, method: str) -> None:
    """A node that refuses, answers another question, or something that is no JSON-RPC."""
    answers: list[Callable[[dict[str, Any]], Any]] = [
        lambda answer: {"jsonrpc": "2.0", "id": answer["id"], "error": {"code": -32000, "message": "no"}},
        lambda answer: {
            "jsonrpc": "2.0",
            "id": answer["id"],
            "error": {"code": 3, "message": "reverted", "data": "0x"},
        },
        lambda answer: {"jsonrpc": "2.0", "id": answer["id"], "error": "no"},
        lambda answer: answer | {"id": 4711},
        lambda answer: {"jsonrpc": "2.0", "id": answer["id"]},
        lambda answer: [],
    ]
    for answer in answers:
        with shop.hostile() as (liar, node):
            liar.answer(method, answer)
            report = shop.verify(paper, nodes=[node])
            assert report.verdict is Verdict.UNKNOWN
            for code in ON_LEDGER:
                assert report.check(code).cause in (Cause.CONTRADICTED, Cause.UNREACHABLE)
    for raw in (
        b"",
        b"{",
        b"[" * 100_000,
        b"null",
        b"\xff",
        b'{"jsonrpc":"2.0","id":1,"result":' + b"9" * 6_000 + b"}",
    ):
        with shop.hostile() as (liar, node):
            liar.raw = lambda _, raw=raw: raw  # type: ignore[misc]
            assert shop.verify(paper, nodes=[node]).verdict is Verdict.UNKNOWN
