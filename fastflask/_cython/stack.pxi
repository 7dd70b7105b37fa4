# The stacks: which context is current here, and who serves what.
#
# What is current is the value of a ContextVar, read from C, so tasks, greenlets and copied
# contexts see what they should. Beside it each push is entered in a table keyed by thread ident
# and each pop taken out again; the table only answers which thread serves what. The pure twin is
# _pure/stack.py.

import os as _os
from contextvars import Token as _Token
from weakref import ref as _ref

from fastflask._vars import cv_app as _cv_app_var, cv_request as _cv_request_var
from fastflask._vars import no_req_msg as _no_req_msg

cdef object _cv_app = _cv_app_var
cdef object _cv_request = _cv_request_var
# The same, to be read without a reference of the reader's own.
cdef PyObject *_app_var = <PyObject *>_cv_app
cdef PyObject *_request_var = <PyObject *>_cv_request

# Default of the parameter ``exc``, where ``None`` means that there was no error.
_sentinel = object()
cdef object _no_exc = _sentinel

cdef extern from *:
    """
    #include <time.h>
    #include "pythread.h"

    /* Seconds that only go forward. Ages are shown in seconds, so where there is a clock that is
       read in a quarter of the time but ticks every few milliseconds, that one does. */
    static CYTHON_INLINE double ff_now(void) {
    #if defined(CLOCK_MONOTONIC_COARSE)
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
        return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    #elif defined(CLOCK_MONOTONIC)
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    #else
        return (double)time(NULL);
    #endif
    }

    /* Fail if there is no memory even for the little that setting a variable takes. */
    static int ff_has_memory(void) {
        void *memory = PyObject_Malloc(512);
        if (memory == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        PyObject_Free(memory);
        return 0;
    }

    static CYTHON_INLINE int ff_is_shared(PyObject *obj) { return Py_REFCNT(obj) > 1; }
    """
    double _now "ff_now"() noexcept
    unsigned long PyThread_get_thread_ident() noexcept
    int _has_memory "ff_has_memory"() except -1
    bint _is_shared "ff_is_shared"(PyObject *obj) noexcept
    PyObject *PyThreadState_GetDict() noexcept


cdef class _Entry


@cython.final
cdef class _Thread:
    """What a thread has pushed on a stack."""

    cdef object ident
    # The same as a number of C.
    cdef unsigned long number
    cdef _Entry last


# They form chains as long as the pushes that nobody undoes.
@cython.final
@cython.freelist(32)
@cython.trashcan(True)
cdef class _Entry:
    """One push of a context: what to undo at its pop, and where and when it took place."""

    cdef object context
    cdef object token
    cdef _Thread thread
    cdef double since
    # The application context that was pushed along with a request context.
    cdef AppContextBase app_context
    # The entry before this one: of the same thread, and of the same context.
    cdef _Entry below
    cdef _Entry previous


@cython.final
cdef class _ThreadGuard:
    """Lives as long as a thread, and takes with it what the thread has not popped."""

    cdef object ident

    def __cinit__(self):
        self.ident = PyThread_get_thread_ident()

    def __del__(self):
        # With the interpreter all threads end.
        if _is_finalizing():
            return
        for stack in _all_stacks():
            thread = (<ContextStack>stack)._threads.pop(self.ident, None)
            if thread is not None:
                (<_Thread>thread).last = None
            # Another thread may get the same ident.
            (<ContextStack>stack)._recent = None


cdef inline _ThreadGuard _guard_thread():
    """Return the guard of the running thread, which its state keeps."""
    cdef PyObject *found = PyThreadState_GetDict()
    if found is NULL:
        # A thread that is just ending; nothing outlives it any more.
        return _ThreadGuard.__new__(_ThreadGuard)
    state = <dict>found
    found = PyDict_GetItemWithError(state, _guard_key)
    if found is not NULL:
        return <_ThreadGuard>found
    guard = _ThreadGuard.__new__(_ThreadGuard)
    state[_guard_key] = guard
    return guard


cdef object _is_finalizing = sys.is_finalizing
cdef str _guard_key = "fastflask._speedups.guard"
# No WeakSet, whose module is gone when the last thread of a second interpreter ends.
cdef list _stacks = []


cdef list _all_stacks():
    return [stack for stack in [reference() for reference in _stacks] if stack is not None]


def _forget_other_threads():
    # After a fork the child has only the thread that forked.
    ident = PyThread_get_thread_ident()
    for stack in _all_stacks():
        kept = _dict_get((<ContextStack>stack)._threads, ident)
        (<ContextStack>stack)._threads = {} if kept is None else {ident: kept}
        (<ContextStack>stack)._recent = None


if hasattr(_os, "register_at_fork"):
    _os.register_at_fork(after_in_child=_forget_other_threads)


cdef class ContextStack:
    """ContextStack(var)
--

    The contexts of one kind: the current one, and those of each thread.

    :param var: the context variable whose value is the current context.

    .. versionadded:: 0.1
    """

    cdef readonly object var
    # By ident; each stays for as long as the thread lives.
    cdef dict _threads
    # That of the thread that pushed last.
    cdef _Thread _recent
    # The pushes of contexts that stayed current after their pop, for want of memory, as a chain:
    # what takes none itself.
    cdef _Entry _left_over
    cdef object __weakref__

    def __init__(self, var):
        self.var = var
        self._threads = {}
        _stacks.append(_ref(self, _stacks.remove))

    @property
    def top(self):
        """The current context, or ``None``."""
        return _read_var(<PyObject *>self.var)

    def push(self, context):
        """Make a context the current one, without running its own ``push``.

        :param context: any object; usually an application or request context.
        """
        self._enter(context, _read_var(<PyObject *>self.var))

    def pop(self):
        """Undo the last :meth:`push` of this thread and return what was current.

        Returns ``None`` if there is nothing to pop.
        """
        cdef _Thread thread = _dict_get(self._threads, PyThread_get_thread_ident())
        if thread is None or thread.last is None:
            return None
        return self._leave(thread.last)

    def let_go(self, context, before):
        """Make another context current again if this one still is, its push or pop half done.

        :param context: what is current, if something interrupted its push or pop.
        :param before: what was current before its push, or ``None``.
        """
        if context is before or _read_var(<PyObject *>self.var) is not context:
            return
        cdef _Thread thread = _dict_get(self._threads, PyThread_get_thread_ident())
        if thread is not None and thread.last is not None and thread.last.context is context:
            self._leave(thread.last)
        if _read_var(<PyObject *>self.var) is context:
            PyContextVar_Set(self.var, before)

    def lookup(self, ident):
        """Return the contexts that a thread has pushed, outermost first.

        :param ident: the thread's identifier, as of :func:`threading.get_ident`.
        """
        cdef _Thread thread = _dict_get(self._threads, ident)
        if thread is None:
            return ()
        return tuple([(<_Entry>entry).context for entry in _chain(thread.last)])

    def entries(self):
        """Return thread ident, context and age in seconds of all that is pushed anywhere."""
        cdef list found = []
        for thread in list(self._threads.values()):
            found += _chain((<_Thread>thread).last)
        # Read last, so that nothing found is younger than now.
        now = _now()
        return [
            ((<_Entry>entry).thread.ident, (<_Entry>entry).context, now - (<_Entry>entry).since)
            for entry in found
        ]

    cdef _Thread _thread(self):
        """Return what the running thread has pushed, after entering it in the table."""
        cdef _ThreadGuard guard = _guard_thread()
        cdef _Thread thread = _dict_get(self._threads, guard.ident)
        if thread is None:
            thread = _Thread.__new__(_Thread)
            thread.ident = guard.ident
            thread.number = guard.ident
            self._threads[guard.ident] = thread
        self._recent = thread
        return thread

    cdef _Entry _enter(self, object context, object before):
        """Make a context the current one, where *before* has been."""
        cdef _Thread thread = self._recent
        cdef PyObject *token
        if self._left_over is not None:
            self._clear_left_over()
            before = _read_var(<PyObject *>self.var)
        # PERF: to find it in the table takes 250 instructions.
        if thread is None or thread.number != PyThread_get_thread_ident():
            thread = self._thread()
        cdef _Entry entry = _Entry.__new__(_Entry)
        entry.context = context
        entry.since = _now()
        # PERF: an error is looked for by hand, as try takes 40 instructions even without one.
        token = _set_var(<PyObject *>self.var, <PyObject *>context)
        if token is NULL:
            self._fail_to_set(entry, before)
        entry.token = _own_reference(token)
        entry.thread = thread
        entry.below = thread.last
        thread.last = entry
        return entry

    cdef object _leave(self, _Entry entry):
        """Take an entry out, reset the variable, and return what was current until now."""
        current = self.var.get()
        self._forget(entry)
        self._reset(entry)
        return current

    cdef int _reset(self, _Entry entry) except -1:
        """Give the variable the value that it had before a push."""
        if _reset_var(<PyObject *>self.var, <PyObject *>entry.token) < 0:
            self._fail_to_reset(entry)
        return 0

    cdef int _fail_to_set(self, _Entry entry, object before) except -1:
        """Raise the error that is set, after what a push without memory has to undo."""
        try:
            _fail()
        except MemoryError:
            # The variable may have its value all the same: only the token is missing.
            if before is not entry.context and _read_var(<PyObject *>self.var) is entry.context:
                self._set_back(entry, before)
            raise
        return 0

    cdef int _fail_to_reset(self, _Entry entry) except -1:
        """Raise the error that is set, or reset the variable without memory."""
        try:
            _fail()
        except MemoryError:
            before = entry.token.old_value
            # It refers to the CPython context, in which this one is current.
            entry.token = None
            self._set_back(entry, None if before is _Token.MISSING else before)
        return 0

    cdef int _set_back(self, _Entry entry, object before) except -1:
        """Do what a reset does, where there is no memory for that; ``None`` is for no value.

        If there is none for this either, the next push sees to it.
        """
        try:
            # Without any memory CPython (up to 3.13 at least) would not survive the next call.
            _has_memory()
            PyContextVar_Set(self.var, before)
        except MemoryError:
            if _read_var(<PyObject *>self.var) is not before:
                entry.below = self._left_over
                self._left_over = entry
        return 0

    cdef int _clear_left_over(self) except -1:
        """Let go of a context that is current here, but is pushed nowhere any more."""
        cdef _Entry entry
        cdef _Entry above = None
        current = _read_var(<PyObject *>self.var)
        for entry in _chain(self._left_over):
            if entry.context is current and current is not None:
                for _, context, _ in self.entries():
                    if context is current:
                        return 0
                PyContextVar_Set(self.var, None)
                break
        current = None
        # Those that nothing else refers to any more are current nowhere.
        entry = self._left_over
        while entry is not None:
            if _is_shared(<PyObject *>entry.context):
                above = entry
            elif above is None:
                self._left_over = entry.below
            else:
                above.below = entry.below
            entry = entry.below
        return 0

    cdef int _forget(self, _Entry entry) except -1:
        # The pop may come on another thread than the push, when a stream moved on.
        cdef _Thread thread = entry.thread
        cdef _Entry above
        if thread is None:
            return 0
        if thread.last is entry:
            thread.last = entry.below
        else:
            above = thread.last
            while above is not None and above.below is not entry:
                above = above.below
            if above is not None:
                above.below = entry.below
        entry.thread = None
        entry.below = None
        return 0


cdef list _chain(_Entry last):
    """Return the entries of a thread, outermost first."""
    cdef list found = []
    while last is not None:
        found.append(last)
        last = last.below
    found.reverse()
    return found


cdef ContextStack _app_stack = ContextStack(_cv_app)
cdef ContextStack _request_stack = ContextStack(_cv_request)
app_ctx_stack = _app_stack
request_ctx_stack = _request_stack


cdef int _give_up(ContextStack stack, _Entry entry) except -1:
    # The pop of a context where nothing is current: LookupError, naming the variable. Nobody
    # can pop it any more, so the table forgets it.
    if entry is not None:
        stack._forget(entry)
    if stack.var.get() is None:
        raise LookupError(stack.var)
    return 0
