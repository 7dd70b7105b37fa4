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
    /* Whether the class of an object has this attribute. The answer comes from CPython's cache,
       and no reference is kept. */
    static CYTHON_INLINE int fastflask_on_class(PyObject *object, PyObject *name) {
    #ifdef Py_GIL_DISABLED
        PyObject *found = _PyType_LookupRef(Py_TYPE(object), name);
        Py_XDECREF(found);
        return found != NULL;
    #else
        return _PyType_Lookup(Py_TYPE(object), name) != NULL;
    #endif
    }

    /* A proxy may lead to a proxy, and so on in a circle, with no Python code in between.
       What fails here returns 1 or -1, depending on the version. */
    static CYTHON_INLINE int fastflask_enter_proxy(void) {
        return Py_EnterRecursiveCall(" in a LocalProxy") ? -1 : 0;
    }
    """
    bint _is_on_class "fastflask_on_class"(object proxy, object name)
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


# The slots. Each does what the descriptor of the same name in Werkzeug's class would do.


cdef object _proxy_getattr(object proxy, object name):
    cdef object target, value

    if _is_on_class(proxy, name):
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
    except Exception:
        # CPython's answer if a class's __eq__ cannot be had. Two unbound proxies can be compared.
        return NotImplemented

    return PyObject_RichCompare(target, other, operation)


cdef object _proxy_iter(object proxy):
    cdef object target = _UNSET

    try:
        target = _proxy_target(proxy)
    except Exception:
        pass  # Likewise.

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

    _enter_proxy()
    try:
        return PyObject_IsTrue(target)
    finally:
        _leave_proxy()


cdef Py_ssize_t _proxy_len(object proxy) except -1:
    cdef object target = _proxy_target(proxy)

    _enter_proxy()
    try:
        return PyObject_Size(target)
    finally:
        _leave_proxy()


cdef int _proxy_contains(object proxy, object value) except -1:
    cdef object target = _proxy_target(proxy)

    _enter_proxy()
    try:
        return PySequence_Contains(target, value)
    finally:
        _leave_proxy()


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
        target = _proxy_target(self)

        if type(name) is str and _is_stock_namespace(target):
            _vars(target)[name] = value
            return

        _enter_proxy()
        try:
            setattr(target, name, value)
        finally:
            _leave_proxy()

    def __delattr__(self, name):
        target = _proxy_target(self)

        _enter_proxy()
        try:
            delattr(target, name)
        finally:
            _leave_proxy()


cdef int _fill_proxy_slots(object cls) except -1:
    """Put our functions behind the class. Its namespace, and so each subclass, stays as it is."""
    global _source_offset
    cdef object member = vars(_WerkzeugProxy)[_SOURCE_NAME]
    cdef _TypeSlots *slots = <_TypeSlots *><PyObject *>cls

    if (
        type(member) is not _MemberDescriptorType
        or (<_MemberDescriptor *><PyObject *>member).d_member.type != _T_OBJECT_EX
    ):
        raise ImportError("werkzeug.local.LocalProxy has changed")

    _source_offset = (<_MemberDescriptor *><PyObject *>member).d_member.offset
    slots.tp_getattro = <void *>_proxy_getattr
    slots.tp_richcompare = <void *>_proxy_richcompare
    slots.tp_iter = <void *>_proxy_iter
    slots.tp_call = <void *>_proxy_call
    slots.tp_as_number.nb_bool = <void *>_proxy_bool
    slots.tp_as_sequence.sq_length = <void *>_proxy_len
    slots.tp_as_sequence.sq_contains = <void *>_proxy_contains
    slots.tp_as_mapping.mp_length = <void *>_proxy_len
    slots.tp_as_mapping.mp_subscript = <void *>_proxy_getitem
    slots.tp_as_mapping.mp_ass_subscript = <void *>_proxy_setitem
    _type_modified(slots)
    return 0


cdef int _enable_vectorcall(_ProxySource source) except -1:
    """Let CPython know of the field ``vectorcall`` of all sources."""
    cdef _TypeSlots *slots = _type_of(source)
    slots.tp_vectorcall_offset = <char *>&source.vectorcall - <char *><PyObject *>source
    slots.tp_flags |= _HAVE_VECTORCALL
    return 0


# The inherited value describes the instances; the empty one is only for the class statement.
del LocalProxy.__slots__
_fill_proxy_slots(LocalProxy)
_enable_vectorcall(_ProxySource.__new__(_ProxySource))
