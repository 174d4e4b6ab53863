"""Verbs of loan products: list, publish, simulate, withdraw."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.context import AS, HOME, JSON, Shell, grid, told, verb
from gateway.cli.training import book, challenge, train
from gateway.errors import UnreadableError, UsageError

if TYPE_CHECKING:
    from gateway.credit.products import Product

__all__ = ["product"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@HOME
@JSON
def product(**_: object) -> None:
    """Loan products: list, publish by two people, simulate; the cards that score for them."""


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
    from gateway.service import products

    if shipped == (file is not None):
        raise UsageError("PRODUCT", "give the file of a product, or --defaults")
    with shell.installation() as installation:
        if file is None:
            done = [one.code for one in products.publish_defaults(installation)]
            told(shell, {"published": done}, f"published: {', '.join(done) or 'nothing new'}")
            return
        lender = installation.book.find(org)
        made = _in_file(file)
        products.propose(installation, lender, made, maker or f"{lender.short.lower()}-risk")
        if checker:
            products.publish(installation, lender, made.id, checker)
    state = "published" if checker else "draft"
    told(
        shell,
        {"product": made.code, "product_id": made.id, "state": state},
        f"{state}: {made.code} version {made.version}, {made.id}",
    )


def _in_file(path: Path) -> Product:
    from gateway.credit.products import of_file

    try:
        return of_file(path.read_bytes(), str(path))
    except OSError as error:
        raise UnreadableError(
            "FILE",
            f"{path} is no file that can be read, and no published product: `assetcert product list` names those",
        ) from error


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
@click.argument("product", metavar="FILE|PRODUCT")
@AS
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=90,
    show_default=True,
    help="Decisions of so many days back.",
)
def simulate(shell: Shell, product: str, org: str | None, days: int) -> None:
    """What a product, in a file or published, would have made of the lender's last decisions; nothing is decided."""
    from gateway.service import products

    with shell.installation() as installation:
        lender = installation.book.find(org)
        known = products.published(installation, lender)
        made = next((one for one in known if product in (one.code, one.id)), None) or _in_file(Path(product))
        found = products.simulate(installation, lender, made, days)
    text = f"{found['passed']} of {found['decisions']} decisions would pass ({found['person']} by a person), ¥{Decimal(found['amount']):,}; " + ", ".join(f"{code} {count}" for code, count in found["reasons"].items())  # fmt: skip
    told(shell, found, text)


for name, one in {
    "list": list_,
    "publish": publish,
    "simulate": simulate,
    "withdraw": withdraw,
    "book": book,
    "train": train,
    "challenge": challenge,
}.items():
    product.add_command(one, name)
