"""a decision's amount, for the day's sum"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "e1a7c94d20b8"
down_revision = "c3e8a5d9f014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward: each record says it."""
    op.add_column(
        "credit_decisions", sa.Column("amount", sa.String(length=40), nullable=False, server_default="0")
    )
    table = sa.table("credit_decisions", *map(sa.column, ("decision_id", "outcome", "record", "amount")))
    approved = sa.select(table.c.decision_id, table.c.record).where(table.c.outcome == "approve")
    for decision_id, record in op.get_bind().execute(approved).all():
        amount = json.loads(record)["amount"]
        op.execute(table.update().where(table.c.decision_id == decision_id).values(amount=amount))


def downgrade() -> None:
    """Back."""
    op.drop_column("credit_decisions", "amount")
