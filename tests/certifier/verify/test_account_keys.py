"""Check 4 at the edge of a key's interval: a revocation and a registration in one second (docs/adr/0207)."""

from __future__ import annotations

from certifier.verify import Code, Verdict
from ledger.assets import Batch
from ledger.membership import Key, Purpose, Role
from tests.certifier.verify.workshop import Paper, Workshop, alone, other
from tests.ledger.world import account


def batch_of(shop: Workshop, paper: Paper) -> Batch:
    found = shop.ledger.read_one(
        shop.ledger.assets.batch(shop.world.org(paper.by), paper.tree.root), shop.world.pin()
    )
    assert isinstance(found, Batch)
    return found


def test_a_registration_in_the_second_of_its_accounts_revocation_stands(shop: Workshop) -> None:
    name = shop.member(Role.ENTERPRISE)
    shop.clock.advance(-3600)  # no block is before the last one: time stands still
    paper = shop.certify(other(), name)
    shop.world.writer.send(account(name), shop.ledger.membership.revoke_key(account(name).key_id))
    shop.clock.advance(3600)
    at = shop.world.pin()
    key = shop.ledger.read_one(shop.ledger.membership.key(account(name).key_id), at)
    assert batch_of(shop, paper).registered_at == key.valid_until == at.timestamp
    assert shop.verify(paper).verdict is Verdict.VALID


def test_an_end_that_the_registrars_set_is_outside_the_interval(shop: Workshop) -> None:
    name = shop.member(Role.ENTERPRISE)
    paper = shop.certify(other(), name)
    end = batch_of(shop, paper).registered_at
    key = Key(shop.world.org(name), 1, end, Purpose.ACCOUNT)
    shop.clock.advance(1)
    shop.world.vote(shop.ledger.membership.set_key(account(name).key_id, key))
    alone(shop.verify(paper), Code.ISSUER, Verdict.INVALID)
