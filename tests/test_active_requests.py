"""``active_requests()``: what a process is serving, asked from anywhere."""

from __future__ import annotations

import _thread
import contextvars
import gc
import os
import signal
import threading
import time
import typing as t
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from fastflask import Flask, Request, active_requests, stream_with_context
from fastflask._impl import app_ctx_stack, request_ctx_stack


@pytest.fixture
def app() -> Flask:
    app = Flask("active")
    app.secret_key = "a key"
    app.add_url_rule("/item/<int:id>", "item", methods=["GET", "PUT"], view_func=lambda id: str(id))
    return app


def test_nothing_is_served() -> None:
    assert active_requests() == []


def test_fields_of_what_is_served(app: Flask) -> None:
    before = time.monotonic()
    with app.test_request_context("/item/1?query=yes", method="PUT"):
        (active,) = active_requests()
        ident, thread, method, path, endpoint, age = active
        assert ident == active.ident == threading.get_ident()
        assert thread == active.thread == threading.current_thread().name
        assert (method, path, endpoint) == ("PUT", "/item/1", "item")
        # The clock may be one that ticks every few milliseconds.
        assert -0.02 <= age == active.age <= time.monotonic() - before + 0.02
        assert repr(active).startswith("ActiveRequest(ident=")
    assert active_requests() == []


def test_age_grows(app: Flask) -> None:
    with app.test_request_context():
        first = active_requests()[0].age
        time.sleep(0.03)
        second = active_requests()[0].age
        assert 0.01 < second - first < 5


def test_request_without_an_endpoint(app: Flask) -> None:
    seen: list[t.Any] = []

    @app.errorhandler(404)
    def missing(error: t.Any) -> t.Any:
        seen.extend(active_requests())
        return "", 404

    assert app.test_client().get("/missing").status_code == 404
    assert [(active.path, active.endpoint) for active in seen] == [("/missing", None)]


@pytest.mark.parametrize("stage", ["before_request", "after_request", "teardown_request"])
def test_request_counts_in_each_stage(app: Flask, stage: str) -> None:
    seen: list[t.Any] = []

    def look(response: t.Any = None) -> t.Any:
        seen.extend(active_requests())
        return response

    getattr(app, stage)(look)
    app.test_client().get("/item/2")
    assert [(active.path, active.endpoint) for active in seen] == [("/item/2", "item")]
    assert active_requests() == []


def test_request_is_gone_after_a_failure(app: Flask) -> None:
    seen: list[t.Any] = []

    @app.get("/fails")
    def fails() -> t.Any:
        seen.extend(active_requests())
        raise ValueError("planned")

    assert app.test_client().get("/fails").status_code == 500
    app.testing = True
    with pytest.raises(ValueError, match="planned"):
        app.test_client().get("/fails")
    assert len(seen) == 2 and active_requests() == []


def test_path_is_below_the_root_and_decoded(app: Flask) -> None:
    with app.test_request_context("/caf%C3%A9 au lait", base_url="http://localhost/root"):
        assert [active.path for active in active_requests()] == ["/café au lait"]


def test_oldest_comes_first(app: Flask) -> None:
    here, there = threading.Event(), threading.Event()

    def serve(path: str, reached: threading.Event) -> None:
        with app.test_request_context(path):
            reached.set()
            done.wait(10)

    done = threading.Event()
    with ThreadPoolExecutor(2, thread_name_prefix="server") as pool:
        try:
            pool.submit(serve, "/first", here)
            assert here.wait(10)
            time.sleep(0.03)
            pool.submit(serve, "/second", there)
            assert there.wait(10)
            time.sleep(0.03)
            with app.test_request_context("/third"):
                found = active_requests()
        finally:
            done.set()
    assert [active.path for active in found] == ["/first", "/second", "/third"]
    assert found[0].age > found[1].age > found[2].age
    names = [active.thread for active in found]
    assert names == ["server_0", "server_1", threading.current_thread().name]
    assert len({active.ident for active in found}) == 3
    assert active_requests() == []


def test_thread_that_threading_does_not_know(app: Flask) -> None:
    reached, done, ended = threading.Event(), threading.Event(), threading.Event()

    def serve() -> None:
        # Made before: an event's own lock asks who the current thread is only if it waits.
        with context:
            reached.set()
            while not done.is_set():
                time.sleep(0.001)
        ended.set()

    context = app.test_request_context("/raw")
    ident = _thread.start_new_thread(serve, ())
    try:
        assert reached.wait(10)
        assert [active[:4] for active in active_requests()] == [(ident, None, "GET", "/raw")]
    finally:
        done.set()
        assert ended.wait(10)
    assert active_requests() == []


def test_request_within_a_request(app: Flask) -> None:
    with app.test_request_context("/outer"):
        with Flask("other").test_request_context("/inner"):
            assert sorted(active.path for active in active_requests()) == ["/inner", "/outer"]
        assert [active.path for active in active_requests()] == ["/outer"]


def test_context_that_is_pushed_twice_counts_twice(app: Flask) -> None:
    with app.test_request_context("/twice") as context:
        with context:
            assert [active.path for active in active_requests()] == ["/twice"] * 2
            assert request_ctx_stack.lookup(threading.get_ident()) == (context, context)
        assert len(active_requests()) == 1


def test_application_contexts_do_not_count(app: Flask) -> None:
    with app.app_context():
        assert active_requests() == []


def test_stream_counts_while_it_runs(app: Flask) -> None:
    @app.get("/rows")
    def rows() -> t.Any:
        return stream_with_context(str(number) for number in range(3))

    def paths() -> list[str]:
        return [active.path for active in active_requests()]

    response = app.test_client().get("/rows", buffered=False)
    body = response.iter_encoded()
    assert next(body) == b"0"
    assert paths() == ["/rows"]
    assert list(body) == [b"1", b"2"]
    assert paths() == []
    response.close()


def test_stream_that_is_closed_early_is_gone(app: Flask) -> None:
    @app.get("/rows")
    def rows() -> t.Any:
        return stream_with_context(str(number) for number in range(3))

    response = app.test_client().get("/rows", buffered=False)
    assert next(response.iter_encoded()) == b"0"
    assert len(active_requests()) == 1
    response.close()
    assert active_requests() == []


def test_request_that_a_client_keeps_counts(app: Flask) -> None:
    with app.test_client() as client:
        client.get("/item/3")
        assert [active.path for active in active_requests()] == ["/item/3"]
        client.get("/item/4")
        assert [active.path for active in active_requests()] == ["/item/4"]
    assert active_requests() == []


def test_copy_in_another_thread_counts_there(app: Flask) -> None:
    def look() -> tuple[int, list[int]]:
        with copied:
            idents = [active.ident for active in active_requests()]
            return threading.get_ident(), idents

    with app.test_request_context("/copied") as context, ThreadPoolExecutor(1) as pool:
        copied = context.copy()
        ident, idents = pool.submit(look).result(10)
        assert idents == [threading.get_ident(), ident]
        assert len(active_requests()) == 1


def test_inherited_context_does_not_count_again(app: Flask) -> None:
    with app.test_request_context("/inherited"), ThreadPoolExecutor(1) as pool:
        found = pool.submit(contextvars.copy_context().run, active_requests).result(10)
        assert [active.ident for active in found] == [threading.get_ident()]


def test_anything_pushed_by_the_classic_name(app: Flask) -> None:
    request_ctx_stack.push("not a context")
    try:
        assert active_requests() == []
        with app.test_request_context("/over"):
            assert [active.path for active in active_requests()] == ["/over"]
    finally:
        assert request_ctx_stack.pop() == "not a context"

    context = app.test_request_context("/classic")
    request_ctx_stack.push(context)
    assert [active.path for active in active_requests()] == ["/classic"]
    assert request_ctx_stack.pop() is context


def test_own_request_class(app: Flask) -> None:
    class Own(Request):
        @property
        def endpoint(self) -> t.Any:
            return "its own"

    app.request_class = Own
    with app.test_request_context("/own", method="POST"):
        assert [active[2:5] for active in active_requests()] == [("POST", "/own", "its own")]


def test_what_is_told_keeps_nothing_alive(app: Flask) -> None:
    context = app.test_request_context("/short")
    with context:
        found = active_requests()
    ref = weakref.ref(context)
    del context
    gc.collect()
    assert ref() is None and found[0].path == "/short"


def test_lookup_gives_what_stays_usable(app: Flask) -> None:
    """What was looked up in another thread outlives the request it belongs to."""
    reached, done = threading.Event(), threading.Event()

    def serve() -> None:
        with app.test_request_context("/there"):
            reached.set()
            done.wait(10)

    thread = threading.Thread(target=serve)
    thread.start()
    assert reached.wait(10)
    found = request_ctx_stack.lookup(t.cast(int, thread.ident))
    outer = app_ctx_stack.lookup(t.cast(int, thread.ident))
    done.set()
    thread.join()
    gc.collect()
    assert [context.request.path for context in found] == ["/there"]
    assert [context.app for context in outer] == [app]
    assert request_ctx_stack.lookup(t.cast(int, thread.ident)) == ()


@pytest.mark.parametrize("ident", [0, -1, 2**70, True])
def test_lookup_of_what_is_no_thread(ident: int) -> None:
    assert request_ctx_stack.lookup(ident) == ()


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="there is no such signal here")
def test_asked_by_a_signal_handler(app: Flask) -> None:
    seen: list[t.Any] = []

    @app.get("/signalled")
    def view() -> str:
        os.kill(os.getpid(), signal.SIGUSR1)
        time.sleep(0)
        return "ok"

    kept = signal.signal(signal.SIGUSR1, lambda *args: seen.extend(active_requests()))
    try:
        assert app.test_client().get("/signalled").text == "ok"
    finally:
        signal.signal(signal.SIGUSR1, kept)
    assert [active.path for active in seen] == ["/signalled"]


def test_asked_while_others_come_and_go(app: Flask) -> None:
    """Never an exception, and never more requests than can be under way."""
    stop = threading.Event()

    def serve(number: int) -> None:
        client = app.test_client()
        while not stop.is_set():
            client.get(f"/item/{number}")

    with ThreadPoolExecutor(3) as pool:
        served = [pool.submit(serve, number) for number in range(3)]
        try:
            for _ in range(300):
                found = active_requests()
                assert len({active.ident for active in found}) == len(found) <= 3
                assert all(active.path[:6] == "/item/" for active in found)
        finally:
            stop.set()
        for future in served:
            future.result(10)
    assert active_requests() == []
