# Building the URL of an endpoint.
#
# Part of routing.pxi. ``url_for`` asks the map's adapter, which looks through the rules of the
# endpoint for the first that the values fill. The path is put together from parts prepared when a
# rule is first used for this; text that needs no quoting is not sent through the quoting functions.
# Rules and adapters that override a step have it called. The pure twin is
# ``_pure/routing_urls.py``.

from copy import copy as _route_copy
from urllib.parse import quote as _route_quote, quote_plus as _route_quote_plus

from werkzeug.datastructures import MultiDict as _RouteMultiDict
from werkzeug.routing import BuildError as _RouteBuildError

# What may stand in a path segment, and in a query, unquoted, beside letters, digits and "_.-~".
cdef str _ROUTE_PATH_SAFE = "!$&'()*+,/:;=@"
cdef str _ROUTE_QUERY_SAFE = "!$'()*,/:;?@"

cdef enum:
    _ROUTE_IN_PATH = 1
    _ROUTE_IN_QUERY = 2

cdef unsigned char[128] _route_safe


cdef void _route_mark_safe(str characters, unsigned char where) noexcept:
    for character in characters:
        _route_safe[<int>character] |= where


_route_mark_safe(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~",
    _ROUTE_IN_PATH | _ROUTE_IN_QUERY,
)
_route_mark_safe(_ROUTE_PATH_SAFE, _ROUTE_IN_PATH)
_route_mark_safe(_ROUTE_QUERY_SAFE, _ROUTE_IN_QUERY)

cdef object _route_text_to_url = _RouteConverter.to_url
cdef object _route_number_to_url = _RouteInteger.to_url
cdef object _route_compile_builder = _RouteRule._compile_builder
cdef object _route_suitable_for = _RouteRule.suitable_for
cdef object _route_encode_query_vars = _RouteRule._encode_query_vars
cdef object _route_get_host = _RouteAdapter.get_host
cdef object _route_partial_build = _RouteAdapter._partial_build


cdef inline bint _route_is_safe(str text, unsigned char where) noexcept:
    """Whether a text is the same when it is quoted."""
    cdef _RouteText view = _route_text(text)
    cdef Py_ssize_t i
    cdef uint32_t character
    for i in range(view.size):
        character = _route_read(view.kind, view.data, i)
        if character > 127 or not _route_safe[<int>character] & where:
            return False
    return True


cdef class RuleBuilder:
    """Builds the URLs of one rule.

    :param rule: the rule, bound to a map.
    :param trace: the rule's pieces, for each whether it is a variable, and its text or name.
    :param defaults: the rule's defaults, at the time it was bound.

    .. versionadded:: 0.1
    """

    cdef object _rule
    cdef dict _defaults
    # Pairs of whether a piece is a variable, and its text or name.
    cdef list _domain
    cdef list _path
    cdef list _needed
    cdef frozenset _known
    # What is built without values, if nothing needs one.
    cdef tuple _plain

    def __init__(self, rule, trace, defaults) -> None:
        self._defaults = dict(defaults or ())
        at = 0
        while trace[at][1] != "|":
            at += 1
        self._rule = rule
        self._domain = _route_join_literals(rule, trace[:at], self._defaults)
        self._path = _route_join_literals(rule, trace[at + 1 :], self._defaults)
        self._needed = [text for variable, text in (*self._domain, *self._path) if variable]
        self._known = frozenset([*self._needed, *map(str, self._defaults)])
        if not self._needed:
            self._plain = self._domain[0][1], self._path[0][1]

    def build(self, values, append_unknown) -> tuple[str, str]:
        """Return the domain part and the path, with the query if there is one.

        :param values: values for the variables, and for the query.
        :param append_unknown: make a query of the values that are no variables.

        Errors of the converters pass through.
        """
        cdef dict given = <dict>values if type(values) is dict else dict(values)
        return self._build(given, append_unknown)

    cdef tuple _build(self, dict values, bint append_unknown):
        cdef dict extra = None
        cdef str query = None

        if self._plain is not None and not values:
            return self._plain

        for name in self._needed:
            if name not in values:
                return self._complain(values, append_unknown)

        if len(values) > len(self._needed) or self._defaults:
            for name, value in values.items():
                if name not in self._known:
                    if not isinstance(name, str) or name == ".self":
                        return self._complain(values, append_unknown)
                    if extra is None:
                        extra = {}
                    extra[name] = value

        if extra is not None and append_unknown:
            query = _route_query(self._rule, extra)

        domain = self._fill(self._domain, values, None, False)
        return domain, self._fill(self._path, values, query, append_unknown)

    cdef object _fill(self, list pieces, dict values, str query, bint joined):
        cdef object converters
        cdef list texts
        cdef tuple piece

        if len(pieces) == 1 and not query:
            piece = <tuple>pieces[0]
            if not piece[0]:
                return piece[1]
            if not joined:
                return _route_to_url(self._rule._converters[piece[1]], values[piece[1]])

        converters = self._rule._converters
        texts = []
        for piece in pieces:
            if piece[0]:
                texts.append(_route_to_url(converters[piece[1]], values[piece[1]]))
            else:
                texts.append(piece[1])
        if query:
            texts.append("?")
            texts.append(query)
        return "".join(texts)

    cdef object _complain(self, dict values, bint append_unknown):
        # A call of the function that Werkzeug makes of the rule, which refuses its arguments.
        rule = _route_copy(self._rule)
        rule.defaults = self._defaults
        return _route_compile_builder(rule, append_unknown)(rule, **values)


cdef list _route_join_literals(object rule, list trace, dict defaults):
    """Return the pieces ready for use: quoted, defaults filled in, neighbours joined."""
    cdef list pieces = []
    for variable, text in trace:
        if variable and text not in defaults:
            pieces.append((True, text))
            continue
        if variable:
            text = rule._converters[text].to_url(defaults[text])
        else:
            text = _route_quote(text, safe=_ROUTE_PATH_SAFE)
        if pieces and not pieces[-1][0]:
            text = pieces.pop()[1] + text
        pieces.append((False, text))
    return pieces or [(False, "")]


cdef object _route_to_url(object converter, object value):
    """Return the text for a value, by the converter's own method or, for stock ones, without it."""
    cdef str text
    method = converter.to_url
    if PyMethod_Check(method):
        function = <object>PyMethod_GET_FUNCTION(method)
        if function is _route_text_to_url:
            text = str(value)
            if _route_is_safe(text, _ROUTE_IN_PATH):
                return text
            return _route_quote(text, safe=_ROUTE_PATH_SAFE)
        if function is _route_number_to_url and type(converter) is _route_integer:
            if type(value) is int and not converter.fixed_digits:
                return str(value)
    return method(value)


cdef str _route_query(object rule, dict values):
    """Return the query for these values."""
    cdef list pairs = []
    cdef str key
    url_map = rule.map
    if type(rule)._encode_query_vars is not _route_encode_query_vars or url_map.sort_parameters:
        return rule._encode_query_vars(values)

    for name, value in values.items():
        if type(name) is not str or not (type(value) is str or type(value) is int):
            return rule._encode_query_vars(values)
        key = _route_in_query(<str>name)
        pairs.append(f"{key}={_route_in_query(str(value))}")
    return "&".join(pairs)


cdef str _route_in_query(str text):
    if _route_is_safe(text, _ROUTE_IN_QUERY):
        return text
    return _route_quote_plus(text, _ROUTE_QUERY_SAFE)


def build_rule(self, values, append_unknown=True):
    """Return the domain part and the path for these values, or ``None`` if they are not valid.

    :param values: values for the variables, and for the query.
    :param append_unknown: make a query of the values that are no variables.
    """
    builder = self._builder
    if builder is None:
        return _RouteRule.build(self, values, append_unknown)
    try:
        return builder.build(values, append_unknown)
    except _RouteInvalid:
        return None


cdef object _route_build_rule = build_rule


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
    if _PyType_Lookup(type(self), "_partial_build") != <PyObject *>_route_partial_build:
        return _RouteAdapter.build(
            self, endpoint, values, method, force_external, append_unknown, url_scheme
        )

    url_map = self.map
    _route_update(url_map)
    cdef dict given = _route_given(values)
    cdef bint websocket = False
    cdef tuple built = None
    rules = _dict_get(<dict?>url_map._rules_by_endpoint, endpoint)
    if rules is not None:
        if method is None:
            built = _route_build(
                self, url_map, rules, given, True, None, append_unknown, &websocket
            )
        if built is None:
            built = _route_build(
                self, url_map, rules, given, False, method, append_unknown, &websocket
            )
    if built is None:
        raise _RouteBuildError(endpoint, dict(given), method, self)

    domain = built[0]
    path = _route_one_slash(built[1])
    if not force_external and not websocket:
        if url_map.host_matching:
            here = self.get_host(domain) == self.server_name
        else:
            here = domain == self.subdomain
        if here:
            root = self.script_name
            return path if root == "/" else root.rstrip("/") + path

    if url_scheme is None:
        url_scheme = self.url_scheme
    secure = url_scheme == "https" or url_scheme == "wss"
    if websocket:
        # There is no relative URL from a page to a websocket.
        url_scheme = "wss" if secure else "ws"
    elif url_scheme:
        url_scheme = "https" if secure else "http"

    scheme = f"{url_scheme}:" if url_scheme else ""
    return f"{scheme}//{self.get_host(domain)}{self.script_name[:-1]}{path}"


cdef dict _route_given(object values):
    """Return the values without those that are ``None``, or that a multi-dict has no item for.

    A dictionary that has all it needs is returned itself, and must not be changed.
    """
    cdef dict given
    if not values:
        return {}
    if type(values) is dict:
        for value in (<dict>values).values():
            if value is None:
                break
        else:
            return <dict>values

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


cdef tuple _route_build(
    object adapter,
    object url_map,
    object rules,
    dict values,
    bint current,
    object method,
    bint append_unknown,
    bint *websocket,
):
    """Return domain and path from the first rule that can be built, and tell whether it is one for
    websockets.

    :param current: look for a rule for the current method.
    :param method: method to look for, if not the current one; ``None`` for any.
    """
    cdef tuple elsewhere = None
    cdef bint elsewhere_websocket = False

    for rule in rules:
        if _PyType_Lookup(type(rule), "suitable_for") == <PyObject *>_route_suitable_for:
            if not _route_suits(rule, values, adapter, current, method):
                continue
        elif not rule.suitable_for(dict(values), adapter.default_method if current else method):
            continue
        built = _route_build_one(rule, values, append_unknown)
        if built is None:
            continue
        if not url_map.host_matching or built[0] == adapter.server_name:
            websocket[0] = rule.websocket
            return built
        if elsewhere is None:
            elsewhere = built
            elsewhere_websocket = rule.websocket

    websocket[0] = elsewhere_websocket
    return elsewhere


cdef inline object _route_build_one(object rule, dict values, bint append_unknown):
    if _PyType_Lookup(type(rule), "build") != <PyObject *>_route_build_rule:
        return rule.build(dict(values), append_unknown)
    builder = rule._builder
    if type(builder) is not RuleBuilder:
        return rule.build(dict(values), append_unknown)
    try:
        return (<RuleBuilder>builder)._build(values, append_unknown)
    except _RouteInvalid:
        return None


cdef bint _route_suits(
    object rule, dict values, object adapter, bint current, object method
) except -1:
    """Whether a rule can be built from these values, as the stock ``suitable_for`` answers."""
    methods = rule.methods
    if methods is not None:
        if current:
            method = adapter.default_method
        if method is not None and not _route_contains(methods, method):
            return False

    defaults = rule.defaults or ()
    names = rule.arguments
    if names:
        for name in names:
            if name not in values and name not in defaults:
                return False

    if defaults:
        for name, value in defaults.items():
            if name in values and value != values[name]:
                return False

    return True
