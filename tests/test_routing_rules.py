"""Rules: what they refuse, how they are bound and changed, over both implementations."""

from __future__ import annotations

import typing as t

import pytest
import werkzeug.routing as reference
from routes import found, make, redirect, routing_of
from werkzeug.exceptions import MethodNotAllowed


@pytest.fixture
def r(impl: t.Any) -> t.Any:
    return routing_of(impl)


# Rules


def test_rules_of_either_kind_go_into_either_map(r: t.Any) -> None:
    for make_map, make_rule in ((reference.Map, r.Rule), (r.Map, reference.Rule)):
        url_map = make_map(
            [make_rule("/a/<int:x>/<path:y>/", endpoint="e"), make_rule("/a", endpoint="f")]
        )
        adapter = url_map.bind("example.com", "/")
        assert adapter.match("/a/1/b/c/") == ("e", {"x": 1, "y": "b/c"})
        assert adapter.match("/a") == ("f", {})
        assert adapter.build("e", {"x": 1, "y": "b c"}) == "/a/1/b%20c/"


def test_private_attributes_of_a_rule_are_the_reference_s(r: t.Any) -> None:
    patterns = [
        "/",
        "/a//b",
        "/a/<int:x>-<y>.txt/",
        "/<path:p>/",
        "/<path:p>/e/<z>/",
        "/ü/<any(a,b):c>",
    ]
    for pattern in patterns:
        theirs = reference.Rule(pattern, endpoint="e", subdomain="<s>.x")
        mine = r.Rule(pattern, endpoint="e", subdomain="<s>.x")
        assert (mine._trace, mine._parts) == ([], [])
        reference.Map([theirs])
        r.Map([mine])
        assert mine._trace == theirs._trace
        assert mine._parts == theirs._parts
        assert mine._converters.keys() == theirs._converters.keys()
        assert mine.arguments == theirs.arguments
        values = {"x": 1, "y": "b", "p": "q/r", "z": "t", "c": "a", "s": "u", "n": 3}
        assert mine._build(**values) == theirs._build(**values)
        assert mine._build_unknown(**values) == theirs._build_unknown(**values)
        assert str(mine) == str(theirs) and repr(mine) == repr(theirs)


@pytest.mark.parametrize(
    "pattern",
    [
        "/<",
        "/<a",
        "/<a:>",
        "/<1>",
        "/<a>/<a>",
        "/<None>",
        "/<no:x>",
        "/<int(x:y>",
        "/\ud800",
        "/<__debug__>",
    ],
)
def test_bad_patterns_are_refused_in_the_same_words(r: t.Any, pattern: str) -> None:
    errors = []
    for make_map, make_rule in ((reference.Map, reference.Rule), (r.Map, r.Rule)):
        with pytest.raises(Exception) as error:
            make_map([make_rule(pattern, endpoint="e")])
        errors.append((type(error.value), str(error.value)))
    assert errors[0] == errors[1]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"string": "x"}, ValueError),
        ({"string": "/", "methods": "GET"}, TypeError),
        ({"string": "/", "methods": ["POST"], "websocket": True}, ValueError),
        ({"string": "x", "methods": "GET"}, ValueError),
    ],
)
def test_bad_arguments_of_a_rule_are_refused(
    r: t.Any, arguments: dict[str, t.Any], error: type[Exception]
) -> None:
    for make_rule in (reference.Rule, r.Rule):
        with pytest.raises(error) as caught:
            make_rule(**arguments)
        assert "URL rule" in str(caught.value) or "ethods" in str(caught.value)


def test_binding_a_rule_twice_fails_unless_refreshed(r: t.Any) -> None:
    rule = r.Rule("/a/<x>", endpoint="e")
    url_map = r.Map([rule])
    assert rule._trace and rule._parts
    with pytest.raises(RuntimeError, match="already bound"):
        r.Map([rule])
    rule.rule = "/b/<int:y>"
    rule.refresh()
    assert repr(rule) == "<Rule '/b/<y>' -> e>"
    assert url_map.bind("x", "/").build("e", {"x": 0, "y": 2}) == "/b/2?x=0"


def test_subclass_that_reads_patterns_itself_is_asked(r: t.Any) -> None:
    class Rule(r.Rule):  # type: ignore[name-defined, misc]
        def _parse_rule(self, rule: str) -> t.Any:
            return super()._parse_rule(rule.replace("{", "<").replace("}", ">"))

    url_map = r.Map([Rule("/a/{int:x}", endpoint="e")])
    assert found(url_map, "/a/7") == ("e", {"x": 7})
    assert url_map.bind("x", "/").build("e", {"x": 7}) == "/a/7"


def test_subclass_that_changes_the_parts_is_heard(r: t.Any) -> None:
    class Rule(r.Rule):  # type: ignore[name-defined, misc]
        def compile(self) -> None:
            super().compile()
            self._parts[-1].content = "changed"

    assert found(r.Map([Rule("/a/b", endpoint="e")]), "/a/changed") == ("e", {})


def test_rules_are_equal_by_their_pattern_and_have_no_hash(r: t.Any) -> None:
    one, other = r.Rule("/<a>", endpoint="x"), r.Rule("/<a>", endpoint="y")
    r.Map([one])
    r.Map([other])
    assert one == other
    assert one != r.Rule("/")
    with pytest.raises(TypeError):
        hash(one)


# Changes after set-up


def test_changed_rules_are_seen(r: t.Any) -> None:
    rule = r.Rule("/x/", endpoint="e", methods=["GET"])
    url_map = r.Map([rule])
    assert found(url_map, "/x/") == ("e", {})
    rule.methods.add("POST")
    assert found(url_map, "/x/", "POST") == ("e", {})
    rule.methods = {"PUT"}
    with pytest.raises(MethodNotAllowed):
        found(url_map, "/x/", "POST")
    rule.methods = None
    rule.strict_slashes = False
    assert found(url_map, "/x") == ("e", {})
    rule.defaults = {"d": 1}
    assert found(url_map, "/x")[1] == {"d": 1}
    rule.redirect_to = "away"
    assert redirect(url_map, "/x") == "http://example.com/away"
    rule.redirect_to = None
    rule.websocket = True
    with pytest.raises(reference.WebsocketMismatch):
        found(url_map, "/x/")


def test_converter_registered_late_is_used(r: t.Any) -> None:
    url_map = make(r, "/")
    with pytest.raises(LookupError, match="the converter 'late' does not exist"):
        url_map.add(r.Rule("/<late:x>"))
    url_map.converters["late"] = reference.IntegerConverter
    url_map.add(r.Rule("/<late:x>", endpoint="late"))
    assert found(url_map, "/3") == ("late", {"x": 3})
