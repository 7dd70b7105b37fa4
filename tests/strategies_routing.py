"""Random maps, requests and values for URLs, the same for the reference and for us."""

from __future__ import annotations

import random
import re
import typing as t
import warnings
from uuid import UUID

import werkzeug.routing as reference
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

import fastflask.routing as ours

#: How many requests or URLs there are for each map.
BATCH = 25


class Odd(reference.BaseConverter):
    """Groups of its own, a named one, alternatives and look-around."""

    regex = r"(?:(x)|(?P<named>y+))(?!-end)(z|)|w(?=\d)\d"

    def to_python(self, value: str) -> t.Any:
        return ("odd", value)

    def to_url(self, value: t.Any) -> str:
        return str(value)


class Picky(reference.BaseConverter):
    regex = "[a-z0-9]+"
    weight = 60

    def to_python(self, value: str) -> t.Any:
        if value.startswith("b"):
            raise reference.ValidationError
        if value.startswith("c"):
            raise KeyError(value)
        return [value]

    def to_url(self, value: t.Any) -> str:
        if value == "bad":
            raise reference.ValidationError
        if value == "worse":
            raise KeyError(value)
        return str(value).upper()


class Digits(reference.BaseConverter):
    """Matches what ``int`` matches, and weighs the same."""

    regex = r"\d+"
    weight = 50


class Slashed(reference.BaseConverter):
    """Takes slashes, and what follows."""

    regex = r"[a-c]+(?:/[a-c]+)*"
    weight = 150


class Wide(reference.BaseConverter):
    """As wide as can be, and includes the empty text."""

    regex = r".*"
    part_isolating = False


class Broken(reference.BaseConverter):
    """Not a pattern: an error for the requests that reach it."""

    regex = "[a"


class Unbalanced(reference.BaseConverter):
    """Closes the group it is put in, and opens another one."""

    regex = "1a)|(2b"


class Listed(reference.BaseConverter):
    regex = r"[^/]+"
    weight = 90

    def to_python(self, value: str) -> t.Any:
        return value.split("+")

    def to_url(self, value: t.Any) -> str:
        return "+".join(super(Listed, self).to_url(item) for item in value)


CONVERTERS = {
    "odd": Odd,
    "picky": Picky,
    "digits": Digits,
    "slashed": Slashed,
    "wide": Wide,
    "listed": Listed,
    "unbalanced": Unbalanced,
    "broken": Broken,
}

VARIABLES = [
    "", "", "string:", "int:", "int:", "float:", "path:", "path:", "uuid:",
    "string(length=2):", "string(minlength=2):", "string(maxlength=3):",
    "string(minlength=0):", "string(minlength=2,maxlength=4):",
    "string(minlength=5,maxlength=2):", "int(signed=True):", "int(fixed_digits=3):",
    "int(min=5):", "int(max=50):", "int(min=1,max=9):", "float(signed=True):",
    "float(min=1.5):", "any(a,b):", 'any("a-b",c,"x|y"):', 'any(a,""):',
    'any("a/b",d):', "odd:", "picky:", "digits:", "slashed:", "wide:", "listed:",
]  # fmt: skip
LITERALS = [
    "a", "b", "p-17-", "p-", "-", ".", "ä", "x|y", "日本", "a b", "+", "\n", "\x00",
    "a%2fb", "~", "1",
]  # fmt: skip
TEXTS = [
    "", "a", "b", "x", "yy", "xz", "w3", "abc", "bcd", "cde", "ab", "a/b", "/a", "a//b",
    "a-b", "x|y", "0", "7", "17", "007", "-0", "-12", "1.5", "-2.25", "1.", ".5", "٣",
    "१२", "٣.٤", "²", "௰", "1_000", "x\n", "\n", "a\nb", "\na", "12\n", "d\x00",
    "\ud800", "😀", "ß", "İ", "A", "e/", "9" * 20, "9" * 4400, "1a", "2b",
    "123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-42661417400F",
    "123e4567",
]  # fmt: skip
METHODS = ["GET", "HEAD", "POST", "PUT", "OPTIONS", "get", "", "X" * 30]
VALUES: list[t.Any] = [
    *TEXTS, None, 0, 7, -3, 2.5, True, "bad", "worse", "a b", "ü", "?", "#", "a&b=c",
    ["a", "b c"], ("x",), [], {"k"}, "/lead", "a/b/c", UUID(int=5), b"bytes",
    float("nan"), [None, "x"],
]  # fmt: skip

VARIABLE = re.compile(r"<(?:(\w+)(?:\([^>]*\))?:)?(\w+)>")
TEXTUAL: list[t.Any] = ["a", "ab", "a b", "ü/x?", "", 7, 2.5, True, Markup("<b>"), "x'&\"y"]
FITTING: dict[str, list[t.Any]] = {
    "int": [0, 7, -12, "007", True, 2.9, 10**30, "x"],
    "float": [1, 2.5, -0.0, "1.50", 1e30, float("inf")],
    "uuid": [UUID(int=5), "text", 5],
    "any": ["a", "b", "a-b", "", "x|y"],
    "listed": [["a", "b c"], "ab", ()],
    "picky": ["fine", "bad", "worse", 5],
}


def make_pattern(rnd: random.Random, slash: bool = True) -> str:
    """A pattern, well-formed more often than not."""
    names = iter("abcdefghij")
    parts = []
    for _ in range(rnd.choice([0, 1, 1, 2, 2, 3, 4])):
        pieces = rnd.choice(["L", "L", "V", "V", "LV", "VL", "LVL", "VLV", "VV", ""])
        part = ""
        for piece in pieces:
            if piece == "L":
                part += rnd.choice(LITERALS)
            else:
                rare = rnd.random()
                kind = (
                    rnd.choice(VARIABLES)
                    if rare > 0.03
                    else rnd.choice(["broken:", "unbalanced:", "no:"])
                )
                name = next(names) if rare < 0.98 else "a"
                part += f"<{kind}{name}>"
        parts.append(part)
    if not slash:
        return ".".join(parts[:2])
    return "/" + "/".join(parts) + rnd.choice(["", "", "/", "/", "//"][: 4 + (rnd.random() < 0.2)])


def make_rule(rnd: random.Random, known: list[str], host_matching: bool) -> dict[str, t.Any]:
    if known and rnd.random() < 0.4:
        pattern = rnd.choice(known)
        if rnd.random() < 0.3:
            pattern = pattern.rstrip("/") + "/" if rnd.random() < 0.5 else "/" + pattern.strip("/")
        if rnd.random() < 0.4:
            pattern = pattern.rstrip("/") + "/" + make_pattern(rnd).lstrip("/")
    else:
        pattern = make_pattern(rnd)
    known.append(pattern)
    rule: dict[str, t.Any] = {"string": pattern, "endpoint": rnd.choice("eeefgh")}
    if rnd.random() < 0.5:
        rule["methods"] = rnd.sample(["GET", "POST", "put", "OPTIONS"], rnd.choice([0, 1, 1, 2]))
    if rnd.random() < 0.15:
        rule["strict_slashes"] = rnd.random() < 0.3
    if rnd.random() < 0.15:
        rule["merge_slashes"] = rnd.random() < 0.3
    if rnd.random() < 0.15:
        rule["defaults"] = {rnd.choice("abz"): rnd.choice([1, "x", "a b", None])}
    if rnd.random() < 0.07:
        rule["alias"] = True
    if rnd.random() < 0.05:
        rule["build_only"] = True
    if rnd.random() < 0.07:
        rule["redirect_to"] = rnd.choice(
            ["to/<a>", "gone", lambda adapter, **values: f"called/{sorted(values)}"]
        )
    if rnd.random() < 0.1:
        rule["websocket"] = True
        rule.pop("methods", None)
    if rnd.random() < 0.25:
        where = rnd.choice(
            ["", "www", "<y>", "x<int:y>", "<string(length=2):y>.api", "API", "<path:y>"]
        )
        rule["host" if host_matching else "subdomain"] = where
    return rule


def make_map(rnd: random.Random) -> tuple[dict[str, t.Any], list[dict[str, t.Any]]]:
    """Settings of a map, and of its rules."""
    options: dict[str, t.Any] = {"converters": CONVERTERS}
    for name, rare in (
        ("strict_slashes", False),
        ("merge_slashes", False),
        ("redirect_defaults", False),
        ("host_matching", True),
        ("sort_parameters", True),
    ):
        if rnd.random() < 0.2:
            options[name] = rare
    if rnd.random() < 0.1:
        options["default_subdomain"] = "www"
    known: list[str] = []
    count = rnd.choice([1, 2, 3, 4, 6, 8])
    rules = [make_rule(rnd, known, options.get("host_matching", False)) for _ in range(count)]
    if rnd.random() < 0.2:
        # Many siblings, so that an index is made.
        stem = rnd.choice(["/", "/a/", "/b/", "/<x>/"])
        for _ in range(12):
            before, after = (rnd.choice(["", "", "p-", "p-1", "a", "p-17-", "-"]) for _ in range(2))
            pattern = (
                f"{stem}{before}<{rnd.choice(VARIABLES)}i>{after}{rnd.choice(['', '', '/', '/t'])}"
            )
            known.append(pattern)
            rules.append({"string": pattern, "endpoint": rnd.choice("eeefgh")})
    return options, rules


def build_map(
    make: t.Any, rule_class: t.Any, spec: tuple[dict[str, t.Any], list[dict[str, t.Any]]]
) -> tuple[t.Any, list[t.Any]]:
    """A map, and what came of each rule: itself, or the error."""
    options, rules = spec
    url_map = make(**options)
    results: list[t.Any] = []
    for arguments in rules:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                rule = rule_class(**arguments)
                url_map.add(rule)
            results.append(rule)
        except Exception as error:
            results.append((type(error), str(error)))
    return url_map, results


def our_classes(impl: t.Any) -> tuple[t.Any, t.Any]:
    """``Map`` and ``Rule`` on one of the implementations."""

    class Rule(ours.Rule):
        builder_class = impl.RuleBuilder
        build = impl.build_rule

    class MapAdapter(ours.MapAdapter):
        match = impl.match_url
        build = impl.build_url

    class Map(ours.Map):
        matcher_class = impl.RouteMatcher
        update = impl.update_map
        adapter_class = MapAdapter

    return Map, Rule


def fill(rnd: random.Random, pattern: str) -> str:
    """A path that may fit a pattern."""
    path = ""
    for piece in pattern.replace("<", "\0<").replace(">", ">\0").split("\0"):
        path += rnd.choice(TEXTS) if piece.startswith("<") else piece
    return path


def make_request(rnd: random.Random, patterns: list[str]) -> dict[str, t.Any]:
    path = fill(rnd, rnd.choice(patterns)) if patterns else "/"
    for _ in range(rnd.choice([0, 0, 0, 1, 1, 2])):
        at = rnd.randint(0, len(path))
        change = rnd.choice(["/", "//", "\n", "a", "1", "-", "", "", "ü"])
        path = path[:at] + change + path[at + (rnd.random() < 0.5) :]
    if rnd.random() < 0.15:
        path = path.rstrip("/") if path.endswith("/") else path + "/"
    return {
        "path_info": path,
        "method": rnd.choice(METHODS[:2] * 3 + METHODS),
        "websocket": rnd.choice([None] * 8 + [True, False]),
        "query_args": rnd.choice([None] * 4 + ["q=1", {"a": "b c"}]),
    }


def make_values(rnd: random.Random) -> t.Any:
    values = {
        rnd.choice("aabbcdyzq"): rnd.choice(VALUES) for _ in range(rnd.choice([0, 1, 2, 2, 3, 4]))
    }
    if rnd.random() < 0.1:
        return MultiDict(
            [(name, rnd.choice(VALUES)) for name in values for _ in range(rnd.choice([1, 2]))]
        )
    return values or rnd.choice([None, {}])


def make_fitting(rnd: random.Random, rule: dict[str, t.Any]) -> dict[str, t.Any]:
    """Values for the variables of a rule, which it may take."""
    where = rule.get("subdomain") or rule.get("host") or ""
    return {
        name: rnd.choice(FITTING.get(kind, TEXTUAL))
        for kind, name in VARIABLE.findall(where + rule["string"])
        if rnd.random() < 0.97
    }


def same(left: t.Any, right: t.Any) -> bool:
    """Equal, and of equal types."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right) or repr(left) == repr(right)
