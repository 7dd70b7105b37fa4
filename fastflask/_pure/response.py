"""The lean base of :class:`~fastflask.Response`.

A response keeps status, content type and body until somebody asks for its headers. What
Werkzeug computes of them is still computed by Werkzeug, where it is not plain to see.

The compiled twin is ``_cython/response.pxi``.
"""

from __future__ import annotations

import re
import typing as t
from operator import attrgetter

from werkzeug.datastructures import Headers
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.utils import get_content_type
from werkzeug.wrappers import Response as BaseResponse
from werkzeug.wsgi import ClosingIterator

from .response_sending import (
    BODILESS,
    BodyIterator,
    bodiless_headers,
    check_head,
    check_text,
    fit_texts,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from typing_extensions import Self

# As it is now: patched later, it is not skipped.
_iter_encoded = BaseResponse.iter_encoded
# A path, perhaps with a query, that is a URI already.
_is_plain_url = re.compile(
    r"/(?!/)[\w/.~%!$&'()*+,:;=@-]*(?:\?[\w/.~%!$&'()*+,:;=@?-]+)?", re.ASCII
).fullmatch
# Status code to its phrase and its line; only codes that Werkzeug knows get in.
_status_lines: dict[int, tuple[str, str]] = {}
# Mimetype to content type, where that needs no check as a header.
_content_types: dict[str, str] = {}
_MAX_CONTENT_TYPES = 64
# What decides how a response is made and sent, where its class has it and where an object may.
_get_making = attrgetter("headers", "status", "_clean_status")
_get_sending = attrgetter(
    "headers", "status", "status_code", "get_wsgi_headers", "get_app_iter", "iter_encoded"
)
_new = object.__new__


class _TakenHeaders:
    """The headers of an object that took over the ``__dict__`` of one of Werkzeug's own class."""

    def __get__(self, obj: t.Any, owner: type | None = None) -> Headers | None:
        return None if obj is None else obj.__dict__.get("headers")


class LeanResponse:
    """A response that makes its headers only when somebody looks at them.

    The parameters are those of :class:`werkzeug.wrappers.Response`.
    """

    # Of Werkzeug's class, which comes later in the order of bases.
    default_status: t.Any
    default_mimetype: str | None
    automatically_set_content_length: bool
    status: t.Any
    status_code: int
    _status: str
    _status_code: int

    _made_headers: t.Any = _TakenHeaders()
    _pending_type: str | None = None
    _pending_length: int | None = None

    def __init__(
        self,
        response: t.Any = None,
        status: t.Any = None,
        headers: t.Any = None,
        mimetype: str | None = None,
        content_type: str | None = None,
        direct_passthrough: bool = False,
    ) -> None:
        self._made_headers = made = None
        self._pending_type = self._pending_length = None
        cls = type(self)
        stock = _get_making(cls) == _stock_making

        if not stock and cls.headers is not _lean_headers:
            # The headers are kept elsewhere, so nothing may wait here.
            super().__init__(  # type: ignore[call-arg]
                response,  # pyright: ignore[reportCallIssue]
                status,
                headers,
                mimetype,
                content_type,
                direct_passthrough,
            )
            return

        if headers is not None:
            if isinstance(headers, Headers):
                self._made_headers = made = headers
            elif headers:
                self._made_headers = made = Headers(headers)

        plain = None

        if content_type is None:
            if mimetype is None and (made is None or "content-type" not in made):
                mimetype = self.default_mimetype
            if mimetype is not None:
                plain = _content_types.get(mimetype)
                content_type = _content_type_of(mimetype) if plain is None else plain

        if content_type is not None:
            if made is None and (plain is not None or _is_plain(content_type)):
                self._pending_type = content_type
            else:
                self.headers["Content-Type"] = content_type

        if status is None:
            status = self.default_status

        line = _status_lines.get(status) if stock and type(status) is int else None

        # A phrase may have been changed since.
        if line is not None and line[0] is HTTP_STATUS_CODES.get(status):
            self._status = line[1]
            self._status_code = status
        else:
            self.status = status

        self.direct_passthrough = direct_passthrough
        self._on_close: list[Callable[[], t.Any]] = []

        if response is None:
            self.response: t.Any = []
        elif isinstance(response, (str, bytes, bytearray)):
            self.set_data(response)
        else:
            self.response = response

    @property
    def headers(self) -> Headers:
        """The headers that will be sent."""
        headers: Headers | None = self._made_headers
        if headers is None:
            # PERF: what is pending needs no check, so it goes straight in; halves a redirect.
            headers = self._made_headers = Headers()
            if self._pending_type is not None:
                headers._list.append(("Content-Type", self._pending_type))
            if self._pending_length is not None:
                headers._list.append(("Content-Length", str(self._pending_length)))
        return headers

    @headers.setter
    def headers(self, value: Headers) -> None:
        self._made_headers = value

    def _clean_status(self, value: t.Any) -> tuple[str, int]:
        if type(value) is int:
            phrase = HTTP_STATUS_CODES.get(value)
            known = _status_lines.get(value)
            if known is not None and known[0] is phrase:
                return known[1], value
            if phrase is not None:
                _status_lines[value] = phrase, f"{value} {phrase.upper()}"
        cleaned: tuple[str, int] = super()._clean_status(value)  # type: ignore[misc]
        check_text(cleaned[0], "The status")
        return cleaned

    def set_data(self, value: bytes | bytearray | str) -> None:
        """Replace the body.

        :param value: the new body; text is encoded as UTF-8.
        """
        if type(self).headers is not _lean_headers:
            super().set_data(value)  # type: ignore[misc]
            return
        if isinstance(value, str):
            value = value.encode()
        self.response = [value]
        if self.automatically_set_content_length:
            if self._made_headers is None:
                self._pending_length = len(value)
            else:
                self._made_headers["Content-Length"] = str(len(value))

    def close(self) -> None:
        """Close the body, if it can be, and call what was given to ``call_on_close``."""
        body = self.response
        if type(body) is not list and hasattr(body, "close"):
            body.close()
        for func in self._on_close:
            func()

    def get_app_iter(self, environ: dict[str, t.Any]) -> Iterable[bytes]:
        """Return the iterable for the server, which is empty for ``HEAD`` and some statuses.

        :param environ: the WSGI environment of the request.
        """
        if environ["REQUEST_METHOD"] == "HEAD" or self.status_code in BODILESS:
            return BodyIterator((), self)
        if self.direct_passthrough:
            return self.response  # type: ignore[no-any-return]
        if type(self).iter_encoded is _iter_encoded and "iter_encoded" not in self.__dict__:  # type: ignore[attr-defined]
            return BodyIterator(self.response, self)
        return ClosingIterator(self.iter_encoded(), self.close)  # type: ignore[attr-defined]

    def get_wsgi_response(
        self, environ: dict[str, t.Any]
    ) -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        """Return what to send to the server: the body, the status line and the headers.

        :param environ: the WSGI environment of the request.
        """
        if _get_sending(type(self)) != _stock_sending:
            return self._send_by_stages(environ)

        # PERF: an object that was asked for its ``__dict__`` reads its attributes four times
        # slower, so what is needed of them is read before.
        code, status, body = self._status_code, self._status, self.response
        made, kind, length = self._made_headers, self._pending_type, self._pending_length
        direct = self.direct_passthrough
        own = self.__dict__

        if "get_wsgi_headers" in own or "get_app_iter" in own or "iter_encoded" in own:
            return self._send_by_stages(environ)

        bodiless = code in BODILESS

        if made is None and length is not None and not bodiless:
            # PERF: what most responses come to, without a call.
            headers: t.Any = [("Content-Length", str(length))]
            if kind is not None:
                headers.insert(0, ("Content-Type", kind))
        else:
            headers = self._copy_headers(bodiless)
            if headers is None:
                headers = self.get_wsgi_headers(environ).to_wsgi_list()  # type: ignore[attr-defined]

        if bodiless or environ["REQUEST_METHOD"] == "HEAD":
            return BodyIterator((), self), status, headers
        if direct:
            return body, status, headers

        # PERF: calling the class and its constructor would take twice as long.
        app_iter: BodyIterator = _new(BodyIterator)
        app_iter._body = body
        app_iter._items = None
        app_iter._response = self
        return app_iter, status, headers

    def _send_by_stages(
        self, environ: dict[str, t.Any]
    ) -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        headers = self.get_wsgi_headers(environ).to_wsgi_list()  # type: ignore[attr-defined]
        return self.get_app_iter(environ), self.status, headers

    def _copy_headers(self, bodiless: bool) -> list[tuple[str, str]] | None:
        """Return the headers for the server, or ``None`` if Werkzeug has to rewrite one."""
        made, length = self._made_headers, self._pending_length
        has_length = False

        if made is None:
            headers = []
            if self._pending_type is not None:
                headers.append(("Content-Type", self._pending_type))
            if length is not None:
                headers.append(("Content-Length", str(length)))
                has_length = True
        elif type(made) is not Headers:
            return None
        else:
            headers = made._list[:]
            for name, value in headers:
                if (lowered := name.lower()) == "content-length":
                    has_length = True
                elif lowered in {"location", "content-location"} and (
                    self.autocorrect_location_header or not _is_plain_url(value)  # type: ignore[attr-defined]
                ):
                    return None

        if bodiless:
            return bodiless_headers(headers, self._status_code)

        if not has_length and self.automatically_set_content_length and self.is_sequence:  # type: ignore[attr-defined]
            chunks: Iterable[bytes] = self.iter_encoded()  # type: ignore[attr-defined]
            headers.append(("Content-Length", str(sum(map(len, chunks)))))

        return headers

    def __call__(
        self, environ: dict[str, t.Any], start_response: Callable[..., t.Any]
    ) -> Iterable[bytes]:
        app_iter, status, headers = self.get_wsgi_response(environ)
        # Names that are still pending are the framework's own.
        if (
            status not in fit_texts
            or self._made_headers is not None
            or type(self).get_wsgi_response is not _get_wsgi_response
        ):
            check_head(status, headers, app_iter)
        start_response(status, headers)
        return app_iter

    @classmethod
    def _assemble(cls, headers: Headers, status: str, status_code: int, body: t.Any) -> Self:
        """Return a response of parts that fit together, without running the constructor."""
        response = cls.__new__(cls)
        response._made_headers = headers
        response._pending_type = response._pending_length = None
        response._status = status
        response._status_code = status_code
        response.response = body
        response.direct_passthrough = False
        response._on_close = []
        return response

    def __getstate__(self) -> dict[str, t.Any]:
        # The same as Werkzeug's, so that either implementation can read what the other wrote.
        state = self.__dict__.copy()
        for name in ("_made_headers", "_pending_type", "_pending_length"):
            del state[name]
        return {"headers": self.headers, **state}

    def __setstate__(self, state: dict[str, t.Any]) -> None:
        self.__dict__.update(state)
        self._made_headers = self.__dict__.pop("headers")
        self._pending_type = self._pending_length = None


def _content_type_of(mimetype: str) -> str:
    content_type = get_content_type(mimetype, "utf-8")
    if _is_plain(content_type) and len(_content_types) < _MAX_CONTENT_TYPES:
        _content_types[mimetype] = content_type
    return content_type


# As they are now: patched later, they are not skipped.
_lean_headers = LeanResponse.headers
_get_wsgi_response = LeanResponse.get_wsgi_response
_Stock = type("_Stock", (LeanResponse, BaseResponse), {})
_stock_making = _get_making(_Stock)
_stock_sending = _get_sending(_Stock)


def _is_plain(value: t.Any) -> bool:
    """Whether a header value needs neither conversion nor refusal."""
    return type(value) is str and "\n" not in value and "\r" not in value
