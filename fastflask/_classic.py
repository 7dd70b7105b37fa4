"""Names that earlier releases of Flask had: how they are found, and how they warn.

Those of modules come from a ``__getattr__`` of the module, so ``dir()`` and ``from … import *`` do
not see them. Each name warns once, with what to write today, and then works as it did.
"""

from __future__ import annotations

import typing as t
import warnings
from functools import cache

# What has warned already.
_warned: set[str] = set()


def warn_classic(
    name: str, modern: str, kind: type[Exception] | None = AttributeError, *, level: int = 1
) -> None:
    """Warn of a classic name, the first time that it is used.

    Where a program makes errors of such warnings, the error is also of the type that there would
    be without the name. Code that tries an old name and goes on with the new one does just that.

    :param name: what was used.
    :param modern: what to use today, or a sentence about it.
    :param kind: type of the error that there would be without the name. ``None`` if there would
        be none, as for a setting or an attribute of any name; then this raises nothing either.
    :param level: how many frames above the caller the code is that used the name.
    """
    if name in _warned:
        return

    advice = modern if modern[-1] == "." else f"Use {modern} instead."
    text = f"{name!r} is a name of an earlier Flask. {advice}"

    try:
        warnings.warn(text, DeprecationWarning, stacklevel=level + 2)
    except DeprecationWarning:
        if kind is not None:
            raise _error_class(t.cast(t.Any, kind))(text) from None

    _warned.add(name)


@cache
def _error_class(kind: type[Exception]) -> type[Exception]:
    return type(f"Deprecated{kind.__name__}", (kind, DeprecationWarning), {})  # pyright: ignore[reportGeneralTypeIssues]


def classic_names(module: str, *, level: int = 1) -> t.Callable[[str], t.Any]:
    """Make the function that a module uses as its ``__getattr__``.

    :param module: name of the module.
    :param level: how many frames above the function the code is that asks for a name.
    """

    def __getattr__(name: str) -> t.Any:
        found = None

        # The import system asks for ``__path__`` and the like.
        if name[:2] != "__":
            from ._classic_names import NAMES

            found = NAMES[module.partition(".")[2]].get(name)

        if found is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")

        make, modern = found
        warn_classic(f"{module}.{name}", modern, level=level)
        return make()

    return __getattr__


def use_json() -> None:
    """Have the default provider of JSON look for classic classes and settings from now on."""
    from . import _classic_json  # noqa: F401 - does it when it is loaded.


class Classic:
    """A base of classes whose members :func:`dir` does not list for objects.

    They are there, and warn when they are used, but looking at all that an object has uses none.
    """

    __slots__ = ()

    def __dir__(self) -> list[str]:
        seen: set[str] = set()
        hidden: set[str] = set()

        # From the last class to the first, as each may define anew what a later one has.
        for base in reversed(type(self).__mro__):
            names = vars(base).keys()
            hidden = hidden | (names - seen) if Classic in base.__bases__ else hidden - names
            seen |= names

        hidden -= getattr(self, "__dict__", {}).keys()
        return [name for name in super().__dir__() if name[:2] == "__" or name not in hidden]


class ClassicValue:
    """A property that may be set to anything, as any attribute can where there is no property.

    :param function: computes the value of those that were not set.
    """

    def __init__(self, function: t.Callable[[t.Any], t.Any]) -> None:
        self.function = function
        self.__doc__ = function.__doc__

    def __get__(self, obj: t.Any, owner: t.Any = None) -> t.Any:
        return self if obj is None else self.function(obj)
