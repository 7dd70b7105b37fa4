"""What ``g`` is: a namespace that lives as long as a context.

The compiled twin is ``_cython/globals.pxi``.
"""

from __future__ import annotations

import typing as t

_sentinel = object()


class GlobalsBase:
    """Attributes of any name, in the instance's dict and nowhere else."""

    __slots__ = ()

    def __getattr__(self, name: str) -> t.Any:
        raise AttributeError(name)

    def __setattr__(self, name: str, value: t.Any) -> None:
        self.__dict__[name] = value

    def __delattr__(self, name: str) -> None:
        if name not in self.__dict__:
            raise AttributeError(name)
        del self.__dict__[name]

    def get(self, name: str, default: t.Any | None = None) -> t.Any:
        """Return an attribute, or a default if it is not there.

        :param name: name of the attribute.
        :param default: what to return instead.

        .. versionadded:: 0.1
        """
        return self.__dict__.get(name, default)

    def pop(self, name: str, default: t.Any = _sentinel) -> t.Any:
        """Remove an attribute and return it.

        :param name: name of the attribute.
        :param default: what to return if it is not there; a :exc:`KeyError` is raised if this
            is not given.

        .. versionadded:: 0.1
        """
        fallback = () if default is _sentinel else (default,)
        return self.__dict__.pop(name, *fallback)

    def setdefault(self, name: str, default: t.Any = None) -> t.Any:
        """Return an attribute, after setting it if it is not there.

        :param name: name of the attribute.
        :param default: its value if it has none.

        .. versionadded:: 0.1
        """
        return self.__dict__.setdefault(name, default)

    def __contains__(self, item: str) -> bool:
        return item in self.__dict__

    def __iter__(self) -> t.Iterator[str]:
        return iter(self.__dict__)
