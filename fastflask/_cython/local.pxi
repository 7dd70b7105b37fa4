# What `request`, `g`, `session` and `current_app` are: objects that stand for another one, found
# anew at each use. A view reads through them dozens of times, so that way is short: a ContextVar
# read from C, then the target's attribute.
#
# The promise: whatever one does with it, the outcome is that of Werkzeug's proxy. It is kept by
# inheritance. LocalProxy is a subclass of Werkzeug's class and its namespace is Werkzeug's, which
# decides what reflection, subclasses and the rarer operators see. Only the C slots of LocalProxy
# itself, behind that namespace, are replaced, by functions that do the same without running
# Python code. Extensions that look for a Werkzeug proxy with isinstance() find one.
#
# Pure twin: _pure/local.py

from cpython.object cimport (
    PyObject,
    PyObject_DelItem,
    PyObject_GenericGetAttr,
    PyObject_GetAttr,
    PyObject_GetItem,
    PyObject_GetIter,
    PyObject_IsTrue,
    PyObject_RichCompare,
    PyObject_SetItem,
    PyObject_Size,
)
from cpython.sequence cimport PySequence_Contains
from cpython.type cimport PyType_IsSubtype

import typing as _typing
from contextvars import ContextVar as _ContextVar
from operator import attrgetter as _attrgetter
from sys import intern as _intern
from types import MemberDescriptorType as _MemberDescriptorType

from werkzeug.local import Local as _WerkzeugLocal
from werkzeug.local import LocalProxy as _WerkzeugProxy
from werkzeug.local import LocalStack as _WerkzeugStack
from werkzeug.local import _ProxyLookup as _WerkzeugLookup


cdef extern from *:
    """
    /* A proxy may lead to a proxy, and so on in a circle, with no Python code in between.
       What fails here returns 1 or -1, depending on the version. */
    static CYTHON_INLINE int fastflask_enter_proxy(void) {
        return Py_EnterRecursiveCall(" in a LocalProxy") ? -1 : 0;
    }
    """
    int _enter_proxy "fastflask_enter_proxy"() except -1
    void _leave_proxy "Py_LeaveRecursiveCall"()

cdef extern from "Python.h":
    object _call_with "PyObject_Call"(object function, object args, PyObject *kwargs)

    # Those slots of a type that are replaced below.
    ctypedef struct _SequenceSlots "PySequenceMethods":
        void *sq_length
        void *sq_contains

    ctypedef struct _MappingSlots "PyMappingMethods":
        void *mp_length
        void *mp_subscript
        void *mp_ass_subscript

    ctypedef struct _NumberSlots "PyNumberMethods":
        void *nb_bool

    ctypedef struct _TypeSlots "PyTypeObject":
        Py_ssize_t tp_vectorcall_offset
        unsigned long tp_flags
        void *tp_getattro
        void *tp_call
        void *tp_richcompare
        void *tp_iter
        _SequenceSlots *tp_as_sequence
        _MappingSlots *tp_as_mapping
        _NumberSlots *tp_as_number

    Py_ssize_t _count_of "PyVectorcall_NARGS"(size_t count_and_flags)
    ctypedef object (*_Vectorcall "vectorcallfunc")(
        PyObject *callable, PyObject **args, size_t count, PyObject *kwnames
    )
    unsigned long _HAVE_VECTORCALL "Py_TPFLAGS_HAVE_VECTORCALL"
    _TypeSlots *_type_of "Py_TYPE"(object instance)
    void _type_modified "PyType_Modified"(_TypeSlots *cls)

cdef extern from "structmember.h":
    ctypedef struct _MemberDef "PyMemberDef":
        int type
        Py_ssize_t offset

    ctypedef struct _MemberDescriptor "PyMemberDescrObject":
        _MemberDef *d_member

    int _T_OBJECT_EX "T_OBJECT_EX"

include "proxy_sources.pxi"


# The slots. Each does what the descriptor of the same name in Werkzeug's class would do.

# What CPython takes for a class without the method, where reading it fails. Some operations have an
# answer for that.
cdef object _NO_SUCH_METHOD = Exception if sys.version_info < (3, 14) else AttributeError


cdef object _proxy_getattr(object proxy, object name):
    cdef object target, value

    if _unlikely(_find_on_class(proxy, name) is not NULL):
        value = _attribute_of_class(proxy, name)

        if value is not _UNSET:
            return value

    target = _proxy_target(proxy)

    if _is_stock_namespace(target):
        return _attribute_of_namespace(target, <str>name)

    return _attribute_of(target, name)


cdef object _attribute_of_class(object proxy, object name):
    """Return what a name that the class of a proxy has means, or ``_UNSET``.

    PERF: by itself, as most names are none of these, and reading those takes 20 instructions less.
    """
    cdef object target

    # Two of the names that the class has are read so often that they have a short way.
    if name is _SOURCE_NAME and _source_of(proxy) is not NULL:
        return <object>_source_of(proxy)

    if name is _CLASS_NAME:
        try:
            target = _proxy_target(proxy)
        except RuntimeError:
            return type(proxy)

        return _attribute_of(target, name)

    try:
        return PyObject_GenericGetAttr(proxy, name)
    except AttributeError:
        return _UNSET  # As with any __getattr__, which then has its turn.


cdef object _proxy_richcompare(object proxy, object other, int operation):
    cdef object target

    try:
        target = _proxy_target(proxy)
    except _NO_SUCH_METHOD:
        # Up to 3.13, two unbound proxies can be compared.
        return NotImplemented

    return PyObject_RichCompare(target, other, operation)


cdef object _proxy_iter(object proxy):
    cdef object target = _UNSET

    try:
        target = _proxy_target(proxy)
    except _NO_SUCH_METHOD:
        pass

    if target is _UNSET:
        raise TypeError(f"'{type(proxy).__name__}' object is not iterable")

    _enter_proxy()
    try:
        return PyObject_GetIter(target)
    finally:
        _leave_proxy()


cdef object _proxy_call(object proxy, object args, PyObject *kwargs):
    cdef object target = _proxy_target(proxy)

    if target is None:
        # To Python's binding of functions None means no object, so the error is another one.
        return _call_with(_WerkzeugProxy.__call__, (proxy, *args), kwargs)

    _enter_proxy()
    try:
        return _call_with(target, args, kwargs)
    finally:
        _leave_proxy()


cdef int _proxy_bool(object proxy) except -1:
    cdef object target

    try:
        target = _proxy_target(proxy)
    except RuntimeError:
        return False
    except AttributeError:
        if _NO_SUCH_METHOD is not AttributeError:
            raise
        return _has_length(proxy)

    _enter_proxy()
    try:
        return PyObject_IsTrue(target)
    finally:
        _leave_proxy()


cdef bint _has_length(object proxy) except -1:
    """Whether a proxy is true to which reading ``__bool__`` failed."""
    cdef object target

    try:
        target = _proxy_target(proxy)
    except AttributeError:
        return True

    return len(target) != 0


cdef Py_ssize_t _proxy_len(object proxy) except -1:
    cdef object target = _proxy_target(proxy)

    _enter_proxy()
    try:
        return PyObject_Size(target)
    finally:
        _leave_proxy()


cdef int _proxy_contains(object proxy, object value) except -1:
    cdef object target

    try:
        target = _proxy_target(proxy)
    except AttributeError:
        if _NO_SUCH_METHOD is not AttributeError:
            raise
        return _is_among_items(proxy, value)

    _enter_proxy()
    try:
        return PySequence_Contains(target, value)
    finally:
        _leave_proxy()


cdef int _is_among_items(object proxy, object value) except -1:
    """Whether a value is in a proxy to which reading ``__contains__`` failed."""
    cdef object items = None

    try:
        items = iter(proxy)
    except TypeError:
        pass

    if items is None:
        raise TypeError(f"argument of type '{type(proxy).__name__}' is not a container or iterable")

    for item in items:
        if item is value or item == value:
            return True

    return False


cdef object _proxy_getitem(object proxy, object key):
    cdef object target = _proxy_target(proxy)

    _enter_proxy()
    try:
        return PyObject_GetItem(target, key)
    finally:
        _leave_proxy()


cdef int _proxy_setitem(object proxy, object key, PyObject *value) except -1:
    cdef object target = _proxy_target(proxy)

    _enter_proxy()
    try:
        if value is NULL:
            PyObject_DelItem(target, key)
        else:
            PyObject_SetItem(target, key, <object>value)
    finally:
        _leave_proxy()

    return 0


class LocalProxy(_WerkzeugProxy[_typing.TypeVar("T")]):
    """A proxy: it stands for the object that is current where it is used.

    Whatever is done with the proxy is done with that object. ``isinstance(proxy, cls)`` and
    ``repr(proxy)`` are the object's, too; ``issubclass(type(proxy), LocalProxy)`` tells a proxy
    from what it stands for. While there is no object, most uses raise a :exc:`RuntimeError`.

    :param local: where the object is: in a :class:`~contextvars.ContextVar`, in a ``Local``
        (which takes a name), on top of a ``LocalStack``, or returned by a function.
    :param name: stand for this attribute of the object found there; it may have dots.
    :param unbound_message: text of the error while there is no object.

    .. versionadded:: 0.1
    """

    __slots__ = ()
    __doc__ = _WerkzeugLookup(
        class_value=__doc__, fallback=lambda self: type(self).__doc__, is_attr=True
    )

    def __init__(self, local, name=None, *, unbound_message=None):
        object.__setattr__(self, "_LocalProxy__wrapped", local)
        source = _ProxySource(local, name, unbound_message)
        object.__setattr__(self, _SOURCE_NAME, source)

    # Not a slot: object.__setattr__() refuses classes with one, and subclasses rely on it.
    def __setattr__(self, name, value):
        _set_on_target(_target_of_any(self), name, value)

    def __delattr__(self, name):
        target = _target_of_any(self)

        _enter_proxy()
        try:
            delattr(target, name)
        finally:
            _leave_proxy()


cdef object _target_of_any(object proxy):
    """Return the object that *proxy* stands for, which others have called one."""
    if not PyType_IsSubtype(type(proxy), _WerkzeugProxy):
        return proxy._get_current_object()

    return _proxy_target(proxy)


cdef inline int _set_on_target(object target, object name, object value) except -1:
    if _is_stock_namespace(target) and type(name) is str:
        PyDict_SetItem(_vars(target), name, value)
        return 0

    _enter_proxy()
    try:
        setattr(target, name, value)
    finally:
        _leave_proxy()

    return 0


# The inherited value describes the instances; the empty one is only for the class statement.
del LocalProxy.__slots__
include "proxy_slots.pxi"
