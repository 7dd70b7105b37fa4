"""``fastflask doctor``: what runs here, and what of an application takes the longer way."""

from __future__ import annotations

import re
import sys
import typing as t

import click

from ._cli_app import ScriptInfo, pass_script_info
from ._cli_find import NoAppException
from ._cli_options import _set_app
from ._cli_show import _version_of

if t.TYPE_CHECKING:
    from .app import Flask

#: What is shown with its version, beside Python and fastflask.
DISTRIBUTIONS = (
    ("Werkzeug", "werkzeug"),
    ("Jinja", "jinja2"),
    ("Click", "click"),
    ("ItsDangerous", "itsdangerous"),
    ("MarkupSafe", "markupsafe"),
    ("Blinker", "blinker"),
    ("asgiref", "asgiref"),
    ("python-dotenv", "python-dotenv"),
)


@click.command("doctor", short_help="Show what runs, and what slows an application down.")
@click.option(
    "-A",
    "--app",
    metavar="IMPORT",
    expose_value=False,
    callback=_set_app,
    help="The application, like the option of the same name before the command.",
)
@pass_script_info
def doctor_command(info: ScriptInfo) -> None:
    """Show which implementation runs and why, what 'flask' means, versions, installed extensions,
    and which parts of the application take a longer way through a request than the others.

    Code that says 'import flask' is loaded as it will run by:

    \b
    fastflask exec fastflask doctor --app hello
    """
    _show("Installation", [*_implementation(), *_meaning_of_flask()])
    _show("Versions", _versions())
    _show("Extensions", extensions() or [("none", "no distribution requires Flask")])

    try:
        app = info.load_app()
    except NoAppException as error:
        _show("Application", [("none", error.format_message().splitlines()[0])])
        if info.app_import_path is None:
            return
        if _real_flask() is not None:
            click.echo(
                "\nIt imports Flask itself. To look at it on fastflask:"
                f" fastflask exec fastflask doctor --app {info.app_import_path}"
            )
        sys.exit(1)

    _show_application(app)


def _show(title: str, rows: t.Iterable[tuple[str, str]]) -> None:
    rows = list(rows)
    width = max(len(name) for name, _ in rows)
    click.echo(f"\n{title}")
    for name, text in rows:
        click.echo(f"  {name.ljust(width)}  {text}")


def _implementation() -> t.Iterator[tuple[str, str]]:
    from . import FLASK_VERSION
    from ._impl import implementation, reason

    version = _version_of("fastflask", "unknown version")
    yield "fastflask", f"{version}, as Flask {FLASK_VERSION}"
    yield "implementation", f"{implementation}: {reason}"


def _real_flask() -> t.Any:
    from ._alias import is_installed

    return None if is_installed() else sys.modules.get("flask")


def _meaning_of_flask() -> t.Iterator[tuple[str, str]]:
    from importlib import metadata

    from ._alias import is_installed

    try:
        distribution = metadata.distribution("flask")
    except metadata.PackageNotFoundError:
        real = "not installed"
    else:
        if type(distribution).__module__.startswith(f"{__package__}."):
            real = "not installed"
        else:
            real = f"{distribution.version}, in {distribution.locate_file('flask')}"

    yield "Flask itself", real
    yield (
        "import flask",
        "gives fastflask" if is_installed() else "is left alone (see fastflask exec)",
    )


def _versions() -> t.Iterator[tuple[str, str]]:
    import platform

    yield "Python", f"{platform.python_version()} ({platform.python_implementation()})"
    yield "from", sys.executable
    for name, distribution in DISTRIBUTIONS:
        yield name, _version_of(distribution, "not installed")


def extensions() -> list[tuple[str, str]]:
    """Return name and version of each installed distribution that requires Flask."""
    from importlib import metadata

    found = {}
    for distribution in metadata.distributions():
        for requirement in distribution.requires or ():
            name = re.match(r"[\w.-]+", requirement)
            if name is not None and name[0].lower() == "flask" and "extra ==" not in requirement:
                found[distribution.metadata["Name"]] = distribution.version
    return sorted(found.items(), key=lambda item: item[0].lower())


def _show_application(app: Flask) -> None:
    from ._checkup import examine

    marks = {True: "ok  ", False: "slow", None: "    "}
    rows = [(f.part, f"{marks[f.short]}  {f.text}") for f in examine(app)]
    _show("Application", [("name", f"      {app.name} ({app.import_name})"), *rows])
