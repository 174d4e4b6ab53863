"""accounts invited by an e-mail address"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "a94be1570c36"
down_revision = "7c1d40a8e2b5"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column("users", sa.Column("email", sa.String(length=254), nullable=True))


def downgrade() -> None:
    """Back: invitations that nobody has taken are gone."""
    op.drop_column("users", "email")
