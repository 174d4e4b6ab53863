"""Verbs of a firm and its cases: `apply`, `decision`."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.context import AS, HOME, JSON, Shell, grid, plain, told, verb
from gateway.cli.money import MONEY
from gateway.errors import Exit, UsageError

if TYPE_CHECKING:
    from gateway.credit.review import Terms
    from gateway.installation import Installation

__all__ = ["apply", "decision"]

_OUTCOMES = {"approve": Exit.DONE, "refer": Exit.UNKNOWN, "decline": Exit.INVALID}


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
@click.option("--region", default="", help="The firm's region (GB/T 2260), for products that ask for it.")
@click.option("--industry", default="", help="Its industry (GB/T 4754), likewise.")
@click.option("--size", "enterprise_size", default="", help="Its size, such as micro or small, likewise.")
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
    **profile: str,
) -> int:
    """Apply for a loan on what is certified: consent, decision, offers."""
    from gateway.service.applying import Order
    from gateway.service.lending import Lending

    order = Order(
        amount=amount, days=days, key=key, purpose=purpose, products=products or None, offered=offered or None,
        declared_debt=declared_debt, asks_for_person=person, profile=profile,
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
    for text in dict.fromkeys(f"{one['zh']}  {one['en']}" for one in answer["reasons"]):
        print_(f"· {plain(text)}")
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
    from gateway.service.recording import row_of

    with shell.installation() as installation:
        row = row_of(installation, decision_id)
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
    answer = done.to_json()
    lines = [
        f"{answer['verdict']} at block {done.block:,}; {'its record stands on the ledger' if done.anchored else 'its record is not anchored'}"
    ]
    lines += [f"{path}: recorded {old}, recomputed {new}" for path, old, new in done.differences]
    told(shell, answer, "\n".join(lines))
    return Exit.DONE if done.identical else Exit.INVALID


@verb
@click.argument("decision_id")
@AS
@click.option(
    "--outcome",
    type=click.Choice(["approve", "counter", "decline", "refer"]),
    required=True,
    help="What the person decides.",
)
@click.option("--code", required=True, help="The reason that the applicant is told, such as A1, C1, D1, E1.")
@click.option("--reason", required=True, help="Why, in one's own words; it stays with the case.")
@click.option("--product", "product_", metavar="CODE|ID", help="Of a counter-offer: the product.")
@click.option("--amount", type=MONEY, help="Of a counter-offer: how much.")
@click.option("--days", type=click.IntRange(1, 3650), help="Of a counter-offer: for how many days.")
@click.option("--who", required=True, help="Who decides.")
@click.option(
    "--role", type=click.Choice(["officer", "risk", "approver"]), default="officer", show_default=True
)
def review(
    shell: Shell,
    decision_id: str,
    org: str | None,
    outcome: str,
    code: str,
    reason: str,
    product_: str | None,
    amount: Decimal | None,
    days: int | None,
    who: str,
    role: str,
) -> None:
    """A person's decision on a case: a record of its own, on the ledger like the engine's, which never changes."""
    from gateway.service.recording import anchor
    from gateway.service.reviewing import Opinion
    from gateway.service.reviewing import review as decide

    with shell.installation() as installation:
        terms = _terms(installation, product_, amount, days)
        opinion = Opinion(outcome, code, reason, terms)
        row = decide(installation, installation.book.find(org), decision_id, opinion, who, role)
        asset = anchor(installation, [row.decision_id])[row.decision_id]
    said = {
        "decision_id": row.decision_id,
        "outcome": row.outcome,
        "reviews": decision_id,
        "anchored_as": asset,
    }
    told(shell, said, f"{row.decision_id}: {row.outcome}, in the place of {decision_id}")


def _terms(
    installation: Installation, product: str | None, amount: Decimal | None, days: int | None
) -> Terms | None:
    """A counter-offer's terms: all three, or none."""
    from gateway.credit.review import Terms
    from gateway.service.products import published

    if product is None or amount is None or days is None:
        if (product, amount, days) != (None, None, None):
            raise UsageError("TERMS", "a counter-offer names --product, --amount and --days")
        return None
    found = next((one.id for one in published(installation) if product in (one.code, one.id)), product)
    return Terms(found, amount, days)


for name, one in {"show": show, "replay": replay, "review": review}.items():
    decision.add_command(one, name)
