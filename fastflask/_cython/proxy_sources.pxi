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
@cython.auto_pickle(False)
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


cdef bint _is_left_empty(_ProxySource source) noexcept:
    """Whether ``None`` means that there is no context: the reset at its pop had no memory."""
    return source.name is not None and (source.origin is _cv_app or source.origin is _cv_request)


cdef inline object _source_value(_ProxySource source):
    """Return the object that the source leads to now."""
    cdef PyObject *value = NULL
    cdef object found

    if source.kind != _FROM_CONTEXT:
        return _value_from_elsewhere(source)

    PyContextVar_Get(source.origin, NULL, &value)

    if value is NULL:
        raise RuntimeError(source.message) from None

    found = <object>value
    # The call returned a reference of our own, and the cast took another.
    Py_DECREF(found)

    if found is None and _is_left_empty(source):
        raise RuntimeError(source.message) from None
    if source.name is not None:
        return _context_attribute(found, source.field, <str>source.name)
    return found if source.getter is None else source.getter(found)


cdef object _value_from_elsewhere(_ProxySource source):
    """Return the object that a source leads to that is no context variable."""
    cdef object value

    if source.kind == _FROM_CALL:
        value = source.origin()
    elif source.kind == _FROM_STACK:
        value = source.origin.top

        if value is None:
            raise RuntimeError(source.message)
    elif source.kind == _FROM_LOCAL:
        try:
            return _named_value(source, source.origin)
        except AttributeError:
            raise RuntimeError(source.message) from None
    else:
        try:
            value = source.origin.get()
        except LookupError:
            raise RuntimeError(source.message) from None

    return _named_value(source, value)


cdef object _call_source(_ProxySource source, PyObject **args, size_t count, PyObject *kwnames):
    """Call a source without the tuple that ``__call__`` takes."""
    if _count_of(count) or kwnames is not NULL:
        raise TypeError("_get_current_object() takes no arguments")

    return _source_value(source)


# Where an instance has its source: the slot `_get_current_object` of Werkzeug's class.
cdef Py_ssize_t _source_offset = 0


cdef inline PyObject *_source_of(object proxy):
    return (<PyObject **>(<char *><PyObject *>proxy + _source_offset))[0]


cdef inline object _proxy_target(object proxy):
    """Return the object that *proxy*, of our class or a subclass, stands for now."""
    cdef PyObject *slot = _source_of(proxy)
    cdef object source

    if slot is not NULL:
        source = <object>slot

        if type(source) is _ProxySource:
            return _source_value(<_ProxySource>source)
    else:
        source = _own_getter(proxy)

    return source()


cdef object _own_getter(object proxy):
    """Return the getter of a proxy whose subclass has its own way of finding the object."""
    try:
        return PyObject_GenericGetAttr(proxy, _SOURCE_NAME)
    except AttributeError:
        raise RuntimeError("object is not bound") from None  # __init__ was not called
