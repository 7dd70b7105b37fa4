"""The same chain of operations on Werkzeug's proxy and on ours has the same outcome, step by step.

``FUZZ_LOCAL`` says how many chains for each implementation; see ``fuzzing``.
"""

from __future__ import annotations

import collections.abc
import contextlib
import contextvars
import copy
import enum
import inspect
import json
import math
import operator
import os
import pickle
import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from fuzzing import amount, unless_left_out
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import escape
from werkzeug import local as werkzeug_local

# Made once, as context variables that come and go are never freed.
VARIABLES = [contextvars.ContextVar[Any](f"differential.{n}") for n in range(2)]


class Plain:
    """A class with attributes."""

    shared = [1]

    def __init__(self) -> None:
        self.x = 1
        self._hidden = 2
        self.reads = 0

    @property
    def counted(self) -> int:
        self.reads += 1
        return self.reads

    @property
    def broken(self) -> None:
        self.reads += 1
        raise AttributeError("from inside")

    @property
    def failing(self) -> None:
        raise KeyError("from inside")

    def method(self, *args: Any, **kwargs: Any) -> Any:
        return args, kwargs


class Anything:
    """An object that answers every operation with a note of what it was asked."""

    def __init__(self) -> None:
        self.log: list[Any] = []

    def __bool__(self) -> bool:
        return False

    def __len__(self) -> int:
        return 3

    def __hash__(self) -> int:
        return 77

    def __index__(self) -> int:
        return 2

    def __int__(self) -> int:
        return 5

    def __float__(self) -> float:
        return 0.5

    def __complex__(self) -> complex:
        return 1j

    def __length_hint__(self) -> int:
        return 9

    def __bytes__(self) -> bytes:
        return b"anything"

    def __format__(self, spec: str) -> str:
        return f"<{spec}>"

    def __contains__(self, item: Any) -> bool:
        self.log.append(("in", show(item)))
        return True

    def __iter__(self) -> Iterator[Any]:
        return iter("ab")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "missing":
            raise AttributeError(f"no {name}")
        return f"dynamic {name}"

    def __enter__(self) -> str:
        return "entered"

    def __exit__(self, *details: Any) -> bool:
        # Not the object itself, whose comparison would be noted as well.
        self.log.append(("exit", show(details[0])))
        return details[0] is KeyError

    async def __aenter__(self) -> str:
        return "entered"

    async def __aexit__(self, *details: Any) -> bool:
        return True

    def __await__(self) -> Any:
        return iter(())

    def __aiter__(self) -> Anything:
        return self

    async def __anext__(self) -> str:
        return "next"

    def __round__(self, digits: int | None = None) -> tuple[str, int | None]:
        return "round", digits

    def __instancecheck__(self, other: Any) -> bool:
        return other == 1

    def __subclasscheck__(self, other: Any) -> bool:
        return other is int


def _note(name: str) -> Callable[..., Any]:
    def special(self: Anything, *args: Any) -> Any:
        self.log.append((name, [show(arg) for arg in args]))
        return (name, len(args))

    special.__name__ = name
    return special


BINARY = "add sub mul matmul truediv floordiv mod divmod pow lshift rshift and xor or".split()
COMPARE = "lt le eq ne gt ge".split()
for _name in BINARY:
    for _prefix in ("", "r"):
        setattr(Anything, f"__{_prefix}{_name}__", _note(f"__{_prefix}{_name}__"))
for _name in [
    *COMPARE, *(f"i{n}" for n in BINARY if n != "divmod"), "neg", "pos", "abs", "invert",
    "getitem", "setitem", "delitem", "call", "reversed", "next", "trunc", "floor", "ceil", "copy",
]:  # fmt: skip
    setattr(Anything, f"__{_name}__", _note(f"__{_name}__"))


def make_function() -> Callable[..., Any]:
    def function(a: int, b: int = 2, *, c: int = 3) -> tuple[int, int, int]:
        """A function."""
        return a, b, c

    return function


function = make_function()


# Each makes an equal object anew, so that what is done to one proxy's object stays there.
TARGETS: list[Callable[[], Any]] = [
    lambda: None, lambda: True, lambda: 0, lambda: 7, lambda: -3, lambda: 70, lambda: 2.5,
    lambda: 1 + 2j, lambda: "text", lambda: "", lambda: "\0\udc80\U0001f600", lambda: b"bytes",
    lambda: [1, 2, 3], lambda: (1, [2]), lambda: {"a": 1, "b": [2]}, lambda: {1, 2},
    lambda: frozenset({3}), lambda: bytearray(b"ab"), lambda: iter([1, 2]), lambda: range(5),
    lambda: (n for n in (1, 2)), Plain, Anything, lambda: type("Made", (Plain,), {}), lambda: int,
    make_function, lambda: make_function().__get__(1), lambda: len, lambda: ModuleType("made"),
    lambda: enum.Enum("Colour", "RED"), lambda: enum.Enum("Colour", "RED").RED,
    lambda: memoryview(b"ab"), lambda: slice(1, 2), lambda: ValueError("v"), object,
    lambda: list[int], lambda: contextlib.nullcontext(4), lambda: NotImplemented,
]  # fmt: skip

NAMES = """
    x shared counted broken failing method missing real a.b _hidden fset append
    __class__ __doc__ __dict__ __wrapped__ __module__ __name__ __qualname__ __slots__ __weakref__
    __len__ __iter__ __next__ __enter__ __exit__ __aenter__ __await__ __call__ __hash__ __repr__
    __getattribute__ __add__ __radd__ __iadd__ __eq__ __bool__
    __int__ __index__ __format__ __bytes__ __copy__ __deepcopy__ __mro__ __bases__
    __reduce_ex__ __fspath__ __set_name__ __get__ __init__ __new__ __html__ __signature__
    __class_getitem__ __orig_bases__ __parameters__ _get_current_object _LocalProxy__wrapped
    __code__ __members__ __buffer__ __abstractmethods__ __isabstractmethod__ __text_signature__
""".split()
# Bound to the proxy where Werkzeug's is bound to the object: the same when called, not as shown.
BOUND_TO_THE_PROXY = ["__getattr__", "__setattr__", "__delattr__"]
# To be called, too. Without those whose wrong number of arguments Cython words differently.
SPECIAL = [n for n in NAMES if "__" in n and n not in ("__init__", "__class__")]
SPECIAL += BOUND_TO_THE_PROXY
# Called on the class of a proxy, the pure twin's forwards; Werkzeug's class has that of ``object``.
OF_CLASS = [n for n in SPECIAL if n != "__getattribute__"]


def show(value: Any, depth: int = 0) -> Any:
    """Describe a value without what must differ: addresses, and in which module a class is."""
    kind = type(value)
    if issubclass(kind, werkzeug_local.LocalProxy):
        return "a proxy"
    if kind in (tuple, list) and depth < 6:
        return [kind.__name__, *(show(item, depth + 1) for item in value)]
    if kind is str and value.startswith("A proxy"):
        return "docstring of the proxy's class"
    if kind is dict and depth < 6:
        return ["dict", *(show(item, depth + 1) for item in value.items())]
    if kind is contextvars.ContextVar:
        return "variable"
    if inspect.iscoroutine(value):
        value.close()
    if kind is Anything:
        return ["Anything", *value.log]
    if kind is Plain:
        return ["Plain", *(show(item, depth + 1) for item in sorted(vars(value).items()))]
    if callable(value) and not isinstance(value, type):
        return "callable"
    if isinstance(value, (collections.abc.Iterator, collections.abc.Coroutine)):
        return kind.__name__
    try:
        text = repr(value)
    except Exception as error:
        text = f"repr raises {error!r}"
    text = re.sub(r"0x[0-9a-f]+", "0x", text)
    return kind.__name__, re.sub(r"(werkzeug\.local|fastflask\.[\w.]+)\.", "", text)


def hash_of(value: Any) -> int | None:
    """The hash of what has one that differs between equal objects."""
    if isinstance(value, (int, float, complex)):
        return None
    try:
        return hash(value)
    except Exception:
        # That of a member of an Enum fails without the attributes that a step has taken away.
        return None


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


def drive(awaitable: Any) -> Any:
    """Run what never has to wait."""

    async def main() -> Any:
        return await awaitable

    coroutine = main()
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    finally:
        coroutine.close()
    return "waited"


async def enter_async(manager: Any) -> Any:
    async with manager as value:
        return value


async def first_async(iterable: Any) -> Any:
    async for value in iterable:
        return value


def enter(manager: Any, error: type[Exception] | None) -> Any:
    with manager as value:
        if error:
            raise error("in the block")
        return value
    return "swallowed"


def in_place(name: str) -> Callable[[Any, Any], Any]:
    apply = getattr(operator, f"i{name}")

    def augmented(proxy: Any, other: Any) -> Any:
        result = apply(proxy, other)
        return "the proxy itself" if result is proxy else result

    return augmented


def read(proxy: Any, name: str) -> Any:
    value = getattr(proxy, name)
    if name == "__class__" and issubclass(value, werkzeug_local.LocalProxy):
        return "proxy class"
    if name in ("__module__", "__orig_bases__"):
        return "of the proxy's class, so another one"
    return value


def call_special(proxy: Any, name: str, other: Any) -> Any:
    """Call a special method as an attribute, with as many arguments as it takes."""
    method = getattr(proxy, name)
    if name in BOUND_TO_THE_PROXY:
        return method("x", other) if name == "__setattr__" else method("x")
    plain = name.strip("_")
    two_sided = {*BINARY, *COMPARE, "format"}
    return method(other) if plain in two_sided or plain[1:] in two_sided else method()


UNARY: list[Callable[[Any], Any]] = [
    repr, str, bytes, format, hash, bool, len, iter, next, reversed, dir, abs, int, float, complex,
    round, math.trunc, math.floor, math.ceil, operator.index, operator.length_hint, operator.neg,
    operator.pos, operator.invert, operator.not_, list, tuple, dict, set, vars, bin, chr, callable,
    copy.copy, copy.deepcopy, inspect.isawaitable, inspect.iscoroutine, inspect.isfunction,
    inspect.isclass, inspect.unwrap, inspect.signature, inspect.getdoc,
    inspect.iscoroutinefunction, json.dumps, escape, "".join, sorted, sum, max,
    os.fspath, memoryview, contextlib.ExitStack().enter_context, drive,
    lambda p: "".join([p]), lambda p: f"{p:>4}", lambda p: "%s %%" % p, lambda p: "%d" % p,  # noqa: UP031
    lambda p: [*p], lambda p: {**p}, lambda p: function(*p), lambda p: function(**p),
    lambda p: "abcdefgh"[p], lambda p: [1, 2][p:], lambda p: isinstance(1, p),
    lambda p: issubclass(int, p), lambda p: issubclass(type(p), werkzeug_local.LocalProxy),
    lambda p: type(p).__name__, lambda p: drive(enter_async(p)), lambda p: drive(first_async(p)),
    lambda p: p(), lambda p: p(1, c=4), lambda p: p._get_current_object(),
    lambda p: enter(p, None), lambda p: enter(p, KeyError), lambda p: enter(p, ValueError),
    lambda p: [isinstance(p, c) for c in (int, str, list, dict, Plain, type, BaseException)],
    lambda p: [
        isinstance(p, getattr(collections.abc, c)) for c in collections.abc.__all__ if c != "Buffer"
    ],
    lambda p: type(type(p)).__name__, lambda p: p[0], lambda p: p["a"], lambda p: p[:1],
    lambda p: operator.delitem(p, 0), lambda p: operator.delitem(p, "a"),
    lambda p: operator.setitem(p, 0, 9), lambda p: operator.setitem(p, "z", 9),
    lambda p: operator.setitem(p, slice(0, 1), [8]), lambda p: p.append(4), lambda p: p.upper(),
    lambda p: pow(p, 2, 5), lambda p: pow(2, p, 5), lambda p: pow(2, 3, p), lambda p: int(p, 16),
    lambda p: round(p, 1), lambda p: p == p, lambda p: p != p, lambda p: p is p, lambda p: p < p,
    lambda p: hash(p) == hash(p), lambda p: object.__repr__(p)[:1], lambda p: match(p),
]  # fmt: skip


def match(value: Any) -> str:
    match value:
        case [first, *_]:
            return f"sequence {first}"
        case {"a": found}:
            return f"mapping {found}"
        case Plain(x=found):
            return f"plain {found}"
        case 7 | "text":
            return "literal"
    return "nothing"


TWO_SIDED = [
    *(getattr(operator, f"__{n}__") for n in [*COMPARE, *BINARY] if n != "divmod"),
    divmod, pow, operator.contains, operator.getitem, operator.concat, isinstance,
]  # fmt: skip

operands = st.sampled_from([
    "proxy", "target", "other proxy", 0, 1, 2, -1, 2.5, "a", "text", b"x", [5], (1,), {"a": 2},
    {1}, None, int, 1j,
])  # fmt: skip
targets = st.integers(0, len(TARGETS) - 1)
steps = st.one_of(
    st.tuples(st.just("unary"), st.integers(0, len(UNARY) - 1)),
    st.tuples(st.just("left"), st.integers(0, len(TWO_SIDED) - 1), operands),
    st.tuples(st.just("right"), st.integers(0, len(TWO_SIDED) - 1), operands),
    st.tuples(st.just("in place"), st.sampled_from([n for n in BINARY if n != "divmod"]), operands),
    st.tuples(st.just("read"), st.sampled_from(NAMES)),
    st.tuples(st.just("has"), st.sampled_from(NAMES)),
    st.tuples(st.just("write"), st.sampled_from(NAMES), operands),
    st.tuples(st.just("delete"), st.sampled_from(NAMES)),
    st.tuples(st.just("special"), st.sampled_from(SPECIAL), operands),
    st.tuples(st.just("of class"), st.sampled_from(OF_CLASS), operands),
    st.tuples(st.just("pickle"), st.integers(0, 5)),
    st.tuples(st.just("bind"), targets),
    st.tuples(st.just("unbind")),
)


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
