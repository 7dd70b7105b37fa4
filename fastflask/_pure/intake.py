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
from .context import _PENDING
from .request import LeanRequest, _decode
from .request_context import _PendingSession
from .routing import RouteMatcher

if t.TYPE_CHECKING:
    from werkzeug.routing import Map, MapAdapter

    from ..config import Config
    from ..ctx import AppContext, RequestContext
    from ..sessions import SessionInterface
    from ..wrappers import Request
    from .request_context import RequestContextBase

# An IDNA label has at most 63 characters. A shorter host has no longer label.
_MAX_LABEL = 63
_SCHEMES = frozenset({"http", "https"})
_MATCH_ERRORS = frozenset({MethodNotAllowed, NotFound, RequestRedirect})


# PERF: hosts that were looked at before, as few as there usually are.
_simple_hosts: set[str | None] = {None}
_MAX_SIMPLE_HOSTS = 64


def _is_simple_host(host: t.Any) -> bool:
    """Whether binding an adapter to the host cannot fail, whatever else it does with it."""
    if len(host) > _MAX_LABEL or not host.isascii() or host[:1] == "." or ".." in host:
        return False
    if len(_simple_hosts) < _MAX_SIMPLE_HOSTS:
        _simple_hosts.add(host)
    return True


class Intake:
    """The methods of an application that set up what a request works with."""

    # Set by the application.
    config: Config
    url_map: Map
    subdomain_matching: bool
    session_interface: SessionInterface

    _pending_session = _PendingSession(None, False)

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
        request.host = get_environ_host(request.environ, request.trusted_hosts)  # pyright: ignore[reportAttributeAccessIssue]
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
        """Give a new request context its adapter, or note that it can be made later.

        It can if making it cannot fail, has no effect, and reads nothing else.
        """
        request: t.Any = context.request
        environ = request.environ

        if (
            type(self).create_url_adapter is _create_url_adapter
            and "create_url_adapter" not in self.__dict__
            and isinstance(request, LeanRequest)
            and request.trusted_hosts is None  # type: ignore[attr-defined]
            and type(environ) is dict
            # An adapter has the method as it was sent.
            and environ.get("REQUEST_METHOD") == request.method
            and "HTTP_UPGRADE" not in environ
            and environ.get("wsgi.url_scheme") in _SCHEMES
        ):
            header = environ.get("HTTP_HOST")
            host = environ.get("SERVER_NAME") if header is None else header
            url_map, config = self.url_map, self.config

            if (
                (host in _simple_hosts or _is_simple_host(host))
                and type(url_map) is stock.stock_map_class
                and not url_map.host_matching
                and not self.subdomain_matching
                and config["SERVER_NAME"] is None
                and config["TRUSTED_HOSTS"] is None
            ):
                context._url_adapter = _PENDING
                request._host_header = header
                return

        try:
            context._url_adapter = self.create_url_adapter(context.request)
        except HTTPException as e:
            context.request.routing_exception = e

    def _make_pending_adapter(self, context: RequestContextBase) -> t.Any:
        """Make the adapter from what the environ said when the request began."""
        request = context.request
        method, scheme, script_name, path_info, query, _, _, _ = request._url_parts
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
        request: t.Any = context.request

        try:
            result: t.Any = None

            if context._url_adapter is _PENDING:
                parts = request._url_parts
                url_map: t.Any = self.url_map
                if url_map._remap:
                    url_map.update()
                matcher, domain = url_map._matcher, url_map.default_subdomain or ""
                if type(matcher) is RouteMatcher:
                    # PERF: an error is kept for the dispatch to raise, and so not raised here.
                    result = matcher._answer(domain, parts[5], parts[0], False)
                else:
                    result = matcher.match_plain(domain, parts[5], parts[0], False)
                if type(result) is tuple:
                    request.url_rule, request.view_args = result
                    return
                if isinstance(result, HTTPException):
                    request.routing_exception = result
                    return

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

        if stock.opens_as_stock(self, interface):
            cookies = request.environ.get("HTTP_COOKIE")
            if not cookies or self._carries_no_session(cookies):
                signed = True if self.secret_key else False  # type: ignore[attr-defined]
                pending = self._pending_session
                # PERF: there is nothing in it that is not the same for the next request.
                if pending.interface is not interface or pending.signed is not signed:
                    pending = self._pending_session = _PendingSession(interface, signed)
                return pending

        elif not stock.calls_no_hooks(self):
            return self._open_session_by_hooks(request)  # type: ignore[attr-defined]

        session = interface.open_session(self, request)
        if session is None:
            session = interface.make_null_session(self)
        return session

    def _carries_no_session(self, cookies: t.Any) -> bool:
        name = self.config["SESSION_COOKIE_NAME"]
        return type(name) is str and name.isascii() and type(cookies) is str and name not in cookies


_create_url_adapter = Intake.create_url_adapter
