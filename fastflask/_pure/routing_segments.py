"""Reading one dynamic part of a path.

A dynamic part of a rule arrives as the text of a regular expression. Where that text is one of
the forms the built-in converters produce, the part is read with plain string methods that accept
exactly the same texts; anything else keeps its pattern, compiled once, when a request first gets
there. The compiled twin is ``_cython/routing_segments.pxi``.
"""

from __future__ import annotations

import operator
import re
import typing as t

#: What tells two dynamic parts apart: the text of the pattern, whether it takes the rest of the
#: path, whether it may end in a slash, and its weight.
PartKey = tuple[str, bool, bool, tuple[t.Any, ...]]

_LITERAL = r"(?:\\[^A-Za-z0-9]|[^\\.^$*+?{}\[\]|()])*"
_HEX = "[A-Fa-f0-9]"
_KNOWN = (
    r"(?P<text>\[\^/\](?:(?P<some>\+)|\{(?P<low>\d{1,9})(?P<comma>,)?(?P<high>\d{1,9})?\}))"
    r"|(?P<digits>(?P<sign>-\?)?\\d\+(?P<point>\\\.\\d\+)?)"
    r"|(?P<rest>\[\^/\]\.\*\?)"
    rf"|(?P<uuid>{re.escape('-'.join(f'{_HEX}{{{size}}}' for size in (8, 4, 4, 4, 12)))})"
    rf"|\(\?:(?P<choice>{_LITERAL}(?:\|{_LITERAL})*)\)"
)
_one_group = re.compile(
    rf"(?P<prefix>{_LITERAL})\(\?P<__werkzeug_0>(?:{_KNOWN})\)(?P<suffix>{_LITERAL})"
    r"(?P<slash>\(\?<!/\)\(/\?\))?\\Z",
    re.ASCII,
)
_any_group = re.compile(
    rf"(?P<prefix>{_LITERAL})\(\?P<__werkzeug_0>(?P<regex>.*)\)(?:{_LITERAL})"
    r"(?:\(\?<!/\)\(/\?\))?\\Z",
    re.ASCII | re.DOTALL,
)
_global_flags = re.compile(r"\(\?[A-Za-z]+\)")
_escape = re.compile(r"\\(.)", re.DOTALL)
_character = re.compile(r"\\(.)|(.)", re.DOTALL)
_is_uuid = re.compile(f"{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}").fullmatch

_GROUP_NAME = "__werkzeug_"


class Part:
    """A dynamic part read by its regular expression, whatever that is.

    :param key: pattern text, flags and weight of the part.
    """

    __slots__ = (
        "final",
        "suffixed",
        "weight",
        "prefix",
        "suffix",
        "framed",
        "choices",
        "_content",
        "_pattern",
    )

    def __init__(self, key: PartKey) -> None:
        self._content, self.final, self.suffixed, self.weight = key
        self.prefix = self.suffix = ""
        self.framed = False
        #: All texts the part can be, if these can be listed.
        self.choices: tuple[str, ...] | None = None
        self._pattern: re.Pattern[str] | None = None

    def scan(self, text: str) -> tuple[t.Any, ...] | None:
        """Return the values found in the text, or ``None`` if it does not fit.

        A part that may end in a slash returns one value more, that slash or an empty text.
        """
        pattern = self._pattern
        if pattern is None:
            # A pattern that is malformed must fail here, for the requests that get this far.
            pattern = self._pattern = re.compile(self._content)
        match = pattern.match(text)
        if match is None:
            return None
        numbers = sorted(
            [
                (int(name[len(_GROUP_NAME) :]), index)
                for name, index in pattern.groupindex.items()
                if name.startswith(_GROUP_NAME)
            ]
        )
        values = tuple([match.group(index) for _, index in numbers])
        return (*values, match.groups()[-1]) if self.suffixed else values

    def settle_prefix(self) -> None:
        """Find the literal text in front of the first value, if it is certain to be one."""
        form = _any_group.fullmatch(self._content)
        if form is None or not form["prefix"] or _global_flags.search(self._content):
            return
        for regex in re.split(rf"\)(?:{_LITERAL})\(\?P<{_GROUP_NAME}\d+>", form["regex"]):
            try:
                # Complete in itself, so that no alternative reaches as far as the prefix.
                re.compile(regex)
            except Exception:
                return
        self.prefix = _plain(form["prefix"])


class _Single(Part):
    """A part with one value of a known form between two literal texts."""

    __slots__ = ()

    def inner(self, text: str) -> str | None:
        """Return what is between the literal texts, or ``None`` if these are not there."""
        prefix, suffix = self.prefix, self.suffix
        end = len(text) - len(suffix)
        if end < len(prefix) or not (text.startswith(prefix) and text.endswith(suffix)):
            return None
        return text[len(prefix) : end]


class _Text(_Single):
    __slots__ = ("low", "high")
    low: int
    high: int | None

    def scan(self, text: str) -> tuple[t.Any, ...] | None:
        value = self.inner(text) if self.framed else text
        if value is None or len(value) < self.low:
            return None
        return (value,) if self.high is None or len(value) <= self.high else None


class _Digits(_Single):
    # str.isdecimal and \d ask the same table of Unicode.
    __slots__ = ()

    def scan(self, text: str) -> tuple[t.Any, ...] | None:
        value = self.inner(text) if self.framed else text
        return (value,) if value and value.isdecimal() else None


class _SignedDigits(_Single):
    __slots__ = ()

    def scan(self, text: str) -> tuple[t.Any, ...] | None:
        value = self.inner(text)
        return (value,) if value and value.removeprefix("-").isdecimal() else None


class _Fraction(_Single):
    __slots__ = ("signed",)
    signed: bool

    def scan(self, text: str) -> tuple[t.Any, ...] | None:
        value = self.inner(text)
        if value is None:
            return None
        whole, _, fraction = value.partition(".")
        if self.signed:
            whole = whole.removeprefix("-")
        return (value,) if whole.isdecimal() and fraction.isdecimal() else None


class _Uuid(_Single):
    __slots__ = ()

    def scan(self, text: str) -> tuple[t.Any, ...] | None:
        value = self.inner(text)
        return (value,) if value and _is_uuid(value) else None


class _Choice(_Single):
    __slots__ = ("items",)
    items: frozenset[str]

    def scan(self, text: str) -> tuple[t.Any, ...] | None:
        value = self.inner(text)
        return (value,) if value in self.items else None


class _Rest(_Single):
    """Any text but one that starts with a slash or has a newline after its first character."""

    __slots__ = ()

    def scan(self, text: str) -> tuple[t.Any, ...] | None:
        slash = ""
        if self.suffixed:
            if text.endswith("//"):
                return None
            if text.endswith("/"):
                slash, text = "/", text[:-1]
        value = self.inner(text) if self.framed else text
        if not value or value[0] == "/" or "\n" in value[1:]:
            return None
        return (value, slash) if self.suffixed else (value,)


def _plain(escaped: str) -> str:
    return _escape.sub(r"\1", escaped)


def _alternatives(escaped: str) -> list[str]:
    items = [""]
    for literal, bare in _character.findall(escaped):
        if bare == "|":
            items.append("")
        else:
            items[-1] += literal or bare
    return items


def make_part(key: PartKey, domain: bool = False) -> Part:
    """Return the cheapest reader for a dynamic part.

    :param key: pattern text, flags and weight of the part.
    :param domain: the part stands for the host name, which is not split at slashes.
    """
    content, final, suffixed, _ = key
    form = None if domain else _one_group.fullmatch(content)
    part: Part | None = None
    if form is not None and bool(form["slash"]) == suffixed:
        part = _known_part(key, form)
    if part is None or form is None:
        return Part(key)
    part.prefix = _plain(form["prefix"])
    part.suffix = _plain(form["suffix"])
    part.framed = part.prefix + part.suffix != ""
    if isinstance(part, _Choice) and not final:
        part.choices = tuple([part.prefix + item + part.suffix for item in part.items])
    return part


def _known_part(key: PartKey, form: re.Match[str]) -> Part | None:
    if form["rest"]:
        return _Rest(key)
    if form["slash"]:
        return None
    if form["text"]:
        low = 1 if form["some"] else int(form["low"])
        high = int(form["high"]) if form["high"] else None if form["some"] or form["comma"] else low
        if key[1] or (high is not None and high < low) or (form["high"] and not form["comma"]):
            return None
        text = _Text(key)
        text.low, text.high = low, high
        return text
    if form["digits"]:
        if form["point"]:
            fraction = _Fraction(key)
            fraction.signed = bool(form["sign"])
            return fraction
        return _SignedDigits(key) if form["sign"] else _Digits(key)
    if form["uuid"]:
        return _Uuid(key)
    choice = _Choice(key)
    choice.items = frozenset(_alternatives(form["choice"]))
    return choice


class Choices:
    """An index of the dynamic parts that can follow at one place, for places that have many.

    Parts are found by their literal beginning and end, or by their whole text where that is known,
    so that a thousand siblings like ``/p-17-<int:id>`` cost no more than a few.

    :param edges: what each part leads to.
    """

    __slots__ = ("edges", "settled", "_whole", "_single", "_final")

    #: Up to this number of siblings, trying all is as good.
    MANY = 8

    def __init__(self, edges: dict[Part, t.Any]) -> None:
        self.edges = edges
        self.settled = False
        self._whole: dict[str, list[t.Any]] = {}
        self._single: _Affixes = {}
        self._final: _Affixes = {}

    def settle(self, edges: list[t.Any]) -> None:
        """Build the index of these edges, which have an ``order`` by which they are tried."""
        whole: dict[str, list[t.Any]] = {}
        single: _Affixes = {}
        final: _Affixes = {}

        for edge in edges:
            part = edge.part
            if part.choices is not None:
                for text in part.choices:
                    whole.setdefault(text, []).append(edge)
                continue
            if type(part) is Part and not part.prefix:
                part.settle_prefix()
            suffix = "" if part.suffixed else part.suffix
            shape = (final if part.final else single).setdefault(
                (len(part.prefix), len(suffix)), {}
            )
            shape.setdefault(part.prefix + suffix, []).append(edge)

        self._whole, self._single, self._final = whole, single, final
        self.settled = True

    def candidates(self, texts: list[str], index: int) -> list[t.Any]:
        """Return the edges that may fit the path from this part on, in the order to try them."""
        text = texts[index]
        found = [self._whole[text]] if text in self._whole else []
        found += _lookup(self._single, text)
        if self._final:
            found += _lookup(self._final, "/".join(texts[index:]))
        if len(found) < 2:
            return found[0] if found else []
        return sorted([edge for edges in found for edge in edges], key=_order)


#: Edges by the lengths of the texts at both ends, then by these texts.
_Affixes = dict[tuple[int, int], dict[str, list[t.Any]]]

_order = operator.attrgetter("order")


def _lookup(affixes: _Affixes, text: str) -> list[list[t.Any]]:
    found = []
    size = len(text)
    for (before, after), edges in affixes.items():
        if before + after <= size:
            hit = edges.get(text[:before] + text[size - after :])
            if hit is not None:
                found.append(hit)
    return found
