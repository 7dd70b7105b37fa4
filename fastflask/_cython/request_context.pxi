# The context of a request: what belongs to it, push and pop.
#
# What nobody has asked for, such as a URL adapter or a session that no cookie carries, is not made.
# The pure twin is _pure/request_context.py.

from inspect import getgeneratorstate as _getgeneratorstate


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
    # The application context that is being pushed, as long as it is not known that both are.
    cdef AppContextBase _beginning
    cdef object _url_adapter
    cdef bint _adapter_pending
    # Of an adapter that is still to be made: the subdomain, and the host once a URL had it.
    cdef object _subdomain
    cdef object _host
    cdef object _opened_session
    # The session, if it is still to be made: the interface to make it, and whether there was a
    # secret key when Flask would have opened it.
    cdef object _session_interface
    cdef bint _session_signed
    cdef list _after
    cdef dict __dict__
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

    # For copies, which are not pushed.
    def __getstate__(self):
        names = "app", "request", "flashes", "url_adapter", "_session", "_after_request_functions"
        return _state_of(self, names)

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
        return _accessed_session_of(self)

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
        _leave_request_context(self, exc_value)

    def __repr__(self):
        request = self.request
        return f"<{type(self).__name__} {request.url!r} [{request.method}] of {self.app.name}>"


_keep_dict_5(RequestContextBase)
_set_type_attribute(RequestContextBase, "__dict__", _plain_dict)


cdef int _init_request_context(
    RequestContextBase self, RequestCycle app, object environ, object request, object session
) except -1:
    cdef bint as_sent = False
    self._app = app
    self._opened_session = session

    if request is None:
        request = _make_request(app, environ, &as_sent)

    self.request = request
    _bind_url_adapter(app, self, as_sent)
    return 0


cdef int _push_request_context(RequestContextBase self) except -1:
    cdef RequestCycle app = self._app
    cdef AppContextBase app_context
    cdef _Entry entry

    if _app_stack._left_over is not None:
        _app_stack._clear_left_over()
    current = _read_var(_app_var)

    if current is None or current.app is not app or (
        isinstance(current, AppContextBase)
        and (<AppContextBase>current)._streams is not None
        and _is_between_items(<AppContextBase>current)
    ):
        app_context = self._beginning = _call_app_context(app)
        if _stock_of(app_context, &_last_app_context) & _CONTEXT_PUSH:
            # PERF: what was current is not read again: 140 instructions less on 3.13.
            _push_app_context(app_context, current)
        else:
            (<object>app_context).push()
    else:
        app_context = None

    entry = _request_stack._enter(self, _read_var(_request_var))
    entry.app_context = app_context
    entry.previous = self._last
    self._last = entry
    self._beginning = None

    # A context that is pushed again, as streams do, keeps its session.
    if self._opened_session is None and self._session_interface is None:
        _open_session(app, self)

    # After the session, so that converters can use it.
    if self._adapter_pending or self._url_adapter is not None:
        if _stock_of(self, &_last_request_context) & _CONTEXT_MATCH:
            _match_request(self)
        else:
            (<object>self).match_request()
    return 0


cdef bint _is_between_items(AppContextBase app_context) except -1:
    """Whether an application context is current only because a stream has left it behind.

    A stream that waits for the server to ask for its next item keeps its contexts, perhaps for
    ever. What the thread serves meanwhile has nothing to do with it.
    """
    streams = [stream for ref in app_context._streams if (stream := ref()) is not None]
    states = {_getgeneratorstate(stream) for stream in streams}
    return "GEN_SUSPENDED" in states and "GEN_RUNNING" not in states


cdef int _pop_request_context(RequestContextBase self, object exc) except -1:
    cdef AppContextBase app_context
    cdef _Entry entry
    cdef object current
    cdef bint last = self._last is not None and self._last.previous is None

    try:
        if last:
            if exc is _no_exc:
                exc = sys.exc_info()[1]

            _call_teardown_request(self._app, exc)
            _close_request(self.request)
    finally:
        if self._beginning is not None:
            _take_back(self)
        current = _read_var(_request_var)
        if current is None:
            _give_up(_request_stack, self._last)
        entry = self._last
        if entry is None:
            raise IndexError("pop from empty list")
        self._last = entry.previous
        app_context = entry.app_context
        _request_stack._forget(entry)
        _request_stack._reset(entry)

        # The environ refers to the request and the request to the environ.
        if last:
            _forget_in_environ(current)

        if app_context is not None:
            if _stock_of(app_context, &_last_app_context) & _CONTEXT_POP:
                _pop_app_context(app_context, exc)
            else:
                (<object>app_context).pop(exc)

        if current is not self:
            raise AssertionError(
                f"Popped wrong request context. ({current!r} instead of {self!r})"
            )
    return 0


cdef int _take_back(RequestContextBase self) except -1:
    """Undo the push of an application context that no push of this context followed."""
    cdef AppContextBase app_context = self._beginning
    cdef _Entry entry = app_context._last
    self._beginning = None
    if entry is not None:
        app_context._last = entry.previous
        _app_stack._forget(entry)
        _app_stack._reset(entry)
    return 0


cdef inline int _leave_request_context(RequestContextBase self, object exc) except -1:
    """Pop a request context at its end, by ``auto_pop`` if somebody overrides that."""
    cdef unsigned int stock = _stock_of(self, &_last_request_context)
    if stock & _CONTEXT_LEAVING == _CONTEXT_LEAVING:
        _pop_request_context(self, exc)
    elif stock & _CONTEXT_AUTO_POP:
        (<object>self).pop(exc)
    else:
        (<object>self).auto_pop(exc)
    return 0


cdef int _forget_in_environ(object context) except -1:
    if _request_context_stock(context) & _REQUEST_IN_FIELD == _REQUEST_IN_FIELD:
        request = (<RequestContextBase>context).request
    else:
        request = context.request
    if _is_request(request):
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


cdef object _accessed_session_of(RequestContextBase self):
    session = _session_of(self)
    assert session is not None, "The session has not yet been opened."
    session.accessed = True
    return session


cdef object _adapter_of(RequestContextBase self):
    if self._adapter_pending:
        self._url_adapter = _make_pending_adapter(self)
        self._adapter_pending = False
    return self._url_adapter


_globals_stages += [
    ("__init__", object.__init__),
    ("__new__", object.__new__),
    ("__getattribute__", object.__getattribute__),
    ("__getattr__", vars(GlobalsBase)["__getattr__"]),
    ("__setattr__", vars(GlobalsBase)["__setattr__"]),
]
_app_context_stages += [
    ("push", AppContextBase.__dict__["push"]),
    ("pop", AppContextBase.__dict__["pop"]),
    ("__init__", AppContextBase.__dict__["__init__"]),
    ("__new__", AppContextBase.__dict__["__new__"]),
    ("app", AppContextBase.__dict__["app"]),
    ("g", AppContextBase.__dict__["g"]),
    ("__getattribute__", object.__getattribute__),
]
_request_context_stages += [
    ("push", RequestContextBase.__dict__["push"]),
    ("pop", RequestContextBase.__dict__["pop"]),
    ("__init__", RequestContextBase.__dict__["__init__"]),
    ("__new__", RequestContextBase.__dict__["__new__"]),
    ("match_request", RequestContextBase.__dict__["match_request"]),
    ("request", RequestContextBase.__dict__["request"]),
    ("session", RequestContextBase.__dict__["session"]),
    ("__getattribute__", object.__getattribute__),
    ("url_adapter", RequestContextBase.__dict__["url_adapter"]),
]
