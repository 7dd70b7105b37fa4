"""What an application does to read and write JSON, in one replaceable object."""

from __future__ import annotations

import dataclasses
import json
import sys
import typing as t
import uuid
import weakref
from datetime import date

from werkzeug.http import http_date

from .._impl import new_response
from ._codec import SEPARATORS, decode, encode

if t.TYPE_CHECKING:
    from werkzeug.sansio.response import Response

    from .._impl import new_response
    from ..sansio.app import App
from ._codec import KeptEncoder


class JSONProvider:
    """Base of the JSON operations of an application.

    To use another library, derive from this, write :meth:`dumps` and :meth:`loads`, and assign an
    instance to :attr:`app.json <fastflask.Flask.json>` or the class to
    :attr:`~fastflask.Flask.json_provider_class`. The other methods are built on these two.

    :param app: the application; kept as a weak proxy in ``_app``.

    .. versionadded:: 0.1
    """

    def __init__(self, app: App) -> None:
        self._app: App = weakref.proxy(app)

    def dumps(self, obj: t.Any, **kwargs: t.Any) -> str:
        """Serialize an object to JSON text.

        :param obj: what to serialize.
        :param kwargs: options of the library behind the provider.
        """
        raise NotImplementedError

    def dump(self, obj: t.Any, fp: t.IO[str], **kwargs: t.Any) -> None:
        """Serialize an object to JSON and write it to a file.

        :param obj: what to serialize.
        :param fp: a file opened for text; its encoding should be UTF-8.
        :param kwargs: passed to :meth:`dumps`.
        """
        text = self.dumps(obj, **kwargs)
        fp.write(text)

    def loads(self, s: str | bytes, **kwargs: t.Any) -> t.Any:
        """Read JSON from text or bytes.

        :param s: text, or bytes in UTF-8.
        :param kwargs: options of the library behind the provider.
        """
        raise NotImplementedError

    def load(self, fp: t.IO[t.AnyStr], **kwargs: t.Any) -> t.Any:
        """Read JSON from a file.

        :param fp: a file opened for text, or for bytes in UTF-8.
        :param kwargs: passed to :meth:`loads`.
        """
        content = fp.read()
        return self.loads(content, **kwargs)

    def _prepare_response_obj(self, args: tuple[t.Any, ...], kwargs: dict[str, t.Any]) -> t.Any:
        """Pick the one object that the arguments of :meth:`response` stand for."""
        if args and kwargs:
            raise TypeError("app.json.response() takes either args or kwargs, not both")
        if len(args) == 1:
            return args[0]
        return args or kwargs or None

    def response(self, *args: t.Any, **kwargs: t.Any) -> Response:
        """Make a response of the application's class with JSON in it.

        :param args: one value, or several for a list of them; none at all for ``null``.
        :param kwargs: instead of positional arguments, the items of an object.
        :raises TypeError: if both kinds of arguments are given.
        """
        text = self.dumps(self._prepare_response_obj(args, kwargs))
        return self._app.response_class(text, mimetype="application/json")


def _is_decimal(o: t.Any) -> bool:
    # Nobody holds a Decimal before the module is loaded; until then it need not be.
    module = sys.modules.get("decimal")
    return module is not None and isinstance(o, module.Decimal)


def _default(o: t.Any) -> t.Any:
    """Turn an object that JSON lacks into one that it has.

    :param o: the object.
    :raises TypeError: for any other object than those of :class:`DefaultJSONProvider`.

    .. versionadded:: 0.1
    """
    if isinstance(o, date):
        return http_date(o)
    if isinstance(o, uuid.UUID) or _is_decimal(o):
        return str(o)
    if dataclasses.is_dataclass(o):
        return dataclasses.asdict(o)  # type: ignore[arg-type]
    if hasattr(o, "__html__"):
        return str(o.__html__())
    raise TypeError(f"Object of type {type(o).__name__} is not JSON serializable")


class DefaultJSONProvider(JSONProvider):
    """JSON by the standard library's :mod:`json`, with some more types.

    Dates and times become HTTP dates, decimals and UUIDs become text, data classes become
    objects, and anything with an ``__html__`` method, such as :class:`~markupsafe.Markup`,
    becomes what that returns.

    The attributes may be set on a subclass or an instance, at any time.

    .. versionadded:: 0.1
    """

    default: t.Callable[[t.Any], t.Any] = staticmethod(_default)
    """Called for an object that :func:`json.dumps` cannot write. Returns one that it can, or
    raises ``TypeError``.
    """

    ensure_ascii = True
    """Write characters outside of ASCII as escapes. Some clients need that; switched off, the
    output is shorter.
    """

    sort_keys = True
    """Write the keys of objects in order, so that equal objects give equal text. All keys of a
    dict must then be comparable with each other, which in practice means that they are strings.
    """

    compact: bool | None = None
    """Write responses without line breaks and blanks. ``None`` means: unless in debug mode."""

    mimetype = "application/json"
    """The media type of responses."""

    #: The encoder of the last call. A subclass need not call our constructor.
    _spare: list[KeptEncoder] | None = None

    def dumps(self, obj: t.Any, **kwargs: t.Any) -> str:
        """Serialize an object to JSON text.

        :param obj: what to serialize.
        :param kwargs: options of :func:`json.dumps`. The attributes :attr:`default`,
            :attr:`ensure_ascii` and :attr:`sort_keys` serve for those not given.
        """
        default, ensure_ascii, sort_keys = self.default, self.ensure_ascii, self.sort_keys

        # A ``default`` given for one call must not be kept; the rest is too rare to bother.
        if len(kwargs) == ("separators" in kwargs):
            spare = self._spare
            if spare is None:
                spare = self._spare = []
            separators = kwargs["separators"] if kwargs else SEPARATORS
            text = encode(obj, default, ensure_ascii, sort_keys, separators, spare)
            if text is not None:
                return text

        options = {"default": default, "ensure_ascii": ensure_ascii, "sort_keys": sort_keys}
        return json.dumps(obj, **{**options, **kwargs})

    def loads(self, s: str | bytes, **kwargs: t.Any) -> t.Any:
        """Read JSON from text or bytes.

        :param s: text, or bytes in UTF-8.
        :param kwargs: options of :func:`json.loads`.
        """
        return json.loads(s, **kwargs) if kwargs else decode(s)

    def response(self, *args: t.Any, **kwargs: t.Any) -> Response:
        """Make a response of the application's class with JSON and a line break in it.

        Its media type is :attr:`mimetype`. Whether it is laid out for reading says
        :attr:`compact`.

        :param args: one value, or several for a list of them; none at all for ``null``.
        :param kwargs: instead of positional arguments, the items of an object.
        :raises TypeError: if both kinds of arguments are given.
        """
        obj = self._prepare_response_obj(args, kwargs)
        compact = self.compact
        if compact is None:
            compact = not self._app.debug
        if compact is False:  # any other false value counts as compact
            text = self.dumps(obj, indent=2)
        else:
            text = self.dumps(obj, separators=(",", ":"))
        return new_response(self._app.response_class, f"{text}\n", self.mimetype)  # type: ignore[no-any-return]
