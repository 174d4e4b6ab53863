"""keys bound to a certificate; webhooks without secrets"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7c1d40a8e2b5"
down_revision = "b7c2f06d41aa"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column("api_keys", sa.Column("certificate", sa.String(length=64), nullable=True))
    op.drop_column("webhooks", "secret")


def downgrade() -> None:
    """Back: webhooks that were made meanwhile have no secret and have to be made anew."""
    op.execute("DELETE FROM webhooks")
    op.add_column("webhooks", sa.Column("secret", sa.String(length=64), nullable=False))
    op.drop_column("api_keys", "certificate")
