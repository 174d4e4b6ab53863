"""an asset's number is its fact"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b7c2f06d41aa"
down_revision = "e59118ff0258"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.drop_column("assets", "number")


def downgrade() -> None:
    """Back."""
    op.add_column("assets", sa.Column("number", sa.Text(), nullable=True))
