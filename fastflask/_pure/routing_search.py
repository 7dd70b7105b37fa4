"""Following the tree of rules along a path: the search behind ``RouteMatcher``, in ``routing.py``.

The compiled twin is ``_cython/routing_search.pxi``.
"""

from __future__ import annotations

import typing as t

from werkzeug.routing import Rule

from .routing_segments import Choices, Part

#: A rule and the texts of its variables.
Found = tuple[t.Any, tuple[t.Any, ...]]

_provides_defaults_for = Rule.provides_defaults_for


class Node:
    """A place in the tree: the rules that end here, and where the next part leads."""

    __slots__ = ("literal", "edges", "choices", "rules")

    def __init__(self) -> None:
        self.literal: dict[str, Node] = {}
        self.edges: list[Edge] = []
        #: An index of the edges, where there are many.
        self.choices: Choices | None = None
        self.rules: list[Rule] = []


class Edge:
    """A dynamic part that leads from one place to another."""

    __slots__ = ("part", "node", "order")

    def __init__(self, part: Part) -> None:
        self.part = part
        self.node = Node()
        self.order = 0


class Missed:
    """What a search came by: rules that fit but for method or protocol, and a better address."""

    # PERF: most searches come by nothing, and so set nothing.
    methods: t.AbstractSet[str] = frozenset()
    websocket = False
    slash = False
    path: str | None = None


def walk(
    root: Node, texts: list[str], method: str, websocket: bool, missed: Missed
) -> Found | None:
    """Follow the tree along the parts of a path, and back again where it leads nowhere.

    The places to come back to are kept on a stack of their own, so neither long rules nor long
    paths need deep recursion, and nothing refers to itself.
    """
    node: Node = root
    values: tuple[t.Any, ...] = ()
    index, count = 0, len(texts)
    turns: list[tuple[Node, int, t.Iterator[t.Any], tuple[t.Any, ...]]] = []

    while True:
        following = None
        if index == count:
            rule = _pick(node.rules, method, websocket, missed)
            if rule is None and "" in node.literal:
                rule = _pick_branch(node.literal[""].rules, method, websocket, missed)
            if rule is not None:
                return rule, values
            if missed.slash:
                return None
        else:
            text, edges = texts[index], node.edges
            following = node.literal.get(text)
            if following is None and text and len(edges) == 1 and not edges[0].part.final:
                # PERF: the only way on, to which nobody has to come back; a fifth of a match.
                found = edges[0].part.scan(text)
                if found is not None:
                    values += found
                    following = edges[0].node
            elif edges or (not text and index + 1 == count):
                choices = node.choices
                if choices is not None and choices.settled:
                    edges = choices.candidates(texts, index)
                turns.append((node, index, iter(edges), values))

        while following is None:
            if not turns:
                return None
            node, index, untried, values = turns[-1]
            for edge in untried:
                part = edge.part
                found = part.scan("/".join(texts[index:]) if part.final else texts[index])
                if found is not None:
                    following = edge.node
                    if part.final:
                        index = count - 1
                    if part.suffixed:
                        # The slash that ends the path is left over for the next level.
                        if found[-1] == "/":
                            index = count - 2
                        found = found[:-1]
                    values += found
                    break
            else:
                turns.pop()
                if index + 1 == count and not texts[index]:
                    lenient = [rule for rule in node.rules if not rule.strict_slashes]
                    rule = _pick(lenient, method, websocket, missed)
                    if rule is not None:
                        return rule, values

        node = following
        index += 1


def _pick(rules: list[Rule], method: str, websocket: bool, missed: Missed) -> Rule | None:
    """Return the first rule for this method and protocol, and note those that are for others."""
    for rule in rules:
        if rule.methods is not None and method not in rule.methods:
            missed.methods = {*missed.methods, *rule.methods}
        elif rule.websocket != websocket:
            missed.websocket = True
        else:
            return rule
    return None


def _pick_branch(rules: list[Rule], method: str, websocket: bool, missed: Missed) -> Rule | None:
    """Return the rule that fits but for the slash at its end, unless it insists on the slash."""
    for rule in rules:
        if websocket == rule.websocket and (rule.methods is None or method in rule.methods):
            if not rule.strict_slashes:
                return rule
            missed.slash = True
            break
    return None


def convert(rule: Rule, values: tuple[t.Any, ...]) -> dict[str, t.Any]:
    """Return the arguments for the view, made by the rule's converters from the texts."""
    arguments: dict[str, t.Any] = {}

    if values:
        converters = rule._converters
        # PERF: ``strict`` given would be most of what this costs.
        for name, value in zip(converters, values):  # noqa: B905
            arguments[name] = converters[name].to_python(value)

    if rule.defaults:
        arguments.update(rule.defaults)

    return arguments


def yields(rule: Rule) -> bool:
    """Whether a request for this rule may be sent to the address of another one."""
    if rule.alias:
        return True

    try:
        rules = rule.map._rules_by_endpoint[rule.endpoint]
    except KeyError:  # the endpoint was changed: the adapter complains
        return True

    for other in rules:
        # Those in front of the rule are the ones whose defaults win.
        if other is rule:
            break
        if other.defaults or type(other).provides_defaults_for is not _provides_defaults_for:
            return True

    return False
