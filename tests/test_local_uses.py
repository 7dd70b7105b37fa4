"""The proxy engine where it meets other code, at its limits, and the module that exports it."""

from __future__ import annotations

import contextlib
import functools
import gc
import inspect
import json
import operator
import pickle
import re
import sys
import weakref
from collections.abc import Callable
from typing import Any
from unittest import mock

import markupsafe
import pytest
import werkzeug.local
from proxied import STORAGE, VARIABLE, Thing, never, own_values, to  # noqa: F401

import fastflask.local

# Meeting other code


@pytest.mark.parametrize("target", ["<text>", 3, [1], {"a": 1}, None])
@pytest.mark.parametrize(
    "use",
    [
        json.dumps,
        markupsafe.escape,
        lambda p: ",".join([p]),
        lambda p: "%s %r" % (p, p),  # noqa: UP031
        lambda p: f"{p!s:>5}",
        lambda p: b"".join([p]),
        lambda p: {"a": 1, **p},
        lambda p: dict(p),
        lambda p: [*p],
        lambda p: markupsafe.Markup("<b>%s</b>") % p,
    ],
)
def test_code_that_tests_exact_types_treats_it_as_the_reference(
    impl: Any, use: Callable[[Any], Any], target: Any
) -> None:
    def result(proxy: Any) -> Any:
        try:
            return use(proxy)
        except Exception as error:
            # From CPython 3.15 on, the module of a class is told as well.
            return type(error), re.sub(r"[\w.]+\.LocalProxy", "LocalProxy", str(error))

    assert result(to(impl, target)) == result(werkzeug.local.LocalProxy(lambda: target))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("target", [3, "text", [1], Thing(), Thing, len])
def test_pickling_fails_as_with_the_reference(impl: Any, protocol: int, target: Any) -> None:
    def error(proxy: Any) -> Any:
        with pytest.raises(Exception) as caught:
            pickle.dumps(proxy, protocol)
        return caught.type

    VARIABLE.set(target)
    for make in (impl.LocalProxy, werkzeug.local.LocalProxy):
        assert pickle.dumps(make(VARIABLE)._get_current_object()) == pickle.dumps(target)
    assert error(impl.LocalProxy(VARIABLE)) is error(werkzeug.local.LocalProxy(VARIABLE))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickling_an_unbound_proxy_fails(impl: Any, protocol: int) -> None:
    with pytest.raises((RuntimeError, TypeError, AttributeError, pickle.PicklingError)):
        pickle.dumps(impl.LocalProxy(never), protocol)


def test_functions_of_the_library_see_the_object(impl: Any) -> None:
    def function(a: int, *, b: int = 2) -> int:
        """Documented."""
        return a + b

    proxy = to(impl, function)
    assert str(inspect.signature(proxy)) == "(a, *, b=2)"
    assert inspect.isfunction(proxy)
    assert inspect.getdoc(proxy) == "Documented."
    wrapped = functools.wraps(proxy)(lambda: None)
    assert (wrapped.__name__, wrapped.__doc__) == ("function", "Documented.")
    assert wrapped.__wrapped__ is proxy
    assert functools.partial(proxy, 1)() == 3


def test_mock_patches_the_object(impl: Any) -> None:
    thing = Thing()
    proxy = to(impl, thing)
    with mock.patch.object(proxy, "inner", "patched"):
        assert thing.inner == "patched"  # type: ignore[comparison-overlap]
    assert thing.inner.value == 5
    assert isinstance(mock.create_autospec(proxy), object)


def test_structural_patterns_match_the_object(impl: Any) -> None:
    match to(impl, Thing()):
        case Thing(kind=kind):
            assert kind == "thing"
        case _:
            pytest.fail("no match")


# Limits


def test_proxies_in_a_circle_end_in_a_recursion_error(impl: Any) -> None:
    """In the compiled module no Python code runs between one proxy and the next."""
    if impl.LocalProxy.__module__.startswith("fastflask._pure"):
        pytest.skip("Werkzeug's slots run out of stack here")
    first = impl.LocalProxy(lambda: second)
    second = impl.LocalProxy(lambda: first)
    named = impl.LocalProxy(VARIABLE, "inner")
    VARIABLE.set(named)
    uses: list[Callable[[Any], Any]] = [
        lambda p: p.x, lambda p: p(), len, operator.itemgetter(0), lambda p: 1 in p,
        lambda p: setattr(p, "x", 1), lambda p: delattr(p, "x"),
        lambda p: operator.setitem(p, 0, 1), lambda p: operator.delitem(p, 0),
    ]  # fmt: skip
    for use in uses:
        with pytest.raises(RecursionError):
            use(first)
    with pytest.raises(RecursionError):
        named.x
    # Where CPython drops the error of the innermost proxy, there is another end.
    for use in (bool, iter, lambda p: p == 1, lambda p: p < 1):
        with contextlib.suppress(RecursionError, TypeError):
            assert not use(first)


def test_long_chain_of_proxies_is_freed(impl: Any) -> None:
    proxy = to(impl, 1)
    for _ in range(100_000):
        proxy = impl.LocalProxy(lambda inner=proxy: inner)
    del proxy


def test_use_keeps_no_reference(impl: Any) -> None:
    thing = Thing()
    VARIABLE.set(thing)
    named = impl.LocalProxy(VARIABLE, "inner")
    proxy = impl.LocalProxy(VARIABLE)
    items = [thing]
    to_items = to(impl, items)
    name = "a name made for this test"
    setattr(thing, name, 1)
    extra = object()

    def use() -> None:
        for _ in range(200):
            getattr(proxy, name)
            named.value
            proxy.__class__
            proxy._get_current_object()
            hasattr(proxy, "nothing at all")
            proxy.extra = extra
            del proxy.extra
            assert proxy != extra
            bool(proxy)
            assert thing in to_items
            to_items[0]
            to_items[0] = thing
            len(to_items)
            iter(to_items)
            to_items.append(extra)
            del to_items[1]
            bool(impl.LocalProxy(never))
            impl.LocalProxy(VARIABLE, "x.y", unbound_message="text")

    def counts() -> list[int]:
        objects = (thing, name, extra, items, VARIABLE, thing.inner, never, impl.LocalProxy)
        return [sys.getrefcount(each) for each in objects]

    use()
    before = counts()
    use()
    assert counts() == before


@pytest.mark.usefixtures("no_collector")
def test_proxy_leaves_no_cyclic_garbage(impl: Any) -> None:
    VARIABLE.set(Thing())
    gc.collect()
    for _ in range(50):
        proxy = impl.LocalProxy(lambda: [1], "append")
        proxy(2)
        with pytest.raises(AttributeError):
            proxy.nothing
        del proxy
        impl.LocalProxy(VARIABLE, "kind").__class__
    assert gc.collect() == 0


def test_circle_through_the_source_is_collected(impl: Any) -> None:
    def make() -> weakref.ref[Any]:
        thing = Thing()
        thing.proxy = impl.LocalProxy(lambda: thing)  # type: ignore[attr-defined]
        return weakref.ref(thing)

    watcher = make()
    gc.collect()
    assert watcher() is None


# The public module


def test_module_has_the_names_of_the_reference() -> None:
    names = ["Local", "LocalManager", "LocalProxy", "LocalStack", "release_local"]
    for name in names:
        ours, theirs = getattr(fastflask.local, name), getattr(werkzeug.local, name)
        assert ours is theirs or issubclass(ours, theirs)
        assert ours.__doc__


def test_local_and_stack_give_our_proxy() -> None:
    local = fastflask.local.Local(STORAGE)
    local.user = "anna"
    proxy = local("user", unbound_message="nobody")
    assert type(proxy) is fastflask.local.LocalProxy
    assert proxy == "anna"
    fastflask.local.release_local(local)
    with pytest.raises(RuntimeError, match="^nobody$"):
        proxy.x
    STORAGE.set([])
    stack: fastflask.local.LocalStack[Any] = fastflask.local.LocalStack(STORAGE)
    top, kind = stack(), stack("kind", unbound_message="nothing")
    assert type(top) is type(kind) is fastflask.local.LocalProxy
    stack.push(Thing())
    assert top.kind == "thing" == kind


def test_manager_releases_locals_of_ours() -> None:
    local = fastflask.local.Local(STORAGE)
    manager = fastflask.local.LocalManager(local)
    assert manager.locals == [local]

    @manager.middleware
    def app(environ: Any, start_response: Any) -> list[bytes]:
        local.value = 1
        return [b"body"]

    result = app({}, None)
    assert list(result) == [b"body"]
    assert local.value == 1
    result.close()  # type: ignore[attr-defined]
    assert not hasattr(local, "value")
