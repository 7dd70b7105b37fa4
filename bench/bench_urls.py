"""From an endpoint and its values to a URL."""

from __future__ import annotations

import typing as t

_NUMBERS = range(1_000, 1_050)


def _in_request(side: t.Any) -> t.Any:
    """Push a request that stays, and return the function that builds URLs."""
    flask = side.module
    app = flask.Flask(__name__)
    pages = flask.Blueprint("pages", __name__, url_prefix="/pages")
    pages.add_url_rule("/<int:page>", "page", lambda page: "")
    app.add_url_rule("/about", "about", lambda: "")
    app.add_url_rule("/users/<int:user>/notes/<title>", "note", lambda user, title: "")
    app.register_blueprint(pages)
    side.enter(app.test_request_context("/pages/7"))
    return flask.url_for


def _bench(benchmark: t.Any, build: t.Callable[[int], str]) -> None:
    def build_some() -> None:
        for number in _NUMBERS:
            build(number)

    benchmark.extra_info["operations"] = len(_NUMBERS)
    benchmark(build_some)


def bench_static(benchmark, side):
    """An endpoint without variables."""
    url_for = _in_request(side)
    _bench(benchmark, lambda number: url_for("about"))


def bench_two_arguments(benchmark, side):
    """An endpoint with a number and a text."""
    url_for = _in_request(side)
    _bench(benchmark, lambda number: url_for("note", user=number, title="a title"))


def bench_query(benchmark, side):
    """A value that goes into the query."""
    url_for = _in_request(side)
    _bench(benchmark, lambda number: url_for("about", page=number))


def bench_relative(benchmark, side):
    """An endpoint of the current blueprint."""
    url_for = _in_request(side)
    _bench(benchmark, lambda number: url_for(".page", page=number))


def bench_external(benchmark, side):
    """A whole URL, with scheme and host."""
    url_for = _in_request(side)
    _bench(benchmark, lambda number: url_for("about", _external=True))


def bench_adapter(benchmark, side):
    """Two arguments, by the adapter itself, outside of a request."""
    routing = side.part("routing")
    rules = [routing.Rule("/users/<int:user>/notes/<title>", endpoint="note")]
    build = routing.Map(rules).bind("example.com").build
    _bench(benchmark, lambda number: build("note", {"user": number, "title": "a title"}))
