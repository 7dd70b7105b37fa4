# How a server's call gets to the application.
#
# PERF: to CPython an application is an object of any class, for whose call a tuple is made of the
# arguments, and taken apart again. Called by a field of the object, it gets them as they are, which
# saves 2 % of the time of a request on 3.13. The pure twin has no need of this.

cdef extern from *:
    """
    /* From 3.12 on, derived classes are called by the field, too, as long as neither they nor a
       base of theirs have a __call__ of their own. */
    static void ff_call_by_field(PyTypeObject *cls, PyObject *obj, vectorcallfunc *field) {
    #if PY_VERSION_HEX >= 0x030C0000
        cls->tp_vectorcall_offset = (char *)field - (char *)obj;
        cls->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
    #endif
    }
    """
    ctypedef PyObject **_Arguments "PyObject *const *"
    ctypedef object (*_ByField "vectorcallfunc")(object, _Arguments, size_t, PyObject *)
    void _call_by_field "ff_call_by_field"(type cls, object obj, _ByField *field) noexcept
    Py_ssize_t PyVectorcall_NARGS(size_t nargsf) noexcept


cdef object _call_app(object self, _Arguments arguments, size_t count, PyObject *names):
    """Do what ``RequestCycle.__call__`` does."""
    cdef RequestCycle app = <RequestCycle>self
    cdef Py_ssize_t i
    cdef Py_ssize_t size = PyVectorcall_NARGS(count)

    if size == 2 and names is NULL:
        if _own(app) & _OWN_WSGI_APP:
            return _answer(app, <object>arguments[0], <object>arguments[1])
        return self.wsgi_app(<object>arguments[0], <object>arguments[1])

    # By name, or an error.
    named = () if names is NULL else <tuple>names
    return RequestCycle.__call__(
        app,
        *[<object>arguments[i] for i in range(size)],
        **{name: <object>arguments[size + i] for i, name in enumerate(named)},
    )


cdef RequestCycle _any_app = RequestCycle.__new__(RequestCycle)
_call_by_field(RequestCycle, _any_app, &_any_app._call)
