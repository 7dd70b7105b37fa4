"""Rules, the map that holds them, and what matches and builds URLs with them.

Everything here stands in for what Werkzeug calls by the same name in ``werkzeug.routing``.
Converters, rule factories and exceptions are Werkzeug's own. Maps, rules and adapters are
subclasses of Werkzeug's that leave the search for a rule and the making of a URL to the engines.
"""

from __future__ import annotations

import re
import typing as t
import warnings

from werkzeug._internal import _get_environ
from werkzeug.exceptions import BadHost
from werkzeug.routing import AnyConverter as AnyConverter
from werkzeug.routing import BaseConverter as BaseConverter
from werkzeug.routing import BuildError as BuildError
from werkzeug.routing import EndpointPrefix as EndpointPrefix
from werkzeug.routing import FloatConverter as FloatConverter
from werkzeug.routing import IntegerConverter as IntegerConverter
from werkzeug.routing import Map as _Map
from werkzeug.routing import MapAdapter as _MapAdapter
from werkzeug.routing import NoMatch as NoMatch
from werkzeug.routing import PathConverter as PathConverter
from werkzeug.routing import RequestAliasRedirect as RequestAliasRedirect
from werkzeug.routing import RequestPath as RequestPath
from werkzeug.routing import RequestRedirect as RequestRedirect
from werkzeug.routing import RoutingException as RoutingException
from werkzeug.routing import Rule as _Rule
from werkzeug.routing import RuleFactory as RuleFactory
from werkzeug.routing import RuleTemplate as RuleTemplate
from werkzeug.routing import RuleTemplateFactory as RuleTemplateFactory
from werkzeug.routing import StateMachineMatcher as StateMachineMatcher
from werkzeug.routing import Subdomain as Subdomain
from werkzeug.routing import Submount as Submount
from werkzeug.routing import UnicodeConverter as UnicodeConverter
from werkzeug.routing import UUIDConverter as UUIDConverter
from werkzeug.routing import ValidationError as ValidationError
from werkzeug.routing import WebsocketMismatch as WebsocketMismatch
from werkzeug.routing import parse_converter_args as parse_converter_args
from werkzeug.routing.rules import RulePart
from werkzeug.wsgi import get_host

from ._impl import (
    MapBase,
    RouteMatcher,
    RuleBuilder,
    build_rule,
    build_url,
    match_url,
    update_map,
)
from ._route_patterns import Part, Tokens, read_parts, rule_parts, split_pattern, trace_of

if t.TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.wrappers import Request

_slashes = re.compile("/{2,}")

#: Names that Python does not take for a parameter, and so Werkzeug not for a variable.
_RESERVED = frozenset({"None", "True", "False", "__debug__"})


class _OnDemand:
    """An attribute of a bound rule that is made when it is first read, and kept from then on."""

    def __init__(self, make: t.Callable[[t.Any], t.Any]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, rule: t.Any, owner: type | None = None) -> t.Any:
        if rule is None:
            return self
        value = self._make(rule)
        if rule._source is not None:
            setattr(rule, self._name, value)
        return value


class Rule(_Rule):
    """One URL pattern, and the endpoint it stands for.

    Takes what Werkzeug's class takes. What builds its URLs is made when the first one is.

    .. versionadded:: 0.1
    """

    #: What builds the URLs of a rule.
    builder_class: t.ClassVar[type] = RuleBuilder

    def __init__(
        self,
        string: str,
        defaults: t.Mapping[str, t.Any] | None = None,
        subdomain: str | None = None,
        methods: t.Iterable[str] | None = None,
        build_only: bool = False,
        endpoint: t.Any | None = None,
        strict_slashes: bool | None = None,
        merge_slashes: bool | None = None,
        redirect_to: str | t.Callable[..., str] | None = None,
        alias: bool = False,
        host: str | None = None,
        websocket: bool = False,
    ) -> None:
        if not string.startswith("/"):
            raise ValueError(f"URL rule '{string}' must start with a slash.")
        if isinstance(methods, str):
            raise TypeError("'methods' should be a list of strings.")

        if methods is not None:
            methods = {method.upper() for method in methods}
            if "GET" in methods:
                methods.add("HEAD")
            if websocket and not methods <= {"GET", "HEAD", "OPTIONS"}:
                raise ValueError(
                    "WebSocket rules can only use 'GET', 'HEAD', and 'OPTIONS' methods."
                )

        self.map = None  # type: ignore[assignment]
        self.rule = string
        self.endpoint = endpoint
        self.methods = methods
        self.is_branch = string.endswith("/")
        self.is_leaf = not self.is_branch
        self.host = host
        self.subdomain = subdomain
        self.defaults = defaults
        self.arguments = set(map(str, defaults)) if defaults else set()
        self.alias, self.build_only, self.websocket = alias, build_only, websocket
        self.redirect_to = redirect_to
        self.merge_slashes = merge_slashes
        self.strict_slashes = strict_slashes
        self._converters = {}
        #: The domain and the path this rule was bound with, or nothing if Werkzeug has compiled it.
        self._source: tuple[str, ...] | None = None
        #: What the matcher will ask for, until it has done so.
        self._unclaimed: list[Part] | None = None

    def compile(self) -> None:
        """Read the pattern and make its converters, for the map this rule is bound to."""
        assert self.map is not None, "rule not bound"

        if self._source is not None:
            for name in ("_parts", "_trace", "_builder", "_build", "_build_unknown"):
                self.__dict__.pop(name, None)
        domain = (self.host if self.map.host_matching else self.subdomain) or ""
        path = self.rule
        if self.merge_slashes and "//" in path:
            path = _slashes.sub("/", path)

        tokens = split_pattern(domain), split_pattern(path)
        if not self._is_ordinary(*tokens):
            # What Werkzeug refuses, it shall refuse in its own words.
            self._source = ()
            super().compile()
            return

        self._converters = {}
        parts: list[Part] = []
        for found in tokens:
            parts += read_parts(found or [], self._make_converter)
        self._unclaimed = parts
        self._source = domain, path

        if self.defaults:
            # What is built follows the defaults at this time, whatever becomes of them.
            self._builder = self.builder_class(self, self._trace, self.defaults)

    def _is_ordinary(self, domain: Tokens | None, path: Tokens | None) -> bool:
        """Whether the pattern is one that Werkzeug takes, and no subclass wants to read it."""
        if domain is None or path is None or type(self)._parse_rule is not _Rule._parse_rule:
            return False
        if type(self)._compile_builder is not _Rule._compile_builder:
            return False
        names = [token[0] for token in (*domain, *path) if not isinstance(token, str)]
        if self.defaults:
            names += map(str, {*self.defaults}.difference(names))
        return len({*names}) == len(names) and _RESERVED.isdisjoint(names)

    def _make_converter(
        self, name: str, converter: str | None, arguments: str | None
    ) -> BaseConverter:
        args, kwargs = parse_converter_args(arguments) if arguments else ((), {})
        made = self.get_converter(name, converter or "default", args, kwargs)
        self._converters[name] = made
        self.arguments.add(name)
        return made

    def _take_parts(self) -> list[Part] | None:
        # For the matcher. ``None`` if the parts are to be taken from ``_parts``.
        parts, self._unclaimed = self._unclaimed, None
        return parts

    @_OnDemand
    def _parts(self) -> list[RulePart]:
        parts = self._take_parts()
        if parts is None:
            parts = []
            for pattern in self._source or ():
                parts += read_parts(
                    split_pattern(pattern) or [], lambda name, *_: self._converters[name]
                )
        return rule_parts(parts)

    @_OnDemand
    def _trace(self) -> list[tuple[bool, str]]:
        if not self._source:
            return []
        domain, path = map(trace_of, self._source)
        return [*domain, (False, "|"), *path]

    @_OnDemand
    def _builder(self) -> t.Any:
        # A rule that Werkzeug has compiled builds URLs with what Werkzeug made.
        return self.builder_class(self, self._trace, None) if self._source else None

    @_OnDemand
    def _build(self) -> t.Callable[..., tuple[str, str]]:
        return lambda **values: self._builder.build(values, False)

    @_OnDemand
    def _build_unknown(self) -> t.Callable[..., tuple[str, str]]:
        return lambda **values: self._builder.build(values, True)

    build = build_rule


class MapAdapter(_MapAdapter):
    """What a map makes for a request, to match its path and to build URLs for it.

    .. versionadded:: 0.1
    """

    match = match_url
    build = build_url


class Map(MapBase, _Map):
    """All rules, and the settings that they share.

    Takes what Werkzeug's class takes.

    .. versionadded:: 0.1
    """

    #: What finds the rule for a path.
    matcher_class: t.ClassVar[type] = RouteMatcher

    #: What :meth:`bind` returns.
    adapter_class: t.ClassVar[type[_MapAdapter]] = MapAdapter

    def __init__(
        self,
        rules: t.Iterable[RuleFactory] | None = None,
        default_subdomain: str = "",
        strict_slashes: bool = True,
        merge_slashes: bool = True,
        redirect_defaults: bool = True,
        converters: t.Mapping[str, type[BaseConverter]] | None = None,
        sort_parameters: bool = False,
        sort_key: t.Callable[[t.Any], t.Any] | None = None,
        host_matching: bool = False,
    ) -> None:
        super().__init__(
            default_subdomain=default_subdomain,
            strict_slashes=strict_slashes,
            merge_slashes=merge_slashes,
            redirect_defaults=redirect_defaults,
            converters=converters,
            sort_parameters=sort_parameters,
            sort_key=sort_key,
            host_matching=host_matching,
        )
        self._matcher = self.matcher_class(merge_slashes)
        for factory in rules or ():
            self.add(factory)

    update = update_map

    def match_plain(
        self, domain: str, path: str, method: str, websocket: bool
    ) -> tuple[_Rule, dict[str, t.Any]] | None:
        """Match without an adapter, as :meth:`RouteMatcher.match_plain` does.

        :param domain: subdomain, or host name with host matching.
        :param path: decoded path, starting with a slash unless it is empty.
        :param method: method in upper case.
        :param websocket: whether this is a websocket's handshake.
        """
        self.update()
        return t.cast(
            "tuple[_Rule, dict[str, t.Any]] | None",
            self._matcher.match_plain(domain, path, method, websocket),  # type: ignore[attr-defined]
        )

    def bind(
        self,
        server_name: str,
        script_name: str | None = None,
        subdomain: str | None = None,
        url_scheme: str = "http",
        default_method: str = "GET",
        path_info: str | None = None,
        query_args: t.Mapping[str, t.Any] | str | None = None,
    ) -> _MapAdapter:
        """Return an adapter for an address.

        :param server_name: host name, without the subdomain.
        :param script_name: path the application is mounted at.
        :param subdomain: subdomain; the default one if not given.
        :param url_scheme: scheme of complete URLs. ``ws`` and ``wss`` match rules for websockets.
        :param default_method: method to match, unless another one is asked for.
        :param path_info: path to match, unless another one is asked for.
        :param query_args: query to keep in redirects.
        """
        if not self.host_matching:
            if subdomain is None:
                subdomain = self.default_subdomain
        elif subdomain is not None:
            raise RuntimeError("host matching enabled and a subdomain was provided")

        name, colon, port = server_name.lower().partition(":")
        # The codec leaves such a name as it is, after much work.
        if len(name) > 63 or not name.isascii() or ".." in name or name.startswith("."):
            try:
                name = name.encode("idna").decode("ascii")
            except UnicodeError as error:
                raise BadHost() from error

        return self.adapter_class(
            self,
            f"{name}{colon}{port}",
            "/" if script_name is None else script_name,
            subdomain,
            url_scheme,
            "/" if path_info is None else path_info,
            default_method,
            query_args,
        )

    def bind_to_environ(
        self,
        environ: WSGIEnvironment | Request,
        server_name: str | None = None,
        subdomain: str | None = None,
    ) -> _MapAdapter:
        """Return an adapter for a request.

        :param environ: the WSGI environment, or an object that has one.
        :param server_name: host name the application is known by; that of the request if not given.
        :param subdomain: subdomain; told by the two host names if not given.
        """
        env = _get_environ(environ)
        host = get_host(env).lower()
        scheme = env["wsgi.url_scheme"]

        if env.get("HTTP_UPGRADE", "").lower() == "websocket":
            options = env.get("HTTP_CONNECTION", "").lower().split(",")
            if any(option.strip(" \t") == "upgrade" for option in options):
                scheme = "wss" if scheme == "https" else "ws"

        if server_name is None:
            server_name = host
        else:
            server_name = server_name.lower()
            # The port goes where it goes without saying, as it does from the host.
            if scheme in {"http", "ws"}:
                server_name = server_name.removesuffix(":80")
            elif scheme in {"https", "wss"}:
                server_name = server_name.removesuffix(":443")

        if subdomain is None and not self.host_matching:
            labels, known = host.split("."), server_name.split(".")
            if labels[-len(known) :] == known:
                subdomain = ".".join(filter(None, labels[: -len(known)]))
            else:
                # Reached by its number, for instance. No rule is for this one.
                subdomain = "<invalid>"
                warnings.warn(
                    f"Current server name {host!r} doesn't match configured"
                    f" server name {server_name!r}",
                    stacklevel=2,
                )

        return Map.bind(
            self,
            server_name,
            _decode(env.get("SCRIPT_NAME")),
            subdomain,
            scheme,
            env["REQUEST_METHOD"],
            _decode(env.get("PATH_INFO")),
            _decode(env.get("QUERY_STRING")),
        )


def _decode(value: str | None) -> str | None:
    """Return a value of a WSGI environment as text."""
    if value is None or value.isascii():
        return value
    return value.encode("latin-1").decode(errors="replace")
