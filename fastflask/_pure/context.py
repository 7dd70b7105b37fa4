"""The context engine: which request is current here, and who serves what.

What is current is the value of a :class:`~contextvars.ContextVar`, so tasks, greenlets and
copied contexts see what they should. Beside it each push is entered in a table keyed by
thread ident and each pop taken out again; the table only answers which thread serves what.
Pushing and popping never leave a reference cycle behind.

The compiled twin is ``_cython/context.pxi``.
"""

from __future__ import annotations

import os
import sys
import typing as t
from _thread import _local, get_ident
from time import monotonic
from weakref import WeakSet

from .._vars import cv_app, cv_request

if t.TYPE_CHECKING:
    from contextvars import ContextVar, Token
    from types import TracebackType

    from werkzeug.routing import MapAdapter

# Default of the parameter ``exc``, where ``None`` means that there was no error.
_sentinel = object()
# Stands for an adapter or a session that nobody has asked for yet.
_PENDING: t.Any = object()


class _Entry:
    """One push of a context: what to undo at its pop, and where and when it took place."""

    __slots__ = ("context", "token", "ident", "since", "app_context")

    def __init__(self, context: t.Any, token: Token[t.Any], ident: int) -> None:
        self.context = context
        self.token = token
        self.ident = ident
        self.since = monotonic()
        # The application context that was pushed along with a request context.
        self.app_context: AppContextBase | None = None


class _ThreadGuard:
    """Lives as long as a thread, and takes with it what the thread has not popped."""

    def __init__(self) -> None:
        self.ident = get_ident()

    def __del__(self, is_finalizing: t.Callable[[], bool] = sys.is_finalizing) -> None:
        # With the interpreter all threads end.
        if is_finalizing():
            return
        for stack in list(_stacks):
            stack._threads.pop(self.ident, None)


class _Guards(_local):
    guard: _ThreadGuard | None = None


_guards = _Guards()
_stacks: WeakSet[ContextStack] = WeakSet()


def _forget_other_threads() -> None:
    # After a fork the child has only the thread that forked.
    ident = get_ident()
    for stack in list(_stacks):
        kept = stack._threads.get(ident)
        stack._threads = {} if kept is None else {ident: kept}


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_other_threads)


class ContextStack:
    """The contexts of one kind: the current one, and those of each thread.

    :param var: the context variable whose value is the current context.

    .. versionadded:: 0.1
    """

    def __init__(self, var: ContextVar[t.Any]) -> None:
        self.var = var
        self._threads: dict[int, list[_Entry]] = {}
        _stacks.add(self)

    @property
    def top(self) -> t.Any:
        """The current context, or ``None``."""
        return self.var.get(None)

    def push(self, context: t.Any) -> None:
        """Make a context the current one, without running its own ``push``.

        :param context: any object; usually an application or request context.
        """
        self._enter(context)

    def pop(self) -> t.Any:
        """Undo the last :meth:`push` of this thread and return what was current.

        Returns ``None`` if there is nothing to pop.
        """
        entries = self._threads.get(get_ident())
        if not entries:
            return None
        return self._leave(entries[-1])

    def lookup(self, ident: int) -> tuple[t.Any, ...]:
        """Return the contexts that a thread has pushed, outermost first.

        :param ident: the thread's identifier, as of :func:`threading.get_ident`.
        """
        return tuple(entry.context for entry in self._threads.get(ident, ()))

    def entries(self) -> list[tuple[int, t.Any, float]]:
        """Return thread ident, context and age in seconds of all that is pushed anywhere."""
        now = monotonic()
        return [
            (entry.ident, entry.context, now - entry.since)
            # Other threads come and go meanwhile: copying a list or a dict is atomic.
            for entries in list(self._threads.values())
            for entry in list(entries)
        ]

    def _enter(self, context: t.Any) -> _Entry:
        ident = get_ident()
        entry = _Entry(context, self.var.set(context), ident)
        entries = self._threads.get(ident)
        if entries is None:
            self._threads[ident] = [entry]
            if _guards.guard is None:
                _guards.guard = _ThreadGuard()
        else:
            entries.append(entry)
        return entry

    def _leave(self, entry: _Entry) -> t.Any:
        """Take an entry out, reset the variable, and return what was current until now."""
        current = self.var.get()
        self._forget(entry)
        self.var.reset(entry.token)
        return current

    def _check(self, entries: list[_Entry]) -> t.Any:
        """Return what is current, before the last of a context's entries is popped."""
        try:
            return self.var.get()
        except LookupError:
            # Nobody can pop the entry any more.
            if entries:
                self._forget(entries[-1])
            raise

    def _forget(self, entry: _Entry) -> None:
        # The pop may come on another thread than the push, when a stream moved on.
        entries = self._threads.get(entry.ident)
        if entries is None or entry not in entries:
            return
        entries.remove(entry)
        if not entries:
            # A new list is made by the thread's next push, so that a thread that has ended
            # leaves nothing behind.
            self._threads.pop(entry.ident, None)


app_ctx_stack = ContextStack(cv_app)
request_ctx_stack = ContextStack(cv_request)


class AppContextBase:
    """State and life cycle of an application context.

    :param app: the application.
    """

    def __init__(self, app: t.Any) -> None:
        self.app = app
        self._entries: list[_Entry] = []
        self._url_adapter = app.create_url_adapter(None)
        self._g = app.app_ctx_globals_class()

    @property
    def url_adapter(self) -> MapAdapter | None:
        """Builds URLs outside of requests; ``None`` unless ``SERVER_NAME`` is configured."""
        return self._url_adapter  # type: ignore[no-any-return]

    @url_adapter.setter
    def url_adapter(self, value: MapAdapter | None) -> None:
        self._url_adapter = value

    @property
    def g(self) -> t.Any:
        """The namespace for the data of this context."""
        return self._g

    @g.setter
    def g(self, value: t.Any) -> None:
        self._g = value

    @property
    def _cv_tokens(self) -> list[Token[t.Any]]:
        return [entry.token for entry in self._entries]

    def push(self) -> None:
        """Make this the current application context."""
        self._entries.append(app_ctx_stack._enter(self))
        self.app._signal_appcontext_pushed()

    def pop(self, exc: BaseException | None = _sentinel) -> None:  # type: ignore[assignment]
        """Stop being the current application context.

        The last pop runs the functions registered for the teardown of application contexts.

        :param exc: the error the context ends with; by default the one being handled.
        """
        try:
            if len(self._entries) == 1:
                if exc is _sentinel:
                    exc = sys.exc_info()[1]
                self.app.do_teardown_appcontext(exc)
        finally:
            app_ctx_stack._check(self._entries)
            current = app_ctx_stack._leave(self._entries.pop())

        if current is not self:
            raise AssertionError(f"Popped wrong app context. ({current!r} instead of {self!r})")

        self.app._signal_appcontext_popped()

    def __enter__(self) -> t.Any:
        self.push()
        return self

    def __exit__(
        self,
        exc_type: type | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.pop(exc_value)


class RequestContextBase:
    """State and life cycle of a request context.

    :param app: the application.
    :param environ: the WSGI environment of the request.
    :param request: the request object, if there is one already.
    :param session: the session, if it is open already.
    """

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
        self._entries: list[_Entry] = []
        self._url_adapter: t.Any = None

        if request is None:
            request = app.request_class(environ)
            request.json_module = app.json

        self.request = request
        app._bind_url_adapter(self)

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
        return [(entry.token, entry.app_context) for entry in self._entries]

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
        app_context = cv_app.get(None)

        if app_context is None or app_context.app is not app:
            app_context = app.app_context()
            app_context.push()
        else:
            app_context = None

        entry = request_ctx_stack._enter(self)
        entry.app_context = app_context
        self._entries.append(entry)

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
        last = len(self._entries) == 1

        try:
            if last:
                if exc is _sentinel:
                    exc = sys.exc_info()[1]

                self.app.do_teardown_request(exc)
                close = getattr(self.request, "close", None)

                if close is not None:
                    close()
        finally:
            current = request_ctx_stack._check(self._entries)
            entry = self._entries.pop()
            app_context = entry.app_context
            request_ctx_stack._leave(entry)

            # The environ refers to the request and the request to the environ.
            if last:
                current.request.environ["werkzeug.request"] = None

            if app_context is not None:
                app_context.pop(exc)

            if current is not self:
                raise AssertionError(
                    f"Popped wrong request context. ({current!r} instead of {self!r})"
                )

    def __enter__(self) -> t.Any:
        self.push()
        return self

    def __exit__(
        self,
        exc_type: type | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.pop(exc_value)

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
