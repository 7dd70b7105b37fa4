"""``import flask`` gives fastflask: the finder behind :func:`install_as_flask`.

Below ``fastflask exec`` this file runs at the start of every interpreter, before and without the
package (see ``_alias_site/sitecustomize.py``). So it stands alone, and imports next to nothing.
"""

from __future__ import annotations

import os
import sys
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from importlib.metadata import Distribution, DistributionFinder
    from types import CodeType, ModuleType

#: The release of Flask whose interface and behaviour this package has.
FLASK_VERSION = "3.1.3"

_FLASK = "flask"
_OURS = "fastflask"


def install_as_flask() -> None:
    """Make ``flask`` and all modules below it mean fastflask, in this process and from now on.

    ::

        import fastflask

        fastflask.install_as_flask()

        import flask  # is fastflask, for extensions too

    ``flask.json`` and ``fastflask.json`` are then the same object, as are the classes and proxies
    in it. Calling it again does nothing. To leave the code as it is, start the program with
    ``fastflask exec`` instead.

    :raises RuntimeError: if Flask itself has been imported before. The text names who did.

    .. versionadded:: 0.1
    """
    import importlib

    add_finder()
    importlib.import_module(_OURS)
    _take_over()


def add_finder() -> None:
    """Let the next ``import flask`` find fastflask, which is not imported before that.

    :raises RuntimeError: if Flask itself has been imported before.
    """
    _refuse_real_flask()
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def is_installed() -> bool:
    """Whether ``flask`` means fastflask in this process."""
    return _finder in sys.meta_path


def _ours(name: str) -> str | None:
    """Return the name of our module for one of Flask's, ``None`` for any other."""
    first, dot, rest = name.partition(".")
    return _OURS + dot + rest if first == _FLASK else None


def _take_over() -> None:
    """Enter what is loaded under Flask's names, as importing Flask would.

    Private modules are left to the finder: Flask has none of these.
    """
    for name, module in list(sys.modules.items()):
        first, *rest = name.split(".")
        if first == _OURS and not any(part.startswith("_") for part in rest):
            sys.modules[".".join([_FLASK, *rest])] = module

    if "FASTFLASK_DUMP_ON" in os.environ:
        from ._dump import install_from_environment

        install_from_environment()


class _Loader:
    """Hands out one of our modules, as it is."""

    def __init__(self, found: ModuleSpec) -> None:
        self._found = found
        self._own_spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        import importlib

        module = importlib.import_module(self._found.name)
        self._own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has just put the spec of the other name there.
        module.__spec__ = self._own_spec
        _take_over()

    # For ``python -m flask``, and for tools that look at a module without importing it.

    def is_package(self, fullname: str) -> bool:
        return self._found.submodule_search_locations is not None

    def get_code(self, fullname: str) -> CodeType | None:
        return t.cast("CodeType | None", self._ask("get_code"))

    def get_source(self, fullname: str) -> str | None:
        return t.cast("str | None", self._ask("get_source"))

    def get_filename(self, fullname: str) -> str:
        return t.cast(str, self._ask("get_filename"))

    def get_data(self, path: str) -> bytes:
        return t.cast(bytes, self._found.loader.get_data(path))  # type: ignore[union-attr]

    def _ask(self, question: str) -> object:
        return getattr(self._found.loader, question)(self._found.name)


class _Finder:
    """Finds our modules under Flask's names, and a distribution of Flask if there is none."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        ours = _ours(fullname)
        if ours is None:
            return None

        from importlib import util
        from importlib.machinery import ModuleSpec

        found = util.find_spec(ours)
        if found is None:
            if ours == _OURS:
                # Going on would find the real one, or a puzzle.
                raise ModuleNotFoundError(
                    f"'flask' means fastflask here, which is not installed for {sys.executable}",
                    name=fullname,
                )
            if sys._getframe(2).f_code.co_name == "_find_and_load_unlocked":
                raise ModuleNotFoundError(
                    f"No module named {fullname!r}: 'flask' means fastflask here, which has no"
                    f" {ours!r}",
                    name=fullname,
                )
            # Somebody only asks, with importlib.util.find_spec().
            return None

        spec = ModuleSpec(fullname, t.cast(t.Any, _Loader(found)), origin=found.origin)
        spec.submodule_search_locations = found.submodule_search_locations
        spec.has_location = found.has_location
        return spec

    def find_distributions(
        self, context: DistributionFinder.Context | None = None
    ) -> Iterable[Distribution]:
        """Offer Flask's metadata if they are asked for and nothing else has them."""
        asked = {} if context is None else vars(context)
        if "path" in asked:
            # Installers look into one folder after the other; this is in none of them.
            return ()
        if (asked.get("name") or _FLASK).lower() != _FLASK:
            return ()

        from importlib.metadata import DistributionFinder

        by_name = DistributionFinder.Context(name=_FLASK)
        for finder in sys.meta_path:
            find = None if finder is _finder else getattr(finder, "find_distributions", None)
            if find is not None and next(iter(find(by_name)), None) is not None:
                return ()

        return (_make_distribution(),)


_finder: t.Any = _Finder()


def _make_distribution() -> Distribution:
    from importlib import metadata
    from pathlib import Path

    class FlaskDistribution(metadata.Distribution):
        """What is known of the release of Flask that fastflask stands in for."""

        def read_text(self, filename: str) -> str | None:
            return _METADATA.get(filename)

        def locate_file(self, path: t.Any) -> t.Any:
            return Path(__file__).parent.parent / path

    return FlaskDistribution()


_METADATA = {
    "METADATA": f"""\
Metadata-Version: 2.1
Name: Flask
Version: {FLASK_VERSION}
Summary: fastflask in place of Flask
Requires-Python: >=3.9
Requires-Dist: blinker>=1.9.0
Requires-Dist: click>=8.1.3
Requires-Dist: itsdangerous>=2.2.0
Requires-Dist: jinja2>=3.1.2
Requires-Dist: markupsafe>=2.1.1
Requires-Dist: werkzeug>=3.1.0
Requires-Dist: asgiref>=3.2 ; extra == "async"
Requires-Dist: python-dotenv ; extra == "dotenv"
Provides-Extra: async
Provides-Extra: dotenv
""",
    "entry_points.txt": "[console_scripts]\nflask = flask.cli:main\n",
    "top_level.txt": "flask\n",
}


def _refuse_real_flask() -> None:
    for name, module in sorted(sys.modules.items()):
        ours = _ours(name)
        if not ours or module is None or module is sys.modules.get(ours):
            continue
        # The stand-in in the folder _alias_site marks itself.
        if not hasattr(module, "__fastflask__"):
            break
    else:
        return

    from ._alias_late import first_importer

    file = getattr(module, "__file__", None)
    importer = first_importer()
    raise RuntimeError(
        f"Too late to install fastflask as 'flask': {name!r} has been imported"
        + (f" from {file}" if file else "")
        + (f", first by {importer}" if importer else "")
        + ". Call install_as_flask() before anything that imports Flask, or start the program"
        " with 'fastflask exec'."
    )
