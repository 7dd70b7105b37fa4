"""The rule that is found for a path, and the values of its variables, over both implementations."""

from __future__ import annotations

import typing as t
import uuid

import pytest
import werkzeug.routing as reference
from routes import found, make, routing_of
from werkzeug.exceptions import NotFound

import fastflask.routing as routing


@pytest.fixture
def r(impl: t.Any) -> t.Any:
    return routing_of(impl)


def test_every_public_name_of_the_reference_is_here() -> None:
    names = {name for name in vars(reference) if not name.startswith("_")}
    modules = {"converters", "exceptions", "map", "matcher", "rules"}
    assert names - modules <= set(vars(routing))


def test_maps_rules_and_adapters_are_the_reference_s_kinds(r: t.Any) -> None:
    url_map = make(r, "/")
    assert isinstance(url_map, reference.Map)
    assert isinstance(url_map.bind("x"), reference.MapAdapter)
    assert all(isinstance(rule, reference.Rule) for rule in url_map.iter_rules())


# Order


def test_literal_part_wins_and_search_comes_back(r: t.Any) -> None:
    url_map = make(r, "/<a>/x", "/lit/y", "/<a>/<b>")
    assert found(url_map, "/lit/y") == ("/lit/y", {})
    assert found(url_map, "/lit/x") == ("/<a>/x", {"a": "lit"})
    assert found(url_map, "/lit/z") == ("/<a>/<b>", {"a": "lit", "b": "z"})


def test_dynamic_parts_go_by_weight(r: t.Any) -> None:
    url_map = make(r, "/<path:p>", "/<s>", "/<int:i>", "/a<s>")
    assert found(url_map, "/12") == ("/<int:i>", {"i": 12})
    assert found(url_map, "/ab") == ("/a<s>", {"s": "b"})
    assert found(url_map, "/b") == ("/<s>", {"s": "b"})
    assert found(url_map, "/b/c") == ("/<path:p>", {"p": "b/c"})


def test_equal_weights_go_by_the_first_rule_with_the_pattern(r: t.Any) -> None:
    first = make(
        r,
        "/<any(a,b):x>/1",
        "/<string(length=1):x>/2",
        "/<string(length=1):x>/<y>",
        "/<any(a,b):x>/<y>",
    )
    assert found(first, "/a/9")[0] == "/<any(a,b):x>/<y>"
    second = make(
        r,
        "/<string(length=1):x>/2",
        "/<any(a,b):x>/1",
        "/<any(a,b):x>/<y>",
        "/<string(length=1):x>/<y>",
    )
    assert found(second, "/a/9")[0] == "/<string(length=1):x>/<y>"


def test_order_holds_for_rules_added_after_a_match(r: t.Any) -> None:
    url_map = make(r, "/<s>")
    assert found(url_map, "/5")[0] == "/<s>"
    url_map.add(r.Rule("/<int:i>", endpoint="int"))
    assert found(url_map, "/5") == ("int", {"i": 5})
    url_map.add(r.Rule("/5", endpoint="literal"))
    assert found(url_map, "/5") == ("literal", {})


def test_rejecting_converter_ends_the_search(r: t.Any) -> None:
    url_map = make(r, "/<int(max=5):i>", "/<s>")
    with pytest.raises(NotFound):
        found(url_map, "/6")
    assert found(url_map, "/5") == ("/<int(max=5):i>", {"i": 5})


def test_converter_with_another_error_lets_it_through(r: t.Any) -> None:
    class Failing(reference.BaseConverter):
        def to_python(self, value: str) -> t.Any:
            raise ZeroDivisionError(value)

    url_map = make(r, "/<fail:x>", converters={"fail": Failing})
    with pytest.raises(ZeroDivisionError, match="abc"):
        found(url_map, "/abc")


# Values


@pytest.mark.parametrize(
    ("pattern", "text", "value"),
    [
        ("<int:x>", "007", 7),
        ("<int:x>", "٣१", 31),
        ("<int:x>", "9" * 40, int("9" * 40)),
        ("<int:x>", "9" * 5000, None),
        ("<int:x>", "²", None),
        ("<int:x>", "-1", None),
        ("<int:x>", "1_0", None),
        ("<int:x>", "1\n", None),
        ("<int:x>", "", None),
        ("<int(signed=True):x>", "-0", 0),
        ("<int(signed=True):x>", "--1", None),
        ("<int(signed=True):x>", "-", None),
        ("<int(fixed_digits=3):x>", "012", 12),
        ("<int(fixed_digits=3):x>", "12", None),
        ("<int(min=3,max=9):x>", "2", None),
        ("<float:x>", "1.50", 1.5),
        ("<float:x>", "٣.٤", 3.4),
        ("<float:x>", "1.", None),
        ("<float:x>", "1.2.3", None),
        ("<float(signed=True):x>", "-1.5", -1.5),
        ("<x>", "a\nb\n", "a\nb\n"),
        ("<x>", "\x00\ud800😀", "\x00\ud800😀"),
        ("<string(length=2):x>", "😀ß", "😀ß"),
        ("<string(length=2):x>", "😀", None),
        ("<string(maxlength=2):x>", "abc", None),
        ("<string(minlength=0):x>", "", ""),
        ("<path:x>", "a//b/", "a//b/"),
        ("<path:x>", "a\nb", None),
        ("<path:x>", "\na", "\na"),
        ("<path:x>", "a\n", None),
        ("<any(a,'b-c','d|e'):x>", "d|e", "d|e"),
        ("<any(a,'b-c','d|e'):x>", "d", None),
        ("<any(a,ab):x>b", "abb", "ab"),
        ("<uuid:x>", "ABCDEFab-0000-0000-0000-000000000000", uuid.UUID(int=0xABCDEFAB << 96)),
        ("<uuid:x>", "123e4567e89b12d3a456426614174000", None),
        ("pre-<int:x>.txt", "pre-5.txt", 5),
        ("pre-<int:x>.txt", "pre-5_txt", None),
        ("日<x>本", "日a本", "a"),
        ("日<x>本", "日本", None),
        ("<int:x>-<int:y>", "4-5", (4, 5)),
        ("<x>-<y>", "a-b-c", ("a-b", "c")),
    ],
)  # fmt: skip
def test_value_of_a_variable(r: t.Any, pattern: str, text: str, value: t.Any) -> None:
    # Strict slashes would redirect what ends with a slash.
    url_map = make(r, f"/{pattern}", merge_slashes=False)
    if value is None:
        with pytest.raises(NotFound):
            found(url_map, f"/{text}")
        return
    _, arguments = found(url_map, f"/{text}")
    expected = value if isinstance(value, tuple) else (value,)
    assert tuple(arguments.values()) == expected
    assert [type(item) for item in arguments.values()] == [type(item) for item in expected]


def test_ten_variables_in_one_part_keep_their_order(r: t.Any) -> None:
    names = [f"v{i}" for i in range(12)]
    url_map = make(r, "/" + "-".join(f"<int:{name}>" for name in names))
    _, arguments = found(url_map, "/" + "-".join(map(str, range(12))))
    assert list(arguments.items()) == [(name, i) for i, name in enumerate(names)]


def test_more_variables_than_are_kept_in_place(r: t.Any) -> None:
    names = [f"v{i}" for i in range(40)]
    url_map = make(r, "/" + "/".join(f"<{name}>" for name in names))
    _, arguments = found(url_map, "/" + "/".join(map(str, range(40))))
    assert list(arguments.items()) == [(name, str(i)) for i, name in enumerate(names)]


def test_custom_pattern_with_groups_of_its_own(r: t.Any) -> None:
    class Version(reference.BaseConverter):
        regex = r"v(\d+)(?P<minor>\.\d+)?(?!x)"

    url_map = make(r, "/<version:a>-<b>/<c>", converters={"version": Version})
    assert found(url_map, "/v1.2-v3/x")[1] == {"a": "v1.2", "b": "v3", "c": "x"}


def test_malformed_custom_pattern_fails_for_who_gets_there_only(r: t.Any) -> None:
    import re

    class Broken(reference.BaseConverter):
        regex = "[a"

    url_map = make(r, "/ok/<x>", "/broken/<broken:x>", converters={"broken": Broken})
    assert found(url_map, "/ok/1")[1] == {"x": "1"}
    with pytest.raises(re.error):
        found(url_map, "/broken/1")


def test_converter_is_asked_although_it_inherits_from_a_stock_one(r: t.Any) -> None:
    class Doubled(reference.IntegerConverter):
        def to_python(self, value: str) -> int:
            return 2 * t.cast(int, super().to_python(value))

    class Binary(reference.IntegerConverter):
        num_convert = staticmethod(lambda value: int(value, 2))

    url_map = make(
        r, "/d/<double:x>", "/b/<binary:x>", converters={"double": Doubled, "binary": Binary}
    )
    assert found(url_map, "/d/4") == ("/d/<double:x>", {"x": 8})
    assert found(url_map, "/b/101") == ("/b/<binary:x>", {"x": 5})


def test_arguments_are_fresh_and_include_defaults(r: t.Any) -> None:
    url_map = r.Map([r.Rule("/<a>", endpoint="e", defaults={"b": 1}), r.Rule("/", endpoint="f")])
    first = found(url_map, "/x")[1]
    first["b"] = 2
    assert found(url_map, "/x")[1] == {"a": "x", "b": 1}
    assert found(url_map, "/")[1] is not found(url_map, "/")[1]


def test_the_rule_itself_is_returned(r: t.Any) -> None:
    rule = r.Rule("/<int:x>", endpoint="e")
    url_map = r.Map([rule])
    assert url_map.bind("x").match("/1", return_rule=True)[0] is rule
    assert url_map.match_plain("", "/1", "GET", False)[0] is rule
