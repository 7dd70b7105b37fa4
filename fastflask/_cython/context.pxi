# The context of an application, and what proxies read of either kind.
#
# Pushing and popping never leave a reference cycle behind. What nobody has asked for is not made.
# The pure twin is _pure/context.py.

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
    cdef dict __dict__
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
        _push_app_context(self, _read_var(_app_var))

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


_keep_dict_4(AppContextBase)
_set_type_attribute(AppContextBase, "__dict__", _plain_dict)


cdef tuple _state_of(object context, tuple names):
    """Return what a copy of a context begins with, the fields as if they were slots."""
    attributes = getattr(context, "__dict__", None)
    return dict(attributes or ()), {name: getattr(context, name) for name in names}


cdef inline object _globals_of(AppContextBase self):
    if self._g_pending:
        _make_globals(self)
    return self._g


cdef int _make_globals(AppContextBase self) except -1:
    cdef type cls = _stock_globals_class
    if _stock_of_class(cls, &_last_globals) & _GLOBALS_MAKING == _GLOBALS_MAKING:
        self._g = _new_object(cls)
    else:
        self._g = cls()
    self._g_pending = False
    return 0


cdef inline unsigned int _app_context_stock(object context) except? 0xFFFFFFFF:
    """Return the bits of what is stock in an application context, or 0 for anything else."""
    if _is_last(context, &_last_app_context) or isinstance(context, AppContextBase):
        return _stock_of(context, &_last_app_context)
    return 0


cdef inline unsigned int _request_context_stock(object context) except? 0xFFFFFFFF:
    """Return the bits of what is stock in a request context, or 0 for anything else."""
    if _is_last(context, &_last_request_context) or isinstance(context, RequestContextBase):
        return _stock_of(context, &_last_request_context)
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


cdef inline PyObject *_field_of_current(PyObject *context, int field) noexcept:
    """Return what a field of a context has, or ``NULL`` where that has to be found out.

    PERF: neither context nor value is held: 100 instructions less for each use of a proxy.
    """
    cdef unsigned int stock
    if field == _FIELD_G or field == _FIELD_APP:
        if not _is_last(<object>context, &_last_app_context):
            return NULL
        stock = _last_app_context.stock
        if field == _FIELD_APP:
            if stock & _APP_IN_FIELD == _APP_IN_FIELD:
                return <PyObject *>(<AppContextBase>context)._app
        elif stock & _G_IN_FIELD == _G_IN_FIELD and not (<AppContextBase>context)._g_pending:
            return <PyObject *>(<AppContextBase>context)._g
    elif field == _FIELD_REQUEST:
        if (
            _is_last(<object>context, &_last_request_context)
            and _last_request_context.stock & _REQUEST_IN_FIELD == _REQUEST_IN_FIELD
        ):
            return <PyObject *>(<RequestContextBase>context).request
    return NULL


cdef object _context_attribute(object context, int field, str name):
    """Read an attribute of what is current. Those that proxies stand for are known fields."""
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


cdef int _push_app_context(AppContextBase self, object before) except -1:
    cdef _Entry entry = _app_stack._enter(self, before)
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
        current = _read_var(_app_var)
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
