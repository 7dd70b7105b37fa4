"""What can be done with a proxy: steps for ``test_differential_local.py``."""

from __future__ import annotations

import collections.abc
import contextlib
import copy
import inspect
import json
import math
import operator
import os
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from markupsafe import escape
from proxied_objects import BINARY, COMPARE, TARGETS, Plain, function
from werkzeug import local as werkzeug_local

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
