"""Accounts and API tokens in the database."""

from __future__ import annotations

import hashlib
import secrets
from functools import cache

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from werkzeug.security import check_password_hash, generate_password_hash

from .extensions import db
from .forms import PASSWORD_MAX
from .models import ApiToken, User


def create_user(username: str, password: str) -> User | None:
    """Store a new account.

    :return: ``None`` when the name is taken.
    """
    user = User(
        username=username,
        name_key=username.casefold(),
        password_hash=_hash(password),
        session_key=_session_key(),
    )
    db.session.add(user)
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return None
    return user


def user_by_name(username: str) -> User | None:
    """The account with this name, in any case."""
    # No name holds a zero character, and PostgreSQL takes none.
    key = username.casefold().replace("\0", " ")
    return db.session.scalar(select(User).where(User.name_key == key))


def user_by_password(username: str, password: str) -> User | None:
    """The account with this name and password."""
    user = user_by_name(username)
    # An unknown name costs one hash too, so that the time taken does not tell which names exist.
    stored = user.password_hash if user else _decoy(current_app.config["PASSWORD_METHOD"])
    matches = len(password) <= PASSWORD_MAX and check_password_hash(stored, password)
    return user if matches else None


def user_by_session(key: str) -> User | None:
    """The account whose sessions carry this key."""
    return db.session.scalar(select(User).where(User.session_key == key))


def user_by_token(token: str) -> User | None:
    """The account an API token belongs to."""
    digest = _digest(token)
    return db.session.scalar(select(User).join(ApiToken).where(ApiToken.token_hash == digest))


def set_password(user: User, password: str) -> None:
    """Store a new password and end the user's sessions."""
    user.password_hash = _hash(password)
    user.session_key = _session_key()
    db.session.commit()


def create_token(user: User, name: str) -> str:
    """Make an API token. The database keeps its digest only: this is the one time it is seen."""
    token = secrets.token_urlsafe(32)
    db.session.add(ApiToken(user_id=user.id, name=name, token_hash=_digest(token)))
    db.session.commit()
    return token


def list_tokens(user: User) -> list[ApiToken]:
    """A user's API tokens, newest first."""
    own = select(ApiToken).where(ApiToken.user_id == user.id)
    return list(db.session.scalars(own.order_by(ApiToken.id.desc())))


def revoke_token(user: User, token_id: int) -> bool:
    """Delete one of a user's API tokens.

    :return: whether there was such a token.
    """
    own = delete(ApiToken).where(ApiToken.user_id == user.id, ApiToken.id == token_id)
    gone = db.session.execute(own).rowcount
    db.session.commit()
    return bool(gone)


def _hash(password: str) -> str:
    return generate_password_hash(password, current_app.config["PASSWORD_METHOD"])


def _session_key() -> str:
    return secrets.token_urlsafe(24)


def _digest(token: str) -> str:
    # A token is long and random, unlike a password, so a plain digest is enough.
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


@cache
def _decoy(method: str) -> str:
    return generate_password_hash(secrets.token_hex(), method)
