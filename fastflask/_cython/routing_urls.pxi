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


@cython.final
cdef class _RoutePieces:
    """Pieces of a URL, ready for use: literal texts quoted and joined, defaults filled in."""

    cdef list texts
    # The name of the variable whose value replaces a text, or ``None`` for one that stays.
    cdef list names
    cdef bint fixed

    def __cinit__(self, rule, trace, dict defaults):
        cdef bint literal = False
        self.texts = []
        self.names = []
        self.fixed = True
        for variable, text in trace:
            if variable and text not in defaults:
                self.texts.append("")
                self.names.append(text)
                literal = self.fixed = False
                continue
            if variable:
                text = rule._converters[text].to_url(defaults[text])
            else:
                text = _route_quote(text, safe=_ROUTE_PATH_SAFE)
            if literal:
                self.texts[-1] += text
            else:
                self.texts.append(text)
                self.names.append(None)
            literal = True
        if not self.texts:
            self.texts.append("")
            self.names.append(None)

    cdef list fill(self, object converters, dict values):
        """Return the texts with the values in their places."""
        cdef list texts = self.texts[:]
        cdef Py_ssize_t i
        for i in range(len(self.names)):
            name = self.names[i]
            if name is not None:
                texts[i] = _route_to_url(converters[name], values[name])
        return texts


cdef class RuleBuilder:
    """Builds the URLs of one rule.

    :param rule: the rule, bound to a map.
    :param trace: the rule's pieces, for each whether it is a variable, and its text or name.
    :param defaults: the rule's defaults, at the time it was bound.

    .. versionadded:: 0.1
    """

    cdef object _rule
    cdef dict _defaults
    cdef _RoutePieces _domain
    cdef _RoutePieces _path
    cdef list _needed
    cdef frozenset _known
    # What is built without values, if nothing needs one.
    cdef tuple _plain

    def __init__(self, rule, trace, defaults) -> None:
        at = 0
        while trace[at][1] != "|":
            at += 1
        self._rule = rule
        self._defaults = dict(defaults or ())
        self._domain = _RoutePieces(rule, trace[:at], self._defaults)
        self._path = _RoutePieces(rule, trace[at + 1 :], self._defaults)
        names = [*self._domain.names, *self._path.names]
        self._needed = [name for name in names if name is not None]
        self._known = frozenset([*self._needed, *map(str, self._defaults)])
        if not self._needed:
            self._plain = self._domain.texts[0], self._path.texts[0]

    def build(self, values, append_unknown) -> tuple[str, str]:
        """Return the domain part and the path, with the query if there is one.

        :param values: values for the variables, and for the query.
        :param append_unknown: make a query of the values that are no variables.

        Errors of the converters pass through.
        """
        cdef dict given = <dict>values if type(values) is dict else dict(values)
        for name in self._needed:
            if name not in given:
                return self._complain(given, append_unknown)
        return self._build(given, append_unknown)

    cdef tuple _build(self, dict values, bint append_unknown):
        # All values that are needed are there.
        cdef dict extra = None
        cdef str query = ""
        cdef list texts

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

        if self._plain is not None and not query:
            return self._plain

        converters = self._rule._converters
        if self._domain.fixed:
            domain = self._domain.texts[0]
        else:
            texts = self._domain.fill(converters, values)
            domain = texts[0] if len(texts) == 1 else "".join(texts)

        texts = self._path.fill(converters, values)
        if query:
            texts.append("?")
            texts.append(query)
        # A converter that returns no text is found out, unless there is nothing to join.
        if len(texts) == 1 and not append_unknown:
            return domain, texts[0]
        return domain, "".join(texts)

    cdef object _complain(self, dict values, bint append_unknown):
        # A call of the function that Werkzeug makes of the rule, which refuses its arguments.
        rule = _route_copy(self._rule)
        rule.defaults = self._defaults
        return _route_compile_builder(rule, append_unknown)(rule, **values)


cdef object _route_to_url(object converter, object value):
    """Return the text for a value, by the converter's own method or, for stock ones, without it."""
    cdef PyObject *method = _PyType_Lookup(type(converter), "to_url")
    cdef dict attributes
    cdef str text

    if method == <PyObject *>_route_text_to_url:
        attributes = PyObject_GenericGetDict(converter, NULL)
        if "to_url" not in attributes:
            text = <str>value if type(value) is str else str(value)
            if _route_is_safe(text, _ROUTE_IN_PATH):
                return text
            return _route_quote(text, safe=_ROUTE_PATH_SAFE)

    elif type(converter) is _route_integer and type(value) is int:
        attributes = PyObject_GenericGetDict(converter, NULL)
        if (
            method == <PyObject *>_route_number_to_url
            and "to_url" not in attributes
            and not _route_get(converter, attributes, "fixed_digits")
        ):
            return str(value)

    return converter.to_url(value)


cdef str _route_query(object rule, dict values):
    """Return the query for these values."""
    cdef list pairs = []
    cdef str key
    if not _route_rule_bits(rule) & _ROUTE_ENCODE_QUERY_VARS or rule.map.sort_parameters:
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
    cdef unsigned int bits = _route_adapter_bits(self)
    if not bits & _ROUTE_PARTIAL_BUILD:
        return _RouteAdapter.build(
            self, endpoint, values, method, force_external, append_unknown, url_scheme
        )

    cdef dict attributes = _route_vars(self, bits)
    url_map = _route_get(self, attributes, "map")
    cdef unsigned int map_bits = _route_map_bits(url_map)
    cdef dict map_attributes = _route_vars(url_map, map_bits)
    _route_update(url_map, map_attributes, map_bits)
    cdef dict given = _route_given(values)
    cdef bint websocket = False
    cdef tuple built = None
    cdef bint host_matching = _route_get(url_map, map_attributes, "host_matching")
    rules = _dict_get(<dict?>_route_get(url_map, map_attributes, "_rules_by_endpoint"), endpoint)
    if rules is not None:
        server_name = _route_get(self, attributes, "server_name") if host_matching else None
        if method is None:
            current = _route_get(self, attributes, "default_method")
            built = _route_build(rules, given, current, append_unknown, server_name, &websocket)
        if built is None:
            built = _route_build(rules, given, method, append_unknown, server_name, &websocket)
    if built is None:
        raise _RouteBuildError(endpoint, dict(given), method, self)

    domain = built[0]
    path = _route_one_slash(built[1])
    if not force_external and not websocket:
        if host_matching:
            here = self.get_host(domain) == self.server_name
        else:
            here = domain == _route_get(self, attributes, "subdomain")
        if here:
            root = _route_get(self, attributes, "script_name")
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
    object rules,
    dict values,
    object method,
    bint append_unknown,
    object server_name,
    bint *websocket,
):
    """Return domain and path from the first rule that can be built, and tell whether it is one for
    websockets. With a server name, a rule for this one is preferred."""
    cdef tuple elsewhere = None
    cdef bint elsewhere_websocket = False
    cdef bint complete
    cdef unsigned int bits
    cdef dict attributes

    for rule in rules:
        bits = _route_rule_bits(rule)
        attributes = _route_vars(rule, bits)
        complete = False
        if bits & _ROUTE_SUITABLE_FOR:
            if not _route_suits(rule, attributes, values, method, &complete):
                continue
        elif not rule.suitable_for(dict(values), method):
            continue

        builder = _route_get(rule, attributes, "_builder") if bits & _ROUTE_BUILD else None
        if type(builder) is not RuleBuilder:
            built = rule.build(dict(values), append_unknown)
            if built is None:
                continue
        else:
            try:
                if complete:
                    built = (<RuleBuilder>builder)._build(values, append_unknown)
                else:
                    built = (<RuleBuilder>builder).build(values, append_unknown)
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


cdef bint _route_suits(
    object rule, dict attributes, dict values, object method, bint *complete
) except -1:
    """Whether a rule can be built from these values, as the stock ``suitable_for`` answers, and
    whether they include all that it needs."""
    if method is not None:
        methods = _route_get(rule, attributes, "methods")
        if methods is not None and not _route_contains(methods, method):
            return False

    defaults = _route_get(rule, attributes, "defaults") or ()
    names = _route_get(rule, attributes, "arguments")
    if names:
        for name in names:
            if name not in values and name not in defaults:
                return False

    if defaults:
        for name, value in defaults.items():
            if name in values and value != values[name]:
                return False
    else:
        complete[0] = True

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
]
