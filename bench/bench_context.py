"""What is current: entering and leaving it, and looking it up."""

from __future__ import annotations

import threading
import typing as t
from contextvars import ContextVar

import pytest

from .operations import repeat
from .workloads import WORKLOADS


def _stack(side: t.Any) -> t.Any:
    """Return an empty stack with ``push``, ``pop`` and ``top``."""
    local = side.part("local")
    if side.tag == "flask":
        return local.LocalStack()
    from fastflask import _impl

    return _impl.ContextStack(ContextVar("bench"))


def _bench(benchmark: t.Any, statement: str, **names: t.Any) -> None:
    benchmark.extra_info["operations"] = 100
    benchmark(repeat(statement, names))


def _plain_only(side: t.Any) -> None:
    if side.tag != "raw":
        pytest.skip("the standard library's, without a framework")


def bench_app_context(benchmark, side):
    """An application context pushed and popped."""
    app = side.module.Flask(__name__)

    def push_and_pop():
        with app.app_context():
            pass

    benchmark(push_and_pop)


def bench_request_context(benchmark, side):
    """A request context pushed and popped, with the path matched."""
    app = side.module.Flask(__name__)
    app.add_url_rule("/", "index", lambda: "")
    environ, _ = WORKLOADS["hello"].environs()[0]

    def push_and_pop():
        with app.request_context(environ.copy()):
            pass

    benchmark(push_and_pop)


def bench_push_pop(benchmark, side):
    """A stack's push and pop; without a framework, a ContextVar set and reset."""
    if side.tag == "raw":
        variable: ContextVar[t.Any] = ContextVar("bench")
        _bench(
            benchmark, "reset(set(value))", set=variable.set, reset=variable.reset, value=object()
        )
    else:
        _bench(benchmark, "stack.push(value); stack.pop()", stack=_stack(side), value=object())


def bench_top(benchmark, side):
    """The current object by the stack's ``top``; without a framework, by ``ContextVar.get``."""
    if side.tag == "raw":
        variable: ContextVar[t.Any] = ContextVar("bench")
        variable.set(object())
        _bench(benchmark, "get(None)", get=variable.get)
    else:
        stack = _stack(side)
        stack.push(object())
        _bench(benchmark, "stack.top", stack=stack)


def bench_top_by_ident(benchmark, side):
    """The current object by a dictionary keyed by thread ident, in plain Python."""
    _plain_only(side)
    names = {"get_ident": threading.get_ident, "table": {threading.get_ident(): [object()]}}
    _bench(benchmark, "table[get_ident()][-1]", **names)


def bench_lookup(benchmark, side):
    """What a thread has pushed, asked for by its ident."""
    stack = _stack(side)
    if not hasattr(stack, "lookup"):
        pytest.skip("its stack does not tell of other threads")
    stack.push(object())
    _bench(benchmark, "stack.lookup(ident)", stack=stack, ident=threading.get_ident())
