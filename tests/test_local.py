"""The proxy engine, in both implementations, and the module that exports it."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import inspect
import operator
import threading
import weakref
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
import werkzeug.local
from proxied import STORAGE, VARIABLE, Thing, never, own_values, to  # noqa: F401

import fastflask.local

DEFAULTED: contextvars.ContextVar[Any] = contextvars.ContextVar("tests.local.default", default=7)


# Where the object comes from


def test_context_variable_gives_its_value(impl: Any) -> None:
    proxy = impl.LocalProxy(VARIABLE)
    VARIABLE.set([1])
    proxy.append(2)
    assert VARIABLE.get() == [1, 2] == proxy
    assert proxy._get_current_object() is VARIABLE.get()


def test_context_variable_with_a_default_is_bound(impl: Any) -> None:
    assert impl.LocalProxy(DEFAULTED) + 1 == 8


@pytest.mark.parametrize("name, expected", [("kind", "thing"), ("inner.value", 5)])
def test_name_stands_for_an_attribute(impl: Any, name: str, expected: Any) -> None:
    thing = Thing()
    VARIABLE.set(thing)
    stack = fastflask.local.LocalStack(STORAGE)
    STORAGE.set([thing])
    assert impl.LocalProxy(VARIABLE, name) == expected
    assert impl.LocalProxy(stack, name) == expected
    assert impl.LocalProxy(lambda: thing, name) == expected


def test_local_needs_a_name_and_gives_its_attribute(impl: Any) -> None:
    local = fastflask.local.Local(STORAGE)
    with pytest.raises(TypeError, match="'name' is required when proxying a 'Local' object."):
        impl.LocalProxy(local)
    proxy = impl.LocalProxy(local, "user")
    assert repr(proxy) == "<LocalProxy unbound>"
    local.user = "anna"
    assert proxy.upper() == "ANNA"


def test_stack_gives_its_top(impl: Any) -> None:
    STORAGE.set([])
    stack = fastflask.local.LocalStack(STORAGE)
    proxy = impl.LocalProxy(stack)
    assert not proxy
    stack.push([1])
    stack.push([2])
    assert proxy == [2]
    stack.pop()
    assert proxy == [1]


def test_sources_may_be_proxies_themselves(impl: Any) -> None:
    VARIABLE.set("value")
    local = fastflask.local.Local(STORAGE)
    local.name = "value"
    assert impl.LocalProxy(to(impl, VARIABLE)) == "value"
    assert impl.LocalProxy(to(impl, local), "name") == "value"
    assert impl.LocalProxy(to(impl, lambda: "value")) == "value"


@pytest.mark.parametrize("source", [3, "text", None, [1]])
def test_other_source_is_refused(impl: Any, source: Any) -> None:
    with pytest.raises(TypeError) as caught:
        impl.LocalProxy(source)
    assert str(caught.value) == f"Don't know how to proxy '{type(source)}'."


def test_name_that_is_no_string_is_refused(impl: Any) -> None:
    with pytest.raises(TypeError, match="attribute name must be a string"):
        impl.LocalProxy(VARIABLE, 5)


def test_each_context_has_its_own_object(impl: Any) -> None:
    proxy = impl.LocalProxy(VARIABLE)
    seen = {}

    async def task(value: int) -> None:
        VARIABLE.set([value])
        for _ in range(5):
            await asyncio.sleep(0)
            proxy.append(value)
        seen[value] = list(proxy)

    async def tasks() -> None:
        await asyncio.gather(*(task(n) for n in range(20)))

    def thread(value: int) -> None:
        VARIABLE.set(value)
        barrier.wait()
        seen[value] = [+proxy] * 6

    asyncio.run(tasks())
    barrier = threading.Barrier(4)
    threads = [threading.Thread(target=thread, args=(n,)) for n in range(20, 24)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert seen == {n: [n] * 6 for n in range(24)}


# Without an object


@pytest.mark.parametrize("source", ["context", "local", "stack"])
@pytest.mark.parametrize("message", [None, "a text\nof two lines"])
def test_unbound_use_raises_the_message(impl: Any, source: str, message: str | None) -> None:
    def use() -> None:
        local: Any = fastflask.local.Local(STORAGE)
        sources = {
            "context": (STORAGE,),
            "local": (local, "x"),
            "stack": (fastflask.local.LocalStack(STORAGE),),
        }
        proxy = impl.LocalProxy(*sources[source], unbound_message=message)
        uses: list[Callable[[], Any]] = [
            lambda: proxy.x, lambda: proxy(), lambda: len(proxy), lambda: proxy[0], lambda: +proxy,
            lambda: 1 in proxy, lambda: proxy + 1, lambda: str(proxy), lambda: proxy.__len__,
            lambda: setattr(proxy, "x", 1), lambda: operator.setitem(proxy, 0, 1),
            lambda: delattr(proxy, "x"), lambda: operator.delitem(proxy, 0),
            lambda: proxy._get_current_object(),
        ]  # fmt: skip
        for number, each in enumerate(uses):
            with pytest.raises(RuntimeError) as caught:
                each()
            assert str(caught.value) == (message or "object is not bound"), number
            assert caught.value.__cause__ is None

    contextvars.Context().run(use)


def test_unbound_proxy_shows_itself(impl: Any) -> None:
    proxy = impl.LocalProxy(never)
    assert repr(proxy) == "<LocalProxy unbound>"
    assert bool(proxy) is False
    assert dir(proxy) == []
    assert proxy.__class__ is impl.LocalProxy
    assert isinstance(proxy, impl.LocalProxy)
    assert proxy.__doc__ == impl.LocalProxy.__doc__
    assert proxy.__wrapped__ is never


@pytest.mark.parametrize("error", [RuntimeError, AttributeError, KeyError])
@pytest.mark.parametrize(
    "use",
    [
        lambda proxy: proxy == proxy, lambda proxy: proxy != 1, lambda proxy: 1 == proxy,
        lambda proxy: proxy < 1, lambda proxy: 1 < proxy, hash, iter, list, bool, len,
        lambda proxy: 1 in proxy, lambda proxy: proxy[0], lambda proxy: proxy(),
        lambda proxy: proxy + 1, lambda proxy: 1 + proxy, lambda proxy: "".join(proxy),
    ],
    ids=[
        "eq", "ne", "eq reflected", "lt", "gt reflected", "hash", "iter", "list", "bool", "len",
        "contains", "item", "call", "add", "add reflected", "join",
    ],
)  # fmt: skip
def test_operator_that_hides_the_error_of_an_unbound_proxy(
    impl: Any, use: Callable[[Any], Any], error: type[Exception]
) -> None:
    """CPython takes some errors for a missing method; which ones depends on its version."""

    def fail() -> Any:
        raise error("no object")

    def outcome(cls: Any) -> Any:
        try:
            return use(cls(fail))
        except Exception as e:
            return type(e), str(e)

    assert outcome(impl.LocalProxy) == outcome(werkzeug.local.LocalProxy)


def test_operators_go_on_where_a_proxy_is_bound_a_moment_later(impl: Any) -> None:
    def outcome(cls: Any, use: Callable[[Any], Any]) -> Any:
        found = iter([AttributeError("not yet"), [3, 5], [3, 5]])

        def find() -> Any:
            value = next(found)
            if isinstance(value, Exception):
                raise value
            return value

        try:
            return use(cls(find))
        except AttributeError as e:
            return str(e)

    for use in (bool, lambda proxy: 5 in proxy, lambda proxy: 4 in proxy):
        assert outcome(impl.LocalProxy, use) == outcome(werkzeug.local.LocalProxy, use)


def test_other_errors_of_a_function_pass_through(impl: Any) -> None:
    def fail() -> Any:
        raise KeyError("inside")

    proxy = impl.LocalProxy(fail)
    for use in (bool, len, str, lambda p: p.x, lambda p: p.__class__):
        with pytest.raises(KeyError, match="inside"):
            use(proxy)


def test_proxy_without_init_is_unbound(impl: Any) -> None:
    proxy = impl.LocalProxy.__new__(impl.LocalProxy)
    assert repr(proxy) == "<LocalProxy unbound>"
    with pytest.raises(RuntimeError):
        proxy.x


# Attributes


def test_attribute_error_of_a_property_surfaces_once(impl: Any) -> None:
    with pytest.raises(AttributeError, match="^raised by the property$"):
        to(impl, Thing()).broken


def test_property_that_fails_is_read_once(impl: Any) -> None:
    class Counted:
        reads = 0

        @property
        def broken(self) -> None:
            Counted.reads += 1
            raise AttributeError

    assert not hasattr(to(impl, Counted()), "broken")
    assert Counted.reads == 1


def test_missing_attribute_names_the_type_of_the_object(impl: Any) -> None:
    with pytest.raises(AttributeError, match="'Thing' object has no attribute 'nothing'"):
        to(impl, Thing()).nothing


def test_missing_named_attribute_is_an_attribute_error(impl: Any) -> None:
    proxy = impl.LocalProxy(lambda: Thing(), "nothing")
    with pytest.raises(AttributeError, match="'Thing' object has no attribute 'nothing'"):
        proxy.x
    with pytest.raises(AttributeError):
        len(proxy)


def test_attributes_are_set_and_deleted_on_the_object(impl: Any) -> None:
    thing = Thing()
    proxy = to(impl, thing)
    proxy.x = 1
    assert thing.x == 1  # type: ignore[attr-defined]
    assert proxy.__dict__ is thing.__dict__
    del proxy.x
    assert not hasattr(thing, "x")
    with pytest.raises(AttributeError):
        del proxy.x


def test_getter_stays_the_same_object_and_takes_no_arguments(impl: Any) -> None:
    thing = Thing()
    proxy = to(impl, thing)
    assert proxy._get_current_object is proxy._get_current_object
    assert proxy._get_current_object() is proxy._get_current_object() is thing
    with pytest.raises(TypeError):
        proxy._get_current_object(1)
    with pytest.raises(TypeError):
        proxy._get_current_object(x=1)


def test_getter_can_be_replaced(impl: Any) -> None:
    proxy = to(impl, 1)
    object.__setattr__(proxy, "_get_current_object", lambda: 2)
    assert proxy == 2
    assert proxy.real == 2


def test_special_method_as_attribute_belongs_to_the_object(impl: Any) -> None:
    VARIABLE.set([1, 2])
    proxy = impl.LocalProxy(VARIABLE)
    length, item = proxy.__len__, proxy.__getitem__
    VARIABLE.set("other")
    assert (length(), item(0)) == (2, 1)
    assert not hasattr(proxy, "__enter__")
    assert impl.LocalProxy.__len__(proxy) == 5


def test_attribute_put_on_the_class_wins(impl: Any) -> None:
    proxy = to(impl, Thing())
    with mock.patch.object(impl.LocalProxy, "kind", "patched", create=True):
        assert proxy.kind == "patched"
    assert proxy.kind == "thing"


@pytest.mark.parametrize("name", ["kind", "".join(["ki", "nd"])], ids=["interned", "not interned"])
def test_attribute_put_on_a_class_later_wins(impl: Any, name: str) -> None:
    class Sub(impl.LocalProxy):  # type: ignore[misc]
        pass

    VARIABLE.set(Thing())
    proxies = impl.LocalProxy(VARIABLE), Sub(VARIABLE)
    for cls in (impl.LocalProxy, werkzeug.local.LocalProxy, impl.LocalProxy):
        assert [getattr(proxy, name) for proxy in proxies * 2] == ["thing"] * 4
        with mock.patch.object(cls, "kind", "patched", create=True):
            assert [getattr(proxy, name) for proxy in proxies] == ["patched"] * 2
    with mock.patch.object(Sub, "kind", "patched", create=True):
        assert [getattr(proxy, name) for proxy in proxies] == ["thing", "patched"]


def test_special_method_patched_on_the_class_is_used(impl: Any) -> None:
    proxy = to(impl, [1])
    with mock.patch.object(impl.LocalProxy, "__len__", lambda self: 99):
        assert len(proxy) == 99
    assert len(proxy) == 1


def test_setter_is_an_ordinary_method(impl: Any) -> None:
    thing, other = Thing(), Thing()
    proxy = to(impl, thing)
    setter = vars(impl.LocalProxy)["__setattr__"]

    class Sub(impl.LocalProxy):  # type: ignore[misc]
        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, (value, "by a subclass"))

    Sub(lambda: other).kind = 1
    assert other.kind == (1, "by a subclass")
    setter(proxy, value=1, name="kind")
    assert thing.kind == 1
    assert setter(proxy, "kind", 2) is None
    assert thing.kind == 2
    setter.__get__(proxy)("kind", 3)
    assert thing.kind == 3
    for wrong in ((proxy,), (proxy, "kind"), (proxy, "kind", 1, 2)):
        with pytest.raises(TypeError):
            setter(*wrong)
    with mock.patch.object(impl.LocalProxy, "__setattr__", lambda self, *args: None):
        proxy.kind = 4
    assert thing.kind == 3


@pytest.mark.parametrize("name", ["__setattr__", "__delattr__"])
def test_setter_called_with_what_is_no_proxy(impl: Any, name: str) -> None:
    class Pretender:
        __class__ = impl.LocalProxy

        def __init__(self) -> None:
            self._get_current_object = lambda: thing

    thing = Thing()
    args = ("kind", 1) if name == "__setattr__" else ("kind",)
    for value in (object(), 1, None, Thing()):
        with pytest.raises(AttributeError, match="_get_current_object"):
            vars(impl.LocalProxy)[name](value, *args)
    thing.kind = "own"
    vars(impl.LocalProxy)[name](Pretender(), *args)
    assert vars(thing).get("kind") == (1 if name == "__setattr__" else None)


# Types


def test_class_is_that_of_the_object_and_type_is_not(impl: Any) -> None:
    proxy = to(impl, {})
    assert proxy.__class__ is dict
    assert isinstance(proxy, dict)
    assert type(proxy) is impl.LocalProxy
    assert isinstance(proxy, impl.LocalProxy)


def test_proxy_is_known_to_code_that_looks_for_a_werkzeug_proxy(impl: Any) -> None:
    proxy = to(impl, {})
    assert isinstance(proxy, werkzeug.local.LocalProxy)
    assert issubclass(type(proxy), werkzeug.local.LocalProxy)


def test_class_can_be_subscripted(impl: Any) -> None:
    assert impl.LocalProxy[int].__origin__ is impl.LocalProxy

    class Numbers(impl.LocalProxy[int]):  # type: ignore[name-defined, misc]
        pass

    assert Numbers(lambda: 3) + 1 == 4


def test_class_shows_docstring_and_signature(impl: Any) -> None:
    assert impl.LocalProxy.__doc__.startswith("A proxy")
    parameters = inspect.signature(impl.LocalProxy.__init__).parameters.values()
    assert [(p.name, p.kind, p.default) for p in parameters][1:] == [
        ("local", inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.empty),
        ("name", inspect.Parameter.POSITIONAL_OR_KEYWORD, None),
        ("unbound_message", inspect.Parameter.KEYWORD_ONLY, None),
    ]
    inspect.unwrap(impl.LocalProxy)


def test_weak_reference_is_refused_to_the_proxy_and_given_by_a_subclass(impl: Any) -> None:
    with pytest.raises(TypeError, match="cannot create weak reference to 'LocalProxy' object"):
        weakref.ref(to(impl, Thing()))

    class Sub(impl.LocalProxy):  # type: ignore[name-defined, misc]
        pass

    proxy = Sub(Thing)
    assert weakref.ref(proxy)() is proxy


# Subclasses


def test_subclass_keeps_attributes_and_methods_of_its_own(impl: Any) -> None:
    class Sub(impl.LocalProxy):  # type: ignore[name-defined, misc]
        def __init__(self, target: Any) -> None:
            super().__init__(lambda: target)
            object.__setattr__(self, "own", "mine")

        @property
        def kind(self) -> str:
            return f"sub of {self._get_current_object().kind}"

        def __len__(self) -> int:
            return 12

        def __add__(self, other: Any) -> Any:
            return "added", other

    proxy = Sub(Thing())
    assert proxy.own == "mine"
    assert proxy.kind == "sub of thing"
    assert proxy.inner.value == 5
    assert (len(proxy), proxy + 1) == (12, ("added", 1))
    assert repr(Sub(3)) == "3"
    proxy.extra = 1
    assert "extra" not in vars(proxy)
    assert proxy._get_current_object().extra == 1


def test_subclass_with_getattr_answers_alone(impl: Any) -> None:
    class Sub(impl.LocalProxy):  # type: ignore[name-defined, misc]
        __slots__ = ()

        def __getattr__(self, name: str) -> Any:
            if name == "via_super":
                return super().__getattr__("kind")
            return f"asked for {name}"

    proxy = Sub(Thing)
    assert proxy.kind == "asked for kind"
    assert proxy.via_super == "thing"


def test_subclass_with_its_own_getter_is_followed(impl: Any) -> None:
    class Sub(impl.LocalProxy):  # type: ignore[name-defined, misc]
        __slots__ = ()

        def __init__(self) -> None:
            pass

        def _get_current_object(self) -> Any:
            return [4, 5]

    proxy = Sub()
    assert len(proxy) == 2
    assert proxy.index(5) == 1
    assert proxy == [4, 5]
    assert bool(proxy)
    proxy += [6]
    assert type(proxy) is Sub


# In place, copies, calls


def test_operation_in_place_gives_the_proxy(impl: Any) -> None:
    VARIABLE.set([1])
    proxy = before = impl.LocalProxy(VARIABLE)
    proxy += [2]
    assert proxy is before
    assert VARIABLE.get() == [1, 2]


def test_copies_are_of_the_object(impl: Any) -> None:
    thing = [[1]]
    proxy = to(impl, thing)
    shallow, deep = copy.copy(proxy), copy.deepcopy(proxy)
    assert type(shallow) is type(deep) is list
    assert shallow[0] is thing[0]
    assert deep[0] is not thing[0]


def test_call_passes_all_arguments(impl: Any) -> None:
    def function(*args: Any, **kwargs: Any) -> Any:
        return args, kwargs

    proxy = to(impl, function)
    assert proxy() == ((), {})
    assert proxy(1, *[2], a=3, **{"not a name": 4}) == ((1, 2), {"a": 3, "not a name": 4})
