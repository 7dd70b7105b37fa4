"""Making responses without the detour of calling their class, where that has no say in it.

What comes about is what the constructor makes. The compiled twin is
``_cython/response_making.pxi``.
"""

from __future__ import annotations

import typing as t
from operator import attrgetter

from werkzeug.http import HTTP_STATUS_CODES

from .response import LeanResponse, _content_types, _status_lines, _Stock

_new = object.__new__
# What decides what the constructor does. As it is now: patched later, it is called.
_get_making = attrgetter(
    "__init__", "__new__", "__getattribute__", "headers", "status", "_clean_status", "set_data",
    "automatically_set_content_length",
)  # fmt: skip
_stock_making = _get_making(_Stock)


def make_plain(response_class: t.Any, text: str, status: t.Any, mimetype: t.Any) -> t.Any:
    """Return a response of text, status code and media type, or ``None`` for the constructor.

    What comes about is the same. ``None`` means that a class of its own may have a say in it, or
    that the constructor has not seen this status and this type before.

    PERF: no call of the class, and half of the steps: 4 % of a small request.

    :param response_class: class of the response.
    :param text: the body.
    :param status: the status code, or ``None`` for that of the class.
    :param mimetype: the media type, or ``None`` for that of the class.
    """
    try:
        if _get_making(response_class) != _stock_making:
            return None
    except AttributeError:
        return None
    # A class of classes may have a say in calls.
    if type(response_class) is not type:
        return None
    if status is None:
        status = response_class.default_status  # type: ignore[attr-defined]
    if mimetype is None:
        mimetype = response_class.default_mimetype  # type: ignore[attr-defined]
    kind = _content_types.get(mimetype)
    line = _status_lines.get(status) if type(status) is int else None
    # A phrase may have been changed since.
    if kind is None or line is None or line[0] is not HTTP_STATUS_CODES.get(status):
        return None

    body = text.encode()
    response: t.Any = _new(response_class)
    response._made_headers = None
    response._pending_type = kind
    response._pending_length = len(body)
    response._status = line[1]
    response._status_code = status
    response.direct_passthrough = False
    response._on_close = []
    response.response = [body]
    return response


def new_response(response_class: t.Any, body: t.Any, mimetype: t.Any) -> t.Any:
    """Make a response of a body and its media type.

    :param response_class: class of the response.
    :param body: text or bytes.
    :param mimetype: the media type.
    """
    if type(body) is str:
        response = make_plain(response_class, body, None, mimetype)
        if response is not None:
            return response
    # PERF: a constructor that is ours is called in half of the time by position.
    if response_class.__init__ is LeanResponse.__init__ and response_class.__new__ is _new:
        return response_class(body, None, None, mimetype)
    return response_class(body, mimetype=mimetype)
