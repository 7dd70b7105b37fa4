"""What the ``shell``, ``routes`` and ``--version`` commands do, once there is an application."""

from __future__ import annotations

import os
import sys
import typing as t
from operator import itemgetter

if t.TYPE_CHECKING:
    from werkzeug.routing import Map, Rule

    from .app import Flask


def interact(app: Flask) -> None:
    """Run an interactive interpreter with the names of the application's shell context.

    :param app: the application, whose context is active.
    """
    import code

    names: dict[str, t.Any] = {}
    startup = os.environ.get("PYTHONSTARTUP")
    if startup and os.path.isfile(startup):
        with open(startup) as file:
            source = file.read()
        exec(compile(source, startup, "exec"), names)
    names.update(app.make_shell_context())

    # Present where Python would be interactive by itself; brings history and completion.
    hook = getattr(sys, "__interactivehook__", None)
    if hook is not None:
        _complete_from(names)
        hook()

    code.interact(
        banner=(
            f"Python {sys.version} on {sys.platform}\n"
            f"App: {app.import_name}\n"
            f"Instance: {app.instance_path}"
        ),
        local=names,
    )


def _complete_from(names: dict[str, t.Any]) -> None:
    """Let tab completion offer these names; it would offer those of ``__main__``."""
    try:
        import readline
        from rlcompleter import Completer
    except ImportError:
        return
    readline.set_completer(Completer(names).complete)


def route_table(url_map: Map, sort: str, all_methods: bool) -> list[str]:
    """Lay out the rules of a map as a table.

    :param url_map: the map; one without rules gives no lines.
    :param sort: the column to sort by. Anything else, as ``match``, keeps the order in which
        rules are tried.
    :param all_methods: whether to list HEAD and OPTIONS.
    :return: the lines: titles, underlines, one line for each rule.
    """
    rules = list(url_map.iter_rules())
    if not rules:
        return []

    hidden = frozenset() if all_methods else frozenset(("HEAD", "OPTIONS"))

    def methods(rule: Rule) -> str:
        return ", ".join(sorted((rule.methods or set()) - hidden))

    def domain(rule: Rule) -> str:
        return (rule.host if url_map.host_matching else rule.subdomain) or ""

    columns: dict[str, tuple[str, t.Callable[[Rule], str]]] = {
        "endpoint": ("Endpoint", lambda rule: rule.endpoint),
        "methods": ("Methods", methods),
    }
    if any(map(domain, rules)):
        columns["domain"] = ("Host" if url_map.host_matching else "Subdomain", domain)
    columns["rule"] = ("Rule", lambda rule: rule.rule)

    rows = [[text(rule) for _, text in columns.values()] for rule in rules]
    if sort in columns:
        rows.sort(key=itemgetter(list(columns).index(sort)))

    titles = [title for title, _ in columns.values()]
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    underlines = ["-" * width for width in widths]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in (titles, underlines, *rows)
    ]


def version_lines() -> list[str]:
    """Name the versions that matter in a bug report, and the implementation that runs."""
    import platform

    from . import FLASK_VERSION
    from ._impl import implementation, reason

    return [
        f"Python {platform.python_version()}",
        f"Flask {_version_of('flask', f'{FLASK_VERSION} (compatible)')}",
        f"fastflask {_version_of('fastflask', 'unknown')} ({implementation}: {reason})",
        f"Werkzeug {_version_of('werkzeug', 'unknown')}",
    ]


def _version_of(distribution: str, otherwise: str) -> str:
    """Get the version of an installed distribution, or a text if there is none."""
    from importlib import metadata

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return otherwise


def warn_ignored_run() -> None:
    """Say that ``app.run()`` does nothing while a command serves the application."""
    import click

    click.secho(
        " * Ignoring a call to 'app.run()' that would block"
        " the current 'flask' CLI command.\n"
        "   Only call 'app.run()' in an 'if __name__ =="
        ' "__main__"\' guard.',
        fg="red",
    )
