# What several parts need: reading the current context, and knowing what of a class is stock.
#
# A stage of a request may be overridden in a subclass, patched on a class, or set on an
# instance, at any time. Looking each stage up by attribute costs more than most stages do. So
# for each class it is noted which of its methods are the framework's own. The note is valid as
# long as the class has the same version tag: CPython gives a class a new one whenever it or one
# of its bases changes, and never gives one tag to two classes. A tag of 0 says that there is
# none, so the class is looked at again (3.13 stops giving new tags after 1,000 changes).

cimport cython
from cpython.contextvars cimport PyContextVar_Set
from cpython.dict cimport PyDict_SetItem
from cpython.ref cimport Py_DECREF

import sys

cdef extern from "Python.h":
    # Without a reference of their own to the variable, which the caller has.
    int _get_var "PyContextVar_Get"(PyObject *var, PyObject *default, PyObject **value) except -1
    PyObject *_set_var "PyContextVar_Set"(PyObject *var, PyObject *value) noexcept
    int _reset_var "PyContextVar_Reset"(PyObject *var, PyObject *token) noexcept

cdef extern from *:
    """
    /* Take over the reference that a call has returned. */
    #define FF_OWN_REFERENCE(value) (value)

    /* Fail with the error that is set. */
    #define FF_FAIL() (-1)

    static CYTHON_INLINE unsigned int ff_tag_of(PyTypeObject *type) {
    #if PY_VERSION_HEX < 0x030C0000
        /* A class that was changed keeps its tag, marked as not valid. */
        if (!(type->tp_flags & Py_TPFLAGS_VALID_VERSION_TAG)) return 0;
    #endif
        return type->tp_version_tag;
    }

    static CYTHON_INLINE unsigned int ff_tag_of_class(PyObject *obj) {
        return ff_tag_of(Py_TYPE(obj));
    }

    /* What == of a text is, which mostly shows at the length. */
    static CYTHON_INLINE int ff_is_text(PyObject *value, PyObject *text) {
        if (value == text) return 1;
        if (
            PyUnicode_CheckExact(value)
            && PyUnicode_GET_LENGTH(value) != PyUnicode_GET_LENGTH(text)
        ) return 0;
        return PyObject_RichCompareBool(value, text, Py_EQ);
    }

    /* What a class has under a name, as a borrowed reference.

       PERF: names that it was found not to have are noted, as CPython's own cache takes longer:
       60 instructions less on 3.13, 30 on 3.11, for each attribute of a proxy. Such a note holds
       as long as the class has the same version tag. Only names that are interned are noted; each
       takes the place of another one. */
    #define FF_MISSES 256
    static struct { PyObject *name; unsigned int tag; } ff_misses[FF_MISSES];

    static PyObject *ff_look_up(PyTypeObject *type, PyObject *name, size_t place) {
        PyObject *found = _PyType_Lookup(type, name);
        PyObject *old = ff_misses[place].name;
        /* The lookup gave the class a tag, if it can have one. */
        unsigned int tag = ff_tag_of(type);
        if (found == NULL && tag && PyUnicode_CheckExact(name) && PyUnicode_CHECK_INTERNED(name)) {
            Py_INCREF(name);
            ff_misses[place].name = name;
            ff_misses[place].tag = tag;
            Py_XDECREF(old);
        }
        return found;
    }
    static CYTHON_INLINE PyObject *ff_find_on_class(PyObject *obj, PyObject *name) {
        unsigned int tag = ff_tag_of_class(obj);
        size_t place = (((size_t)name >> 4) ^ tag) % FF_MISSES;
        if (ff_misses[place].name == name && ff_misses[place].tag == tag && tag) return NULL;
        return ff_look_up(Py_TYPE(obj), name, place);
    }

    /* Whether what was found on a class is a method, which does nothing when it is read. */
    static CYTHON_INLINE int ff_is_method(PyObject *found) {
        return PyType_HasFeature(Py_TYPE(found), Py_TPFLAGS_METHOD_DESCRIPTOR);
    }

    static CYTHON_INLINE PyObject *ff_bind_method(PyObject *method, PyObject *obj) {
        return Py_TYPE(method)->tp_descr_get(method, obj, (PyObject *)Py_TYPE(obj));
    }

    /* An object as the class's constructor has it before __init__ runs. */
    static PyObject *ff_empty_tuple = NULL;
    static CYTHON_INLINE PyObject *ff_new_object(PyTypeObject *cls) {
        if (ff_empty_tuple == NULL && (ff_empty_tuple = PyTuple_New(0)) == NULL) return NULL;
        return cls->tp_new(cls, ff_empty_tuple, NULL);
    }

    /* Set what a class statement of Cython has no way to say. */
    static int ff_set_type_attribute(PyTypeObject *cls, PyObject *name, PyObject *value) {
        if (PyDict_SetItem(cls->tp_dict, name, value) < 0) return -1;
        PyType_Modified(cls);
        return 0;
    }
    """
    object _own_reference "FF_OWN_REFERENCE"(PyObject *value)
    void _let_go "Py_DECREF"(PyObject *value) noexcept
    int _fail "FF_FAIL"() except -1
    bint _unlikely "unlikely"(bint condition) noexcept
    unsigned int _tag_of "ff_tag_of"(type cls) noexcept
    unsigned int _tag_of_class "ff_tag_of_class"(object obj) noexcept
    bint _is_text "ff_is_text"(object value, str text) except -1
    PyObject *_PyType_Lookup(type cls, object name) noexcept
    PyObject *_find_on_class "ff_find_on_class"(object obj, object name) noexcept
    bint _is_method "ff_is_method"(PyObject *found) noexcept
    object _bind_method "ff_bind_method"(object method, object obj)
    object _new_object "ff_new_object"(type cls)
    int _set_type_attribute "ff_set_type_attribute"(
        type cls, object name, object value
    ) except -1
    # With ``NULL`` it deletes.
    int _set_or_delete "PyObject_GenericSetAttr"(
        object obj, object name, PyObject *value
    ) except -1


@cython.final
cdef class _Notes:
    """What is stock in a class: a bit for each name, and values that are computed from it."""

    cdef unsigned int tag
    cdef unsigned int stock
    # Of a response: what is sent if nothing else is asked for.
    cdef object content_type
    cdef object status
    cdef int status_code
    cdef bint automatic_length
    # Of an application: classes and interface, where they are plain attributes of the class.
    cdef object request_class
    cdef object response_class
    cdef object session_interface
    cdef object globals_class


# Names to what the framework defines them as, for each kind of class, in the order of the bits.
cdef list _app_stages = []
cdef list _request_stages = []
cdef list _response_stages = []
cdef list _app_context_stages = []
cdef list _request_context_stages = []
cdef list _globals_stages = []
cdef list _session_stages = []
cdef list _config_stages = []
cdef list _classic_hooks = []

# By tag, modulo the size. An application has few classes, and one that loses its slot to another
# is only looked at again.
cdef enum:
    _NOTE_SLOTS = 2048

cdef list _notes = [None] * _NOTE_SLOTS


cdef unsigned int _stock_bits(type cls, list stages) except? 0xFFFFFFFF:
    cdef unsigned int bits = 0
    cdef unsigned int bit = 1
    for name, stock in stages:
        if _PyType_Lookup(cls, name) == <PyObject *>stock:
            bits |= bit
        bit <<= 1
    return bits


# A kind of class: what is looked for in it, and the notes of the one that was asked about last.
# PERF: saves half of the lookup below, which a request needs thirty times. The list is borrowed,
# as it lasts: 10 instructions less each time on 3.13.
cdef struct _Kind:
    PyObject *stages
    unsigned int tag
    unsigned int stock

cdef _Kind _last_app = _Kind(<PyObject *>_app_stages, 0, 0)
cdef _Kind _last_request = _Kind(<PyObject *>_request_stages, 0, 0)
cdef _Kind _last_response = _Kind(<PyObject *>_response_stages, 0, 0)
cdef _Kind _last_app_context = _Kind(<PyObject *>_app_context_stages, 0, 0)
cdef _Kind _last_request_context = _Kind(<PyObject *>_request_context_stages, 0, 0)
cdef _Kind _last_globals = _Kind(<PyObject *>_globals_stages, 0, 0)
cdef _Kind _last_session = _Kind(<PyObject *>_session_stages, 0, 0)
cdef _Kind _last_config = _Kind(<PyObject *>_config_stages, 0, 0)


cdef _Notes _take_notes(type cls, list stages):
    cdef _Notes notes = _Notes.__new__(_Notes)
    notes.stock = _stock_bits(cls, stages)
    # The lookups above gave the class a tag, if it can have one.
    notes.tag = _tag_of(cls)
    if notes.tag:
        _notes[notes.tag % _NOTE_SLOTS] = notes
    return notes


cdef inline _Notes _notes_of(type cls, _Kind *kind):
    """Return the notes on a class. All classes of a kind are asked about the same stages."""
    cdef unsigned int tag = _tag_of(cls)
    cdef object found
    if tag:
        found = _notes[tag % _NOTE_SLOTS]
        if found is not None and (<_Notes>found).tag == tag:
            return <_Notes>found
    return _take_notes(cls, <list>kind.stages)


cdef unsigned int _look_at_class "ff_look_at_class"(type cls, _Kind *kind) except? 0xFFFFFFFF:
    kind.stock = _notes_of(cls, kind).stock
    kind.tag = _tag_of(cls)
    return kind.stock


cdef extern from *:
    """
    /* PERF: no function, as the compiler would not put one with Cython's handling of errors in its
       place: 17 instructions less, up to 40 times a request. */
    #define FF_IS_LAST_CLASS(cls, kind) (ff_tag_of(cls) && ff_tag_of(cls) == (kind)->tag)
    #define FF_IS_LAST(obj, kind) FF_IS_LAST_CLASS(Py_TYPE(obj), kind)
    #define FF_STOCK_OF_CLASS(cls, kind) \\
        (FF_IS_LAST_CLASS(cls, kind) ? (kind)->stock : ff_look_at_class(cls, kind))
    #define FF_STOCK_OF(obj, kind) FF_STOCK_OF_CLASS(Py_TYPE(obj), kind)
    """
    # Whether an object's class is the one that was asked about last.
    bint _is_last "FF_IS_LAST"(object obj, _Kind *kind) noexcept
    # The bits of what is stock in a class, or in an object's class.
    unsigned int _stock_of_class "FF_STOCK_OF_CLASS"(type cls, _Kind *kind) except? 0xFFFFFFFF
    unsigned int _stock_of "FF_STOCK_OF"(object obj, _Kind *kind) except? 0xFFFFFFFF


# PERF: only classes of the kind are noted, so that the one that was asked about last tells what it
# is: 25 instructions less each, ten times a request.

cdef inline bint _is_request(object value):
    return _is_last(value, &_last_request) or isinstance(value, LeanRequest)


cdef inline bint _is_response(object value):
    return _is_last(value, &_last_response) or isinstance(value, LeanResponse)


cdef inline object _read_var(PyObject *var):
    """Return the value of a context variable, or ``None``."""
    cdef PyObject *value = NULL
    _get_var(var, NULL, &value)
    return None if value is NULL else _own_reference(value)
