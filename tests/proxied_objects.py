"""Objects of many kinds to stand behind a proxy, and how they are shown and told apart."""

from __future__ import annotations

import collections.abc
import contextlib
import contextvars
import enum
import inspect
import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from werkzeug import local as werkzeug_local


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
