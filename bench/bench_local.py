"""What stands for the current object: each use of a proxy beside the same use of the object."""

from __future__ import annotations

import typing as t
from contextvars import ContextVar

from .operations import repeat


class _Thing:
    def __init__(self) -> None:
        self.name = "thing"


def _current(side: t.Any, value: t.Any) -> t.Any:
    """Return a proxy to a value, or the value itself for the plain use."""
    if side.tag == "raw":
        return value
    variable: ContextVar[t.Any] = ContextVar("bench")
    variable.set(value)
    return side.part("local").LocalProxy(variable)


def _in_request(side: t.Any) -> t.Any:
    """Push a request that stays, and return the module."""
    app = side.module.Flask(__name__)
    app.secret_key = "only for measuring"
    side.enter(app.test_request_context("/users/7?page=2"))
    side.module.g.name = "g"
    return side.module


def _bench(benchmark: t.Any, statement: str, **names: t.Any) -> None:
    benchmark.extra_info["operations"] = 100
    benchmark(repeat(statement, names))


def bench_attribute(benchmark, side):
    """An attribute read."""
    _bench(benchmark, "thing.name", thing=_current(side, _Thing()))


def bench_set_attribute(benchmark, side):
    """An attribute set."""
    _bench(benchmark, "thing.name = 1", thing=_current(side, _Thing()))


def bench_call(benchmark, side):
    """A call of the object."""
    _bench(benchmark, "function()", function=_current(side, int))


def bench_item(benchmark, side):
    """An item read."""
    _bench(benchmark, "mapping['a']", mapping=_current(side, {"a": 1}))


def bench_truth(benchmark, side):
    """Whether the object counts as true."""
    _bench(benchmark, "not mapping", mapping=_current(side, {"a": 1}))


def bench_compare(benchmark, side):
    """A comparison."""
    _bench(benchmark, "number == 7", number=_current(side, 7))


def bench_request_method(benchmark, side):
    """``request.method``; without a framework, an attribute of a plain object."""
    if side.tag == "raw":
        _bench(benchmark, "thing.name", thing=_Thing())
    else:
        _bench(benchmark, "request.method", request=_in_request(side).request)


def bench_request_method_plain(benchmark, side):
    """``method`` of the request object itself, not through the proxy."""
    request = _in_request(side).request._get_current_object()
    _bench(benchmark, "request.method", request=request)


def bench_g_attribute(benchmark, side):
    """``g.name``"""
    _bench(benchmark, "g.name", g=_in_request(side).g)


def bench_current_app_name(benchmark, side):
    """``current_app.import_name``"""
    _bench(benchmark, "current_app.import_name", current_app=_in_request(side).current_app)


def bench_session_get(benchmark, side):
    """``session.get("user")``"""
    _bench(benchmark, "session.get('user')", session=_in_request(side).session)
