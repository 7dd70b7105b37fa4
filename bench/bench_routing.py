"""From a path and a method to a rule and its arguments, in tables of one to ten thousand rules."""

from __future__ import annotations

import typing as t

import pytest
from werkzeug.exceptions import HTTPException

from .tables import FALCON_IS_SLOW, KINDS, SIZES, Table, api, finder, siblings

_FULL = pytest.mark.full
_OTHERS = ("miss", "method")


def _bench(
    benchmark: t.Any, side: t.Any, table: Table, paths: list[str], method: str = "GET"
) -> None:
    """Measure a match. Errors are caught, as whoever asks has to."""
    find = finder(side, table)

    def match() -> None:
        for path in paths:
            try:
                find(path, method)
            except HTTPException:
                pass

    benchmark.extra_info["operations"] = len(paths)
    benchmark(match)


@pytest.mark.parametrize("kind", ["static", "int", "mixed"])
@pytest.mark.parametrize("size", [*SIZES[:-1], pytest.param(SIZES[-1], marks=_FULL)])
@pytest.mark.parametrize("ask", ["hit", *(pytest.param(ask, marks=_FULL) for ask in _OTHERS)])
def bench_match(benchmark, side, kind, size, ask):
    """A path that a rule matches, that none does, or only for another method."""
    if ask == "method" and side.tag == "falcon":
        pytest.skip("Falcon's router does not look at the method")
    # Once is enough for the chart.
    if side.tag == "falcon" and size == SIZES[-1] and (kind, ask) != ("mixed", "hit"):
        pytest.skip(FALCON_IS_SLOW)
    table = KINDS[kind](size)
    paths = table.misses() if ask == "miss" else table.hits()
    _bench(benchmark, side, table, paths, "POST" if ask == "method" else "GET")


@pytest.mark.parametrize("arguments", [0, 1, 2, 4])
def bench_api(benchmark, side, arguments):
    """A path with so many arguments, in an API of 302 rules."""
    table = api(arguments)
    _bench(benchmark, side, table, table.hits())


def bench_api_miss(benchmark, side):
    """A path that no rule matches, in an API of 302 rules."""
    table = api(2)
    _bench(benchmark, side, table, table.misses())


@_FULL
@pytest.mark.parametrize("ask", ["hit", "miss"])
def bench_siblings(benchmark, side, ask):
    """One of 1,000 rules that differ only within the segment of their variable."""
    table = siblings(1_000)
    paths = table.misses() if ask == "miss" else table.hits()
    # The slowest take milliseconds for each.
    _bench(benchmark, side, table, paths[::20])
