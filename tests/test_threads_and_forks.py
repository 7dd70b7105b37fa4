"""Threads that end and processes that fork leave nothing of a request to others."""

from __future__ import annotations

import contextvars
import gc
import os
import threading
import time
import typing as t
import weakref

import crosstalk
import pytest
from processes import run_python

from fastflask import Flask, request
from fastflask._impl import app_ctx_stack, request_ctx_stack


def tables() -> list[t.Any]:
    return request_ctx_stack.entries() + app_ctx_stack.entries()


def wait_for(condition: t.Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while not condition() and time.monotonic() < until:
        time.sleep(0.001)
    return condition()


# -- threads that end


def test_short_lived_threads_leave_nothing() -> None:
    tally = crosstalk.churn(10_000, seconds=60)
    assert tally.good, tally
    assert tally.units == 10_000


@pytest.mark.parametrize("kind", ["app", "request", "both", "classic"])
def test_thread_that_ends_without_a_pop(app: Flask, kind: str) -> None:
    refs: list[weakref.ref[t.Any]] = []
    depth: list[int] = []

    def work() -> None:
        context = app.app_context() if kind == "app" else app.test_request_context()
        if kind == "classic":
            request_ctx_stack.push(context)
        else:
            context.push()
        if kind == "both":
            app.app_context().push()
            context.push()
        refs.append(weakref.ref(context))
        depth.append(len(tables()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    ident = thread.ident
    assert ident is not None
    # From CPython 3.14 on, a thread keeps its variables for as long as anybody keeps the thread.
    del thread
    assert depth == [{"app": 1, "request": 2, "both": 4, "classic": 1}[kind]]
    assert wait_for(lambda: tables() == [])
    assert request_ctx_stack.lookup(ident) == app_ctx_stack.lookup(ident) == ()
    gc.collect()
    assert refs[0]() is None


def test_thread_that_ends_leaves_the_others_alone(app: Flask) -> None:
    def work() -> None:
        app.test_request_context("/there").push()

    with app.test_request_context("/here") as here:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert wait_for(lambda: len(request_ctx_stack.entries()) == 1)
        assert request_ctx_stack.lookup(threading.get_ident()) == (here,)
        assert request.path == "/here"
    assert tables() == []


def test_threads_of_a_stack_that_is_gone(impl: t.Any) -> None:
    pushed, gone = threading.Event(), threading.Event()
    stacks = [impl.ContextStack(contextvars.ContextVar("short"))]
    ref = weakref.ref(stacks[0])

    def work() -> None:
        stacks.pop().push("left")
        pushed.set()
        gone.wait(10)

    thread = threading.Thread(target=work)
    thread.start()
    pushed.wait(10)
    gc.collect()
    left = ref()
    gone.set()
    thread.join()
    assert left is None


# -- fork

FORK = """if True:
    import os, sys, threading
    from fastflask import Flask, active_requests, current_app, g, request, session
    from fastflask._impl import app_ctx_stack, request_ctx_stack

    app = Flask("forked")
    app.secret_key = "a key"
    serving, done = threading.Event(), threading.Event()
    others = []

    def paths():
        return sorted(active.path for active in active_requests())

    @app.get("/other")
    def other():
        others.append(threading.get_ident())
        serving.set()
        done.wait(20)
        return request.path

    @app.get("/again")
    def again():
        return f"{request.path} {paths()}"

    @app.get("/forks")
    def forks():
        g.token = session["token"] = "mine"
        child = os.fork()
        assert (request.path, g.token, session["token"]) == ("/forks", "mine", "mine")
        assert current_app.name == "forked"
        if child:
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            assert paths() == ["/forks", "/other"]
            return f"child {status}"
        assert paths() == ["/forks"], paths()
        assert request_ctx_stack.lookup(others[0]) == app_ctx_stack.lookup(others[0]) == ()
        return "is the child"

    def serve():
        text = app.test_client().get("/forks").text
        if text == "is the child":
            code = 0
            try:
                assert not request and not current_app and active_requests() == []
                assert app.test_client().get("/again").text == "/again ['/again']"
                texts = []
                ask = lambda: texts.append(app.test_client().get("/again").text)
                thread = threading.Thread(target=ask)
                thread.start()
                thread.join()
                assert texts == ["/again ['/again']"]
                assert request_ctx_stack.entries() == app_ctx_stack.entries() == []
            except BaseException as error:
                print(repr(error), file=sys.stderr)
                code = 1
            os._exit(code)
        print(text)

    thread = threading.Thread(target=lambda: app.test_client().get("/other"))
    thread.start()
    serving.wait(20)
    if sys.argv[1] == "main":
        serve()
    else:
        worker = threading.Thread(target=serve)
        worker.start()
        worker.join()
    done.set()
    thread.join()
    assert active_requests() == []
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("thread", ["main", "worker"])
def test_fork_keeps_only_what_the_forking_thread_serves(thread: str) -> None:
    # From 3.12 on Python warns of the fork before.
    assert run_python("-c", FORK, thread).splitlines()[-1] == "child 0"
