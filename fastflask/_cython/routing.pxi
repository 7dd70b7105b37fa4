# Matching a path against prepared tables.
#
# A request brings a host name, a path, a method; out come the rule and the arguments for its view,
# or the reason why there are none. Adding a rule writes it into a tree with one level for each part
# between slashes. Literal parts are found by hash table, without making strings of the path's parts,
# which is as fast for a whole path as one look into a dictionary. Dynamic parts are tried by weight,
# then by the order in which their pattern was first added. The result is that of Werkzeug's state machine for every map and path, rules are read when
# a request is matched, and no request costs more for rules that have nothing in common with its
# path. The pure twin is ``_pure/routing.py``.

include "routing_segments.pxi"

from cpython.method cimport PyMethod_Check, PyMethod_GET_FUNCTION
from cpython.object cimport PyObject, PyTypeObject

import re as _route_re
from operator import methodcaller as _route_methodcaller

from werkzeug.exceptions import MethodNotAllowed as _RouteMethodNotAllowed
from werkzeug.exceptions import NotFound as _RouteNotFound
from werkzeug.routing import BaseConverter as _RouteConverter
from werkzeug.routing import IntegerConverter as _RouteInteger
from werkzeug.routing import MapAdapter as _RouteAdapter
from werkzeug.routing import NoMatch as _RouteNoMatch
from werkzeug.routing import RequestAliasRedirect as _RouteAlias
from werkzeug.routing import RequestPath as _RoutePath
from werkzeug.routing import Rule as _RouteRule
from werkzeug.routing import ValidationError as _RouteInvalid
from werkzeug.routing import WebsocketMismatch as _RouteMismatch

cdef extern from "Python.h":
    int Py_EnterRecursiveCall(const char *where) noexcept
    void Py_LeaveRecursiveCall() noexcept

cdef object _route_by_weight = _route_attrgetter("weight")
cdef object _route_slashes = _route_re.compile("/{2,}").sub
cdef object _route_build_order = _route_methodcaller("build_compare_key")
cdef object _route_get_default_redirect = _RouteAdapter.get_default_redirect
cdef object _route_provides_defaults_for = _RouteRule.provides_defaults_for
cdef object _route_text_to_python = _RouteConverter.to_python
cdef object _route_number_to_python = _RouteInteger.to_python
cdef type _route_integer = _RouteInteger


cdef enum _RouteResult:
    _ROUTE_MISSED
    _ROUTE_FOUND
    _ROUTE_SLASH
    _ROUTE_MERGED


cdef enum:
    # Values whose places in the path are noted.
    _ROUTE_SPANS = 16


@cython.final
@cython.trashcan(True)
cdef class _RouteNode:
    """A place in the tree: the rules that end here, and where the next part leads."""

    cdef _RouteTable literal
    # Where the path that ends with a slash here goes on.
    cdef _RouteNode slash
    cdef list edges
    # An index of the edges, where there are many.
    cdef _RouteChoices choices
    cdef list rules

    cdef _RouteNode literal_child(self, str text):
        """Return the node for a literal part, a new one if need be."""
        cdef _RouteText view = _route_text(text)
        cdef _RouteNode node = None
        if self.literal is None:
            self.literal = _RouteTable()
        else:
            node = self.literal.find(view, 0, view.size)
        if node is None:
            node = _RouteNode.__new__(_RouteNode)
            self.literal.add(text, node)
            if not view.size:
                self.slash = node
        return node


@cython.final
@cython.freelist(8)
cdef class _RouteSearch:
    """What a search looks for, and what it came by."""

    cdef str path
    cdef _RouteText text
    cdef object method
    cdef object websocket
    cdef object rule
    # Values of the variables, last one first: where they are in the path, or if there are many, or
    # some that were found by a pattern, the texts.
    cdef Py_ssize_t[_ROUTE_SPANS][2] spans
    cdef Py_ssize_t count
    cdef list values
    # Methods of the rules that fit but for the method, and whether one fits but for the protocol.
    cdef set methods
    cdef bint mismatch

    cdef int pick(self, list rules, bint lenient) except -1:
        """Take the first rule for this method and protocol, and note those that are for others.

        At a path with one slash too many, only lenient rules count.
        """
        cdef Py_ssize_t i = 0
        while i < len(rules):
            rule = rules[i]
            i += 1
            if lenient and rule.strict_slashes:
                continue
            methods = rule.methods
            if methods is not None and not _route_contains(methods, self.method):
                if self.methods is None:
                    self.methods = set()
                self.methods.update(methods)
            elif not _route_same(rule.websocket, self.websocket):
                self.mismatch = True
            else:
                self.rule = rule
                return _ROUTE_FOUND
        return _ROUTE_MISSED

    cdef int pick_branch(self, list rules) except -1:
        """Take the rule that fits but for the slash at its end, unless it insists on the slash."""
        cdef Py_ssize_t i = 0
        while i < len(rules):
            rule = rules[i]
            i += 1
            if _route_same(rule.websocket, self.websocket):
                methods = rule.methods
                if methods is None or _route_contains(methods, self.method):
                    if rule.strict_slashes:
                        return _ROUTE_SLASH
                    self.rule = rule
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

    cdef int follow(self, _RouteNode node, Py_ssize_t start, Py_ssize_t end) except -1:
        """Try the dynamic parts that can follow a node."""
        cdef list edges = node.edges
        cdef _RouteEdge edge
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
                result = self.follow_pattern(edge, PyUnicode_Substring(self.path, start, stop), stop)
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


cdef inline object _route_bare(object error_class, tuple arguments):
    """Return an exception that was not initialised."""
    return (<PyTypeObject *>error_class).tp_new(<type>error_class, <PyObject *>arguments, NULL)


cdef inline bint _route_contains(object methods, object method) except -1:
    if type(methods) is set:
        return method in <set>methods
    return method in methods


cdef inline bint _route_same(object left, object right) except -1:
    return left is right or not (left != right)


cdef class RouteMatcher:
    """Finds the rule for a path, in place of Werkzeug's ``StateMachineMatcher``.

    :param merge_slashes: whether a path that fits no rule is tried with its repeated slashes merged.

    .. versionadded:: 0.1
    """

    cdef public object merge_slashes
    cdef _RouteNode _root
    cdef dict _parts
    cdef list _unsettled

    def __init__(self, merge_slashes: bool) -> None:
        self.merge_slashes = merge_slashes
        self._root = _RouteNode.__new__(_RouteNode)
        self._parts = {}
        self._unsettled = []

    def add(self, rule) -> None:
        """Add a rule that is bound to a map. It is in its place after :meth:`update`."""
        cdef _RouteNode node = self._root
        cdef Py_ssize_t depth = 0

        for key in _route_take_parts(rule):
            if type(key) is tuple:
                node = self._edge(node, <tuple>key, depth == 0).node
            else:
                node = node.literal_child(<str?>key)
            depth += 1

        if node.rules is None:
            node.rules = []
        node.rules.append(rule)

    cdef _RouteEdge _edge(self, _RouteNode node, tuple key, bint domain):
        """Return the edge of a node for a dynamic part, a new one if need be."""
        cdef _RoutePart part = _dict_get(self._parts, (domain, key))
        cdef _RouteEdge edge
        if part is None:
            part = self._parts[domain, key] = _route_make_part(key, domain)

        if node.edges is None:
            node.edges = []
        elif node.choices is not None:
            edge = _dict_get(node.choices.edges, part)
            if edge is not None:
                return edge
        else:
            for edge in node.edges:
                if edge.part is part:
                    return edge

        if node.choices is None and len(node.edges) >= _ROUTE_MANY and not domain:
            node.choices = _RouteChoices.__new__(_RouteChoices)
            node.choices.edges = {}
            for edge in node.edges:
                node.choices.edges[edge.part] = edge

        edge = _RouteEdge.__new__(_RouteEdge)
        edge.part = part
        edge.node = _RouteNode.__new__(_RouteNode)
        if node.choices is not None:
            node.choices.edges[part] = edge
            node.choices.settled = False
        node.edges.append(edge)
        self._unsettled.append(node)
        return edge

    def update(self) -> None:
        """Put the dynamic parts in the order in which they are tried. Callers hold a lock."""
        cdef _RouteNode node
        cdef _RouteEdge edge
        cdef list edges
        cdef Py_ssize_t i
        cdef list unsettled = self._unsettled

        for node in unsettled:
            if node.choices is not None and node.choices.settled:
                continue
            edges = sorted(node.edges, key=_route_by_weight)
            for i, edge in enumerate(edges):
                edge.order = i
            node.edges = edges
            if node.choices is not None:
                node.choices.settle(edges)
        self._unsettled = []

    def match(self, domain, path, method, websocket):
        """Return the rule for a path, and the arguments for its view.

        :param domain: subdomain or host name.
        :param path: decoded path, starting with a slash unless it is empty.
        :param method: method in upper case.
        :param websocket: whether this is a websocket's handshake.

        Raises ``NoMatch``, or ``RequestPath`` or ``RequestAliasRedirect`` for a better address.
        """
        cdef _RouteSearch search = _route_new_search(_route_exact(path), method, websocket)
        cdef int result = self._search(search, _route_exact(domain))
        if result == _ROUTE_SLASH:
            raise _RoutePath(search.path + "/")
        if result == _ROUTE_MERGED:
            raise _RoutePath(search.path)
        if result == _ROUTE_MISSED:
            raise search.no_match()

        rule = search.rule
        try:
            arguments = _route_convert(search)
        except _RouteInvalid as error:
            raise search.no_match() from error

        if rule.alias and rule.map.redirect_defaults:
            raise _RouteAlias(arguments, rule.endpoint)

        return rule, arguments

    def match_plain(self, domain, path, method, websocket):
        """Return the rule for a path, and the arguments for its view, or ``None`` if the answer may
        be a redirect, so that the map's adapter has to give it.

        :param domain: subdomain or host name.
        :param path: decoded path, starting with a slash unless it is empty.
        :param method: method in upper case.
        :param websocket: whether this is a websocket's handshake.

        Raises ``NotFound``, ``MethodNotAllowed`` or ``WebsocketMismatch``, as the adapter does.
        """
        result = self._plain(_route_exact(domain), _route_exact(path), method, websocket)
        if result is not None and type(result) is not tuple:
            raise result
        return result

    cdef object _plain(self, str domain, str path, object method, object websocket):
        # For the cycle as well. An error is returned, as raising it would cost more than finding it.
        cdef _RouteSearch search = _route_new_search(path, method, websocket)
        cdef int result = self._search(search, domain)
        if result == _ROUTE_FOUND:
            rule = search.rule
            if _route_may_redirect(rule):
                return None
            try:
                return rule, _route_convert(search)
            except _RouteInvalid:
                pass
        elif result != _ROUTE_MISSED:
            return None

        if search.methods:
            return _RouteMethodNotAllowed(valid_methods=list(search.methods))
        if search.mismatch:
            return _RouteMismatch()
        # PERF: what its initialiser does, without calling it.
        missing = _route_bare(_RouteNotFound, ())
        missing.response = None
        return missing

    cdef int _search(self, _RouteSearch search, str domain) except -1:
        """Look for the rule, and leave it and the texts of its variables with the search."""
        cdef int result
        cdef str path = search.path

        result = search.start(self._root, domain)
        if result or not self.merge_slashes or "//" not in path:
            return result

        search.path = _route_slashes("/", path)
        search.text = _route_text(search.path)
        result = search.start(self._root, domain)
        if result == _ROUTE_FOUND:
            return _ROUTE_MISSED if search.rule.merge_slashes is False else _ROUTE_MERGED
        return result


cdef inline str _route_exact(object text):
    return <str>text if type(text) is str else PyUnicode_FromObject(text)


cdef inline _RouteSearch _route_new_search(str path, object method, object websocket):
    cdef _RouteSearch search = _RouteSearch.__new__(_RouteSearch)
    search.path = path
    search.text = _route_text(path)
    search.method = method
    search.websocket = websocket
    return search


cdef inline object _route_one_slash(object path):
    """Return a path with exactly one slash at its start."""
    cdef _RouteText view
    if type(path) is str:
        view = _route_text(<str>path)
        if (
            view.size
            and _route_read(view.kind, view.data, 0) == c"/"
            and (view.size == 1 or _route_read(view.kind, view.data, 1) != c"/")
        ):
            return path
    return "/" + path.lstrip("/")


cdef object _route_take_parts(object rule):
    """Return the parts of a rule: texts, and what identifies the dynamic ones."""
    take = getattr(rule, "_take_parts", None)
    taken = None if take is None else take()
    if taken is not None:
        return taken

    return [
        part.content
        if part.static
        else (
            part.content,
            part.final,
            part.suffixed,
            (
                part.weight.number_static_weights,
                tuple(part.weight.static_weights),
                part.weight.number_argument_weights,
                tuple(part.weight.argument_weights),
            ),
        )
        for part in rule._parts
    ]


cdef dict _route_convert(_RouteSearch search):
    """Return the arguments for the view, made by the rule's converters from the texts."""
    cdef dict arguments = {}
    cdef Py_ssize_t i = search.count
    rule = search.rule

    if i:
        for name, converter in (<dict?>rule._converters).items():
            if i == 0:
                break
            i -= 1
            arguments[name] = _route_to_python(search, converter, i)

    defaults = rule.defaults
    if defaults:
        arguments.update(defaults)

    return arguments


cdef object _route_to_python(_RouteSearch search, object converter, Py_ssize_t i):
    """Return a value, made by the converter's own method or, for stock ones, without it."""
    cdef bint spelt = search.values is not None
    cdef str text
    method = converter.to_python

    if PyMethod_Check(method):
        function = <object>PyMethod_GET_FUNCTION(method)
        if function is _route_number_to_python and type(converter) is _route_integer:
            if not spelt:
                return _route_integer_of(
                    converter, search.path, search.text, search.spans[i][0], search.spans[i][1]
                )
        elif function is _route_text_to_python:
            if spelt:
                return search.values[i]
            return PyUnicode_Substring(search.path, search.spans[i][0], search.spans[i][1])

    if spelt:
        return method(search.values[i])
    return method(PyUnicode_Substring(search.path, search.spans[i][0], search.spans[i][1]))


cdef object _route_integer_of(
    object converter, str path, _RouteText text, Py_ssize_t start, Py_ssize_t end
):
    cdef Py_ssize_t i
    cdef uint32_t character
    cdef long long number = 0

    digits = converter.fixed_digits
    if digits and end - start != digits:
        raise _RouteInvalid

    if end - start < 19:
        for i in range(start, end):
            character = _route_read(text.kind, text.data, i)
            if not (c"0" <= character <= c"9"):
                break
            number = number * 10 + <int>(character - c"0")
        else:
            return _route_within(converter, number)
    try:
        value = int(PyUnicode_Substring(path, start, end))
    except ValueError as error:
        raise _RouteInvalid from error
    return _route_within(converter, value)


cdef object _route_within(object converter, object value):
    least = converter.min
    most = converter.max
    if (least is not None and value < least) or (most is not None and value > most):
        raise _RouteInvalid
    return value


cdef bint _route_may_redirect(object rule) except -1:
    """Whether a request for this rule may be sent to another address."""
    if rule.redirect_to is not None:
        return True

    url_map = rule.map
    if url_map.redirect_defaults:
        if rule.alias:
            return True

        rules = (<dict?>url_map._rules_by_endpoint).get(rule.endpoint)
        if rules is None:  # the endpoint was changed: the adapter complains
            return True

        for other in rules:
            # Those in front of the rule are the ones whose defaults win.
            if other is rule:
                break
            if other.defaults:
                return True
            if (
                _PyType_Lookup(type(other), "provides_defaults_for")
                != <PyObject *>_route_provides_defaults_for
            ):
                return True

    return False


def update_map(self) -> None:
    """Bring what was prepared up to date with the rules. Matching and building do so first."""
    if not self._remap:
        return

    with self._remap_lock:
        if self._remap:
            self._matcher.update()
            for rules in self._rules_by_endpoint.values():
                if len(rules) > 1:
                    rules.sort(key=_route_build_order)
            self._remap = False


cdef object _route_update_map = update_map


cdef inline int _route_update(object url_map) except -1:
    if _PyType_Lookup(type(url_map), "update") != <PyObject *>_route_update_map or url_map._remap:
        url_map.update()
    return 0


def match_url(
    self, path_info=None, method=None, return_rule=False, query_args=None, websocket=None
):
    """Return the endpoint for a path, and the arguments for its view.

    :param path_info: decoded path; that of the request if not given.
    :param method: HTTP method; that of the request if not given.
    :param return_rule: return the rule in place of its endpoint.
    :param query_args: query to keep in a redirect; that of the request if not given.
    :param websocket: whether to match rules for websockets; told by the scheme if not given.

    Raises ``NotFound``, ``MethodNotAllowed``, ``WebsocketMismatch`` or ``RequestRedirect``.
    """
    url_map = self.map
    _route_update(url_map)
    matcher = url_map._matcher

    if (
        isinstance(matcher, RouteMatcher)
        and _PyType_Lookup(type(self), "get_default_redirect")
        == <PyObject *>_route_get_default_redirect
    ):
        domain = self.server_name
        if not url_map.host_matching and self.subdomain is not None:
            domain = self.subdomain

        path = self.path_info if path_info is None else path_info
        path = _route_one_slash(path) if path else ""

        found = (<RouteMatcher>matcher)._plain(
            _route_exact(domain),
            _route_exact(path),
            (method or self.default_method).upper(),
            self.websocket if websocket is None else websocket,
        )
        if type(found) is tuple:
            return found if return_rule else ((<tuple>found)[0].endpoint, (<tuple>found)[1])
        if found is not None:
            raise found

    return _RouteAdapter.match(self, path_info, method, return_rule, query_args, websocket)


include "routing_urls.pxi"
