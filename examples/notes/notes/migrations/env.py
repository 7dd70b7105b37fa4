"""How Alembic reaches the application's database: ``flask --app notes db …`` runs this."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app
from notes.extensions import db
from notes.models import UtcDateTime


def plain_type(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Write our own column type as what it is in the database: old migrations must not need us."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


options = {
    "target_metadata": db.metadata,
    "render_item": plain_type,
    **current_app.extensions["migrate"].configure_args,
}

if context.is_offline_mode():
    url = db.engine.url.render_as_string(hide_password=False)
    context.configure(url=url, literal_binds=True, **options)
    with context.begin_transaction():
        context.run_migrations()
else:
    with db.engine.connect() as connection:
        context.configure(connection=connection, **options)
        with context.begin_transaction():
            context.run_migrations()
