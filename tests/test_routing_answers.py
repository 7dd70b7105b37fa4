"""Methods, redirects and hosts: what the adapter makes of a match, over both implementations."""

from __future__ import annotations

import typing as t
import warnings

import pytest
import werkzeug.routing as reference
from routes import found, make, redirect, routing_of
from werkzeug.exceptions import BadHost, MethodNotAllowed, NotFound
from werkzeug.test import create_environ


@pytest.fixture
def r(impl: t.Any) -> t.Any:
    return routing_of(impl)


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
