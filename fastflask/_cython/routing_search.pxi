# One search for a rule: a walk along a path, and what it leaves behind.
#
# Part of routing.pxi; the pure twin is in ``_pure/routing.py``.

cdef extern from "Python.h":
    int Py_EnterRecursiveCall(const char *where) noexcept
    void Py_LeaveRecursiveCall() noexcept


cdef enum _RouteResult:
    _ROUTE_MISSED
    _ROUTE_FOUND
    _ROUTE_SLASH
    _ROUTE_MERGED


cdef enum:
    # Values whose places in the path are noted.
    _ROUTE_SPANS = 16


@cython.final
@cython.freelist(8)
cdef class _RouteSearch:
    """What a search looks for, and what it came by."""

    cdef str path
    cdef _RouteText text
    cdef object method
    cdef object websocket
    cdef object rule
    cdef dict attributes
    # Values of the variables, last one first: where they are in the path, or if there are many, or
    # some that were found by a pattern, the texts.
    cdef Py_ssize_t[_ROUTE_SPANS][2] spans
    cdef Py_ssize_t count
    cdef list values
    # Methods of the rules that fit but for the method, and whether one fits but for the protocol.
    cdef set methods
    cdef bint mismatch
    # What it comes to: the arguments for the view, or an error.
    cdef dict arguments
    cdef object error

    # The indices are those of the list.
    @cython.boundscheck(False)
    @cython.wraparound(False)
    cdef int pick(self, list rules, bint lenient) except -1:
        """Take the first rule for this method and protocol, and note those that are for others.

        At a path with one slash too many, only lenient rules count.
        """
        cdef Py_ssize_t i = 0
        while i < len(rules):
            rule = rules[i]
            i += 1
            attributes = _route_vars(rule, _route_rule_bits(rule))
            if lenient and _route_get(rule, attributes, "strict_slashes"):
                continue
            methods = _route_get(rule, attributes, "methods")
            if methods is not None and not _route_contains(methods, self.method):
                if self.methods is None:
                    self.methods = set()
                self.methods.update(methods)
            elif not _route_same(_route_get(rule, attributes, "websocket"), self.websocket):
                self.mismatch = True
            else:
                self.rule = rule
                self.attributes = attributes
                return _ROUTE_FOUND
        return _ROUTE_MISSED

    cdef int pick_branch(self, list rules) except -1:
        """Take the rule that fits but for the slash at its end, unless it insists on the slash."""
        cdef Py_ssize_t i = 0
        while i < len(rules):
            rule = rules[i]
            i += 1
            attributes = _route_vars(rule, _route_rule_bits(rule))
            if _route_same(_route_get(rule, attributes, "websocket"), self.websocket):
                methods = _route_get(rule, attributes, "methods")
                if methods is None or _route_contains(methods, self.method):
                    if _route_get(rule, attributes, "strict_slashes"):
                        return _ROUTE_SLASH
                    self.rule = rule
                    self.attributes = attributes
                    return _ROUTE_FOUND
        return _ROUTE_MISSED

    cdef int walk(self, _RouteNode node, Py_ssize_t start) except -1:
        """Follow the tree from a node along the path, from the part that begins at *start*."""
        cdef _RouteText text = self.text
        cdef _RouteNode child
        cdef Py_ssize_t end
        cdef int result

        while True:
            if start > text.size:
                # The end of the path, and nothing to go back to but what led here.
                if node.rules is not None:
                    if self.pick(node.rules, False):
                        return _ROUTE_FOUND
                if node.slash is not None and node.slash.rules is not None:
                    return self.pick_branch(node.slash.rules)
                return _ROUTE_MISSED

            end = _route_find(text, start, text.size, c"/")
            if end < 0:
                end = text.size

            child = None
            if node.literal is not None:
                child = node.literal.find(text, start, end)
            if node.edges is None and start != text.size:
                if child is None:
                    return _ROUTE_MISSED
                node = child
                start = end + 1
                continue
            break

        if child is not None:
            result = self.descend(child, end + 1)
            if result:
                return result
        if node.edges is not None:
            result = self.follow(node, start, end)
            if result:
                return result
        if start == text.size and node.rules is not None:
            return self.pick(node.rules, True)
        return _ROUTE_MISSED

    cdef int descend(self, _RouteNode node, Py_ssize_t start) except -1:
        cdef int result
        if Py_EnterRecursiveCall(b" while matching a path"):
            return -1  # with the error set
        try:
            result = self.walk(node, start)
        finally:
            Py_LeaveRecursiveCall()
        return result

    # The indices are those of the list.
    @cython.boundscheck(False)
    @cython.wraparound(False)
    cdef int follow(self, _RouteNode node, Py_ssize_t start, Py_ssize_t end) except -1:
        """Try the dynamic parts that can follow a node."""
        cdef list edges = node.edges
        cdef _RouteEdge edge
        cdef str text
        cdef Py_ssize_t span[2]
        cdef Py_ssize_t i = 0
        cdef Py_ssize_t stop
        cdef int result

        if node.choices is not None and node.choices.settled:
            edges = node.choices.candidates(self.path, start, end)

        while i < len(edges):
            edge = <_RouteEdge>edges[i]
            i += 1
            stop = self.text.size if edge.part.final else end
            if edge.part.kind == _ROUTE_PATTERN:
                text = PyUnicode_Substring(self.path, start, stop)
                result = self.follow_pattern(edge, text, stop)
            elif edge.part.scan(self.path, self.text, start, stop, span):
                stop += 1
                if edge.part.suffixed and stop > start + 1:
                    if _route_read(self.text.kind, self.text.data, stop - 2) == c"/":
                        stop -= 1  # the slash is left over for the next level
                result = self.descend(edge.node, stop)
                if result == _ROUTE_FOUND:
                    self.keep(span[0], span[1])
            else:
                continue
            if result:
                return result
        return _ROUTE_MISSED

    cdef int follow_pattern(self, _RouteEdge edge, str text, Py_ssize_t stop) except -1:
        cdef Py_ssize_t i
        cdef int result
        match = edge.part.search(text)
        if match is None:
            return _ROUTE_MISSED
        stop += 1
        if edge.part.suffixed and match.groups()[-1] == "/":
            stop -= 1
        result = self.descend(edge.node, stop)
        if result == _ROUTE_FOUND:
            self.spell_out()
            self.count += len(edge.part.groups)
            for i in range(len(edge.part.groups) - 1, -1, -1):
                self.values.append(match.group(edge.part.groups[i]))
        return result

    # The indices are those of the list.
    @cython.boundscheck(False)
    @cython.wraparound(False)
    cdef int start(self, _RouteNode root, str domain) except -1:
        """Find the part of the tree for a host name, and go on with the path from there."""
        cdef _RouteText view = _route_text(domain)
        cdef _RouteNode child = None
        cdef _RouteEdge edge
        cdef Py_ssize_t i = 0
        cdef int result

        if root.literal is not None:
            child = root.literal.find(view, 0, view.size)
        if child is not None:
            result = self.descend(child, 0)
            if result:
                return result
        if root.edges is not None:
            while i < len(root.edges):
                edge = <_RouteEdge>root.edges[i]
                i += 1
                if edge.part.final:
                    result = self.follow_pattern(edge, f"{domain}/{self.path}", self.text.size)
                else:
                    result = self.follow_pattern(edge, domain, -1)
                if result:
                    return result
        return _ROUTE_MISSED

    cdef int keep(self, Py_ssize_t start, Py_ssize_t end) except -1:
        """Note where a value is."""
        if self.values is not None:
            self.values.append(PyUnicode_Substring(self.path, start, end))
        elif self.count < _ROUTE_SPANS:
            self.spans[self.count][0] = start
            self.spans[self.count][1] = end
        else:
            self.spell_out()
            self.values.append(PyUnicode_Substring(self.path, start, end))
        self.count += 1
        return 0

    cdef int spell_out(self) except -1:
        cdef Py_ssize_t i
        if self.values is None:
            self.values = []
            for i in range(self.count):
                self.values.append(
                    PyUnicode_Substring(self.path, self.spans[i][0], self.spans[i][1])
                )
        return 0

    cdef object no_match(self):
        # PERF: what its initialiser does, without calling it.
        methods = set() if self.methods is None else self.methods
        error = _route_bare(_RouteNoMatch, (methods, self.mismatch))
        error.have_match_for = methods
        error.websocket_mismatch = self.mismatch
        return error


cdef dict _route_convert(_RouteSearch search):
    """Return the arguments for the view, made by the rule's converters from the texts."""
    cdef dict arguments = {}
    cdef Py_ssize_t i = search.count
    cdef dict converters

    if i:
        converters = <dict?>_route_get(search.rule, search.attributes, "_converters")
        for name, converter in converters.items():
            if i == 0:
                break
            i -= 1
            arguments[name] = _route_to_python(search, converter, i)

    defaults = _route_get(search.rule, search.attributes, "defaults")
    if defaults:
        arguments.update(defaults)

    return arguments


cdef object _route_to_python(_RouteSearch search, object converter, Py_ssize_t i):
    """Return a value, made by the converter's own method or, for stock ones, without it."""
    cdef bint spelt = search.values is not None
    cdef PyObject *method = _PyType_Lookup(type(converter), "to_python")
    cdef dict attributes

    if method == <PyObject *>_route_text_to_python:
        attributes = _vars(converter)
        if "to_python" not in attributes:
            if spelt:
                return search.values[i]
            return PyUnicode_Substring(search.path, search.spans[i][0], search.spans[i][1])

    elif type(converter) is _route_integer and not spelt:
        attributes = _vars(converter)
        if method == <PyObject *>_route_number_to_python and "to_python" not in attributes:
            return _route_integer_of(
                converter, attributes, search.path, search.text,
                search.spans[i][0], search.spans[i][1],
            )

    if spelt:
        return converter.to_python(search.values[i])
    return converter.to_python(
        PyUnicode_Substring(search.path, search.spans[i][0], search.spans[i][1])
    )


cdef object _route_integer_of(
    object converter, dict attributes, str path, _RouteText text, Py_ssize_t start, Py_ssize_t end
):
    cdef Py_ssize_t i
    cdef uint32_t character
    cdef long long number = 0

    digits = _route_get(converter, attributes, "fixed_digits")
    if digits and end - start != digits:
        raise _RouteInvalid

    value = None
    if end - start < 19:
        for i in range(start, end):
            character = _route_read(text.kind, text.data, i)
            if not (c"0" <= character <= c"9"):
                break
            number = number * 10 + <int>(character - c"0")
        else:
            value = number
    if value is None:
        try:
            value = int(PyUnicode_Substring(path, start, end))
        except ValueError as error:
            raise _RouteInvalid from error

    least = _route_get(converter, attributes, "min")
    most = _route_get(converter, attributes, "max")
    if (least is not None and value < least) or (most is not None and value > most):
        raise _RouteInvalid
    return value


cdef bint _route_may_redirect(object rule, dict attributes) except -1:
    """Whether a request for a rule with these attributes may be sent to another address."""
    cdef dict map_attributes

    if _route_get(rule, attributes, "redirect_to") is not None:
        return True

    url_map = _route_get(rule, attributes, "map")
    map_attributes = _route_vars(url_map, _route_map_bits(url_map))
    if _route_get(url_map, map_attributes, "redirect_defaults"):
        if _route_get(rule, attributes, "alias"):
            return True

        rules = _dict_get(
            <dict?>_route_get(url_map, map_attributes, "_rules_by_endpoint"),
            _route_get(rule, attributes, "endpoint"),
        )
        if rules is None:  # the endpoint was changed: the adapter complains
            return True

        for other in rules:
            # Those in front of the rule are the ones whose defaults win.
            if other is rule:
                break
            if not _route_rule_bits(other) & _ROUTE_PROVIDES_DEFAULTS_FOR or other.defaults:
                return True

    return False
