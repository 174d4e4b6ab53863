"""a person's decision stands in the place of the one it reviews"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d5f0c1e7b342"
down_revision = "a94be1570c36"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column("credit_decisions", sa.Column("reviews", sa.String(length=40), nullable=True))
    op.create_index("decisions_reviewed", "credit_decisions", ["reviews"], unique=True)


def downgrade() -> None:
    """Back: people's decisions are lost, the engine's stand again."""
    op.execute("DELETE FROM credit_decisions WHERE reviews IS NOT NULL")
    op.drop_index("decisions_reviewed", table_name="credit_decisions")
    op.drop_column("credit_decisions", "reviews")
