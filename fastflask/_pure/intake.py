"""What a request begins with: its contexts, the URL adapter, the match, the session.

The adapter is made at once only if that may fail or somebody may see it; the session is opened
at once only if a cookie carries it or its interface is not the stock one.

The compiled twin is ``_cython/intake.pxi``.
"""

from __future__ import annotations

import typing as t

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect
from werkzeug.sansio.utils import get_host
from werkzeug.wsgi import get_host as get_environ_host

from . import stock
from .context import _PENDING, _PendingSession
from .request import LeanRequest, _decode

if t.TYPE_CHECKING:
    from werkzeug.routing import Map, MapAdapter

    from ..config import Config
    from ..ctx import AppContext, RequestContext
    from ..sessions import SessionInterface
    from ..wrappers import Request
    from .context import RequestContextBase

# An IDNA label has at most 63 characters. A shorter host has no longer label.
_MAX_LABEL = 63
_MATCH_ERRORS = frozenset({MethodNotAllowed, NotFound, RequestRedirect})


def _is_simple_host(host: str | None) -> bool:
    """Whether binding an adapter to the host cannot fail, whatever else it does with it."""
    return host is None or (
        len(host) <= _MAX_LABEL and host.isascii() and host[:1] != "." and ".." not in host
    )


class Intake:
    """The methods of an application that set up what a request works with."""

    # Set by the application.
    config: Config
    url_map: Map
    subdomain_matching: bool
    session_interface: SessionInterface

    def request_context(self, environ: dict[str, t.Any]) -> RequestContext:
        """Return a new :class:`~fastflask.ctx.RequestContext` for a WSGI environment.

        :param environ: the WSGI environment.
        """
        return stock.stock_request_context_class(self, environ)  # type: ignore[no-any-return]

    def app_context(self) -> AppContext:
        """Return a new :class:`~fastflask.ctx.AppContext`, to be used in a ``with`` block.

        Requests and commands have one of their own accord.

        .. versionadded:: 0.1
        """
        return stock.stock_app_context_class(self)  # type: ignore[no-any-return]

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return what matches and builds URLs for a request, or for the application.

        :param request: the request, or ``None`` outside of one. Then the result is ``None``
            unless ``SERVER_NAME`` is configured.
        """
        config = self.config

        if request is None:
            server_name = config["SERVER_NAME"]
            if server_name is None:
                return None
            return self.url_map.bind(
                server_name,
                script_name=config["APPLICATION_ROOT"],
                url_scheme=config["PREFERRED_URL_SCHEME"],
            )

        trusted_hosts = config["TRUSTED_HOSTS"]
        if trusted_hosts is not None:
            request.trusted_hosts = trusted_hosts

        # Refuses a host that is not trusted; binding to the environ does not.
        request.host = get_environ_host(request.environ, request.trusted_hosts)
        return self._bind_to_environ(request.environ, config["SERVER_NAME"])

    def _bind_to_environ(self, environ: dict[str, t.Any], server_name: str | None) -> MapAdapter:
        url_map = self.url_map
        subdomain = None

        if url_map.host_matching:
            # With a name given, Werkzeug would look at that and not at the host.
            server_name = None
        elif not self.subdomain_matching:
            subdomain = url_map.default_subdomain or ""

        return url_map.bind_to_environ(environ, server_name=server_name, subdomain=subdomain)

    def _bind_url_adapter(self, context: RequestContextBase) -> None:
        """Give a new request context its adapter, or note that it can be made later."""
        request = context.request

        if self._can_defer_adapter(request):
            context._url_adapter = _PENDING
            request.__dict__["_host_header"] = request.environ.get("HTTP_HOST")
            return

        try:
            context._url_adapter = self.create_url_adapter(request)
        except HTTPException as e:
            request.routing_exception = e

    def _can_defer_adapter(self, request: t.Any) -> bool:
        """Whether making the adapter cannot fail, has no effect, and reads nothing else."""
        if (
            type(self).create_url_adapter is not Intake.create_url_adapter
            or "create_url_adapter" in self.__dict__
            or not isinstance(request, LeanRequest)
            or type(self.url_map) is not stock.stock_map_class
            or self.url_map.host_matching
            or self.subdomain_matching
            or self.config["SERVER_NAME"] is not None
            or self.config["TRUSTED_HOSTS"] is not None
            or request.trusted_hosts is not None  # type: ignore[attr-defined]
        ):
            return False

        environ = request.environ
        host = environ.get("HTTP_HOST")
        return (
            type(environ) is dict
            # An adapter has the method as it was sent.
            and environ.get("REQUEST_METHOD") == request.method
            and environ.get("wsgi.url_scheme") in {"http", "https"}
            and "HTTP_UPGRADE" not in environ
            and _is_simple_host(environ.get("SERVER_NAME") if host is None else host)
        )

    def _make_pending_adapter(self, context: RequestContextBase) -> t.Any:
        """Make the adapter from what the environ said when the request began."""
        request = context.request
        method, scheme, script_name, path_info, query = request._url_parts
        host = get_host(scheme, request._host_header, request.server, None)
        return self.url_map.bind(
            host.lower(),
            None if script_name is None else _decode(script_name),
            self.url_map.default_subdomain or "",
            scheme,
            method,
            None if path_info is None else _decode(path_info),
            query_args=None if query is None else _decode(query),
        )

    def _match_request(self, context: RequestContextBase) -> None:
        request = context.request

        try:
            result = None

            if context._url_adapter is _PENDING:
                method, _, _, path_info, _ = request._url_parts
                url_map = self.url_map
                # The server's empty path is not the root's, which it is redirected to.
                path = "" if path_info == "" else "/" + _decode(path_info or "").lstrip("/")
                domain = url_map.default_subdomain or ""
                url_map.update()
                matcher: t.Any = url_map._matcher
                result = matcher.match_plain(domain, path, method, False)

            if result is None:
                result = context.url_adapter.match(return_rule=True)  # type: ignore[union-attr]

            request.url_rule, request.view_args = result
        except HTTPException as e:
            # The traceback refers to callers that have the request, which will have the error.
            # It may only matter where the error is not the matcher's own.
            if type(e) in _MATCH_ERRORS:
                e.__traceback__ = e.__context__ = None
            request.routing_exception = e

    def _open_session(self, context: RequestContextBase) -> t.Any:
        """Open the session, or note that it can be opened later with the same result."""
        interface: t.Any = self.session_interface
        request = context.request

        if stock.is_stock_session(interface):
            cookies = request.environ.get("HTTP_COOKIE")
            name = self.config["SESSION_COOKIE_NAME"]
            if not cookies or (name.isascii() and name not in cookies):
                return _PendingSession(interface, bool(self.secret_key))  # type: ignore[attr-defined]

        session = interface.open_session(self, request)
        if session is None:
            session = interface.make_null_session(self)
        return session
