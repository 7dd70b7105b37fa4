# The dict of an instance: where it is, whether it has changed since somebody looked, and that it
# outlives the instance if others hold it.

cdef extern from *:
    """
    /* Number of attributes that an instance has of its own, if its class has a dict for them. */
    static CYTHON_INLINE Py_ssize_t ff_attribute_count(PyObject *obj) {
        Py_ssize_t offset = Py_TYPE(obj)->tp_dictoffset;
        PyObject *dict = offset > 0 ? *(PyObject **)((char *)obj + offset) : NULL;
        return dict == NULL || dict == Py_None ? -1 : ((PyDictObject *)dict)->ma_used;
    }

    static PyObject *ff_new_vars(PyObject *obj, PyObject *none) {
        return none == NULL ? PyObject_GenericGetDict(obj, NULL) : PyDict_New();
    }

    /* From 3.11 on, an instance of a class statement has the place for its dict in front of itself.
       Where that is, is tried out once. */
    static int ff_knows_managed_dicts = 0;

    static CYTHON_INLINE PyObject *ff_managed_dict(PyObject *obj) {
    #if PY_VERSION_HEX >= 0x030B0000
        PyObject *dict = ((PyObject **)obj)[-3];
        /* On 3.12 an odd address is that of values that are in no dict yet. */
        return (uintptr_t)dict & 1 ? NULL : dict;
    #else
        return NULL;
    #endif
    }
    static int ff_find_managed_dicts(PyObject *obj) {
    #if PY_VERSION_HEX >= 0x030B0000
        PyObject *dict;
        if (!PyType_HasFeature(Py_TYPE(obj), Py_TPFLAGS_MANAGED_DICT)) return 0;
        if ((dict = PyObject_GenericGetDict(obj, NULL)) == NULL) return -1;
        ff_knows_managed_dicts = ff_managed_dict(obj) == dict;
        Py_DECREF(dict);
    #endif
        return 0;
    }

    /* The dict of an instance's attributes. PERF: one that is there already is read from its place,
       which is 30 instructions less. */
    static CYTHON_INLINE PyObject *ff_vars(PyObject *obj) {
        PyTypeObject *cls = Py_TYPE(obj);
        PyObject *dict = NULL;
        if (cls->tp_dictoffset > 0) dict = *(PyObject **)((char *)obj + cls->tp_dictoffset);
    #if PY_VERSION_HEX >= 0x030B0000
        else if (PyType_HasFeature(cls, Py_TPFLAGS_MANAGED_DICT) && ff_knows_managed_dicts)
            dict = ff_managed_dict(obj);
    #endif
        /* The collector of garbage leaves None there, which is none. */
        if (dict == NULL || dict == Py_None) return ff_new_vars(obj, dict);
        Py_INCREF(dict);
        return dict;
    }

    /* What an instance's dict was like when somebody looked: equal looks, equal dicts. */
    typedef struct { PyObject *dict; uint64_t version; } ff_look;

    #if PY_VERSION_HEX < 0x030C0000
    static CYTHON_INLINE uint64_t ff_version_of(PyObject *dict) {
        return ((PyDictObject *)dict)->ma_version_tag;
    }
    static int ff_watch(PyObject *dict) { return 0; }
    #else
    /* Dicts that are watched have one version, as few of them ever change. */
    static uint64_t ff_changes = 0;
    static int ff_note_change(
        PyDict_WatchEvent event, PyObject *dict, PyObject *key, PyObject *value
    ) {
        ff_changes++;
        return 0;
    }
    static CYTHON_INLINE uint64_t ff_version_of(PyObject *dict) { return ff_changes; }
    static int ff_watch(PyObject *dict) {
        static int watcher = -1;
        if (watcher < 0 && (watcher = PyDict_AddWatcher(ff_note_change)) < 0) return -1;
        return PyDict_Watch(watcher, dict);
    }
    #endif

    /* The instance's dict is there: the C base has a place for it, and somebody has looked. */
    static CYTHON_INLINE int ff_is_as_seen(PyObject *obj, ff_look *look) {
        PyObject *dict = *(PyObject **)((char *)obj + Py_TYPE(obj)->tp_dictoffset);
        return dict == look->dict && dict != NULL && ff_version_of(dict) == look->version;
    }
    static int ff_look_at(PyObject *dict, ff_look *look) {
        if (ff_watch(dict) < 0) return -1;
        look->dict = dict;
        look->version = ff_version_of(dict);
        return 0;
    }

    /* Whether a dict is the one that was looked at, and unchanged. */
    static CYTHON_INLINE int ff_is_unchanged(PyObject *dict, ff_look *look) {
        return dict == look->dict && ff_version_of(dict) == look->version;
    }

    static CYTHON_INLINE void ff_look_away(ff_look *look) { look->dict = NULL; }

    /* Whether a change of an instance's attributes is one of its dict. From 3.13 on, the values may
       be in the instance, and are set there unnoticed. */
    static CYTHON_INLINE int ff_is_seen_changing(PyObject *obj) {
    #if PY_VERSION_HEX < 0x030D0000
        return 1;
    #else
        return !PyType_HasFeature(Py_TYPE(obj), Py_TPFLAGS_INLINE_VALUES);
    #endif
    }

    /* An object of Cython empties its dict when it goes. One that others hold has to stay as it
       is: somebody kept vars(obj), or another object took it over. */
    static CYTHON_INLINE void ff_let_go_of_dict(PyObject *obj) {
        Py_ssize_t offset = Py_TYPE(obj)->tp_dictoffset;
        PyObject **slot = offset > 0 ? (PyObject **)((char *)obj + offset) : NULL;
        if (slot != NULL && *slot != NULL && Py_REFCNT(*slot) > 1) Py_CLEAR(*slot);
    }
    #define FF_KEEP_DICT(n) \
        static destructor ff_dealloc_of_##n; \
        static void ff_dealloc_##n(PyObject *obj) { \
            ff_let_go_of_dict(obj); \
            ff_dealloc_of_##n(obj); \
        } \
        static void ff_keep_dict_##n(PyTypeObject *cls) { \
            ff_dealloc_of_##n = cls->tp_dealloc; \
            cls->tp_dealloc = ff_dealloc_##n; \
        }
    FF_KEEP_DICT(0)
    FF_KEEP_DICT(1)
    FF_KEEP_DICT(2)
    FF_KEEP_DICT(3)
    FF_KEEP_DICT(4)
    FF_KEEP_DICT(5)
    """
    Py_ssize_t _attribute_count "ff_attribute_count"(object obj) noexcept
    ctypedef struct _Look "ff_look":
        pass
    bint _is_as_seen "ff_is_as_seen"(object obj, _Look *look) noexcept
    int _look_at "ff_look_at"(dict attributes, _Look *look) except -1
    void _look_away "ff_look_away"(_Look *look) noexcept
    bint _is_seen_changing "ff_is_seen_changing"(object obj) noexcept
    bint _is_unchanged "ff_is_unchanged"(object attributes, _Look *look) noexcept
    dict _vars "ff_vars"(object obj)
    int _find_managed_dicts "ff_find_managed_dicts"(object obj) except -1
    int PyObject_GenericSetDict(object obj, object value, void *context) except -1
    void _keep_dict_0 "ff_keep_dict_0"(type cls) noexcept
    void _keep_dict_1 "ff_keep_dict_1"(type cls) noexcept
    void _keep_dict_2 "ff_keep_dict_2"(type cls) noexcept
    void _keep_dict_3 "ff_keep_dict_3"(type cls) noexcept
    void _keep_dict_4 "ff_keep_dict_4"(type cls) noexcept
    void _keep_dict_5 "ff_keep_dict_5"(type cls) noexcept


class _Plain:
    """What any class statement makes."""


_find_managed_dicts(_Plain())


cdef inline object _dict_get(dict mapping, object key):
    """Return the value of a key, or ``None``."""
    cdef PyObject *value = _find_any(mapping, key)
    if value is NULL:
        return None
    return <object>value


cdef inline object _item(object mapping, object key):
    """Return ``mapping[key]``."""
    cdef PyObject *value
    if type(mapping) is dict:
        value = _find_any(<dict>mapping, key)
        if value is not NULL:
            return <object>value
    return mapping[key]


cdef dict _show_fields(object obj, type cls, tuple names):
    """Return an instance's attributes, with those of these names that are fields of the class."""
    cdef dict attributes = _vars(obj)
    for name in names:
        if _PyType_Lookup(type(obj), name) == _PyType_Lookup(cls, name):
            attributes[name] = getattr(obj, name)
    return attributes


cdef int _adopt_fields(object obj, dict attributes, tuple names) except -1:
    for name in names:
        if name in attributes:
            setattr(obj, name, attributes[name])
    return 0
