"""The ``fastflask`` command, and the groups and decorators to write commands with.

Here are the groups. Beside this module are: ``_cli_app`` (the application behind a command),
``_cli_find`` (finding it), ``_cli_env`` (dotenv files), ``_cli_options`` (what the group at the
top takes), ``_cli_params`` (types of options), ``_cli_commands`` and ``_cli_show`` (what the
commands do and print), and what Flask does not have, ``_cli_exec`` and ``_cli_doctor``. All public
names of Flask's module are to be had here.
"""

from __future__ import annotations

import os
import re
import sys
import traceback
import typing as t

import click
from werkzeug import run_simple as run_simple
from werkzeug.serving import is_running_from_reloader as is_running_from_reloader

from ._classic import classic_names
from ._cli_app import F as F
from ._cli_app import ScriptInfo as ScriptInfo
from ._cli_app import pass_script_info as pass_script_info
from ._cli_app import with_appcontext as with_appcontext
from ._cli_commands import routes_command as routes_command
from ._cli_commands import run_command as run_command
from ._cli_commands import shell_command as shell_command
from ._cli_env import _path_is_ancestor as _path_is_ancestor
from ._cli_env import load_dotenv as load_dotenv
from ._cli_find import NoAppException as NoAppException
from ._cli_find import _called_with_wrong_args as _called_with_wrong_args
from ._cli_find import find_app_by_string as find_app_by_string
from ._cli_find import find_best_app as find_best_app
from ._cli_find import locate_app as locate_app
from ._cli_find import prepare_import as prepare_import
from ._cli_options import _app_option as _app_option
from ._cli_options import _debug_option as _debug_option
from ._cli_options import _env_file_callback as _env_file_callback
from ._cli_options import _env_file_option as _env_file_option
from ._cli_options import _set_app as _set_app
from ._cli_options import _set_debug as _set_debug
from ._cli_options import get_version as get_version
from ._cli_options import version_option as version_option
from ._cli_params import CertParamType as CertParamType
from ._cli_params import SeparatedPathType as SeparatedPathType
from ._cli_params import _validate_key as _validate_key
from .ctx import has_app_context
from .globals import current_app
from .helpers import get_debug_flag as get_debug_flag
from .helpers import get_load_dotenv as get_load_dotenv

if t.TYPE_CHECKING:
    from .app import Flask


class AppGroup(click.Group):
    """A group whose commands run with the application's context active.

    This is the class of ``app.cli`` and ``blueprint.cli``. :class:`FlaskGroup` is another thing:
    the group at the top, which loads the application.

    .. versionadded:: 0.1
    """

    def command(  # type: ignore[override]
        self, *args: t.Any, **kwargs: t.Any
    ) -> t.Callable[[t.Callable[..., t.Any]], click.Command]:
        """Add a command, as :meth:`click.Group.command` does, wrapped by
        :func:`with_appcontext`.

        :param with_appcontext: ``False`` leaves the callback as it is.
        """
        needs_app = kwargs.pop("with_appcontext", True)
        add = super().command

        def decorator(f: t.Callable[..., t.Any]) -> click.Command:
            callback = with_appcontext(f) if needs_app else f
            return t.cast("click.Command", add(*args, **kwargs)(callback))

        return decorator

    def group(  # type: ignore[override]
        self, *args: t.Any, **kwargs: t.Any
    ) -> t.Callable[[t.Callable[..., t.Any]], click.Group]:
        """Add a group, as :meth:`click.Group.group` does, by default an :class:`AppGroup`."""
        return t.cast(
            "t.Callable[[t.Callable[..., t.Any]], click.Group]",
            super().group(*args, **{"cls": AppGroup, **kwargs}),
        )


class FlaskGroup(AppGroup):
    """The group at the top: loads the application and offers its commands beside its own.

    Make one for a script with a name of its own; ``fastflask`` is one too.

    :param add_default_commands: whether to add ``run``, ``shell`` and ``routes``.
    :param create_app: a function that returns the application, instead of ``--app``.
    :param add_version_option: whether to add ``--version``.
    :param load_dotenv: whether ``.env`` and ``.flaskenv`` are looked for and loaded.
    :param set_debug_flag: whether the application's debug flag is set from ``FLASK_DEBUG``.
    :param extra: arguments of :class:`click.Group`.

    .. versionadded:: 0.1
    """

    def __init__(
        self,
        add_default_commands: bool = True,
        create_app: t.Callable[..., Flask] | None = None,
        add_version_option: bool = True,
        load_dotenv: bool = True,
        set_debug_flag: bool = True,
        **extra: t.Any,
    ) -> None:
        # Callbacks of options do the work, so that a script can have its own group callback.
        params = [*(extra.pop("params", None) or ()), _env_file_option, _app_option, _debug_option]
        if add_version_option:
            params.append(version_option)
        extra.setdefault("context_settings", {}).setdefault("auto_envvar_prefix", "FLASK")
        super().__init__(params=params, **extra)

        self.create_app = create_app
        self.load_dotenv = load_dotenv
        self.set_debug_flag = set_debug_flag
        self._loaded_plugin_commands = False

        if add_default_commands:
            for command in (run_command, shell_command, routes_command):
                self.add_command(command)

    def _load_plugin_commands(self) -> None:
        """Add the commands of installed packages, once."""
        if not self._loaded_plugin_commands:
            from importlib import metadata

            for entry in metadata.entry_points(group="flask.commands"):
                self.add_command(entry.load(), entry.name)
            self._loaded_plugin_commands = True

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Find a command: own and plug-in commands first, they need no application."""
        self._load_plugin_commands()
        command = super().get_command(ctx, name)
        if command is not None:
            return command

        try:
            app = ctx.ensure_object(ScriptInfo).load_app()
        except NoAppException as error:
            _report_no_app(error)
            return None

        if not has_app_context() or current_app._get_current_object() is not app:  # type: ignore[attr-defined]
            # From here on, so that callbacks of parameters can use it too.
            ctx.with_resource(app.app_context())
        return app.cli.get_command(ctx, name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List all commands; a failure to load the application is shown and left at that."""
        self._load_plugin_commands()
        names = set(super().list_commands(ctx))

        try:
            names.update(ctx.ensure_object(ScriptInfo).load_app().cli.list_commands(ctx))
        except NoAppException as error:
            _report_no_app(error)
        except Exception:
            click.secho(f"{traceback.format_exc()}\n", err=True, fg="red")
        return sorted(names)

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: t.Any,
    ) -> click.Context:
        # An app.run() at the top of the user's module must not start a server when the module
        # is imported for a command. Flask.run looks for this variable.
        os.environ["FLASK_RUN_FROM_CLI"] = "true"

        if "obj" not in extra and "obj" not in self.context_settings:
            extra["obj"] = ScriptInfo(
                create_app=self.create_app,
                set_debug_flag=self.set_debug_flag,
                load_dotenv_defaults=self.load_dotenv,
            )
        return super().make_context(info_name, args, parent=parent, **extra)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        only_help = len(args) == 1 and args[0] in self.get_help_option_names(ctx)
        if only_help or (self.no_args_is_help and not args):
            # Help is printed before other options are looked at, but the list of commands
            # depends on these two, which may come from the environment.
            for option in (_env_file_option, _app_option):
                option.handle_parse_result(ctx, {}, [])
        return super().parse_args(ctx, args)


def _report_no_app(error: NoAppException) -> None:
    click.secho(f"Error: {error.format_message()}\n", err=True, fg="red")


def show_server_banner(debug: bool, app_import_path: str | None) -> None:
    """Tell what the development server serves; a restart by the reloader stays quiet.

    :param debug: whether debug mode is on; ``None`` leaves the line out.
    :param app_import_path: the name to show; ``None`` leaves the line out.

    .. versionadded:: 0.1
    """
    lines = []
    if app_import_path is not None:
        lines.append(f" * Serving Flask app '{app_import_path}'")
    if debug is not None:
        lines.append(f" * Debug mode: {'on' if debug else 'off'}")

    if lines and not is_running_from_reloader():
        click.echo("\n".join(lines))


cli = FlaskGroup(
    name="flask",
    help="""\
Run commands on a Flask application.

The application is the one named by '--app' or by the environment variable
'FLASK_APP', else the one in a file 'wsgi.py' or 'app.py' in the current
directory.
""",
)


if not t.TYPE_CHECKING:
    __getattr__ = classic_names("fastflask.cli")


def main() -> None:
    """Run the ``fastflask`` command with the arguments of the process.

    Called by the name ``flask`` it is Flask's command, without what only fastflask has.
    """
    if not _is_called_flask():
        from ._cli_exec import exec_command

        if sys.argv[1:2] == ["exec"]:
            # Past the group, which changes the environment that the program will see.
            exec_command.main(sys.argv[2:], prog_name="fastflask exec")

        from ._cli_doctor import doctor_command

        cli.add_command(exec_command)
        cli.add_command(doctor_command)

    cli.main()


def _is_called_flask() -> bool:
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    name = spec.parent if spec is not None else os.path.basename(sys.argv[0])
    return re.fullmatch(r"flask(-script)?(\.\w+)?", name or "") is not None


if __name__ == "__main__":
    main()
