"""products of the first schema are offered no more: they have members that loan products have no more (ADR 801)"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c3f90a6be214"
down_revision = "b81d5e60f7a3"
branch_labels = None
depends_on = None

_FIRST = "assetcert/loan-product/1"


def upgrade() -> None:
    """Forward."""
    products = sa.table(
        "credit_products",
        sa.column("product_id", sa.String),
        sa.column("content", sa.JSON),
        sa.column("state", sa.String),
    )
    rows = op.get_bind().execute(sa.select(products.c.product_id, products.c.content)).all()
    first = [product_id for product_id, content in rows if content["schema"] == _FIRST]
    op.execute(products.update().where(products.c.product_id.in_(first)).values(state="withdrawn"))


def downgrade() -> None:
    """Back: whoever wants one again publishes it again."""
