"""Accounts and API tokens in the database."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from functools import cache

from werkzeug.security import check_password_hash, generate_password_hash

from fastflask import current_app

from .db import get_db
from .forms import PASSWORD_MAX


def create_user(username: str, password: str) -> sqlite3.Row | None:
    """Store a new account.

    :return: its row, or ``None`` when the name is taken.
    """
    db = get_db()
    try:
        with db:
            added = db.execute(
                "INSERT INTO user (username, password_hash, session_key) VALUES (?, ?, ?)",
                (username, _hash(password), secrets.token_urlsafe(24)),
            )
    except sqlite3.IntegrityError:
        return None
    return _one("SELECT * FROM user WHERE id = ?", added.lastrowid)


def user_by_password(username: str, password: str) -> sqlite3.Row | None:
    """The account with this name and password."""
    user = _one("SELECT * FROM user WHERE username = ?", username)
    # An unknown name costs one hash too, so that the time taken does not tell which names exist.
    stored = user["password_hash"] if user else _decoy(current_app.config["PASSWORD_METHOD"])
    matches = len(password) <= PASSWORD_MAX and check_password_hash(stored, password)
    return user if matches else None


def user_by_session(key: str) -> sqlite3.Row | None:
    """The account whose sessions carry this key."""
    return _one("SELECT * FROM user WHERE session_key = ?", key)


def user_by_token(token: str) -> sqlite3.Row | None:
    """The account an API token belongs to."""
    return _one(
        "SELECT user.* FROM user JOIN api_token ON api_token.user_id = user.id"
        " WHERE token_hash = ?",
        _digest(token),
    )


def set_password(user_id: int, password: str) -> str:
    """Store a new password and end the user's sessions.

    :return: the key for new sessions.
    """
    key = secrets.token_urlsafe(24)
    db = get_db()
    with db:
        db.execute(
            "UPDATE user SET password_hash = ?, session_key = ? WHERE id = ?",
            (_hash(password), key, user_id),
        )
    return key


def create_token(user_id: int, name: str) -> str:
    """Make an API token. The database keeps its digest only: this is the one time it is seen."""
    token = secrets.token_urlsafe(32)
    db = get_db()
    with db:
        db.execute(
            "INSERT INTO api_token (user_id, name, token_hash) VALUES (?, ?, ?)",
            (user_id, name, _digest(token)),
        )
    return token


def list_tokens(user_id: int) -> list[sqlite3.Row]:
    """A user's API tokens, newest first."""
    return (
        get_db()
        .execute(
            "SELECT id, name, created_at FROM api_token WHERE user_id = ? ORDER BY id DESC",
            (user_id,),
        )
        .fetchall()
    )


def revoke_token(user_id: int, token_id: int) -> bool:
    """Delete one of a user's API tokens.

    :return: whether there was such a token.
    """
    db = get_db()
    with db:
        gone = db.execute("DELETE FROM api_token WHERE user_id = ? AND id = ?", (user_id, token_id))
    return gone.rowcount > 0


def _one(query: str, value: object) -> sqlite3.Row | None:
    row: sqlite3.Row | None = get_db().execute(query, (value,)).fetchone()
    return row


def _hash(password: str) -> str:
    return generate_password_hash(password, current_app.config["PASSWORD_METHOD"])


def _digest(token: str) -> str:
    # A token is long and random, unlike a password, so a plain digest is enough.
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


@cache
def _decoy(method: str) -> str:
    return generate_password_hash(secrets.token_hex(), method)
