"""The look for lost memory sees what is lost, and tells apart what the interpreter loses."""

from __future__ import annotations

import sys
import typing as t

import pytest

pytest.importorskip("_testcapi", reason="an interpreter without its own tests")

from _testcapi import remove_mem_hooks, set_nomemory

from . import losses
from .service import Place
from .soak import MEMORY_IS_OURS


def fail(function: t.Callable[[], t.Any], n: int = 0) -> MemoryError | None:
    """Let the n-th allocation of a function fail."""
    set_nomemory(n, n + 1)
    try:
        function()
    except MemoryError as error:
        remove_mem_hooks()
        return error
    finally:
        remove_mem_hooks()
    return None


#: A sanitizer has an allocator of its own.
memory_is_ours = pytest.mark.skipif(not MEMORY_IS_OURS, reason="nobody counts its blocks")


@memory_is_ours
def test_small_object_each_second_time_is_a_loss() -> None:
    kept: list[t.Any] = []
    times = iter(range(1000))
    assert losses.costs_memory(lambda: kept.append(object()) if next(times) % 2 else None)


@memory_is_ours
@pytest.mark.skipif(losses._mallinfo is None, reason="only glibc tells")
def test_large_block_is_a_loss() -> None:
    kept: list[t.Any] = [None] * 100
    times = iter(range(1000))
    assert losses.costs_memory(lambda: kept.__setitem__(next(times), bytearray(2000)))


def test_what_is_made_for_the_first_time_is_no_loss() -> None:
    kept: dict[int, t.Any] = {}
    times = iter(range(1000))
    assert not losses.costs_memory(lambda: kept.__setitem__(next(times) % 10, object()))


def test_name_of_an_attribute_is_no_loss() -> None:
    times = iter(range(1000))
    assert not losses.costs_memory(lambda: hasattr(object(), f"name {next(times)}"))


def share(value: t.Any) -> t.Any:
    return lambda: value


def join(value: t.Any) -> t.Any:
    return [value] * 100


@pytest.mark.parametrize("called", [share, join])
def test_arguments_that_the_interpreter_loses_are_told_apart(
    called: t.Callable[[t.Any], t.Any],
) -> None:
    value = object()

    def call() -> None:
        called(value)

    calls = losses.Calls()
    calls.learn(call)
    before = sys.getrefcount(value)
    error = fail(call)
    assert error is not None
    place = Place.of(error.__traceback__)
    del error
    assert calls.explain(place) == (sys.getrefcount(value) > before)
    assert not calls.explain(Place())
