# How attributes of a request are read, set and shown.
#
# Four attributes are set for each request. They are fields, as a dict for them costs more than
# setting them, but seen from outside they are in the instance's dict: the class has a default, and
# a property of a derived class goes first. What Werkzeug computes once and keeps, it keeps in that
# dict too. The pure twin has no need of this: its requests have a dict.

cdef object _cached_property = _utils.cached_property
cdef str _NAME_KEPT = _intern("__name__")
cdef str _NAME_COMPUTE = _intern("fget")

# In the order of _field_of_name().
cdef tuple _REQUEST_FIELDS = tuple(
    map(_intern, ("json_module", "url_rule", "view_args", "routing_exception"))
)
cdef str _NAME_JSON_MODULE = _REQUEST_FIELDS[0]
cdef str _NAME_URL_RULE = _REQUEST_FIELDS[1]
cdef str _NAME_VIEW_ARGS = _REQUEST_FIELDS[2]
cdef str _NAME_ROUTING_EXCEPTION = _REQUEST_FIELDS[3]

cdef extern from *:
    """
    static CYTHON_INLINE int ff_is_data_descriptor(PyObject *found) {
        return Py_TYPE(found)->tp_descr_set != NULL;
    }

    static CYTHON_INLINE int ff_is_readable_data(PyObject *found) {
        return Py_TYPE(found)->tp_descr_set != NULL && Py_TYPE(found)->tp_descr_get != NULL;
    }

    /* What a descriptor of the class of an object gives for it. */
    static CYTHON_INLINE PyObject *ff_described(PyObject *descriptor, PyObject *object) {
        return Py_TYPE(descriptor)->tp_descr_get(descriptor, object, (PyObject *)Py_TYPE(object));
    }
    """
    bint _is_data_descriptor "ff_is_data_descriptor"(PyObject *found) noexcept
    bint _is_readable_data "ff_is_readable_data"(PyObject *found) noexcept
    object _described "ff_described"(object descriptor, object instance)
    bint PyUnicode_CHECK_INTERNED(object text) noexcept
    PyObject *_type_as_object "(PyObject *)Py_TYPE"(PyObject *obj) noexcept


cdef inline int _field_of_name(object name) except -2:
    """Return the number of the field that an attribute is kept in, or -1."""
    if name is _NAME_JSON_MODULE:
        return 0
    if name is _NAME_URL_RULE:
        return 1
    if name is _NAME_VIEW_ARGS:
        return 2
    if name is _NAME_ROUTING_EXCEPTION:
        return 3
    if not PyUnicode_CHECK_INTERNED(name) and name in _REQUEST_FIELDS:
        return _REQUEST_FIELDS.index(name)
    return -1


cdef inline object _field_value(LeanRequest self, int number):
    if number == 0:
        return self._json_module
    if number == 1:
        return self._url_rule
    if number == 2:
        return self._view_args
    return self._routing_exception


cdef int _set_field(LeanRequest self, int number, object value) except -1:
    if number == 0:
        self._json_module = value
    elif number == 1:
        self._url_rule = value
    elif number == 2:
        self._view_args = value
    else:
        self._routing_exception = value
    return 0


cdef object _read_request(LeanRequest self, object name):
    """Read an attribute, as any object does it.

    PERF: what Werkzeug keeps is read from the dict without the detour over its descriptor and
    ``__dict__``: 15,000 instructions fewer for a request whose query is read three times. Fields
    such as ``method`` are read without looking for them twice: 114 fewer of 650 by the proxy.
    """
    cdef PyObject *found
    cdef int number

    if type(name) is not str:
        return PyObject_GenericGetAttr(self, name)

    found = _PyType_Lookup(type(self), name)
    number = _field_of_name(name)

    if number >= 0:
        value = _field_value(self, number)
        if value is not None and (found is NULL or not _is_data_descriptor(found)):
            return value
    elif found is not NULL:
        if _type_as_object(found) == <PyObject *>_cached_property:
            return _read_kept(self, <object>found)
        # No attribute of the instance goes before it.
        if _is_readable_data(found):
            return _described(<object>found, self)

    return PyObject_GenericGetAttr(self, name)


cdef object _read_kept(LeanRequest self, object descriptor):
    """Return what a cached property of Werkzeug's keeps, which is computed the first time."""
    cdef object name = PyObject_GetAttr(descriptor, _NAME_KEPT)
    cdef PyObject *kept = _find_any(_vars(self), name)
    if kept is not NULL:
        return <object>kept
    value = _compute_kept(self, descriptor)
    # Computing it may have set another dict.
    PyDict_SetItem(_vars(self), name, value)
    return value


cdef int _write_request(LeanRequest self, object name, PyObject *value) except -1:
    """Set an attribute, or delete it if there is no value, as any object does it."""
    cdef PyObject *found
    cdef int number = _field_of_name(name) if type(name) is str else -1

    if number >= 0:
        found = _PyType_Lookup(type(self), name)
        if found is NULL or not _is_data_descriptor(found):
            if value is not NULL and <object>value is not None:
                return _set_field(self, number, <object>value)
            if _field_value(self, number) is not None:
                # If __dict__ was looked at, it has the old value too. What is deleted is there.
                _vars(self)[name] = None
                _set_field(self, number, None)

    return _set_or_delete(self, name, value)


# Reading __dict__ shows the fields as entries, and setting it takes them from there: a subclass
# may make a request of another one by taking over its __dict__.

cdef tuple _REQUEST_STATE = (
    "environ",
    "shallow",
    "method",
    "scheme",
    "root_path",
    "path",
    "remote_addr",
    "query_string",
    "headers",
    "server",
)


def _show_dict_of_request(LeanRequest self):
    cdef dict attributes = _show_fields(self, LeanRequest, _REQUEST_STATE)
    cdef int number
    # It has to be asked for, as with Werkzeug: the question may be refused.
    if self._host is not None or self._any_host:
        attributes["host"] = self.host
    for number, name in enumerate(_REQUEST_FIELDS):
        value = _field_value(self, number)
        if value is not None:
            attributes[name] = value
    return attributes


cdef int _adopt_request(LeanRequest self, dict attributes) except -1:
    environ = attributes.get("environ")
    if environ is not None:
        _init_request(self, environ, False, attributes.get("shallow", False))
    return _adopt_fields(self, attributes, (*_REQUEST_STATE, "host", *_REQUEST_FIELDS))


def _set_dict_of_request(LeanRequest self, attributes):
    PyObject_GenericSetDict(self, attributes, NULL)
    _adopt_request(self, attributes)


_keep_dict_1(LeanRequest)
_set_type_attribute(LeanRequest, "__dict__", property(_show_dict_of_request, _set_dict_of_request))

# Proxies read attributes of a request without a guard: it is none itself.
_request_getattro = (<_TypeSlots *>LeanRequest).tp_getattro
