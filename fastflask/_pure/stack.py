"""The stacks: which context is current here, and who serves what.

What is current is the value of a :class:`~contextvars.ContextVar`, so tasks, greenlets and
copied contexts see what they should. Beside it each push is entered in a table keyed by
thread ident and each pop taken out again; the table only answers which thread serves what.

The compiled twin is ``_cython/stack.pxi``.
"""

from __future__ import annotations

import os
import sys
import typing as t
from _thread import _local, get_ident
from contextvars import Token
from time import monotonic
from weakref import WeakSet

from .._vars import cv_app, cv_request

if t.TYPE_CHECKING:
    from contextvars import ContextVar


#: One push of a context: the context, the token that undoes it, what the thread has pushed, this
#: entry among it, and when; with a request context also the application context that was pushed
#: along with it.
#: PERF: a tuple is made and taken apart in a third of the time that an object takes.
Entry = tuple[t.Any, "Token[t.Any]", "dict[int, Entry]", float, t.Any]


class _ThreadGuard:
    """Lives as long as a thread, and takes with it what the thread has not popped."""

    def __init__(self) -> None:
        self.ident = get_ident()

    def __del__(self, is_finalizing: t.Callable[[], bool] = sys.is_finalizing) -> None:
        # With the interpreter all threads end.
        if is_finalizing():
            return
        for stack in list(_stacks):
            pushed = stack._threads.pop(self.ident, None)
            if pushed is not None:
                # Each entry refers to it.
                pushed.clear()


class _Guards(_local):
    guard: _ThreadGuard | None = None


_guards = _Guards()
_stacks: WeakSet[ContextStack] = WeakSet()


def _forget_other_threads() -> None:
    # After a fork the child has only the thread that forked.
    ident = get_ident()
    for stack in list(_stacks):
        kept = stack._threads.get(ident)
        stack._threads = {} if kept is None else {ident: kept}


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_other_threads)


class ContextStack:
    """The contexts of one kind: the current one, and those of each thread.

    :param var: the context variable whose value is the current context.

    .. versionadded:: 0.1
    """

    def __init__(self, var: ContextVar[t.Any]) -> None:
        self.var = var
        # By ident, then by the identity of the token, so that an entry is taken out in one step,
        # also by another thread. The inner dict stays for as long as the thread lives.
        self._threads: dict[int, dict[int, Entry]] = {}
        _stacks.add(self)

    @property
    def top(self) -> t.Any:
        """The current context, or ``None``."""
        return self.var.get(None)

    def push(self, context: t.Any) -> None:
        """Make a context the current one, without running its own ``push``.

        :param context: any object; usually an application or request context.
        """
        self._enter(context, [])

    def pop(self) -> t.Any:
        """Undo the last :meth:`push` of this thread and return what was current.

        Returns ``None`` if there is nothing to pop.
        """
        entries = list(self._threads.get(get_ident(), {}).values())
        if not entries:
            return None
        # Of an entry that cannot be popped here, nothing changes.
        self.var.get()
        return self._leave(entries[-1:])

    def let_go(self, context: t.Any, before: t.Any) -> None:
        """Make another context current again if this one still is, its push or pop half done.

        :param context: what is current, if something interrupted its push or pop.
        :param before: what was current before its push, or ``None``.
        """
        if context is before or self.var.get(None) is not context:
            return
        entries = list(self._threads.get(get_ident(), {}).values())
        if entries and entries[-1][0] is context:
            self._leave(entries[-1:])
        if self.var.get(None) is context:
            self.var.set(before)

    def lookup(self, ident: int) -> tuple[t.Any, ...]:
        """Return the contexts that a thread has pushed, outermost first.

        :param ident: the thread's identifier, as of :func:`threading.get_ident`.
        """
        return tuple([entry[0] for entry in list(self._threads.get(ident, {}).values())])

    def entries(self) -> list[tuple[int, t.Any, float]]:
        """Return thread ident, context and age in seconds of all that is pushed anywhere."""
        # Other threads come and go meanwhile: copying a dict is atomic.
        found = [
            (ident, entry)
            for ident, pushed in list(self._threads.items())
            for entry in list(pushed.values())
        ]
        # Read last, so that nothing found is younger than now.
        now = monotonic()
        return [(ident, context, now - since) for ident, (context, _, _, since, _) in found]

    def _enter(self, context: t.Any, entries: list[Entry], app_context: t.Any = None) -> None:
        """Make a context the current one, and append what undoes it to the entries."""
        pushed = self._threads.get(get_ident())
        if pushed is None:
            pushed = self._threads[get_ident()] = {}
            if _guards.guard is None:
                _guards.guard = _ThreadGuard()
        var = self.var
        before = var.get(None)
        token = None
        try:
            token = var.set(context)
            entry = pushed[id(token)] = (context, token, pushed, monotonic(), app_context)
            entries.append(entry)
        except BaseException:
            # An interrupt, or no memory. The variable may have its value without a token.
            if token is not None:
                pushed.pop(id(token), None)
                self._reset(token)
            elif before is not context and self.var.get(None) is context:
                self._set_back(before)
            raise

    def _leave(self, entries: list[Entry]) -> t.Any:
        """Undo the last of a context's pushes, and return what was current until now."""
        current = self.var.get(None)
        if current is None:
            # Nobody can pop it any more.
            if entries:
                _, token, pushed, _, _ = entries[-1]
                pushed.pop(id(token), None)
            raise LookupError(self.var)

        # The pop may come on another thread than the push, when a stream moved on.
        _, token, pushed, _, _ = entries.pop()
        pushed.pop(id(token), None)
        # PERF: what ``_reset`` does, without the call, as in each request.
        try:
            self.var.reset(token)
        except MemoryError:
            before = token.old_value
            self._set_back(None if before is Token.MISSING else before)
        return current

    def _reset(self, token: Token[t.Any]) -> None:
        """Give the variable the value that it had before a push."""
        try:
            self.var.reset(token)
        except MemoryError:
            before = token.old_value
            self._set_back(None if before is Token.MISSING else before)

    def _set_back(self, before: t.Any) -> None:
        """Do what a reset does, where there is no memory for that; ``None`` is for no value."""
        # Without any memory CPython (up to 3.13 at least) would not survive the next call.
        bytes(512)
        self.var.set(before)


app_ctx_stack = ContextStack(cv_app)
request_ctx_stack = ContextStack(cv_request)

#: A request context for whose pop there was no memory, or that was interrupted in it.
unpopped: t.Any = None


def forget_unpopped(app_context: t.Any = None, request_context: t.Any = None) -> None:
    """Undo the pushes of :data:`unpopped`, by the next push at the latest.

    In compiled mode only the reset of a variable can fail, as nothing else of a pop takes memory.

    :param app_context: what was current before.
    :param request_context: likewise.
    """
    global unpopped
    app = unpopped.app
    for stack, before in (request_ctx_stack, request_context), (app_ctx_stack, app_context):
        current = stack.var.get(None)
        if current is None or current is before or current.app is not app:
            continue
        for pushed in list(stack._threads.values()):
            for key, entry in list(pushed.items()):
                if entry[0] is current:
                    pushed.pop(key, None)
        stack.var.set(before)
    unpopped = None
