"""How Alembic reaches the database: by the connection that ``landbridge.server.store.migrate`` opened."""

from __future__ import annotations

from alembic import context

from landbridge.server.store.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
