"""Registering, logging in and logging out."""

from __future__ import annotations

from werkzeug.wrappers import Response

from fastflask import (
    Blueprint,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)

from . import users
from .forms import Form, account_form
from .security import log_in, safe_path

bp = Blueprint("auth", __name__, url_prefix="/auth")


@bp.route("/register", methods=["GET", "POST"])
def register() -> str | Response | tuple[str, int]:
    """Create an account and start its first session."""
    if g.user is not None:
        return redirect(url_for("pages.index"))
    if request.method == "GET":
        return render_template("auth/register.html", form=Form())

    form = account_form(request.form)
    if form.valid:
        user = users.create_user(form.values["username"], request.form["password"])
        if user is not None:
            log_in(user)
            flash(f"Welcome, {user['username']}. Write your first note.", "success")
            return redirect(url_for("pages.index"))
        form.errors["username"] = "This name is taken."
    return render_template("auth/register.html", form=form), 422


@bp.route("/login", methods=["GET", "POST"])
def login() -> str | Response | tuple[str, int]:
    """Start a session, then go where the visitor wanted to go."""
    target = safe_path(request.args.get("next", "")) or url_for("pages.index")
    if g.user is not None:
        return redirect(target)
    if request.method == "GET":
        return render_template("auth/login.html", username="")

    username = request.form.get("username", "").strip()
    user = users.user_by_password(username, request.form.get("password", ""))
    if user is not None:
        log_in(user)
        flash(f"Welcome back, {user['username']}.", "success")
        return redirect(target)
    current_app.logger.warning("failed login for %r from %s", username, request.remote_addr)
    flash("User name and password do not match.", "error")
    return render_template("auth/login.html", username=username), 422


@bp.post("/logout")
def logout() -> Response:
    """End the session."""
    session.clear()
    flash("You are logged out.", "info")
    return redirect(url_for("pages.index"))
