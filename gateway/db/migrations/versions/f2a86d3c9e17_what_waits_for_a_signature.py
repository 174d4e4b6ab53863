"""what waits for a signature in the browser"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "f2a86d3c9e17"
down_revision = "d5f0c1e7b342"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "signature_requests",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("org", sa.String(length=66), nullable=False),
        sa.Column("account", sa.String(length=42), nullable=False),
        sa.Column("subject", sa.String(length=66), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("gas", sa.BigInteger(), nullable=True),
        sa.Column("nonce", sa.BigInteger(), nullable=True),
        sa.Column("deadline", sa.BigInteger(), nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("signed_by", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("org", "account", "subject", name="signature_requests_by_subject"),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("signature_requests")
