"""Requests leave nothing behind: no cycles for the collector, no memory, no contexts."""

from __future__ import annotations

import gc
import sys
import typing as t
import weakref
from collections.abc import Callable, Iterator

import pytest

import fastflask
from fastflask import Flask, Request, Response, session
from fastflask.ctx import AppContext, RequestContext
from fastflask.globals import _cv_app, _cv_request


@pytest.fixture
def app() -> Flask:
    app = Flask(
        "garbage", root_path=__file__.rpartition("/")[0], static_folder="differential/files"
    )
    app.secret_key = "a key"
    app.add_url_rule("/200", view_func=lambda: "text", endpoint="200")
    app.add_url_rule("/branch/", view_func=lambda: "branch", endpoint="branch")
    app.add_url_rule("/304", view_func=lambda: ("", 304), endpoint="304")
    app.add_url_rule("/403", view_func=lambda: fastflask.abort(403), endpoint="403")
    app.add_url_rule("/json", view_func=lambda: {"a": [1]}, endpoint="json", methods=["POST"])
    app.add_url_rule("/stream", view_func=lambda: iter(["a", "b"]), endpoint="stream")
    app.add_url_rule("/int/<int:n>", view_func=lambda n: str(n), endpoint="int")

    @app.route("/kept")
    def kept() -> t.Any:
        def generate() -> Iterator[str]:
            yield fastflask.request.path
            yield "more"

        return fastflask.stream_with_context(generate())

    @app.route("/500")
    def fail() -> str:
        raise ValueError("planned")

    @app.route("/session")
    def use_session() -> str:
        session["n"] = session.get("n", 0) + 1
        return fastflask.url_for("200", _external=True)

    @app.errorhandler(KeyError)
    def handler(error: KeyError) -> tuple[str, int]:
        return "handled", 400

    @app.route("/handled")
    def handled() -> str:
        raise KeyError("handled")

    app.before_request(lambda: None)
    app.after_request(lambda response: response)
    app.teardown_request(lambda error: None)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.logger.handlers[:] = []
    app.logger.disabled = True
    return app


def ask(app: Flask, path: str, method: str = "GET", **more: t.Any) -> int:
    """Send a request, read all of the answer, and return its status."""
    status: list[str] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "HTTP_HOST": "localhost",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "QUERY_STRING": "",
        "wsgi.url_scheme": "http",
        **more,
    }
    body = app(environ, lambda line, headers, exc_info=None: status.append(line))
    for _ in body:
        pass
    if hasattr(body, "close"):
        body.close()
    return int(status[0][:3])


KINDS = [
    ("/200", "GET", 200),
    ("/200", "HEAD", 200),
    ("/200", "OPTIONS", 200),
    ("/int/5", "GET", 200),
    ("/304", "GET", 304),
    ("/branch", "GET", 308),
    ("/403", "GET", 403),
    ("/missing", "GET", 404),
    ("/200", "POST", 405),
    ("/500", "GET", 500),
    ("/handled", "GET", 400),
    ("/stream", "GET", 200),
    ("/kept", "GET", 200),
    ("/session", "GET", 200),
    ("/json", "POST", 200),
]
ids = [f"{method} {path} {status}" for path, method, status in KINDS]


@pytest.mark.parametrize(("path", "method", "status"), KINDS, ids=ids)
def test_answer_leaves_no_cycles(
    app: Flask, path: str, method: str, status: int, no_collector: None
) -> None:
    for _ in range(3):
        assert ask(app, path, method) == status
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        for _ in range(5):
            ask(app, path, method)
        gc.collect()
        found = [type(item).__name__ for item in gc.garbage]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    assert found == []


@pytest.mark.parametrize(("path", "method", "status"), KINDS, ids=ids)
def test_answer_leaves_no_objects_of_ours(
    app: Flask, path: str, method: str, status: int, no_collector: None
) -> None:
    for _ in range(3):
        ask(app, path, method)
    kinds = (Request, Response, RequestContext, AppContext)

    def count() -> int:
        return sum(isinstance(item, kinds) for item in gc.get_objects())

    before = count()
    for _ in range(5):
        ask(app, path, method)
    assert count() == before
    assert _cv_request.get(None) is None and _cv_app.get(None) is None


@pytest.mark.parametrize(("path", "method", "status"), KINDS, ids=ids)
def test_memory_stays_flat(app: Flask, path: str, method: str, status: int) -> None:
    def run(times: int) -> None:
        for _ in range(times):
            ask(app, path, method)

    run(50)
    grown = []
    for _ in range(4):
        gc.collect()
        before = sys.getallocatedblocks()
        run(100)
        gc.collect()
        grown.append(sys.getallocatedblocks() - before)
    # One block for each request would be 100.
    assert min(grown) < 25


@pytest.mark.parametrize("sent", [True, False])
def test_error_raised_to_the_server_is_freed_with_its_traceback(
    app: Flask, sent: bool, no_collector: None
) -> None:
    class Gone(BaseException):
        pass

    seen: list[Callable[[], t.Any]] = []

    @app.route("/gone")
    def gone() -> str:
        error = Gone()
        seen.append(weakref.ref(error))
        try:
            raise error
        finally:
            del error

    with pytest.raises(Gone) as caught:
        ask(app, "/gone")
    del caught
    assert seen[0]() is None


@pytest.mark.parametrize("stage", ["request", "app context"])
def test_answer_is_freed_where_the_end_of_its_request_fails(
    app: Flask, stage: str, no_collector: None
) -> None:
    seen: list[Callable[[], t.Any]] = []

    def note(response: Response) -> Response:
        seen.append(weakref.ref(response))
        return response

    def fail(error: t.Any) -> None:
        raise ValueError("planned")

    app.after_request(note)
    register = app.teardown_request if stage == "request" else app.teardown_appcontext
    register(fail)

    for path in ("/200", "/500", "/stream"):
        with pytest.raises(ValueError, match="planned"):
            ask(app, path)
    gc.collect()
    assert [ref() for ref in seen] == [None, None, None]


def test_request_is_freed_at_the_end_of_its_call(app: Flask, no_collector: None) -> None:
    seen: list[Callable[[], t.Any]] = []

    @app.route("/seen")
    def see() -> str:
        seen.append(weakref.ref(fastflask.request._get_current_object()))
        seen.append(weakref.ref(_cv_request.get()))
        seen.append(weakref.ref(_cv_app.get()))
        return "seen"

    ask(app, "/seen")
    assert [ref() for ref in seen] == [None, None, None]


def test_application_is_freed_without_the_collector(no_collector: None) -> None:
    app = Flask("freed", static_folder="differential/files")
    app.add_url_rule("/", view_func=lambda: "index", endpoint="index")
    assert ask(app, "/") == 200
    ref = weakref.ref(app)
    del app
    assert ref() is None


def test_contexts_of_threads_that_ended_are_gone(app: Flask) -> None:
    from threading import Thread

    from fastflask._impl import app_ctx_stack, request_ctx_stack

    before = request_ctx_stack.entries() + app_ctx_stack.entries()
    assert before == []
    workers = [Thread(target=ask, args=(app, "/200")) for _ in range(5)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert request_ctx_stack.entries() == []
    assert app_ctx_stack.entries() == []
    assert all(request_ctx_stack.lookup(worker.ident or 0) == () for worker in workers)
