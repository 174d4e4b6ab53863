"""Cases of checks 3, 4 and 6: what the ledger says of the batch, its account and the asset's standing."""

from __future__ import annotations

from dataclasses import replace

from certifier.verify import Cause, Code, Verdict
from ledger.assets import Standing
from ledger.membership import Key, Purpose, Role
from ledger.types import ZERO32
from tests.certifier.verify.cases.case import INVALID, ON_LEDGER, UNKNOWN, case
from tests.certifier.verify.workshop import (
    Workshop,
    alone,
    bend_call,
    drop,
    invoice,
    other,
    unknown,
)
from tests.ledger.world import account

# 3 REGISTRATION


@case(Code.REGISTRATION)
def another_batch_of_the_issuer(shop: Workshop) -> None:
    """Both batches stand on the ledger; the proof leads from the asset to none of them, or to the other."""
    paper, foreign = shop.certify(invoice()), shop.certify(invoice())
    alone(shop.verify(replace(paper.receipt, root=foreign.tree.root), paper.data), Code.REGISTRATION, INVALID)
    proof = foreign.receipt.batch_proof
    alone(shop.verify(replace(paper.receipt, batch_proof=proof), paper.data), Code.REGISTRATION, INVALID)
    alone(shop.verify(replace(paper.receipt, batch_proof=()), paper.data), Code.REGISTRATION, INVALID)


@case(Code.REGISTRATION)
def never_registered(shop: Workshop) -> None:
    report = shop.verify(shop.certify(other(), register=False))
    assert report.check(Code.REGISTRATION).verdict is INVALID
    assert report.check(Code.ISSUER).verdict is INVALID


@case(Code.REGISTRATION)
def another_ledger(shop: Workshop) -> None:
    for member, value in (
        ("chain_id", shop.descriptor.chain_id + 1),
        ("genesis", ZERO32),
        ("asset_registry", "0x" + "11" * 20),
    ):
        report = shop.elsewhere(**{member: value})
        assert report.verdict is report.check(Code.REGISTRATION).verdict is INVALID
        assert all(check.verdict is UNKNOWN for check in report.checks if check.code is not Code.REGISTRATION)


@case(Code.REGISTRATION)
def a_node_that_is_down(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    with shop.hostile() as (liar, node):
        liar.hang_up = True
        unknown(shop.verify(paper, nodes=[node]), Cause.UNREACHABLE, *ON_LEDGER)
    unknown(shop.verify(paper, nodes=[node]), Cause.UNREACHABLE, *ON_LEDGER)
    unknown(shop.verify(paper, nodes=[]), Cause.UNREACHABLE, *ON_LEDGER)


@case(Code.REGISTRATION)
def a_node_that_takes_too_long(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    with shop.hostile(timeout=0.2) as (liar, node):
        liar.delay = 0.5
        unknown(shop.verify(paper, nodes=[node]), Cause.UNREACHABLE, *ON_LEDGER)


@case(Code.REGISTRATION)
def a_node_that_answers_nonsense(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    like = shop.ledger.assets.batch(ZERO32, ZERO32)
    for change in (lambda _: "0x", lambda data: data + "00", lambda data: "0x" + "ff" * 96, lambda _: None):
        with shop.hostile() as (liar, node):
            bend_call(liar, like, change)
            unknown(shop.verify(paper, nodes=[node]), Cause.CONTRADICTED, *ON_LEDGER)


# 4 ISSUER


@case(Code.ISSUER)
def an_account_found_to_have_been_lost_before(shop: Workshop) -> None:
    """The registrars learn later that the account was not the issuer's any more, and shorten its interval."""
    name = shop.member(Role.ENTERPRISE)
    paper = shop.certify(other(), name)
    assert shop.verify(paper).verdict is Verdict.VALID
    act = shop.ledger.membership.set_key(
        account(name).key_id, Key(shop.world.org(name), 1, 2, Purpose.ACCOUNT)
    )
    shop.world.vote(act)
    alone(shop.verify(paper), Code.ISSUER, INVALID)


@case(Code.ISSUER)
def an_account_of_somebody_else(shop: Workshop) -> None:
    """Only a lying node says so, and it contradicts nothing that it said before."""
    paper = shop.certify(invoice())
    ours, theirs = (account(name).address.lower()[2:] for name in ("M1", "M2"))
    with shop.hostile() as (liar, node):
        like = shop.ledger.assets.batch(shop.world.org("M1"), paper.tree.root)
        bend_call(liar, like, lambda data: data.replace(ours, theirs), exactly=True)
        alone(shop.verify(paper, nodes=[node]), Code.ISSUER, INVALID)


@case(Code.ISSUER)
def a_node_that_hides_keys_or_members(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    for event in ("KeySet", "OrganisationSet"):
        with shop.hostile() as (liar, node):
            drop(liar, event)
            unknown(shop.verify(paper, nodes=[node]), Cause.CONTRADICTED, *ON_LEDGER)


@case(Code.ISSUER)
def a_node_that_alters_the_key(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    with shop.hostile() as (liar, node):
        like = shop.ledger.membership.key(account("M1").key_id)
        bend_call(liar, like, lambda data: data[:66] + f"{2:064x}" + data[130:], exactly=True)
        unknown(shop.verify(paper, nodes=[node]), Cause.CONTRADICTED, *ON_LEDGER)


# 6 STANDING


@case(Code.STANDING)
def suspended_and_revoked(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    for to in (Standing.SUSPENDED, Standing.REVOKED):
        proof = paper.tree.proof(paper.asset_id)
        act = shop.ledger.assets.set_standing(paper.tree.root, paper.asset_id, proof, to, reason=1)
        shop.world.writer.send(account("M1"), act)
        alone(shop.verify(paper), Code.STANDING, INVALID)


@case(Code.STANDING)
def a_standing_that_there_is_not(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    with shop.hostile() as (liar, node):
        bend_call(liar, shop.ledger.assets.standing(ZERO32, ZERO32), lambda _: f"0x{3:064x}")
        unknown(shop.verify(paper, nodes=[node]), Cause.CONTRADICTED, *ON_LEDGER)


@case(Code.STANDING)
def two_nodes_that_differ(shop: Workshop) -> None:
    paper = shop.certify(invoice())
    with shop.hostile() as (liar, node):
        assert shop.verify(paper, nodes=[shop.node, node]).verdict is Verdict.VALID
        bend_call(liar, shop.ledger.assets.standing(ZERO32, ZERO32), lambda _: f"0x{1:064x}")
        unknown(shop.verify(paper, nodes=[shop.node, node]), Cause.CONTRADICTED, *ON_LEDGER)
        alone(shop.verify(paper, nodes=[node]), Code.STANDING, INVALID)
