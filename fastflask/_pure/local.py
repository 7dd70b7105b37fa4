"""The proxy engine: what `request`, `g`, `session` and `current_app` are.

A proxy stands for an object that is found anew at each use. Whatever one does with it, the
outcome is that of Werkzeug's proxy, whose subclass it is: extensions that look for a proxy with
:func:`isinstance` find one. What differs is the way to the object, which is chosen once, when the
proxy is made, and takes as few calls as possible.

The compiled twin is ``_cython/local.pxi``.
"""

from __future__ import annotations

import typing as t
from contextvars import ContextVar
from operator import attrgetter

from werkzeug.local import Local, LocalStack, _ProxyLookup
from werkzeug.local import LocalProxy as _WerkzeugProxy

T = t.TypeVar("T")
Getter = t.Callable[[], t.Any]


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
    # On an instance this is the object's docstring.
    __doc__ = _ProxyLookup(
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

    # PERF: as descriptors, which they are in Werkzeug's class, these three take twice as long.
    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._get_current_object(), name)

    def __setattr__(self, name: str, value: t.Any) -> None:
        setattr(self._get_current_object(), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._get_current_object(), name)


# The inherited value describes the instances; the empty one is only for the class statement.
del LocalProxy.__slots__


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

        return read(value)

    return attribute


def _of_call(function: t.Callable[[], t.Any], read: t.Callable[[t.Any], t.Any] | None) -> Getter:
    if read is None:
        # Not the function itself: with it, an unbound proxy could be pickled.
        return lambda: function()

    return lambda: read(function())
