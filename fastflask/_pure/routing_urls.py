"""Building the URL of an endpoint.

``url_for`` asks the map's adapter, which looks through the rules of the endpoint for the first
that the values fill, and completes its path to a URL. Rules and adapters that override a step have
it called. The compiled twin is ``_cython/routing_urls.pxi``.
"""

from __future__ import annotations

import typing as t
from types import MethodType

from werkzeug.datastructures import MultiDict
from werkzeug.routing import BuildError, MapAdapter, Rule, ValidationError

from .routing import update_map
from .routing_builder import build_rule

_partial_build = MapAdapter._partial_build
_get_host = MapAdapter.get_host
_suitable_for = Rule.suitable_for

#: Domain and path, and whether the rule is one for websockets.
Built = tuple[tuple[str, str], bool]


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
    if type(self)._partial_build is not _partial_build or "_partial_build" in self.__dict__:
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
                values = given_values(values)
                break
    else:
        values = given_values(values)

    host_matching = url_map.host_matching
    built = choose_rule(
        url_map._rules_by_endpoint,
        endpoint,
        values,
        method,
        self.default_method,
        append_unknown,
        self.server_name if host_matching else None,
    )
    if built is None:
        raise BuildError(endpoint, dict(values), method, self)

    (domain, path), websocket = built
    path = path.lstrip("/")
    host = None
    if host_matching or type(self).get_host is not _get_host:
        host = self.get_host(domain)

    if not force_external and not websocket:
        if (host == self.server_name) if host_matching else (domain == self.subdomain):
            root = self.script_name
            return f"/{path}" if root == "/" else f"{root.rstrip('/')}/{path}"

    return whole_url(
        self.url_scheme if url_scheme is None else url_scheme,
        websocket,
        self.get_host(domain) if host is None else host,
        self.script_name,
        path,
    )


def whole_url(scheme: str, websocket: bool, host: str, root: str, path: str) -> str:
    """Return a URL with scheme and host.

    There is no relative URL from a page to a websocket, nor back, so the scheme follows the rule.

    :param scheme: scheme of the request, or the one that is asked for.
    :param websocket: whether the rule is one for websockets.
    :param host: name of the host.
    :param root: where the application is mounted, ending with a slash.
    :param path: the path, without the slash at its start.
    """
    secure = scheme in {"https", "wss"}
    if websocket:
        scheme = "wss:" if secure else "ws:"
    elif scheme:
        scheme = "https:" if secure else "http:"
    return f"{scheme or ''}//{host}{root[:-1]}/{path}"


def given_values(values: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
    """Return the values without those that are ``None``, or that a multi-dict has no item for.

    :param values: the values.
    """
    if not values:
        return {}
    if isinstance(values, MultiDict):
        lists = dict.items(values)
        return {name: items[0] if len(items) == 1 else items for name, items in lists if len(items)}
    return {name: value for name, value in values.items() if value is not None}


def choose_rule(
    rules: dict[t.Any, list[Rule]],
    endpoint: t.Any,
    values: dict[str, t.Any],
    method: str | None,
    default_method: str,
    append_unknown: bool,
    server_name: str | None,
) -> Built | None:
    """Return what comes of the first rule of an endpoint that can be built, or ``None``.

    Rules for the default method come first, unless a method is asked for.

    :param rules: all rules by endpoint.
    :param endpoint: the endpoint.
    :param values: the values.
    :param method: a method that the rule has to allow.
    :param default_method: a method that it should allow.
    :param append_unknown: make a query of the values that are no variables.
    :param server_name: with host matching, the host that is preferred.
    """
    found = rules.get(endpoint)
    if found is None:
        return None

    if method is None:
        if len(found) == 1 and server_name is None:
            # PERF: the only rule is taken whether or not it allows the default method. Whether its
            # methods are stock is not asked of its dict, as without one that was asked for an
            # object's attributes are read in a quarter of the time.
            rule = found[0]
            build: t.Any = rule.build
            suits: t.Any = rule.suitable_for
            if (
                type(build) is type(suits) is MethodType
                and build.__func__ is build_rule
                and suits.__func__ is _suitable_for
                and not rule.defaults
            ):
                builder = rule._builder  # type: ignore[attr-defined]
                if builder is not None:
                    arguments, count = rule.arguments, len(values)
                    if (
                        count != builder._count
                        or len(arguments) != count
                        or arguments is not builder._arguments
                    ):
                        if arguments and not values.keys() >= arguments:
                            return None
                        count = -1
                    try:
                        if count < 0:
                            built = builder.build(values, append_unknown)
                        elif count:
                            texts = builder._path.fill(rule._converters, values)
                            if texts is None:
                                return None
                            built = builder._fixed, "".join(texts)
                        else:
                            built = builder._plain
                    except ValidationError:
                        return None
                    return built, rule.websocket

        first = _build_first(found, values, default_method, append_unknown, server_name)
        if first is not None:
            return first

    return _build_first(found, values, method, append_unknown, server_name)


def _build_first(
    rules: list[Rule],
    values: dict[str, t.Any],
    method: str | None,
    append_unknown: bool,
    server_name: str | None,
) -> Built | None:
    elsewhere = None
    for rule in rules:
        build, suits = rule.build, rule.suitable_for
        if type(suits) is not MethodType or suits.__func__ is not _suitable_for or rule.defaults:
            if not rule.suitable_for({**values}, method):
                continue
        else:
            methods = rule.methods
            if method is not None and methods is not None and method not in methods:
                continue
            if rule.arguments and not values.keys() >= rule.arguments:
                continue

        builder = None
        if type(build) is MethodType and build.__func__ is build_rule:
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

        if server_name is None or built[0] == server_name:
            return built, rule.websocket
        if elsewhere is None:
            elsewhere = built, rule.websocket

    return elsewhere
