"""Coroutine functions called from plain code: asgiref's bridge, and ours on a loop that is kept."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import socket
import sys
import threading
import warnings

import pytest

asgiref_sync = pytest.importorskip("asgiref.sync", reason="the extra 'async' is not installed")

from asgiref.local import Local  # noqa: E402
from asgiref.sync import (  # noqa: E402
    AsyncSingleThreadContext,
    ThreadSensitiveContext,
    sync_to_async,
)

from fastflask import Flask, request  # noqa: E402
from fastflask._async import CoroutineCall  # noqa: E402

keeps_loops = pytest.mark.skipif(
    os.name != "posix" or sys.version_info < (3, 11),
    reason="loops are kept where tasks take a context and loops have a selector",
)
var = contextvars.ContextVar("var", default="unset")


@pytest.fixture(params=["asgiref", "kept"])
def bridge(request):
    """Whatever is true of asgiref's bridge has to be true of ours."""
    return asgiref_sync.async_to_sync if request.param == "asgiref" else CoroutineCall


@pytest.fixture(autouse=True)
def no_loop():
    """Begin and end without a kept loop."""
    from fastflask import _async

    vars(_async._kept).clear()
    yield
    vars(_async._kept).clear()
    gc.collect()


async def loop_now():
    return asyncio.get_running_loop()


def test_result_and_arguments(bridge):
    async def add(a, *, b):
        await asyncio.sleep(0)
        return a + b

    assert bridge(add)(1, b=2) == 3
    assert isinstance(bridge(add), asgiref_sync.AsyncToSync)


def test_wrong_arguments(bridge):
    with pytest.raises(TypeError, match="takes 0 positional arguments"):
        bridge(loop_now)(1)
    assert bridge(loop_now)() is not None


def test_methods(bridge):
    class Views:
        value = 5

        async def view(self):
            return self.value

    Views.plain = bridge(Views.view)
    assert bridge(Views().view)() == 5
    assert Views().plain() == 5


def test_something_awaitable(bridge):
    class Call:
        async def __call__(self):
            return "called"

    assert bridge(Call())() == "called"

    class Waits:
        def __await__(self):
            yield
            return "waited"

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert bridge(lambda: Waits())() == "waited"


@pytest.mark.parametrize(
    "error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError]
)
def test_errors(bridge, error):
    async def fail():
        await asyncio.sleep(0)
        raise error("text")

    with pytest.raises(error, match="text"):
        bridge(fail)()
    assert bridge(loop_now)() is not None


def test_error_being_handled(bridge):
    async def again():
        raise

    async def context():
        return sys.exc_info()[1]

    error = ValueError("handled")
    with pytest.raises(ValueError, match="handled") as caught:
        try:
            raise error
        except ValueError:
            assert bridge(context)() is error
            bridge(again)()
    assert caught.value is error
    assert bridge(context)() is None


def test_variables(bridge):
    other = contextvars.ContextVar("other")

    async def change():
        seen = var.get()
        var.set("inside")
        other.set(1)
        await asyncio.sleep(0)
        return seen

    async def change_and_fail():
        var.set("failed")
        raise ValueError

    def calls():
        var.set("outside")
        assert bridge(change)() == "outside"
        assert (var.get(), other.get()) == ("inside", 1)
        with pytest.raises(ValueError):
            bridge(change_and_fail)()
        assert var.get() == "failed"

    contextvars.Context().run(calls)


def test_locals(bridge):
    storage = Local()

    async def change():
        seen = getattr(storage, "value", None)
        storage.value = "inside"
        return seen

    storage.value = "outside"
    assert bridge(change)() == "outside"
    assert storage.value == "inside"


def test_below_a_running_loop(bridge):
    async def outer():
        bridge(loop_now)()

    with pytest.raises(RuntimeError, match="in the same thread as an async event loop"):
        asyncio.run(outer())


def test_thread_sensitive_code(bridge):
    here = threading.get_ident()

    def plain(value):
        var.set(value)
        return threading.get_ident()

    async def view():
        idents = [await sync_to_async(plain)("one")]
        idents.append(await asyncio.create_task(sync_to_async(plain)("task")))
        idents += await asyncio.gather(*[sync_to_async(plain)(str(i)) for i in range(3)])
        # Not sensitive: any thread but this one.
        elsewhere = await sync_to_async(plain, thread_sensitive=False)("other")
        return idents, elsewhere

    idents, elsewhere = bridge(view)()
    assert idents == [here] * 5
    assert elsewhere != here
    assert bridge(view)()[0] == [here] * 5


def test_thread_sensitive_code_while_others_go_on(bridge):
    # The loop may not stand still while the calling thread is busy.
    event = threading.Event()

    async def view():
        waiting = asyncio.ensure_future(sync_to_async(event.wait)(10))
        await asyncio.sleep(0.01)
        event.set()
        return await waiting

    assert bridge(view)() is True


def test_thread_sensitive_code_that_fails(bridge):
    def fail():
        raise ValueError("plain")

    async def view():
        with pytest.raises(ValueError, match="plain"):
            await sync_to_async(fail)()
        return "fine"

    assert bridge(view)() == "fine"


def test_bridges_inside_each_other(bridge):
    here = threading.get_ident()

    async def inner():
        return await sync_to_async(threading.get_ident)()

    async def outer():
        return await sync_to_async(bridge(inner))()

    assert bridge(outer)() == here


def test_other_contexts_of_asgiref(bridge):
    here = threading.get_ident()

    async def view():
        async with ThreadSensitiveContext():
            return await sync_to_async(threading.get_ident)()

    assert bridge(view)() == here

    async def which():
        return threading.get_ident()

    with AsyncSingleThreadContext():
        first, second = bridge(which)(), bridge(which)()
    assert first == second != here


def test_tasks_left_behind_are_cancelled(bridge):
    seen = []

    async def forgotten():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            # What is cancelled may still want the calling thread.
            seen.append(await sync_to_async(threading.get_ident)())
            raise

    async def view():
        view.task = asyncio.create_task(forgotten())
        await asyncio.sleep(0)
        return "done"

    assert bridge(view)() == "done"
    assert seen == [threading.get_ident()]
    assert view.task.cancelled()


def test_generators_and_threads_left_behind_are_ended(bridge):
    ended = []

    async def numbers():
        try:
            yield 1
            yield 2
        finally:
            ended.append("generator")

    async def view():
        view.numbers = numbers()
        await anext(view.numbers)
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, lambda: (threading.Event().wait(0.05), ended.append("thread")))

    bridge(view)()
    assert sorted(ended) == ["generator", "thread"]


def test_loop_stopped(bridge):
    async def view():
        asyncio.get_running_loop().stop()
        await asyncio.sleep(1)

    with pytest.raises(RuntimeError, match="stopped before Future completed"):
        bridge(view)()
    assert bridge(loop_now)() is not None


@keeps_loops
def test_loop_is_kept():
    address = "127.0.0.1", 0

    async def busy():
        await asyncio.wait_for(asyncio.gather(asyncio.sleep(0), asyncio.sleep(0)), 100)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(asyncio.Protocol, sock=socket.create_server(address))
        server.close()
        return loop

    first = CoroutineCall(loop_now)()
    assert CoroutineCall(busy)() is first
    assert CoroutineCall(loop_now)() is first
    assert not first.is_closed()


@keeps_loops
@pytest.mark.parametrize(
    "change",
    [
        lambda loop: loop.call_later(100, print),
        lambda loop: loop.set_debug(not loop.get_debug()),
        lambda loop: loop.set_exception_handler(print),
        lambda loop: loop.set_task_factory(lambda loop, coro, **kw: asyncio.Task(coro, loop=loop)),
        lambda loop: loop.add_reader(os.pipe()[0], print),
        lambda loop: loop.run_in_executor(None, print),
    ],
)
def test_loop_that_shows_use_is_not_kept(change):
    async def view():
        loop = asyncio.get_running_loop()
        change(loop)
        return loop

    first = CoroutineCall(view)()
    assert first.is_closed()
    assert CoroutineCall(loop_now)() is not first


@keeps_loops
def test_threads_have_loops_of_their_own_and_close_them():
    loops = [CoroutineCall(loop_now)()]

    def run():
        loops.append(CoroutineCall(loop_now)())
        assert CoroutineCall(loop_now)() is loops[-1]
        assert not loops[-1].is_closed()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    gc.collect()
    assert loops[0] is not loops[1]
    assert [loop.is_closed() for loop in loops] == [False, True]


@keeps_loops
@pytest.mark.filterwarnings("ignore:'asyncio.*Policy|asyncio.*_policy:DeprecationWarning")
def test_loop_of_another_policy_is_not_ours():
    class Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self):
            loop = super().new_event_loop()
            loop.of_policy = True
            return loop

    before = CoroutineCall(loop_now)()
    asyncio.set_event_loop_policy(Policy())
    try:
        assert CoroutineCall(loop_now)().of_policy
    finally:
        asyncio.set_event_loop_policy(None)
    assert CoroutineCall(loop_now)() is before


@keeps_loops
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_fork():
    before = CoroutineCall(loop_now)()
    pid = os.fork()
    if not pid:
        status = 1
        try:
            child = CoroutineCall(loop_now)()
            gc.collect()
            status = 0 if child is not before and not before.is_closed() else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    # The parent's loop can still be woken from another thread.

    async def view():
        loop = asyncio.get_running_loop()
        woken = loop.create_future()
        timer = threading.Timer(0.01, loop.call_soon_threadsafe, [woken.set_result, "woken"])
        timer.start()
        return await asyncio.wait_for(woken, 10), loop

    assert CoroutineCall(view)() == ("woken", before)


@pytest.mark.usefixtures("no_collector")
@keeps_loops
@pytest.mark.parametrize("fails", [False, True])
def test_nothing_is_left(fails):
    app = Flask(__name__)

    @app.route("/")
    async def index():
        await asyncio.sleep(0)
        if fails:
            raise LookupError
        return request.path

    @app.errorhandler(LookupError)
    async def handle(error):
        return "handled"

    def answer():
        body = app(environ(), lambda status, headers, exc_info=None: None)
        try:
            return b"".join(body)
        finally:
            body.close()

    def environ():
        return {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": "/",
            "SERVER_NAME": "a",
            "SERVER_PORT": "1",
            "wsgi.url_scheme": "http",
        }

    assert answer() == (b"handled" if fails else b"/")
    gc.collect()
    for _ in range(10):
        answer()
    assert gc.collect() == 0
