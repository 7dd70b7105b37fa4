"""What applications and blueprints share: routes, hooks, error handlers, files of a package."""

from __future__ import annotations

import functools
import os
import typing as t
from collections import defaultdict

from jinja2 import BaseLoader, FileSystemLoader
from werkzeug.exceptions import HTTPException, default_exceptions
from werkzeug.utils import cached_property

from .. import typing as ft
from ..helpers import get_root_path
from ..templating import _default_template_ctx_processor
from ._packages import _find_package_path as _find_package_path
from ._packages import find_package as find_package
from ._types import F as F
from ._types import T_after_request as T_after_request
from ._types import T_before_request as T_before_request
from ._types import T_error_handler as T_error_handler
from ._types import T_route as T_route
from ._types import T_teardown as T_teardown
from ._types import T_template_context_processor as T_template_context_processor
from ._types import T_url_defaults as T_url_defaults
from ._types import T_url_value_preprocessor as T_url_value_preprocessor

if t.TYPE_CHECKING:
    from click import Group

_T = t.TypeVar("_T")
_ByScope: t.TypeAlias = dict[ft.AppOrBlueprintKey, list[_T]]

#: Tells "not given" from ``None`` in optional parameters.
_sentinel = object()

# PERF: of few folders, and asked for twice by each static file; a tenth of what that takes.
_join = functools.lru_cache(maxsize=128)(os.path.join)

_HANDLERS_TAKE = "Handlers can only be registered for Exception classes or HTTP error codes."


def setupmethod(f: F) -> F:
    """Mark a method as part of the set-up: calling it too late is an error.

    The object's ``_check_setup_finished`` decides what too late means.

    :param f: the method to guard.

    .. versionadded:: 0.1
    """
    name = f.__name__

    @functools.wraps(f)
    def guarded(self: Scaffold, *args: t.Any, **kwargs: t.Any) -> t.Any:
        self._check_setup_finished(name)
        return f(self, *args, **kwargs)

    return t.cast(F, guarded)


def _endpoint_from_view_func(view_func: ft.RouteCallable) -> str:
    """Name an endpoint after its view function.

    :param view_func: the function, which has to be given.
    """
    assert view_func is not None, "expected view func if endpoint is not provided."
    return view_func.__name__


class Scaffold:
    """Base of :class:`~fastflask.Flask` and :class:`~fastflask.Blueprint`.

    Every registry is an ordinary dict whose key is the name of a blueprint, or ``None`` for what
    concerns the object itself. They are read anew for each request.

    :param import_name: name of the module that creates the object, usually ``__name__``.
    :param static_folder: folder with files to serve as they are.
    :param static_url_path: URL prefix of those files, by default the folder's name.
    :param template_folder: folder with templates.
    :param root_path: where relative folders start; found through ``import_name`` if not given.

    .. versionadded:: 0.1
    """

    cli: Group
    name: str
    _static_folder: str | None = None
    _static_url_path: str | None = None

    def __init__(
        self,
        import_name: str,
        static_folder: str | os.PathLike[str] | None = None,
        static_url_path: str | None = None,
        template_folder: str | os.PathLike[str] | None = None,
        root_path: str | None = None,
    ) -> None:
        #: Name of the package or module that the object belongs to.
        self.import_name = import_name
        self.static_folder = static_folder
        self.static_url_path = static_url_path
        #: Folder with templates, relative to :attr:`root_path`, or ``None``.
        self.template_folder = template_folder
        #: Absolute folder of the package; relative folders start here.
        self.root_path = get_root_path(import_name) if root_path is None else root_path

        #: View functions by endpoint.
        self.view_functions: dict[str, ft.RouteCallable] = {}

        # The rest is keyed by scope. In the order in which a request meets it:

        #: Functions that may change the values matched from a URL.
        self.url_value_preprocessors: _ByScope[ft.URLValuePreprocessorCallable] = defaultdict(list)
        #: Functions to run before the view.
        self.before_request_funcs: _ByScope[ft.BeforeRequestCallable] = defaultdict(list)
        #: Functions that may add values when a URL is built.
        self.url_default_functions: _ByScope[ft.URLDefaultCallable] = defaultdict(list)
        #: Functions that add variables to templates.
        self.template_context_processors: _ByScope[ft.TemplateContextProcessorCallable] = (
            defaultdict(list, {None: [_default_template_ctx_processor]})
        )
        #: Error handlers as ``{scope: {code or None: {exception class: function}}}``.
        self.error_handler_spec: dict[
            ft.AppOrBlueprintKey,
            dict[int | None, dict[type[Exception], ft.ErrorHandlerCallable]],
        ] = defaultdict(lambda: defaultdict(dict))
        #: Functions that a response passes on its way out.
        self.after_request_funcs: _ByScope[ft.AfterRequestCallable[t.Any]] = defaultdict(list)
        #: Functions to run when a request context ends.
        self.teardown_request_funcs: _ByScope[ft.TeardownCallable] = defaultdict(list)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    def _check_setup_finished(self, f_name: str) -> None:
        """Raise if it is too late for a set-up method.

        :param f_name: name of the method that was called.
        """
        raise NotImplementedError

    # Files that belong to the package

    @property
    def static_folder(self) -> str | None:
        """Absolute path of the folder with static files, or ``None``."""
        folder = self._static_folder
        return None if folder is None else _join(self.root_path, folder)

    @static_folder.setter
    def static_folder(self, value: str | os.PathLike[str] | None) -> None:
        self._static_folder = None if value is None else os.fspath(value).rstrip("\\/")

    @property
    def has_static_folder(self) -> bool:
        """Whether there is a folder with static files."""
        return self.static_folder is not None

    @property
    def static_url_path(self) -> str | None:
        """URL prefix of the static files: the one given, else the name of their folder."""
        if self._static_url_path is not None:
            return self._static_url_path

        folder = self.static_folder
        return None if folder is None else f"/{os.path.basename(folder)}".rstrip("/")

    @static_url_path.setter
    def static_url_path(self, value: str | None) -> None:
        self._static_url_path = None if value is None else value.rstrip("/")

    @cached_property
    def jinja_loader(self) -> BaseLoader | None:
        """Loader for the templates of this object alone, or ``None`` without a folder of them."""
        if self.template_folder is None:
            return None

        return FileSystemLoader(os.path.join(self.root_path, self.template_folder))

    # Routes

    def _method_route(
        self, method: str, rule: str, options: dict[str, t.Any]
    ) -> t.Callable[[T_route], T_route]:
        """Route a single method, for :meth:`get` and its siblings.

        :param method: HTTP method in upper case.
        :param rule: URL pattern.
        :param options: what was passed besides; ``methods`` makes no sense here.
        """
        if "methods" in options:
            raise TypeError("Use the 'route' decorator to use the 'methods' argument.")

        return self.route(rule, methods=[method], **options)

    @setupmethod
    def get(self, rule: str, **options: t.Any) -> t.Callable[[T_route], T_route]:
        """Like :meth:`route`, for ``GET``.

        :param rule: the pattern of the URLs.
        :param options: as of :meth:`add_url_rule`, but for ``methods``.
        :raises TypeError: if ``methods`` is given.
        """
        return self._method_route("GET", rule, options)

    @setupmethod
    def post(self, rule: str, **options: t.Any) -> t.Callable[[T_route], T_route]:
        """Like :meth:`route`, for ``POST`` alone.

        :param rule: the pattern of the URLs.
        :param options: as of :meth:`add_url_rule`, but for ``methods``.
        :raises TypeError: if ``methods`` is given.
        """
        return self._method_route("POST", rule, options)

    @setupmethod
    def put(self, rule: str, **options: t.Any) -> t.Callable[[T_route], T_route]:
        """Like :meth:`route`, for ``PUT`` alone.

        :param rule: the pattern of the URLs.
        :param options: as of :meth:`add_url_rule`, but for ``methods``.
        :raises TypeError: if ``methods`` is given.
        """
        return self._method_route("PUT", rule, options)

    @setupmethod
    def delete(self, rule: str, **options: t.Any) -> t.Callable[[T_route], T_route]:
        """Like :meth:`route`, for ``DELETE`` alone.

        :param rule: the pattern of the URLs.
        :param options: as of :meth:`add_url_rule`, but for ``methods``.
        :raises TypeError: if ``methods`` is given.
        """
        return self._method_route("DELETE", rule, options)

    @setupmethod
    def patch(self, rule: str, **options: t.Any) -> t.Callable[[T_route], T_route]:
        """Like :meth:`route`, for ``PATCH`` alone.

        :param rule: the pattern of the URLs.
        :param options: as of :meth:`add_url_rule`, but for ``methods``.
        :raises TypeError: if ``methods`` is given.
        """
        return self._method_route("PATCH", rule, options)

    @setupmethod
    def route(self, rule: str, **options: t.Any) -> t.Callable[[T_route], T_route]:
        """Decorate a view function to serve a URL pattern.

        ::

            @app.route("/users/<int:id>")
            def show_user(id):
                return f"user {id}"

        :param rule: URL pattern.
        :param options: see :meth:`add_url_rule`. ``methods`` defaults to ``GET``, to which
            ``HEAD`` and ``OPTIONS`` are added.
        """

        def decorator(f: T_route) -> T_route:
            endpoint = options.pop("endpoint", None)
            self.add_url_rule(rule, endpoint, f, **options)
            return f

        return decorator

    @setupmethod
    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: ft.RouteCallable | None = None,
        provide_automatic_options: bool | None = None,
        **options: t.Any,
    ) -> None:
        """Add a URL pattern, for matching requests and for building URLs.

        A view function may say more about itself through attributes: ``methods`` is used if the
        call names none, ``required_methods`` are always added, and ``provide_automatic_options``
        stands in for the parameter.

        :param rule: URL pattern.
        :param endpoint: name of the rule's target, by default that of the view function.
        :param view_func: what to call; can also be set later, with :meth:`endpoint`.
        :param provide_automatic_options: whether ``OPTIONS`` is answered by the framework.
        :param options: passed on to the rule class, such as ``methods`` and ``defaults``.
        """
        raise NotImplementedError

    @setupmethod
    def endpoint(self, endpoint: str) -> t.Callable[[F], F]:
        """Decorate the view function of an endpoint whose rules are added elsewhere.

        :param endpoint: name used in :meth:`add_url_rule`.
        """

        def decorator(f: F) -> F:
            self.view_functions[endpoint] = f
            return f

        return decorator

    # Hooks. On a blueprint they concern the requests which that blueprint handles.

    @setupmethod
    def before_request(self, f: T_before_request) -> T_before_request:
        """Register a function to run before the view.

        If it returns something other than ``None``, that is the response and the view is skipped.

        :param f: a function without parameters.
        """
        self.before_request_funcs.setdefault(None, []).append(f)
        return f

    @setupmethod
    def after_request(self, f: T_after_request) -> T_after_request:
        """Register a function that may change or replace each response.

        It is left out when an earlier one fails, so clean up in :meth:`teardown_request` instead.

        :param f: takes a response and returns one.
        """
        self.after_request_funcs.setdefault(None, []).append(f)
        return f

    @setupmethod
    def teardown_request(self, f: T_teardown) -> T_teardown:
        """Register a function to run when a request context ends, whatever happened before.

        :param f: takes the exception nobody handled, or ``None``. It should not raise.
        """
        self.teardown_request_funcs.setdefault(None, []).append(f)
        return f

    @setupmethod
    def context_processor(self, f: T_template_context_processor) -> T_template_context_processor:
        """Register a function that provides variables for templates.

        :param f: returns the variables as a dict.
        """
        self.template_context_processors.setdefault(None, []).append(f)
        return f

    @setupmethod
    def url_value_preprocessor(self, f: T_url_value_preprocessor) -> T_url_value_preprocessor:
        """Register a function that sees, and may change, the values found in a URL.

        It runs ahead of the :meth:`before_request` functions.

        :param f: takes the endpoint and the dict of values.
        """
        self.url_value_preprocessors.setdefault(None, []).append(f)
        return f

    @setupmethod
    def url_defaults(self, f: T_url_defaults) -> T_url_defaults:
        """Register a function that may add values before a URL is built.

        :param f: takes the endpoint and the dict of values, which it changes in place.
        """
        self.url_default_functions.setdefault(None, []).append(f)
        return f

    # Error handlers

    @setupmethod
    def errorhandler(
        self, code_or_exception: type[Exception] | int
    ) -> t.Callable[[T_error_handler], T_error_handler]:
        """Decorate a function to answer an HTTP error or any other exception.

        ::

            @app.errorhandler(404)
            def not_found(error):
                return "nothing here", 404

        :param code_or_exception: HTTP status code, or exception class.
        """

        def decorator(f: T_error_handler) -> T_error_handler:
            self.register_error_handler(code_or_exception, f)
            return f

        return decorator

    @setupmethod
    def register_error_handler(
        self, code_or_exception: type[Exception] | int, f: ft.ErrorHandlerCallable
    ) -> None:
        """Set the function that answers an error; :meth:`errorhandler` as a plain call.

        :param code_or_exception: HTTP status code, or exception class.
        :param f: takes the exception and returns a response.
        """
        exc_class, code = self._get_exc_class_and_code(code_or_exception)
        self.error_handler_spec[None][code][exc_class] = f

    @staticmethod
    def _get_exc_class_and_code(
        exc_class_or_code: type[Exception] | int,
    ) -> tuple[type[Exception], int | None]:
        """Tell the exception class and the status code that a handler is for.

        :param exc_class_or_code: either of the two. Classes other than HTTP errors have no code.
        """
        found: t.Any = exc_class_or_code

        if isinstance(found, int):
            found = default_exceptions.get(found)

            if found is None:
                raise ValueError(
                    f"'{exc_class_or_code}' is not a recognized HTTP error code."
                    " Use a subclass of HTTPException with that code instead."
                )

        if isinstance(found, Exception):
            raise TypeError(f"{found!r} is an instance, not a class. {_HANDLERS_TAKE}")

        if not issubclass(found, Exception):
            raise ValueError(f"'{found.__name__}' is not a subclass of Exception. {_HANDLERS_TAKE}")

        return found, found.code if issubclass(found, HTTPException) else None
