# How CPython comes to call the functions for proxies: slots of types, and what calls functions. The
# functions themselves are in local.pxi and proxy_sources.pxi.

# What calls LocalProxy.__setattr__ otherwise.
cdef _Vectorcall _setattr_vectorcall = NULL


cdef object _call_setattr(PyObject *function, PyObject **args, size_t count, PyObject *kwnames):
    """Set an attribute as CPython asks for it, without what takes arguments for a function.

    PERF: 80 instructions less.
    """
    cdef PyObject *proxy = args[0] if _count_of(count) == 3 and kwnames is NULL else NULL
    cdef PyObject *name
    cdef PyObject *value

    if proxy is NULL or type(<object>proxy) is not _proxy_class:
        return _setattr_vectorcall(function, args, count, kwnames)

    name, value = args[1], args[2]
    _set_on_target(_proxy_target(<object>proxy), <object>name, <object>value)
    return None


cdef object _proxy_class = LocalProxy


cdef int _shorten_setattr(object function) except -1:
    """Have CPython's calls of a function take the way above."""
    global _setattr_vectorcall
    cdef _TypeSlots *cls = _type_of(function)
    cdef _Vectorcall *place

    if cls.tp_flags & _HAVE_VECTORCALL and cls.tp_vectorcall_offset > 0:
        place = <_Vectorcall *>(<char *><PyObject *>function + cls.tp_vectorcall_offset)

        if place[0] is not NULL:
            _setattr_vectorcall = place[0]
            place[0] = <_Vectorcall>_call_setattr

    return 0


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


_fill_proxy_slots(LocalProxy)
_shorten_setattr(vars(LocalProxy)["__setattr__"])
_enable_vectorcall(_ProxySource.__new__(_ProxySource))
