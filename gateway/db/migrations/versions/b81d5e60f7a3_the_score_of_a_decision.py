"""a decision's score, by which a shift of the population shows"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "b81d5e60f7a3"
down_revision = "e1a7c94d20b8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward: each record says it."""
    op.add_column("credit_decisions", sa.Column("score", sa.Integer(), nullable=False, server_default="0"))
    table = sa.table("credit_decisions", *map(sa.column, ("decision_id", "record", "score")))
    for decision_id, record in op.get_bind().execute(sa.select(table.c.decision_id, table.c.record)).all():
        score = json.loads(record)["score"]
        op.execute(table.update().where(table.c.decision_id == decision_id).values(score=score))
    op.create_index("decisions_by_score", "credit_decisions", ["lender", "at", "reviews", "score"])


def downgrade() -> None:
    """Back."""
    op.drop_index("decisions_by_score", "credit_decisions")
    op.drop_column("credit_decisions", "score")
