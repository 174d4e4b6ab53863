"""all tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e59118ff0258"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("org", sa.String(length=66), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("thumbprint", sa.String(length=64), nullable=True),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_api_keys_org"), "api_keys", ["org"], unique=False, if_not_exists=True)
    op.create_table(
        "approvals",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("org", sa.String(length=66), nullable=False),
        sa.Column("action", sa.String(length=48), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("maker", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("checker", sa.String(length=64), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_approvals_org"), "approvals", ["org"], unique=False, if_not_exists=True)
    op.create_table(
        "assets",
        sa.Column("asset_id", sa.String(length=66), nullable=False),
        sa.Column("org", sa.String(length=66), nullable=False),
        sa.Column("live", sa.String(length=132), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("cid", sa.String(length=80), nullable=False),
        sa.Column("batch_root", sa.String(length=66), nullable=True),
        sa.Column("root", sa.String(length=66), nullable=True),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=True),
        sa.Column("prf", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("asset_id"),
        sa.UniqueConstraint("live"),
        if_not_exists=True,
    )
    op.create_index("assets_by_batch", "assets", ["org", "batch_root"], unique=False, if_not_exists=True)
    op.create_table(
        "batches",
        sa.Column("org", sa.String(length=66), nullable=False),
        sa.Column("root", sa.String(length=66), nullable=False),
        sa.Column("ids", sa.LargeBinary(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=True),
        sa.Column("transaction", sa.String(length=66), nullable=True),
        sa.PrimaryKeyConstraint("org", "root"),
        if_not_exists=True,
    )
    op.create_table(
        "ceremonies",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=48), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_ceremonies_expires_at"), "ceremonies", ["expires_at"], unique=False, if_not_exists=True
    )
    op.create_table(
        "credit_acts",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("before", sa.String(length=16), nullable=False),
        sa.Column("after", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_credit_acts_subject"), "credit_acts", ["subject"], unique=False, if_not_exists=True
    )
    op.create_table(
        "credit_applications",
        sa.Column("application_id", sa.String(length=40), nullable=False),
        sa.Column("applicant", sa.String(length=66), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("consent", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("application_id"),
        sa.UniqueConstraint("applicant", "key"),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_credit_applications_applicant"),
        "credit_applications",
        ["applicant"],
        unique=False,
        if_not_exists=True,
    )
    op.create_table(
        "credit_decisions",
        sa.Column("decision_id", sa.String(length=40), nullable=False),
        sa.Column("application_id", sa.String(length=40), nullable=False),
        sa.Column("lender", sa.String(length=66), nullable=False),
        sa.Column("applicant", sa.String(length=66), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=66), nullable=False),
        sa.Column("asset_id", sa.String(length=66), nullable=True),
        sa.Column("latency", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("decision_id"),
        if_not_exists=True,
    )
    op.create_index(
        "decisions_by_applicant",
        "credit_decisions",
        ["lender", "applicant", "at", "decision_id"],
        unique=False,
        if_not_exists=True,
    )
    op.create_index(
        "decisions_by_outcome",
        "credit_decisions",
        ["lender", "outcome", "at"],
        unique=False,
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_credit_decisions_applicant"),
        "credit_decisions",
        ["applicant"],
        unique=False,
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_credit_decisions_application_id"),
        "credit_decisions",
        ["application_id"],
        unique=False,
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_credit_decisions_lender"), "credit_decisions", ["lender"], unique=False, if_not_exists=True
    )
    op.create_table(
        "credit_loans",
        sa.Column("loan_id", sa.String(length=40), nullable=False),
        sa.Column("decision_id", sa.String(length=40), nullable=False),
        sa.Column("application_id", sa.String(length=40), nullable=False),
        sa.Column("lender", sa.String(length=66), nullable=False),
        sa.Column("borrower", sa.String(length=66), nullable=False),
        sa.Column("product_id", sa.String(length=66), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("pledge_id", sa.String(length=66), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("loan_id"),
        sa.UniqueConstraint("decision_id"),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_credit_loans_borrower"), "credit_loans", ["borrower"], unique=False, if_not_exists=True
    )
    op.create_index(
        op.f("ix_credit_loans_lender"), "credit_loans", ["lender"], unique=False, if_not_exists=True
    )
    op.create_table(
        "credit_policies",
        sa.Column("digest", sa.String(length=66), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        if_not_exists=True,
    )
    op.create_table(
        "credit_products",
        sa.Column("product_id", sa.String(length=66), nullable=False),
        sa.Column("lender", sa.String(length=66), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("checker", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("product_id"),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_credit_products_lender"), "credit_products", ["lender"], unique=False, if_not_exists=True
    )
    op.create_table(
        "credit_readings",
        sa.Column("asset_id", sa.String(length=66), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("asset_id", "version"),
        if_not_exists=True,
    )
    op.create_table(
        "credit_receipts",
        sa.Column("loan_id", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=128), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("loan_id", "reference"),
        if_not_exists=True,
    )
    op.create_index(
        "receipts_by_loan", "credit_receipts", ["loan_id", "day"], unique=False, if_not_exists=True
    )
    op.create_table(
        "dossiers",
        sa.Column("org", sa.String(length=66), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("org", "name"),
        if_not_exists=True,
    )
    op.create_table(
        "dpop_proofs",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_dpop_proofs_expires_at"), "dpop_proofs", ["expires_at"], unique=False, if_not_exists=True
    )
    op.create_table(
        "evaluations",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("org", sa.String(length=66), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("evaluations_of_org", "evaluations", ["org", "at"], unique=False, if_not_exists=True)
    op.create_table(
        "event_heads",
        sa.Column("org", sa.String(length=66), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org"),
        if_not_exists=True,
    )
    op.create_table(
        "event_position",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_table(
        "events",
        sa.Column("org", sa.String(length=66), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("org", "number"),
        if_not_exists=True,
    )
    op.create_table(
        "grants",
        sa.Column("grant_id", sa.String(length=66), nullable=False),
        sa.Column("owner", sa.String(length=66), nullable=False),
        sa.Column("grantee", sa.String(length=66), nullable=False),
        sa.Column("asset_id", sa.String(length=66), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("grant_id"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_grants_asset_id"), "grants", ["asset_id"], unique=False, if_not_exists=True)
    op.create_table(
        "idempotent_answers",
        sa.Column("caller", sa.String(length=48), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key"),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_idempotent_answers_at"), "idempotent_answers", ["at"], unique=False, if_not_exists=True
    )
    op.create_table(
        "index_access",
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=66), nullable=False),
        sa.Column("org", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("block", "position"),
        if_not_exists=True,
    )
    op.create_table(
        "index_assets",
        sa.Column("org", sa.String(length=66), nullable=False),
        sa.Column("asset_id", sa.String(length=66), nullable=False),
        sa.Column("root", sa.String(length=66), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("standing", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("org", "asset_id"),
        if_not_exists=True,
    )
    op.create_table(
        "index_claims",
        sa.Column("pledge_id", sa.String(length=66), nullable=False),
        sa.Column("fingerprint", sa.String(length=66), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.String(length=66), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("pledge_id", "fingerprint", "rank"),
        if_not_exists=True,
    )
    op.create_table(
        "index_organisations",
        sa.Column("org", sa.String(length=66), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", sa.Integer(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("org"),
        if_not_exists=True,
    )
    op.create_table(
        "index_pledges",
        sa.Column("pledge_id", sa.String(length=66), nullable=False),
        sa.Column("debtor", sa.String(length=66), nullable=False),
        sa.Column("lender", sa.String(length=66), nullable=False),
        sa.Column("expires_at", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("pledge_id"),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_index_pledges_debtor"), "index_pledges", ["debtor"], unique=False, if_not_exists=True
    )
    op.create_index(
        op.f("ix_index_pledges_lender"), "index_pledges", ["lender"], unique=False, if_not_exists=True
    )
    op.create_table(
        "index_position",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("org", sa.String(length=66), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=255), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("progress", sa.JSON(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", sa.Double(), nullable=False),
        sa.Column("lease_until", sa.Double(), nullable=False),
        sa.Column("worker", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("org", "idempotency_key", name="jobs_by_key"),
        if_not_exists=True,
    )
    op.create_index("jobs_of_org", "jobs", ["org", "id"], unique=False, if_not_exists=True)
    op.create_index("jobs_of_worker", "jobs", ["worker"], unique=False, if_not_exists=True)
    op.create_index("jobs_to_do", "jobs", ["kind", "state", "id"], unique=False, if_not_exists=True)
    op.create_table(
        "offers",
        sa.Column("pledge_id", sa.String(length=66), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("pledge_id"),
        if_not_exists=True,
    )
    op.create_table(
        "papers",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("org", sa.String(length=66), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=66), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("reading", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("job", sa.String(length=40), nullable=True),
        sa.Column("dossier", sa.String(length=128), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("papers_by_token", "papers", ["org", "token"], unique=True, if_not_exists=True)
    op.create_index("papers_of_org", "papers", ["org", "id"], unique=False, if_not_exists=True)
    op.create_table(
        "throttles",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        if_not_exists=True,
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("org", sa.String(length=66), nullable=False),
        sa.Column("sha256", sa.String(length=66), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("uploads_by_digest", "uploads", ["org", "sha256"], unique=False, if_not_exists=True)
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("org", sa.String(length=66), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("totp", sa.LargeBinary(), nullable=True),
        sa.Column("totp_pending", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=True),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_users_org"), "users", ["org"], unique=False, if_not_exists=True)
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("org", sa.String(length=66), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("due", sa.Double(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_webhooks_org"), "webhooks", ["org"], unique=False, if_not_exists=True)
    op.create_table(
        "dossier_assets",
        sa.Column("org", sa.String(length=66), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("asset_id", sa.String(length=66), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"],
            ["assets.asset_id"],
        ),
        sa.PrimaryKeyConstraint("org", "name", "asset_id"),
        if_not_exists=True,
    )
    op.create_table(
        "passkeys",
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("user_id", sa.String(length=48), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("credential_id"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_passkeys_user_id"), "passkeys", ["user_id"], unique=False, if_not_exists=True)
    op.create_table(
        "recovery_codes",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=48), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("digest"),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_recovery_codes_user_id"), "recovery_codes", ["user_id"], unique=False, if_not_exists=True
    )
    op.create_table(
        "user_sessions",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("id", sa.String(length=48), nullable=False),
        sa.Column("user_id", sa.String(length=48), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("digest"),
        sa.UniqueConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_user_sessions_user_id"), "user_sessions", ["user_id"], unique=False, if_not_exists=True
    )


def downgrade() -> None:
    """Back."""
    op.drop_index(op.f("ix_user_sessions_user_id"), table_name="user_sessions")
    op.drop_table("user_sessions")
    op.drop_index(op.f("ix_recovery_codes_user_id"), table_name="recovery_codes")
    op.drop_table("recovery_codes")
    op.drop_index(op.f("ix_passkeys_user_id"), table_name="passkeys")
    op.drop_table("passkeys")
    op.drop_table("dossier_assets")
    op.drop_index(op.f("ix_webhooks_org"), table_name="webhooks")
    op.drop_table("webhooks")
    op.drop_index(op.f("ix_users_org"), table_name="users")
    op.drop_table("users")
    op.drop_index("uploads_by_digest", table_name="uploads")
    op.drop_table("uploads")
    op.drop_table("throttles")
    op.drop_index("papers_of_org", table_name="papers")
    op.drop_index("papers_by_token", table_name="papers")
    op.drop_table("papers")
    op.drop_table("offers")
    op.drop_index("jobs_to_do", table_name="jobs")
    op.drop_index("jobs_of_worker", table_name="jobs")
    op.drop_index("jobs_of_org", table_name="jobs")
    op.drop_table("jobs")
    op.drop_table("index_position")
    op.drop_index(op.f("ix_index_pledges_lender"), table_name="index_pledges")
    op.drop_index(op.f("ix_index_pledges_debtor"), table_name="index_pledges")
    op.drop_table("index_pledges")
    op.drop_table("index_organisations")
    op.drop_table("index_claims")
    op.drop_table("index_assets")
    op.drop_table("index_access")
    op.drop_index(op.f("ix_idempotent_answers_at"), table_name="idempotent_answers")
    op.drop_table("idempotent_answers")
    op.drop_index(op.f("ix_grants_asset_id"), table_name="grants")
    op.drop_table("grants")
    op.drop_table("events")
    op.drop_table("event_position")
    op.drop_table("event_heads")
    op.drop_index("evaluations_of_org", table_name="evaluations")
    op.drop_table("evaluations")
    op.drop_index(op.f("ix_dpop_proofs_expires_at"), table_name="dpop_proofs")
    op.drop_table("dpop_proofs")
    op.drop_table("dossiers")
    op.drop_index("receipts_by_loan", table_name="credit_receipts")
    op.drop_table("credit_receipts")
    op.drop_table("credit_readings")
    op.drop_index(op.f("ix_credit_products_lender"), table_name="credit_products")
    op.drop_table("credit_products")
    op.drop_table("credit_policies")
    op.drop_index(op.f("ix_credit_loans_lender"), table_name="credit_loans")
    op.drop_index(op.f("ix_credit_loans_borrower"), table_name="credit_loans")
    op.drop_table("credit_loans")
    op.drop_index(op.f("ix_credit_decisions_lender"), table_name="credit_decisions")
    op.drop_index(op.f("ix_credit_decisions_application_id"), table_name="credit_decisions")
    op.drop_index(op.f("ix_credit_decisions_applicant"), table_name="credit_decisions")
    op.drop_index("decisions_by_outcome", table_name="credit_decisions")
    op.drop_index("decisions_by_applicant", table_name="credit_decisions")
    op.drop_table("credit_decisions")
    op.drop_index(op.f("ix_credit_applications_applicant"), table_name="credit_applications")
    op.drop_table("credit_applications")
    op.drop_index(op.f("ix_credit_acts_subject"), table_name="credit_acts")
    op.drop_table("credit_acts")
    op.drop_index(op.f("ix_ceremonies_expires_at"), table_name="ceremonies")
    op.drop_table("ceremonies")
    op.drop_table("batches")
    op.drop_index("assets_by_batch", table_name="assets")
    op.drop_table("assets")
    op.drop_index(op.f("ix_approvals_org"), table_name="approvals")
    op.drop_table("approvals")
    op.drop_index(op.f("ix_api_keys_org"), table_name="api_keys")
    op.drop_table("api_keys")
