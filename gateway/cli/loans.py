"""Verbs of loans: accept, contract, draw, receive, show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gateway.cli.context import AS, HOME, JSON, Shell, told, verb

__all__ = ["loan"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@HOME
@JSON
def loan(**_: object) -> None:
    """Loans: accept an offer, contract, draw, receive money, show what is owed."""


_WHO = click.option("--who", default="", help="Who does it; default: the organisation.")


@verb
@click.argument("application_id")
@click.option("--product", "product_", required=True, metavar="CODE|ID", help="The offer that is accepted.")
@AS
@_WHO
def accept(shell: Shell, application_id: str, product_: str, org: str | None, who: str) -> None:
    """Accept one offer; its receivables are offered to that lender alone."""
    from gateway.service import loans

    with shell.installation() as installation:
        applicant = installation.book.find(org)
        made = loans.accept(installation, applicant, application_id, product_, who or applicant.short)
    told(shell, _loan_row(made), f"accepted: {made.loan_id}")


@verb
@click.argument("application_id")
@AS
@_WHO
def withdraw_application(shell: Shell, application_id: str, org: str | None, who: str) -> None:
    """Withdraw an application that is not contracted."""
    from gateway.service import applying

    with shell.installation() as installation:
        applicant = installation.book.find(org)
        applying.withdraw(installation, applicant, application_id, who or applicant.short)
    told(shell, {"application_id": application_id, "state": "withdrawn"}, f"withdrawn: {application_id}")


@verb
@click.argument("loan_id")
@AS
@_WHO
def contract(shell: Shell, loan_id: str, org: str | None, who: str) -> None:
    """Verify what is offered and take the pledge."""
    from gateway.service import loans

    with shell.installation() as installation:
        lender = installation.book.find(org)
        made = loans.contract(installation, lender, loan_id, who or lender.short)
    told(shell, _loan_row(made), f"contracted: {made.loan_id}, pledge {made.pledge_id or 'none'}")


@verb
@click.argument("loan_id")
@AS
@click.option("--reference", required=True, help="The bank's reference of the payment.")
@_WHO
def draw(shell: Shell, loan_id: str, org: str | None, reference: str, who: str) -> None:
    """Pay out, after everything pledged was verified once more."""
    from gateway.service import loans

    with shell.installation() as installation:
        lender = installation.book.find(org)
        made = loans.draw(installation, lender, loan_id, reference, who or lender.short)
    told(shell, _loan_row(made), f"drawn on {made.content['drawn_on']}: {made.loan_id}")


@verb
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@AS
@_WHO
def receive(shell: Shell, file: Path, org: str | None, who: str) -> None:
    """Book receipts from a CSV file (loan_id, reference, date, amount), each reference once; a settled loan's pledge is closed."""
    from gateway.service import receiving

    given = receiving.receipts_in(file.read_bytes(), str(file))
    with shell.installation() as installation:
        lender = installation.book.find(org)
        rows = receiving.receive(installation, lender, given, who or lender.short)
    lines = [
        f"{one['reference']}: {'known' if one['existing'] else 'booked'}, {one['position']['payoff']} left"
        for one in rows
    ]
    told(shell, {"receipts": rows}, "\n".join(lines) or "no receipts")


@verb
@click.argument("loan_id")
@AS
def show_loan(shell: Shell, loan_id: str, org: str | None) -> None:
    """What is owed on a loan today, days past due, grade."""
    from gateway.service import loans

    with shell.installation() as installation:
        row = loans.loan(installation, installation.book.find(org), loan_id)
        drawn = row.content["drawn_on"] is not None
        found = loans.position(installation, row, loans.today(installation)).to_json() if drawn else None
    told(shell, _loan_row(row) | {"position": found}, f"{row.loan_id}: {row.state}; {found or 'not drawn'}")


def _loan_row(row: Any) -> dict[str, Any]:
    names = ("loan_id", "decision_id", "application_id", "lender", "borrower", "state", "pledge_id")
    shown = ("product", "amount", "rate_bps", "days", "schedule", "drawn_on", "bank_reference")
    return {name: getattr(row, name) for name in names} | {name: row.content[name] for name in shown}


for name, one in {
    "withdraw": withdraw_application,
    "accept": accept,
    "contract": contract,
    "draw": draw,
    "receive": receive,
    "show": show_loan,
}.items():
    loan.add_command(one, name)
