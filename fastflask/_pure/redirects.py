"""Redirects: a response with a short page and the header that matters.

The compiled twin is ``_cython/redirects.pxi``.
"""

from __future__ import annotations

import typing as t

from werkzeug.utils import redirect as _wz_redirect
from werkzeug.wrappers import Response as BaseResponse


def make_redirect(location: str, code: int, response_class: t.Any) -> BaseResponse:
    """Return a response that sends the client to another URL.

    :param location: where to.
    :param code: the status code.
    :param response_class: class of the response.
    """
    return _wz_redirect(location, code=code, Response=response_class)
