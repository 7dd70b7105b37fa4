"""``fastflask exec COMMAND …``: run a program with ``flask`` meaning fastflask.

The folder ``_alias_site`` in front of ``PYTHONPATH`` does it, in the program and in all that it
starts: reloaders, workers, scripts with a Python of their own in the first line. Nothing of it is
to be seen by a Python outside of that tree.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import typing as t

import click

SITE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_alias_site")


class SignalParamType(click.ParamType):  # type: ignore[type-arg]
    """The name of a signal, with or without ``SIG``, or its number."""

    name = "signal"

    def convert(
        self, value: t.Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> signal.Signals:
        if isinstance(value, signal.Signals):
            return value

        name = value.upper()
        try:
            if name.isdigit():
                number = signal.Signals(int(name))
            else:
                number = signal.Signals[name if name.startswith("SIG") else f"SIG{name}"]
        except (KeyError, ValueError):
            self.fail(f"There is no signal {value!r} here.", param, ctx)

        if number.name in ("SIGKILL", "SIGSTOP"):
            self.fail(f"{number.name} cannot be handled.", param, ctx)
        return number


@click.command(
    "exec",
    short_help="Run a program with 'flask' meaning fastflask.",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    options_metavar="[OPTIONS] [--]",
)
@click.option(
    "--dump-on",
    metavar="SIGNAL",
    type=SignalParamType(),
    help=(
        "Have each process that serves write its active requests to stderr when it gets SIGNAL,"
        " such as SIGUSR1."
    ),
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def exec_command(
    ctx: click.Context, command: tuple[str, ...], dump_on: signal.Signals | None
) -> None:
    """Run COMMAND with its arguments. It imports fastflask wherever it says 'import flask', and so
    do the programs it starts.

    \b
    fastflask exec flask --app hello run --debug
    fastflask exec gunicorn -w 4 hello:app
    fastflask exec pytest
    fastflask exec python -m hello

    COMMAND is looked for beside fastflask if that is in a virtual environment, then in PATH. It
    needs a Python that has fastflask installed, and must not be told to ignore PYTHONPATH (python
    -I and -E).
    """
    if ctx.parent is not None:
        # The group has changed the environment by now: dotenv files, a note that a command runs.
        raise click.UsageError(
            "'exec' takes no options of 'fastflask'; write them after the COMMAND.", ctx
        )

    name, *rest = command
    program = find_program(name)
    if program is None:
        _leave(f"command not found: {name}", 127)

    variables = environment(os.environ)
    if dump_on is not None:
        variables["FASTFLASK_DUMP_ON"] = str(int(dump_on))
    run([*program, *rest], variables)


def find_program(name: str) -> list[str] | None:
    """Return how to start a command, ``None`` if there is no such thing.

    :param name: a name, or a path.
    """
    if os.path.dirname(name):
        return [name]

    beside = os.path.dirname(sys.executable)
    if sys.prefix != sys.base_prefix and (found := shutil.which(name, path=beside)):
        return [found]
    if name == "flask":
        # A script of that name elsewhere belongs to another Python. Ours has the same command.
        return [sys.executable, "-m", "flask"]

    found = shutil.which(name)
    return [found] if found else None


def environment(variables: t.Mapping[str, str]) -> dict[str, str]:
    """Return environment variables under which ``flask`` means fastflask.

    :param variables: the present ones.
    """
    old = variables.get("PYTHONPATH", "")
    path = [SITE, *(entry for entry in old.split(os.pathsep) if entry != SITE)] if old else [SITE]
    return {**variables, "PYTHONPATH": os.pathsep.join(path)}


def run(arguments: list[str], variables: dict[str, str]) -> t.NoReturn:
    """Become a program, so that signals and its exit status need no passing on.

    :param arguments: the program's file and its arguments.
    :param variables: its environment.
    """
    sys.stdout.flush()
    sys.stderr.flush()

    try:
        if os.name != "nt":
            os.execvpe(arguments[0], arguments, variables)
        # Windows would return to the shell at once.
        sys.exit(_wait(subprocess.Popen(arguments, env=variables)))
    except OSError as error:
        status = 127 if isinstance(error, FileNotFoundError) else 126
        _leave(f"{arguments[0]}: {error.strerror}", status)


def _wait(process: subprocess.Popen[bytes]) -> int:
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The program has got it too, and decides.
            continue


def _leave(message: str, status: int) -> t.NoReturn:
    click.echo(f"fastflask exec: {message}", err=True)
    sys.exit(status)
