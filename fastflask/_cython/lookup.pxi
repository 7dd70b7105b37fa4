# Looking up names in dicts.
#
# PERF: a request looks up thirty names and more: keys of the environ, settings, attributes of
# rules. CPython needs 120 instructions for each on 3.13, this one mostly 30. It reads
# the table of a dict whose keys are all text, as it is laid out in the releases named here, and
# leaves everything else to CPython. When the module is loaded, a look at some dicts tells whether
# the layout is the one that is known. The pure twin has no need of this.

from cpython.dict cimport PyDict_GetItemWithError
from cpython.object cimport PyObject

cdef extern from *:
    """
    /* Return the value of a name, borrowed, or NULL. */
    static PyObject *(*ff_find)(PyObject *dict, PyObject *name) = PyDict_GetItemWithError;

    #if PY_VERSION_HEX >= 0x030B0000 && PY_VERSION_HEX < 0x03100000 && !defined(Py_GIL_DISABLED)
    /* As in CPython's pycore_dict.h. */
    typedef struct {
        Py_ssize_t refcnt;
        uint8_t log2_size;
        uint8_t log2_index_bytes;
        uint8_t kind;
        uint32_t version;
        Py_ssize_t usable;
        Py_ssize_t nentries;
        int8_t indices[1];
    } ff_table;
    typedef struct { PyObject *key; PyObject *value; } ff_table_entry;
    typedef struct {
    #if PY_VERSION_HEX >= 0x030D0000
        uint8_t about[4];
    #endif
        PyObject *values[1];
    } ff_table_values;
    enum { FF_TABLE_GENERAL, FF_TABLE_TEXT, FF_TABLE_SPLIT };

    static CYTHON_INLINE PyObject *ff_value_at(
        PyObject *dict, ff_table *table, ff_table_entry *entries, Py_ssize_t index
    ) {
        if (table->kind == FF_TABLE_TEXT) return entries[index].value;
        return ((ff_table_values *)((PyDictObject *)dict)->ma_values)->values[index];
    }

    static int ff_is_same_text(PyObject *text, PyObject *other) {
        Py_ssize_t length = PyUnicode_GET_LENGTH(text);
        size_t kind = PyUnicode_KIND(text);
        if (length != PyUnicode_GET_LENGTH(other) || kind != PyUnicode_KIND(other)) return 0;
        return !memcmp(PyUnicode_DATA(text), PyUnicode_DATA(other), (size_t)length * kind);
    }

    /* Not in the place of its call, where it would cost the other way ten instructions. */
    #ifdef __GNUC__
    __attribute__((noinline))
    #endif
    static PyObject *ff_find_with_care(PyObject *dict, PyObject *name) {
        ff_table *table = (ff_table *)((PyDictObject *)dict)->ma_keys;
        Py_hash_t known = ((PyASCIIObject *)name)->hash;
        Py_hash_t hash = known == -1 ? PyObject_Hash(name) : known;
        size_t size = (size_t)1 << table->log2_size;
        size_t rest = (size_t)hash, place = rest & (size - 1);
        ff_table_entry *entries = (ff_table_entry *)(table->indices + size);
        Py_ssize_t index;

        if (table->kind == FF_TABLE_GENERAL || table->log2_size > 7)
            return PyDict_GetItemWithError(dict, name);
        while ((index = table->indices[place]) != -1) {
            if (index >= 0) {
                PyObject *key = entries[index].key;
                if (key == name || (
                    ((PyASCIIObject *)key)->hash == hash && ff_is_same_text(key, name)
                )) return ff_value_at(dict, table, entries, index);
            }
            rest >>= 5;
            place = (place * 5 + rest + 1) & (size - 1);
        }
        return NULL;
    }

    static PyObject *ff_find_at_once(PyObject *dict, PyObject *name) {
        ff_table *table = (ff_table *)((PyDictObject *)dict)->ma_keys;
        Py_hash_t hash = ((PyASCIIObject *)name)->hash;
        size_t size = (size_t)1 << table->log2_size;
        ff_table_entry *entries = (ff_table_entry *)(table->indices + size);
        Py_ssize_t index;

        if (table->kind != FF_TABLE_GENERAL && table->log2_size < 8 && hash != -1) {
            index = table->indices[(size_t)hash & (size - 1)];
            if (index >= 0) {
                if (entries[index].key == name) return ff_value_at(dict, table, entries, index);
            }
            else if (index == -1) return NULL;
        }
        return ff_find_with_care(dict, name);
    }
    static void ff_know_tables(int known) {
        ff_find = known ? ff_find_at_once : PyDict_GetItemWithError;
    }
    #else
    static void ff_know_tables(int known) {}
    #endif

    static CYTHON_INLINE PyObject *ff_find_any(PyObject *dict, PyObject *key) {
        return PyUnicode_CheckExact(key) ? ff_find(dict, key) : PyDict_GetItemWithError(dict, key);
    }
    """
    PyObject *_find "ff_find"(dict mapping, str name) except? NULL
    PyObject *_find_any "ff_find_any"(dict mapping, object key) except? NULL
    void _know_tables "ff_know_tables"(bint known) noexcept


cdef inline bint _has(dict mapping, str name) except -1:
    return _find(mapping, name) is not NULL


cdef bint _is_found_alike(dict mapping) except -1:
    """Whether the names of a dict, and others, are found as CPython finds them."""
    for name in (*mapping, "first", "second", "third", "fourth"):
        if _find(mapping, name) != PyDict_GetItemWithError(mapping, name):
            return False
    return True


cdef bint _finds_alike() except -1:
    """Whether lookups in various dicts give what CPython finds."""
    cdef dict mapping
    # Its keys are shared by the instances of the class.
    split = type("Split", (), {})()
    split.first, split.second, split.third = 1, 2, 3
    del split.second
    if not _is_found_alike(vars(split)):
        return False
    for size in (0, 1, 5, 6, 100, 200):
        mapping = {f"n{i}": i for i in range(size)}
        if not _is_found_alike(mapping):
            return False
        mapping.update(first=1, second=2, third=3)
        mapping.pop("n3", None)
        del mapping["second"]
        if not _is_found_alike(mapping):
            return False
    return True


_know_tables(True)
_know_tables(_finds_alike())
