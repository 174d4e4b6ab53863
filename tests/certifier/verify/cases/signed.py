"""Cases of check 5: signatures of instruments, inspectors and witnesses."""

from __future__ import annotations

from certifier.verify import Cause, Code
from ledger.membership import Role
from ledger.types import hex32
from tests.certifier.verify.cases.case import INVALID, ON_LEDGER, case
from tests.certifier.verify.workshop import (
    Workshop,
    alone,
    invoice,
    topic,
    unknown,
)
from tests.ledger.world import account

# 5 SIGNERS


@case(Code.SIGNERS)
def a_signature_over_another_document(shop: Workshop) -> None:
    data, owner = invoice(), shop.member(Role.INSPECTOR)
    paper = shop.certify(data, signers=[shop.statement(data, owner, about=b"another")])
    alone(shop.verify(paper), Code.SIGNERS, INVALID)


@case(Code.SIGNERS)
def a_key_that_nobody_published(shop: Workshop) -> None:
    data, owner = invoice(), shop.member(Role.INSPECTOR)
    paper = shop.certify(data, signers=[shop.statement(data, owner, publish=False)])
    alone(shop.verify(paper), Code.SIGNERS, INVALID)


@case(Code.SIGNERS)
def the_account_key_of_somebody(shop: Workshop) -> None:
    """It has no public key; nor does the receipt that names it make the node a liar."""
    data, owner = invoice(), shop.member(Role.INSPECTOR)
    statement = shop.statement(data, owner)
    change = {"signer.0001.key": hex32(account(owner).key_id)}
    alone(shop.verify(shop.certify(data, signers=[statement], change=change)), Code.SIGNERS, INVALID)


@case(Code.SIGNERS)
def a_node_that_alters_the_public_key(shop: Workshop) -> None:
    data, owner = invoice(), shop.member(Role.INSPECTOR)
    statement = shop.statement(data, owner)
    paper = shop.certify(data, signers=[statement])
    mine, gone = statement.public_key.hex(), topic("KeySet")

    def swap(_: object, logs: list[dict[str, object]]) -> list[dict[str, object]]:
        return [
            log | {"data": str(log["data"]).replace(mine, mine[:-2] + "00")}
            if log["topics"][0] == gone
            else log  # type: ignore[index]
            for log in logs
        ]

    with shop.hostile() as (liar, node):
        liar.alter("eth_getLogs", swap)
        unknown(shop.verify(paper, nodes=[node]), Cause.CONTRADICTED, Code.SIGNERS, *ON_LEDGER)


@case(Code.SIGNERS)
def a_signer_who_is_not_shown(shop: Workshop) -> None:
    data, owner = invoice(), shop.member(Role.INSPECTOR)
    paper = shop.certify(data, signers=[shop.statement(data, owner)])
    for part in ("key", "role", "signed_at", "signature"):
        shown = [path for path in paper.values if path != f"signer.0001.{part}"]
        report = shop.verify(paper.receipt.redact(shown), paper.data)
        alone(report, Code.SIGNERS, INVALID, Cause.NOT_SUPPLIED)
