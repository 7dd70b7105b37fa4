"""Who is asking, whether a form came from our own page, and headers that guard the browser."""

from __future__ import annotations

import hmac
import secrets
import sqlite3
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from fastflask import Flask, Response, abort, flash, g, redirect, request, session, url_for

from . import users

_View = TypeVar("_View", bound=Callable[..., Any])

# One script-free site: everything the browser loads comes from here.
_POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


def init_app(app: Flask) -> None:
    """Look up the user before each request, check forms, and guard each response."""
    app.before_request(load_user)
    app.before_request(check_csrf_token)
    app.after_request(set_headers)
    app.add_template_global(csrf_token)
    app.context_processor(lambda: {"user": g.get("user")})


def load_user() -> None:
    """Set ``g.user``, from an API token on the API and from the session everywhere."""
    g.user = None
    g.by_token = False
    if request.endpoint in ("static", "health.health"):
        return

    credentials = request.authorization
    if request.blueprint == "api" and credentials is not None:
        # A wrong token is refused even if the browser has a session too.
        if credentials.type == "bearer" and credentials.token:
            g.user = users.user_by_token(credentials.token)
            g.by_token = True
    elif "key" in session:
        g.user = users.user_by_session(session["key"])
        if g.user is None:
            session.clear()


def check_csrf_token() -> None:
    """Refuse a change that another site may have sent with the visitor's cookie."""
    if request.method in ("GET", "HEAD", "OPTIONS") or request.endpoint is None:
        return
    # A request by token carries no cookie's authority; one by nobody is refused by the API itself.
    if request.blueprint == "api" and (g.by_token or g.user is None):
        return

    if request.blueprint == "api":
        sent = request.headers.get("X-CSRF-Token", "")
    else:
        sent = request.form.get("csrf_token", "")
    known = session.get("csrf_token", "")
    if not known or not hmac.compare_digest(known.encode(), sent.encode()):
        abort(400, "This form has expired. Go back, reload the page and send it again.")


def csrf_token() -> str:
    """The session's token for forms and for the ``X-CSRF-Token`` header."""
    if "csrf_token" not in session:
        session["csrf_token"] = secrets.token_urlsafe(24)
    return cast(str, session["csrf_token"])


def log_in(user: sqlite3.Row | dict[str, str]) -> None:
    """Start a session for a user, keeping nothing of the one before, its form token included."""
    session.clear()
    session["key"] = user["session_key"]
    session.permanent = True


def login_required(view: _View) -> _View:
    """Send visitors who are not logged in to the login page, and back afterwards."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if g.user is not None:
            return view(*args, **kwargs)
        flash("Log in to see that page.", "info")
        back = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("auth.login", next=back))

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
    if g.get("user") is not None:
        response.headers["Cache-Control"] = "no-store"
    return response
