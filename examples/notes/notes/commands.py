"""Commands beside ``db upgrade`` of Flask-Migrate: ``flask --app notes make-admin NAME``."""

from __future__ import annotations

import click
from flask import Flask

from . import users
from .extensions import db


def init_app(app: Flask) -> None:
    """Add the commands."""
    app.cli.command("make-admin")(make_admin)


@click.argument("username")
@click.option("--revoke", is_flag=True, help="Make it an ordinary account again.")
def make_admin(username: str, revoke: bool) -> None:
    """Let an account see the pages for administrators."""
    user = users.user_by_name(username)
    if user is None:
        raise click.ClickException(f"There is no account {username!r}.")
    user.is_admin = not revoke
    db.session.commit()
    click.echo(f"{user.username} is {'an ordinary user' if revoke else 'an administrator'} now.")
