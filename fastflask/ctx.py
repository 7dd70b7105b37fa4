"""The contexts of an application and of a request, and helpers that need a current one."""

from __future__ import annotations

import typing as t
from functools import update_wrapper

from . import typing as ft
from ._classic import classic_names
from ._classic_ctx import ClassicRequestContext
from ._impl import AppContextBase, GlobalsBase, RequestContextBase
from ._merged_context import MergedContext, OneArgument
from .globals import _cv_app, _cv_request

if t.TYPE_CHECKING:
    from types import TracebackType

    from _typeshed.wsgi import WSGIEnvironment

    from .app import Flask
    from .sessions import SessionMixin
    from .wrappers import Request

F = t.TypeVar("F", bound=t.Callable[..., t.Any])

# A name that Flask's module has.
_sentinel = object()


class _AppCtxGlobals(GlobalsBase):
    """A namespace for whatever belongs to an application context, behind :data:`g`.

    ``name in g`` tells whether an attribute is there, and iterating yields the names.
    """

    def __repr__(self) -> str:
        context = _cv_app.get(None)
        if context is None:
            return object.__repr__(self)
        return f"<flask.g of '{context.app.name}'>"


class AppContext(AppContextBase, MergedContext):
    """What belongs to one use of the application: a request, a command, a ``with`` block.

    Made by :meth:`.Flask.app_context`; requests and commands push one on their own.

    :param app: the application.

    .. versionadded:: 0.1
    """

    __signature__ = OneArgument()

    if t.TYPE_CHECKING:
        app: Flask
        g: _AppCtxGlobals

        def __init__(self, app: Flask) -> None: ...
        def __enter__(self) -> AppContext: ...


class RequestContext(RequestContextBase, ClassicRequestContext):
    """What belongs to one request: the request object, the session, the URL adapter.

    Made by :meth:`.Flask.request_context`, or by :meth:`.Flask.test_request_context` in tests.
    The application pushes it when a request begins and pops it at the end, which runs the
    functions registered with :meth:`.Flask.teardown_request`. A debugger or a test client may
    keep it for longer.

    :param app: the application.
    :param environ: the WSGI environment.
    :param request: the request, if there is one already.
    :param session: the session, if it is open already.

    .. versionadded:: 0.1
    """

    if t.TYPE_CHECKING:
        app: Flask
        request: Request

        def __init__(
            self,
            app: Flask,
            environ: WSGIEnvironment,
            request: Request | None = None,
            session: SessionMixin | None = None,
        ) -> None: ...
        def __enter__(self) -> RequestContext: ...
        def __exit__(
            self,
            exc_type: type | None,
            exc_value: BaseException | None,
            tb: TracebackType | None,
        ) -> None: ...


def after_this_request(f: ft.AfterRequestCallable[t.Any]) -> ft.AfterRequestCallable[t.Any]:
    """Call a function with the response of the current request before it is sent.

    ::

        @app.route("/")
        def index():
            @after_this_request
            def mark(response):
                response.headers["X-Seen"] = "yes"
                return response

            return "Hello"

    :param f: takes the response and returns it or another one.
    :raises RuntimeError: outside of a request.

    .. versionadded:: 0.1
    """
    context = _cv_request.get(None)

    if context is None:
        raise RuntimeError(
            "'after_this_request' can only be used when a request"
            " context is active, such as in a view function."
        )

    context._after_request_functions.append(f)
    return f


def copy_current_request_context(f: F) -> F:
    """Make a function run with the current request as its own, wherever it is called.

    Used for functions that a greenlet or another thread is to run. The request and session
    objects are shared, so only one should use them at a time. ::

        @app.route("/")
        def index():
            @copy_current_request_context
            def work():
                ...  # request and session are those of this request

            gevent.spawn(work)
            return "started"

    :param f: a function, or a coroutine function.
    :raises RuntimeError: outside of a request.

    .. versionadded:: 0.1
    """
    current = _cv_request.get(None)

    if current is None:
        raise RuntimeError(
            "'copy_current_request_context' can only be used when a"
            " request context is active, such as in a view function."
        )

    copied = current.copy()

    def wrapper(*args: t.Any, **kwargs: t.Any) -> t.Any:
        with copied as context:
            return context.app.ensure_sync(f)(*args, **kwargs)

    return update_wrapper(wrapper, f)  # type: ignore[return-value]


def has_request_context() -> bool:
    """Tell whether there is a current request, for code that can do without. ::

        if has_request_context():
            address = request.remote_addr

    The proxies can be asked too: ``if request:``.

    .. versionadded:: 0.1
    """
    return _cv_request.get(None) is not None


def has_app_context() -> bool:
    """Tell whether there is a current application; ``bool(current_app)`` does it too.

    .. versionadded:: 0.1
    """
    return _cv_app.get(None) is not None


if not t.TYPE_CHECKING:
    __getattr__ = classic_names(__name__)
