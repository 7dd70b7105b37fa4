"""JSON by the current application's provider, or by the standard library where there is none."""

from __future__ import annotations

import json as _json
import typing as t

from .._classic import classic_names
from ..globals import _cv_app, current_app
from .provider import _default

if t.TYPE_CHECKING:
    from ..wrappers import Response


def dumps(obj: t.Any, **kwargs: t.Any) -> str:
    """Serialize an object to JSON text.

    Uses the provider of the current application, ``app.json``. Without an application it is
    :func:`json.dumps`, which then knows the same additional types.

    :param obj: what to serialize.
    :param kwargs: passed on.

    .. versionadded:: 0.1
    """
    context = _cv_app.get(None)
    if context is None:
        return _json.dumps(obj, **{"default": _default, **kwargs})
    return context.app.json.dumps(obj, **kwargs)


def dump(obj: t.Any, fp: t.IO[str], **kwargs: t.Any) -> None:
    """Serialize an object to JSON and write it to a file.

    Uses the provider of the current application, or :func:`json.dump`.

    :param obj: what to serialize.
    :param fp: a file opened for text; its encoding should be UTF-8.
    :param kwargs: passed on.

    .. versionadded:: 0.1
    """
    if not current_app:
        _json.dump(obj, fp, **{"default": _default, **kwargs})
        return
    current_app.json.dump(obj, fp, **kwargs)


def loads(s: str | bytes, **kwargs: t.Any) -> t.Any:
    """Read JSON from text or bytes.

    Uses the provider of the current application, or :func:`json.loads`.

    :param s: text, or bytes in UTF-8.
    :param kwargs: passed on.

    .. versionadded:: 0.1
    """
    context = _cv_app.get(None)
    if context is None:
        return _json.loads(s, **kwargs)
    return context.app.json.loads(s, **kwargs)


def load(fp: t.IO[t.AnyStr], **kwargs: t.Any) -> t.Any:
    """Read JSON from a file.

    Uses the provider of the current application, or :func:`json.load`.

    :param fp: a file opened for text, or for bytes in UTF-8.
    :param kwargs: passed on.

    .. versionadded:: 0.1
    """
    context = _cv_app.get(None)
    if context is None:
        return _json.load(fp, **kwargs)
    return context.app.json.load(fp, **kwargs)


def jsonify(*args: t.Any, **kwargs: t.Any) -> Response:
    """Make a JSON response, by the ``response`` method of the current application's provider.

    A view that returns a dict or list needs no call of this.

    :param args: one value, or several for a list of them; none at all for ``null``.
    :param kwargs: instead of positional arguments, the items of an object.
    :raises TypeError: if both kinds of arguments are given.

    .. versionadded:: 0.1
    """
    return current_app.json.response(*args, **kwargs)  # type: ignore[return-value]


if not t.TYPE_CHECKING:
    __getattr__ = classic_names(__name__)
