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
from time import monotonic
from weakref import WeakSet

from .._vars import cv_app, cv_request

if t.TYPE_CHECKING:
    from contextvars import ContextVar, Token

    from .context import AppContextBase


class _Entry:
    """One push of a context: what to undo at its pop, and where and when it took place."""

    __slots__ = ("context", "token", "ident", "since", "app_context")

    def __init__(self, context: t.Any, token: Token[t.Any], ident: int) -> None:
        self.context = context
        self.token = token
        self.ident = ident
        self.since = monotonic()
        # The application context that was pushed along with a request context.
        self.app_context: AppContextBase | None = None


class _ThreadGuard:
    """Lives as long as a thread, and takes with it what the thread has not popped."""

    def __init__(self) -> None:
        self.ident = get_ident()

    def __del__(self, is_finalizing: t.Callable[[], bool] = sys.is_finalizing) -> None:
        # With the interpreter all threads end.
        if is_finalizing():
            return
        for stack in list(_stacks):
            stack._threads.pop(self.ident, None)


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
        self._threads: dict[int, list[_Entry]] = {}
        _stacks.add(self)

    @property
    def top(self) -> t.Any:
        """The current context, or ``None``."""
        return self.var.get(None)

    def push(self, context: t.Any) -> None:
        """Make a context the current one, without running its own ``push``.

        :param context: any object; usually an application or request context.
        """
        self._enter(context)

    def pop(self) -> t.Any:
        """Undo the last :meth:`push` of this thread and return what was current.

        Returns ``None`` if there is nothing to pop.
        """
        entries = self._threads.get(get_ident())
        if not entries:
            return None
        return self._leave(entries[-1])

    def lookup(self, ident: int) -> tuple[t.Any, ...]:
        """Return the contexts that a thread has pushed, outermost first.

        :param ident: the thread's identifier, as of :func:`threading.get_ident`.
        """
        return tuple(entry.context for entry in self._threads.get(ident, ()))

    def entries(self) -> list[tuple[int, t.Any, float]]:
        """Return thread ident, context and age in seconds of all that is pushed anywhere."""
        # Other threads come and go meanwhile: copying a list or a dict is atomic.
        found = [entry for entries in list(self._threads.values()) for entry in list(entries)]
        # Read last, so that nothing found is younger than now.
        now = monotonic()
        return [(entry.ident, entry.context, now - entry.since) for entry in found]

    def _enter(self, context: t.Any) -> _Entry:
        ident = get_ident()
        entry = _Entry(context, self.var.set(context), ident)
        entries = self._threads.get(ident)
        if entries is None:
            self._threads[ident] = [entry]
            if _guards.guard is None:
                _guards.guard = _ThreadGuard()
        else:
            entries.append(entry)
        return entry

    def _leave(self, entry: _Entry) -> t.Any:
        """Take an entry out, reset the variable, and return what was current until now."""
        current = self.var.get()
        self._forget(entry)
        self.var.reset(entry.token)
        return current

    def _check(self, entries: list[_Entry]) -> t.Any:
        """Return what is current, before the last of a context's entries is popped."""
        try:
            return self.var.get()
        except LookupError:
            # Nobody can pop the entry any more.
            if entries:
                self._forget(entries[-1])
            raise

    def _forget(self, entry: _Entry) -> None:
        # The pop may come on another thread than the push, when a stream moved on.
        entries = self._threads.get(entry.ident)
        if entries is None or entry not in entries:
            return
        entries.remove(entry)
        if not entries:
            # A new list is made by the thread's next push, so that a thread that has ended
            # leaves nothing behind.
            self._threads.pop(entry.ident, None)


app_ctx_stack = ContextStack(cv_app)
request_ctx_stack = ContextStack(cv_request)
