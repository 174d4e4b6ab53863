"""What Alembic runs: the migrations, on the connection that the caller has opened."""

from __future__ import annotations

from alembic import context

from gateway.db import credit, evaluations, events, identity, jobs, papers, signing  # noqa: F401 - their tables
from gateway.db.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
