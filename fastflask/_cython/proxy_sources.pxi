# Where a proxy finds the object that it stands for. The proxy itself is in local.pxi.

cdef object _UNSET = object()
cdef str _SOURCE_NAME = _intern("_get_current_object")
cdef str _CLASS_NAME = _intern("__class__")

cdef enum _ProxySourceKind:
    _FROM_CONTEXT  # the value of a ContextVar
    _FROM_CONTEXT_LIKE  # the same through get(), of what only passes for a ContextVar
    _FROM_LOCAL  # an attribute of a Local
    _FROM_STACK  # the top of a LocalStack
    _FROM_CALL  # what a function returns


@cython.final
cdef class _ProxySource:
    """Where a proxy finds its object. It is the proxy's ``_get_current_object``."""

    cdef _ProxySourceKind kind
    cdef object origin
    # None, or what the proxy's name stands for: the name itself, or a getter if it has dots.
    cdef object name
    cdef object getter
    # Of a context: which of its fields the name is.
    cdef int field
    cdef object message
    cdef void *vectorcall

    def __cinit__(self):
        self.vectorcall = <void *>_call_source

    def __init__(self, origin, name, message):
        self.origin = origin
        self.message = "object is not bound" if message is None else message

        if name is not None:
            # Made even where the name is enough, as it rejects what is no name.
            getter = _attrgetter(name)

            if type(name) is str and "." not in name:
                self.name = _intern(name)
            else:
                self.getter = getter

        if isinstance(origin, _WerkzeugLocal):
            if name is None:
                raise TypeError("'name' is required when proxying a 'Local' object.")

            self.kind = _FROM_LOCAL
        elif isinstance(origin, _WerkzeugStack):
            self.kind = _FROM_STACK
        elif isinstance(origin, _ContextVar):
            self.kind = _FROM_CONTEXT if type(origin) is _ContextVar else _FROM_CONTEXT_LIKE
            if self.name is not None:
                self.field = _field_of_context(origin, <str>self.name)
        elif callable(origin):
            self.kind = _FROM_CALL
        else:
            raise TypeError(f"Don't know how to proxy '{type(origin)}'.")

    def __call__(self):
        return _source_value(self)


# How the classes of requests read attributes, unless they have a way of their own.
cdef void *_request_getattro = NULL


cdef inline object _attribute_of(object target, object name):
    """Read an attribute of any object."""
    cdef void *read = _type_of(target).tp_getattro

    if read == <void *>PyObject_GenericGetAttr:
        return PyObject_GenericGetAttr(target, name)

    if read == _request_getattro:
        return _read_request(<LeanRequest>target, name)

    return _guarded_attribute_of(target, name)


cdef object _guarded_attribute_of(object target, object name):
    """Read an attribute of what may be a proxy itself, and its target a proxy, without end."""
    _enter_proxy()
    try:
        return PyObject_GetAttr(target, name)
    finally:
        _leave_proxy()


cdef inline object _named_value(_ProxySource source, object value):
    """Return what the name given to the proxy means on *value*."""
    if source.name is not None:
        return _attribute_of(value, source.name)

    return value if source.getter is None else source.getter(value)


cdef inline object _source_value(_ProxySource source):
    """Return the object that the source leads to now.

    PERF: the caller need not hold the source, nor is the context held: up to where the object is
    at hand, or a function takes over that holds both, no Python code runs.
    """
    cdef PyObject *value = NULL
    cdef PyObject *found

    if source.kind != _FROM_CONTEXT:
        return _value_from_elsewhere(source)

    _get_var(<PyObject *>source.origin, NULL, &value)

    if value is NULL:
        return _no_value(source)

    if source.field:
        found = _field_of_current(value, source.field)
        if found is not NULL:
            _let_go(value)
            return <object>found

    return _value_in_context(source, _own_reference(value))


cdef object _no_value(_ProxySource source):
    raise RuntimeError(source.message) from None


cdef object _value_in_context(_ProxySource source, object value):
    """Return what a source stands for on the value of its context variable."""
    cdef _ProxySource held = source

    # ``None`` means that there is no context: the reset at its pop had no memory.
    if value is None and held.name is not None and (
        held.origin is _cv_app or held.origin is _cv_request
    ):
        raise RuntimeError(held.message) from None

    if held.name is not None:
        return _context_attribute(value, held.field, <str>held.name)

    return value if held.getter is None else held.getter(value)


cdef object _value_from_elsewhere(_ProxySource source):
    """Return the object that a source leads to that is no context variable."""
    cdef _ProxySource held = source
    cdef object value

    if held.kind == _FROM_CALL:
        value = held.origin()
    elif held.kind == _FROM_STACK:
        value = held.origin.top

        if value is None:
            raise RuntimeError(held.message)
    elif held.kind == _FROM_LOCAL:
        try:
            return _named_value(held, held.origin)
        except AttributeError:
            raise RuntimeError(held.message) from None
    else:
        try:
            value = held.origin.get()
        except LookupError:
            raise RuntimeError(held.message) from None

    return _named_value(held, value)


cdef object _call_source(_ProxySource source, PyObject **args, size_t count, PyObject *kwnames):
    """Call a source without the tuple that ``__call__`` takes."""
    if _count_of(count) or kwnames is not NULL:
        raise TypeError("_get_current_object() takes no arguments")

    return _source_value(source)


# Where an instance has its source: the slot `_get_current_object` of Werkzeug's class.
cdef Py_ssize_t _source_offset = 0


cdef inline PyObject *_source_of(object proxy) noexcept:
    return (<PyObject **>(<char *><PyObject *>proxy + _source_offset))[0]


cdef inline object _proxy_target(object proxy):
    """Return the object that *proxy*, of our class or a subclass, stands for now."""
    cdef PyObject *slot = _source_of(proxy)

    if slot is not NULL and type(<object>slot) is _ProxySource:
        return _source_value(<_ProxySource>slot)

    return _value_of_getter(proxy)


cdef object _value_of_getter(object proxy):
    """Return the object of a proxy that has no source of ours."""
    cdef PyObject *slot = _source_of(proxy)
    getter = _own_getter(proxy) if slot is NULL else <object>slot
    return getter()


cdef object _own_getter(object proxy):
    """Return the getter of a proxy whose subclass has its own way of finding the object."""
    try:
        return PyObject_GenericGetAttr(proxy, _SOURCE_NAME)
    except AttributeError:
        raise RuntimeError("object is not bound") from None  # __init__ was not called
