"""Redirects: a response with a short page and the header that matters.

Status, body and headers are those of Werkzeug's function, which makes the response where the
class is not one whose making is known. The compiled twin is ``_cython/redirects.pxi``.
"""

from __future__ import annotations

import re
import typing as t

from markupsafe import escape
from werkzeug.utils import redirect as _wz_redirect
from werkzeug.wrappers import Response as BaseResponse

from .response_making import make_plain

# What Werkzeug's page says, before, between and after the two places of the address.
_before, _between, _after = _wz_redirect("\0").get_data(as_text=True).split("\0")
_needs_escaping = re.compile("[&<>'\"]").search


def make_redirect(location: str, code: int, response_class: t.Any) -> BaseResponse:
    """Return a response that sends the client to another URL.

    :param location: where to.
    :param code: the status code.
    :param response_class: class of the response.
    """
    if type(location) is str and "\n" not in location and "\r" not in location:
        address = str(escape(location)) if _needs_escaping(location) else location
        page = f"{_before}{address}{_between}{address}{_after}"
        response = make_plain(response_class, page, code, "text/html")

        if response is not None:
            # PERF: needs no check any more, so it goes straight in.
            response.headers._list.append(("Location", location))
            return response  # type: ignore[no-any-return]

    return _wz_redirect(location, code=code, Response=response_class)
