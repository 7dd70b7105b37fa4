"""Memory that fails during a request; ``reliability/memory.py`` at a small size."""

from __future__ import annotations

import typing as t
import weakref
from contextlib import suppress
from contextvars import ContextVar, copy_context
from functools import wraps

import pytest
from processes import run_module
from werkzeug.routing import BaseConverter

from fastflask import Flask, _impl, appcontext_pushed, g, stream_with_context
from fastflask._impl import app_ctx_stack, request_ctx_stack
from fastflask.globals import _cv_app, _cv_request

_testcapi = pytest.importorskip("_testcapi", reason="an interpreter without its own tests")


def in_own_context(test: t.Callable[[], None]) -> t.Callable[[], None]:
    """Keep a variable that has ``None`` in place of nothing from other tests."""

    @wraps(test)
    def run() -> None:
        copy_context().run(test)

    return run


@pytest.mark.parametrize("kind", ["hello", "404", "500", "stream"])
def test_allocation_that_fails_ends_one_request_only(kind: str) -> None:
    told = run_module("reliability.memory", "--quick", "--kinds", kind).splitlines()
    # From 3.13 on the interpreter also tells on the screen that it had none to let an object go.
    assert [line for line in told if line.startswith(f"{kind} ")]


@in_own_context
def test_push_without_memory_leaves_no_context() -> None:
    app = Flask("pushed")
    before = _cv_app.get(None), _cv_request.get(None)
    failed = 0
    for n in range(200):
        context = app.test_request_context("/")
        _testcapi.set_nomemory(n, n + 1)
        try:
            context.push()
        except MemoryError:
            _testcapi.remove_mem_hooks()
            failed += 1
            # As at the end of a request, whatever has become of its push.
            with suppress(LookupError):
                context.pop()
        else:
            _testcapi.remove_mem_hooks()
            context.pop()
        assert (_cv_app.get(None), _cv_request.get(None)) == before, n
        assert app_ctx_stack.entries() == request_ctx_stack.entries() == [], n
    assert failed > 3


def test_variable_that_has_none_in_place_of_nothing_is_unbound() -> None:
    """That is what a reset for which there was no memory leaves behind."""
    token = _cv_app.set(None)  # type: ignore[arg-type]
    try:
        with pytest.raises(RuntimeError, match="outside of application context"):
            g.value
        assert not g
    finally:
        _cv_app.reset(token)


@pytest.mark.skipif(
    _impl.implementation == "pure",
    reason="Python code may not get as far as the reset; the end of the request sees to that",
)
@in_own_context
def test_reset_without_memory_is_made_up_for() -> None:
    app = Flask("reset")
    variable: ContextVar[t.Any] = _cv_app
    for n in range(40):
        context = app.app_context()
        context.push()
        _testcapi.set_nomemory(n, n + 1)
        try:
            context.pop()
        except MemoryError:
            pass
        finally:
            _testcapi.remove_mem_hooks()
        assert variable.get(None) is None, n


@pytest.mark.skipif(
    _impl.implementation == "pure",
    reason="Python code may not get as far as the reset; the end of the request sees to that",
)
def test_context_left_over_without_memory_is_let_go() -> None:
    app = Flask("left over")
    freed = []
    for n in range(40):
        elsewhere = copy_context()
        context = app.app_context()
        reference = weakref.ref(context)
        elsewhere.run(context.push)

        def pop(context: t.Any = context, n: int = n) -> None:
            _testcapi.set_nomemory(n, 0)
            try:
                context.pop()
            except MemoryError:
                pass
            finally:
                _testcapi.remove_mem_hooks()

        elsewhere.run(pop)
        left = elsewhere.get(_cv_app) is context
        del context, pop, elsewhere
        # Nobody can push there any more; the next push elsewhere forgets it.
        with app.app_context():
            assert reference() is None, n
        freed.append(left)
    assert True in freed


@in_own_context
def test_failed_receiver_of_a_push_leaves_no_context() -> None:
    """Flask keeps the application context, so that later requests of the thread share ``g``."""
    app = Flask("receiver")
    seen: list[bool] = []

    def fail(sender: Flask, **extra: t.Any) -> None:
        g.secret = "of one request"
        raise ValueError("planned")

    @app.get("/")
    def index() -> str:
        seen.append("secret" in g)
        return "index"

    environ = app.test_request_context("/").request.environ
    with appcontext_pushed.connected_to(fail, app), pytest.raises(LookupError):
        app(dict(environ), lambda status, headers, exc_info=None: None)
    assert _cv_app.get(None) is None
    assert app.test_client().get("/").text == "index"
    assert seen == [False]


@pytest.mark.parametrize("path", ["/", "/fail"])
def test_decision_on_an_error_without_memory_leaves_no_context(path: str) -> None:
    """Up to 3.10 the call of ``should_ignore_error`` takes memory, whatever it does."""
    seen: list[t.Any] = []

    class Undecided(Flask):
        def should_ignore_error(self, error: BaseException | None) -> bool:
            raise MemoryError

    app = Undecided("undecided")
    app.logger.disabled = True
    app.teardown_request(seen.append)
    app.teardown_appcontext(seen.append)
    error = ValueError("planned")

    @app.get("/")
    def index() -> str:
        return "index"

    @app.get("/fail")
    def fail() -> str:
        raise error

    environ = app.test_request_context(path).request.environ
    with suppress(MemoryError):
        list(app(dict(environ), lambda status, headers, exc_info=None: None))
        assert path == "/"
    assert seen == [None if path == "/" else error] * 2
    assert _cv_app.get(None) is _cv_request.get(None) is None
    assert app_ctx_stack.entries() == request_ctx_stack.entries() == []


def test_error_of_a_converter_in_a_stream_leaves_no_context() -> None:
    """Flask keeps the request's context: its push matches again, after it is current."""
    app = Flask("stream")
    tries = []

    class Failing(BaseConverter):
        def to_python(self, value: str) -> str:
            tries.append(value)
            if len(tries) == 2:
                raise ValueError("planned")
            return value

    app.url_map.converters["failing"] = Failing

    @app.get("/<failing:name>")
    def index(name: str) -> t.Any:
        return stream_with_context(iter(["one", "two"]))

    environ = app.test_request_context("/").request.environ
    with pytest.raises(ValueError, match="planned"):
        list(app({**environ, "PATH_INFO": "/name"}, lambda status, headers, exc_info=None: None))
    assert _cv_app.get(None) is _cv_request.get(None) is None
    assert app_ctx_stack.entries() == request_ctx_stack.entries() == []
