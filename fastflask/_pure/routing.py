"""Matching a path against prepared tables.

A request brings a host name, a path, a method; out come the rule and the arguments for its view,
or the reason why there are none. Adding a rule writes it into a tree with one level for each part
between slashes, and paths without a variable into one dictionary besides. Literal parts are found
by dictionary, dynamic ones are tried by weight, then by the order in which their pattern was first
added. The result is that of Werkzeug's state machine for every map and path, rules are read when a
request is matched, and no request costs more for rules that have nothing in common with its path.
``routing_search.py`` has the way through the tree. The compiled twin is ``_cython/routing.pxi``.
"""

from __future__ import annotations

import operator
import re
import typing as t

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import (
    MapAdapter,
    NoMatch,
    RequestAliasRedirect,
    RequestPath,
    Rule,
    ValidationError,
    WebsocketMismatch,
)

from .routing_search import Edge, Found, Missed, Node, convert, walk, yields
from .routing_segments import Choices, Part, PartKey, make_part

#: What :meth:`RouteMatcher.match_plain` returns or raises.
Answer = tuple[Rule, dict[str, t.Any]] | HTTPException | None

_slashes = re.compile("/{2,}")
_build_order = operator.methodcaller("build_compare_key")
# No lambda: CPython 3.12 and 3.13 crash where there was no memory for the function of one.
_by_weight = operator.attrgetter("part.weight")
_get_default_redirect = MapAdapter.get_default_redirect


class RouteMatcher:
    """Finds the rule for a path, in place of Werkzeug's ``StateMachineMatcher``.

    :param merge_slashes: whether a path that fits no rule is tried again with repeated slashes
        merged.

    .. versionadded:: 0.1
    """

    __slots__ = ("merge_slashes", "_root", "_whole", "_heads", "_parts", "_unsettled")

    def __init__(self, merge_slashes: bool) -> None:
        self.merge_slashes = merge_slashes
        self._root = Node()
        #: Domain, then path, of the rules without a variable.
        self._whole: dict[str, dict[str, Node]] = {}
        #: Domain, then path up to its last slash, of the places that literal parts alone lead to,
        #: and that a variable follows.
        self._heads: dict[str, dict[str, Node]] = {}
        self._parts: dict[tuple[bool, PartKey], Part] = {}
        self._unsettled: dict[int, Node] = {}

    def add(self, rule: Rule) -> None:
        """Add a rule that is bound to a map. It is in its place after :meth:`update`."""
        node = self._root
        literal: list[str] | None = []

        for depth, key in enumerate(_take_parts(rule)):
            if isinstance(key, str):
                if literal is not None:
                    literal.append(key)
                found = node.literal.get(key)
                if found is None:
                    found = node.literal[key] = Node()
                node = found
            else:
                if literal is not None and len(literal) > 1:
                    self._heads.setdefault(literal[0], {})["/".join(literal[1:])] = node
                literal = None
                node = self._edge(node, (depth == 0, key)).node

        node.rules.append(rule)
        if literal:
            self._whole.setdefault(literal[0], {})["/".join(literal[1:])] = node

    def _edge(self, node: Node, key: tuple[bool, PartKey]) -> Edge:
        """Return the edge of a node for a dynamic part, a new one if need be."""
        part = self._parts.get(key)
        if part is None:
            part = self._parts[key] = make_part(key[1], key[0])

        if node.choices is not None:
            known = node.choices.edges.get(part)
            if known is not None:
                return t.cast(Edge, known)
        else:
            for edge in node.edges:
                if edge.part is part:
                    return edge

        edge = Edge(part)
        if node.choices is not None:
            node.choices.edges[part] = edge
            node.choices.settled = False
        elif len(node.edges) >= Choices.MANY:
            node.choices = Choices({other.part: other for other in (*node.edges, edge)})
        node.edges.append(edge)
        self._unsettled[id(node)] = node
        return edge

    def update(self) -> None:
        """Put the dynamic parts in the order in which they are tried. Callers hold a lock."""
        for node in self._unsettled.values():
            edges = sorted(node.edges, key=_by_weight)
            for order, edge in enumerate(edges):
                edge.order = order
            node.edges = edges
            if node.choices is not None:
                node.choices.settle(edges)
        self._unsettled = {}

    def match(
        self, domain: str, path: str, method: str, websocket: bool
    ) -> tuple[Rule, t.MutableMapping[str, t.Any]]:
        """Return the rule for a path, and the arguments for its view.

        :param domain: subdomain or host name.
        :param path: decoded path, starting with a slash unless it is empty.
        :param method: method in upper case.
        :param websocket: whether this is a websocket's handshake.

        Raises ``NoMatch``, or ``RequestPath`` or ``RequestAliasRedirect`` for a better address.
        """
        missed = Missed()
        found = self._search(domain, path, method, websocket, missed)
        if missed.path is not None:
            raise RequestPath(missed.path)
        if found is None:
            raise NoMatch(set(missed.methods), missed.websocket)

        rule, values = found
        try:
            arguments = convert(rule, values)
        except ValidationError as error:
            raise NoMatch(set(missed.methods), missed.websocket) from error

        if rule.alias and rule.map.redirect_defaults:
            raise RequestAliasRedirect(arguments, rule.endpoint)

        return rule, arguments

    def match_plain(
        self, domain: str, path: str, method: str, websocket: bool
    ) -> tuple[Rule, dict[str, t.Any]] | None:
        """Return the rule for a path, and the arguments for its view, or ``None`` if the answer may
        be a redirect, so that the map's adapter has to give it.

        :param domain: subdomain or host name.
        :param path: decoded path, starting with a slash unless it is empty.
        :param method: method in upper case.
        :param websocket: whether this is a websocket's handshake.

        Raises ``NotFound``, ``MethodNotAllowed`` or ``WebsocketMismatch``, as the adapter does.
        """
        answer = self._answer(domain, path, method, websocket)
        if not isinstance(answer, HTTPException):
            return answer
        try:
            raise answer
        finally:
            # Its traceback refers to this frame.
            del answer

    def _answer(self, domain: str, path: str, method: str, websocket: bool) -> Answer:
        """Return what :meth:`match_plain` returns, or the error that it raises."""
        found = self._shortcut(domain, path, method, websocket)
        missed: t.Any = None
        if found is None:
            missed = Missed()
            found = self._search(domain, path, method, websocket, missed)
            if missed.path is not None:
                return None

        if found is not None:
            rule, values = found
            if rule.redirect_to is not None or (rule.map.redirect_defaults and yields(rule)):
                return None
            if not values and not rule.defaults:
                return rule, {}
            try:
                return rule, convert(rule, values)
            except ValidationError:
                # For what a search comes by on its way, which may have been cut short.
                missed = missed or Missed()
                self._search(domain, path, method, websocket, missed)

        if missed.methods:
            return MethodNotAllowed(valid_methods=list(missed.methods))
        return WebsocketMismatch() if missed.websocket else NotFound()

    def _shortcut(self, domain: str, path: str, method: str, websocket: bool) -> Found | None:
        """Return the rule for a path that is literal throughout, or but for its last part.

        Nothing else is tried before these. If there is none, all have to be searched.
        """
        values: t.Any = ()
        paths = self._whole.get(domain)
        node = None if paths is None else paths.get(path)

        if node is None:
            heads = self._heads.get(domain)
            head, _, text = path.rpartition("/")
            before = None if heads is None else heads.get(head)
            if before is None or not text or text in before.literal:
                return None
            choices, edges = before.choices, before.edges
            if choices is not None and choices.settled:
                edges = choices.candidates([text], 0)
            for edge in edges:
                if edge.part.suffixed:
                    return None
                values = edge.part.scan(text)
                if values is not None:
                    node = edge.node
                    break
            else:
                return None

        for rule in node.rules:
            methods = rule.methods
            if (methods is None or method in methods) and rule.websocket == websocket:
                return rule, values
        return None

    def _search(
        self, domain: str, path: str, method: str, websocket: bool, missed: Missed
    ) -> Found | None:
        """Return the rule and the texts of its variables, if there is one for this very path."""
        found = walk(self._root, [domain, *path.split("/")], method, websocket, missed)
        if found is None and not missed.slash and self.merge_slashes and "//" in path:
            path = _slashes.sub("/", path)
            found = walk(self._root, [domain, *path.split("/")], method, websocket, missed)
            if found is not None and found[0].merge_slashes is not False:
                missed.path = path
                return None
            found = None

        if missed.slash:
            missed.path = f"{path}/"
        return found


def _take_parts(rule: Rule) -> t.Iterable[str | PartKey]:
    """Return the parts of a rule: texts, and what identifies the dynamic ones."""
    take = getattr(rule, "_take_parts", None)
    taken: t.Iterable[str | PartKey] | None = take() if take is not None else None

    return taken or [
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


class MapBase:
    """A dict for the attributes of a map: the base of :class:`~fastflask.routing.Map`."""


def update_map(self: t.Any) -> None:
    """Bring what was prepared up to date with the rules. Matching and building do so first."""
    if not self._remap:
        return

    with self._remap_lock:
        if self._remap:
            self._matcher.update()
            for rules in self._rules_by_endpoint.values():
                if len(rules) > 1:
                    rules.sort(key=_build_order)
            self._remap = False


def match_url(
    self: t.Any,
    path_info: str | None = None,
    method: str | None = None,
    return_rule: bool = False,
    query_args: t.Mapping[str, t.Any] | str | None = None,
    websocket: bool | None = None,
) -> tuple[t.Any, t.Mapping[str, t.Any]]:
    """Return the endpoint for a path, and the arguments for its view.

    :param path_info: decoded path; that of the request if not given.
    :param method: HTTP method; that of the request if not given.
    :param return_rule: return the rule in place of its endpoint.
    :param query_args: query to keep in a redirect; that of the request if not given.
    :param websocket: whether to match rules for websockets; told by the scheme if not given.

    Raises ``NotFound``, ``MethodNotAllowed``, ``WebsocketMismatch`` or ``RequestRedirect``.
    """
    url_map = self.map
    url_map.update()
    matcher = url_map._matcher

    if (
        isinstance(matcher, RouteMatcher)
        and type(self).get_default_redirect is _get_default_redirect
    ):
        domain = self.server_name
        if not url_map.host_matching and self.subdomain is not None:
            domain = self.subdomain

        path = self.path_info if path_info is None else path_info
        path = "/" + path.lstrip("/") if path else ""

        found = matcher.match_plain(
            domain,
            path,
            (method or self.default_method).upper(),
            self.websocket if websocket is None else websocket,
        )
        if found is not None:
            return found if return_rule else (found[0].endpoint, found[1])

    return MapAdapter.match(self, path_info, method, return_rule, query_args, websocket)  # type: ignore[call-overload, no-any-return]
