"""Building the URL of an endpoint.

``url_for`` asks the map's adapter, which looks through the rules of the endpoint for the first
that the values fill. The path is put together from parts prepared when a rule is first used for
this; text that needs no quoting is not sent through the quoting functions. Rules and adapters that
override a step have it called. The compiled twin is ``_cython/routing_urls.pxi``.
"""

from __future__ import annotations

import re
import typing as t
from copy import copy
from urllib.parse import quote

from werkzeug.datastructures import MultiDict
from werkzeug.routing import BaseConverter, BuildError, MapAdapter, Rule, ValidationError

from .routing import update_map

#: What may stand in a path segment unquoted, beside letters, digits and ``_.-~``.
_SAFE = "!$&'()*+,/:;=@"

_needs_no_quoting = re.compile(rf"[\w.~{re.escape(_SAFE)}-]*", re.ASCII).fullmatch
_needs_no_quoting_in_query = re.compile(r"[\w.~!$'()*,/:;?@-]*", re.ASCII).fullmatch
_quoted = BaseConverter.to_url
_encode_query_vars = Rule._encode_query_vars
_compile_builder = t.cast("t.Callable[..., t.Any]", Rule._compile_builder)
_partial_build = MapAdapter._partial_build
_suitable_for = Rule.suitable_for


class RuleBuilder:
    """Builds the URLs of one rule.

    :param rule: the rule, bound to a map.
    :param trace: the rule's pieces, for each whether it is a variable, and its text or name.
    :param defaults: the rule's defaults, at the time it was bound.

    .. versionadded:: 0.1
    """

    __slots__ = ("_rule", "_defaults", "_domain", "_path", "_needed", "_known", "_fixed", "_plain")

    def __init__(
        self,
        rule: Rule,
        trace: t.Sequence[tuple[bool, str]],
        defaults: t.Mapping[str, t.Any] | None,
    ) -> None:
        defaults = dict(defaults or ())
        at = next(index for index, (_, text) in enumerate(trace) if text == "|")
        self._rule = rule
        self._defaults = defaults
        self._domain = _Pieces(rule, trace[:at], defaults)
        self._path = _Pieces(rule, trace[at + 1 :], defaults)
        self._needed = [name for _, name in (*self._domain.variables, *self._path.variables)]
        self._known = frozenset([*self._needed, *map(str, defaults)])
        #: The domain, if it has no variable, and all the rest is simple.
        self._fixed: str | None = None
        if not self._domain.variables and len(self._path.texts) > 1:
            self._fixed = self._domain.texts[0]
        #: What is built without values, if nothing needs one.
        self._plain = None if self._needed else (self._domain.texts[0], self._path.texts[0])

    def build(self, values: t.Mapping[str, t.Any], append_unknown: bool) -> tuple[str, str]:
        """Return the domain part and the path, with the query if there is one.

        :param values: values for the variables, and for the query.
        :param append_unknown: make a query of the values that are no variables.

        Errors of the converters pass through.
        """
        known = self._known
        if len(values) != len(known) or not known.issuperset(values):
            return self._build_any(values, append_unknown)
        if self._plain is not None:
            return self._plain
        if self._fixed is None:
            return self._build_any(values, append_unknown)
        texts = self._path.fill(self._rule._converters, values)
        return self._fixed, "".join(texts)

    def _build_any(self, values: t.Mapping[str, t.Any], append_unknown: bool) -> tuple[str, str]:
        """Build what needs more than the values of the variables in the path."""
        query = ""
        for name in self._needed:
            if name not in values:
                return self._complain(values, append_unknown)
        extra = {name: value for name, value in values.items() if name not in self._known}
        for name in extra:
            if not isinstance(name, str) or name == ".self":
                return self._complain(values, append_unknown)
        if append_unknown and extra:
            query = _query(self._rule, extra)

        if self._plain is not None and not query:
            return self._plain

        domain = self._domain.fill(self._rule._converters, values)
        path = self._path.fill(self._rule._converters, values)
        if query:
            path += ["?", query]
        # A converter that returns no text is found out, unless there is nothing to join.
        return (
            domain[0] if len(domain) == 1 else "".join(domain),
            path[0] if len(path) == 1 and not append_unknown else "".join(path),
        )

    def _complain(self, values: t.Mapping[str, t.Any], append_unknown: bool) -> tuple[str, str]:
        # A call of the function that Werkzeug makes of the rule, which refuses its arguments.
        rule = copy(self._rule)
        rule.defaults = self._defaults
        return t.cast("tuple[str, str]", _compile_builder(rule, append_unknown)(rule, **values))


def _query(rule: Rule, values: dict[str, t.Any]) -> str:
    """Return the query for these values."""
    texts = []
    stock = type(rule)._encode_query_vars is _encode_query_vars
    if stock and not rule.map.sort_parameters:
        for name, value in values.items():
            if type(value) is int:
                value = str(value)
            if type(value) is not str:
                break
            if not (_needs_no_quoting_in_query(name) and _needs_no_quoting_in_query(value)):
                break
            texts.append(f"{name}={value}")
        else:
            return "&".join(texts)
    return rule._encode_query_vars(values)


class _Pieces:
    """Pieces of a URL, ready for use: literal texts quoted and joined, defaults filled in."""

    __slots__ = ("texts", "variables")

    def __init__(
        self,
        rule: Rule,
        trace: t.Sequence[tuple[bool, str]],
        defaults: t.Mapping[str, t.Any],
    ) -> None:
        self.texts: list[str] = []
        #: Which of the texts are to be replaced, and by the value of which variable.
        self.variables: list[tuple[int, str]] = []
        literal = False

        for variable, text in trace:
            if variable and text not in defaults:
                self.variables.append((len(self.texts), text))
                self.texts.append("")
                literal = False
                continue
            if variable:
                text = rule._converters[text].to_url(defaults[text])
            else:
                text = quote(text, safe=_SAFE)
            if literal:
                self.texts[-1] += text
            else:
                self.texts.append(text)
            literal = True

        if not self.texts:
            self.texts.append("")

    def fill(
        self, converters: dict[str, BaseConverter], values: t.Mapping[str, t.Any]
    ) -> list[str]:
        """Return the texts with the values in their places."""
        texts = self.texts[:]
        for index, name in self.variables:
            to_url = converters[name].to_url
            # PERF: stock converters are spared a call, and most texts the quoting.
            if getattr(to_url, "__func__", None) is _quoted:
                text = str(values[name])
                if not (text.isalnum() and text.isascii()) and not _needs_no_quoting(text):
                    text = quote(text, safe=_SAFE)
                texts[index] = text
            else:
                texts[index] = to_url(values[name])
        return texts


def build_rule(
    self: t.Any, values: t.Mapping[str, t.Any], append_unknown: bool = True
) -> tuple[str, str] | None:
    """Return the domain part and the path for these values, or ``None`` if they are not valid.

    :param values: values for the variables, and for the query.
    :param append_unknown: make a query of the values that are no variables.
    """
    builder = self._builder
    if builder is None:
        return Rule.build(self, values, append_unknown)
    try:
        return t.cast("tuple[str, str]", builder.build(values, append_unknown))
    except ValidationError:
        return None


def build_url(
    self: t.Any,
    endpoint: t.Any,
    values: t.Mapping[str, t.Any] | None = None,
    method: str | None = None,
    force_external: bool = False,
    append_unknown: bool = True,
    url_scheme: str | None = None,
) -> str:
    """Return the URL of an endpoint, without scheme and host where the current ones are right.

    :param endpoint: endpoint of the rules to choose from.
    :param values: values for the variables of the rule; others make up the query.
    :param method: take a rule for this method.
    :param force_external: return a complete URL in any case.
    :param append_unknown: whether values that are no variables go into the query or are dropped.
    :param url_scheme: scheme of a complete URL; the current one if not given.

    Raises ``BuildError`` if no rule of the endpoint fits. Errors of the converters pass through.
    """
    if type(self)._partial_build is not _partial_build:
        return MapAdapter.build(
            self, endpoint, values, method, force_external, append_unknown, url_scheme
        )

    url_map = self.map
    # PERF: a call less, unless there is something to do or somebody else's method to call.
    if url_map._remap or type(url_map).update is not update_map:
        url_map.update()

    if type(values) is dict:
        for value in values.values():
            if value is None:
                values = _given(values)
                break
    else:
        values = _given(values) if values else {}
    rules = url_map._rules_by_endpoint.get(endpoint, ())
    built = None
    if method is None:
        built = _build_first(self, rules, values, self.default_method, append_unknown)
    if built is None:
        built = _build_first(self, rules, values, method, append_unknown)
    if built is None:
        raise BuildError(endpoint, dict(values), method, self)

    (domain, path), websocket = built
    path = path.lstrip("/")
    if not force_external and not websocket:
        if url_map.host_matching:
            here = self.get_host(domain) == self.server_name
        else:
            here = domain == self.subdomain
        if here:
            root = self.script_name
            return f"/{path}" if root == "/" else f"{root.rstrip('/')}/{path}"

    if url_scheme is None:
        url_scheme = self.url_scheme
    secure = url_scheme in {"https", "wss"}
    if websocket:
        # There is no relative URL from a page to a websocket.
        url_scheme = "wss" if secure else "ws"
    elif url_scheme:
        url_scheme = "https" if secure else "http"

    scheme = f"{url_scheme}:" if url_scheme else ""
    return f"{scheme}//{self.get_host(domain)}{self.script_name[:-1]}/{path}"


def _given(values: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the values without those that are ``None``, or that a multi-dict has no item for."""
    if isinstance(values, MultiDict):
        lists = dict.items(values)
        return {name: items[0] if len(items) == 1 else items for name, items in lists if len(items)}
    return {name: value for name, value in values.items() if value is not None}


def _build_first(
    adapter: MapAdapter,
    rules: t.Iterable[Rule],
    values: dict[str, t.Any],
    method: str | None,
    append_unknown: bool,
) -> tuple[tuple[str, str], bool] | None:
    """Return domain and path from the first rule that can be built, and whether it is for
    websockets. With host matching, a rule for this host is preferred."""
    elsewhere = None
    for rule in rules:
        if rule.defaults or type(rule).suitable_for is not _suitable_for:
            if not rule.suitable_for({**values}, method):
                continue
        else:
            methods = rule.methods
            if method is not None and methods is not None and method not in methods:
                continue
            if rule.arguments and not rule.arguments.issubset(values):
                continue

        builder = None
        if type(rule).build is build_rule:
            builder = rule._builder  # type: ignore[attr-defined]
        if builder is None:
            built = rule.build({**values}, append_unknown)
            if built is None:
                continue
        else:
            try:
                built = builder.build(values, append_unknown)
            except ValidationError:
                continue

        if not adapter.map.host_matching or built[0] == adapter.server_name:
            return built, rule.websocket
        if elsewhere is None:
            elsewhere = built, rule.websocket

    return elsewhere
