"""Who imported Flask: for the error of an alias that comes too late."""

from __future__ import annotations

import sys
import typing as t
from types import ModuleType


def first_importer() -> str | None:
    """Guess which module was the first to import Flask, and return its name and file.

    Nothing keeps a record of it. But a module's names are bound in the order of its imports, so
    they are followed from the main module: the first that is something of Flask, or comes from
    a module that holds something of Flask in turn.
    """
    names = list(sys.modules)
    start = min(i for i, name in enumerate(names) if _is_flask(name))
    # Modules are entered anew when they are complete, so what imported Flask is behind it, unless
    # it is still at it, as the main module is.
    search = _Search(set(names[start:]), _proxies())
    importer = search.below(sys.modules["__main__"])

    if importer is None:
        holders = (module for name in names[start:] + names[:start] if (module := _other(name)))
        importer = next((module for module in holders if search.holds(module)), None)
    if importer is None:
        return None

    file = getattr(importer, "__file__", None)
    return repr(importer.__name__) + (f" ({file})" if file else "")


class _Search:
    def __init__(self, candidates: set[str], proxies: set[int]) -> None:
        self.candidates = candidates
        self.proxies = proxies

    def below(self, module: ModuleType) -> ModuleType | None:
        """Return the module that imported Flask first, as far as this one tells."""
        # With a stack of its own, as modules may be nested deeper than Python's calls.
        nested = [(module, self._values(module))]
        while nested:
            module, values = nested[-1]
            for value in values:
                if self._is_of_flask(value):
                    return module
                name = _home_of(value)
                inner = _other(name) if name in self.candidates else None
                if inner is not None:
                    self.candidates.discard(name)
                    nested.append((inner, self._values(inner)))
                    break
            else:
                nested.pop()
        return None

    def holds(self, module: ModuleType) -> bool:
        return any(map(self._is_of_flask, self._values(module)))

    def _is_of_flask(self, value: object) -> bool:
        return id(value) in self.proxies or _is_flask(_home_of(value))

    def _values(self, module: ModuleType) -> t.Iterator[object]:
        return iter(list(vars(module).values()))


def _is_flask(name: str) -> bool:
    return name.partition(".")[0] == "flask"


def _other(name: str) -> ModuleType | None:
    module = sys.modules.get(name)
    return module if isinstance(module, ModuleType) and not _is_flask(name) else None


def _proxies() -> set[int]:
    """Identify Flask's proxies, which tell of nothing but what they stand for."""
    found: set[int] = set()
    for name, module in list(sys.modules.items()):
        if _is_flask(name) and isinstance(module, ModuleType):
            found.update(id(v) for v in vars(module).values() if type(v).__name__ == "LocalProxy")
    return found


def _home_of(value: object) -> str:
    """Return the name of the module that a value is or comes from."""
    # By type(), since an attribute of a proxy, or of anything lazy, may do anything.
    cls = type(value)
    if cls is ModuleType:
        name: object = t.cast("ModuleType", value).__name__
    else:
        describes = issubclass(cls, type) or cls.__name__ == "function"
        name = getattr(value if describes else cls, "__module__", None)
    return name if isinstance(name, str) else ""
