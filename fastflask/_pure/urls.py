"""URLs that views and templates ask for: ``url_for``.

A view builds URLs with the adapter of its request. That adapter is not made for it where what
it would answer can be read from the request and the map.

The compiled twin is ``_cython/urls.pxi``.
"""

from __future__ import annotations

import typing as t
from operator import attrgetter
from types import MethodType
from urllib.parse import quote

from werkzeug.routing import BuildError, MapAdapter
from werkzeug.sansio.utils import get_host

from .._vars import cv_app, cv_request
from . import stock
from .context import _PENDING
from .request import _decode
from .request_context import RequestContextBase
from .routing_quoting import FRAGMENT_SAFE, quote_fragment
from .routing_urls import build_url, choose_rule, given_values, whole_url

_stock_url_adapter = RequestContextBase.url_adapter

# What binding a stock map to a request comes to.
_binding_of = attrgetter("bind", "adapter_class", "update")
_adapter_of = attrgetter("__init__", "_partial_build", "get_host")
_stock_adapter = _adapter_of(MapAdapter)


class UrlBuilding:
    """The method of an application that builds URLs."""

    url_default_functions: dict[str | None, list[t.Callable[[str, dict[str, t.Any]], None]]]

    def url_for(
        self,
        /,
        endpoint: str,
        *,
        _anchor: str | None = None,
        _method: str | None = None,
        _scheme: str | None = None,
        _external: bool | None = None,
        **values: t.Any,
    ) -> str:
        """Build the URL of an endpoint. See :func:`fastflask.url_for`.

        :param endpoint: the endpoint; one that begins with a dot belongs to the current
            blueprint.
        :param _anchor: appended after ``#``.
        :param _method: the method that the rule has to allow.
        :param _scheme: the scheme; implies an external URL.
        :param _external: with scheme and host. The default within a request is without.
        :param values: arguments of the rule; others go to the query.
        :raises RuntimeError: outside of a request if ``SERVER_NAME`` is not configured.
        """
        return _url_for(self, endpoint, _anchor, _method, _scheme, _external, values)


_stock_url_for = UrlBuilding.url_for


def url_for(
    endpoint: str,
    *,
    _anchor: str | None = None,
    _method: str | None = None,
    _scheme: str | None = None,
    _external: bool | None = None,
    **values: t.Any,
) -> str:
    """Build the URL of an endpoint with :meth:`Flask.url_for <fastflask.Flask.url_for>`.

    :param endpoint: name of the endpoint; a leading dot stands for the current blueprint.
    :param _anchor: fragment to append after ``#``.
    :param _method: choose the rule of the endpoint that answers this method.
    :param _scheme: scheme of the URL, which makes it an external one.
    :param _external: whether to include scheme and host. In a request the default is no, outside
        of one it is yes.
    :param values: values of the variable parts; what is left over becomes the query string.

    .. versionadded:: 0.1
    """
    current_app = stock.helpers.current_app
    context: t.Any = cv_app.get(None)
    if context is not None and current_app is stock.current_app:
        app = context.app
        build = app.url_for
        # PERF: another call with arguments by name would take a fifth of all.
        if type(build) is MethodType and build.__func__ is _stock_url_for:
            return _url_for(app, endpoint, _anchor, _method, _scheme, _external, values)
    else:
        build = current_app.url_for
    return build(  # type: ignore[no-any-return]
        endpoint, _anchor=_anchor, _method=_method, _scheme=_scheme, _external=_external, **values
    )


def _url_for(
    app: t.Any,
    endpoint: str,
    anchor: str | None,
    method: str | None,
    scheme: str | None,
    external: bool | None,
    values: dict[str, t.Any],
) -> str:
    context: t.Any = cv_request.get(None)

    if context is None:
        adapter = _adapter_outside_requests(app)
        if external is None:
            external = True
    else:
        if getattr(type(context), "url_adapter", None) is _stock_url_adapter:
            adapter = context._url_adapter
            if adapter is _PENDING:
                adapter_class = context._adapter_class or _plain_adapter_class(context)
                if adapter_class is None or adapter_class.build is not build_url:
                    adapter = context.url_adapter
        else:
            adapter = context.url_adapter

        if endpoint[:1] == ".":
            blueprint = context.request.blueprint
            endpoint = endpoint[1:] if blueprint is None else f"{blueprint}{endpoint}"

        if external is None:
            external = scheme is not None

    if scheme is not None and not external:
        # Somebody wants https and would get a URL without.
        raise ValueError("When specifying '_scheme', '_external' must be True.")

    app.inject_url_defaults(endpoint, values)

    try:
        if adapter is _PENDING:
            # What an adapter would answer that is made of what the environ said.
            url_map = context.app.url_map
            if url_map._remap:
                url_map.update()

            parts = context.request._url_parts
            default_method, script_name = parts[0], parts[2]
            given = values
            for value in values.values() if values else ():
                if value is None:
                    given = given_values(values)
                    break

            built = choose_rule(
                url_map._rules_by_endpoint, endpoint, given, method, default_method, True, None
            )
            if built is None:
                raise BuildError(endpoint, dict(given), method, context.url_adapter)

            (domain, path), websocket = built
            root = _decode(script_name) if script_name else "/"
            if external or websocket or domain != (url_map.default_subdomain or ""):
                url = _whole_url(context.request, scheme, websocket, domain, root, path)
            elif root == "/":
                # PERF: two looks cost less than a new text.
                url = path if path[:1] == "/" != path[1:2] else f"/{path.lstrip('/')}"
            else:
                url = f"{root.rstrip('/')}/{path.lstrip('/')}"
        else:
            url = adapter.build(
                endpoint, values, method=method, url_scheme=scheme, force_external=external
            )
    except BuildError as error:
        values.update(_anchor=anchor, _method=method, _scheme=scheme, _external=external)
        return app.handle_url_build_error(error, endpoint, values)  # type: ignore[no-any-return]

    if anchor is not None:
        if type(anchor) is str:
            anchor = quote_fragment(anchor)
        else:
            anchor = quote(anchor, safe=FRAGMENT_SAFE)
        return f"{url}#{anchor}"
    return url


def _adapter_outside_requests(app: t.Any) -> t.Any:
    app_context = cv_app.get(None)

    if app_context is None:
        adapter = app.create_url_adapter(None)
    else:
        adapter = app_context.url_adapter

    if adapter is None:
        raise RuntimeError(
            "Unable to build URLs outside an active request"
            " without 'SERVER_NAME' configured. Also configure"
            " 'APPLICATION_ROOT' and 'PREFERRED_URL_SCHEME' as"
            " needed."
        )
    return adapter


def _plain_adapter_class(context: t.Any) -> t.Any:
    """Return the class of the adapter that is made for a request, if it is the stock one.

    It is asked for once, as a request has one adapter.
    """
    url_map = context.app.url_map
    cls, bind = type(url_map), url_map.bind
    if (
        _binding_of(cls) != stock.map_binding
        or _adapter_of(cls.adapter_class) != _stock_adapter
        # Not by its dict, which makes reading its attributes slow.
        or type(bind) is not MethodType
        or bind.__func__ is not cls.bind
        or url_map.adapter_class is not cls.adapter_class
    ):
        return None
    context._adapter_class = cls.adapter_class
    return cls.adapter_class


def _whole_url(
    request: t.Any, scheme: str | None, websocket: bool, domain: str, root: str, path: str
) -> str:
    """Return a URL with the host of a request."""
    own_scheme = request._url_parts[1]
    host = get_host(own_scheme, request._host_header, request.server, None).lower()
    return whole_url(
        own_scheme if scheme is None else scheme,
        websocket,
        f"{domain}.{host}" if domain else host,
        root if root.endswith("/") else f"{root}/",
        path.lstrip("/"),
    )
