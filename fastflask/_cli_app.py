"""The application behind a command: loading it, and having its context active.

The public names are part of :mod:`fastflask.cli`.
"""

from __future__ import annotations

import re
import typing as t
from functools import update_wrapper

import click

from ._cli_find import NoAppException, locate_app, prepare_import
from .ctx import has_app_context
from .helpers import get_debug_flag, get_load_dotenv

if t.TYPE_CHECKING:
    from .app import Flask

F = t.TypeVar("F", bound=t.Callable[..., t.Any])


class ScriptInfo:
    """What the commands of one run share: where the application comes from, and the application.

    :class:`FlaskGroup` makes one as the ``obj`` of the context. Make one yourself to test a
    command, or to run commands on an application that you have already.

    :param app_import_path: what ``--app`` was given.
    :param create_app: a function that returns the application; it is preferred to the path.
    :param set_debug_flag: whether the application's debug flag is set from ``FLASK_DEBUG``.
    :param load_dotenv_defaults: whether ``.flaskenv`` and ``.env`` should be loaded, unless
        ``FLASK_SKIP_DOTENV`` says otherwise. The object itself loads no file.

    .. versionadded:: 0.1
    """

    #: Anything that commands want to keep for each other.
    data: dict[t.Any, t.Any]

    def __init__(
        self,
        app_import_path: str | None = None,
        create_app: t.Callable[..., Flask] | None = None,
        set_debug_flag: bool = True,
        load_dotenv_defaults: bool = True,
    ) -> None:
        self.data = {}
        self.app_import_path = app_import_path
        self.create_app = create_app
        self.set_debug_flag = set_debug_flag
        self.load_dotenv_defaults = get_load_dotenv(load_dotenv_defaults)
        self._loaded_app: Flask | None = None

    def load_app(self) -> Flask:
        """Get the application; the first call loads it.

        :raises NoAppException: if it cannot be found.
        """
        if self._loaded_app is None:
            app = self._find_app()
            if app is None:
                raise NoAppException(
                    "Could not locate a Flask application. Use the 'flask --app' option,"
                    " 'FLASK_APP' environment variable, or a 'wsgi.py' or 'app.py' file in the"
                    " current directory."
                )
            if self.set_debug_flag:
                # The attribute, not the config key: setting it does more than store a value.
                app.debug = get_debug_flag()
            self._loaded_app = app
        return self._loaded_app

    def _find_app(self) -> Flask | None:
        if self.create_app is not None:
            return self.create_app()

        if self.app_import_path:
            # The colon of a Windows drive has a slash behind it, that of a name has not.
            path, *names = re.split(r":(?![\\/])", self.app_import_path, maxsplit=1)
            return locate_app(prepare_import(path), names[0] if names else None)

        for path in ("wsgi.py", "app.py"):
            app = locate_app(prepare_import(path), None, raise_if_not_found=False)
            if app is not None:
                return app
        return None


pass_script_info = click.make_pass_decorator(ScriptInfo, ensure=True)


def with_appcontext(f: F) -> F:
    """Run a callback with the application's context active.

    Commands below ``app.cli`` and ``blueprint.cli`` have it already; this is for commands that
    are added in another way.

    :param f: the callback of a command or option.

    .. versionadded:: 0.1
    """

    @click.pass_context
    def in_context(ctx: click.Context, /, *args: t.Any, **kwargs: t.Any) -> t.Any:
        if not has_app_context():
            # Left when the command ends, so callbacks registered on ctx still see it.
            ctx.with_resource(ctx.ensure_object(ScriptInfo).load_app().app_context())
        return ctx.invoke(f, *args, **kwargs)

    return t.cast("F", update_wrapper(in_context, f))
