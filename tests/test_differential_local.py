"""The same chain of operations on Werkzeug's proxy and on ours has the same outcome, step by step.

``FUZZ_LOCAL`` says how many chains for each implementation; see ``fuzzing``.
"""

from __future__ import annotations

import contextvars
import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from fuzzing import amount, unless_left_out
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from proxied_objects import TARGETS, hash_of, show
from strategies_local import TWO_SIDED, UNARY, call_special, in_place, read, steps, targets
from werkzeug import local as werkzeug_local

# Made once, as context variables that come and go are never freed.
VARIABLES = [contextvars.ContextVar[Any](f"differential.{n}") for n in range(2)]


class World:
    """A proxy from one of the implementations, and the object behind it."""

    def __init__(self, module: Any, number: int, source: str, named: bool, target: Any) -> None:
        self.target = target
        self.bound = True
        # Takes the variable back to where it has no value.
        self.unset: contextvars.Token[Any] | None = None
        self.module = module
        self.variable: contextvars.ContextVar[Any] = VARIABLES[number]
        name = "value" if named else None
        if source == "local":
            self.holder: Any = module.Local(self.variable)
            name = "value"
        elif source == "stack":
            self.holder = module.LocalStack(self.variable)
        elif source == "call":
            self.holder = self.call
        else:
            self.holder = self.variable
        self.source = source
        self.named = named
        self.proxy = module.LocalProxy(self.holder, name, unbound_message="nothing here")
        self.bind(target)

    def __reduce__(self) -> str:
        raise TypeError("no pickling")

    def call(self) -> Any:
        if not self.bound:
            raise RuntimeError("nothing here")
        return self.box(self.target)

    def box(self, target: Any) -> Any:
        return type("Box", (), {"value": target}) if self.named else target

    def bind(self, target: Any) -> None:
        self.target = target
        self.bound = True
        if self.source == "local":
            self.holder.value = target
        elif self.source == "stack":
            self.holder.push(self.box(target))
        elif self.source == "context":
            token = self.variable.set(self.box(target))
            self.unset = self.unset or token

    def unbind(self) -> None:
        self.bound = False
        if self.source in ("local", "stack"):
            self.holder.__release_local__()
        elif self.source == "context" and self.unset:
            self.variable.reset(self.unset)
            self.unset = None

    def operand(self, spec: Any) -> Any:
        """The other side of an operation: the proxy itself, its object, or some value."""
        if spec == "proxy":
            return self.proxy
        if spec == "target":
            return self.target
        if spec == "other proxy":
            other = self.target
            return self.module.LocalProxy(lambda: other)
        return copy.copy(spec)


def perform(world: World, step: tuple[Any, ...]) -> Any:
    action, *details = step
    proxy = world.proxy
    if action == "unary":
        return UNARY[details[0]](proxy)
    if action == "left":
        return TWO_SIDED[details[0]](proxy, world.operand(details[1]))
    if action == "right":
        return TWO_SIDED[details[0]](world.operand(details[1]), proxy)
    if action == "in place":
        return in_place(details[0])(proxy, world.operand(details[1]))
    if action == "read":
        return read(proxy, details[0])
    if action == "has":
        return hasattr(proxy, details[0])
    if action == "write":
        return setattr(proxy, details[0], world.operand(details[1]))
    if action == "delete":
        return delattr(proxy, details[0])
    if action == "special":
        return call_special(proxy, details[0], world.operand(details[1]))
    if action == "of class":
        method = getattr(type(proxy), details[0])
        other = world.operand(details[1])
        if details[0] == "__setattr__":
            return method(proxy, "x", other)
        # What deepcopy() remembers, it keeps by address.
        return method(proxy, {"__delattr__": "x", "__deepcopy__": {}}.get(details[0], other))
    if action == "pickle":
        return pickle.dumps(proxy, details[0])
    if action == "bind":
        return world.bind(TARGETS[details[0]]())
    return world.unbind()


#: CPython 3.10 to 3.13: ``iter()`` of a released memoryview gives an iterator and an error at once.
UNDEFINED = "a result with an exception set"


def outcome(world: World, step: tuple[Any, ...]) -> Any:
    """What a step gives, or the error it raises, and the object afterwards."""
    try:
        result = perform(world, step)
    except RecursionError:
        return "too deep"
    except SystemError as error:
        assert "returned a result with an exception set" in str(error), error
        return UNDEFINED
    except Exception as error:
        shown: Any = (
            "raises",
            type(error).__name__,
            show(str(error)),
            type(error.__cause__).__name__,
            error.__suppress_context__,
        )
    else:
        if result is world.proxy:
            shown = "the proxy"
        elif result is world.target and result is not None:
            shown = "the object"
        elif type(result) is int and result == hash_of(world.target):
            shown = "the object's hash"
        else:
            shown = show(result)
    return shown, show(world.target)


@unless_left_out("local")
@given(
    source=st.sampled_from(["context", "local", "stack", "call"]),
    named=st.booleans(),
    target=targets,
    chain=st.lists(steps, min_size=1, max_size=12),
)
@settings(
    max_examples=max(1, amount("local", 150)),
    deadline=None,
    database=None,
    # For ``@reproduce_failure``, beside the chain itself.
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_chain_of_operations_has_the_same_outcome(
    impl: Any, source: str, named: bool, target: int, chain: list[tuple[Any, ...]]
) -> None:
    class Ours:
        Local = werkzeug_local.Local
        LocalStack = werkzeug_local.LocalStack
        LocalProxy = impl.LocalProxy

    def run() -> None:
        theirs = World(werkzeug_local, 0, source, named, TARGETS[target]())
        ours = World(Ours, 1, source, named, TARGETS[target]())
        for number, step in enumerate(chain):
            expected, found = outcome(theirs, step), outcome(ours, step)
            if expected == UNDEFINED:
                assert isinstance(theirs.target, memoryview)
                return
            assert found == expected, (number, step)

    contextvars.Context().run(run)


@pytest.mark.parametrize("make", TARGETS)
def test_every_unary_operation_has_the_same_outcome(impl: Any, make: Callable[[], Any]) -> None:
    class Ours:
        LocalProxy = impl.LocalProxy

    for number in range(len(UNARY)):
        theirs = World(werkzeug_local, 0, "call", False, make())
        ours = World(Ours, 1, "call", False, make())
        step = ("unary", number)
        assert outcome(ours, step) == outcome(theirs, step), number
