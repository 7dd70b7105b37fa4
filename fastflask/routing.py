"""Rules, the map that holds them, and what matches and builds URLs with them.

Everything here stands in for what Werkzeug calls by the same name in ``werkzeug.routing``. Converters,
rule factories and exceptions are Werkzeug's own. Maps, rules and adapters are subclasses of Werkzeug's
that leave the search for a rule and the making of a URL to the engines.
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
from werkzeug.routing import parse_converter_args as parse_converter_args
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
from werkzeug.routing.rules import RulePart
from werkzeug.routing.rules import Weighting
from werkzeug.wsgi import get_host

from ._impl import build_rule
from ._impl import build_url
from ._impl import match_url
from ._impl import RouteMatcher
from ._impl import RuleBuilder
from ._impl import update_map

if t.TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.wrappers import Request

_variable = re.compile(
    r"<(?:([a-zA-Z_][a-zA-Z0-9_]*)(?:\((.*?)\))?:)?([a-zA-Z_][a-zA-Z0-9_]*)>"
)
_surrogate = re.compile("[\ud800-\udfff]")
_slashes = re.compile("/{2,}")

#: Names that Python does not take for a parameter, and so Werkzeug not for a variable.
_RESERVED = frozenset({"None", "True", "False", "__debug__"})

_SLASH = (False, "/")

#: What a pattern consists of: literal texts; name, converter and the converter's arguments.
_Tokens = list[t.Union[str, tuple[str, t.Optional[str], t.Optional[str]]]]

#: What is between two slashes: a text, or what tells one dynamic part from another.
_Part = t.Union[str, tuple[str, bool, bool, tuple[t.Any, ...]]]


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
        self._unclaimed: list[_Part] | None = None

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

        tokens = _tokens(domain), _tokens(path)
        if not self._is_ordinary(*tokens):
            # What Werkzeug refuses, it shall refuse in its own words.
            self._source = ()
            super().compile()
            return

        self._converters = {}
        parts: list[_Part] = []
        for found in tokens:
            parts += _read_parts(found, self._make_converter)
        self._unclaimed = parts
        self._source = domain, path

        if self.defaults:
            # Later changes of the defaults must not change what is built.
            self._builder  # noqa: B018

    def _is_ordinary(self, domain: _Tokens | None, path: _Tokens | None) -> bool:
        """Whether the pattern is one that Werkzeug takes, and no subclass wants to read it."""
        if domain is None or path is None or type(self)._parse_rule is not _Rule._parse_rule:
            return False
        if type(self)._compile_builder is not _Rule._compile_builder:
            return False
        names = [token[0] for token in (*domain, *path) if not isinstance(token, str)]
        if self.defaults:
            names += map(str, {*self.defaults}.difference(names))
        return len({*names}) == len(names) and _RESERVED.isdisjoint(names)

    def _make_converter(self, name: str, converter: str | None, arguments: str | None) -> BaseConverter:
        args, kwargs = parse_converter_args(arguments) if arguments else ((), {})
        made = self.get_converter(name, converter or "default", args, kwargs)
        self._converters[name] = made
        self.arguments.add(name)
        return made

    def _take_parts(self) -> list[_Part] | None:
        # For the matcher. ``None`` if the parts are to be taken from ``_parts``.
        parts, self._unclaimed = self._unclaimed, None
        return parts

    @_OnDemand
    def _parts(self) -> list[RulePart]:
        parts = self._take_parts()
        if parts is None:
            parts = []
            for pattern in self._source or ():
                parts += _read_parts(_tokens(pattern) or [], lambda name, *_: self._converters[name])
        made = [_rule_part(part) for part in parts]
        for part, following in zip(made, made[1:]):
            if part.suffixed:
                # The empty text after it is where its slash is found.
                following.weight = part.weight
        return made

    @_OnDemand
    def _trace(self) -> list[tuple[bool, str]]:
        if not self._source:
            return []
        domain, path = map(_trace_of, self._source)
        return [*domain, (False, "|"), *path]

    @_OnDemand
    def _builder(self) -> t.Any:
        # A rule that Werkzeug has compiled builds URLs with what Werkzeug made.
        if not self._source:
            return None
        return self.builder_class(self, self._trace, self.defaults)

    @_OnDemand
    def _build(self) -> t.Callable[..., tuple[str, str]]:
        return lambda **values: self._builder.build(values, False)

    @_OnDemand
    def _build_unknown(self) -> t.Callable[..., tuple[str, str]]:
        return lambda **values: self._builder.build(values, True)

    build = build_rule


def _tokens(pattern: str) -> _Tokens | None:
    """Split a pattern into literal texts and variables; a variable is a tuple of name, converter and
    the converter's arguments. A pattern that is malformed or cannot be encoded gives ``None``."""
    if "<" not in pattern and pattern.isascii():
        return [pattern]
    if _surrogate.search(pattern):
        return None
    tokens: _Tokens = []
    position = 0
    while (start := pattern.find("<", position)) >= 0:
        if start > position:
            tokens.append(pattern[position:start])
        match = _variable.match(pattern, start)
        if match is None:
            return None
        converter, arguments, name = match.groups()
        tokens.append((name, converter, arguments))
        position = match.end()
    if position < len(pattern):
        tokens.append(pattern[position:])
    return tokens


def _read_parts(
    tokens: _Tokens, converter_for: t.Callable[[str, str | None, str | None], BaseConverter]
) -> list[_Part]:
    """Return the parts between the slashes: texts, and for dynamic parts the pattern that matches
    them, whether it takes all that follows, whether it may end in a slash, and its weight."""
    parts: list[_Part] = []
    content = ""
    literals: list[tuple[int, int]] = []
    weights: list[int] = []
    final = False

    for token in tokens:
        if not isinstance(token, str):
            converter = converter_for(*token)
            if not weights:
                content = re.escape(content)
            content += f"(?P<__werkzeug_{len(weights)}>{converter.regex})"
            weights.append(converter.weight)
            final = final or not converter.part_isolating
            continue

        for index, text in enumerate(token.split("/")):
            if index and final:
                content += "/"
            elif index:
                parts.append(_part(content, False, False, literals, weights))
                content, literals, weights = "", [], []
            if text:
                literals.append((len(literals), -len(text)))
                content += re.escape(text) if weights else text

    suffixed = final and content.endswith("/")
    if suffixed:
        content = content[:-1] + "(?<!/)(/?)"
    parts.append(_part(content, final, suffixed, literals, weights))
    if suffixed:
        parts.append("")
    return parts


def _part(
    content: str,
    final: bool,
    suffixed: bool,
    literals: list[tuple[int, int]],
    weights: list[int],
) -> _Part:
    if not weights:
        return content
    weight = -len(literals), tuple(literals), -len(weights), tuple(weights)
    return content + r"\Z", final, suffixed, weight


def _rule_part(part: _Part) -> RulePart:
    """Return a part in Werkzeug's form."""
    if isinstance(part, str):
        literals = [(0, -len(part))] if part else []
        return RulePart(part, False, True, False, Weighting(-len(literals), literals, 0, []))
    content, final, suffixed, (count, sizes, arity, weights) = part
    weight = Weighting(count, list(sizes), arity, list(weights))
    return RulePart(content, final, False, suffixed, weight)


def _trace_of(pattern: str) -> t.Iterator[tuple[bool, str]]:
    """Return the pieces of a pattern: literal texts, slashes, and names of variables."""
    for token in _tokens(pattern) or ():
        if not isinstance(token, str):
            yield True, token[0]
            continue
        for index, text in enumerate(token.split("/")):
            if index:
                yield _SLASH
            if text:
                yield False, text


class MapAdapter(_MapAdapter):
    """What a map makes for a request, to match its path and to build URLs for it.

    .. versionadded:: 0.1
    """

    match = match_url  # type: ignore[assignment]
    build = build_url


class Map(_Map):
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
