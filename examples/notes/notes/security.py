"""Who is asking, and headers that guard the browser."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, current_app, g, request, session
from flask_login import current_user, login_required, login_user

from . import users
from .extensions import login_manager
from .models import User

_View = TypeVar("_View", bound=Callable[..., Any])

# One script-free site: everything the browser loads comes from here.
_POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


def init_app(app: Flask) -> None:
    """Set up logging in, and guard each response."""
    login_manager.init_app(app)
    login_manager.login_view = "auth.login"
    login_manager.login_message = "Log in to see that page."
    login_manager.login_message_category = "info"
    login_manager.user_loader(load_by_session)
    login_manager.request_loader(load_by_token)
    app.after_request(set_headers)


def load_by_session(key: str) -> User | None:
    """The user of a session. On the API a token, even a wrong one, counts instead."""
    return None if sent_token() else users.user_by_session(key)


def load_by_token(request: Request) -> User | None:
    """The user of an API token."""
    token = request.authorization.token if sent_token() else None
    return users.user_by_token(token) if token else None


def sent_token() -> bool:
    """Whether the request is one to the API with credentials of its own."""
    return request.blueprint == "api" and request.authorization is not None


def known_user() -> User | None:
    """The user of a request that had to find out. Others are spared the look into the database."""
    # Where Flask-Login keeps it.
    user = g.get("_login_user")
    return user if user is not None and user.is_authenticated else None


def start_session(user: User) -> None:
    """Log a user in, keeping nothing of the session before, neither form token nor number."""
    session.clear()
    login_user(user)
    session.permanent = True
    renumber = getattr(current_app.session_interface, "regenerate", None)
    if renumber is not None:
        renumber(session)


def admin_required(view: _View) -> _View:
    """Let nobody in but administrators."""

    @wraps(view)
    @login_required
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not current_user.is_admin:
            abort(403, "This page is for administrators.")
        return view(*args, **kwargs)

    return cast(_View, guarded)


def safe_path(target: str) -> str | None:
    """The target of a redirect, if it stays on this site.

    :param target: what the address line asked for.
    """
    # Browsers take a backslash for a slash and skip control characters and blanks.
    if not target.startswith("/") or any(c == "\\" or c <= " " for c in target):
        return None
    parts = urlsplit(target)
    return None if target.startswith("//") or parts.scheme or parts.netloc else target


def set_headers(response: Response) -> Response:
    """Keep the browser strict, and private pages out of its cache."""
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if known_user() is not None:
        response.headers["Cache-Control"] = "no-store"
    return response
