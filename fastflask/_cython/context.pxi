# The context engine: which request is current here, and who serves what.
#
# What is current is the value of a ContextVar, read from C, so tasks, greenlets and copied
# contexts see what they should. Beside it each push is entered in a table keyed by thread ident
# and each pop taken out again; the table only answers which thread serves what. Pushing and
# popping never leave a reference cycle behind. The pure twin is _pure/context.py.

from cpython.dict cimport PyDict_DelItem

import os as _os
from weakref import WeakSet as _WeakSet

from fastflask._vars import cv_app as _cv_app_var, cv_request as _cv_request_var
from fastflask._vars import no_req_msg as _no_req_msg

cdef object _cv_app = _cv_app_var
cdef object _cv_request = _cv_request_var

# Default of the parameter ``exc``, where ``None`` means that there was no error.
_sentinel = object()
cdef object _no_exc = _sentinel

cdef extern from *:
    """
    #include <time.h>
    #include "pythread.h"

    /* Seconds that only go forward. Ages are shown in seconds, so where there is a clock that is
       read in a quarter of the time but ticks every few milliseconds, that one does. */
    static CYTHON_INLINE double ff_now(void) {
    #if defined(CLOCK_MONOTONIC_COARSE)
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
        return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    #elif defined(CLOCK_MONOTONIC)
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    #else
        return (double)time(NULL);
    #endif
    }
    """
    double _now "ff_now"() noexcept
    unsigned long PyThread_get_thread_ident() noexcept
    PyObject *PyThreadState_GetDict() noexcept


@cython.final
@cython.freelist(32)
cdef class _Entry:
    """One push of a context: what to undo at its pop, and where and when it took place."""

    cdef object context
    cdef object token
    cdef object ident
    cdef double since
    # The application context that was pushed along with a request context.
    cdef AppContextBase app_context
    # The entry before this one: of the same thread, and of the same context.
    cdef _Entry below
    cdef _Entry previous


@cython.final
cdef class _ThreadGuard:
    """Lives as long as a thread, and takes with it what the thread has not popped."""

    cdef object ident

    def __cinit__(self):
        self.ident = PyThread_get_thread_ident()

    def __del__(self):
        # With the interpreter all threads end.
        if _is_finalizing():
            return
        for stack in list(_stacks):
            (<ContextStack>stack)._threads.pop(self.ident, None)


cdef inline _ThreadGuard _guard_thread():
    """Return the guard of the running thread, which its state keeps."""
    cdef PyObject *found = PyThreadState_GetDict()
    if found is NULL:
        # A thread that is just ending; nothing outlives it any more.
        return _ThreadGuard.__new__(_ThreadGuard)
    state = <dict>found
    found = PyDict_GetItemWithError(state, _guard_key)
    if found is not NULL:
        return <_ThreadGuard>found
    guard = _ThreadGuard.__new__(_ThreadGuard)
    state[_guard_key] = guard
    return guard


cdef object _is_finalizing = sys.is_finalizing
cdef str _guard_key = "fastflask._speedups.guard"
cdef object _stacks = _WeakSet()


def _forget_other_threads():
    # After a fork the child has only the thread that forked.
    ident = PyThread_get_thread_ident()
    for stack in list(_stacks):
        kept = _dict_get((<ContextStack>stack)._threads, ident)
        (<ContextStack>stack)._threads = {} if kept is None else {ident: kept}


if hasattr(_os, "register_at_fork"):
    _os.register_at_fork(after_in_child=_forget_other_threads)


cdef class ContextStack:
    """ContextStack(var)
--

    The contexts of one kind: the current one, and those of each thread.

    :param var: the context variable whose value is the current context.

    .. versionadded:: 0.1
    """

    cdef readonly object var
    # The last entry of each thread.
    cdef dict _threads
    cdef object __weakref__

    def __init__(self, var):
        self.var = var
        self._threads = {}
        _stacks.add(self)

    @property
    def top(self):
        """The current context, or ``None``."""
        return _read_var(self.var, None)

    def push(self, context):
        """Make a context the current one, without running its own ``push``.

        :param context: any object; usually an application or request context.
        """
        self._enter(context)

    def pop(self):
        """Undo the last :meth:`push` of this thread and return what was current.

        Returns ``None`` if there is nothing to pop.
        """
        entry = _dict_get(self._threads, PyThread_get_thread_ident())
        if entry is None:
            return None
        return self._leave(<_Entry>entry)

    def lookup(self, ident):
        """Return the contexts that a thread has pushed, outermost first.

        :param ident: the thread's identifier, as of :func:`threading.get_ident`.
        """
        return tuple([(<_Entry>entry).context for entry in _chain(_dict_get(self._threads, ident))])

    def entries(self):
        """Return thread ident, context and age in seconds of all that is pushed anywhere."""
        cdef _Entry entry
        now = _now()
        return [
            ((<_Entry>entry).ident, (<_Entry>entry).context, now - (<_Entry>entry).since)
            for last in list(self._threads.values())
            for entry in _chain(last)
        ]

    cdef _Entry _enter(self, object context):
        cdef _Entry entry = _Entry.__new__(_Entry)
        entry.context = context
        # PERF: the guard's, as making the number anew takes 15 ns of 60.
        entry.ident = _guard_thread().ident
        entry.since = _now()
        entry.below = _dict_get(self._threads, entry.ident)
        entry.token = PyContextVar_Set(self.var, context)
        self._threads[entry.ident] = entry
        return entry

    cdef object _leave(self, _Entry entry):
        """Take an entry out, reset the variable, and return what was current until now."""
        current = self.var.get()
        self._forget(entry)
        PyContextVar_Reset(self.var, entry.token)
        return current

    cdef int _forget(self, _Entry entry) except -1:
        # The pop may come on another thread than the push, when a stream moved on.
        cdef _Entry last = _dict_get(self._threads, entry.ident)
        if last is entry:
            if entry.below is None:
                PyDict_DelItem(self._threads, entry.ident)
            else:
                self._threads[entry.ident] = entry.below
            entry.below = None
            return 0
        while last is not None:
            if last.below is entry:
                last.below = entry.below
                entry.below = None
                return 0
            last = last.below
        return 0


cdef list _chain(_Entry last):
    """Return the entries of a thread, outermost first."""
    cdef list found = []
    while last is not None:
        found.append(last)
        last = last.below
    found.reverse()
    return found


cdef ContextStack _app_stack = ContextStack(_cv_app)
cdef ContextStack _request_stack = ContextStack(_cv_request)
app_ctx_stack = _app_stack
request_ctx_stack = _request_stack


cdef int _give_up(ContextStack stack, _Entry entry) except -1:
    # The pop of a context where nothing is current: LookupError, naming the variable. Nobody
    # can pop it any more, so the table forgets it.
    if entry is not None:
        stack._forget(entry)
    stack.var.get()
    return 0


cdef enum:
    _CONTEXT_PUSH = 1
    _CONTEXT_POP = 2
    # Neither __init__ nor __new__ is overridden.
    _CONTEXT_MAKING = 4 | 8
    _CONTEXT_MATCH = 16


cdef class AppContextBase:
    """AppContextBase(app)
--

    State and life cycle of an application context.

    :param app: the application.
    """

    cdef readonly RequestCycle _app
    cdef _Entry _last
    cdef object _url_adapter
    cdef object _g
    # Whether the adapter, and the namespace, are still to be made.
    cdef bint _adapter_pending
    cdef bint _g_pending
    cdef object __weakref__

    def __init__(self, app):
        _init_app_context(self, _as_cycle(app))

    @property
    def app(self):
        """The application."""
        return self._app

    @app.setter
    def app(self, value):
        self._app = _as_cycle(value)

    @property
    def url_adapter(self):
        """Builds URLs outside of requests; ``None`` unless ``SERVER_NAME`` is configured."""
        return self._url_adapter

    @url_adapter.setter
    def url_adapter(self, value):
        self._url_adapter = value

    @property
    def g(self):
        """The namespace for the data of this context."""
        if self._g_pending:
            self._g = _stock_globals_class()
            self._g_pending = False
        return self._g

    @g.setter
    def g(self, value):
        self._g_pending = False
        self._g = value

    @property
    def _cv_tokens(self):
        return [(<_Entry>entry).token for entry in _pushes(self._last)]

    def push(self):
        """Make this the current application context."""
        _push_app_context(self)

    def pop(self, exc=_sentinel):
        """Stop being the current application context.

        The last pop runs the functions registered for the teardown of application contexts.

        :param exc: the error the context ends with; by default the one being handled.
        """
        _pop_app_context(self, exc)

    def __enter__(self):
        self.push()
        return self

    def __exit__(self, exc_type, exc_value, tb):
        self.pop(exc_value)


cdef list _pushes(_Entry last):
    """Return the entries of a context, in the order of the pushes."""
    cdef list found = []
    while last is not None:
        found.append(last)
        last = last.previous
    found.reverse()
    return found


cdef int _init_app_context(AppContextBase self, RequestCycle app) except -1:
    self._app = app
    self._url_adapter = _adapter_for_app(app)
    globals_class = _globals_class_of(app)
    # Of a class that is not ours nobody knows what its construction does.
    self._g_pending = globals_class is _stock_globals_class
    if not self._g_pending:
        self._g = globals_class()
    return 0


cdef int _push_app_context(AppContextBase self) except -1:
    cdef _Entry entry = _app_stack._enter(self)
    entry.previous = self._last
    self._last = entry
    _send_pushed(self._app)
    return 0


cdef int _pop_app_context(AppContextBase self, object exc) except -1:
    cdef _Entry entry
    cdef object current
    try:
        if self._last is not None and self._last.previous is None:
            if exc is _no_exc:
                exc = sys.exc_info()[1]
            _call_teardown_appcontext(self._app, exc)
    finally:
        current = _read_var(_cv_app, None)
        if current is None:
            _give_up(_app_stack, self._last)
        entry = self._last
        if entry is None:
            raise IndexError("pop from empty list")
        self._last = entry.previous
        _app_stack._forget(entry)
        PyContextVar_Reset(_cv_app, entry.token)

    if current is not self:
        raise AssertionError(f"Popped wrong app context. ({current!r} instead of {self!r})")

    _send_popped(self._app)
    return 0


cdef class RequestContextBase:
    """RequestContextBase(app, environ, request=None, session=None)
--

    State and life cycle of a request context.

    :param app: the application.
    :param environ: the WSGI environment of the request.
    :param request: the request object, if there is one already.
    :param session: the session, if it is open already.
    """

    cdef readonly RequestCycle _app
    cdef public object request
    cdef public object flashes
    cdef _Entry _last
    cdef object _url_adapter
    cdef bint _adapter_pending
    cdef object _opened_session
    # The session, if it is still to be made: the interface to make it, and whether there was a
    # secret key when Flask would have opened it.
    cdef object _session_interface
    cdef bint _session_signed
    cdef list _after
    cdef object __weakref__

    def __init__(self, app, environ, request=None, session=None):
        _init_request_context(self, _as_cycle(app), environ, request, session)

    @property
    def app(self):
        """The application."""
        return self._app

    @app.setter
    def app(self, value):
        self._app = _as_cycle(value)

    @property
    def url_adapter(self):
        """Matches and builds URLs for this request; ``None`` if it could not be made."""
        return _adapter_of(self)

    @url_adapter.setter
    def url_adapter(self, value):
        self._adapter_pending = False
        self._url_adapter = value

    @property
    def _session(self):
        return _session_of(self)

    @_session.setter
    def _session(self, value):
        self._session_interface = None
        self._opened_session = value

    @property
    def session(self):
        """The session of this request, which counts as accessed from now on.

        It is there once the context has been pushed.
        """
        session = _session_of(self)
        assert session is not None, "The session has not yet been opened."
        session.accessed = True
        return session

    @property
    def _after_request_functions(self):
        if self._after is None:
            self._after = []
        return self._after

    @_after_request_functions.setter
    def _after_request_functions(self, value):
        self._after = value

    @property
    def _cv_tokens(self):
        return [
            ((<_Entry>entry).token, (<_Entry>entry).app_context)
            for entry in _pushes(self._last)
        ]

    def copy(self):
        """Return a new context with the same request and session objects.

        It can be pushed in another greenlet, or in a thread that is alone with the request.

        .. versionadded:: 0.1
        """
        return self.__class__(
            self.app, environ=self.request.environ, request=self.request, session=self._session
        )

    def match_request(self):
        """Find the rule for the request, or keep the error for later.

        A subclass may override this to take part in the matching.
        """
        _match_request(self)

    def push(self):
        """Make this the current request context; opens the session and matches the URL.

        An application context is pushed first unless one of the same application is current.
        """
        _push_request_context(self)

    def pop(self, exc=_sentinel):
        """Stop being the current request context.

        The last pop runs the functions registered for the teardown of requests, and closes
        the files that came with the request.

        :param exc: the error the request ends with; by default the one being handled.
        """
        _pop_request_context(self, exc)

    def __enter__(self):
        self.push()
        return self

    def __exit__(self, exc_type, exc_value, tb):
        self.pop(exc_value)

    def __repr__(self):
        request = self.request
        return f"<{type(self).__name__} {request.url!r} [{request.method}] of {self.app.name}>"


cdef int _init_request_context(
    RequestContextBase self, RequestCycle app, object environ, object request, object session
) except -1:
    self._app = app
    self._opened_session = session

    if request is None:
        request = _make_request(app, environ)

    self.request = request
    _bind_url_adapter(app, self)
    return 0


cdef int _push_request_context(RequestContextBase self) except -1:
    cdef RequestCycle app = self._app
    cdef AppContextBase app_context
    cdef _Entry entry
    current = _read_var(_cv_app, None)

    if current is None or current.app is not app:
        app_context = _call_app_context(app)
        if _stock_of(app_context, &_last_app_context, _app_context_stages) & _CONTEXT_PUSH:
            _push_app_context(app_context)
        else:
            (<object>app_context).push()
    else:
        app_context = None

    entry = _request_stack._enter(self)
    entry.app_context = app_context
    entry.previous = self._last
    self._last = entry

    # A context that is pushed again, as streams do, keeps its session.
    if self._opened_session is None and self._session_interface is None:
        _open_session(app, self)

    # After the session, so that converters can use it.
    if self._adapter_pending or self._url_adapter is not None:
        if _stock_of(self, &_last_request_context, _request_context_stages) & _CONTEXT_MATCH:
            _match_request(self)
        else:
            (<object>self).match_request()
    return 0


cdef int _pop_request_context(RequestContextBase self, object exc) except -1:
    cdef AppContextBase app_context
    cdef _Entry entry
    cdef object current
    cdef bint last = self._last is not None and self._last.previous is None

    try:
        if last:
            if exc is _no_exc:
                exc = sys.exc_info()[1]

            _call_teardown_request(self._app, self, exc)
            _close_request(self.request)
    finally:
        current = _read_var(_cv_request, None)
        if current is None:
            _give_up(_request_stack, self._last)
        entry = self._last
        if entry is None:
            raise IndexError("pop from empty list")
        self._last = entry.previous
        app_context = entry.app_context
        _request_stack._forget(entry)
        PyContextVar_Reset(_cv_request, entry.token)

        # The environ refers to the request and the request to the environ.
        if last:
            _forget_in_environ(current)

        if app_context is not None:
            if _stock_of(app_context, &_last_app_context, _app_context_stages) & _CONTEXT_POP:
                _pop_app_context(app_context, exc)
            else:
                (<object>app_context).pop(exc)

        if current is not self:
            raise AssertionError(
                f"Popped wrong request context. ({current!r} instead of {self!r})"
            )
    return 0


cdef int _forget_in_environ(object context) except -1:
    request = context.request
    if isinstance(request, LeanRequest):
        environ = (<LeanRequest>request).environ
    else:
        environ = request.environ
    environ["werkzeug.request"] = None
    return 0


cdef object _session_of(RequestContextBase self):
    if self._session_interface is not None:
        interface = self._session_interface
        if self._session_signed:
            self._opened_session = interface.session_class()
        else:
            self._opened_session = interface.make_null_session(self._app)
        self._session_interface = None
    return self._opened_session


cdef object _adapter_of(RequestContextBase self):
    if self._adapter_pending:
        self._url_adapter = _make_pending_adapter(self)
        self._adapter_pending = False
    return self._url_adapter


_app_context_stages += [
    ("push", AppContextBase.__dict__["push"]),
    ("pop", AppContextBase.__dict__["pop"]),
    ("__init__", AppContextBase.__dict__["__init__"]),
    ("__new__", AppContextBase.__dict__["__new__"]),
]
_request_context_stages += [
    ("push", RequestContextBase.__dict__["push"]),
    ("pop", RequestContextBase.__dict__["pop"]),
    ("__init__", RequestContextBase.__dict__["__init__"]),
    ("__new__", RequestContextBase.__dict__["__new__"]),
    ("match_request", RequestContextBase.__dict__["match_request"]),
]
