"""The contract classes against the real contracts: every act once, every custom error by name, signatures."""

from __future__ import annotations

import os

import pytest
from eth_account import Account as EthAccount
from eth_account.messages import encode_typed_data

from certifier.commitment import BatchTree
from ledger import artifacts, errors, refusals
from ledger.access import grant_id, scope_of, shred_commitment
from ledger.account import Account, Transaction, create_address, recover
from ledger.assets import Standing
from ledger.chain import Block
from ledger.embedded import Embedded
from ledger.events import Ended, Granted, Read, Shredded
from ledger.forwarder import Unsigned
from ledger.membership import FOREVER, Key, Purpose, Role
from ledger.pledges import Evidence, Lien, Status
from ledger.refusals import RevertError
from ledger.replay import events
from ledger.types import ZERO32, keccak
from tests.ledger.world import World, account, relayed


def test_every_custom_error_of_ours_has_a_class_with_its_arguments() -> None:
    inherited = {"ERC2771", "ECDSA", "FailedCall", "Insufficient", "AddressEmpty", "InvalidAccountNonce"}
    inherited |= {"InvalidShortString", "StringTooLong"}
    for name in artifacts.NAMES:
        for entry in artifacts.load(name).errors.values():
            known = getattr(refusals, entry.name + "Error", None)
            if known is None:
                assert entry.name.startswith(tuple(inherited)), f"{name}.{entry.name} has no class"
                continue
            fields = [f.replace("_", "").lower() for f in known.__dataclass_fields__]
            assert fields == [n.lower() for n in entry.names], entry.name


def test_a_registered_batch_is_read_back(world: World) -> None:
    tree = BatchTree([os.urandom(32) for _ in range(5)])
    sent = world.register("M1", tree)
    assets, org = world.ledger.assets, world.org("M1")
    batch, standing, other = world.ledger.read(
        [assets.batch(org, tree.root), assets.standing(org, tree.ids[0]), assets.batch(org, ZERO32)],
        sent.block,
    )
    assert (batch.count, batch.account, batch.registered_at) == (
        5,
        account("M1").address,
        sent.block.timestamp,
    )
    assert standing is Standing.GOOD
    assert other.registered_at == 0


def test_refusals_carry_their_arguments_and_read_well(world: World) -> None:
    tree = BatchTree([os.urandom(32)])
    world.register("M1", tree)
    with pytest.raises(refusals.AlreadyRegisteredError, match=f"batch 0x{tree.root.hex()}") as again:
        world.register("M1", tree)
    assert (again.value.org, again.value.root) == (world.org("M1"), tree.root)
    with pytest.raises(refusals.NotActiveError, match="admitted as enterprise or lender") as outsider:
        world.writer.send(account("nobody"), world.ledger.assets.register(tree.ids))
    assert (outsider.value.account, outsider.value.role) == (account("nobody").address, 31)
    with pytest.raises(refusals.EmptyBatchError):
        world.writer.send(account("M1"), world.ledger.assets.register([]))
    ids = BatchTree([os.urandom(32) for _ in range(3)]).ids
    with pytest.raises(refusals.NotAscendingError) as order:
        world.writer.send(account("M1"), world.ledger.assets.register(ids[::-1]))
    assert order.value.index == 1


def test_a_refused_act_costs_no_block(world: World) -> None:
    before = world.pin()
    with pytest.raises(refusals.EmptyBatchError):
        world.writer.send(account("M1"), world.ledger.assets.register([]))
    assert world.pin() == before


def test_standing_goes_its_way_and_revoked_is_final(world: World) -> None:
    asset = world.certify("M1")
    assets, proof = world.ledger.assets, asset.tree.proof(asset.asset_id)

    def change(to: Standing) -> None:
        world.writer.send(
            account("M1"), assets.set_standing(asset.tree.root, asset.asset_id, proof, to, reason=3)
        )

    for to in (Standing.SUSPENDED, Standing.GOOD, Standing.REVOKED):
        change(to)
        assert world.ledger.read_one(assets.standing(world.org("M1"), asset.asset_id), world.pin()) is to
    with pytest.raises(refusals.NotGoodError, match="not in good standing") as refused:
        change(Standing.GOOD)
    assert refused.value.standing == Standing.REVOKED


def test_a_pledge_takes_shares_and_the_second_lender_is_refused(world: World) -> None:
    asset = world.certify("M1")
    offer = world.pledge("M1", "L1", asset, share=6_000)
    pledges, debtor = world.ledger.pledges, world.org("M1")
    lien, pledge = world.ledger.read(
        [pledges.lien(debtor, asset.fingerprint), pledges.pledge_of(pledges.pledge_id(offer))], world.pin()
    )
    assert lien == Lien(6_000, 1)
    assert pledge.status is Status.LIVE
    with pytest.raises(refusals.EncumberedError, match="6000 of 10000 parts") as refused:
        world.pledge("M1", "L2", asset, share=4_001)
    assert (refused.value.debtor, refused.value.fingerprint) == (debtor, asset.fingerprint)
    assert (refused.value.taken, refused.value.share) == (6_000, 4_001)
    with pytest.raises(refusals.AlreadyPledgedError):
        world.accept("M1", "L1", offer, asset)
    world.writer.send(account("L1"), pledges.close(offer, Status.CANCELLED))
    assert world.ledger.read_one(pledges.lien(debtor, asset.fingerprint), world.pin()) == Lien(0, 1)
    with pytest.raises(refusals.NotLiveError):
        world.writer.send(account("L1"), pledges.close(offer, Status.SATISFIED))


def test_offers_of_others_are_refused(world: World) -> None:
    asset = world.certify("M1")
    offer = world.offer("M1", "L1", asset)
    with pytest.raises(refusals.NotPartyError) as signer:
        world.accept("M2", "L1", offer, asset)
    assert (signer.value.expected, signer.value.actual) == (world.org("M1"), world.org("M2"))
    with pytest.raises(refusals.NotPartyError):
        world.accept("M1", "L2", offer, asset)
    evidence = asset.evidence()
    wrong = Evidence(evidence.root, evidence.asset_id, ZERO32, evidence.batch_proof, evidence.field_proof, ())
    signature = account("M1").sign(world.ledger.pledges.typed(offer).data)
    act = world.ledger.pledges.pledge(offer, signature, [wrong])
    with pytest.raises(refusals.FieldNotInAssetError):
        world.writer.send(account("L1"), act)


def test_pledge_id_and_signature_are_those_of_eip_712(world: World) -> None:
    asset = world.certify("M1")
    offer, pledges = world.offer("M1", "L1", asset, asset), world.ledger.pledges
    typed = {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "Claim": [{"name": "fingerprint", "type": "bytes32"}, {"name": "share", "type": "uint16"}],
            "Offer": [
                {"name": "debtor", "type": "bytes32"},
                {"name": "lender", "type": "bytes32"},
                {"name": "claims", "type": "Claim[]"},
                {"name": "acceptBy", "type": "uint64"},
                {"name": "expiresAt", "type": "uint64"},
                {"name": "terms", "type": "bytes32"},
            ],
        },
        "primaryType": "Offer",
        "domain": {
            "name": "assetcert",
            "version": "1",
            "chainId": world.descriptor.chain_id,
            "verifyingContract": pledges.address,
        },
        "message": {
            "debtor": offer.debtor,
            "lender": offer.lender,
            "claims": [{"fingerprint": c.fingerprint, "share": c.share} for c in offer.claims],
            "acceptBy": offer.accept_by,
            "expiresAt": offer.expires_at,
            "terms": offer.terms,
        },
    }
    signed = EthAccount.sign_message(encode_typed_data(full_message=typed), keccak(b"account M1"))
    assert signed.message_hash == pledges.pledge_id(offer)
    signature = account("M1").sign(pledges.typed(offer).data)
    assert signature == signed.signature
    assert pledges.offer_signer(offer, signature) == account("M1").address


@pytest.mark.parametrize(
    "signature", [b"", bytes(65), bytes(64) + b"\x1b", b"\xff" * 64 + b"\x1b", bytes(64)]
)
def test_no_signer_for_an_impossible_signature(signature: bytes) -> None:
    assert recover(keccak(b"x"), signature) is None


def test_transactions_are_signed_as_eth_account_does() -> None:
    ours = Account(b"\x07" * 32)
    for nonce, to, data in [
        (0, None, b""),
        (5, "0x" + "ab" * 20, b"\x01"),
        (200, "0x" + "ab" * 20, bytes(70_000)),
    ]:
        raw = Transaction(987_654_321_012, nonce, 10**6, to, data).signed_by(ours)
        fields = {
            "nonce": nonce,
            "gasPrice": 0,
            "gas": 10**6,
            "value": 0,
            "data": data,
            "chainId": 987_654_321_012,
        }
        if to is not None:
            fields["to"] = EthAccount.from_key(b"\x07" * 32).address if False else bytes.fromhex(to[2:])
        assert raw == bytes(EthAccount.sign_transaction(fields, b"\x07" * 32).raw_transaction)
    assert ours.address == EthAccount.from_key(b"\x07" * 32).address.lower()
    assert "07" * 32 not in repr(ours)


def test_created_addresses_are_where_contracts_land(world: World) -> None:
    assert create_address(account("deployer").address, 0) == world.descriptor.contracts["forwarder"]
    assert create_address(account("deployer").address, 200).startswith("0x")


def test_the_quorum_admits_changes_and_ends(world: World) -> None:
    membership = world.ledger.membership
    org = world.admit("W1", Role.WITNESS)
    public = os.urandom(33)
    world.vote(membership.set_key(keccak(public), Key(org, 5, FOREVER, Purpose.WITNESS), public), "R2", "R3")
    key, record, electorate, paused = world.ledger.read(
        [
            membership.key(keccak(public)),
            membership.organisation(org),
            membership.electorate(),
            membership.is_paused(world.ledger.assets.address),
        ],
        world.pin(),
    )
    assert key == Key(org, 5, FOREVER, Purpose.WITNESS)
    assert key.valid_at(5) and not key.valid_at(4) and not key.valid_at(FOREVER)
    assert record.roles is Role.WITNESS and not record.suspended
    assert (electorate.quorum, electorate.registrars) == (2, 3)
    assert paused is False
    sent = world.writer.send(account("W1"), membership.revoke_key(keccak(public)))
    ended = world.ledger.read_one(membership.key(keccak(public)), sent.block)
    assert ended.valid_until == sent.block.timestamp
    with pytest.raises(refusals.KeyEndedError):
        world.vote(membership.set_key(keccak(public), key, public))


def test_one_registrar_is_not_enough(world: World) -> None:
    membership = world.ledger.membership
    act = membership.set_organisation("TEST:X9", "X9", [], Role.LENDER)
    with pytest.raises(refusals.NotQuorumError, match="quorum"):
        world.writer.send(account("R1"), act)
    world.vote(act, "R1")
    assert world.ledger.read_one(membership.organisation(world.org("X9")), world.pin()).admitted_at == 0
    with pytest.raises(refusals.AlreadyConfirmedError):
        world.writer.send(account("R1"), membership.confirm(act, world._nonce))
    with pytest.raises(ValueError, match="Membership only"):
        membership.confirm(world.ledger.access.shred(ZERO32), 1)


def test_a_pause_closes_the_opening_acts_only(world: World) -> None:
    membership, registry = world.ledger.membership, world.ledger.assets.address
    asset = world.certify("M2")
    world.vote(membership.set_paused(registry, True))
    try:
        with pytest.raises(refusals.RegistryPausedError) as paused:
            world.certify("M2")
        assert paused.value.registry == registry
        proof = asset.tree.proof(asset.asset_id)
        act = world.ledger.assets.set_standing(asset.tree.root, asset.asset_id, proof, Standing.REVOKED)
        world.writer.send(account("M2"), act)
    finally:
        world.vote(membership.set_paused(registry, False))


def test_grants_ends_reads_and_shreds_are_logged(world: World) -> None:
    access, start = world.ledger.access, world.pin().number + 1
    scope, wraps = scope_of(os.urandom(32), [os.urandom(32)]), os.urandom(32)
    grant = grant_id(world.org("M1"), world.org("L1"), scope, wraps, 5_000_000_000)
    world.writer.send(account("M1"), access.grant(world.org("L1"), scope, wraps, 5_000_000_000))
    world.writer.send(account("L1"), access.read(grant, wraps))
    world.writer.send(account("M1"), access.end(grant))
    commitment = shred_commitment(ZERO32, ZERO32)
    world.writer.send(account("M1"), access.shred(commitment))
    granted, read, ended, shredded = events(world.ledger, start, world.pin(), ["access_log"])
    assert isinstance(granted, Granted) and granted.grant_id == grant and granted.scope == scope
    assert isinstance(read, Read) and (read.grant_id, read.org) == (grant, world.org("L1"))
    assert isinstance(ended, Ended) and (ended.grant_id, ended.org) == (grant, world.org("M1"))
    assert isinstance(shredded, Shredded) and shredded.commitment == commitment
    with pytest.raises(refusals.UnknownOrganisationError):
        world.writer.send(account("M1"), access.grant(ZERO32, scope, wraps, 1))


def test_somebody_else_sends_what_an_organisation_signed(world: World) -> None:
    forwarder, tree = world.ledger.forwarder, BatchTree([os.urandom(32)])
    nonce = world.ledger.read_one(forwarder.nonce(account("M1").address), world.pin())
    deadline = world.pin().timestamp + 600
    act = world.ledger.assets.register(tree.ids)
    request = relayed(world.ledger, "M1", act, nonce, deadline, 3_000_000)
    assert world.ledger.read_one(forwarder.verify(request), world.pin()) is True
    world.writer.send(account("nobody"), forwarder.execute(request))
    batch = world.ledger.read_one(world.ledger.assets.batch(world.org("M1"), tree.root), world.pin())
    assert batch.account == account("M1").address
    with pytest.raises(refusals.OtherRevertError, match="ERC2771ForwarderInvalidSigner"):
        world.writer.send(account("nobody"), forwarder.execute(request))


def test_no_signed_act_is_sent_late_or_for_somebody_else(world: World) -> None:
    forwarder, act = world.ledger.forwarder, world.ledger.assets.register(BatchTree([os.urandom(32)]).ids)
    nonce = world.ledger.read_one(forwarder.nonce(account("M1").address), world.pin())
    late = relayed(world.ledger, "M1", act, nonce, world.pin().timestamp - 1, 3_000_000)
    with pytest.raises(refusals.OtherRevertError, match="ERC2771ForwarderExpiredRequest"):
        world.writer.send(account("nobody"), forwarder.execute(late))
    unsigned = Unsigned(account("M1").address, act.to or "", act.data, 3_000_000, nonce, 2**47)
    others = unsigned.signed(account("M2").sign(forwarder.typed(unsigned).data))
    with pytest.raises(refusals.OtherRevertError, match="ERC2771ForwarderInvalidSigner"):
        world.writer.send(account("nobody"), forwarder.execute(others))
    assert world.ledger.read_one(forwarder.verify(others), world.pin()) is False


def test_unknown_and_builtin_reverts_are_told() -> None:
    text = bytes.fromhex("08c379a0") + bytes(31) + b"\x20" + bytes(31) + b"\x02" + b"no" + bytes(30)
    assert str(artifacts.decode_revert(text)) == "the contract refused: no"
    panic = artifacts.decode_revert(bytes.fromhex("4e487b71") + (0x11).to_bytes(32, "big"))
    assert isinstance(panic, refusals.PanicError) and panic.code == 0x11
    assert isinstance(artifacts.decode_revert(b""), refusals.OtherRevertError)
    assert "0xdeadbeef" in str(artifacts.decode_revert(b"\xde\xad\xbe\xef"))
    assert "0x08c379a000" in str(artifacts.decode_revert(text[:5]))


def test_errors_survive_a_process_border(world: World) -> None:
    import pickle

    error: RevertError = refusals.EncumberedError(b"\x01" * 32, b"\x02" * 32, 5, 6)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.taken) == (str(error), 5)
    busy = pickle.loads(pickle.dumps(errors.WriterBusyError("busy", 7)))
    assert (str(busy), busy.pid) == ("busy", 7)


def test_the_home_clock_gives_block_times(shared_ledger: Embedded, world: World) -> None:
    before: Block = world.pin()
    shared_ledger.clock.advance(86_400)
    sent = world.register("M1", BatchTree([os.urandom(32)]))
    assert 86_400 <= sent.block.timestamp - before.timestamp < 86_500
    shared_ledger.clock.set(before.timestamp)
    sent_again = world.register("M1", BatchTree([os.urandom(32)]))
    assert sent_again.block.timestamp == sent.block.timestamp
    assert shared_ledger.clock.now() >= sent.block.timestamp
