"""Reading the pattern of a rule, once, when the rule is bound to a map.

A pattern is split into literal texts and variables, and these into what stands between slashes:
texts for the matcher to find, and for dynamic parts the pattern, flags and weight that tell one
from another. Werkzeug's form of the same, ``RulePart``, is made for those who ask.
"""

from __future__ import annotations

import re
import typing as t
from sys import intern

from werkzeug.routing import BaseConverter
from werkzeug.routing.rules import RulePart, Weighting

_variable = re.compile(r"<(?:([a-zA-Z_][a-zA-Z0-9_]*)(?:\((.*?)\))?:)?([a-zA-Z_][a-zA-Z0-9_]*)>")
_surrogate = re.compile("[\ud800-\udfff]")
_SLASH = (False, "/")

#: What a pattern consists of: literal texts; name, converter and the converter's arguments.
Tokens = list[str | tuple[str, str | None, str | None]]

#: What is between two slashes: a text, or what tells one dynamic part from another.
Part = str | tuple[str, bool, bool, tuple[t.Any, ...]]


def split_pattern(pattern: str) -> Tokens | None:
    """Split a pattern into literal texts and variables.

    A variable is a tuple of name, converter and the converter's arguments. A pattern that is
    malformed or cannot be encoded gives ``None``.
    """
    if "<" not in pattern and pattern.isascii():
        return [pattern]
    if _surrogate.search(pattern):
        return None
    tokens: Tokens = []
    position = 0
    while (start := pattern.find("<", position)) >= 0:
        if start > position:
            tokens.append(pattern[position:start])
        match = _variable.match(pattern, start)
        if match is None:
            return None
        converter, arguments, name = match.groups()
        # PERF: found at once among the names of arguments, which are interned: 3 % of url_for().
        tokens.append((intern(name), converter, arguments))
        position = match.end()
    if position < len(pattern):
        tokens.append(pattern[position:])
    return tokens


def read_parts(
    tokens: Tokens, converter_for: t.Callable[[str, str | None, str | None], BaseConverter]
) -> list[Part]:
    """Return the parts between the slashes: texts, and for dynamic parts the pattern that matches
    them, whether it takes all that follows, whether it may end in a slash, and its weight."""
    parts: list[Part] = []
    content = ""
    literals: list[tuple[int, int]] = []
    weights: list[int] = []
    final = False

    for token in tokens:
        if not isinstance(token, str):
            converter = converter_for(*token)
            if not weights:
                content = re.escape(content)
            content += f"(?P<__werkzeug_{len(weights)}>{converter.regex})"
            weights.append(converter.weight)
            final = final or not converter.part_isolating
            continue

        for index, text in enumerate(token.split("/")):
            if index and final:
                content += "/"
            elif index:
                parts.append(_part(content, False, False, literals, weights))
                content, literals, weights = "", [], []
            if text:
                literals.append((len(literals), -len(text)))
                content += re.escape(text) if weights else text

    suffixed = final and content.endswith("/")
    if suffixed:
        content = content[:-1] + "(?<!/)(/?)"
    parts.append(_part(content, final, suffixed, literals, weights))
    if suffixed:
        parts.append("")
    return parts


def _part(
    content: str,
    final: bool,
    suffixed: bool,
    literals: list[tuple[int, int]],
    weights: list[int],
) -> Part:
    if not weights:
        return content
    weight = -len(literals), tuple(literals), -len(weights), tuple(weights)
    return content + r"\Z", final, suffixed, weight


def rule_parts(parts: t.Iterable[Part]) -> list[RulePart]:
    """Return parts in Werkzeug's form."""
    made = [_rule_part(part) for part in parts]
    for part, following in zip(made, made[1:], strict=False):
        if part.suffixed:
            # The empty text after it is where its slash is found.
            following.weight = part.weight
    return made


def _rule_part(part: Part) -> RulePart:
    if isinstance(part, str):
        literals = [(0, -len(part))] if part else []
        return RulePart(part, False, True, False, Weighting(-len(literals), literals, 0, []))
    content, final, suffixed, (count, sizes, arity, weights) = part
    weight = Weighting(count, list(sizes), arity, list(weights))
    return RulePart(content, final, False, suffixed, weight)


def trace_of(pattern: str) -> t.Iterator[tuple[bool, str]]:
    """Return the pieces of a pattern: literal texts, slashes, and names of variables."""
    for token in split_pattern(pattern) or ():
        if not isinstance(token, str):
            yield True, token[0]
            continue
        for index, text in enumerate(token.split("/")):
            if index:
                yield _SLASH
            if text:
                yield False, text
