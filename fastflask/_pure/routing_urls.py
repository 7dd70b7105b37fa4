"""Building the URL of an endpoint.

``url_for`` asks the map's adapter, which looks through the rules of the endpoint for the first that
the values fill. The path is put together from parts prepared when a rule is first used for this; text
that needs no quoting is not sent through the quoting functions. Rules and adapters that override a
step have it called. The compiled twin is ``_cython/routing_urls.pxi``.
"""

from __future__ import annotations

import re
import typing as t
from copy import copy
from urllib.parse import quote

from werkzeug.datastructures import MultiDict
from werkzeug.routing import BaseConverter
from werkzeug.routing import BuildError
from werkzeug.routing import MapAdapter
from werkzeug.routing import Rule
from werkzeug.routing import ValidationError

#: What may stand in a path segment unquoted, beside letters, digits and ``_.-~``.
_SAFE = "!$&'()*+,/:;=@"

_needs_no_quoting = re.compile(rf"[\w.~{re.escape(_SAFE)}-]*", re.ASCII).fullmatch
_quoted = BaseConverter.to_url
_compile_builder = t.cast("t.Callable[..., t.Any]", Rule._compile_builder)
_partial_build = MapAdapter._partial_build

#: Pieces of a URL: literal text, or the name of a variable.
_Pieces = list[tuple[bool, str]]


class RuleBuilder:
    """Builds the URLs of one rule.

    :param rule: the rule, bound to a map.
    :param trace: the rule's pieces, for each whether it is a variable, and its text or name.
    :param defaults: the rule's defaults, at the time it was bound.

    .. versionadded:: 0.1
    """

    __slots__ = ("_rule", "_defaults", "_domain", "_path", "_needed", "_known")

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
        self._domain = _join_literals(rule, trace[:at], defaults)
        self._path = _join_literals(rule, trace[at + 1 :], defaults)
        self._needed = [text for variable, text in (*self._domain, *self._path) if variable]
        self._known = frozenset([*self._needed, *map(str, defaults)])

    def build(self, values: t.Mapping[str, t.Any], append_unknown: bool) -> tuple[str, str]:
        """Return the domain part and the path, with the query if there is one.

        :param values: values for the variables, and for the query.
        :param append_unknown: make a query of the values that are no variables.

        Errors of the converters pass through.
        """
        rule, known = self._rule, self._known
        query = ""

        for name in self._needed:
            if name not in values:
                return self._complain(values, append_unknown)

        if not known.issuperset(values):
            extra = {name: value for name, value in values.items() if name not in known}
            for name in extra:
                if not isinstance(name, str) or name == ".self":
                    return self._complain(values, append_unknown)
            if append_unknown:
                query = rule._encode_query_vars(extra)

        domain = _fill(rule, self._domain, values)
        if append_unknown:
            return domain, _fill(rule, self._path, values, ("?" if query else "", query))
        return domain, _fill(rule, self._path, values)

    def _complain(self, values: t.Mapping[str, t.Any], append_unknown: bool) -> tuple[str, str]:
        # A call of the function that Werkzeug makes of the rule, which refuses its arguments.
        rule = copy(self._rule)
        rule.defaults = self._defaults
        return t.cast("tuple[str, str]", _compile_builder(rule, append_unknown)(rule, **values))


def _join_literals(
    rule: Rule, trace: t.Sequence[tuple[bool, str]], defaults: t.Mapping[str, t.Any]
) -> _Pieces:
    """Return the pieces ready for use: quoted, defaults filled in, neighbours joined."""
    pieces: _Pieces = []
    for variable, text in trace:
        if variable and text not in defaults:
            pieces.append((True, text))
            continue
        if variable:
            text = rule._converters[text].to_url(defaults[text])
        else:
            text = quote(text, safe=_SAFE)
        if pieces and not pieces[-1][0]:
            text = pieces.pop()[1] + text
        pieces.append((False, text))
    return pieces or [(False, "")]


def _fill(
    rule: Rule, pieces: _Pieces, values: t.Mapping[str, t.Any], tail: tuple[str, ...] = ()
) -> str:
    texts = [_to_url(rule._converters[text], values[text]) if variable else text for variable, text in pieces]
    if len(texts) == 1 and not tail:
        return texts[0]
    return "".join([*texts, *tail])


def _to_url(converter: BaseConverter, value: t.Any) -> str:
    to_url = converter.to_url
    if getattr(to_url, "__func__", None) is not _quoted:
        return to_url(value)
    text = str(value)
    return text if _needs_no_quoting(text) else quote(text, safe=_SAFE)


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

    self.map.update()
    values = _given(values)
    built = _build_first(self, endpoint, values, method, append_unknown)
    if built is None:
        raise BuildError(endpoint, values, method, self)

    domain, path, websocket = built
    host = self.get_host(domain)
    if url_scheme is None:
        url_scheme = self.url_scheme

    secure = url_scheme in {"https", "wss"}
    if websocket:
        # There is no relative URL from a page to a websocket.
        force_external, url_scheme = True, "wss" if secure else "ws"
    elif url_scheme:
        url_scheme = "https" if secure else "http"

    path = path.lstrip("/")
    if not force_external:
        here = host == self.server_name if self.map.host_matching else domain == self.subdomain
        if here:
            return f"{self.script_name.rstrip('/')}/{path}"

    scheme = f"{url_scheme}:" if url_scheme else ""
    return f"{scheme}//{host}{self.script_name[:-1]}/{path}"


def _given(values: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
    """Return the values without those that are ``None``, or that a multi-dict has no item for."""
    if not values:
        return {}
    if isinstance(values, MultiDict):
        lists = dict.items(values)
        return {name: items[0] if len(items) == 1 else items for name, items in lists if len(items)}
    return {name: value for name, value in values.items() if value is not None}


def _build_first(
    adapter: MapAdapter,
    endpoint: t.Any,
    values: dict[str, t.Any],
    method: str | None,
    append_unknown: bool,
) -> tuple[str, str, bool] | None:
    """Return domain, path and protocol from the first rule that can be built.

    Without a method a rule for the current one is preferred; with host matching, one on this host.
    """
    url_map = adapter.map
    rules = url_map._rules_by_endpoint.get(endpoint, ())

    for wanted in (adapter.default_method, None) if method is None else (method,):
        elsewhere = None
        for rule in rules:
            if rule.suitable_for(values, wanted):
                built = rule.build(values, append_unknown)
                if built is not None:
                    if not url_map.host_matching or built[0] == adapter.server_name:
                        return built[0], built[1], rule.websocket
                    if elsewhere is None:
                        elsewhere = built[0], built[1], rule.websocket
        if elsewhere is not None:
            return elsewhere

    return None
