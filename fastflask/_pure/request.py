"""The lean base of :class:`~fastflask.Request`.

It stands before Werkzeug's class in the order of bases and holds the few fields that every
request needs. All else is made when it is first looked at, by Werkzeug's code. What a request
shows is that of its beginning, even if the environ is changed later, except for the headers,
which are live.

The compiled twin is ``_cython/request.pxi``.
"""

from __future__ import annotations

import typing as t
from operator import itemgetter

from werkzeug.datastructures import EnvironHeaders
from werkzeug.sansio.utils import get_host

from .reading import (
    load_form,
    open_stream,
    parse_type,
    read_args,
    read_content_length,
    read_cookies,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.datastructures import FileStorage, Headers, ImmutableMultiDict, MultiDict

_T = t.TypeVar("_T")
_MISSING: t.Any = object()


def _decode(text: str) -> str:
    """Decode what WSGI hands over as latin-1 text but means as UTF-8."""
    if text.isascii():
        return text
    return text.encode("latin1").decode(errors="replace")


_take = itemgetter(
    "REQUEST_METHOD", "wsgi.url_scheme", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING",
    "SERVER_NAME", "SERVER_PORT",
)  # fmt: skip


def _take_each(environ: dict[str, t.Any]) -> tuple[t.Any, ...]:
    """Return what an environ says that need not have all of it."""
    get = environ.get
    return (
        get("REQUEST_METHOD", "GET"), get("wsgi.url_scheme", "http"), get("SCRIPT_NAME"),
        get("PATH_INFO"), get("QUERY_STRING"), get("SERVER_NAME"), get("SERVER_PORT"),
    )  # fmt: skip


class _Later(t.Generic[_T]):
    """A value that is computed when it is first read, and kept in the instance's dict."""

    def __init__(self, compute: Callable[[t.Any], _T]) -> None:
        self.compute = compute
        self.name = compute.__name__
        self.__doc__ = compute.__doc__

    def __get__(self, obj: t.Any, owner: type | None = None) -> _T:
        if obj is None:
            return self  # type: ignore[return-value]
        # A property of a subclass may ask for it again.
        if self.name in obj.__dict__:
            return obj.__dict__[self.name]  # type: ignore[no-any-return]
        value = obj.__dict__[self.name] = self.compute(obj)
        return value


class LeanRequest:
    """The fields of a request, taken from the environ as it is when the request is made.

    :param environ: the WSGI environment.
    :param populate_request: enter the request as ``werkzeug.request`` in the environ.
    :param shallow: refuse to read the body.
    """

    # The header that the application looked at when the request began, if it did.
    _host_header: str | None

    def __init__(
        self, environ: dict[str, t.Any], populate_request: bool = True, shallow: bool = False
    ) -> None:
        try:
            # PERF: at once takes half of the time. Nearly all servers send all of them.
            taken = _take(environ) if type(environ) is dict else _take_each(environ)
        except KeyError:
            taken = _take_each(environ)
        method, scheme, script_name, path_info, query, name, port = taken
        method = method.upper()
        self.method: str = method
        self.scheme: str = scheme
        self.root_path: str = _decode(script_name).rstrip("/") if script_name else ""
        if path_info:
            # PERF: a path seldom needs decoding, so there is no call for it.
            text = path_info if path_info.isascii() else _decode(path_info)
            path: str = "/" + text.lstrip("/")
            self.path = path
        else:
            self.path = "/"
            # The server's empty path is not the root's, which it is redirected to.
            path = "" if path_info == "" else "/"
        self.query_string: bytes = query.encode("latin1") if query else b""
        # For ``server``, and for the URL adapter, which reads them in its own way, perhaps later.
        self._url_parts: tuple[t.Any, ...] = (
            method, scheme, script_name, path_info, query, path, name, port,
        )  # fmt: skip
        self.remote_addr = environ.get("REMOTE_ADDR")
        self.environ = environ
        self.shallow = shallow

        if populate_request and not shallow:
            environ["werkzeug.request"] = self

    @_Later
    def headers(self) -> Headers:
        """The headers received with the request; a view of the environ."""
        return EnvironHeaders(self.environ)

    @_Later
    def server(self) -> tuple[str, int | None] | None:
        """Name and port of the server, or path and ``None`` of a Unix socket."""
        name, port = self._url_parts[6:]
        if name is None:
            return None
        try:
            return name, int(port)
        except (TypeError, ValueError):
            return name, None

    @_Later
    def host(self) -> str:
        """The host that the request was sent to, with the port if it is not the usual one.

        It is empty if the client sent something else than a host, and checked against
        ``trusted_hosts``.
        """
        header = self.__dict__.get("_host_header", _MISSING)
        if header is not _MISSING:
            # The application looked at the host when the request began, and trusted any.
            return get_host(self.scheme, header, self.server, None)
        trusted_hosts = self.trusted_hosts  # type: ignore[attr-defined]
        return get_host(self.scheme, self.headers.get("host"), self.server, trusted_hosts)

    @_Later
    def args(self) -> MultiDict[str, str]:
        """The values in the query of the URL, in a ``parameter_storage_class``.

        A query with bytes that are not UTF-8, which no browser sends, is answered with a 400.
        """
        return read_args(self)  # type: ignore[no-any-return]

    @_Later
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """The cookies sent with the request, in a ``dict_storage_class``."""
        return read_cookies(self)  # type: ignore[no-any-return]

    @_Later
    def content_length(self) -> int | None:
        """The length of the body in bytes as the client tells it, or ``None`` for a stream."""
        return read_content_length(self)

    @_Later
    def stream(self) -> t.IO[bytes]:
        """The body, which can be read once, and not beyond its end or ``max_content_length``."""
        return open_stream(self)  # type: ignore[no-any-return]

    @_Later
    def form(self) -> ImmutableMultiDict[str, str]:
        """The fields of a form in the body, in a ``parameter_storage_class``."""
        self._load_form_data()
        return self.form

    @_Later
    def files(self) -> ImmutableMultiDict[str, FileStorage]:
        """The files uploaded by a form in the body."""
        self._load_form_data()
        return self.files

    def _load_form_data(self) -> None:
        """Read the body as a form, if it is one, for ``form`` and ``files``."""
        load_form(self)

    def _parse_content_type(self) -> None:
        """Parse the type of the body, for ``mimetype`` and ``mimetype_params``."""
        parse_type(self)

    def close(self) -> None:
        """Close the files that were uploaded with the request, if they were looked at."""
        if self.__dict__.get("files"):
            super().close()  # type: ignore[misc]
