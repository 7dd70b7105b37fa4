"""Coroutine functions called from plain code, on an event loop that the thread keeps.

asgiref gives each call a new event loop on a new thread. To set up and take down both costs
fifteen times as much as the rest of a call, and nobody can tell as long as the coroutine leaves
nothing on the loop and does not ask for the thread that it is called from. So a thread keeps its
loop, and runs coroutines on that itself. When one leaves tasks, timers, transports or an executor
behind, the loop is taken down as :func:`asyncio.run` does it. When one hands work to the calling
thread, the loop goes on in another thread from there, and the calling thread does that work.

All else is asgiref's: calls below another event loop or in one of asgiref's own contexts, loops of
another policy, patched threads, and CPython 3.10, where a task cannot be given its context.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
import threading
import typing as t
from asyncio import events
from concurrent.futures import Executor, Future
from contextlib import suppress
from contextvars import Context, copy_context
from functools import partial
from types import BuiltinFunctionType

from asgiref.current_thread_executor import CurrentThreadExecutor
from asgiref.sync import AsyncToSync, SyncToAsync

if t.TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_missing = object()
_get_policy = getattr(events, "_get_event_loop_policy", asyncio.get_event_loop_policy)
_stock_policy = type(_get_policy())
#: Loops that processes before a fork have made. They share their selector with the parent's, so
#: that not even closing them is safe here.
_inherited: list[asyncio.AbstractEventLoop] = []


class CoroutineCall(AsyncToSync[..., t.Any]):
    """A plain function that runs a coroutine function to its end.

    It is what asgiref's ``async_to_sync`` returns, and does the same for less.
    """

    def __call__(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
        __traceback_hide__ = True  # debuggers leave this frame out

        if self.force_new_loop or not _is_ordinary():
            return super().__call__(*args, **kwargs)

        kept = _loop_of_thread()
        # Where thread-sensitive code looks for the thread to run in.
        self.executors.current = kept.calling_thread
        context = copy_context()
        outcome = _Outcome()

        try:
            awaitable = self.awaitable(*args, **kwargs)
            # A handler's argument is the error whose traceback comes to refer to this frame.
            del args, kwargs
            kept.run(_finish(outcome, awaitable, sys.exc_info()[1]), context)
        finally:
            _take_over(context)
            self.executors.current = None

        error = outcome.error
        if error is None:
            return outcome.result
        try:
            raise error
        finally:
            # The traceback refers to this frame.
            del error, outcome


class _Outcome:
    """What came of a coroutine."""

    result: t.Any = None
    error: BaseException | None = None


async def _finish(
    outcome: _Outcome, awaitable: Awaitable[t.Any], handled: BaseException | None
) -> None:
    """Await something and note what comes of it, an error that nothing else stops included.

    :param handled: the error that the caller is handling, so that it is there for ``raise``.
    """
    __traceback_hide__ = True
    try:
        if handled is None:
            outcome.result = await awaitable
        else:
            traceback = handled.__traceback__
            try:
                raise handled
            except BaseException:
                outcome.result = await awaitable
            # It would refer to all the frames below, and so to itself.
            handled.__traceback__ = traceback
            del traceback
    except BaseException as error:
        outcome.error = error
    finally:
        # The traceback refers to this frame.
        del outcome, handled


def _is_ordinary() -> bool:
    """Whether nothing but a loop of its own is needed for a call."""
    return (
        _is_supported
        and asyncio._get_running_loop() is None
        and isinstance(threading.get_ident, BuiltinFunctionType)
        and not _has_loop_above()
        and getattr(AsyncToSync.executors, "current", None) is None
        and AsyncToSync.async_single_thread_context.get(None) is None
        and SyncToAsync.thread_sensitive_context.get(None) is None
        and type(_get_policy()) is _stock_policy
    )


def _has_loop_above() -> bool:
    """Whether the thread runs something for a coroutine on another thread's loop."""
    # asgiref leaves the loop here when that is over, and closed.
    loop = getattr(SyncToAsync.threadlocal, "main_event_loop", None)
    return (
        loop is not None
        and not loop.is_closed()
        and getattr(SyncToAsync.threadlocal, "main_event_loop_pid", None) == os.getpid()
    )


_is_supported = os.name == "posix" and sys.version_info >= (3, 11)


def _take_over(context: Context) -> None:
    """Set the variables that a coroutine has set in its context."""
    for var, value in context.items():
        if var.get(_missing) is not value:
            var.set(value)


#: Its fields have no types.
_SelectorEventLoop: t.Any = asyncio.SelectorEventLoop


class _Loop(_SelectorEventLoop):  # type: ignore[misc]
    """The stock loop, which also notes whether tasks were made that may be left."""

    tasks_made = 0

    def create_task(self, coro: t.Any, **kwargs: t.Any) -> asyncio.Task[t.Any]:
        self.tasks_made += 1
        return super().create_task(coro, **kwargs)  # type: ignore[no-any-return]

    def is_as_new(self) -> bool:
        """Whether nothing on the loop tells that it has been used."""
        return (
            not self._ready
            and not self._asyncgens
            and self._default_executor is None
            and self._task_factory is None
            and self._exception_handler is None
            and not self._signal_handlers
            and len(self._selector.get_map()) == self._internal_fds
            and all(timer.cancelled() for timer in self._scheduled)
            and not (self.tasks_made > 1 and asyncio.all_tasks(self))
        )


class _CallingThread(Executor):
    """Takes what coroutines want to run in the thread that waits for them."""

    def __init__(self, loop: _Loop) -> None:
        self.loop = loop
        self.waiting: list[tuple[Future[t.Any], Callable[[], t.Any]]] = []
        #: What runs it in that thread, once the loop is in another one.
        self.served: CurrentThreadExecutor | None = None

    def submit(self, fn: Callable[..., t.Any], /, *args: t.Any, **kwargs: t.Any) -> Future[t.Any]:
        if self.served is not None:
            return self.served.submit(fn, *args, **kwargs)
        if not self.loop.is_running():
            raise RuntimeError("The call of the coroutine function is over.")
        future: Future[t.Any] = Future()
        self.waiting.append((future, partial(fn, *args, **kwargs)))
        self.loop.call_soon_threadsafe(self.loop.stop)
        return future

    def serve(self) -> CurrentThreadExecutor:
        """Begin to run things in this thread, the calling one."""
        self.served = CurrentThreadExecutor(None)
        return self.served

    def hand_over(self) -> None:
        """Pass on what was submitted before; called in another thread."""
        assert self.served is not None
        for future, call in self.waiting:
            self.served.submit(_settle, future, call)
        self.waiting.clear()


def _settle(future: Future[t.Any], call: Callable[[], t.Any]) -> None:
    if future.set_running_or_notify_cancel():
        try:
            result = call()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)


class _KeptLoop:
    """The loop of a thread, as long as it is as new after each call."""

    #: The process whose loop this is.
    pid = 0

    def __init__(self) -> None:
        self.runner = t.cast("t.Any", asyncio).Runner(loop_factory=_Loop)
        # The runner keeps the context it begins in, which is not to be that of a request.
        self.loop = t.cast("_Loop", Context().run(self.runner.get_loop))
        self.is_debugging = self.loop.get_debug()
        self.calling_thread = _CallingThread(self.loop)
        AsyncToSync.loop_thread_executors[self.loop] = t.cast(
            "CurrentThreadExecutor", self.calling_thread
        )
        self.pid = os.getpid()

    def run(self, coroutine: t.Coroutine[t.Any, t.Any, None], context: Context) -> None:
        """Run a coroutine to its end, in this context."""
        loop = self.loop
        loop.tasks_made = 0
        task = loop.create_task(coroutine, context=context)
        task.add_done_callback(_stop)
        try:
            loop.run_forever()
            if task.done() and loop._ready:
                # Closed transports say goodbye in the next turn.
                loop.stop()
                loop.run_forever()
        except BaseException:
            # An interrupt, between two steps of the coroutine.
            self._retire()
            with suppress(RuntimeError):
                self.close()
            raise
        if not (task.done() and loop.is_as_new() and loop.get_debug() is self.is_debugging):
            self._run_elsewhere(task)

    def _run_elsewhere(self, task: asyncio.Task[None]) -> None:
        """Bring a coroutine and the loop to their ends in another thread, and serve it here."""
        self._retire()
        ended: Future[None] = Future()
        served = self.calling_thread.serve()
        was_stopped = not task.done() and not self.calling_thread.waiting

        def end() -> None:
            self.calling_thread.hand_over()
            if not task.done() and not was_stopped:
                self.loop.run_forever()
            is_done = task.done()
            self.close()
            if not is_done:
                raise RuntimeError("Event loop stopped before Future completed.")

        thread = threading.Thread(target=_settle, args=(ended, end), name="fastflask-async")
        thread.start()
        served.run_until_future(ended)
        thread.join()
        ended.result()

    def _retire(self) -> None:
        """Let the next call have another loop."""
        if getattr(_kept, "loop", None) is self:
            del _kept.loop

    def close(self) -> None:
        """Take the loop down: cancel what is left of its tasks, end generators and executor."""
        try:
            self.runner.close()
        finally:
            AsyncToSync.loop_thread_executors.pop(self.loop, None)

    def __del__(self) -> None:
        if self.pid == os.getpid():
            self.close()
        elif self.pid:
            AsyncToSync.loop_thread_executors.pop(self.loop, None)
            _inherited.append(self.loop)


def _stop(task: asyncio.Task[None]) -> None:
    task.get_loop().stop()


_kept = threading.local()


def _loop_of_thread() -> _KeptLoop:
    kept: _KeptLoop | None = getattr(_kept, "loop", None)
    if kept is None or kept.pid != os.getpid():
        kept = _kept.loop = _KeptLoop()
    return kept


@atexit.register
def _close_last() -> None:
    # Modules that closing needs are gone when the main thread's objects are.
    kept: _KeptLoop | None = getattr(_kept, "loop", None)
    if kept is not None and kept.pid == os.getpid():
        kept.close()
