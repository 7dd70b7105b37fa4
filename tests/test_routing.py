"""Rules, maps and the matcher, over both implementations."""

from __future__ import annotations

import gc
import random
import sys
import threading
import typing as t
import uuid
import warnings

import pytest
import werkzeug.routing as reference
from strategies_routing import our_classes
from werkzeug.exceptions import BadHost, MethodNotAllowed, NotFound
from werkzeug.test import create_environ

import fastflask.routing as routing


@pytest.fixture
def r(impl: t.Any) -> t.Any:
    """``Map`` and ``Rule`` on the implementation under test, as attributes."""

    class Classes:
        Map, Rule = our_classes(impl)

    return Classes


def found(url_map: t.Any, path: str, method: str = "GET", **binding: t.Any) -> t.Any:
    return url_map.bind("example.com", **binding).match(path, method)


def make(r: t.Any, *patterns: str, **options: t.Any) -> t.Any:
    """A map with a rule for each pattern, which is its endpoint too."""
    return r.Map([r.Rule(pattern, endpoint=pattern) for pattern in patterns], **options)


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


# Methods and protocols


def test_methods_of_all_rules_that_fit_are_allowed(r: t.Any) -> None:
    url_map = r.Map(
        [
            r.Rule("/x", methods=["GET"], endpoint="a"),
            r.Rule("/<y>", methods=["put"], endpoint="b"),
            r.Rule("/<int:y>", methods=["PATCH"], endpoint="c"),
        ]
    )
    with pytest.raises(MethodNotAllowed) as error:
        found(url_map, "/x", "POST")
    assert set(error.value.valid_methods or ()) == {"GET", "HEAD", "PUT"}
    assert found(url_map, "/x", "PUT") == ("b", {"y": "x"})
    assert set(url_map.bind("x").allowed_methods("/5")) == {"PUT", "PATCH"}


def test_websocket_rules_are_for_websockets(r: t.Any) -> None:
    url_map = r.Map([r.Rule("/ws", endpoint="ws", websocket=True), r.Rule("/", endpoint="index")])
    assert found(url_map, "/ws", url_scheme="ws") == ("ws", {})
    with pytest.raises(reference.WebsocketMismatch):
        found(url_map, "/ws")
    with pytest.raises(reference.WebsocketMismatch):
        found(url_map, "/", url_scheme="wss")


# Slashes and redirects


def redirect(url_map: t.Any, path: str, **binding: t.Any) -> str:
    with pytest.raises(reference.RequestRedirect) as error:
        found(url_map, path, **binding)
    return error.value.new_url


def test_branch_without_slash_redirects_or_matches(r: t.Any) -> None:
    url_map = r.Map(
        [r.Rule("/b/", endpoint="b"), r.Rule("/l/", endpoint="l", strict_slashes=False)]
    )
    assert redirect(url_map, "/b", query_args="q=1") == "http://example.com/b/?q=1"
    assert found(url_map, "/l") == ("l", {})


def test_leaf_with_slash_is_missing_or_matches(r: t.Any) -> None:
    url_map = r.Map([r.Rule("/a", endpoint="a"), r.Rule("/l", endpoint="l", strict_slashes=False)])
    with pytest.raises(NotFound):
        found(url_map, "/a/")
    assert found(url_map, "/l/") == ("l", {})


def test_path_converter_before_a_slash(r: t.Any) -> None:
    url_map = make(r, "/<path:p>/", "/x/<path:p>/end/")
    assert found(url_map, "/a/b/") == ("/<path:p>/", {"p": "a/b"})
    assert redirect(url_map, "/a/b") == "http://example.com/a/b/"
    assert found(url_map, "/x/a/end/") == ("/x/<path:p>/end/", {"p": "a"})
    assert redirect(url_map, "/x/a/end") == "http://example.com/x/a/end/"
    with pytest.raises(NotFound):
        found(url_map, "/x/a\nb/end/")


def test_repeated_slashes_are_merged_by_redirect(r: t.Any) -> None:
    url_map = r.Map(
        [r.Rule("/a/b", endpoint="m"), r.Rule("/c/d", endpoint="n", merge_slashes=False)]
    )
    assert redirect(url_map, "/a//b") == "http://example.com/a/b"
    with pytest.raises(NotFound):
        found(url_map, "/c//d")
    url_map.merge_slashes = False
    with pytest.raises(NotFound):
        found(url_map, "/a//b")


def test_leading_slashes_never_make_another_host(r: t.Any) -> None:
    url_map = make(r, "/evil.example/")
    assert redirect(url_map, "//evil.example") == "http://example.com/evil.example/"
    assert (
        redirect(url_map, "///evil.example", script_name="/app")
        == "http://example.com/app/evil.example/"
    )


def test_empty_path_redirects_to_the_root(r: t.Any) -> None:
    assert redirect(make(r, "/"), "") == "http://example.com/"


def test_defaults_aliases_and_targets_redirect(r: t.Any) -> None:
    url_map = r.Map(
        [
            r.Rule("/all/", defaults={"page": 1}, endpoint="all"),
            r.Rule("/all/<int:page>", endpoint="all"),
            r.Rule("/new/<x>", endpoint="x"),
            r.Rule("/old/<x>", endpoint="x", alias=True),
            r.Rule("/gone/<x>", redirect_to="there/<x>"),
            r.Rule("/call/<x>", redirect_to=lambda adapter, x: f"{adapter.server_name}/{x}"),
            r.Rule("/built", endpoint="built", build_only=True),
        ]
    )
    assert redirect(url_map, "/all/1") == "http://example.com/all/"
    assert found(url_map, "/all/2") == ("all", {"page": 2})
    assert redirect(url_map, "/old/a b") == "http://example.com/new/a%20b"
    assert redirect(url_map, "/gone/é") == "http://example.com/there/%C3%A9"
    assert redirect(url_map, "/call/1") == "http://example.com/example.com/1"
    with pytest.raises(NotFound):
        found(url_map, "/built")
    for path in ("/all/1", "/old/a", "/gone/a", "/call/a"):
        assert url_map.match_plain("", path, "GET", False) is None


def test_plain_match_leaves_slashes_to_the_adapter(r: t.Any) -> None:
    url_map = make(r, "/a/", "/b/c")
    assert url_map.match_plain("", "/a", "GET", False) is None
    assert url_map.match_plain("", "/b//c", "GET", False) is None
    with pytest.raises(NotFound):
        url_map.match_plain("", "/c", "GET", False)


def test_overridden_default_redirect_is_asked(r: t.Any) -> None:
    asked = []

    class Adapter(r.Map.adapter_class):  # type: ignore[name-defined, misc]
        def get_default_redirect(self, rule: t.Any, *args: t.Any) -> None:
            asked.append(rule.endpoint)

    class Map(r.Map):  # type: ignore[name-defined, misc]
        adapter_class = Adapter

    assert found(Map([r.Rule("/x", endpoint="e")]), "/x") == ("e", {})
    assert asked == ["e"]


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


# Hosts


def test_subdomains_literal_dynamic_and_default(r: t.Any) -> None:
    url_map = r.Map(
        [
            r.Rule("/", endpoint="default"),
            r.Rule("/", endpoint="api", subdomain="api"),
            r.Rule("/", endpoint="user", subdomain="<name>"),
            r.Rule("/", endpoint="numbered", subdomain="n<int:number>.<name>"),
        ],
        default_subdomain="www",
    )
    assert found(url_map, "/") == ("default", {})
    assert found(url_map, "/", subdomain="api") == ("api", {})
    assert found(url_map, "/", subdomain="n5.joe") == ("numbered", {"number": 5, "name": "joe"})
    assert found(url_map, "/", subdomain="joe") == ("user", {"name": "joe"})


def test_host_matching(r: t.Any) -> None:
    url_map = r.Map(
        [r.Rule("/", endpoint="a", host="a.example"), r.Rule("/", endpoint="any", host="<host>")],
        host_matching=True,
    )
    assert url_map.bind("A.example").match("/") == ("a", {})
    assert url_map.bind("b.example:8000").match("/") == ("any", {"host": "b.example:8000"})
    with pytest.raises(RuntimeError, match="host matching enabled"):
        url_map.bind("a.example", subdomain="x")


def test_host_names_are_encoded_or_refused(r: t.Any) -> None:
    url_map = make(r, "/")
    assert url_map.bind("☃.Example.com:80").server_name == "xn--n3h.example.com:80"
    for name in (f"{'a' * 64}.com", "a..b", ".a"):
        with pytest.raises(BadHost):
            url_map.bind(name)
    assert url_map.bind("a.").server_name == "a."


@pytest.mark.parametrize(
    ("server_name", "host", "scheme", "subdomain"),
    [
        (None, "example.com", "http", ""),
        ("example.com", "www.example.com", "http", "www"),
        ("Example.com:80", "a.b.example.com", "http", "a.b"),
        ("example.com:443", "x.example.com", "https", "x"),
        ("example.com:8000", "example.com:8000", "http", ""),
        ("example.com", "other.org", "http", "<invalid>"),
    ],
)
def test_binding_to_a_request(
    r: t.Any, server_name: str | None, host: str, scheme: str, subdomain: str
) -> None:
    environ = create_environ("/päth", f"{scheme}://{host}/root", query_string="a=ü")
    results = []
    for url_map in (reference.Map(), r.Map()):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            adapter = url_map.bind_to_environ(environ, server_name)
        state = {name: value for name, value in vars(adapter).items() if name != "map"}
        results.append((state, [(str(w.message), w.filename) for w in caught]))
    assert results[0] == results[1]
    assert results[1][0]["subdomain"] == subdomain


@pytest.mark.parametrize("connection", ["Upgrade", "keep-alive, upgrade", "close", None])
def test_binding_to_a_websocket_request(r: t.Any, connection: str | None) -> None:
    environ = create_environ("/", "https://example.com/")
    environ["HTTP_UPGRADE"] = "WebSocket"
    if connection:
        environ["HTTP_CONNECTION"] = connection
    schemes = [
        url_map.bind_to_environ(environ).url_scheme for url_map in (reference.Map(), r.Map())
    ]
    assert schemes[0] == schemes[1] == ("https" if connection in {"close", None} else "wss")


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


# Many rules


@pytest.mark.parametrize(
    "pattern",
    [
        "/p-{}-<int:x>",
        "/<int:x>-{}",
        "/{}-<x>.txt",
        "/<any(a{}, b{}):x>",
        "/p{}<x>/",
        "/{}-<path:x>",
        "/q{}-<hexa:x>",
    ],
)
def test_siblings_in_one_part_are_told_apart(r: t.Any, pattern: str) -> None:
    class Hexadecimal(reference.BaseConverter):
        regex = "[0-9a-f]+"

    patterns = [pattern.format(i, i) for i in range(200)]
    random.Random(1).shuffle(patterns)
    url_map = make(r, *patterns, converters={"hexa": Hexadecimal})
    expected = reference.Map(
        [reference.Rule(p, endpoint=p) for p in patterns], converters={"hexa": Hexadecimal}
    ).bind("example.com")
    for p in patterns:
        path = (
            p.replace("<int:x>", "5")
            .replace("<x>", "12-3")
            .replace("<path:x>", "a/b")
            .replace("<hexa:x>", "f")
        )
        if "any" in path:
            path = "/" + path[6:].split(",")[0]
        assert found(url_map, path) == expected.match(path)
    with pytest.raises(NotFound):
        found(url_map, "/nothing")


def test_rules_added_to_many_siblings_are_found(r: t.Any) -> None:
    url_map = make(r, *[f"/p-{i}-<int:x>" for i in range(20)])
    assert found(url_map, "/p-7-1")[0] == "/p-7-<int:x>"
    url_map.add(r.Rule("/p-7-1<int:x>", endpoint="late"))
    url_map.add(r.Rule("/p-7-<int:x>/more", endpoint="more"))
    assert found(url_map, "/p-7-12") == ("late", {"x": 2})
    assert found(url_map, "/p-7-2/more") == ("more", {"x": 2})


def test_deep_rules_and_paths_need_no_deep_stack(r: t.Any) -> None:
    depth = sys.getrecursionlimit() * 20
    url_map = make(r, "/a" * depth, "/x")
    assert found(url_map, "/a" * depth)[1] == {}
    for path in ("/a" * (depth - 1), "/b" * depth, "/x" + "/" * depth):
        with pytest.raises((NotFound, reference.RequestRedirect)):
            found(url_map, path)
    del url_map
    gc.collect()


def test_deep_dynamic_rules_end_in_an_answer_or_a_recursion_error(r: t.Any) -> None:
    depth = sys.getrecursionlimit() * 4
    url_map = make(r, "/" + "/".join(f"<a{i}>" for i in range(depth)))
    try:
        assert len(found(url_map, "/x" * depth)[1]) == depth
    except RecursionError:
        pass
    with pytest.raises(NotFound):
        found(url_map, "/x/x")


def test_no_request_leaves_cyclic_garbage(r: t.Any) -> None:
    url_map = r.Map(
        [
            r.Rule("/a/<int:x>/<y>", endpoint="a", methods=["GET"]),
            r.Rule("/b/", endpoint="b"),
            r.Rule("/<path:p>/q", endpoint="p"),
        ]
    )
    adapter = url_map.bind("example.com", "/")
    requests = [
        ("/a/1/b", "GET"),
        ("/a/1/b", "POST"),
        ("/b", "GET"),
        ("/c", "GET"),
        ("/a/x", "GET"),
        ("/z/q", "GET"),
    ]

    def run() -> None:
        for path, method in requests:
            for call, arguments in (
                (adapter.match, (path, method)),
                (url_map._matcher.match, ("", path, method, False)),
                (url_map.match_plain, ("", path, method, False)),
                (adapter.build, ("a", {"x": 1, "y": "z z", "q": 2})),
            ):
                try:
                    call(*arguments)
                except Exception:
                    pass

    run()
    gc.collect()
    gc.disable()
    try:
        run()
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_first_requests_at_once_see_a_complete_map(r: t.Any) -> None:
    for _ in range(5):
        url_map = make(
            r, *[f"/{i}/<int:x>" for i in range(300)], *[f"/{i}/<x>" for i in range(300)]
        )
        barrier = threading.Barrier(8)
        wrong = []

        def run(url_map: t.Any = url_map, barrier: t.Any = barrier, wrong: t.Any = wrong) -> None:
            barrier.wait()
            for i in range(0, 300, 17):
                if found(url_map, f"/{i}/5") != (f"/{i}/<int:x>", {"x": 5}):
                    wrong.append(i)

        threads = [threading.Thread(target=run) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong


def test_matcher_is_asked_directly_as_the_reference_s_is(impl: t.Any, r: t.Any) -> None:
    url_map = r.Map(
        [r.Rule("/a/", endpoint="a", methods=["PUT"]), r.Rule("/o/<x>", endpoint="o", alias=True)]
    )
    matcher = url_map._matcher
    assert isinstance(matcher, impl.RouteMatcher)
    matcher.update()
    with pytest.raises(reference.RequestPath) as path_error:
        matcher.match("", "/a", "PUT", False)
    assert path_error.value.path_info == "/a/"
    with pytest.raises(reference.NoMatch) as no_match:
        matcher.match("", "/a/", "GET", False)
    assert (no_match.value.have_match_for, no_match.value.websocket_mismatch) == ({"PUT"}, False)
    with pytest.raises(reference.RequestAliasRedirect) as alias:
        matcher.match("", "/o/1", "GET", False)
    assert (alias.value.matched_values, alias.value.endpoint) == ({"x": "1"}, "o")
