"""The context of a request: what belongs to it, push and pop.

What nobody has asked for, such as a URL adapter or a session that no cookie carries, is not made.

The compiled twin is ``_cython/request_context.pxi``.
"""

from __future__ import annotations

import sys
import typing as t
from inspect import GEN_RUNNING, GEN_SUSPENDED, getgeneratorstate

from .._vars import cv_app
from . import stack
from .context import _PENDING, _sentinel
from .stack import Entry, app_ctx_stack, request_ctx_stack
from .stock import leave

if t.TYPE_CHECKING:
    from contextvars import Token
    from types import TracebackType

    from werkzeug.routing import MapAdapter

    from .context import AppContextBase


class RequestContextBase:
    """State and life cycle of a request context.

    :param app: the application.
    :param environ: the WSGI environment of the request.
    :param request: the request object, if there is one already.
    :param session: the session, if it is open already.
    """

    # The application context whose push was not followed by one of this context.
    _beginning: t.Any = None
    _url_adapter: t.Any = None
    _adapter_class: t.Any = None

    def __init__(
        self,
        app: t.Any,
        environ: dict[str, t.Any],
        request: t.Any | None = None,
        session: t.Any | None = None,
    ) -> None:
        self.app = app
        self.flashes: list[tuple[str, str]] | None = None
        self._opened_session = session
        self._after: list[t.Callable[..., t.Any]] | None = None
        self._entries: list[Entry] = []

        if request is None:
            request = app.request_class(environ)
            request.json_module = app.json

        self.request = request
        app._bind_url_adapter(self)

    # For copies, which are not pushed, and share what is made on first use.
    def __getstate__(self) -> dict[str, t.Any]:
        _ = self.url_adapter, self._session, self._after_request_functions
        return {**vars(self), "_entries": []}

    @property
    def url_adapter(self) -> MapAdapter | None:
        """Matches and builds URLs for this request; ``None`` if it could not be made."""
        if self._url_adapter is _PENDING:
            self._url_adapter = self.app._make_pending_adapter(self)
        return self._url_adapter  # type: ignore[no-any-return]

    @url_adapter.setter
    def url_adapter(self, value: MapAdapter | None) -> None:
        self._url_adapter = value

    @property
    def _session(self) -> t.Any:
        if self._opened_session.__class__ is _PendingSession:
            self._opened_session = self._opened_session.open(self.app)
        return self._opened_session

    @_session.setter
    def _session(self, value: t.Any) -> None:
        self._opened_session = value

    @property
    def session(self) -> t.Any:
        """The session of this request, which counts as accessed from now on.

        It is there once the context has been pushed.
        """
        session = self._session
        assert session is not None, "The session has not yet been opened."
        session.accessed = True
        return session

    @property
    def _after_request_functions(self) -> list[t.Callable[..., t.Any]]:
        if self._after is None:
            self._after = []
        return self._after

    @_after_request_functions.setter
    def _after_request_functions(self, value: list[t.Callable[..., t.Any]]) -> None:
        self._after = value

    @property
    def _cv_tokens(self) -> list[tuple[Token[t.Any], AppContextBase | None]]:
        return [(token, app_context) for _, token, _, _, app_context in self._entries]

    def copy(self) -> t.Any:
        """Return a new context with the same request and session objects.

        It can be pushed in another greenlet, or in a thread that is alone with the request.

        .. versionadded:: 0.1
        """
        return self.__class__(
            self.app, environ=self.request.environ, request=self.request, session=self._session
        )

    def match_request(self) -> None:
        """Find the rule for the request, or keep the error for later.

        A subclass may override this to take part in the matching.
        """
        self.app._match_request(self)

    def push(self) -> None:
        """Make this the current request context; opens the session and matches the URL.

        An application context is pushed first unless one of the same application is current.
        """
        app = self.app
        if stack.unpopped is not None:
            stack.forget_unpopped()
        app_context = cv_app.get(None)

        if (
            app_context is None
            or app_context.app is not app
            or (app_context._streams and is_between_items(app_context))
        ):
            app_context = app.app_context()
        else:
            app_context = None

        try:
            if app_context is not None:
                app_context.push()
            request_ctx_stack._enter(self, self._entries, app_context)
        except BaseException:
            self._beginning = app_context
            raise

        # A context that is pushed again, as streams do, keeps its session.
        if self._opened_session is None:
            self._opened_session = app._open_session(self)

        # After the session, so that converters can use it.
        if self._url_adapter is not None:
            self.match_request()

    def pop(self, exc: BaseException | None = _sentinel) -> None:  # type: ignore[assignment]
        """Stop being the current request context.

        The last pop runs the functions registered for the teardown of requests, and closes
        the files that came with the request.

        :param exc: the error the request ends with; by default the one being handled.
        """
        entries = self._entries
        last = len(entries) == 1

        try:
            if last:
                if exc is _sentinel:
                    exc = sys.exc_info()[1]

                self.app.do_teardown_request(exc)
                close = getattr(self.request, "close", None)

                if close is not None:
                    close()
        finally:
            # The application context that was pushed along with this one.
            if entries:
                app_context = entries[-1][4]
            else:
                app_context = None
                self._take_back()
            current = request_ctx_stack._leave(entries)

            # The environ refers to the request and the request to the environ.
            if last:
                current.request.environ["werkzeug.request"] = None

            if app_context is not None:
                app_context.pop(exc)

            if current is not self:
                raise AssertionError(
                    f"Popped wrong request context. ({current!r} instead of {self!r})"
                )

    def _take_back(self) -> None:
        """Undo the push of an application context that no push of this context followed."""
        app_context, self._beginning = self._beginning, None
        if app_context is not None and app_context._entries:
            _, token, pushed, _, _ = app_context._entries.pop()
            pushed.pop(id(token), None)
            app_ctx_stack._reset(token)

    def __enter__(self) -> t.Any:
        self.push()
        return self

    def __exit__(
        self,
        exc_type: type | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        leave(self, exc_value)

    def __repr__(self) -> str:
        request = self.request
        return f"<{type(self).__name__} {request.url!r} [{request.method}] of {self.app.name}>"


class _PendingSession:
    """A stock session that no cookie carries: made when somebody asks for it."""

    __slots__ = ("interface", "signed")

    def __init__(self, interface: t.Any, signed: bool) -> None:
        self.interface = interface
        # Whether there was a secret key when Flask would have opened the session.
        self.signed = signed

    def open(self, app: t.Any) -> t.Any:
        if self.signed:
            return self.interface.session_class()
        return self.interface.make_null_session(app)


def is_between_items(app_context: t.Any) -> bool:
    """Whether an application context is current only because a stream has left it behind.

    A stream that waits for the server to ask for its next item keeps its contexts, perhaps for
    ever. What the thread serves meanwhile has nothing to do with it.
    """
    waiting = False
    for ref in app_context._streams:
        stream = ref()
        state = None if stream is None else getgeneratorstate(stream)
        if state == GEN_RUNNING:
            return False
        waiting = waiting or state == GEN_SUSPENDED
    return waiting
