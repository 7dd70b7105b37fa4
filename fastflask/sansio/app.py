"""The application as a registry: configuration, rules, blueprints, hooks, error handlers."""

from __future__ import annotations

import logging
import os
import sys
import typing as t
from datetime import timedelta

from werkzeug.exceptions import Aborter, BadRequest, BadRequestKeyError
from werkzeug.routing.exceptions import BuildError
from werkzeug.sansio.response import Response
from werkzeug.utils import cached_property

from .. import typing as ft
from .._impl import make_redirect
from ..config import Config, ConfigAttribute
from ..ctx import _AppCtxGlobals
from ..helpers import _split_blueprint_path, get_debug_flag
from ..json.provider import DefaultJSONProvider, JSONProvider
from ..logging import create_logger
from ..routing import Map, Rule
from ._templates import TemplateScaffold
from ._types import T_shell_context_processor as T_shell_context_processor
from ._types import T_teardown as T_teardown
from ._types import T_template_filter as T_template_filter
from ._types import T_template_global as T_template_global
from ._types import T_template_test as T_template_test
from .scaffold import Scaffold as Scaffold
from .scaffold import _endpoint_from_view_func, find_package, setupmethod

if t.TYPE_CHECKING:
    from werkzeug.routing import Map as BaseMap
    from werkzeug.routing import Rule as BaseRule
    from werkzeug.wrappers import Response as BaseResponse

    from ..testing import FlaskClient, FlaskCliRunner
    from .blueprints import Blueprint


def _make_timedelta(value: timedelta | int | None) -> timedelta | None:
    """Read a plain number as seconds.

    :param value: a configured duration.
    """
    return value if value is None or isinstance(value, timedelta) else timedelta(seconds=value)


class App(TemplateScaffold):
    """What an application is told before it serves; :class:`~fastflask.Flask` adds the serving.

    :param import_name: name of the application's module or package, usually ``__name__``.
        Templates, static files and the instance folder are found through it.
    :param static_url_path: URL prefix of the static files, by default their folder's name.
    :param static_folder: folder with static files, relative to ``root_path``.
    :param static_host: host of the static files; goes with ``host_matching`` only.
    :param host_matching: let rules name the host they are for.
    :param subdomain_matching: match subdomains of the configured ``SERVER_NAME``.
    :param template_folder: folder with templates, relative to ``root_path``.
    :param instance_path: absolute path of the instance folder, found if not given.
    :param instance_relative_config: read configuration files relative to the instance folder.
    :param root_path: where relative folders start; needed for namespace packages only.

    .. versionadded:: 0.1
    """

    #: Class of :attr:`aborter`, which :func:`~fastflask.abort` calls.
    aborter_class = Aborter

    #: Class of :data:`~fastflask.g`.
    app_ctx_globals_class = _AppCtxGlobals

    #: Class of :attr:`config`.
    config_class = Config

    #: Whether the application is being tested; errors then reach the test.
    testing = ConfigAttribute[bool]("TESTING")

    #: Secret that signs sessions and other things that pass through the browser.
    secret_key = ConfigAttribute[str | bytes | None]("SECRET_KEY")

    #: How long a permanent session lasts.
    permanent_session_lifetime = ConfigAttribute[timedelta](
        "PERMANENT_SESSION_LIFETIME",
        get_converter=_make_timedelta,  # type: ignore[arg-type]
    )

    #: Class of :attr:`json`.
    json_provider_class: type[JSONProvider] = DefaultJSONProvider

    #: Class of the rules that :meth:`add_url_rule` makes.
    url_rule_class: type[BaseRule] = Rule

    #: Class of :attr:`url_map`.
    url_map_class: type[BaseMap] = Map

    #: Class of the test client, or ``None`` for the framework's own.
    test_client_class: type[FlaskClient] | None = None

    #: Class of the test runner for commands, or ``None`` for the framework's own.
    test_cli_runner_class: type[FlaskCliRunner] | None = None

    default_config: t.Mapping[str, t.Any]
    response_class: type[Response]

    def __init__(
        self,
        import_name: str,
        static_url_path: str | None = None,
        static_folder: str | os.PathLike[str] | None = "static",
        static_host: str | None = None,
        host_matching: bool = False,
        subdomain_matching: bool = False,
        template_folder: str | os.PathLike[str] | None = "templates",
        instance_path: str | None = None,
        instance_relative_config: bool = False,
        root_path: str | None = None,
    ) -> None:
        super().__init__(import_name, static_folder, static_url_path, template_folder, root_path)

        #: Room for extensions to keep their state, each under its own name.
        self.extensions: dict[str, t.Any] = {}
        #: Registered blueprints by full name, in order of registration.
        self.blueprints: dict[str, Blueprint] = {}
        #: Functions that provide names for the shell.
        self.shell_context_processors: list[ft.ShellContextProcessorCallable] = []
        #: Functions to run when an application context ends.
        self.teardown_appcontext_funcs: list[ft.TeardownCallable] = []
        #: Functions asked for a URL when building one failed.
        self.url_build_error_handlers: list[
            t.Callable[[Exception, str, dict[str, t.Any]], str | None]
        ] = []
        #: Whether subdomains of ``SERVER_NAME`` take part in matching.
        self.subdomain_matching = subdomain_matching
        # Set-up methods refuse to work once this is true.
        self._got_first_request = False

        if instance_path is not None and not os.path.isabs(instance_path):
            raise ValueError(
                "If an instance path is provided it must be absolute."
                " A relative path was given instead."
            )

        #: Absolute path of the instance folder.
        self.instance_path = instance_path or self.auto_find_instance_path()
        #: The configuration, a dict that can load itself from files and elsewhere.
        self.config = self.make_config(instance_relative_config)
        # The configuration comes first: these three may be classes that look into it.
        #: Called to raise HTTP errors.
        self.aborter = self.make_aborter()
        #: Reads and writes JSON. May be replaced at any time.
        self.json: JSONProvider = self.json_provider_class(self)
        #: All URL rules. Add converters to ``url_map.converters`` before the rules that use them.
        self.url_map = self.url_map_class(host_matching=host_matching)

    def _check_setup_finished(self, f_name: str) -> None:
        if not self._got_first_request:
            return

        raise AssertionError(
            f"The setup method '{f_name}' can no longer be called on the application."
            " It has already handled its first request, any changes will not be applied"
            " consistently.\nMake sure all imports, decorators, functions, etc. needed to set"
            " up the application are done before running it."
        )

    # Identity and parts

    @cached_property
    def name(self) -> str:
        """Name for display: the import name, or that of the file which was run. Can be set."""
        if self.import_name != "__main__":
            return self.import_name

        file: str | None = getattr(sys.modules["__main__"], "__file__", None)
        return "__main__" if file is None else os.path.splitext(os.path.basename(file))[0]

    @cached_property
    def logger(self) -> logging.Logger:
        """The logger called :attr:`name`, with a handler if logging was not set up otherwise."""
        return create_logger(self)

    def make_config(self, instance_relative: bool = False) -> Config:
        """Create the configuration, filled with :attr:`default_config`.

        :param instance_relative: take relative file names from the instance folder.
        """
        folder = self.instance_path if instance_relative else self.root_path
        return self.config_class(folder, {**self.default_config, "DEBUG": get_debug_flag()})

    def make_aborter(self) -> Aborter:
        """Create the object that raises HTTP errors, an :attr:`aborter_class`."""
        return self.aborter_class()

    def auto_find_instance_path(self) -> str:
        """Find the instance folder: beside the package, or under the prefix of an installed one."""
        prefix, folder = find_package(self.import_name)

        if prefix is None:
            return os.path.join(folder, "instance")

        return os.path.join(prefix, "var", f"{self.name}-instance")

    @property
    def debug(self) -> bool:
        """Whether debug mode is on. Never switch it on in production."""
        return self.config["DEBUG"]  # type: ignore[no-any-return]

    @debug.setter
    def debug(self, value: bool) -> None:
        self.config["DEBUG"] = value

        if self.config["TEMPLATES_AUTO_RELOAD"] is None:
            self.jinja_env.auto_reload = value

    # Registration

    @setupmethod
    def register_blueprint(self, blueprint: Blueprint, **options: t.Any) -> None:
        """Add what a blueprint recorded to the application.

        :param blueprint: the blueprint.
        :param options: ``url_prefix``, ``subdomain``, ``url_defaults``, ``name`` and ``cli_group``
            replace what the blueprint says; others are for its own :meth:`~.Blueprint.record`
            functions.
        """
        blueprint.register(self, options)

    def iter_blueprints(self) -> t.ValuesView[Blueprint]:
        """All registered blueprints, in order of registration."""
        return self.blueprints.values()

    @setupmethod
    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: ft.RouteCallable | None = None,
        provide_automatic_options: bool | None = None,
        **options: t.Any,
    ) -> None:
        if endpoint is None:
            endpoint = _endpoint_from_view_func(view_func)  # type: ignore[arg-type]

        given = options.pop("methods", None)

        if given is None:
            given = getattr(view_func, "methods", None) or ("GET",)

        if isinstance(given, str):
            raise TypeError(
                "Allowed methods must be a list of strings, for"
                ' example: @app.route(..., methods=["POST"])'
            )

        methods = {method.upper() for method in given}

        if provide_automatic_options is None:
            provide_automatic_options = getattr(view_func, "provide_automatic_options", None)

        if provide_automatic_options is None:
            provide_automatic_options = bool(
                "OPTIONS" not in methods and self.config["PROVIDE_AUTOMATIC_OPTIONS"]
            )

            if provide_automatic_options:
                methods.add("OPTIONS")

        methods.update(getattr(view_func, "required_methods", ()))

        url_rule = self.url_rule_class(rule, methods=methods, endpoint=endpoint, **options)
        url_rule.provide_automatic_options = provide_automatic_options  # type: ignore[attr-defined]
        self.url_map.add(url_rule)

        if view_func is None:
            return

        present = self.view_functions.get(endpoint)

        if present is not None and present != view_func:
            raise AssertionError(
                f"View function mapping is overwriting an existing endpoint function: {endpoint}"
            )

        self.view_functions[endpoint] = view_func

    @setupmethod
    def teardown_appcontext(self, f: T_teardown) -> T_teardown:
        """Register a function to run when an application context ends.

        That is after a request, after a command, and at the end of ``with app.app_context()``.

        :param f: takes the exception nobody handled, or ``None``. It should not raise.
        """
        self.teardown_appcontext_funcs.append(f)
        return f

    @setupmethod
    def shell_context_processor(self, f: T_shell_context_processor) -> T_shell_context_processor:
        """Register a function that provides names for the shell.

        :param f: returns the names as a dict.
        """
        self.shell_context_processors.append(f)
        return f

    # Decisions of a request that need no request

    def _find_error_handler(
        self, e: Exception, blueprints: list[str]
    ) -> ft.ErrorHandlerCallable | None:
        """Find the handler for an exception.

        Handlers for its status code come first, then those for classes alone. Within each, the
        innermost blueprint comes first and the application last; the most specific class wins.

        :param e: the exception.
        :param blueprints: names of the blueprints that serve the request, innermost first.
        """
        spec = self.error_handler_spec

        if not spec and isinstance(e, Exception):
            return None

        # No comprehension: 3.11 leaks the error if there is no memory for what that shares.
        scopes = []
        for name in (*blueprints, None):
            if name in spec:
                scopes.append(spec[name])

        if not scopes and isinstance(e, Exception):
            return None

        exc_class, code = self._get_exc_class_and_code(type(e))

        for wanted in (None,) if code is None else (code, None):
            for scope in scopes:
                handlers = scope.get(wanted)

                if handlers:
                    for cls in exc_class.__mro__:
                        handler = handlers.get(cls)

                        if handler is not None:
                            return handler

        return None

    def trap_http_exception(self, e: Exception) -> bool:
        """Decide whether an HTTP error raised by a view is treated as an ordinary exception.

        ``TRAP_HTTP_EXCEPTIONS`` traps all of them, ``TRAP_BAD_REQUEST_ERRORS`` bad requests. If
        the latter is unset, debug mode traps missing form keys.

        :param e: the HTTP error.
        """
        if self.config["TRAP_HTTP_EXCEPTIONS"]:
            return True

        trap = self.config["TRAP_BAD_REQUEST_ERRORS"]

        if trap is None:
            return isinstance(e, BadRequestKeyError) and bool(self.debug)

        return bool(trap) and isinstance(e, BadRequest)

    def should_ignore_error(self, error: BaseException | None) -> bool:
        """Decide whether teardown functions are kept from seeing an error. Override it to do so.

        :param error: what ended the request.
        """
        return False

    def redirect(self, location: str, code: int = 302) -> BaseResponse:
        """Make a redirect response.

        :param location: URL to go to.
        :param code: status code.
        """
        return make_redirect(location, code, self.response_class)

    def inject_url_defaults(self, endpoint: str, values: dict[str, t.Any]) -> None:
        """Let the :meth:`url_defaults` functions add values before a URL is built.

        Those of the application run first, then those of the endpoint's blueprints, outermost
        first.

        :param endpoint: the endpoint, with the names of its blueprints.
        :param values: changed in place.
        """
        # Asked first: of what is no text Flask fails here, whatever is registered.
        of_blueprint = "." in endpoint
        registry = self.url_default_functions

        if not registry:
            return

        scopes: list[str | None] = [None]

        if of_blueprint:
            scopes += reversed(_split_blueprint_path(endpoint.rpartition(".")[0]))

        for scope in scopes:
            for function in registry.get(scope, ()):
                function(endpoint, values)

    def handle_url_build_error(
        self, error: BuildError, endpoint: str, values: dict[str, t.Any]
    ) -> str:
        """Ask :attr:`url_build_error_handlers` for a URL that could not be built.

        The first answer other than ``None`` counts. Without one, the error is raised: the last
        that a function raised itself, or the original.

        :param error: what went wrong.
        :param endpoint: the endpoint asked for.
        :param values: the values given for it.
        """
        for ask in self.url_build_error_handlers:
            try:
                answer = ask(error, endpoint, values)
            except BuildError as another:
                error = another
            else:
                if answer is not None:
                    return answer

        if sys.exc_info()[1] is error:
            raise  # as it was, without a second entry in its traceback

        raise error
