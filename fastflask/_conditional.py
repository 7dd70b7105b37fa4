"""Conditional answers: the cases that nearly all of them are, without the detours.

Most requests name no condition, and most others send back the very entity tag or date that the
response has. For these it is plain what :meth:`werkzeug.wrappers.Response.make_conditional` would
find out by reading dates and tags again. All other cases are left to it.
"""

from __future__ import annotations

import time
import typing as t
from operator import attrgetter

from werkzeug.datastructures import Headers
from werkzeug.http import http_date, parse_date
from werkzeug.wrappers import Response as BaseResponse

from ._impl import LeanResponse

if t.TYPE_CHECKING:
    from .wrappers import Response

# What decides and how it is told, as it is now. The two private methods would be called.
_get_deciding = attrgetter(
    "__getattribute__",
    "__setattr__",
    "headers",
    "accept_ranges",
    "_is_range_request_processable",
    "_process_range_request",
)
_stock_deciding = _get_deciding(type("_Stock", (LeanResponse, BaseResponse), {}))
_make_conditional = BaseResponse.make_conditional
# How headers are usually spelled, and the spelling by the name that all spellings share.
_USUAL = frozenset(
    "Accept-Ranges Cache-Control Content-Disposition Content-Encoding Content-Length Content-Type"
    " Date ETag Expires Last-Modified".split()
)
_usual = {name.lower(): name for name in _USUAL}
# The second for which a date was written last, and that date.
_now: tuple[int | None, str] = None, ""


def answer_plainly(response: Response, environ: t.Any, accept_ranges: bool | str) -> bool:
    """Do as ``make_conditional`` does where it is plain what that is.

    :param response: the response, which is changed.
    :param environ: the WSGI environment of the request.
    :param accept_ranges: what is said about asking for a part of the response.
    :returns: whether it was done.
    """
    if (
        BaseResponse.make_conditional is not _make_conditional
        or type(environ) is not dict
        or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}
        or _get_deciding(type(response)) != _stock_deciding
        or type(headers := response.headers) is not Headers
    ):
        return False

    items = headers._list
    known = dict(items)

    # PERF: lower case is made only of names that are not spelled as usual.
    if len(known) != len(items) or not _USUAL.issuperset(known):
        # Of several with one name the first counts.
        known = {_usual.get(name.lower(), name): value for name, value in reversed(items)}

    # Always the first step, also where Werkzeug makes the others.
    if "Date" not in known:
        items.append(("Date", _date()))

    changed = known.get("Last-Modified")
    since = environ.get("HTTP_IF_MODIFIED_SINCE")
    tag = environ.get("HTTP_IF_NONE_MATCH")

    if (
        "HTTP_RANGE" in environ
        or "HTTP_IF_MATCH" in environ
        or type(accept_ranges) is not bool
        # Werkzeug reads the dates even where nothing depends on them; others could fail there.
        or not (changed is None or _is_date(changed))
        or since not in (None, changed)
        or (response.automatically_set_content_length and "Content-Length" not in known)
    ):
        return False

    if tag is None:
        if since is not None and parse_date(since) is None:
            return False
    elif tag != known.get("ETag") or not _is_strong(tag):
        return False

    if accept_ranges:
        if "Accept-Ranges" in known:
            headers["Accept-Ranges"] = "bytes"
        else:
            items.append(("Accept-Ranges", "bytes"))

    if tag is not None or since is not None:
        response.status_code = 304

    return True


def _is_date(value: str) -> bool:
    """Whether a header can be a date as it is written today."""
    return len(value) == 29 and value.endswith(" GMT")


def _is_strong(tag: str) -> bool:
    """Whether the text is one entity tag that is not weak."""
    return len(tag) > 2 and tag[0] == tag[-1] == '"' and '"' not in tag[1:-1]


def _date() -> str:
    """Return the present time as a header has it.

    PERF: written once a second; it would be a sixth of what sending a file takes.
    """
    global _now
    second, text = _now
    current = int(time.time())

    if current != second:
        text = http_date(current)
        _now = current, text

    return text
