# What keeps an error whole while there is no memory for the entries of its traceback.
#
# For each function of the extension that an error passes through, Cython makes a code object, a
# frame and an entry of the traceback, and does so after it has compared the error with an
# `except` clause and before it hands it over to that. Where one of them cannot be made, the error
# would become a MemoryError by then, which the clause takes for what it asked for, and whose
# missing traceback crashes the process. So the three fall back on spare ones, made at the import.
# There is no twin: Python has its own way.

cdef extern from *:
    """
    #include "frameobject.h"

    static PyObject *ff_spare_entry = NULL;
    static PyObject *ff_spare_frame = NULL;
    static PyObject *ff_spare_code = NULL;

    static PyCodeObject *ff_new_code(const char *file, const char *name, int line) {
        PyCodeObject *code = PyCode_NewEmpty(file, name, line);
        if (code == NULL && ff_spare_code != NULL) {
            PyErr_Clear();
            Py_INCREF(ff_spare_code);
            code = (PyCodeObject *)ff_spare_code;
        }
        return code;
    }

    static PyFrameObject *ff_new_frame(
        PyThreadState *state, PyCodeObject *code, PyObject *globals, PyObject *locals)
    {
        PyObject *type, *value, *traceback;
        PyFrameObject *frame;
        PyErr_Fetch(&type, &value, &traceback);
        frame = PyFrame_New(state, code, globals, locals);
        if (frame == NULL && ff_spare_frame != NULL) {
            Py_INCREF(ff_spare_frame);
            frame = (PyFrameObject *)ff_spare_frame;
        }
        PyErr_Restore(type, value, traceback);
        if (type == NULL) {
            /* CPython found no memory for the frame of a Python function, and did not say so. */
            PyErr_NoMemory();
        }
        return frame;
    }

    static int ff_add_entry(PyFrameObject *frame) {
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        Py_XINCREF(type);
        Py_XINCREF(value);
        Py_XINCREF(traceback);
        PyErr_Restore(type, value, traceback);
        if (PyTraceBack_Here(frame) == 0) {
            Py_XDECREF(type);
            Py_XDECREF(value);
            Py_XDECREF(traceback);
            return 0;
        }
        if (traceback == NULL) {
            Py_XINCREF(ff_spare_entry);
            traceback = ff_spare_entry;
        }
        PyErr_Restore(type, value, traceback);
        return 0;
    }

    static void ff_keep_spare(PyObject *entry, PyObject *frame, PyObject *code) {
        Py_INCREF(entry);
        Py_INCREF(frame);
        Py_INCREF(code);
        ff_spare_entry = entry;
        ff_spare_frame = frame;
        ff_spare_code = code;
    }

    /* In what Cython writes below, which is all of this module. */
    #define PyCode_NewEmpty ff_new_code
    #define PyFrame_New ff_new_frame
    #define PyTraceBack_Here ff_add_entry
    """
    void _keep_spare "ff_keep_spare"(object entry, object frame, object code) noexcept


def _no_memory_for_the_traceback():
    raise MemoryError


try:
    _no_memory_for_the_traceback()
except MemoryError as error:
    _keep_spare(
        error.__traceback__.tb_next,
        error.__traceback__.tb_next.tb_frame,
        error.__traceback__.tb_next.tb_frame.f_code,
    )
del _no_memory_for_the_traceback
