"""Where an application's package lives, and whether it was installed."""

from __future__ import annotations

import importlib.util
import os
import sys
import typing as t
from pathlib import PurePath


def _namespace_location(import_name: str, locations: t.Sequence[str]) -> str:
    """Choose the portion of a namespace package that holds a given module.

    :param import_name: dotted name inside the namespace, or the namespace itself.
    :param locations: the folders the namespace is spread over.
    """
    spec = importlib.util.find_spec(import_name)

    if spec is not None and spec.submodule_search_locations:
        folder = PurePath(os.path.commonpath(spec.submodule_search_locations))

        for location in locations:
            if folder.is_relative_to(location):
                return location

    return locations[0]


def _find_package_path(import_name: str) -> str:
    """Find the folder to put on the import path so that a name can be imported.

    A name that cannot be imported (``__main__``, a typing mistake) stands for the working
    directory.

    :param import_name: dotted name of a package or module.
    """
    try:
        top = importlib.util.find_spec(import_name.partition(".")[0])
    except (ImportError, ValueError):
        top = None

    if top is None:
        return os.getcwd()

    locations = top.submodule_search_locations

    if not locations:
        return os.path.dirname(t.cast(str, top.origin))

    # Python has used both marks for a package without an ``__init__`` file.
    if top.origin is None or top.origin == "namespace":
        return os.path.dirname(_namespace_location(import_name, locations))

    return os.path.dirname(os.path.dirname(top.origin))


def find_package(import_name: str) -> tuple[str | None, str]:
    """Tell the install prefix of a package and the folder it is imported from.

    The prefix is :data:`sys.prefix`, or the root of whatever environment the enclosing
    ``site-packages`` belongs to. It is ``None`` for code that runs from a checkout.

    :param import_name: dotted name of the package or module.

    .. versionadded:: 0.1
    """
    folder = _find_package_path(import_name)
    system = os.path.abspath(sys.prefix)

    if PurePath(folder).is_relative_to(system):
        return system, folder

    above, last = os.path.split(folder)

    if last.lower() != "site-packages":
        return None, folder

    grandparent, middle = os.path.split(above)

    if middle.lower() == "lib":  # Windows: PREFIX\Lib\site-packages
        prefix = grandparent
    elif os.path.basename(grandparent).lower() == "lib":  # PREFIX/lib/pythonX.Y/site-packages
        prefix = os.path.dirname(grandparent)
    else:  # an unusual layout: PREFIX/site-packages
        prefix = above

    return prefix, folder
