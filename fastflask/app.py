"""The application class: what a user makes, sets up and serves."""

from __future__ import annotations

import os
import typing as t
import weakref
from datetime import timedelta

from werkzeug.datastructures import Headers as Headers
from werkzeug.datastructures import ImmutableDict

# Flask's module has these by its imports, and extensions take them from there: the names here and
# below that are imported as themselves and not used.
from werkzeug.exceptions import BadRequestKeyError as BadRequestKeyError
from werkzeug.exceptions import HTTPException as HTTPException
from werkzeug.exceptions import InternalServerError as InternalServerError
from werkzeug.routing import BuildError as BuildError
from werkzeug.routing import MapAdapter as MapAdapter
from werkzeug.routing import RequestRedirect as RequestRedirect
from werkzeug.routing import RoutingException as RoutingException
from werkzeug.routing import Rule as Rule
from werkzeug.wrappers import Response as BaseResponse  # noqa: F401
from werkzeug.wsgi import get_host as get_host

from . import typing as ft  # noqa: F401
from ._classic import classic_names
from ._classic_app import ClassicApp
from ._classic_ctx import ClassicRequestContext
from ._classic_hooks import HOOKS
from ._errors import ErrorHandling
from ._impl import RequestCycle, configure
from ._lazy_cli import LazyGroup
from ._resources import PackageFiles
from .config import Config
from .ctx import AppContext, RequestContext, _AppCtxGlobals
from .globals import _cv_app as _cv_app
from .globals import _cv_request as _cv_request
from .globals import current_app as current_app
from .globals import g, request, request_ctx, session
from .helpers import get_debug_flag, get_flashed_messages, get_load_dotenv
from .helpers import send_from_directory as send_from_directory
from .routing import Map
from .sansio.app import App
from .sansio.app import T_shell_context_processor as T_shell_context_processor
from .sansio.app import T_teardown as T_teardown
from .sansio.app import T_template_filter as T_template_filter
from .sansio.app import T_template_global as T_template_global
from .sansio.app import T_template_test as T_template_test
from .sansio.app import _make_timedelta as _make_timedelta
from .sansio.scaffold import _sentinel as _sentinel
from .sessions import SecureCookieSessionInterface, SessionInterface
from .signals import appcontext_tearing_down as appcontext_tearing_down
from .signals import got_request_exception as got_request_exception
from .signals import request_finished as request_finished
from .signals import request_started as request_started
from .signals import request_tearing_down as request_tearing_down
from .templating import Environment
from .wrappers import Request, Response

if t.TYPE_CHECKING:
    from types import TracebackType

    from .testing import FlaskClient, FlaskCliRunner

configure(
    map_class=Map,
    session_interface_class=SecureCookieSessionInterface,
    app_context_class=AppContext,
    request_context_class=RequestContext,
    request_class=Request,
    response_class=Response,
    globals_class=_AppCtxGlobals,
    config_class=Config,
    secret_key=vars(App)["secret_key"],
    classic_hooks=HOOKS,
    auto_pop=vars(ClassicRequestContext)["auto_pop"],
)


# As it is now: overridden or patched later, it is called.
_blueprints = Request.blueprints


class Flask(RequestCycle, ErrorHandling, App, PackageFiles, ClassicApp):
    """An application: a registry of views, rules, templates and settings that is served by WSGI.

    ::

        from fastflask import Flask

        app = Flask(__name__)

    The name tells where the application's files are. In a single module ``__name__`` is always
    right. In a package, name the package itself, as extensions use the name to tell which code
    is the application's.

    :param import_name: name of the application's module or package.
    :param static_url_path: URL prefix of static files; by default the name of their folder.
    :param static_folder: folder of static files, absolute or relative to ``root_path``.
    :param static_host: the host to serve static files on. Needed with ``host_matching`` and a
        static folder.
    :param host_matching: match the host of requests against that of the rules.
    :param subdomain_matching: match subdomains of ``SERVER_NAME``.
    :param template_folder: folder of templates, absolute or relative to ``root_path``.
    :param instance_path: folder for what belongs to this installation, by default ``instance``
        beside the package or module.
    :param instance_relative_config: read configuration files relative to the instance folder.
    :param root_path: folder of the application's files. Only needed if it cannot be found out,
        as with namespace packages.

    .. versionadded:: 0.1
    """

    #: The configuration that an application starts with.
    default_config = ImmutableDict(
        DEBUG=None,
        TESTING=False,
        PROPAGATE_EXCEPTIONS=None,
        SECRET_KEY=None,
        SECRET_KEY_FALLBACKS=None,
        PERMANENT_SESSION_LIFETIME=timedelta(days=31),
        USE_X_SENDFILE=False,
        TRUSTED_HOSTS=None,
        SERVER_NAME=None,
        APPLICATION_ROOT="/",
        SESSION_COOKIE_NAME="session",
        SESSION_COOKIE_DOMAIN=None,
        SESSION_COOKIE_PATH=None,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=False,
        SESSION_COOKIE_PARTITIONED=False,
        SESSION_COOKIE_SAMESITE=None,
        SESSION_REFRESH_EACH_REQUEST=True,
        MAX_CONTENT_LENGTH=None,
        MAX_FORM_MEMORY_SIZE=500_000,
        MAX_FORM_PARTS=1_000,
        SEND_FILE_MAX_AGE_DEFAULT=None,
        TRAP_BAD_REQUEST_ERRORS=None,
        TRAP_HTTP_EXCEPTIONS=False,
        EXPLAIN_TEMPLATE_LOADING=False,
        PREFERRED_URL_SCHEME="http",
        TEMPLATES_AUTO_RELOAD=None,
        MAX_COOKIE_SIZE=4093,
        PROVIDE_AUTOMATIC_OPTIONS=True,
    )

    #: Class of the request objects.
    request_class: type[Request] = Request

    #: Class of the response objects.
    response_class: type[Response] = Response

    #: Opens and saves sessions; by default in a signed cookie.
    session_interface: SessionInterface = SecureCookieSessionInterface()

    #: Commands of the application, available on the command line; a Click group.
    cli = LazyGroup()  # pyright: ignore[reportAssignmentType]

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
        App.__init__(
            self,
            import_name,
            static_url_path=static_url_path,
            static_folder=static_folder,
            static_host=static_host,
            host_matching=host_matching,
            subdomain_matching=subdomain_matching,
            template_folder=template_folder,
            instance_path=instance_path,
            instance_relative_config=instance_relative_config,
            root_path=root_path,
        )
        self._cli_name = self.name

        if self.has_static_folder:
            assert bool(static_host) == host_matching, (
                "Invalid static_host/host_matching combination"
            )
            # The folder may come into being later. The view knows the application weakly, as a
            # cycle would keep an application that nobody else refers to.
            this = weakref.ref(self)
            self.add_url_rule(
                f"{self.static_url_path}/<path:filename>",
                endpoint="static",
                host=static_host,
                view_func=lambda **kwargs: this().send_static_file(**kwargs),  # type: ignore[union-attr]
            )

    # Files and templates.

    def open_resource(
        self, resource: str, mode: str = "rb", encoding: str | None = None
    ) -> t.IO[t.AnyStr]:
        """Open a file of the application for reading. ::

            with app.open_resource("words.txt") as file:
                words = file.read().decode().split()

        :param resource: path relative to :attr:`root_path`.
        :param mode: ``"rb"`` for bytes, ``"r"`` or ``"rt"`` for text.
        :param encoding: encoding of text.
        """
        return super().open_resource(resource, mode, encoding)

    def open_instance_resource(
        self, resource: str, mode: str = "rb", encoding: str | None = "utf-8"
    ) -> t.IO[t.AnyStr]:
        """Open a file of the instance folder, for reading or writing.

        :param resource: path relative to :attr:`instance_path`.
        :param mode: any mode of :func:`open`.
        :param encoding: encoding of text.
        """
        path = os.path.join(self.instance_path, resource)
        return open(path, mode, encoding=None if "b" in mode else encoding)

    def create_jinja_environment(self) -> Environment:
        """Make the Jinja environment from :attr:`jinja_options` and the configuration.

        Later changes of the options have no effect.
        """
        options = dict(self.jinja_options)
        options.setdefault("autoescape", self.select_jinja_autoescape)

        if "auto_reload" not in options:
            auto_reload = self.config["TEMPLATES_AUTO_RELOAD"]
            options["auto_reload"] = self.debug if auto_reload is None else auto_reload

        environment = self.jinja_environment(self, **options)
        # Templates get the proxies from a context processor too; imported ones only from here.
        environment.globals.update(
            url_for=self.url_for,
            get_flashed_messages=get_flashed_messages,
            config=self.config,
            request=request,
            session=session,
            g=g,
        )
        environment.policies["json.dumps_function"] = self.json.dumps
        return environment

    def update_template_context(self, context: dict[str, t.Any]) -> None:
        """Add what context processors provide to a template's context.

        What the template was called with is kept.

        :param context: the context, which is changed.
        """
        given = context.copy()
        processors = self.template_context_processors
        request_context = _cv_request.get(None)
        current = None if request_context is None else request_context.request
        scopes: tuple[str | None, ...] = (None,)

        # Where nothing is registered for a blueprint, those of the request do not matter, unless
        # a class of its own wants to know that it was asked.
        if current and not (
            len(processors) == 1
            and None in processors
            and getattr(type(current), "blueprints", None) is _blueprints
        ):
            scopes = (None, *reversed(current.blueprints))

        for name in scopes:
            if name in processors:
                for func in processors[name]:
                    context.update(self.ensure_sync(func)())

        context.update(given)

    def make_default_options_response(self) -> Response:
        """Answer ``OPTIONS`` with the methods that are allowed for the URL.

        .. versionadded:: 0.1
        """
        adapter = request_ctx.url_adapter
        response = self.response_class()
        response.allow.update(adapter.allowed_methods())  # type: ignore[union-attr]
        return response

    # Logging. The records name this module, which formats and filters may go by.

    def log_exception(
        self,
        exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None],
    ) -> None:
        """Log an exception that nobody handled.

        :param exc_info: what :func:`sys.exc_info` returned.
        """
        self.logger.error(f"Exception on {request.path} [{request.method}]", exc_info=exc_info)

    def _log_failed_finalizing(self) -> None:
        self.logger.exception("Request finalizing failed with an error while handling an error")

    # Coroutines.

    def async_to_sync(
        self, func: t.Callable[..., t.Coroutine[t.Any, t.Any, t.Any]]
    ) -> t.Callable[..., t.Any]:
        """Return a plain function that runs a coroutine function to its end.

        :param func: the coroutine function.
        :raises RuntimeError: if asgiref is not installed.

        .. versionadded:: 0.1
        """
        try:
            import asgiref.sync  # noqa: F401
        except ImportError:
            raise RuntimeError(
                "Install Flask with the 'async' extra in order to use async views."
            ) from None

        from ._async import CoroutineCall

        return CoroutineCall(func)

    # Shell, server and tests.

    def make_shell_context(self) -> dict[str, t.Any]:
        """Return the names that the interactive shell starts with."""
        context = {"app": self, "g": g}

        for processor in self.shell_context_processors:
            context.update(processor())

        return context

    def run(
        self,
        host: str | None = None,
        port: int | None = None,
        debug: bool | None = None,
        load_dotenv: bool = True,
        **options: t.Any,
    ) -> None:
        """Serve the application with the development server.

        It is not made for production. In debug mode it reloads changed code and shows a
        debugger, which ``use_reloader=False`` and ``use_debugger=False`` switch off. The
        command ``fastflask run`` does the same, and reloads better; under it this does nothing.

        :param host: address to listen on; ``"0.0.0.0"`` for all. By default that of
            ``SERVER_NAME``, or ``127.0.0.1``.
        :param port: port to listen on. By default that of ``SERVER_NAME``, or 5000.
        :param debug: switch debug mode on or off.
        :param load_dotenv: set environment variables from ``.env`` and ``.flaskenv``.
        :param options: passed on to :func:`werkzeug.serving.run_simple`.
        """
        from werkzeug.serving import is_running_from_reloader, run_simple

        from . import cli

        if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
            if not is_running_from_reloader():
                from ._cli_show import warn_ignored_run

                warn_ignored_run()

            return

        if get_load_dotenv(load_dotenv):
            cli.load_dotenv()
            # The variable may come from these files, and outdoes what the code has set.
            if debug is None and "FLASK_DEBUG" in os.environ:
                debug = get_debug_flag()

        if debug is not None:
            self.debug = bool(debug)

        named_host, _, named_port = (self.config.get("SERVER_NAME") or "").partition(":")
        host = host or named_host or "127.0.0.1"
        port = int(port if port or port == 0 else named_port or 5000)
        defaults = {"use_reloader": self.debug, "use_debugger": self.debug, "threaded": True}
        cli.show_server_banner(self.debug, self.name)

        try:
            run_simple(host, port, self, **(defaults | options))  # pyright: ignore[reportArgumentType]
        finally:
            # So that a shell can go on with setting up, and serve again.
            self._got_first_request = False

    def test_client(self, use_cookies: bool = True, **kwargs: t.Any) -> FlaskClient:
        """Return a client that sends requests to the application without a server.

        ::

            with app.test_client() as client:
                client.get("/?name=Ada")
                assert request.args["name"] == "Ada"

        In a ``with`` block the context of the last request stays until the next one or the end
        of the block. Set :attr:`testing` to have errors reach the test.

        :param use_cookies: keep cookies from one request to the next.
        :param kwargs: passed on to :attr:`test_client_class`.
        """
        cls = self.test_client_class

        if cls is None:
            from .testing import FlaskClient as cls

        return cls(self, self.response_class, use_cookies=use_cookies, **kwargs)  # type: ignore[misc]

    def test_cli_runner(self, **kwargs: t.Any) -> FlaskCliRunner:
        """Return a runner that calls the application's commands in tests.

        :param kwargs: passed on to :attr:`test_cli_runner_class`.

        .. versionadded:: 0.1
        """
        cls = self.test_cli_runner_class

        if cls is None:
            from .testing import FlaskCliRunner as cls

        return cls(self, **kwargs)  # type: ignore[misc]

    def test_request_context(self, *args: t.Any, **kwargs: t.Any) -> RequestContext:
        """Return the context of a made-up request, to test code that needs one. ::

            with app.test_request_context("/?name=Ada"):
                assert greet() == "Hello Ada"

        :param args: like those of :class:`werkzeug.test.EnvironBuilder`: ``path``, ``base_url``
            and so on. Host and root come from the configuration where not given.
        :param kwargs: the same by name; also ``subdomain``, ``url_scheme`` and ``json``.
        """
        from .testing import EnvironBuilder

        builder = EnvironBuilder(self, *args, **kwargs)

        try:
            return self.request_context(builder.get_environ())
        finally:
            builder.close()


if not t.TYPE_CHECKING:
    __getattr__ = classic_names(__name__)
