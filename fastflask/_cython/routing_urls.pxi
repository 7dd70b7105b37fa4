# Building the URL of an endpoint.
#
# Part of routing.pxi. ``url_for`` asks the map's adapter, which looks through the rules of the
# endpoint for the first that the values fill, and completes its path to a URL. Rules and adapters
# that override a step have it called. The pure twin is ``_pure/routing_urls.py``.

from cpython.dict cimport PyDict_Next

from werkzeug.datastructures import MultiDict as _RouteMultiDict
from werkzeug.routing import BuildError as _RouteBuildError

include "routing_quoting.pxi"
include "routing_builder.pxi"


def build_url(
    self,
    endpoint,
    values=None,
    method=None,
    force_external=False,
    append_unknown=True,
    url_scheme=None,
):
    """Return the URL of an endpoint, without scheme and host where the current ones are right.

    :param endpoint: endpoint of the rules to choose from.
    :param values: values for the variables of the rule; others make up the query.
    :param method: take a rule for this method.
    :param force_external: return a complete URL in any case.
    :param append_unknown: whether values that are no variables go into the query or are dropped.
    :param url_scheme: scheme of a complete URL; the current one if not given.

    Raises ``BuildError`` if no rule of the endpoint fits. Errors of the converters pass through.
    """
    return _route_build_url(
        self, endpoint, values, method, force_external, append_unknown, url_scheme
    )


cdef object _route_build_url(
    object adapter,
    object endpoint,
    object values,
    object method,
    bint force_external,
    bint append_unknown,
    object url_scheme,
):
    cdef unsigned int bits = _route_adapter_bits(adapter)
    cdef dict attributes = _route_vars(adapter, bits)
    if not bits & _ROUTE_PARTIAL_BUILD or (
        attributes is not None and "_partial_build" in attributes
    ):
        return _RouteAdapter.build(
            adapter, endpoint, values, method, force_external, append_unknown, url_scheme
        )

    url_map = _route_get(adapter, attributes, "map")
    cdef unsigned int map_bits = _route_map_bits(url_map)
    cdef dict map_attributes = _route_vars(url_map, map_bits)
    cdef dict given = _route_given(values)
    cdef bint websocket = False
    cdef bint host_matching = _route_get(url_map, map_attributes, "host_matching")
    cdef object host = None
    cdef tuple built

    _route_update(url_map, map_attributes, map_bits)
    built = _route_choose(
        _route_get(url_map, map_attributes, "_rules_by_endpoint"),
        endpoint,
        given,
        method,
        _route_get(adapter, attributes, "default_method"),
        append_unknown,
        _route_get(adapter, attributes, "server_name") if host_matching else None,
        &websocket,
    )
    if built is None:
        raise _RouteBuildError(endpoint, dict(given), method, adapter)

    domain, path = built
    path = _route_one_slash(path)
    if host_matching or not bits & _ROUTE_GET_HOST:
        host = adapter.get_host(domain)

    if not force_external and not websocket:
        if host_matching:
            here = host == adapter.server_name
        else:
            here = domain == _route_get(adapter, attributes, "subdomain")
        if here:
            root = _route_get(adapter, attributes, "script_name")
            return path if root == "/" else root.rstrip("/") + path

    if host is None:
        host = _route_get(adapter, attributes, "server_name")
        if domain is None:
            domain = _route_get(adapter, attributes, "subdomain")
        if domain:
            host = f"{domain}.{host}"

    if url_scheme is None:
        url_scheme = _route_get(adapter, attributes, "url_scheme")
    return _route_whole_url(
        url_scheme, websocket, host, _route_get(adapter, attributes, "script_name"), path
    )


cdef object _route_whole_url(
    object scheme, bint websocket, object host, object root, object path
):
    """Return a URL with scheme and host.

    There is no relative URL from a page to a websocket, nor back, so the scheme follows the rule.
    """
    cdef bint secure = scheme == "https" or scheme == "wss"
    if websocket:
        scheme = "wss:" if secure else "ws:"
    elif scheme:
        scheme = "https:" if secure else "http:"
    else:
        scheme = ""
    return f"{scheme}//{host}{root[:-1]}{path}"


cdef dict _route_given(object values):
    """Return the values without those that are ``None``, or that a multi-dict has no item for.

    A dictionary that has all it needs is returned itself, and must not be changed.
    """
    cdef dict given
    cdef Py_ssize_t position = 0
    cdef PyObject *item
    if type(values) is dict:
        # PERF: half the instructions of a loop that owns what it looks at.
        while PyDict_Next(<dict>values, &position, NULL, &item):
            if item == <PyObject *>None:
                break
        else:
            return <dict>values
    elif not values:
        return {}

    given = {}
    if isinstance(values, _RouteMultiDict):
        for name, items in dict.items(values):
            if len(items) == 1:
                given[name] = items[0]
            elif len(items):
                given[name] = items
    else:
        for name, value in values.items():
            if value is not None:
                given[name] = value
    return given


cdef tuple _route_choose(
    dict rules,
    object endpoint,
    dict given,
    object method,
    object default_method,
    bint append_unknown,
    object server_name,
    bint *websocket,
):
    """Return domain and path from the first rule of an endpoint that can be built, or ``None``.

    Rules for the default method come first, unless a method is asked for.
    """
    cdef tuple built
    found = _dict_get(rules, endpoint)
    if found is None:
        return None
    if method is None:
        built = _route_build(
            found,
            given,
            default_method,
            # The only rule is also taken if it does not allow the default method.
            type(found) is list and len(<list>found) == 1,
            append_unknown,
            server_name,
            websocket,
        )
        if built is not None:
            return built
    return _route_build(found, given, method, False, append_unknown, server_name, websocket)


cdef tuple _route_build(
    object rules,
    dict values,
    object method,
    bint any_method,
    bint append_unknown,
    object server_name,
    bint *websocket,
):
    """Return domain and path from the first rule that can be built, and tell whether it is one for
    websockets. With a server name, a rule for this one is preferred."""
    cdef tuple built, elsewhere = None
    cdef bint elsewhere_websocket = False
    cdef unsigned int bits
    cdef dict attributes
    cdef RuleBuilder builder
    cdef list texts

    for rule in rules:
        bits = _route_rule_bits(rule)
        attributes = _route_vars(rule, bits)
        builder = _route_builder(rule, bits, attributes)
        if builder is None:
            if not rule.suitable_for(dict(values), method):
                continue
            built = rule.build(dict(values), append_unknown)
            if built is None:
                continue
        else:
            if method is not None and not any_method:
                methods = _route_get(rule, attributes, "methods")
                if methods is not None and not _route_contains(methods, method):
                    continue
            defaults = _route_get(rule, attributes, "defaults")
            names = _route_get(rule, attributes, "arguments")
            path = texts = None
            if not defaults:
                if names is builder._arguments and len(<set>names) == builder._count:
                    if len(values) == builder._count:
                        path = builder._path.write(
                            values, _route_get(rule, attributes, "_converters")
                        )
                    if path is None:
                        texts = builder._path.take(values)
                        if texts is None:
                            continue
                elif names and not _route_has_all(values, names):
                    continue
            elif not _route_fits(values, names, defaults):
                continue
            try:
                if path is not None:
                    built = builder._domain.texts[0], path
                elif defaults:
                    built = builder.build(values, append_unknown)
                else:
                    built = builder._build(values, texts, append_unknown, attributes)
            except _RouteInvalid:
                continue

        if server_name is None or built[0] == server_name:
            websocket[0] = _route_get(rule, attributes, "websocket")
            return built
        if elsewhere is None:
            elsewhere = built
            elsewhere_websocket = _route_get(rule, attributes, "websocket")

    websocket[0] = elsewhere_websocket
    return elsewhere


cdef inline RuleBuilder _route_builder(object rule, unsigned int bits, dict attributes):
    """Return what builds the URLs of a rule, or ``None`` if it is for its own methods to say
    whether it suits and what comes of it."""
    cdef RuleBuilder builder
    if attributes is None or bits & _ROUTE_STOCK_RULE != _ROUTE_STOCK_RULE:
        return None
    found = _route_get(rule, attributes, "_builder")
    if type(found) is not RuleBuilder:
        return None
    builder = <RuleBuilder>found
    # PERF: looking for the names takes 25 ns.
    if len(attributes) != builder._attributes:
        if "suitable_for" in attributes or "build" in attributes:
            return None
        builder._attributes = len(attributes)
    return builder


cdef bint _route_has_all(dict values, object names) except -1:
    """Whether there is a value for each of a rule's arguments."""
    for name in names:
        if name not in values:
            return False
    return True


cdef bint _route_fits(dict values, object names, object defaults) except -1:
    """Whether there is a value or a default for each of a rule's arguments, and no value that
    differs from the default."""
    for name in names or ():
        if name not in values and name not in defaults:
            return False
    for name, value in defaults.items():
        if name in values and value != values[name]:
            return False
    return True


_route_rule_stages += [
    ("suitable_for", _RouteRule.suitable_for),
    ("build", build_rule),
    ("provides_defaults_for", _RouteRule.provides_defaults_for),
    ("_encode_query_vars", _RouteRule._encode_query_vars),
]
_route_map_stages.append(("update", update_map))
_route_adapter_stages += [
    ("get_default_redirect", _RouteAdapter.get_default_redirect),
    ("_partial_build", _RouteAdapter._partial_build),
    ("get_host", _RouteAdapter.get_host),
    ("build", build_url),
]
