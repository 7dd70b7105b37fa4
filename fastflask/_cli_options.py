"""The options of the group at the top, and what each of them sets.

The public names are part of :mod:`fastflask.cli`. Functions that scripts and tests replace there
are looked up there, when they are needed.
"""

from __future__ import annotations

import os
import typing as t

import click
from click.core import ParameterSource

from ._cli_app import ScriptInfo


def get_version(ctx: click.Context, param: click.Parameter, value: t.Any) -> None:
    """Print the versions and leave, as the callback of ``--version``.

    The line for Flask tells which release this package behaves like; the next one has the
    package's own version, the implementation that runs, and why.
    """
    if not value or ctx.resilient_parsing:
        return

    from ._cli_show import version_lines

    click.echo("\n".join(version_lines()), color=ctx.color)
    ctx.exit()


version_option = click.Option(
    ["--version"],
    help="Show the versions and the implementation in use.",
    expose_value=False,
    callback=get_version,
    is_flag=True,
    is_eager=True,
)


def _set_app(ctx: click.Context, param: click.Option, value: str | None) -> str | None:
    """Hand ``--app`` or ``FLASK_APP`` to the script info."""
    if value is not None:
        ctx.ensure_object(ScriptInfo).app_import_path = value
    return value


# Eager, so that --help can list the application's commands; --help is eager as well, so this one
# must stand before it.
_app_option = click.Option(
    ["-A", "--app"],
    metavar="IMPORT",
    help=(
        "Where the application or its factory is, as 'module:name'. The module is a dotted name"
        " or a file. The name may be 'name(args)' to call a factory with arguments, and may be"
        " left out if it is 'app', 'application', 'create_app' or 'make_app'."
    ),
    is_eager=True,
    expose_value=False,
    callback=_set_app,
)


def _set_debug(ctx: click.Context, param: click.Option, value: bool) -> bool | None:
    """Hand ``--debug`` to the application by way of ``FLASK_DEBUG``."""
    source = ctx.get_parameter_source(param.name or "")
    if source in (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP):
        # Nobody asked, so what the environment says stays.
        return None

    # Through the environment, where a factory can see it while it makes the application.
    os.environ["FLASK_DEBUG"] = "1" if value else "0"
    return value


_debug_option = click.Option(
    ["--debug/--no-debug"], help="Set debug mode.", expose_value=False, callback=_set_debug
)


def _env_file_callback(ctx: click.Context, param: click.Option, value: str | None) -> str | None:
    """Load the file given as ``--env-file``, and the default files unless they are off."""
    if value is not None:
        try:
            import dotenv  # noqa: F401
        except ImportError:
            raise click.BadParameter(
                "python-dotenv must be installed to load an env file.", ctx=ctx, param=param
            ) from None

    defaults = ctx.obj.load_dotenv_defaults
    if defaults or value is not None:
        from . import cli

        cli.load_dotenv(value, load_defaults=defaults)
    return value


# Eager and first of all, because the files may set variables that stand for other options.
_env_file_option = click.Option(
    ["-e", "--env-file"],
    type=click.Path(exists=True, dir_okay=False),
    help=(
        "A file to load environment variables from; it wins over '.env' and '.flaskenv'."
        " Variables that are already set win over all of them. Needs python-dotenv."
    ),
    is_eager=True,
    expose_value=False,
    callback=_env_file_callback,
)
