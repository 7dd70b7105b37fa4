"""Registering, logging in and logging out."""

from __future__ import annotations

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import current_user
from werkzeug.wrappers import Response

from . import throttle, users
from .forms import LoginForm, RegisterForm
from .security import safe_path, start_session

bp = Blueprint("auth", __name__, url_prefix="/auth")


@bp.route("/register", methods=["GET", "POST"])
def register() -> str | Response | tuple[str, int]:
    """Create an account and start its first session."""
    if current_user.is_authenticated:
        return redirect(url_for("pages.index"))
    form = RegisterForm()
    if form.validate_on_submit():
        user = users.create_user(form.username.data, form.password.data)
        if user is not None:
            start_session(user)
            flash(f"Welcome, {user.username}. Write your first note.", "success")
            return redirect(url_for("pages.index"))
        form.username.errors = ["This name is taken."]
    return render_template("auth/register.html", form=form), 422 if form.is_submitted() else 200


@bp.route("/login", methods=["GET", "POST"])
def login() -> str | Response | tuple[str, int]:
    """Start a session, then go where the visitor wanted to go."""
    target = safe_path(request.args.get("next", "")) or url_for("pages.index")
    if current_user.is_authenticated:
        return redirect(target)
    form = LoginForm()
    if request.method == "GET":
        return render_template("auth/login.html", form=form)

    username = form.username.data
    if throttle.must_wait(username):
        flash(throttle.MESSAGE, "error")
        return render_template("auth/login.html", form=form), 429
    user = users.user_by_password(username, form.password.data or "")
    if user is not None:
        throttle.forget(username)
        start_session(user)
        flash(f"Welcome back, {user.username}.", "success")
        return redirect(target)
    throttle.note_failure(username)
    current_app.logger.warning("failed login for %r from %s", username, request.remote_addr)
    flash("User name and password do not match.", "error")
    return render_template("auth/login.html", form=form), 422


@bp.post("/logout")
def logout() -> Response:
    """End the session."""
    session.clear()
    flash("You are logged out.", "info")
    return redirect(url_for("pages.index"))
