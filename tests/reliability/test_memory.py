"""Memory that fails during a request; ``reliability/memory.py`` at a small size."""

from __future__ import annotations

import sys
import typing as t
from contextlib import suppress
from contextvars import ContextVar, copy_context
from functools import wraps

import pytest
from processes import run_module

from fastflask import Flask, _impl, appcontext_pushed, g
from fastflask._impl import app_ctx_stack, request_ctx_stack
from fastflask.globals import _cv_app, _cv_request

_testcapi = pytest.importorskip("_testcapi", reason="an interpreter without its own tests")


def in_own_context(test: t.Callable[[], None]) -> t.Callable[[], None]:
    """Keep a variable that has ``None`` in place of nothing from other tests."""

    @wraps(test)
    def run() -> None:
        copy_context().run(test)

    return run


LOSES_ERRORS = pytest.mark.skipif(
    sys.version_info >= (3, 12),
    reason="making the record of a log, CPython returns a result and an error, a SystemError",
)


@pytest.mark.parametrize("kind", ["hello", "404", pytest.param("500", marks=LOSES_ERRORS)])
def test_allocation_that_fails_ends_one_request_only(kind: str) -> None:
    assert run_module("reliability.memory", "--quick", "--kinds", kind).startswith(kind)


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
