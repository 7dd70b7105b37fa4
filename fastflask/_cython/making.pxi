# Making the objects that each request needs, and letting go of them.
#
# PERF: an object of a class of Python is made and let go of in steps that serve any class, which
# takes 700 instructions; those of a class of Cython with a dict make that dict at once. Objects of
# the stock classes begin as copies of an empty one, without a dict until it is asked for, and some
# that are let go of are kept to be used again: 230 instructions. All of it is left out for classes
# derived from them. A field of such an object is a number or of a kind that tp_clear empties, so
# not declared as str or bytes. The pure twin has no need of this.

cdef extern from *:
    """
    #define FF_KEPT 16
    #define FF_LARGEST 512

    typedef struct {
        /* The class of Python, or NULL if its objects are made as any are, and its base of C. */
        PyTypeObject *cls, *base;
        /* What an object begins with behind its head, and how often None is in it. */
        char empty[FF_LARGEST];
        size_t size;
        Py_ssize_t nones;
        /* Objects that were let go of. Their references to None are their own. */
        PyObject *kept[FF_KEPT];
        int count;
    } ff_kind;

    static CYTHON_INLINE PyObject *ff_make(ff_kind *kind, PyTypeObject *cls) {
        PyObject *obj;
        if (cls != kind->cls) return ff_new_object(cls);
        if (kind->count) {
            obj = PyObject_Init(kind->kept[--kind->count], cls);
            memcpy(obj + 1, kind->empty, kind->size);
            PyObject_GC_Track(obj);
            return obj;
        }
        if ((obj = cls->tp_alloc(cls, 0)) == NULL) return NULL;
        memcpy(obj + 1, kind->empty, kind->size);
    #if PY_VERSION_HEX < 0x030C0000
        /* One addition, but where the interpreter counts all references. */
        for (Py_ssize_t nones = kind->nones; nones > 0; nones--) Py_INCREF(Py_None);
    #endif
        return obj;
    }

    static void ff_let_go_of(ff_kind *kind, PyObject *obj, destructor dealloc) {
        PyTypeObject *cls = Py_TYPE(obj);
        PyObject **dict, **references;
        /* That of a derived class has been called. */
        if (cls == kind->cls && cls->tp_finalize && PyObject_CallFinalizerFromDealloc(obj)) return;
        PyObject_GC_UnTrack(obj);
        Py_TRASHCAN_BEGIN(obj, dealloc)
        if (cls == kind->cls && !cls->tp_finalize && kind->count < FF_KEPT) {
            references = (PyObject **)((char *)obj + cls->tp_weaklistoffset);
            if (*references != NULL) PyObject_ClearWeakRefs(obj);
            dict = (PyObject **)((char *)obj + cls->tp_dictoffset);
            Py_CLEAR(*dict);
            /* It puts None everywhere, the place of the dict included. */
            kind->base->tp_clear(obj);
            if (*dict == Py_None) {
                *dict = NULL;
                Py_DECREF(Py_None);
            }
            /* Others may have been kept meanwhile. */
            if (kind->count < FF_KEPT) kind->kept[kind->count++] = obj;
            else kind->base->tp_dealloc(obj);
        }
        else kind->base->tp_dealloc(obj);
        /* As it is with bases that are classes of Python. */
        Py_DECREF(cls);
        Py_TRASHCAN_END
    }

    #define FF_KIND(name) \\
        static ff_kind ff_kind_of_##name; \\
        static void ff_let_go_of_##name(PyObject *obj) { \\
            ff_let_go_of(&ff_kind_of_##name, obj, ff_let_go_of_##name); \\
        } \\
        static int ff_know_##name(PyTypeObject *cls, PyTypeObject *base) { \\
            return ff_know_kind(&ff_kind_of_##name, cls, base, ff_let_go_of_##name); \\
        }

    #if defined(Py_TPFLAGS_MANAGED_WEAKREF)
    #define FF_BEFORE_HEAD (Py_TPFLAGS_MANAGED_DICT | Py_TPFLAGS_MANAGED_WEAKREF)
    #elif defined(Py_TPFLAGS_MANAGED_DICT)
    #define FF_BEFORE_HEAD Py_TPFLAGS_MANAGED_DICT
    #else
    #define FF_BEFORE_HEAD 0
    #endif

    static int ff_know_kind(
        ff_kind *kind, PyTypeObject *cls, PyTypeObject *base, destructor let_go_of
    ) {
        PyObject *obj, **place, **end;
        /* Nothing is added to what the base has, and it is made and let go of as any class is. */
        if (
            kind->cls != NULL || !PyType_IsSubtype(cls, base)
            || cls->tp_basicsize != base->tp_basicsize
            || cls->tp_dictoffset <= 0 || cls->tp_dictoffset != base->tp_dictoffset
            || cls->tp_weaklistoffset <= 0 || cls->tp_weaklistoffset != base->tp_weaklistoffset
            || cls->tp_itemsize || cls->tp_flags & FF_BEFORE_HEAD
            || cls->tp_alloc != PyType_GenericAlloc || cls->tp_free != PyObject_GC_Del
            || cls->tp_basicsize > FF_LARGEST
        ) return 0;
        if ((obj = ff_new_object(cls)) == NULL) return -1;
        kind->size = (size_t)cls->tp_basicsize - sizeof(PyObject);
        memcpy(kind->empty, obj + 1, kind->size);
        *(PyObject **)(kind->empty + cls->tp_dictoffset - sizeof(PyObject)) = NULL;
        place = (PyObject **)kind->empty;
        end = (PyObject **)(kind->empty + kind->size);
        for (; place < end; place++) kind->nones += *place == Py_None;
        Py_DECREF(obj);
        kind->base = base;
        kind->cls = cls;
        cls->tp_dealloc = let_go_of;
        return 0;
    }

    FF_KIND(request)
    FF_KIND(response)
    FF_KIND(app_context)
    FF_KIND(request_context)
    """
    ctypedef struct _Kind "ff_kind":
        pass
    _Kind _requests "ff_kind_of_request"
    _Kind _responses "ff_kind_of_response"
    _Kind _app_contexts "ff_kind_of_app_context"
    _Kind _request_contexts "ff_kind_of_request_context"
    object _make "ff_make"(_Kind *kind, type cls)
    int _know_request_class "ff_know_request"(type cls, type base) except -1
    int _know_response_class "ff_know_response"(type cls, type base) except -1
    int _know_app_context_class "ff_know_app_context"(type cls, type base) except -1
    int _know_request_context_class "ff_know_request_context"(type cls, type base) except -1


# The dict of an object whose base has a place for it, as a class of Python gives it.

def _show_dict(self):
    return _vars(self)


def _set_dict(self, attributes):
    PyObject_GenericSetDict(self, attributes, NULL)


def _empty_dict(self):
    PyObject_GenericSetDict(self, {}, NULL)


cdef object _plain_dict = property(_show_dict, _set_dict, _empty_dict)
