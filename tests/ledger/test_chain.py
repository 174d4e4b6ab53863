"""A node that is down, lies, or is another's: always a typed error, never a value."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from web3 import HTTPProvider, Web3

from certifier.commitment import BatchTree
from ledger import artifacts
from ledger.chain import Block, Chain, Position, parse_quantity
from ledger.connection import Ledger
from ledger.deploy import deploy
from ledger.embedded import Embedded
from ledger.errors import BlockGoneError, ContradictedError, LedgerError, NodeUnreachableError, RpcError
from ledger.events import Registered
from ledger.membership import Role
from ledger.refusals import NotActiveError
from ledger.replay import events
from ledger.rpc import JsonRpc
from ledger.types import ZERO32, keccak
from tests.ledger.hostile import HostileNode
from tests.ledger.world import World, account, plain_anvil


@pytest.fixture
def node(world: World, shared_ledger: Embedded) -> Iterator[HostileNode]:
    with HostileNode(shared_ledger.url) as hostile:
        yield hostile


@pytest.fixture
def lied(world: World, node: HostileNode) -> Iterator[Ledger]:
    """A connection through the node while it was still honest."""
    ledger = Ledger.connect(world.descriptor, node.url)
    yield ledger
    ledger.close()


def test_web3_reads_the_same(world: World, shared_ledger: Embedded) -> None:
    asset = world.certify("M1")
    provider = HTTPProvider(shared_ledger.url)
    w3 = Web3(provider)
    contract = w3.eth.contract(
        Web3.to_checksum_address(world.ledger.assets.address), abi=artifacts.load("AssetRegistry").abi
    )
    theirs = contract.functions.batch(world.org("M1"), asset.tree.root).call()
    ours = world.ledger.read_one(world.ledger.assets.batch(world.org("M1"), asset.tree.root), world.pin())
    assert list(theirs) == [ours.registered_at, ours.count, Web3.to_checksum_address(ours.account)]
    logs = contract.events.Registered().get_logs(from_block=world.pin().number)
    (registered,) = events(world.ledger, world.pin().number, world.pin(), ["asset_registry"])
    assert isinstance(registered, Registered)
    assert tuple(logs[0]["args"]["assetIds"]) == registered.asset_ids
    assert registered.at == Position(
        logs[0]["blockNumber"],
        logs[0]["logIndex"],
        bytes(logs[0]["transactionHash"]),
        world.ledger.assets.address,
    )
    for session in provider._request_session_manager.session_cache._data.values():
        session.close()


def test_calls_are_read_at_their_block(world: World) -> None:
    tree, before = BatchTree([os.urandom(32)]), world.pin()
    sent = world.register("M1", tree)
    call = world.ledger.assets.batch(world.org("M1"), tree.root)
    assert world.ledger.read_one(call, before).count == 0
    assert world.ledger.read_one(call, sent.block).count == 1
    many = world.ledger.read([call] * 450, sent.block)
    assert [batch.count for batch in many] == [1] * 450


def test_a_call_that_reverts_gives_its_error(world: World) -> None:
    with pytest.raises(NotActiveError) as refused:
        world.ledger.read([world.ledger.membership.opener(account("M1").address, Role.LENDER)], world.pin())
    assert refused.value.role == Role.LENDER
    assert world.ledger.read_one(
        world.ledger.membership.closer(account("M1").address), world.pin()
    ) == world.org("M1")


def test_a_block_that_the_node_never_had_is_gone(world: World) -> None:
    pin = world.pin()
    other = replace(pin, hash=ZERO32)
    with pytest.raises(BlockGoneError):
        world.ledger.read([world.ledger.membership.electorate()], other)
    with pytest.raises(BlockGoneError):
        world.ledger.chain.codes([world.ledger.assets.address], other)
    with pytest.raises(BlockGoneError):
        world.ledger.chain.require(other)
    with pytest.raises(BlockGoneError):
        world.ledger.chain.block(pin.number + 1_000)
    assert world.ledger.chain.block(pin.hash) == pin


def test_a_node_of_another_chain_is_contradicted(world: World, shared_ledger: Embedded) -> None:
    descriptor = world.descriptor
    for wrong in (replace(descriptor, chain_id=5), replace(descriptor, genesis=ZERO32)):
        with pytest.raises(ContradictedError):
            Ledger.connect(wrong, shared_ledger.url)
    with plain_anvil() as other, pytest.raises(ContradictedError, match="424242"):
        Ledger.connect(descriptor, other)


def test_a_chain_without_our_contracts_is_contradicted(world: World, shared_ledger: Embedded) -> None:
    contracts = world.descriptor.contracts | {"access_log": "0x" + "77" * 20}
    with pytest.raises(ContradictedError, match="no contract at 0x7777"):
        Ledger.connect(replace(world.descriptor, contracts=contracts), shared_ledger.url)


def test_look_alike_contracts_on_the_same_chain_are_contradicted(
    world: World, shared_ledger: Embedded
) -> None:
    registrars = [("TEST:EVIL", account("evil").address)]
    theirs = deploy(world.writer, world.ledger.chain, account("look-alike"), registrars, 1)
    contracts = world.descriptor.contracts | {"asset_registry": theirs.contracts["asset_registry"]}
    with pytest.raises(ContradictedError, match="another contract at"):
        Ledger.connect(replace(world.descriptor, contracts=contracts), shared_ledger.url)
    assert theirs.code_hashes["membership"] == world.descriptor.code_hashes["membership"]
    assert theirs.code_hashes["asset_registry"] != world.descriptor.code_hashes["asset_registry"]


def test_the_same_addresses_on_another_chain_are_contradicted(world: World) -> None:
    with plain_anvil() as url:
        chain = Chain(url)
        elsewhere = deploy(_Direct(chain), chain, account("deployer"), _REGISTRARS, 2)
        assert elsewhere.contracts == world.descriptor.contracts
        with pytest.raises(ContradictedError):
            Ledger.connect(world.descriptor, url)


_REGISTRARS = [(f"TEST:{name}", account(name).address) for name in ("R1", "R2", "R3")]


class _Direct:
    """A writer without an outbox, for a chain that nobody needs again."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain

    def send(self, sender: Any, act: Any) -> Any:
        from ledger.account import Transaction
        from ledger.writer import Sent

        nonce = int(self.chain.rpc.call("eth_getTransactionCount", sender.address, "latest"), 16)
        raw = Transaction(424242, nonce, 20_000_000, act.to, act.data).signed_by(sender)
        receipt = self.chain.rpc.call("eth_sendRawTransactionSync", "0x" + raw.hex())
        return Sent.parse(receipt, self.chain.block("latest"))

    def close(self) -> None:
        pass


def test_a_node_that_is_down_is_unreachable(world: World) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(NodeUnreachableError, match="no answer from the node"):
            Ledger.connect(world.descriptor, url)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "nonsense",
            "ftp://x",
            "http://",
            "http:///path",
            "http://[::1",
            "http://[x]:1",
            "http://127.0.0.1:-1",
        ),
        *(
            "http://127.0.0.1:99999",
            "http://127.0.0.1:abc",
            "http://127.0.0.1:0",
            "http://127.0.0.1:1/é",
            "http://é",
        ),
    ],
)
def test_what_is_no_address_is_unreachable(world: World, url: str) -> None:
    with pytest.raises(NodeUnreachableError, match="not the http"):
        Ledger.connect(world.descriptor, url)


@pytest.mark.parametrize(
    "url", ["http://a..b:1", f"http://{'a' * 80}/", "http://127.0.0.1:1/a b", "http://a\0b:1"]
)
def test_what_names_no_host_is_unreachable(world: World, url: str) -> None:
    with pytest.raises(NodeUnreachableError, match="no answer"):
        Ledger.connect(world.descriptor, url)


@pytest.mark.parametrize("text", ["0x0", "0x5", "0xff", "0x" + "f" * 64])
def test_quantities(text: str) -> None:
    assert hex(parse_quantity(text)) == text


@pytest.mark.parametrize(
    "value",
    [
        "0x",
        "0x-5",
        "0x+5",
        "0x1_0",
        "0x 5",
        "0x5 ",
        "0x5\n",
        "0x05",
        "0xA",
        "0X5",
        "5",
        "0x٥",
        "0x" + "f" * 65,
        5,
        None,
    ],
)
def test_what_is_no_quantity(value: object) -> None:
    with pytest.raises(ContradictedError, match="where a number belongs"):
        parse_quantity(value)


def test_slow_silent_and_foreign_servers_are_unreachable(node: HostileNode) -> None:
    node.delay = 0.5
    with pytest.raises(NodeUnreachableError, match="timed out"):
        JsonRpc(node.url, timeout=0.1).call("eth_chainId")
    node.honest()
    node.hang_up = True
    with pytest.raises(NodeUnreachableError):
        JsonRpc(node.url).call("eth_chainId")
    node.honest()
    node.status, node.raw = 503, lambda body: b"<html>"
    with pytest.raises(NodeUnreachableError, match="HTTP 503"):
        JsonRpc(node.url).call("eth_chainId")


def test_a_kept_connection_that_the_node_closed_is_opened_again(node: HostileNode) -> None:
    rpc = JsonRpc(node.url)
    rpc.call("eth_chainId")
    rpc._idle[0].sock.shutdown(socket.SHUT_RDWR)
    assert rpc.call("eth_chainId")
    rpc._idle[0].sock.shutdown(socket.SHUT_RDWR)
    with pytest.raises(NodeUnreachableError):
        rpc.call("evm_snapshot")  # never sent twice


def _change(**members: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda answer: {k: v for k, v in (answer | members).items() if v is not ...}


@pytest.mark.parametrize(
    "change",
    [
        _change(id=99),
        _change(id="1"),
        _change(id=True),
        _change(id=None),
        _change(result=...),
        _change(jsonrpc="1.0"),
        _change(error="no"),
        _change(error={"code": "x", "message": "m"}),
        _change(error={"code": 1}),
        lambda answer: "text",
        lambda answer: None,
    ],
)
def test_malformed_answers_are_contradicted(
    world: World, node: HostileNode, lied: Ledger, change: Any
) -> None:
    node.answer("eth_blockNumber", change)
    node.answer("eth_call", change)
    with pytest.raises(ContradictedError):
        lied.chain.rpc.call("eth_blockNumber")
    with pytest.raises(ContradictedError):
        lied.read([lied.membership.electorate()] * 2, world.pin())


@pytest.mark.parametrize("raw", [b"", b"{", b"<html>", b"[" * 100_000, b"[]", b'{"a": 1}', b"null", b"\xff"])
def test_bodies_that_are_no_json_rpc_are_contradicted(
    world: World, node: HostileNode, lied: Ledger, raw: bytes
) -> None:
    pin, node.raw = world.pin(), lambda body: raw
    with pytest.raises(ContradictedError):
        lied.chain.rpc.call("eth_chainId")
    with pytest.raises(ContradictedError):
        lied.read([lied.membership.electorate()], pin)


def test_a_refused_batch_is_told(node: HostileNode, lied: Ledger) -> None:
    error = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "batch too large"}}
    node.raw = lambda body: json.dumps(error).encode()
    with pytest.raises(RpcError, match="batch too large"):
        lied.chain.rpc.batch([("eth_chainId", ())])
    assert lied.chain.rpc.batch([]) == []


def test_answers_in_another_order_are_sorted_and_doubled_ids_refused(node: HostileNode, lied: Ledger) -> None:
    asked = [("eth_chainId", ()), ("eth_blockNumber", ())]
    right = lied.chain.rpc.batch(asked)
    node.raw = lambda body: json.dumps(json.loads(body)[::-1]).encode()
    assert lied.chain.rpc.batch(asked) == right
    node.raw = lambda body: json.dumps([json.loads(body)[0]] * 2).encode()
    with pytest.raises(ContradictedError, match="twice"):
        lied.chain.rpc.batch(asked)


@pytest.mark.parametrize(
    "result", [None, 5, True, "0x", "0x1", "0xzz", "12", [], {}, "0x" + "00" * 31, "0x" + "ff" * 96, "0x 0"]
)
def test_results_that_are_no_abi_data_are_contradicted(
    world: World, node: HostileNode, lied: Ledger, result: Any
) -> None:
    node.alter("eth_call", lambda params, honest: result)
    with pytest.raises(ContradictedError):
        lied.read([lied.assets.batch(world.org("M1"), ZERO32)], world.pin())


def test_an_impossible_standing_is_contradicted(world: World, node: HostileNode, lied: Ledger) -> None:
    node.alter("eth_call", lambda params, honest: "0x" + "00" * 31 + "09")
    with pytest.raises(ContradictedError):
        lied.read([lied.assets.standing(world.org("M1"), ZERO32)], world.pin())


@pytest.mark.parametrize(
    "block",
    [
        5,
        [],
        {},
        {"number": "0x0"},
        {"number": 1, "hash": "0x", "parentHash": "0x", "timestamp": "0x1"},
        {"number": "0x5", "hash": "0x" + "00" * 32, "parentHash": "0x" + "00" * 32, "timestamp": "0x1"},
    ],
)
def test_malformed_blocks_are_contradicted(node: HostileNode, lied: Ledger, block: Any) -> None:
    node.alter("eth_getBlockByNumber", lambda params, honest: block)
    with pytest.raises(ContradictedError):
        lied.chain.block(0)


def _first(**members: Any) -> Callable[[Any, list[dict[str, Any]]], Any]:
    return lambda params, logs: [logs[0] | members, *logs[1:]]


@pytest.mark.parametrize(
    "change",
    [
        lambda params, logs: None,
        lambda params, logs: ["log"],
        lambda params, logs: logs[::-1],
        lambda params, logs: [*logs, logs[-1]],
        _first(address="0x" + "11" * 20),
        _first(address="0x11"),
        _first(topics=["0x" + "11" * 32]),
        _first(topics=[]),
        _first(topics=None),
        _first(blockNumber="0x0"),
        _first(blockNumber="0xffffff"),
        _first(data="0x00"),
        _first(data="0x"),
        _first(removed=True),
        _first(transactionHash="0x00"),
        _first(blockHash=None),
    ],
)
def test_wrong_logs_are_contradicted(world: World, node: HostileNode, lied: Ledger, change: Any) -> None:
    start = world.certify("M1") and world.pin().number
    world.certify("M1")
    assert len(list(events(lied, start, world.pin(), ["asset_registry"]))) == 2
    node.alter("eth_getLogs", change)
    with pytest.raises(ContradictedError):
        list(events(lied, start, world.pin(), ["asset_registry"]))


def test_logs_of_other_topics_than_asked_are_contradicted(
    world: World, node: HostileNode, lied: Ledger
) -> None:
    world.certify("M1")
    here, address = world.pin().number, world.ledger.assets.address
    (topic,) = (t for t, e in artifacts.load("AssetRegistry").events.items() if e.entry.name == "Registered")
    mine = [topic, world.org("M1")]
    assert sum(map(len, lied.chain.logs([address], here, here, mine))) == 1
    assert sum(map(len, lied.chain.logs([address], here, here, [[ZERO32, topic], None]))) == 1
    assert sum(map(len, lied.chain.logs([address], here, here, [topic, world.org("M2")]))) == 0
    unfiltered = lied.chain.rpc.call(
        "eth_getLogs", {"address": address, "fromBlock": hex(here), "toBlock": hex(here)}
    )
    node.alter("eth_getLogs", lambda params, honest: unfiltered)
    with pytest.raises(ContradictedError, match="another address, topic or block"):
        list(lied.chain.logs([address], here, here, [topic, world.org("M2")]))


def test_a_chain_that_moves_while_logs_are_read_is_gone(
    world: World, node: HostileNode, lied: Ledger
) -> None:
    pin = world.pin()
    lied.registries(pin)  # who followed whom is known
    node.alter("eth_getBlockByNumber", lambda params, block: block | {"hash": "0x" + "22" * 32})
    with pytest.raises(BlockGoneError, match="reorganised"):
        list(events(lied, 0, pin))


def test_ranges_shrink_until_the_node_takes_them(world: World, node: HostileNode, lied: Ledger) -> None:
    world.certify("M1")
    pin = world.pin()
    whole = list(events(world.ledger, 0, pin))

    def at_most_seven(answer: dict[str, Any]) -> dict[str, Any]:
        spans.append(1)
        if len(spans) in (1, 2) or width[-1] > 7:
            return {k: answer[k] for k in ("jsonrpc", "id")} | {
                "error": {"code": -32005, "message": "too many"}
            }
        return answer

    spans: list[int] = []
    width: list[int] = []
    node.alter(
        "eth_getLogs",
        lambda p, r: width.append(int(p[0]["toBlock"], 16) - int(p[0]["fromBlock"], 16) + 1) or r,
    )
    node.answer("eth_getLogs", at_most_seven)
    assert list(events(lied, 0, pin)) == whole
    assert max(width[4:]) <= 7
    node.answer(
        "eth_getLogs", lambda a: {"jsonrpc": "2.0", "id": a["id"], "error": {"code": 1, "message": "never"}}
    )
    with pytest.raises(LedgerError, match="never"):
        list(events(lied, 0, pin))


def test_a_confirmed_pin_lies_below_the_head(world: World, shared_ledger: Embedded) -> None:
    deep = Ledger.connect(replace(world.descriptor, confirmations=3), shared_ledger.url)
    assert deep.pin().number == world.pin().number - 3
    far = Ledger.connect(replace(world.descriptor, confirmations=0), shared_ledger.url)
    assert isinstance(far.pin(), Block)
    assert keccak(b"") not in far.descriptor.code_hashes.values()
