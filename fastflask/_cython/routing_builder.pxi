# Putting together the URLs of one rule.
#
# Part of routing.pxi. Literal texts and defaults are quoted and joined once, when a rule is first
# used for this. The pure twin is ``_pure/routing_builder.py``.

from copy import copy as _route_copy

cdef object _route_text_to_url = _RouteConverter.to_url
cdef object _route_number_to_url = _RouteInteger.to_url
cdef object _route_to_number = _RouteInteger.num_convert
cdef object _route_compile_builder = _RouteRule._compile_builder


cdef enum:
    _ROUTE_OWN_TO_URL
    _ROUTE_QUOTES_TEXT
    _ROUTE_SHOWS_NUMBER

    # For the path of most URLs.
    _ROUTE_ROOM = 256


@cython.final
cdef class _RouteVariable:
    """A variable in the pieces of a URL, and what was found out about its converter."""

    cdef object name
    cdef Py_ssize_t index
    # Of the converter: its class at that time, how many attributes it had, and what it does.
    cdef object converter
    cdef unsigned int tag
    cdef Py_ssize_t attributes
    cdef int kind

    cdef object text_of(self, object converter, object value):
        """Return the text for a value, by the converter's own method or, for stock ones, without
        it."""
        cdef int kind = self.kind_of(converter)

        if kind == _ROUTE_QUOTES_TEXT:
            text = value if type(value) is str else str(value)
            if type(text) is str:
                return _route_quoted(<str>text, _ROUTE_IN_PATH)
            return _route_quote(text, safe=_ROUTE_PATH_SAFE)

        if kind == _ROUTE_SHOWS_NUMBER and type(value) is int:
            return _route_decimal(value)

        return converter.to_url(value)

    cdef inline int kind_of(self, object converter) except -1:
        """Return what the converter does."""
        cdef dict attributes = _vars(converter)
        if (
            converter is not self.converter
            or self.tag != _tag_of_class(converter)
            or self.attributes != len(attributes)
            or not self.tag
        ):
            self._look_at(converter, attributes)
        if self.kind == _ROUTE_SHOWS_NUMBER and _route_get(converter, attributes, "fixed_digits"):
            return _ROUTE_OWN_TO_URL
        return self.kind

    cdef int _look_at(self, object converter, dict attributes) except -1:
        cdef type cls = type(converter)
        cdef PyObject *method = _PyType_Lookup(cls, "to_url")
        self.kind = _ROUTE_OWN_TO_URL
        if "to_url" not in attributes and _route_reads_plainly(cls):
            if method == <PyObject *>_route_text_to_url:
                self.kind = _ROUTE_QUOTES_TEXT
            elif (
                method == <PyObject *>_route_number_to_url
                and "num_convert" not in attributes
                and _PyType_Lookup(cls, "num_convert") == <PyObject *>_route_to_number
                and _PyType_Lookup(cls, "fixed_digits") is NULL
            ):
                self.kind = _ROUTE_SHOWS_NUMBER
        self.converter = converter
        self.attributes = len(attributes)
        # The lookups above gave the class a tag, if it can have one.
        self.tag = _tag_of(cls)
        return 0


@cython.final
cdef class _RoutePieces:
    """Pieces of a URL, ready for use: literal texts quoted and joined, defaults filled in."""

    cdef list texts
    # Each stands for one of the texts.
    cdef list variables
    # The texts, with the variables in their places.
    cdef list steps

    def __cinit__(self, rule, trace, dict defaults):
        cdef bint literal = False
        cdef _RouteVariable variable
        self.texts = []
        self.variables = []
        for is_variable, text in trace:
            if is_variable and text not in defaults:
                variable = _RouteVariable.__new__(_RouteVariable)
                variable.name = text
                variable.index = len(self.texts)
                self.texts.append("")
                self.variables.append(variable)
                literal = False
                continue
            if is_variable:
                text = rule._converters[text].to_url(defaults[text])
            else:
                text = _route_quote(text, safe=_ROUTE_PATH_SAFE)
            if literal:
                self.texts[-1] += text
            else:
                self.texts.append(text)
            literal = True
        if not self.texts:
            self.texts.append("")
        self.steps = self.texts[:]
        for variable in self.variables:
            self.steps[variable.index] = variable

    cdef object write(self, dict values, dict converters):
        """Return the texts joined, with the values in their places, or ``None`` if these are not
        all there, or not all of the plain kind that is written here. No converter is called.

        PERF: a fifth of url_for() less than by take(), convert() and a join.
        """
        cdef char[_ROUTE_ROOM] room
        cdef char *at = room
        cdef char *end = room + _ROUTE_ROOM
        cdef _RouteVariable variable
        cdef PyObject *value
        cdef PyObject *converter
        cdef int kind

        for step in self.steps:
            if type(step) is str:
                at = _route_put(at, end, step)
            elif type(step) is _RouteVariable:
                variable = <_RouteVariable>step
                value = _find_any(values, variable.name)
                converter = _find_any(converters, variable.name)
                if value is NULL or converter is NULL:
                    return None
                kind = variable.kind_of(<object>converter)
                if kind == _ROUTE_QUOTES_TEXT and type(<object>value) is str:
                    at = _route_put_quoted(at, end, <object>value)
                elif kind == _ROUTE_SHOWS_NUMBER and type(<object>value) is int:
                    at = _route_put_number(at, end, <object>value)
                else:
                    return None
            else:
                return None
            if at is NULL:
                return None

        text = _route_new_ascii(at - room, 127)
        memcpy(PyUnicode_DATA(text), room, at - room)
        return text

    # The indices are those of the texts.
    @cython.boundscheck(False)
    @cython.wraparound(False)
    cdef list take(self, dict values):
        """Return the texts with the values in their places, or ``None`` if one is missing."""
        cdef list texts = self.texts[:]
        cdef _RouteVariable variable
        cdef PyObject *value
        for variable in self.variables:
            value = _find_any(values, variable.name)
            if value is NULL:
                return None
            texts[variable.index] = <object>value
        return texts

    @cython.boundscheck(False)
    @cython.wraparound(False)
    cdef int convert(self, dict converters, list texts) except -1:
        """Replace the values among the texts by the texts for them."""
        cdef _RouteVariable variable
        for variable in self.variables:
            texts[variable.index] = variable.text_of(
                converters[variable.name], texts[variable.index]
            )
        return 0


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
    # The rule's set of arguments and its size, if these are the variables of the path.
    cdef object _arguments
    cdef Py_ssize_t _count
    # How many attributes the rule had when none of them stood for a method.
    cdef Py_ssize_t _attributes

    def __init__(self, rule, trace, defaults) -> None:
        cdef _RouteVariable variable
        at = 0
        while trace[at][1] != "|":
            at += 1
        self._rule = rule
        self._defaults = dict(defaults or ())
        self._domain = _RoutePieces(rule, trace[:at], self._defaults)
        self._path = _RoutePieces(rule, trace[at + 1 :], self._defaults)
        self._needed = [
            variable.name for variable in [*self._domain.variables, *self._path.variables]
        ]
        self._known = frozenset([*self._needed, *map(str, self._defaults)])
        self._count = len(self._needed)
        if not self._needed:
            self._plain = self._domain.texts[0], self._path.texts[0]
        elif not self._domain.variables and type(rule.arguments) is set:
            if rule.arguments == set(self._needed):
                self._arguments = rule.arguments

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
        return self._build(given, None, append_unknown, None)

    cdef tuple _build(
        self, dict values, list path, bint append_unknown, dict attributes
    ):
        # All values that are needed are there, perhaps among the texts of the path already.
        cdef dict converters, extra = None
        cdef list texts
        cdef object query = None

        if len(values) > self._count or self._defaults:
            for name, value in values.items():
                if name not in self._known:
                    if not isinstance(name, str) or name == ".self":
                        return self._complain(values, append_unknown)
                    if extra is None:
                        extra = {}
                    extra[name] = value
            if extra is not None and append_unknown:
                query = _route_query(self._rule, extra) or None

        if self._plain is not None and query is None:
            return self._plain

        converters = _route_get(self._rule, attributes, "_converters")
        texts = self._domain.texts
        if self._domain.variables:
            texts = self._domain.take(values)
            self._domain.convert(converters, texts)
        domain = texts[0] if len(texts) == 1 else "".join(texts)

        if path is None:
            path = self._path.take(values)
        self._path.convert(converters, path)
        if query is not None:
            path.append("?")
            path.append(query)
        # A converter that returns no text is found out, unless there is nothing to join.
        if len(path) == 1 and not append_unknown:
            return domain, path[0]
        return domain, _route_join(path)

    cdef object _complain(self, dict values, bint append_unknown):
        # A call of the function that Werkzeug makes of the rule, which refuses its arguments.
        rule = _route_copy(self._rule)
        rule.defaults = self._defaults
        return _route_compile_builder(rule, append_unknown)(rule, **values)


cdef object _route_query(object rule, dict values):
    """Return the query for these values."""
    cdef list texts = []

    if (
        not _route_rule_bits(rule) & _ROUTE_ENCODE_QUERY_VARS
        or "_encode_query_vars" in _vars(rule)
        or rule.map.sort_parameters
    ):
        return rule._encode_query_vars(values)

    for name, value in values.items():
        if type(name) is not str or not (type(value) is str or type(value) is int):
            return rule._encode_query_vars(values)
        if texts:
            texts.append("&")
        texts.append(_route_quoted(<str>name, _ROUTE_IN_QUERY))
        texts.append("=")
        if type(value) is int:
            texts.append(_route_decimal(value))
        else:
            texts.append(_route_quoted(<str>value, _ROUTE_IN_QUERY))
    return _route_join(texts)


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
