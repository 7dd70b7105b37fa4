"""URLs built for endpoints, over both implementations."""

from __future__ import annotations

import typing as t
import uuid

import pytest
import werkzeug.routing as reference
from routes import routing_of
from werkzeug.datastructures import MultiDict


@pytest.fixture
def r(impl: t.Any) -> t.Any:
    return routing_of(impl)


def adapter(
    r: t.Any, *patterns: t.Any, binding: dict[str, t.Any] | None = None, **options: t.Any
) -> t.Any:
    """An adapter for rules, each given as a pattern that is its endpoint too, or as arguments."""
    rules = [p if isinstance(p, dict) else {"string": p, "endpoint": p} for p in patterns]
    return r.Map([r.Rule(**rule) for rule in rules], **options).bind(
        "example.com", **(binding or {})
    )


ALL = "".join(map(chr, range(1, 256))) + "Ā日😀"


@pytest.mark.parametrize(
    ("pattern", "values", "url"),
    [
        ("/", {}, "/"),
        ("/a b/ü", {}, "/a%20b/%C3%BC"),
        ("/<x>", {"x": "a/b c?d"}, "/a/b%20c%3Fd"),
        ("/<x>", {"x": ""}, "/"),
        ("/<x>", {"x": 5}, "/5"),
        ("/<int:x>", {"x": "007"}, "/7"),
        ("/<int:x>", {"x": True}, "/1"),
        ("/<int(fixed_digits=3):x>", {"x": 7}, "/007"),
        ("/<float:x>", {"x": 1}, "/1.0"),
        ("/<path:x>/e", {"x": "a/b"}, "/a/b/e"),
        ("/<uuid:x>", {"x": uuid.UUID(int=1)}, "/00000000-0000-0000-0000-000000000001"),
        ("/<any(a,b):x>", {"x": "a"}, "/a"),
        ("/a/<x>/b/<int:y>", {"x": "ü", "y": 3}, "/a/%C3%BC/b/3"),
        ("/", {"q": "a b&c=d/?:@!$'()*,;+~"}, "/?q=a+b%26c%3Dd/?:@!$'()*,;%2B~"),
        ("/", {"q": [1, None, "x"], "n": None, "e": ""}, "/?q=1&q=x&e="),
        ("/", {"a ü": b"\xff", "t": True}, "/?a+%C3%BC=%FF&t=True"),
        ("/<x>", {"x": "1", "y": 2, "z": "3"}, "/1?y=2&z=3"),
    ],
)
def test_url_of_an_endpoint(r: t.Any, pattern: str, values: dict[str, t.Any], url: str) -> None:
    assert adapter(r, pattern).build(pattern, values) == url


@pytest.mark.parametrize("pattern", ["/<x>", "/<path:x>", "/q"])
def test_every_character_is_quoted_as_in_the_reference(r: t.Any, pattern: str) -> None:
    expected = reference.Map([reference.Rule(pattern, endpoint="e")]).bind("example.com")
    ours = adapter(r, {"string": pattern, "endpoint": "e"})
    for character in ALL:
        assert ours.build("e", {"x": character}) == expected.build("e", {"x": character})
        name = f"n{character}"
        assert ours.build("e", {"x": "1", name: 1}) == expected.build("e", {"x": "1", name: 1})


@pytest.mark.parametrize("size", [*range(80, 90), *range(245, 260), 1000])
@pytest.mark.parametrize("character", ["x", " ", "ü"])
def test_long_text_is_built_like_a_short_one(r: t.Any, size: int, character: str) -> None:
    text, pattern = character * size, "/s/<x>/<int:n>"
    expected = adapter(reference, pattern).build(pattern, {"x": text, "n": 7})
    assert adapter(r, pattern).build(pattern, {"x": text, "n": 7}) == expected


@pytest.mark.parametrize(
    "number", [0, 9, 10, -1, -(2**63), 2**63 - 1, 2**63, 10**30, True, 2.9, "12"]
)
def test_numbers_are_built_as_in_the_reference(r: t.Any, number: t.Any) -> None:
    patterns = "/<int:n>", "/p-<int(signed=True):n>.html"
    for pattern in patterns:
        expected = adapter(reference, pattern).build(pattern, {"n": number})
        assert adapter(r, pattern).build(pattern, {"n": number}) == expected


def test_no_value_is_asked_for_its_text_if_another_one_is_missing(r: t.Any) -> None:
    class Never:
        def __str__(self) -> str:
            raise AssertionError("asked")

    with pytest.raises(reference.BuildError):
        adapter(r, "/<a>/<b>").build("/<a>/<b>", {"a": Never(), "c": 1})


def test_arguments_of_a_rule_that_change_are_seen(r: t.Any) -> None:
    rule = r.Rule("/<a>/<b>", endpoint="e")
    build = r.Map([rule]).bind("example.com").build
    assert build("e", {"a": "x", "b": "y"}) == "/x/y"
    rule.arguments.add("c")
    with pytest.raises(reference.BuildError):
        build("e", {"a": "x", "b": "y"})


def test_text_that_cannot_be_encoded_is_refused(r: t.Any) -> None:
    with pytest.raises(UnicodeEncodeError):
        adapter(r, "/<x>").build("/<x>", {"x": "\ud800"})


def test_value_is_turned_into_text_once(r: t.Any) -> None:
    class Counting:
        count = 0

        def __str__(self) -> str:
            self.count += 1
            return "a b"

    value = Counting()
    assert adapter(r, "/<x>").build("/<x>", {"x": value}) == "/a%20b"
    assert value.count == 1


def test_multi_dict_values(r: t.Any) -> None:
    values = MultiDict([("x", "1"), ("q", "a"), ("q", "b")])
    values.setlist("empty", [])
    assert adapter(r, "/<x>").build("/<x>", values) == "/1?q=a&q=b"


def test_given_values_are_left_alone(r: t.Any) -> None:
    values = {"x": None, "y": 1}
    assert adapter(r, "/").build("/", values) == "/?y=1"
    assert values == {"x": None, "y": 1}


def test_comparing_values_is_not_needed(r: t.Any) -> None:
    class Incomparable:
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            raise ArithmeticError

        def __str__(self) -> str:
            return "v"

    assert adapter(r, "/<x>").build("/<x>", {"x": Incomparable()}) == "/v"


def test_unknown_values_can_be_dropped_or_sorted(r: t.Any) -> None:
    assert adapter(r, "/").build("/", {"b": 1}, append_unknown=False) == "/"
    assert adapter(r, "/", sort_parameters=True).build("/", {"b": 1, "a": 2}) == "/?a=2&b=1"
    by_value = adapter(r, "/", sort_parameters=True, sort_key=lambda item: str(item[1]))
    assert by_value.build("/", {"a": 2, "b": 1}) == "/?b=1&a=2"


def test_own_to_url_is_called_and_its_errors_surface(r: t.Any) -> None:
    class Own(reference.BaseConverter):
        def to_url(self, value: t.Any) -> str:
            if value == "invalid":
                raise reference.ValidationError
            if value == "number":
                return 5  # type: ignore[return-value]
            return f"<{1 / value}>"

    ours = adapter(r, "/<own:x>", converters={"own": Own})
    assert ours.build("/<own:x>", {"x": 2}) == "/<0.5>"
    with pytest.raises(ZeroDivisionError):
        ours.build("/<own:x>", {"x": 0})
    with pytest.raises(TypeError, match="sequence item 1: expected str instance, int found"):
        ours.build("/<own:x>", {"x": "number"})
    with pytest.raises(reference.BuildError):
        ours.build("/<own:x>", {"x": "invalid"})


def test_to_url_set_on_one_converter_is_called(r: t.Any) -> None:
    ours = adapter(r, "/<x>", "/<int:x>")
    for rule in ours.map.iter_rules():
        rule._converters["x"].to_url = lambda value: f"own{value}"
    assert ours.build("/<x>", {"x": 1}) == "/own1"
    assert ours.build("/<int:x>", {"x": 1}) == "/own1"


def test_converter_that_refuses_with_a_value_error(r: t.Any) -> None:
    ours = adapter(r, "/<any(a,b):x>", "/<int:y>")
    with pytest.raises(ValueError, match="'c' is not one of 'a', 'b'"):
        ours.build("/<any(a,b):x>", {"x": "c"})
    with pytest.raises(ValueError, match="invalid literal"):
        ours.build("/<int:y>", {"y": "z"})


# Which rule


def test_choice_among_the_rules_of_an_endpoint(r: t.Any) -> None:
    ours = adapter(
        r,
        {"string": "/", "endpoint": "e", "defaults": {"page": 1}},
        {"string": "/<int:page>", "endpoint": "e"},
        {"string": "/<int:page>/<order>", "endpoint": "e"},
        {"string": "/alias/<int:page>", "endpoint": "e", "alias": True},
    )
    assert ours.build("e", {"page": 1}) == "/"
    assert ours.build("e", {}) == "/"
    assert ours.build("e", {"page": 2}) == "/2"
    assert ours.build("e", {"page": 1, "order": "x"}) == "/1/x"


def test_choice_by_method(r: t.Any) -> None:
    ours = adapter(
        r,
        {"string": "/get", "endpoint": "e", "methods": ["GET"]},
        {"string": "/post", "endpoint": "e", "methods": ["POST"]},
        binding={"default_method": "POST"},
    )
    assert ours.build("e") == "/post"
    assert ours.build("e", method="GET") == "/get"
    with pytest.raises(reference.BuildError, match="Did you mean to use methods"):
        ours.build("e", method="DELETE")


def test_choice_by_host(r: t.Any) -> None:
    ours = adapter(
        r,
        {"string": "/a", "endpoint": "e", "host": "a.example"},
        {"string": "/c", "endpoint": "e", "host": "example.com"},
        {"string": "/u", "endpoint": "u", "host": "<user>.example"},
        host_matching=True,
    )
    assert ours.build("e") == "/c"
    assert ours.build("u", {"user": "joe"}) == "http://joe.example/u"


def test_defaults_at_the_time_of_binding_are_what_is_built(r: t.Any) -> None:
    ours = adapter(r, {"string": "/<x>/<y>", "endpoint": "e", "defaults": {"x": "a b"}})
    rule = next(ours.map.iter_rules())
    assert ours.build("e", {"y": 1}) == "/a%20b/1"
    rule.defaults = {"x": "other"}
    assert ours.build("e", {"y": 1}) == "/a%20b/1"


def test_defaults_given_after_binding_are_not_built(r: t.Any) -> None:
    ours = adapter(r, "/<x>")
    next(ours.map.iter_rules()).defaults = {"z": 5}
    assert ours.build("/<x>", {"x": 1}) == "/1"
    assert ours.build("/<x>", {"x": 1, "z": 5}) == "/1?z=5"


def test_overridden_steps_are_called(r: t.Any) -> None:
    class Rule(r.Rule):  # type: ignore[name-defined, misc]
        def suitable_for(self, values: t.Any, method: str | None = None) -> bool:
            return "refuse" not in values and super().suitable_for(values, method)

    class Shouting(r.Rule):  # type: ignore[name-defined, misc]
        def build(self, values: t.Any, append_unknown: bool = True) -> t.Any:
            domain, path = super().build(values, append_unknown)
            return domain, path.upper()

        def _encode_query_vars(self, query_vars: t.Any) -> str:
            return "own"

    url_map = r.Map([Rule("/<x>", endpoint="a"), Shouting("/b", endpoint="b")])
    ours = url_map.bind("example.com")
    assert ours.build("a", {"x": "y"}) == "/y"
    with pytest.raises(reference.BuildError):
        ours.build("a", {"x": "y", "refuse": 1})
    assert ours.build("b", {"q": 1}) == "/B?OWN"

    class Adapter(r.Map.adapter_class):  # type: ignore[name-defined, misc]
        def _partial_build(self, *args: t.Any) -> t.Any:
            return "sub", "/partial", False

    assert (
        Adapter(url_map, "example.com", "/", "", "http", "/", "GET").build("a")
        == "http://sub.example.com/partial"
    )


# Which form


@pytest.mark.parametrize(
    ("binding", "options", "url"),
    [
        ({}, {}, "/x"),
        ({"script_name": "/app"}, {}, "/app/x"),
        ({"script_name": "/app/"}, {"force_external": True}, "http://example.com/app/x"),
        ({"url_scheme": "https"}, {"force_external": True}, "https://example.com/x"),
        ({}, {"force_external": True, "url_scheme": "https"}, "https://example.com/x"),
        ({}, {"force_external": True, "url_scheme": ""}, "//example.com/x"),
        ({}, {"url_scheme": "https"}, "/x"),
        ({"url_scheme": "ws"}, {"force_external": True}, "http://example.com/x"),
        ({"subdomain": "other"}, {}, "http://example.com/x"),
    ],
)
def test_form_of_a_url(
    r: t.Any, binding: dict[str, t.Any], options: dict[str, t.Any], url: str
) -> None:
    assert adapter(r, "/x", binding=binding).build("/x", **options) == url


def test_websocket_urls_are_complete(r: t.Any) -> None:
    rule = {"string": "/ws", "endpoint": "ws", "websocket": True}
    assert adapter(r, rule).build("ws") == "ws://example.com/ws"
    assert adapter(r, rule, binding={"url_scheme": "https"}).build("ws") == "wss://example.com/ws"


def test_subdomains_of_rules(r: t.Any) -> None:
    ours = adapter(
        r, {"string": "/", "endpoint": "u", "subdomain": "<user>"}, binding={"subdomain": "joe"}
    )
    assert ours.build("u", {"user": "joe"}) == "/"
    assert ours.build("u", {"user": "ann e"}) == "http://ann%20e.example.com/"


# Errors


@pytest.mark.parametrize(
    ("endpoint", "values", "method"),
    [
        ("missing", None, None),
        ("itmes", {"x": 1}, None),
        ("item", {}, None),
        ("item", {"y": 1}, "GET"),
        ("item", {"id": 1}, "PATCH"),
        (5, {"a": 1}, None),
    ],
)
def test_error_text_is_the_reference_s(
    r: t.Any, endpoint: t.Any, values: t.Any, method: str | None
) -> None:
    texts = []
    for make_map, make_rule in ((reference.Map, reference.Rule), (r.Map, r.Rule)):
        rules = [
            make_rule("/items", endpoint="items"),
            make_rule("/item/<int:id>", endpoint="item", methods=["GET"]),
        ]
        with pytest.raises(reference.BuildError) as error:
            make_map(rules).bind("example.com").build(endpoint, values, method)
        texts.append((str(error.value), error.value.args, error.value.values, error.value.method))
    assert texts[0] == texts[1]


def test_suggestion_is_made_when_it_is_shown(r: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: t.Any) -> None:
        raise AssertionError

    monkeypatch.setattr(reference.BuildError, "closest_rule", fail)
    with pytest.raises(reference.BuildError):
        adapter(r, "/").build("missing")


def test_error_keeps_its_values_when_the_caller_s_change(r: t.Any) -> None:
    values = {"a": 1}
    with pytest.raises(reference.BuildError) as error:
        adapter(r, "/").build("missing", values)
    values.clear()
    assert error.value.values == {"a": 1}


def test_building_from_too_few_values_fails_like_a_call(r: t.Any) -> None:
    texts = []
    for make_map, make_rule in ((reference.Map, reference.Rule), (r.Map, r.Rule)):
        rule = make_rule("/<a>/<b>", endpoint="e")
        make_map([rule])
        with pytest.raises(TypeError) as error:
            rule.build({"a": 1})
        texts.append(str(error.value))
    assert texts[0] == texts[1]


def test_unhashable_endpoint_is_refused(r: t.Any) -> None:
    with pytest.raises(TypeError):
        adapter(r, "/").build([])
