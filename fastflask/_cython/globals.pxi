# What `g` is: a namespace that lives as long as a context. The pure twin is _pure/globals.py.

cdef enum:
    _GLOBALS_MAKING = 1 | 2
    _GLOBALS_STOCK = 1 | 2 | 4 | 8 | 16


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
        and _look_at_class(type(target), &_last_globals) == _GLOBALS_STOCK
    )


cdef inline object _attribute_of_namespace(object namespace, object name):
    """Read an attribute without the detour by way of ``__getattr__``. PERF: in half the time."""
    cdef PyObject *of_class = _find_on_class(namespace, name)
    cdef PyObject *found
    cdef dict attributes
    if of_class is not NULL:
        return _member_of_namespace(namespace, name, <object>of_class)
    attributes = _vars(namespace)
    found = _find_any(attributes, name)
    return PyObject_GetAttr(namespace, name) if found is NULL else <object>found


cdef object _member_of_namespace(object namespace, object name, object of_class):
    """Read an attribute whose name the class has too."""
    cdef PyObject *found
    cdef dict attributes
    if not _is_method(<PyObject *>of_class):
        return PyObject_GetAttr(namespace, name)
    attributes = _vars(namespace)
    found = _find_any(attributes, name)
    return _bind_method(of_class, namespace) if found is NULL else <object>found
