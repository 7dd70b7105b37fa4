"""The stacks: what is current, who serves what, and where the variables of the two lie."""

from __future__ import annotations

import gc
import runpy
import threading
import typing as t
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import pytest

from fastflask import _vars


class Stack(t.NamedTuple):
    var: ContextVar[t.Any]
    stack: t.Any


@pytest.fixture
def one(impl: t.Any) -> Stack:
    var: ContextVar[t.Any] = ContextVar("one")
    return Stack(var, impl.ContextStack(var))


def test_stack_pushes_and_pops(one: Stack) -> None:
    assert one.stack.top is None
    assert one.stack.pop() is None
    one.stack.push("a")
    one.stack.push("b")
    assert one.stack.top == one.var.get() == "b"
    assert one.stack.lookup(threading.get_ident()) == ("a", "b")
    assert one.stack.pop() == "b"
    assert one.stack.top == "a"
    assert one.stack.pop() == "a"
    assert one.var.get("unset") == "unset"
    assert one.stack.lookup(threading.get_ident()) == ()
    assert one.stack.entries() == []


def test_stack_top_is_what_the_variable_says(one: Stack) -> None:
    token = one.var.set("set directly")
    assert one.stack.top == "set directly"
    assert one.stack.lookup(threading.get_ident()) == ()
    one.var.reset(token)


def test_stack_tells_of_other_threads(one: Stack) -> None:
    pushed, looked = threading.Event(), threading.Event()

    def work() -> None:
        one.stack.push("outer")
        one.stack.push("inner")
        pushed.set()
        looked.wait(10)
        one.stack.pop()
        one.stack.pop()

    worker = threading.Thread(target=work)
    worker.start()
    assert pushed.wait(10)
    try:
        assert worker.ident is not None
        assert one.stack.lookup(worker.ident) == ("outer", "inner")
        entries = one.stack.entries()
        assert [(ident, context) for ident, context, _ in entries] == [
            (worker.ident, "outer"),
            (worker.ident, "inner"),
        ]
        assert all(0 <= age < 60 for _, _, age in entries)
        # What others serve is not what is current here.
        assert one.stack.top is None
    finally:
        looked.set()
        worker.join()
    assert one.stack.lookup(worker.ident) == () and one.stack.entries() == []


def test_stack_in_many_threads(one: Stack) -> None:
    def work(number: int) -> bool:
        good = True
        for step in range(200):
            one.stack.push((number, step))
            good &= one.stack.top == (number, step)
            one.stack.entries()
            good &= one.stack.pop() == (number, step)
        return good

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
    assert one.stack.entries() == []


def test_stack_knows_threads_that_take_turns(one: Stack) -> None:
    # A thread that has an ended one's ident among them.
    for number in range(50):
        seen: list[t.Any] = []

        def work(number: int = number, seen: list[t.Any] = seen) -> None:
            seen.append(one.stack.lookup(threading.get_ident()))
            one.stack.push(number)
            if number % 2:
                seen.append(one.stack.pop())

        worker = threading.Thread(target=work)
        one.stack.push("here")
        worker.start()
        worker.join()
        one.stack.push("again")
        assert seen == ([(), number] if number % 2 else [()])
        assert one.stack.lookup(threading.get_ident()) == ("here", "again")
        assert [context for _, context, _ in one.stack.entries()] == ["here", "again"]
        one.stack.pop()
        one.stack.pop()


def test_stack_is_referred_to_weakly_and_freed(impl: t.Any) -> None:
    stack = impl.ContextStack(ContextVar("weak"))
    ref = weakref.ref(stack)
    del stack
    gc.collect()
    assert ref() is None


def test_variables_of_contexts_lie_in_different_places(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = iter([5, 5 + 32, (1 << 32) + 4, 6])
    made = []

    class Variable:
        def __init__(self, name: str) -> None:
            self.name, self.hash = name, next(hashes)
            made.append(name)

        def __hash__(self) -> int:
            return self.hash

    monkeypatch.setattr("contextvars.ContextVar", Variable)
    names = runpy.run_path(_vars.__file__)
    assert made == ["flask.app_ctx"] + ["flask.request_ctx"] * 3
    assert (hash(names["cv_app"]), hash(names["cv_request"])) == (5, 6)
