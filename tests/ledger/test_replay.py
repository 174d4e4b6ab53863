"""Views answer as of any block they were brought to, and only with what the chain says."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from ledger.chain import Chain
from ledger.connection import Ledger
from ledger.embedded import Embedded
from ledger.errors import BlockGoneError, ContradictedError
from ledger.events import AnyEvent, Closed, Confirmed, Executed, Forwarded, KeySet, OrganisationSet, QuorumSet
from ledger.membership import FOREVER, Key, Purpose, Role
from ledger.pledges import Status
from ledger.replay import MembershipView, PledgeView, events
from ledger.types import keccak
from tests.ledger.hostile import HostileNode
from tests.ledger.world import World, account, relayed


@pytest.fixture
def counted(world: World, shared_ledger: Embedded) -> Iterator[tuple[Ledger, HostileNode]]:
    with HostileNode(shared_ledger.url) as node:
        ledger = Ledger.connect(world.descriptor, node.url)
        yield ledger, node
        ledger.close()


def test_the_whole_stream_is_typed_and_in_order(world: World) -> None:
    world.pledge("M1", "L1", world.certify("M1"), loose=(os.urandom(32),))
    stream = list(events(world.ledger, 0, world.pin()))
    assert all(isinstance(event, AnyEvent) for event in stream)
    places = [(event.at.block, event.at.index) for event in stream]
    assert places == sorted(set(places))
    founding = [type(event) for event in stream if event.at.block <= 2]
    assert founding == [OrganisationSet, KeySet] * 3 + [QuorumSet]
    first_vote = next(event for event in stream if isinstance(event, Confirmed))
    assert first_vote.registrar == world.org("R1")
    assert any(isinstance(event, Executed) for event in stream)


def test_claims_as_of_every_block(world: World) -> None:
    loose = os.urandom(32)
    asset = world.certify("M1")
    empty = world.pin()
    first = world.pledge("M1", "L1", asset, share=4_000, loose=(loose, loose))
    one = world.pin()
    world.pledge("M1", "L2", asset, share=6_000)
    two = world.pin()
    world.writer.send(account("L1"), world.ledger.pledges.close(first, Status.CANCELLED))
    three = world.pin()
    view, debtor = PledgeView(world.ledger), world.org("M1")

    def seen(block: object) -> list[tuple[int, int, str]]:
        claims = view.claims(debtor, asset.fingerprint, block)  # type: ignore[arg-type]
        return [(claim.rank, claim.share, claim.status.name) for claim in claims]

    assert seen(three) == [(1, 4_000, "CANCELLED"), (2, 6_000, "LIVE")]
    assert seen(empty) == []
    assert seen(one) == [(1, 4_000, "LIVE")]
    assert seen(two) == [(1, 4_000, "LIVE"), (2, 6_000, "LIVE")]
    (carrier,) = view.carrying(loose, three)
    assert carrier.lender == world.org("L1") and not carrier.live and not carrier.encumbers
    assert view.carrying(loose, one)[0].encumbers
    assert view.carrying(loose, empty) == ()
    assert view.claims(world.org("M2"), asset.fingerprint, three) == ()
    assert view.on_fingerprint(asset.fingerprint, three) == view.claims(debtor, asset.fingerprint, three)
    assert carrier.expires_at == first.expires_at and carrier.asset_id == asset.asset_id


def test_a_view_reads_only_what_is_new(world: World, counted: tuple[Ledger, HostileNode]) -> None:
    ledger, node = counted
    asset = world.certify("M1")
    view, debtor, pin = PledgeView(ledger), world.org("M1"), world.pin()
    view.advance(pin)
    node.asked.clear()
    for _ in range(10):
        assert view.claims(debtor, asset.fingerprint, pin) == ()
    assert node.asked == []
    earlier = ledger.chain.block(pin.number - 1)
    world.pledge("M1", "L1", asset)
    now = world.pin()
    asked: list[dict[str, str]] = []
    node.alter("eth_getLogs", lambda params, result: asked.append(params[0]) or result)
    assert len(view.claims(debtor, asset.fingerprint, now)) == 1
    assert [(a["fromBlock"], a["toBlock"]) for a in asked] == [(hex(pin.number + 1), hex(now.number))]
    node.asked.clear()
    assert view.claims(debtor, asset.fingerprint, earlier) == ()
    assert view.claims(debtor, asset.fingerprint, earlier) == ()
    assert node.asked == ["eth_getBlockByNumber", "eth_getBlockByNumber"]


def test_a_view_takes_no_block_that_the_node_does_not_have(
    world: World, counted: tuple[Ledger, HostileNode]
) -> None:
    ledger, node = counted
    view, pin = PledgeView(ledger), world.pin()
    view.advance(pin)
    world.certify("M1")
    node.alter("eth_getBlockByNumber", lambda params, block: block | {"hash": "0x" + "33" * 32})
    with pytest.raises(BlockGoneError):
        view.advance(world.pin())
    node.honest()
    view.advance(world.pin())


def test_claims_without_their_pledge_are_contradicted(
    world: World, counted: tuple[Ledger, HostileNode]
) -> None:
    ledger, node = counted
    world.pledge("M1", "L1", world.certify("M1"))
    pledged = "0x" + next(t for t, e in _events_of("PledgeRegistry").items() if e == "Pledged").hex()
    node.alter("eth_getLogs", lambda params, logs: [log for log in logs if log["topics"][0] != pledged])
    with pytest.raises(ContradictedError, match="without its pledge"):
        PledgeView(ledger).advance(world.pin())


def _events_of(name: str) -> dict[bytes, str]:
    from ledger import artifacts

    return {topic: event.entry.name for topic, event in artifacts.load(name).events.items()}


def test_organisations_and_keys_as_of_every_block(world: World) -> None:
    membership, view = world.ledger.membership, MembershipView(world.ledger)
    before = world.pin()
    org = world.admit("H1", Role.INSPECTOR)
    admitted = world.pin()
    public = os.urandom(34)
    key_id, until = keccak(public), admitted.timestamp + 10**6
    world.vote(membership.set_key(key_id, Key(org, 7, FOREVER, Purpose.INSPECTOR), public))
    keyed = world.pin()
    world.vote(membership.set_key(key_id, Key(org, 7, until, Purpose.INSPECTOR), public))
    shortened = world.pin()
    world.vote(
        membership.set_organisation("TEST:H1", "H1 AG", ["TEST:H1b"], Role.INSPECTOR | Role.WITNESS, True)
    )
    world.writer.send(account("H1"), membership.revoke_key(key_id))
    end = world.pin()

    record = view.organisation(org, end)
    assert record is not None
    assert (record.name, record.aliases, record.suspended) == ("H1 AG", ("TEST:H1b",), True)
    assert record.roles == Role.INSPECTOR | Role.WITNESS
    earlier = view.organisation(org, admitted)
    assert earlier is not None and earlier.name == "H1 Ltd" and not earlier.suspended
    assert view.organisation(org, before) is None
    assert view.key(key_id, admitted) is None
    found = [view.key(key_id, block) for block in (keyed, shortened, end)]
    assert [k.key.valid_until for k in found if k] == [FOREVER, until, end.timestamp]
    assert (
        found[2] is not None and found[2].public_key == public and found[2].key.purpose is Purpose.INSPECTOR
    )
    assert found[2].key == world.ledger.read_one(membership.key(key_id), end)
    assert {k.key_id for k in view.keys_of(org, end)} == {account("H1").key_id, key_id}
    assert org in {o.org for o in view.organisations(end)}
    assert org not in {o.org for o in view.organisations(before)}


def test_revocations_of_unknown_keys_are_contradicted(
    world: World, counted: tuple[Ledger, HostileNode]
) -> None:
    ledger, node = counted
    org, public = world.org("M1"), os.urandom(34)
    membership = world.ledger.membership
    world.vote(membership.set_key(keccak(public), Key(org, 7, FOREVER, Purpose.INSTRUMENT), public))
    world.writer.send(account("M1"), membership.revoke_key(keccak(public)))
    hidden = "0x" + keccak(public).hex()
    revoked = "0x" + next(t for t, e in _events_of("Membership").items() if e == "KeyRevoked").hex()
    node.alter(
        "eth_getLogs",
        lambda p, logs: [g for g in logs if hidden not in g["topics"] or g["topics"][0] == revoked],
    )
    with pytest.raises(ContradictedError, match="never set"):
        MembershipView(ledger).advance(world.pin())


def test_closings_and_forwarded_requests_are_events(world: World) -> None:
    offer = world.pledge("M1", "L1", world.certify("M1"))
    pledges, forwarder = world.ledger.pledges, world.ledger.forwarder
    nonce = world.ledger.read_one(forwarder.nonce(account("L1").address), world.pin())
    act, deadline = pledges.close(offer, Status.ENFORCED), world.pin().timestamp + 99
    request = relayed(world.ledger, "L1", act, nonce, deadline, 2_000_000)
    sent = world.writer.send(account("nobody"), forwarder.execute(request))
    closed, forwarded = events(world.ledger, sent.block.number, sent.block)
    assert isinstance(closed, Closed) and closed.status is Status.ENFORCED
    assert (
        isinstance(forwarded, Forwarded) and forwarded.success and forwarded.signer == account("L1").address
    )
    assert sent.block == Chain(world.ledger.chain.rpc.url).block(sent.block.number)
