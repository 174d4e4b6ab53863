"""A pledge registry that was handed over: readers follow the quorum's word, whichever registry their descriptor names (docs/adr/0305)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from certifier.audit import audit
from certifier.verify import Cause, Code, Node, Verdict
from ledger import artifacts, embedded
from ledger.abi import encode
from ledger.connection import Ledger
from ledger.contract import Act
from ledger.descriptor import Descriptor
from ledger.errors import ContradictedError
from ledger.pledges import WHOLE, Offer, PledgeRegistry, Status
from ledger.replay import PledgeView
from ledger.types import ZERO_ADDRESS, keccak
from tests.certifier.verify.conftest import START
from tests.certifier.verify.workshop import Paper, Workshop, alone, invoice
from tests.ledger.world import World, account


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """A workshop whose registry may be handed over."""
    home = tmp_path_factory.mktemp("succession")
    embedded.create(home, START)
    with embedded.open(home) as ledger:
        world = World.found(ledger.writer, ledger.url)
        yield Workshop(world, ledger.url, ledger.clock, tmp_path_factory.mktemp("store"))


def successor(shop: Workshop, predecessor: str) -> Descriptor:
    """A registry that stands ready to follow, as a descriptor that names it."""
    contracts, artifact = shop.descriptor.contracts, artifacts.load("PledgeRegistry")
    given = (contracts["membership"], contracts["asset_registry"], predecessor, contracts["forwarder"])
    creation = Act(None, artifact.bytecode + encode(artifact.constructor.inputs, given))
    made = shop.world.writer.send(account("deployer"), creation).created
    assert made is not None
    (code,) = shop.ledger.chain.codes([made], shop.world.pin())
    hashes = shop.descriptor.code_hashes | {"pledge_registry": keccak(code)}
    return replace(shop.descriptor, contracts=contracts | {"pledge_registry": made}, code_hashes=hashes)


def take(shop: Workshop, registry: PledgeRegistry, paper: Paper, share: int) -> Offer:
    """L2's pledge in a registry of its own choice."""
    offer = shop.world.offer(paper.by, "L2", paper.asset, share=share)
    signature = account(paper.by).sign(registry.typed(offer).data)
    act = registry.pledge(offer, signature, [paper.asset.evidence()])
    shop.world.writer.send(account("L2"), act)
    return offer


def test_readers_follow_with_either_descriptor(own: Workshop) -> None:
    before, part, free = (own.certify(invoice()) for _ in range(3))
    own.pledge(before)
    earlier = own.pledge(part, share=4_000)
    old = own.descriptor.contracts["pledge_registry"]
    new = successor(own, old)
    waiting = Ledger.connect(new, own.url)
    assert [one.address for one in waiting.registries(own.world.pin())] == [old]  # it was not voted for yet
    past = own.world.pin()
    own.world.vote(own.ledger.membership.set_successor(old, new.contracts["pledge_registry"]))
    heir = PledgeRegistry(new.contracts["pledge_registry"], new.chain_id)
    take(own, heir, part, 6_000)
    only = take(own, heir, free, WHOLE)
    either = (own.descriptor, new)
    for descriptor in either:
        own.descriptor, own.node = descriptor, Node(Ledger.connect(descriptor, own.url))
        for paper in (before, part, free):
            alone(own.verify(paper), Code.LIEN, Verdict.INVALID)
        evidence = own.verify(part).check(Code.LIEN).evidence
        assert [(row["share"], row["rank"]) for row in evidence["earlier"]] == [(4_000, 1), (6_000, 2)]
        assert own.node.ledger.registries(past)[-1].address == old
        kept = [own.node.ledger.registry_of(offer, own.world.pin()).address for offer in (earlier, only)]
        assert kept == [old, heir.address]
        report = audit(own.node.ledger)
        assert report.verdict is Verdict.VALID and report.pledges == 4, report.findings
    own.close(earlier, Status.CANCELLED)
    own.world.writer.send(account("L2"), heir.close(only, Status.CANCELLED))
    for descriptor in either:
        own.descriptor, own.node = descriptor, Node(Ledger.connect(descriptor, own.url))
        assert own.verify(free).verdict is Verdict.VALID
        assert own.verify(part).check(Code.LIEN).evidence["free"] == 4_000
        assert audit(own.node.ledger).verdict is Verdict.VALID


def test_a_successor_that_forgets_its_predecessor_makes_liens_unknown(own: Workshop) -> None:
    paper = own.certify(invoice())
    own.pledge(paper, share=4_000)
    old = own.descriptor.contracts["pledge_registry"]
    new = successor(own, ZERO_ADDRESS)
    own.world.vote(own.ledger.membership.set_successor(old, new.contracts["pledge_registry"]))
    alone(own.verify(paper), Code.LIEN, Verdict.UNKNOWN, Cause.CONTRADICTED)


def test_a_line_without_end_is_a_lie(own: Workshop) -> None:
    paper = own.certify(invoice())
    asked = "0x" + own.ledger.membership.successor_of(ZERO_ADDRESS).data.hex()[:8]

    def endless(params: list[dict[str, str]], _: object) -> object:
        data = params[0]["data"]
        return f"0x{int(data[10:], 16) + 1:064x}" if data.startswith(asked) else _

    with own.hostile() as (liar, node):
        liar.alter("eth_call", endless)
        report = own.verify(paper, nodes=[node])
        assert report.check(Code.LIEN).cause is Cause.CONTRADICTED
        with pytest.raises(ContradictedError, match="without end"):
            PledgeView(node.ledger).advance(own.world.pin())
