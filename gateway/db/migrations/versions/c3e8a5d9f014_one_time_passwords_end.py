"""one-time passwords end"""

from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op

revision = "c3e8a5d9f014"
down_revision = "f2a86d3c9e17"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward: those that wait to be changed have a week from now."""
    op.add_column("users", sa.Column("one_time_until", sa.BigInteger(), nullable=True))
    given = sa.text("UPDATE users SET one_time_until = :until WHERE must_change")
    op.execute(given.bindparams(until=int(time.time()) + 7 * 86_400))
    op.drop_column("users", "must_change")


def downgrade() -> None:
    """Back."""
    op.add_column("users", sa.Column("must_change", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE users SET must_change = (one_time_until IS NOT NULL)")
    op.drop_column("users", "one_time_until")
