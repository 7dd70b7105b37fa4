"""The commands ``run``, ``shell`` and ``routes``.

They are part of :mod:`fastflask.cli`. Functions that scripts and tests replace there, such as
``show_server_banner``, are looked up there, when they are needed.
"""

from __future__ import annotations

import os
import traceback
import typing as t
from collections.abc import Iterable

import click

from ._cli_app import ScriptInfo, pass_script_info, with_appcontext
from ._cli_options import _debug_option
from ._cli_params import CertParamType, SeparatedPathType, _validate_key
from .globals import current_app

if t.TYPE_CHECKING:
    import ssl

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def _raising_app(error: Exception) -> WSGIApplication:
    """Make a WSGI application that answers every request with an error."""

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        raise error from None

    return app


@click.command("run", short_help="Run a development server.")
@click.option("--host", "-h", default="127.0.0.1", help="The address to listen on.")
@click.option("--port", "-p", default=5000, help="The port to listen on.")
@click.option(
    "--cert",
    type=CertParamType(),
    help="Use HTTPS: a certificate file, 'adhoc', or the name of an SSLContext.",
    is_eager=True,
)
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True),
    callback=_validate_key,
    expose_value=False,
    help="The key file that belongs to the certificate file.",
)
@click.option(
    "--reload/--no-reload",
    default=None,
    help="Restart when code changes. On in debug mode unless told otherwise.",
)
@click.option(
    "--debugger/--no-debugger",
    default=None,
    help="Show the debugger for errors. On in debug mode unless told otherwise.",
)
@click.option(
    "--with-threads/--without-threads",
    default=True,
    help="Serve each request in a thread of its own.",
)
@click.option(
    "--extra-files",
    default=None,
    type=SeparatedPathType(),
    help=f"More files to watch for changes, separated by {os.path.pathsep!r}.",
)
@click.option(
    "--exclude-patterns",
    default=None,
    type=SeparatedPathType(),
    help=f"Patterns of files not to watch for changes, separated by {os.path.pathsep!r}.",
)
@pass_script_info
def run_command(
    info: ScriptInfo,
    host: str,
    port: int,
    reload: bool | None,
    debugger: bool | None,
    with_threads: bool,
    cert: ssl.SSLContext | tuple[str, str | None] | t.Literal["adhoc"] | None,
    extra_files: list[str] | None,
    exclude_patterns: list[str] | None,
) -> None:
    """Run a local development server.

    Not for production: it is made neither for safety nor for load.

    With '--debug', code is reloaded when it changes and errors open the debugger.
    """
    from . import cli

    app: WSGIApplication
    try:
        app = info.load_app()
    except Exception as error:
        if not cli.is_running_from_reloader():
            raise error from None
        # Stay alive for the next change of the code; browser and terminal both show the error.
        traceback.print_exc()
        app = _raising_app(error)

    debug = cli.get_debug_flag()
    cli.show_server_banner(debug, info.app_import_path)
    cli.run_simple(
        host,
        port,
        app,
        use_reloader=debug if reload is None else reload,
        use_debugger=debug if debugger is None else debugger,
        threaded=with_threads,
        ssl_context=cert,
        extra_files=extra_files,
        exclude_patterns=exclude_patterns,
    )


run_command.params.insert(0, _debug_option)


@click.command("shell", short_help="Run a shell in the app context.")
@with_appcontext
def shell_command() -> None:
    """Run an interactive Python shell with the application's context active.

    The names in it come from the application's shell context processors.
    """
    from ._cli_show import interact

    interact(current_app._get_current_object())  # type: ignore[attr-defined]


@click.command("routes", short_help="Show the routes for the app.")
@click.option(
    "--sort",
    "-s",
    type=click.Choice(("endpoint", "methods", "domain", "rule", "match")),
    default="endpoint",
    help="What to sort by; 'match' is the order in which routes are tried for a request.",
)
@click.option("--all-methods", is_flag=True, help="Show HEAD and OPTIONS methods.")
@with_appcontext
def routes_command(sort: str, all_methods: bool) -> None:
    """List the routes of the application with their endpoints and methods."""
    from ._cli_show import route_table

    lines = route_table(current_app.url_map, sort, all_methods)
    click.echo("\n".join(lines or ["No routes were registered."]))
