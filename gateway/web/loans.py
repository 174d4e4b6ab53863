"""A loan's page for borrower and lender: its schedule, what is owed, the receipts; the lender's acts from contract to the last receipt."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Form, Request, Response
from fastapi.responses import HTMLResponse

from gateway.api.depends import Installed, May
from gateway.db import cases as table
from gateway.db import credit
from gateway.errors import UsageError
from gateway.identity.principal import Principal, may
from gateway.identity.roles import Action
from gateway.service import loans, receiving
from gateway.service.loans import account_of, flows
from gateway.web import credit_words as words
from gateway.web import formats
from gateway.web.depends import As, gone, router_of_pages
from gateway.web.parties import Parties
from gateway.web.render import environment, language_of, render, say
from gateway.web.tables import Column, Table, export

__all__ = ["router"]

router = router_of_pages()
Reader = Annotated[Principal, May(Action.LOANS_READ)]
Operator = Annotated[Principal, May(Action.LOANS_OPERATE)]
Reference = Annotated[str, Form(min_length=1, max_length=128)]


@router.get("/loans")
def listed(request: Request, who: Reader, home: Installed, form: As = "") -> Response:
    """Loans in which one's organisation is borrower or lender."""
    with home.database.session() as session:
        rows, parties = table.loans(session, who.org), Parties(session)
    cells: Any = environment(language_of(request)).get_template("includes/cells.html").module

    def other(row: credit.Loan) -> Any:
        return parties[row.lender if row.borrower == who.org else row.borrower]

    columns = (
        Column(say(request, "Loan"), lambda row: row.content["product"], lambda row: cells.linked(f"/loans/{row.loan_id}", row.content["product"])),
        Column(say(request, "With"), other, lambda row: other(row).html()),
        Column(say(request, "Amount"), lambda row: Decimal(row.content["amount"]), lambda row: formats.money(row.content["amount"]), numeric=True),
        Column(say(request, "Paid out"), lambda row: row.content["drawn_on"]),
        Column(say(request, "State"), lambda row: say(request, words.LOAN_STATES[row.state][0]), lambda row: cells.state(words.LOAN_STATES[row.state])),
    )  # fmt: skip
    made = Table(say(request, "Loans"), columns, rows, say(request, "No loan yet."))
    if form:
        return export(made, form, "loans")
    return render(request, "list.html", title=say(request, "Loans"), lead="", tables=[(made, "/loans")])


@router.get("/loans/{loan_id}")
def one(request: Request, who: Reader, home: Installed, loan_id: str) -> HTMLResponse:
    """One loan, as it stands today."""
    row = loans.loan(home, who.organisation, loan_id)
    with home.database.session() as session:
        came, parties = credit.receipts_of(session, [loan_id])[loan_id], Parties(session)
    today = loans.today(home)
    drawn = row.content["drawn_on"] is not None
    owed = account_of(row).position(flows(came), today) if drawn else None
    ahead = [line for line in row.content["schedule"] if line["due"] >= str(today)]
    mine = row.lender == who.org
    return render(
        request, "loan.html", row=row, words=words, owed=owed, receipts=came, next=ahead[0] if owed and owed.payoff and ahead else None,
        today=today, other=parties[row.borrower if mine else row.lender], crumb="/loans",
        may_contract=mine and row.state == "accepted" and may(who, Action.LOANS_CONTRACT),
        may_draw=mine and row.state in ("contracted", "registered") and may(who, Action.LOANS_OPERATE),
        may_receive=mine and row.state in ("drawn", "repaying") and may(who, Action.LOANS_OPERATE),
    )  # fmt: skip


@router.post("/loans/{loan_id}/contract")
def contract(
    who: Annotated[Principal, May(Action.LOANS_CONTRACT)], home: Installed, loan_id: str
) -> Response:
    """Verify what is offered and take the pledge."""
    loans.contract(home, who.organisation, loan_id, who.user)
    return gone(f"/loans/{loan_id}")


@router.post("/loans/{loan_id}/draw")
def draw(who: Operator, home: Installed, loan_id: str, reference: Reference) -> Response:
    """Pay out, after everything pledged was verified once more."""
    loans.draw(home, who.organisation, loan_id, reference, who.user)
    return gone(f"/loans/{loan_id}")


@router.post("/loans/{loan_id}/receive")
def receive(
    who: Operator,
    home: Installed,
    loan_id: str,
    reference: Reference,
    day: Annotated[date, Form()],
    amount: Annotated[str, Form(pattern=r"^[0-9]{1,13}(\.[0-9]{1,2})?$")],
) -> Response:
    """Book money received; what is settled is released by the same act."""
    if not Decimal(amount):
        raise UsageError("AMOUNT", "an amount above nothing is due")
    receiving.receive(
        home, who.organisation, [receiving.Receipt(loan_id, reference, day, Decimal(amount))], who.user
    )
    return gone(f"/loans/{loan_id}")
