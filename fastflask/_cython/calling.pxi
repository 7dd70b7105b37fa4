# How a server's call gets to the application.
#
# PERF: to CPython an application is an object of any class, for whose call a tuple is made of the
# arguments, and taken apart again. Called by a field of the object, it gets them as they are, which
# saves 2 % of the time of a request on 3.13. The pure twin has no need of this.

cdef object _call_app(PyObject *called, PyObject **args, size_t count, PyObject *kwnames):
    """Do what ``RequestCycle.__call__`` does."""
    cdef RequestCycle app = <RequestCycle>called
    cdef Py_ssize_t i
    cdef Py_ssize_t size = _count_of(count)

    if size == 2 and kwnames is NULL:
        if _own(app) & _OWN_WSGI_APP:
            return _answer(app, <object>args[0], <object>args[1])
        return (<object>app).wsgi_app(<object>args[0], <object>args[1])

    # By name, or an error.
    names = () if kwnames is NULL else <tuple>kwnames
    return RequestCycle.__call__(
        app,
        *[<object>args[i] for i in range(size)],
        **{name: <object>args[size + i] for i, name in enumerate(names)},
    )


cdef int _call_by_field(RequestCycle app) except -1:
    """Let CPython know of the field of all applications.

    From 3.12 on, those of derived classes are called by it, too, as long as neither their class nor
    a base of it has a ``__call__`` of its own.
    """
    cdef _TypeSlots *slots = _type_of(app)
    slots.tp_vectorcall_offset = <char *>&app._call - <char *><PyObject *>app
    slots.tp_flags |= _HAVE_VECTORCALL
    return 0


_call_by_field(RequestCycle.__new__(RequestCycle))
