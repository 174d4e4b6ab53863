"""Overrides and late releases as a page: of every lender for an auditor, of its own for a lender."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request, Response

from gateway.api.depends import Installed, May
from gateway.identity.principal import Principal
from gateway.identity.roles import Action
from gateway.service import cases, exceptions
from gateway.service.exceptions import Late, Override
from gateway.service.loans import today
from gateway.web import credit_words as words
from gateway.web import formats
from gateway.web.depends import As, router_of_pages
from gateway.web.parties import Parties
from gateway.web.render import environment, language_of, render, say
from gateway.web.tables import Column, Table, export
from gateway.web.words import USER_ROLES

__all__ = ["router"]

router = router_of_pages()


@router.get("/exceptions")
def listed(
    request: Request,
    who: Annotated[Principal, May(Action.DECISIONS_READ)],
    home: Installed,
    form: As = "",
    table: Annotated[str, Query(alias="list", max_length=16)] = "",
) -> Response:
    """What people decided against the engine, and locks that were not released in time."""
    lender = cases.scope(who)
    with home.database.session() as session:
        parties = Parties(session)
        against = exceptions.overrides(session, lender)
        late = exceptions.late_releases(session, today(home), lender)
    tables = [(_overrides(request, parties, against), "/exceptions"), (_late(request, parties, late), "/exceptions?list=late")]  # fmt: skip
    if form:
        return export(tables[table == "late"][0], form, "exceptions")
    lead = say(request, "What people decided against the engine, and locks that were not released within two working days.")  # fmt: skip
    return render(request, "list.html", title=say(request, "Exceptions"), lead=lead, tables=tables)


def _overrides(request: Request, parties: Parties, rows: list[Override]) -> Table:
    language = language_of(request)
    cells: Any = environment(language).get_template("includes/cells.html").module
    parts: Any = environment(language).get_template("includes/credit.html").module

    def outcome(name: str) -> str:
        return say(request, words.OUTCOMES[name][0])

    def who(one: Override) -> str:
        return f"{one.word.who} ({say(request, USER_ROLES[one.word.role])})"

    def why(one: Override) -> str:
        return say(request, "a knock-out was lifted") if one.lifted else say(request, "against the engine")

    columns = (
        Column(say(request, "When"), lambda one: one.word.at, lambda one: cells.linked(f"/queue/{one.row.decision_id}", formats.time(one.row.at))),
        Column(say(request, "Lender"), lambda one: parties[one.row.lender], lambda one: parties[one.row.lender].html()),
        Column(say(request, "Enterprise"), lambda one: parties[one.row.applicant], lambda one: parties[one.row.applicant].html()),
        Column(say(request, "The engine said"), lambda one: outcome(one.engine), lambda one: parts.outcome(one.engine, words)),
        Column(say(request, "The person said"), lambda one: outcome(one.row.outcome), lambda one: parts.outcome(one.row.outcome, words)),
        Column(say(request, "What it is"), why),
        Column(say(request, "Code"), lambda one: one.word.code),
        Column(say(request, "By"), who),
    )  # fmt: skip
    return Table(say(request, "Overrides"), columns, rows, say(request, "Nobody decided against the engine."))


def _late(request: Request, parties: Parties, rows: list[Late]) -> Table:
    columns = (
        Column(say(request, "Loan"), lambda one: one.row.loan_id),
        Column(say(request, "Lender"), lambda one: parties[one.row.lender], lambda one: parties[one.row.lender].html()),
        Column(say(request, "Enterprise"), lambda one: parties[one.row.borrower], lambda one: parties[one.row.borrower].html()),
        Column(say(request, "Paid off"), lambda one: one.settled, lambda one: formats.day(str(one.settled))),
        Column(say(request, "Released"), lambda one: one.released or say(request, "not yet")),
        Column(say(request, "Working days"), lambda one: one.days, numeric=True),
    )  # fmt: skip
    return Table(
        say(request, "Late releases"), columns, rows, say(request, "Every lock was released in time.")
    )
