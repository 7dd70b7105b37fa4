"""The matcher with many rules, deep ones, and in many threads, over both implementations."""

from __future__ import annotations

import gc
import random
import sys
import threading
import typing as t

import pytest
import werkzeug.routing as reference
from routes import found, make, routing_of
from werkzeug.exceptions import NotFound


@pytest.fixture
def r(impl: t.Any) -> t.Any:
    return routing_of(impl)


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


@pytest.mark.usefixtures("no_collector")
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
    run()
    assert gc.collect() == 0


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
