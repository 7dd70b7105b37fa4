"""Environment variables from files, for the commands and for ``Flask.run``."""

from __future__ import annotations

import os

import click

# In the order of loading: what comes later wins over what came before.
_DEFAULT_FILES = (".flaskenv", ".env")


def load_dotenv(path: str | os.PathLike[str] | None = None, load_defaults: bool = True) -> bool:
    """Set environment variables from dotenv files.

    The file at ``path`` wins over ``.env``, which wins over ``.flaskenv``; a variable that the
    environment already has is left alone. Without python-dotenv nothing is loaded, and a hint is
    printed if there is a file that would have been.

    :param path: one more file to load.
    :param load_defaults: whether to look for ``.env`` and ``.flaskenv`` in the current
        directory and its parents.
    :return: whether the files gave any variable.

    .. versionadded:: 0.1
    """
    try:
        import dotenv
    except ImportError:
        if path or any(map(os.path.isfile, _DEFAULT_FILES)):
            click.secho(
                " * Tip: There are .env files present. Install python-dotenv to use them.",
                fg="yellow",
                err=True,
            )
        return False

    files: list[str | os.PathLike[str]] = []
    if load_defaults:
        files += [dotenv.find_dotenv(name, usecwd=True) for name in _DEFAULT_FILES]
    if path is not None and os.path.isfile(path):
        files.append(path)

    found: dict[str, str | None] = {}
    for file in (file for file in files if file):
        found.update(dotenv.dotenv_values(file, encoding="utf-8"))
    for name, value in found.items():
        if value is not None:
            os.environ.setdefault(name, value)
    return bool(found)


def _path_is_ancestor(path: str, other: str) -> bool:
    """Tell by the text alone whether the folder ``path`` contains ``other``."""
    folder = os.path.join(path, "")
    return other.startswith(folder) and not other[len(folder) :].startswith(os.sep)
