"""Settings of earlier releases of Flask.

They are not among the defaults. A program that reads one gets what was the default, and one that
sets one is noticed.
"""

from __future__ import annotations

import json
import os
import typing as t

from ._classic import Classic, use_json, warn_classic

_JSON_KEYS = frozenset(
    {"JSON_AS_ASCII", "JSON_SORT_KEYS", "JSONIFY_MIMETYPE", "JSONIFY_PRETTYPRINT_REGULAR"}
)

# What to use today.
OWN_SETTING = "a setting of your own, or 'app.debug'"
NOT_PRESERVED = "It has no effect: debuggers and test clients ask for the contexts they keep."

#: The settings, with what to use today.
_KEYS = {
    "ENV": OWN_SETTING,
    "JSON_AS_ASCII": "'app.json.ensure_ascii'",
    "JSON_SORT_KEYS": "'app.json.sort_keys'",
    "JSONIFY_MIMETYPE": "'app.json.mimetype'",
    "JSONIFY_PRETTYPRINT_REGULAR": "'app.json.compact'",
    "PRESERVE_CONTEXT_ON_EXCEPTION": NOT_PRESERVED,
}

_DEFAULTS: dict[str, t.Any] = {
    "JSON_AS_ASCII": True,
    "JSON_SORT_KEYS": True,
    "JSONIFY_MIMETYPE": "application/json",
    "JSONIFY_PRETTYPRINT_REGULAR": False,
    "PRESERVE_CONTEXT_ON_EXCEPTION": None,
}


class ClassicConfig(Classic, dict):  # type: ignore[type-arg]
    """The part of :class:`~fastflask.Config` that knows of earlier settings."""

    __slots__ = ()

    def __missing__(self, key: str) -> t.Any:
        if key not in _KEYS:
            raise KeyError(key)

        warn_classic(f"app.config[{key!r}]", _KEYS[key], KeyError)

        if key == "ENV":
            from ._classic_helpers import get_env

            return get_env()

        return _DEFAULTS[key]

    def __setitem__(self, key: str, value: t.Any) -> None:
        super().__setitem__(key, value)

        if key in _KEYS:
            self._notice()

    def setdefault(self, key: str, default: t.Any = None) -> t.Any:
        """Return a setting, after setting it if it is not there.

        :param key: the setting.
        :param default: its value if it has none.

        .. versionadded:: 0.1
        """
        value = super().setdefault(key, default)
        self._notice()
        return value

    def update(self, *args: t.Any, **kwargs: t.Any) -> None:
        """Set several settings.

        :param args: a mapping, or pairs of keys and values.
        :param kwargs: more settings.

        .. versionadded:: 0.1
        """
        super().update(*args, **kwargs)
        self._notice()

    def __ior__(self, other: t.Any) -> t.Any:  # type: ignore[misc]
        self.update(other)
        return self

    def _notice(self) -> None:
        """Look for earlier settings among those that are there now."""
        for key in _KEYS:
            if key in self:
                warn_classic(f"app.config[{key!r}]", _KEYS[key], None, level=2)

                if key in _JSON_KEYS:
                    use_json()

    def from_json(self, filename: str | os.PathLike[str], silent: bool = False) -> bool:
        """Read a JSON file.

        :param filename: absolute, or relative to ``root_path``.
        :param silent: return ``False`` if the file is missing, instead of raising an error.
        :return: whether the file was loaded.
        """
        warn_classic("Config.from_json", "'Config.from_file' with 'load=json.load'")
        return self.from_file(filename, load=json.load, silent=silent)  # type: ignore[attr-defined,no-any-return]
