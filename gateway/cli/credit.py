"""Verbs of credit: `apply`, `decision`, `product`, `loan`."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.context import AS, HOME, JSON, Shell, grid, plain, told, verb
from gateway.errors import Exit, UsageError

if TYPE_CHECKING:
    from gateway.credit.products import Product

__all__ = ["apply", "decision", "loan", "product"]

_OUTCOMES = {"approve": Exit.DONE, "refer": Exit.UNKNOWN, "decline": Exit.INVALID}


class _Money(click.ParamType[Decimal]):
    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            amount = Decimal(str(value).replace(",", ""))
        except InvalidOperation:
            self.fail(f"{value!r} is no amount", param, ctx)
        if not amount.is_finite() or amount < 0 or amount != amount.quantize(Decimal("0.01")):
            self.fail(f"{value!r} is no amount of money: up to two decimals, not below nothing", param, ctx)
        return amount


MONEY = _Money()


@verb
@AS
@click.option("--amount", type=MONEY, required=True, help="How much, in yuan.")
@click.option("--days", type=click.IntRange(1, 3650), required=True, help="For how many days.")
@click.option("--purpose", default="working-capital", show_default=True, help="What it is for.")
@click.option(
    "--product",
    "products",
    multiple=True,
    metavar="CODE|ID",
    help="Only this product (repeatable); else all.",
)
@click.option(
    "--offer", "offered", multiple=True, metavar="ASSET", help="Only this receivable (repeatable); else all."
)
@click.option("--declared-debt", type=MONEY, default="0", show_default=True, help="What is owed elsewhere.")
@click.option("--key", default="", help="Your own name for it: the same one never makes two applications.")
@click.option("--person", is_flag=True, help="Ask for a person to decide.")
@click.option("--signatory", default="", help="Who signs the consent; default: the organisation's signatory.")
def apply(
    shell: Shell,
    org: str | None,
    amount: Decimal,
    days: int,
    purpose: str,
    products: tuple[str, ...],
    offered: tuple[str, ...],
    declared_debt: Decimal,
    key: str,
    person: bool,
    signatory: str,
) -> int:
    """Apply for a loan on what is certified: consent, decision, offers."""
    from gateway.service.lending import Lending, Order

    order = Order(
        amount=amount, days=days, key=key, purpose=purpose, products=products or None, offered=offered or None,
        declared_debt=declared_debt, asks_for_person=person,
    )  # fmt: skip
    with shell.installation() as installation:
        applicant = installation.book.find(org)
        lending = Lending(installation)
        with shell.progress("reading documents", None) as advance:
            lending.prepare(applicant, advance)
        answer = lending.apply(applicant, order, signatory or f"{applicant.short.lower()}-signatory")
    if shell.as_json:
        shell.emit(answer)
    else:
        _show_answer(shell, answer)
    return _OUTCOMES[answer["outcome"]]


def _show_answer(shell: Shell, answer: dict[str, Any]) -> None:
    print_ = shell.console.print
    print_(
        f"[bold]{answer['outcome']}[/]  ¥{Decimal(answer['amount']):,}  score {answer['score']}  grade {answer['grade'] or '–'}"
    )
    base = grid("borrowing base", "¥")
    for line in answer["borrowing_base"]["lines"]:
        base.add_row(plain(line["text"]), f"{Decimal(line['amount']):,}")
    base.add_row("available", f"{Decimal(answer['borrowing_base']['total']):,}")
    print_(base)
    offers = grid("product", "amount", "simple rate", "effective cost", "total cost", "bound by")
    for one in answer["offers"]:
        effective = f"{Decimal(one['eac']) * 100:.3f} %"
        offers.add_row(one["product"], f"{Decimal(one['amount']):,}", f"{one['simple_rate']} %", effective, f"{Decimal(one['total_cost']):,}", one["binding"])  # fmt: skip
    if answer["offers"]:
        print_(offers)
    for one in answer["reasons"]:
        print_(f"· {plain(one['zh'])}  {plain(one['en'])}")
    if answer["outcome"] != "approve":
        print_(plain(answer["review"]["en"]))
    print_(f"decisions: {', '.join(one['decision_id'] for one in answer['decisions'])}")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@HOME
@JSON
def decision(**_: object) -> None:
    """Show decisions, and recompute them from the ledger."""


@verb
@click.argument("decision_id")
def show(shell: Shell, decision_id: str) -> None:
    """The whole record of a decision, as its lender has it."""
    from gateway.service.lending import Lending

    with shell.installation() as installation:
        row = Lending(installation).row(decision_id)
    record = json.loads(row.record)
    if shell.as_json:
        shell.emit(record | {"digest": row.digest, "anchored_as": row.asset_id, "latency_ms": row.latency})
        return
    shell.console.print(
        f"{row.decision_id}: {row.outcome}, score {record['score']}, grade {record['grade'] or '–'}, block {record['as_of']['number']}"
    )
    points = grid("characteristic", "value", "points", "of")
    for one in record["points"]:
        points.add_row(one["feature"], one["value"] or "insufficient", str(one["points"]), str(one["most"]))
    shell.console.print(points)
    for hit in record["hits"]:
        shell.console.print(f"{hit['code']}: {plain(hit['text'])}")
    shell.console.print(f"record {row.digest}, anchored as {row.asset_id or 'nothing yet: provisional'}")


@verb
@click.argument("decision_id")
def replay(shell: Shell, decision_id: str) -> int:
    """Recompute a decision from the ledger at its block, and say identical or what differs."""
    from gateway.service.lending import Lending

    with shell.installation() as installation:
        done = Lending(installation).replay(decision_id)
    differing = [
        {"field": path, "recorded": before, "recomputed": after} for path, before, after in done.differences
    ]
    verdict = "identical" if done.identical else "differs"
    answer = {
        "decision_id": decision_id,
        "verdict": verdict,
        "block": done.block,
        "anchored": done.anchored,
        "differences": differing,
    }
    lines = [
        f"{verdict} at block {done.block:,}; {'its record stands on the ledger' if done.anchored else 'its record is not anchored'}"
    ]
    lines += [
        f"{one['field']}: recorded {one['recorded']}, recomputed {one['recomputed']}" for one in differing
    ]
    told(shell, answer, "\n".join(lines))
    return Exit.DONE if done.identical else Exit.INVALID


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@HOME
@JSON
def product(**_: object) -> None:
    """Loan products: list, publish by two people, simulate."""


@verb
@click.option("--as", "org", help="Only this lender's.")
def list_(shell: Shell, org: str | None) -> None:
    """Published products."""
    from gateway.service.products import published

    with shell.installation() as installation:
        found = published(installation, installation.book.find(org) if org is not None else None)
    rows = [_product_row(one) for one in found]
    if shell.as_json:
        shell.emit({"products": rows})
        return
    table = grid("product", "version", "name", "amounts", "days", "rate A", "id")
    for one, row in zip(found, rows, strict=True):
        name = f"{one.body['name_zh']} {one.body['name_en']}"
        table.add_row(one.code, str(one.version), name, f"{one.min_amount:,}–{one.max_amount:,}", f"{one.tenor[0]}–{one.tenor[1]}", row["rate"], one.id)  # fmt: skip
    shell.console.print(table)


def _product_row(one: Product) -> dict[str, Any]:
    best = min(one.spreads)
    rate = f"{one.rate_bps(best, None) / 100:.2f} %"
    return {"product": one.code, "version": one.version, "product_id": one.id, "lender": str(one.body["lender"]), "rate": rate, "content": dict(one.body)}  # fmt: skip


@verb
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@AS
@click.option("--maker", default="", help="Who proposes it; default: the lender's risk officer.")
@click.option("--checker", default="", help="Who publishes it, another person; without one it stays a draft.")
@click.option(
    "--defaults", "shipped", is_flag=True, help="Publish the shipped products of every lender here."
)
def publish(
    shell: Shell, file: Path | None, org: str | None, maker: str, checker: str, shipped: bool
) -> None:
    """Propose a product from a file, and publish it where a second person is named."""
    from gateway.credit.products import of_file
    from gateway.service import products

    if shipped == (file is not None):
        raise UsageError("PRODUCT", "give the file of a product, or --defaults")
    with shell.installation() as installation:
        if file is None:
            done = [one.code for one in products.publish_defaults(installation)]
            told(shell, {"published": done}, f"published: {', '.join(done) or 'nothing new'}")
            return
        lender = installation.book.find(org)
        made = of_file(file.read_bytes(), str(file))
        products.propose(installation, lender, made, maker or f"{lender.short.lower()}-risk")
        if checker:
            products.publish(installation, lender, made.id, checker)
    state = "published" if checker else "draft"
    told(
        shell,
        {"product": made.code, "product_id": made.id, "state": state},
        f"{state}: {made.code} version {made.version}, {made.id}",
    )


@verb
@click.argument("product_id")
@AS
@click.option("--who", default="", help="Who does it; default: the organisation.")
def withdraw(shell: Shell, product_id: str, org: str | None, who: str) -> None:
    """Offer a product no more; loans under it stand."""
    from gateway.service import products

    with shell.installation() as installation:
        lender = installation.book.find(org)
        products.withdraw(installation, lender, product_id, who or lender.short)
    told(shell, {"product_id": product_id, "state": "withdrawn"}, f"withdrawn: {product_id}")


@verb
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@AS
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=90,
    show_default=True,
    help="Decisions of so many days back.",
)
def simulate(shell: Shell, file: Path, org: str | None, days: int) -> None:
    """What a product would have made of the lender's last decisions; nothing is decided."""
    from gateway.credit.products import of_file
    from gateway.service import products

    with shell.installation() as installation:
        lender = installation.book.find(org)
        found = products.simulate(installation, lender, of_file(file.read_bytes(), str(file)), days)
    text = f"{found['passed']} of {found['decisions']} decisions would pass, ¥{Decimal(found['amount']):,}; " + ", ".join(f"{code} {count}" for code, count in found["reasons"].items())  # fmt: skip
    told(shell, found, text)


@verb
@click.argument("decision_id")
@AS
@click.option(
    "--outcome", type=click.Choice(["approve", "decline"]), required=True, help="What the person decides."
)
@click.option("--reason", required=True, help="Why; it stays with the case.")
@click.option("--who", required=True, help="Who decides.")
@click.option(
    "--role", type=click.Choice(["officer", "risk", "approver"]), default="officer", show_default=True
)
def review(
    shell: Shell, decision_id: str, org: str | None, outcome: str, reason: str, who: str, role: str
) -> None:
    """A person's decision on a case that was referred or declined; the record itself never changes."""
    from gateway.service import loans

    with shell.installation() as installation:
        lender = installation.book.find(org)
        row = loans.review(installation, lender, decision_id, outcome, reason, who, role)
    told(shell, {"decision_id": row.decision_id, "outcome": row.outcome}, f"{row.decision_id}: {row.outcome}")


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
    from gateway.service import loans

    with shell.installation() as installation:
        applicant = installation.book.find(org)
        loans.withdraw(installation, applicant, application_id, who or applicant.short)
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
    from gateway.service import loans

    given = loans.receipts_in(file.read_bytes(), str(file))
    with shell.installation() as installation:
        lender = installation.book.find(org)
        rows = loans.receive(installation, lender, given, who or lender.short)
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
    from datetime import date, datetime

    from certifier.evidence.paper import SHANGHAI
    from gateway.service import loans

    with shell.installation() as installation:
        row = loans.loan(installation, installation.book.find(org), loan_id)
        today: date = datetime.fromtimestamp(installation.now(), SHANGHAI).date()
        drawn = row.content["drawn_on"] is not None
        found = loans.position(installation, row, today).to_json() if drawn else None
    told(shell, _loan_row(row) | {"position": found}, f"{row.loan_id}: {row.state}; {found or 'not drawn'}")


def _loan_row(row: Any) -> dict[str, Any]:
    names = ("loan_id", "decision_id", "application_id", "lender", "borrower", "state", "pledge_id")
    shown = ("product", "amount", "rate_bps", "days", "schedule", "drawn_on", "bank_reference")
    return {name: getattr(row, name) for name in names} | {name: row.content[name] for name in shown}


for name, one in {"show": show, "replay": replay, "review": review}.items():
    decision.add_command(one, name)
for name, one in {"list": list_, "publish": publish, "simulate": simulate, "withdraw": withdraw}.items():
    product.add_command(one, name)
for name, one in {
    "withdraw": withdraw_application,
    "accept": accept,
    "contract": contract,
    "draw": draw,
    "receive": receive,
    "show": show_loan,
}.items():
    loan.add_command(one, name)
