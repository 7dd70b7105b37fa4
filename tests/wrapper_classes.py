"""What the tests of requests and of responses share."""

from __future__ import annotations

import typing as t
from collections.abc import Callable

from werkzeug.test import create_environ
from werkzeug.wrappers import Request as PlainRequest
from werkzeug.wrappers import Response as PlainResponse


class Classes(t.NamedTuple):
    request: t.Any
    response: t.Any


def make_classes(impl: t.Any) -> Classes:
    """Return request and response over one implementation of the lean bases."""
    request = type("Request", (impl.LeanRequest, PlainRequest), {})
    options = {"default_mimetype": "text/html", "autocorrect_location_header": False}
    return Classes(request, type("Response", (impl.LeanResponse, PlainResponse), options))


class Plain(PlainResponse):
    """Werkzeug's response with Flask's defaults."""

    default_mimetype = "text/html"
    autocorrect_location_header = False


def send(response: t.Any, method: str = "GET", **environ: t.Any) -> tuple[t.Any, ...]:
    """Return status, headers and body of a response, as the server gets them."""
    got: list[t.Any] = []
    environ = {**create_environ(method=method), **environ}
    body = response(environ, lambda status, headers, exc_info=None: got.extend((status, headers)))
    chunks = list(body)
    if hasattr(body, "close"):
        body.close()
    return got[0], got[1], chunks


def outcome(call: Callable[[], t.Any]) -> t.Any:
    """Return what a call returns, or the type and text of its error."""
    try:
        return call()
    except Exception as error:
        return type(error), str(error)
