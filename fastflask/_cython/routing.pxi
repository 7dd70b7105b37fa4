# Matching a path against prepared tables.
#
# A request brings a host name, a path, a method; out come the rule and the arguments for its view,
# or the reason why there are none. Adding a rule writes it into a tree with one level for each part
# between slashes. Literal parts are found by hash table, without making strings of the parts of the
# path, which is as fast for a whole path as one look into a dictionary. Dynamic parts are tried by
# weight, then by the order in which their pattern was first added. The result is that of Werkzeug's
# state machine for every map and path, rules are read when a request is matched, and no request
# costs more for rules that have nothing in common with its path. The pure twin is
# ``_pure/routing.py``.

from cpython.object cimport PyObject, PyTypeObject

import re as _route_re
from operator import attrgetter as _route_attrgetter, methodcaller as _route_methodcaller

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

cdef object _route_by_weight = _route_attrgetter("weight")
cdef object _route_slashes = _route_re.compile("/{2,}").sub
cdef object _route_build_order = _route_methodcaller("build_compare_key")
cdef object _route_text_to_python = _RouteConverter.to_python
cdef object _route_number_to_python = _RouteInteger.to_python
cdef type _route_integer = _RouteInteger


cdef inline object _route_bare(object error_class, tuple arguments):
    """Return an exception that was not initialised."""
    return (<PyTypeObject *>error_class).tp_new(<type>error_class, <PyObject *>arguments, NULL)


cdef inline bint _route_contains(object methods, object method) except -1:
    if type(methods) is set:
        return method in <set>methods
    return method in methods


cdef inline bint _route_same(object left, object right) except -1:
    return left is right or not (left != right)


include "routing_fields.pxi"
include "routing_segments.pxi"
include "routing_tree.pxi"
include "routing_search.pxi"


cdef class RouteMatcher:
    """Finds the rule for a path, in place of Werkzeug's ``StateMachineMatcher``.

    :param merge_slashes: whether a path that fits no rule is tried again with repeated slashes
        merged.

    .. versionadded:: 0.1
    """

    cdef public object merge_slashes
    cdef _RouteNode _root
    # Domain, then path, of the rules without a variable.
    cdef dict _whole
    cdef dict _parts
    cdef list _unsettled

    def __init__(self, merge_slashes: bool) -> None:
        self.merge_slashes = merge_slashes
        self._root = _RouteNode.__new__(_RouteNode)
        self._whole = {}
        self._parts = {}
        self._unsettled = []

    def add(self, rule) -> None:
        """Add a rule that is bound to a map. It is in its place after :meth:`update`."""
        cdef _RouteNode node = self._root
        cdef list literal = []
        cdef Py_ssize_t depth = 0

        for key in _route_take_parts(rule):
            if type(key) is tuple:
                node = self._edge(node, <tuple>key, depth == 0).node
                literal = None
            else:
                node = node.literal_child(<str?>key)
                if literal is not None:
                    literal.append(key)
            depth += 1

        if node.rules is None:
            node.rules = []
        node.rules.append(rule)
        if literal:
            self._whole.setdefault(literal[0], {})["/".join(literal[1:])] = node

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

        if _route_get(rule, search.attributes, "alias") and rule.map.redirect_defaults:
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
        result = self._plain(_route_exact(domain), _route_exact(path), method, websocket, True)
        if result is not None and type(result) is not tuple:
            raise result
        return result

    cdef object _plain(
        self, str domain, str path, object method, object websocket, bint return_rule
    ):
        # An error is returned, as raising it costs more than finding it.
        cdef _RouteSearch search = _route_new_search(path, method, websocket)
        cdef int result = self._settle(search, domain)
        if result == _ROUTE_FOUND:
            if return_rule:
                return search.rule, search.arguments
            return _route_get(search.rule, search.attributes, "endpoint"), search.arguments
        return search.error

    # For the cycle as well.
    cdef int _settle(self, _RouteSearch search, str domain) except -1:
        """Look for the rule, and leave it and the arguments with the search, or else the error.

        If the answer may be a redirect, there is neither.
        """
        cdef int result = self._search(search, domain)
        if result == _ROUTE_FOUND:
            if _route_may_redirect(search.rule, search.attributes):
                return _ROUTE_SLASH
            try:
                search.arguments = _route_convert(search)
                return _ROUTE_FOUND
            except _RouteInvalid:
                pass
        elif result != _ROUTE_MISSED:
            return result

        if search.methods:
            search.error = _RouteMethodNotAllowed(valid_methods=list(search.methods))
        elif search.mismatch:
            search.error = _RouteMismatch()
        else:
            # PERF: what its initialiser does, without calling it.
            search.error = _route_bare(_RouteNotFound, ())
            search.error.response = None
        return _ROUTE_MISSED

    cdef int _search(self, _RouteSearch search, str domain) except -1:
        """Look for the rule, and leave it and the texts of its variables with the search."""
        cdef _RouteNode node
        cdef int result
        cdef str path = search.path

        # PERF: nothing is tried before a path that is literal throughout, and to look it up takes
        # a quarter of the walk to it.
        paths = _dict_get(self._whole, domain)
        if paths is not None:
            node = _dict_get(<dict>paths, path)
            if node is not None and search.pick(node.rules, False):
                return _ROUTE_FOUND

        result = search.start(self._root, domain)
        if result or not self.merge_slashes or "//" not in path:
            return result

        search.path = _route_slashes("/", path)
        search.text = _route_text(search.path)
        result = search.start(self._root, domain)
        if result == _ROUTE_FOUND:
            return _ROUTE_MISSED if search.rule.merge_slashes is False else _ROUTE_MERGED
        return result


cdef inline object _route_upper(object method):
    return method if _is_upper(method) else method.upper()


cdef inline str _route_exact(object text):
    return <str>text if type(text) is str else PyUnicode_FromObject(text)


# PERF: one that was let go of is used again, as to fill a new one with zeroes and to take it back
# takes 2 % of the time of a request.
cdef _RouteSearch _route_spare = None


cdef inline _RouteSearch _route_new_search(str path, object method, object websocket):
    global _route_spare
    cdef _RouteSearch search = _route_spare
    if search is None:
        search = _RouteSearch.__new__(_RouteSearch)
    else:
        _route_spare = None
    search.path = path
    search.text = _route_text(path)
    search.method = method
    search.websocket = websocket
    return search


cdef inline int _route_let_go_of(_RouteSearch search) except -1:
    """Empty a search and keep it for the next one."""
    global _route_spare
    search.path = search.method = search.websocket = None
    search.rule = search.attributes = search.arguments = search.error = None
    search.values = search.methods = None
    search.mismatch = False
    search.count = 0
    _route_spare = search
    return 0


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


cdef class MapBase:
    """A dict for the attributes of a map: the base of :class:`~fastflask.routing.Map`."""

    # A dict of its own tells of its changes. From CPython 3.13 on, attributes of a Python class
    # are set in the instance unnoticed.
    cdef dict __dict__
    cdef object __weakref__


_keep_dict_3(MapBase)
_set_type_attribute(MapBase, "__dict__", _plain_dict)


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


cdef inline int _route_update(object url_map, dict attributes, unsigned int bits) except -1:
    if not bits & _ROUTE_UPDATE or _route_get(url_map, attributes, "_remap"):
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
    cdef unsigned int bits = _route_adapter_bits(self)
    cdef dict attributes = _route_vars(self, bits)
    url_map = _route_get(self, attributes, "map")
    cdef unsigned int map_bits = _route_map_bits(url_map)
    cdef dict map_attributes = _route_vars(url_map, map_bits)
    _route_update(url_map, map_attributes, map_bits)
    matcher = _route_get(url_map, map_attributes, "_matcher")

    if isinstance(matcher, RouteMatcher) and bits & _ROUTE_GET_DEFAULT_REDIRECT:
        domain = None
        if not _route_get(url_map, map_attributes, "host_matching"):
            domain = _route_get(self, attributes, "subdomain")
        if domain is None:
            domain = _route_get(self, attributes, "server_name")

        path = _route_get(self, attributes, "path_info") if path_info is None else path_info
        path = _route_one_slash(path) if path else ""

        found = (<RouteMatcher>matcher)._plain(
            _route_exact(domain),
            _route_exact(path),
            _route_upper(method or _route_get(self, attributes, "default_method")),
            _route_get(self, attributes, "websocket") if websocket is None else websocket,
            bool(return_rule),
        )
        if type(found) is tuple:
            return found
        if found is not None:
            raise found

    return _RouteAdapter.match(self, path_info, method, return_rule, query_args, websocket)


include "routing_urls.pxi"
