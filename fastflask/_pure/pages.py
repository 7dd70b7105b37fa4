"""Error pages: the response that a view gets for an HTTP exception.

Werkzeug makes a response, sends it to itself, and makes another one of what it received. Here the
same comes about at once. The compiled twin is ``_cython/pages.pxi``.
"""

from __future__ import annotations

import typing as t
from operator import attrgetter

from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException, MethodNotAllowed, default_exceptions
from werkzeug.http import HTTP_STATUS_CODES

from .response_sending import BODILESS, BodyIterator

if t.TYPE_CHECKING:
    from .response import LeanResponse

# Headers that Werkzeug rewrites.
_SPECIAL_HEADERS = frozenset({"location", "content-location"})
# What a response to an exception is made by, and what its page says.
_get_making = attrgetter(
    "__call__", "get_response", "get_headers", "get_body", "get_description", "name", "code",
    "description",
)  # fmt: skip
_stock = _get_making(HTTPException)[:6]
_stock_with_allow = (*_stock[:2], MethodNotAllowed.get_headers, *_stock[3:])
_HTML = ("Content-Type", "text/html; charset=utf-8")
#: By class, only Werkzeug's own: what it was made by, the phrase of its code, the status line, the
#: page, and its length.
kept_pages: dict[type, tuple[tuple[t.Any, ...], str, str, bytes, str]] = {}


def make_error_page(response_class: t.Any, error: t.Any, environ: dict[str, t.Any]) -> t.Any:
    """Return the response to an HTTP exception, or ``None`` for Werkzeug to make it.

    :param response_class: class of the response.
    :param error: the exception.
    :param environ: the WSGI environment.
    """
    kind = type(error)
    kept = kept_pages.get(kind)
    state = error.__dict__

    # All that an exception of Werkzeug's has of its own, unless somebody gave it more.
    if (
        kept is None
        or state.get("response", error) is not None
        or len(state) != (2 if "valid_methods" in state else 1)
        or _get_making(kind) != kept[0]
        or HTTP_STATUS_CODES.get(error.code) is not kept[1]
    ):
        return _make_other_page(response_class, error, environ)

    _, _, status, page, length = kept
    headers = Headers()
    headers._list.append(_HTML)

    if "valid_methods" in state and kept[0][2] is not _stock[2] and state["valid_methods"]:
        allowed = ", ".join(state["valid_methods"])
        if "\n" in allowed or "\r" in allowed:
            return None
        headers._list.append(("Allow", allowed))

    headers._list.append(("Content-Length", length))
    return _assemble(response_class, headers, status, error.code, page, environ)


def _make_other_page(response_class: t.Any, error: t.Any, environ: dict[str, t.Any]) -> t.Any:
    kind, code = type(error), error.code

    if (
        kind.__call__ is not HTTPException.__call__
        or kind.get_response is not HTTPException.get_response
        or not {"__call__", "get_response"}.isdisjoint(error.__dict__)
        # Only now, as an exception that makes its response by itself may not have it.
        or error.response is not None
        or code not in HTTP_STATUS_CODES
        # Werkzeug treats these in ways of their own.
        or code in BODILESS
    ):
        return None

    headers = Headers(error.get_headers(environ, None))
    names = {name.lower() for name, _ in headers._list}

    if "content-type" not in names or not _SPECIAL_HEADERS.isdisjoint(names):
        return None

    page = error.get_body(environ, None).encode()
    phrase = HTTP_STATUS_CODES[code]
    status = f"{code} {phrase.upper()}"
    length = str(len(page))
    making = _get_making(kind)

    if (
        default_exceptions.get(code) is kind
        and making[:6] in (_stock, _stock_with_allow)
        and error.__dict__.keys() <= {"response", "valid_methods"}
    ):
        kept_pages[kind] = making, phrase, status, page, length

    if "content-length" in names:
        headers["Content-Length"] = length
    else:
        headers._list.append(("Content-Length", length))

    return _assemble(response_class, headers, status, code, page, environ)


def _assemble(
    response_class: t.Any,
    headers: Headers,
    status: str,
    code: int,
    page: bytes,
    environ: dict[str, t.Any],
) -> LeanResponse:
    # An iterator, as what is received is one: the response counts as streamed.
    body = BodyIterator([] if environ["REQUEST_METHOD"] == "HEAD" else [page], None)
    return response_class._assemble(headers, status, code, body)  # type: ignore[no-any-return]
