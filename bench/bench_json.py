"""JSON to and from the objects of a view, by the providers that an application can choose from."""

from __future__ import annotations

import importlib
import typing as t

import pytest

_ROW = {"id": 12345, "name": "Ada", "tags": ["a", "b"], "price": 12.5, "ok": True, "none": None}
_PROVIDERS = ["default", "fast"]
_SIZES = [1, pytest.param(200, marks=pytest.mark.full)]


def _provider(side: t.Any, name: str) -> t.Any:
    flask = side.module
    app = flask.Flask(__name__)
    if name == "fast":
        if flask.__name__ == "flask":
            pytest.skip("Flask has no such provider")
        pytest.importorskip("orjson")
        app.json = importlib.import_module("fastflask.json.fast").FastJSONProvider(app)
    # The provider knows its application by a weak reference only.
    app.json.kept = app
    return app.json


@pytest.mark.parametrize("provider", _PROVIDERS)
@pytest.mark.parametrize("rows", _SIZES)
def bench_dumps(benchmark, side, provider, rows):
    """A list of objects to compact text, as in a response."""
    dumps = _provider(side, provider).dumps
    value = [dict(_ROW) for _ in range(rows)]
    benchmark(lambda: dumps(value, separators=(",", ":")) and None)


@pytest.mark.parametrize("provider", _PROVIDERS)
@pytest.mark.parametrize("rows", _SIZES)
def bench_loads(benchmark, side, provider, rows):
    """The bytes of a body to a list of objects."""
    json = _provider(side, provider)
    body = json.dumps([_ROW] * rows).encode()
    loads = json.loads
    benchmark(lambda: loads(body) and None)
