# The contexts of an application and of a request: what belongs to them, push and pop.
#
# Pushing and popping never leave a reference cycle behind. What nobody has asked for, such as a
# URL adapter or a session that no cookie carries, is not made. The pure twin is _pure/context.py.

cdef enum:
    _CONTEXT_PUSH = 1
    _CONTEXT_POP = 2
    # Neither __init__ nor __new__ is overridden.
    _CONTEXT_MAKING = 4 | 8
    # Of an application context: ``app`` and ``g`` are the fields they seem to be.
    _CONTEXT_APP = 16
    _CONTEXT_G = 32
    # Of a request context: the method, and the fields.
    _CONTEXT_MATCH = 16
    _CONTEXT_REQUEST = 32
    _CONTEXT_SESSION = 64
    # Attributes are looked up as in any object.
    _APP_CONTEXT_PLAIN = 64
    _REQUEST_CONTEXT_PLAIN = 128
    # What makes an attribute the field it seems to be.
    _APP_IN_FIELD = 16 | 64
    _G_IN_FIELD = 32 | 64
    _REQUEST_IN_FIELD = 32 | 128
    _SESSION_IN_FIELD = 64 | 128
    # The adapter is read as the attribute that the C base has.
    _CONTEXT_ADAPTER = 128 | 256
    _CONTEXT_AUTO_POP = 512
    _CONTEXT_LEAVING = 2 | 512
    # Of a namespace.
    _GLOBALS_MAKING = 1 | 2
    _GLOBALS_STOCK = 1 | 2 | 4 | 8 | 16


from inspect import getgeneratorstate as _getgeneratorstate


class GlobalsBase:
    """Attributes of any name, in the instance's dict and nowhere else."""

    __slots__ = ()

    def __getattr__(self, name):
        raise AttributeError(name)

    def __setattr__(self, name, value):
        _vars(self)[name] = value

    def __delattr__(self, name):
        if name not in _vars(self):
            raise AttributeError(name)
        del _vars(self)[name]

    def get(self, name, default=None):
        """Return an attribute, or a default if it is not there.

        :param name: name of the attribute.
        :param default: what to return instead.

        .. versionadded:: 0.1
        """
        return _vars(self).get(name, default)

    def pop(self, name, default=_sentinel):
        """Remove an attribute and return it.

        :param name: name of the attribute.
        :param default: what to return if it is not there; a :exc:`KeyError` is raised if this
            is not given.

        .. versionadded:: 0.1
        """
        fallback = () if default is _sentinel else (default,)
        return _vars(self).pop(name, *fallback)

    def setdefault(self, name, default=None):
        """Return an attribute, after setting it if it is not there.

        :param name: name of the attribute.
        :param default: its value if it has none.

        .. versionadded:: 0.1
        """
        return _vars(self).setdefault(name, default)

    def __contains__(self, item):
        return item in _vars(self)

    def __iter__(self):
        return iter(_vars(self))


cdef inline bint _is_stock_namespace(object target) except -1:
    """Whether an object is the namespace of a context, with nothing about it changed."""
    if _is_last(target, &_last_globals):
        return _last_globals.stock == _GLOBALS_STOCK
    return (
        type(target) is _stock_globals_class
        and _look_at_class(target, &_last_globals, _globals_stages) == _GLOBALS_STOCK
    )


cdef object _attribute_of_namespace(object namespace, object name):
    """Read an attribute without the detour by way of ``__getattr__``. PERF: in half the time."""
    cdef PyObject *of_class = _find_on_class(namespace, name)
    cdef PyObject *found
    cdef object method = None
    if of_class is not NULL:
        if not _is_method(of_class):
            return PyObject_GetAttr(namespace, name)
        method = <object>of_class
    found = PyDict_GetItemWithError(_vars(namespace), name)
    if found is not NULL:
        return <object>found
    if of_class is NULL:
        return PyObject_GetAttr(namespace, name)
    return _bind_method(method, namespace)


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
    # Whether the namespace is still to be made.
    cdef bint _g_pending
    # References to the generators that push this context while they run, or ``None``.
    cdef public tuple _streams
    cdef object __weakref__

    # A request makes it a context of the kind that the next release of Flask has.
    def __init__(self, app, *, request=None, session=None):
        _init_app_context(self, _as_cycle(app))
        if request is not None:
            (<object>self)._take_request(request, session)

    @property
    def app(self):
        """The application."""
        return self._app

    @app.setter
    def app(self, value):
        self._app = _as_cycle(value)

    # For copies, which are not pushed.
    def __getstate__(self):
        return _state_of(self, ("app", "url_adapter", "g"))

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
        return _globals_of(self)

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


cdef tuple _state_of(object context, tuple names):
    """Return what a copy of a context begins with, the fields as if they were slots."""
    attributes = getattr(context, "__dict__", None)
    return dict(attributes or ()), {name: getattr(context, name) for name in names}


cdef inline object _globals_of(AppContextBase self):
    cdef type cls
    if self._g_pending:
        cls = _stock_globals_class
        if _notes_of(cls, _globals_stages).stock & _GLOBALS_MAKING == _GLOBALS_MAKING:
            self._g = _new_object(cls)
        else:
            self._g = cls()
        self._g_pending = False
    return self._g


cdef inline unsigned int _app_context_stock(object context) except? 0xFFFFFFFF:
    """Return the bits of what is stock in an application context, or 0 for anything else."""
    if _is_last(context, &_last_app_context) or isinstance(context, AppContextBase):
        return _stock_of(context, &_last_app_context, _app_context_stages)
    return 0


cdef inline unsigned int _request_context_stock(object context) except? 0xFFFFFFFF:
    """Return the bits of what is stock in a request context, or 0 for anything else."""
    if _is_last(context, &_last_request_context) or isinstance(context, RequestContextBase):
        return _stock_of(context, &_last_request_context, _request_context_stages)
    return 0


cdef enum _ProxyField:
    _ANY_ATTRIBUTE
    _FIELD_APP
    _FIELD_G
    _FIELD_REQUEST
    _FIELD_SESSION


cdef int _field_of_context(object var, str name):
    """Return which field of the contexts in a variable an attribute is, if it is one."""
    if var is _cv_app:
        return _FIELD_G if name == "g" else _FIELD_APP if name == "app" else _ANY_ATTRIBUTE
    if var is _cv_request:
        if name == "request":
            return _FIELD_REQUEST
        return _FIELD_SESSION if name == "session" else _ANY_ATTRIBUTE
    return _ANY_ATTRIBUTE


cdef inline object _context_attribute(object context, int field, str name):
    """Read an attribute of what is current. Those that proxies stand for are known fields.

    PERF: a third of the way through a proxy otherwise.
    """
    if field == _FIELD_G:
        if _app_context_stock(context) & _G_IN_FIELD == _G_IN_FIELD:
            return _globals_of(<AppContextBase>context)
    elif field == _FIELD_REQUEST:
        if _request_context_stock(context) & _REQUEST_IN_FIELD == _REQUEST_IN_FIELD:
            return (<RequestContextBase>context).request
    elif field == _FIELD_SESSION:
        if _request_context_stock(context) & _SESSION_IN_FIELD == _SESSION_IN_FIELD:
            return _accessed_session_of(<RequestContextBase>context)
    elif field == _FIELD_APP:
        if _app_context_stock(context) & _APP_IN_FIELD == _APP_IN_FIELD:
            return (<AppContextBase>context)._app
    return _attribute_of(context, name)


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
        _app_stack._reset(entry)

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
    current = _read_var(_cv_app, None)

    if current is None or current.app is not app or (
        isinstance(current, AppContextBase)
        and (<AppContextBase>current)._streams is not None
        and _is_between_items(<AppContextBase>current)
    ):
        app_context = self._beginning = _call_app_context(app)
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
    self._beginning = None

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

            _call_teardown_request(self._app, self, exc)
            _close_request(self.request)
    finally:
        if self._beginning is not None:
            _take_back(self)
        current = _read_var(_cv_request, None)
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
            if _stock_of(app_context, &_last_app_context, _app_context_stages) & _CONTEXT_POP:
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
    cdef unsigned int stock = _stock_of(self, &_last_request_context, _request_context_stages)
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
