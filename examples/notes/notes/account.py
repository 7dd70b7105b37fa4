"""The account page: a new password, and tokens for the JSON API."""

from __future__ import annotations

from werkzeug.wrappers import Response

from fastflask import Blueprint, abort, flash, g, redirect, render_template, request, url_for

from . import users
from .forms import Form, password_form, token_form
from .security import log_in, login_required

bp = Blueprint("account", __name__, url_prefix="/account")


def _page(
    password: Form | None = None, token: Form | None = None, new_token: str | None = None
) -> str:
    return render_template(
        "account.html",
        tokens=users.list_tokens(g.user["id"]),
        password_form=password or Form(),
        token_form=token or Form(),
        new_token=new_token,
    )


@bp.get("/")
@login_required
def show() -> str:
    """What the user can change."""
    return _page()


@bp.post("/password")
@login_required
def change_password() -> Response | tuple[str, int]:
    """Store a new password. Sessions on other devices end."""
    form = password_form(request.form)
    if not users.user_by_password(g.user["username"], request.form.get("current", "")):
        form.errors["current"] = "This is not your password."
    if not form.valid:
        return _page(password=form), 422
    log_in({"session_key": users.set_password(g.user["id"], request.form["password"])})
    flash("Your password is changed. Other devices are logged out.", "success")
    return redirect(url_for("account.show"))


@bp.post("/tokens")
@login_required
def add_token() -> tuple[str, int]:
    """Make an API token and show it, this one time.

    No redirect here: the token would have to travel in the session cookie.
    """
    form = token_form(request.form)
    if not form.valid:
        return _page(token=form), 422
    return _page(new_token=users.create_token(g.user["id"], form.values["name"])), 201


@bp.post("/tokens/<id:token_id>/revoke")
@login_required
def revoke_token(token_id: int) -> Response:
    """Make an API token useless."""
    if not users.revoke_token(g.user["id"], token_id):
        abort(404)
    flash("The token is revoked.", "success")
    return redirect(url_for("account.show"))
