"""The account page: a new password, and tokens for the JSON API."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from . import throttle, users
from .forms import PasswordForm, TokenForm
from .security import start_session

bp = Blueprint("account", __name__, url_prefix="/account")


def _page(
    password: PasswordForm | None = None,
    token: TokenForm | None = None,
    new_token: str | None = None,
) -> str:
    # Without form data: each form would take fields of the other one for its own.
    return render_template(
        "account.html",
        tokens=users.list_tokens(current_user),
        password_form=password or PasswordForm(None),
        token_form=token or TokenForm(None),
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
    form = PasswordForm()
    user = current_user._get_current_object()
    if not form.validate():
        return _page(password=form), 422
    # Guessed here by whoever sits at a device that is logged in.
    if throttle.must_wait(user.username):
        form.current.errors = [throttle.MESSAGE]
        return _page(password=form), 429
    if not users.user_by_password(user.username, form.current.data):
        throttle.note_failure(user.username)
        form.current.errors = ["This is not your password."]
        return _page(password=form), 422
    throttle.forget(user.username)
    users.set_password(user, form.password.data)
    start_session(user)
    flash("Your password is changed. Other devices are logged out.", "success")
    return redirect(url_for("account.show"))


@bp.post("/tokens")
@login_required
def add_token() -> tuple[str, int]:
    """Make an API token and show it, this one time.

    No redirect here: the token would have to travel in the session.
    """
    form = TokenForm()
    if not form.validate():
        return _page(token=form), 422
    return _page(new_token=users.create_token(current_user, form.name.data)), 201


@bp.post("/tokens/<id:token_id>/revoke")
@login_required
def revoke_token(token_id: int) -> Response:
    """Make an API token useless."""
    if not users.revoke_token(current_user, token_id):
        abort(404)
    flash("The token is revoked.", "success")
    return redirect(url_for("account.show"))
