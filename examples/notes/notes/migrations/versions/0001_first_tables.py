"""Accounts, notes, files and exports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def column(name: str, kind: sa.types.TypeEngine, **options: bool) -> sa.Column:
    """A column that must have a value."""
    return sa.Column(name, kind, nullable=False, **options)


def owner(name: str, table: str, nullable: bool = False) -> sa.Column:
    """A column with the row that this one belongs to, and goes with."""
    key = sa.ForeignKey(f"{table}.id", ondelete="CASCADE")
    return sa.Column(name, sa.Integer, key, nullable=nullable)


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "account",
        column("id", sa.Integer, primary_key=True),
        column("username", sa.String(32)),
        column("name_key", sa.String(32), unique=True),
        column("password_hash", sa.String(255)),
        column("session_key", sa.String(64), unique=True),
        column("is_admin", sa.Boolean),
        column("created_at", MOMENT),
    )
    op.create_table(
        "api_token",
        column("id", sa.Integer, primary_key=True),
        owner("user_id", "account"),
        column("name", sa.String(40)),
        column("token_hash", sa.String(64), unique=True),
        column("created_at", MOMENT),
    )
    op.create_index("ix_api_token_user_id", "api_token", ["user_id"])
    op.create_table(
        "export",
        column("id", sa.Integer, primary_key=True),
        owner("user_id", "account"),
        column("state", sa.String(16)),
        column("created_at", MOMENT),
    )
    op.create_index("ix_export_user_id", "export", ["user_id"])
    op.create_table(
        "note",
        column("id", sa.Integer, primary_key=True),
        owner("user_id", "account"),
        column("title", sa.String(120)),
        column("body", sa.Text),
        column("search_text", sa.Text),
        column("created_at", MOMENT),
        column("updated_at", MOMENT),
    )
    newest = ["user_id", sa.text("updated_at DESC"), sa.text("id DESC")]
    op.create_index("ix_note_newest", "note", newest)
    op.create_table(
        "stored_file",
        column("id", sa.Integer, primary_key=True),
        owner("note_id", "note", nullable=True),
        owner("export_id", "export", nullable=True),
        column("filename", sa.String(100)),
        column("size", sa.Integer),
        sa.UniqueConstraint("export_id"),
        sa.CheckConstraint(
            "(note_id IS NULL) != (export_id IS NULL)", op.f("ck_stored_file_one_owner")
        ),
    )
    op.create_index("ix_stored_file_note_id", "stored_file", ["note_id"])
    op.create_table(
        "file_part",
        sa.Column(
            "file_id",
            sa.Integer,
            sa.ForeignKey("stored_file.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        column("number", sa.Integer, primary_key=True),
        column("content", sa.LargeBinary),
    )


def downgrade() -> None:
    """Back to the version before: to nothing."""
    for table in ("file_part", "stored_file", "note", "export", "api_token", "account"):
        op.drop_table(table)
