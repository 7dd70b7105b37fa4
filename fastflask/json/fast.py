"""JSON by orjson, for applications that ask for it: several times as fast, and almost the same.

Needs the extra ``json``. Nothing else of the package imports this module.
"""

from __future__ import annotations

import json
import typing as t

from .provider import DefaultJSONProvider

try:
    import orjson
except ImportError as error:
    raise ImportError(
        "fastflask.json.fast needs orjson: pip install 'fastflask[json]'", name=error.name
    ) from error

_COMPACT = (",", ":")
# Dates and data classes are the business of ``default``, as they are for the standard library.
_PLAIN = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_SORTED = _PLAIN | orjson.OPT_SORT_KEYS


class FastJSONProvider(DefaultJSONProvider):
    """JSON by orjson, and by the standard library for what orjson refuses.

    ::

        from fastflask.json.fast import FastJSONProvider

        app.json = FastJSONProvider(app)

    or, for each application of a class, ``json_provider_class = FastJSONProvider``. Attributes and
    methods are those of :class:`~fastflask.json.provider.DefaultJSONProvider`. The text differs
    from that one's in this:

    * It has characters outside of ASCII as they are, and never a blank after a comma or colon.
      :attr:`ensure_ascii` set to true brings both back, at the standard library's speed.
    * NaN and the infinities are written as ``null``. The standard library writes names that are
      no JSON, and that browsers refuse.
    * Members of an :class:`~enum.Enum` are written as their values, without asking
      :attr:`~fastflask.json.provider.DefaultJSONProvider.default`.
    * A float may be written otherwise, such as ``1e-7`` for ``1e-07``. It is the same number.

    And in reading:

    * An integer that does not fit into 64 bits becomes a float.

    Anything that orjson does not accept, such as keys that are no strings, larger integers in
    writing, NaN and other encodings than UTF-8 in reading, goes to the standard library, and so do
    calls with options. The result, or the error, is then that one's. ``default`` may have been
    called for some objects before.

    .. versionadded:: 0.1
    """

    ensure_ascii = False
    """Write characters outside of ASCII as escapes, by the standard library. Off by default."""

    def dumps(self, obj: t.Any, **kwargs: t.Any) -> str:
        """Serialize an object to JSON text.

        :param obj: what to serialize.
        :param kwargs: options of :func:`json.dumps`, which then does it.
        :raises TypeError: for an object that neither JSON nor ``default`` knows.
        :raises ValueError: for an object that contains itself.
        """
        if not self.ensure_ascii and (
            not kwargs or (len(kwargs) == 1 and kwargs.get("separators") == _COMPACT)
        ):
            try:
                return orjson.dumps(
                    obj, self.default, _SORTED if self.sort_keys else _PLAIN
                ).decode()
            except TypeError:  # orjson.JSONEncodeError is one
                pass
        return super().dumps(obj, **kwargs)

    def loads(self, s: str | bytes, **kwargs: t.Any) -> t.Any:
        """Read JSON from text or bytes.

        :param s: text, or bytes in UTF-8.
        :param kwargs: options of :func:`json.loads`, which then does it.
        :raises json.JSONDecodeError: if it is no JSON.
        """
        if not kwargs and isinstance(s, (str, bytes, bytearray)):
            try:
                return orjson.loads(s)
            except json.JSONDecodeError:
                pass
        return super().loads(s, **kwargs)
