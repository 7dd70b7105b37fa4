"""The proxy engine: what `request`, `g`, `session` and `current_app` are.

A proxy stands for an object that is found anew at each use. Whatever one does with it, the
outcome is that of Werkzeug's proxy, whose subclass it is: extensions that look for a proxy with
:func:`isinstance` find one. What differs is the way to the object, which is chosen once, when the
proxy is made, and takes as few calls as possible.

The compiled twin is ``_cython/local.pxi``.
"""

from __future__ import annotations

import operator
import typing as t
from _thread import _local
from contextvars import ContextVar
from functools import partial
from operator import attrgetter

from werkzeug.local import Local, LocalStack, _ProxyLookup
from werkzeug.local import LocalProxy as _WerkzeugProxy

from .._vars import cv_app, cv_request

T = t.TypeVar("T")
Getter = t.Callable[[], t.Any]
_NOTHING_MISSED = None, None, None


class _Missing(_local):
    """The last attribute that was not there: of which proxy, its name, and the error."""

    last: tuple[t.Any, t.Any, t.Any] = _NOTHING_MISSED


_missing = _Missing()
_getter_of = vars(_WerkzeugProxy)["_get_current_object"].__get__
#: What Werkzeug makes a partial of, which needs no further call.
_functions: dict[str, t.Callable[..., t.Any]] = {
    "__bool__": bool,
    "__contains__": operator.contains,
    "__delitem__": operator.delitem,
    "__eq__": operator.eq,
    "__getitem__": operator.getitem,
    "__hash__": hash,
    "__iter__": iter,
    "__len__": len,
    "__ne__": operator.ne,
    "__setitem__": operator.setitem,
    "__str__": str,
}


class _Lookup(_ProxyLookup):
    """A special method, found for the object as Werkzeug's lookup finds it, in fewer calls.

    :param lookup: Werkzeug's.
    """

    __slots__ = ("function",)

    def __init__(self, lookup: t.Any) -> None:
        for name in _ProxyLookup.__slots__:
            setattr(self, name, getattr(lookup, name))
        self.function = _functions.get(self.name)

    def __get__(self, proxy: t.Any, owner: type | None = None) -> t.Any:
        if type(proxy) is not LocalProxy:
            return super().__get__(proxy, owner)
        try:
            getter = _getter_of(proxy)
        except AttributeError:
            # Without ``__init__`` there is none. That this is no object is found out in there.
            return super().__get__(proxy, owner)
        try:
            found = getter()
        except RuntimeError:
            if self.fallback is None:
                raise
            instead = self.fallback.__get__(proxy, owner)
            return instead() if self.is_attr else instead
        if self.function is not None:
            return partial(self.function, found)
        if self.bind_f is not None:
            return self.bind_f(proxy, found)
        return getattr(found, self.name)


class LocalProxy(_WerkzeugProxy[T]):
    """A proxy: it stands for the object that is current where it is used.

    Whatever is done with the proxy is done with that object. ``isinstance(proxy, cls)`` and
    ``repr(proxy)`` are the object's, too; ``issubclass(type(proxy), LocalProxy)`` tells a proxy
    from what it stands for. While there is no object, most uses raise a :exc:`RuntimeError`.

    :param local: where the object is: in a :class:`~contextvars.ContextVar`, in a ``Local``
        (which takes a name), on top of a ``LocalStack``, or returned by a function.
    :param name: stand for this attribute of the object found there; it may have dots.
    :param unbound_message: text of the error while there is no object.

    .. versionadded:: 0.1
    """

    __slots__ = ()
    # Into the class statement, as ``__class__`` cannot be set later.
    locals().update(
        (name, _Lookup(found))
        for name, found in vars(_WerkzeugProxy).items()
        if isinstance(found, _ProxyLookup) and name != "__doc__"
    )
    # On an instance this is the object's docstring.
    __doc__ = _ProxyLookup(  # pyright: ignore[reportAssignmentType]
        class_value=__doc__, fallback=lambda self: type(self).__doc__, is_attr=True
    )

    def __init__(
        self,
        local: ContextVar[T] | Local | LocalStack[T] | t.Callable[[], T],
        name: str | None = None,
        *,
        unbound_message: str | None = None,
    ) -> None:
        getter = _make_getter(local, name, unbound_message)
        object.__setattr__(self, "_LocalProxy__wrapped", local)
        object.__setattr__(self, "_get_current_object", getter)

    # PERF: asked only after Python has looked in vain, and has made an error that says so,
    # ``__getattr__`` alone takes more than twice as long.
    def __getattribute__(self, name: str) -> t.Any:
        if type(self) is not LocalProxy or name in _own or name in _inherited or name in _general:
            # What is on the class, and what a subclass wants of it. Werkzeug's has no such method.
            if name == "__getattribute__":
                return object.__getattribute__.__get__(self)
            return object.__getattribute__(self, name)
        getter = _getter_of(self)
        try:
            return getattr(getter(), name)
        except AttributeError as error:
            # Python turns to ``__getattr__`` now, and the object is not to be asked again.
            _missing.last = self, name, error
            raise

    def __getattr__(self, name: str) -> t.Any:
        proxy, missed, error = _missing.last
        if proxy is not self or missed is not name:
            return getattr(self._get_current_object(), name)
        _missing.last = _NOTHING_MISSED
        try:
            raise error
        finally:
            # Its traceback refers to this frame.
            del error

    # PERF: as descriptors, which they are in Werkzeug's class, these two take twice as long.
    def __setattr__(self, name: str, value: t.Any) -> None:
        getter = _getter_of(self) if type(self) is LocalProxy else self._get_current_object
        setattr(getter(), name, value)

    def __delattr__(self, name: str) -> None:
        getter = _getter_of(self) if type(self) is LocalProxy else self._get_current_object
        delattr(getter(), name)


# The inherited value describes the instances; the empty one is only for the class statement.
del LocalProxy.__slots__
# What Python finds on the class, before it looks for an attribute of the object. Two may change.
_own, _inherited = vars(LocalProxy), vars(_WerkzeugProxy)
_general = frozenset(name for cls in _WerkzeugProxy.__mro__[1:] for name in vars(cls))


def _make_getter(local: t.Any, name: str | None, unbound_message: str | None) -> Getter:
    """Return a function that returns the object which the arguments of a proxy lead to."""
    message = "object is not bound" if unbound_message is None else unbound_message
    # Made in any case, as it rejects what is no name.
    read = None if name is None else attrgetter(name)

    if isinstance(local, Local):
        if read is None:
            raise TypeError("'name' is required when proxying a 'Local' object.")

        return _of_local(local, read, message)

    if isinstance(local, LocalStack):
        return _of_stack(local, read, message)

    if isinstance(local, ContextVar):
        return _of_context(local, read, message)

    if callable(local):
        return _of_call(local, read)

    raise TypeError(f"Don't know how to proxy '{type(local)}'.")


def _of_local(local: Local, read: t.Callable[[t.Any], t.Any], message: str) -> Getter:
    def attribute() -> t.Any:
        try:
            return read(local)
        except AttributeError:
            raise RuntimeError(message) from None

    return attribute


def _of_stack(
    stack: LocalStack[t.Any], read: t.Callable[[t.Any], t.Any] | None, message: str
) -> Getter:
    def top() -> t.Any:
        value = stack.top

        if value is None:
            raise RuntimeError(message)

        return value if read is None else read(value)

    return top


def _of_context(
    variable: ContextVar[t.Any], read: t.Callable[[t.Any], t.Any] | None, message: str
) -> Getter:
    if read is None:

        def value() -> t.Any:
            try:
                return variable.get()
            except LookupError:
                raise RuntimeError(message) from None

        return value

    def attribute() -> t.Any:
        try:
            value = variable.get()
        except LookupError:
            raise RuntimeError(message) from None

        try:
            return read(value)
        except AttributeError:
            # There is no context: the reset at its pop had no memory.
            if value is None and (variable is cv_app or variable is cv_request):
                raise RuntimeError(message) from None
            raise

    return attribute


def _of_call(function: t.Callable[[], t.Any], read: t.Callable[[t.Any], t.Any] | None) -> Getter:
    if read is None:
        # Not the function itself: with it, an unbound proxy could be pickled.
        return lambda: function()

    return lambda: read(function())
