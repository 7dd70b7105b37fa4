"""Nothing of one request is ever seen in another, wherever and in whatever order they run."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import sys
import threading
import time
import types
import typing as t
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import crosstalk
import crosstalk_units
import pytest
from processes import run_python

import fastflask
from fastflask import Flask, current_app, g, request, session
from fastflask._impl import app_ctx_stack, request_ctx_stack


@pytest.fixture
def quick_switches() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0001)
    yield
    sys.setswitchinterval(interval)


@pytest.fixture
def app() -> Flask:
    app = Flask("crossed")
    app.secret_key = "a key"
    return app


def tables() -> list[t.Any]:
    return request_ctx_stack.entries() + app_ctx_stack.entries()


def look() -> tuple[str, str, str, str] | None:
    """What is current: each of these is unset, or all are of one request."""
    if not request:
        assert not g and not session and not current_app
        return None
    return request.path, g.token, session["token"], current_app.name


# -- threads × greenlets × tasks


@pytest.mark.usefixtures("quick_switches")
@pytest.mark.parametrize(
    ("threads", "greenlets", "tasks"),
    [
        (1, 0, 0),
        (8, 0, 0),
        (1, 0, 50),
        *(
            pytest.param(*units, marks=pytest.mark.greenlets)
            for units in [(1, 50, 0), (1, 20, 20), (4, 10, 10)]
        ),
    ],
)
def test_units_at_once_see_only_their_own(threads: int, greenlets: int, tasks: int) -> None:
    if greenlets:
        pytest.importorskip("greenlet")
    tally = crosstalk.run(threads, greenlets, tasks, checks=5_000, seconds=30)
    assert tally.good, tally
    assert tally.checks >= 5_000 and tally.watched > 0


@pytest.mark.greenlets
def test_units_where_each_greenlet_passes_for_a_thread() -> None:
    pytest.importorskip("greenlet")
    # As after monkey.patch_all() of gevent.
    code = """if True:
        import _thread, sys, greenlet
        _thread.get_ident = lambda: id(greenlet.getcurrent())
        import crosstalk
        sizes = ["--threads", "2", "--greenlets", "20", "--tasks", "0", "5"]
        sys.exit(crosstalk.main([*sizes, "--checks", "4000", "--churn", "0", "--patched"]))
    """
    run_python("-c", code)


@pytest.mark.parametrize("name", ["g", "session", "request", "current_app"])
def test_machinery_finds_what_is_foreign(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shared: t.Any
    if name == "session":
        shared = {}
    elif name == "request":
        # The first of all who ask, for all.
        first = crosstalk_units.Unit(crosstalk_units.Flight(), crosstalk_units.Tally()).environ()
        shared = types.SimpleNamespace(path="/0", environ=first)
    elif name == "current_app":
        shared = types.SimpleNamespace(name="app-d")
    else:
        shared = types.SimpleNamespace()
    # The view keeps the real ones.
    view = types.FunctionType(crosstalk_units.view.__code__, dict(vars(crosstalk_units)))
    for made in crosstalk_units.APPS:
        monkeypatch.setitem(made.view_functions, "view", view)
    monkeypatch.setattr(crosstalk_units, name, shared)
    tally = crosstalk.run(1, 0, 10, checks=500, seconds=30)
    assert tally.foreign > 0 and not tally.good
    assert any(f"foreign: {name} is" in problem for problem in tally.problems)


def test_machinery_finds_what_is_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = crosstalk_units.Unit.mark

    def forgetful(self: t.Any, app: Flask, step: str) -> None:
        plain(self, app, step)
        if step == "c":
            g.mark = f"{self.number}a"

    monkeypatch.setattr(crosstalk_units.Unit, "mark", forgetful)
    tally = crosstalk.run(1, 0, 0, checks=200, seconds=30)
    assert tally.stale > 0 and tally.foreign == 0 and not tally.good


def test_machinery_finds_what_is_not_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = fastflask.active_requests.__globals__["ActiveRequest"](1, None, "GET", "/0", None, 1.0)
    monkeypatch.setattr(crosstalk, "active_requests", lambda: [ended])
    tally = crosstalk.run(1, 0, 0, checks=2_000, seconds=30)
    assert tally.wrong > 0 and not tally.good


# -- executors


@pytest.mark.usefixtures("quick_switches")
def test_executor_without_copies_of_the_context(app: Flask) -> None:
    def job(number: int) -> None:
        assert look() is None
        with app.test_request_context(f"/{number}"):
            g.token = session["token"] = str(number)
            time.sleep(0)
            assert look() == (f"/{number}", str(number), str(number), "crossed")
        assert look() is None

    with app.test_request_context("/outer"), ThreadPoolExecutor(4) as pool:
        list(pool.map(job, range(200)))
        assert request.path == "/outer"
    assert tables() == []


@pytest.mark.usefixtures("quick_switches")
def test_executor_with_copies_of_the_context(app: Flask) -> None:
    inner_app = Flask("inner")

    def job() -> t.Any:
        outer = look()
        time.sleep(0)
        with inner_app.test_request_context("/inner"):
            g.token = "inner"
            time.sleep(0)
            assert (request.path, g.token, current_app.name) == ("/inner", "inner", "inner")
        assert look() == outer
        return outer

    with ThreadPoolExecutor(4) as pool:
        found, due = [], []
        for number in range(200):
            with app.test_request_context(f"/{number}"):
                g.token = session["token"] = str(number)
                due.append(look())
                found.append(pool.submit(contextvars.copy_context().run, job))
        # The request of a copy lives on in it, though it has long been popped here.
        assert [future.result(10) for future in found] == due
        assert list(pool.map(lambda _: look(), range(8))) == [None] * 8
    assert tables() == []


def test_executors_of_asyncio(app: Flask) -> None:
    async def main() -> tuple[t.Any, t.Any]:
        loop = asyncio.get_running_loop()
        return await asyncio.to_thread(look), await loop.run_in_executor(None, look)

    with app.test_request_context("/loop"):
        g.token = session["token"] = "loop"
        assert asyncio.run(main()) == (("/loop", "loop", "loop", "crossed"), None)


@pytest.mark.usefixtures("quick_switches")
def test_async_views_in_many_threads(app: Flask) -> None:
    pytest.importorskip("asgiref")

    @app.get("/<token>")
    async def view(token: str) -> t.Any:
        g.token = session["token"] = token
        for pause in (0, 0.001, 0):
            await asyncio.sleep(pause)
            assert look() == (f"/{token}", token, token, "crossed")
            assert await asyncio.to_thread(look) == (f"/{token}", token, token, "crossed")
        return token

    def ask(number: int) -> str:
        return app.test_client().get(f"/{number}").text

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(16))) == [str(number) for number in range(16)]
    assert tables() == []


# -- streams that are resumed on another thread


def stream(module: t.Any, token: str, seen: list[t.Any]) -> t.Any:
    """The body of a stream that notes what is current at each of its items."""
    app = module.Flask("streams")
    app.secret_key = "a key"

    def note() -> None:
        found: tuple[t.Any, ...] = (None,)
        if module.has_request_context():
            request, g, session = module.request, module.g, module.session
            found = request.path, g.token, session["token"], module.current_app.name
        seen.append(found)

    @app.get("/<token>")
    def view(token: str) -> t.Any:
        module.g.token = module.session["token"] = token

        @module.stream_with_context
        def body() -> t.Iterator[str]:
            for number in range(3):
                note()
                yield str(number)
            note()

        return body()

    app.teardown_request(lambda error: seen.append(("teardown", repr(error))))
    environ = module.Flask("environs").test_request_context(f"/{token}").request.environ
    environ["wsgi.errors"] = open(os.devnull, "w")
    seen.append(environ["wsgi.errors"])
    return iter(app(environ, lambda status, headers, exc_info=None: None))


def finish(body: t.Any, seen: list[t.Any]) -> None:
    for file in [item for item in seen if hasattr(item, "close")]:
        seen.remove(file)
        file.close()
    body.close()


def in_thread(function: t.Callable[..., t.Any], *args: t.Any) -> t.Any:
    """Call a function in a new thread and return its result, or what it raised."""
    result: list[t.Any] = []

    def work() -> None:
        try:
            result.append(function(*args))
        except Exception as error:
            result.append((type(error), str(error).splitlines()[0]))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    return result[0]


@pytest.mark.parametrize("where", ["first", "later", "last", "close"])
def test_stream_resumed_without_its_context_is_as_in_flask(where: str) -> None:
    flask = pytest.importorskip("flask")

    def play(module: t.Any) -> list[t.Any]:
        seen: list[t.Any] = []
        body = stream(module, "a", seen)
        # How many items this thread takes, before another goes on.
        count = {"first": 0, "later": 1, "last": 3, "close": 1}[where]
        seen.append([next(body) for _ in range(count)])
        if where == "close":
            seen.append(in_thread(body.close))
        else:
            seen.append(in_thread(lambda: list(body)))
        seen.append(module.has_request_context())
        seen.append(module.has_app_context())
        finish(body, seen)
        # A variable's own text names its address.
        return [repr(item).split(" at 0x")[0] for item in seen]

    def run(module: t.Any) -> list[t.Any]:
        return contextvars.Context().run(play, module)

    assert run(fastflask) == run(flask)
    gc.collect()
    assert tables() == []


@pytest.mark.usefixtures("quick_switches")
def test_streams_that_wander_over_threads_with_their_context() -> None:
    streams = []
    for number in range(12):
        seen: list[t.Any] = []
        context = contextvars.Context()
        streams.append((str(number), context, context.run(stream, fastflask, str(number), seen)))
        finish(types.SimpleNamespace(close=int), seen)

    collected: dict[str, list[t.Any]] = {token: [] for token, _, _ in streams}
    threads: set[int] = set()

    def take(token: str, context: contextvars.Context, body: t.Any) -> None:
        threads.add(threading.get_ident())
        time.sleep(0.001)
        chunk = context.run(next, body, None)
        if chunk is not None:
            assert context.run(look) == (f"/{token}", token, token, "streams")
        assert look() is None
        collected[token].append(chunk)

    with ThreadPoolExecutor(4) as pool:
        for turn in range(4):
            if turn in {1, 2, 3}:
                serving = fastflask.active_requests()
                assert {active.path for active in serving} == {f"/{token}" for token in collected}
            list(pool.map(lambda item: take(*item), streams))
    assert len(threads) > 1
    for _, context, body in streams:
        context.run(body.close)
    assert set(map(tuple, collected.values())) == {(b"0", b"1", b"2", None)}
    assert tables() == []
