"""The response does what Werkzeug's does, with less made ahead of time."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import typing as t
import weakref
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import create_environ
from werkzeug.wrappers import Response as PlainResponse
from wrapper_classes import Classes, Plain, make_classes, outcome, send

import fastflask
from fastflask import Response


@pytest.fixture
def classes(impl: t.Any) -> Classes:
    """Request and response over each implementation of the lean bases."""
    return make_classes(impl)


ARGUMENTS: list[dict[str, t.Any]] = [
    {},
    {"response": ""},
    {"response": "t\xe4xt"},
    {"response": b"bytes"},
    {"response": bytearray(b"array")},
    {"response": ["a", b"b", "\xe4"]},
    {"response": ("a", "b")},
    {"response": {"a": 1}},
    {"response": 5},
    {"response": "x", "status": 404},
    {"response": "x", "status": "404"},
    {"response": "x", "status": "299 Mine"},
    {"response": "x", "status": HTTPStatus.CREATED},
    {"response": "x", "status": 799},
    {"response": "x", "status": ""},
    {"response": "x", "status": 1.5},
    {"response": "x", "status": True},
    {"response": "x", "status": b"200 OK"},
    {"response": "x", "status": 204},
    {"response": "x", "status": 304},
    {"response": "x", "status": 100},
    *(
        {"response": body, "status": status, "headers": headers}
        for status in (100, 199, 204, 304)
        for body in (["x"], [5], "x")
        for headers in (
            {"ETag": '"x"', "Expires": "never", "content-LENGTH": "1", "Content-Language": "de"},
            [("Content-Length", "1"), ("X-A", "a"), ("Content-Length", "2")],
            {"Location": "/\xe4", "Content-Location": "/b"},
            {"Content-Location": "/b", "Content-Type": "text/x"},
            {"Content-Location": "/b \xe4", "Last-Modified": "then"},
        )
    ),
    {"response": "x", "headers": {"X-A": "1", "x-b": 2}},
    {"response": "x", "headers": [("X-A", "1"), ("X-A", "2")]},
    {"response": "x", "headers": {"Content-Type": "text/own"}},
    {"response": "x", "headers": {"Content-Type": "text/own"}, "mimetype": "text/other"},
    {"response": "x", "headers": {"Content-Length": "77"}},
    {"response": ["x"], "headers": {"Content-Length": "77"}},
    {"response": "x", "headers": {"Location": "/\xe4 b", "Content-Location": "c d"}},
    {"response": "x", "headers": {"X-A": "b\nc"}},
    {"response": "x", "headers": {}},
    {"response": "x", "headers": []},
    {"response": "x", "headers": Headers()},
    {"response": "x", "mimetype": "text/plain"},
    {"response": "x", "mimetype": "image/png"},
    {"response": "x", "mimetype": "application/json"},
    {"response": "x", "mimetype": "application/x+xml"},
    {"response": "x", "mimetype": ""},
    {"response": "x", "mimetype": "a\nb"},
    {"response": "x", "content_type": "text/x; a=b"},
    {"response": "x", "content_type": ""},
    {"response": "x", "content_type": "a\r\nb"},
    {"response": "x", "content_type": 5},
    {"response": ["x"], "direct_passthrough": True},
    {"response": "x", "headers": 5},
]
names = [repr(arguments) for arguments in ARGUMENTS]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("arguments", ARGUMENTS, ids=names)
def test_response_made_of_arguments(
    classes: Classes, arguments: dict[str, t.Any], method: str
) -> None:
    def make(cls: t.Any) -> Callable[[], t.Any]:
        return lambda: send(cls(**copy.deepcopy(arguments)), method)

    assert outcome(make(classes.response)) == outcome(make(Plain))


CHANGES: dict[str, Callable[[t.Any], t.Any]] = {
    "data": lambda r: r.set_data("other \xe4"),
    "data property": lambda r: setattr(r, "data", b"other"),
    "data of another type": lambda r: r.set_data(5),
    "status": lambda r: setattr(r, "status", "404 Mine"),
    "status number": lambda r: setattr(r, "status", 500),
    "status code": lambda r: setattr(r, "status_code", 403),
    "status code wrong": lambda r: setattr(r, "status_code", "403"),
    "status empty": lambda r: setattr(r, "status", ""),
    "header": lambda r: r.headers.__setitem__("X-A", "1"),
    "header added": lambda r: r.headers.add("Content-Type", "text/more"),
    "header removed": lambda r: r.headers.remove("Content-Type"),
    "headers replaced": lambda r: setattr(r, "headers", Headers([("X-A", "1")])),
    "headers read, then data": lambda r: (r.headers, r.set_data("longer than before")),
    "data, then headers": lambda r: (r.set_data("longer than before"), r.headers)[0],
    "length": lambda r: setattr(r, "content_length", 5),
    "length removed": lambda r: r.headers.pop("Content-Length"),
    "type": lambda r: setattr(r, "content_type", "text/x"),
    "mimetype": lambda r: setattr(r, "mimetype", "text/x"),
    "cookie": lambda r: r.set_cookie("a", "b"),
    "body": lambda r: setattr(r, "response", ["other"]),
    "body to a generator": lambda r: setattr(r, "response", iter(["a", "b"])),
    "stream": lambda r: r.stream.write(b"more"),
    "frozen": lambda r: r.freeze(),
    "sequence": lambda r: r.make_sequence(),
    "iterated": lambda r: list(r.iter_encoded()),
    "length computed": lambda r: r.calculate_content_length(),
    "etag": lambda r: r.add_etag(),
    "automatic length off": lambda r: setattr(r, "automatically_set_content_length", False),
    "implicit conversion off": lambda r: (
        setattr(r, "implicit_sequence_conversion", False),
        r.get_data(),
    ),
    "direct": lambda r: setattr(r, "direct_passthrough", True),
    "context manager": lambda r: r.__enter__(),
    "json": lambda r: r.get_json(silent=True, force=True),
    "repr": lambda r: repr(r),
    "conditional": lambda r: r.make_conditional(create_environ(headers={"Range": "bytes=0-1"})),
}


@pytest.mark.parametrize("body", ["text", ["a", b"b"], None, "generator"])
@pytest.mark.parametrize("name", CHANGES)
def test_response_changed(classes: Classes, name: str, body: t.Any) -> None:
    def run(cls: t.Any) -> t.Any:
        content = (part for part in ["x", b"y"]) if body == "generator" else copy.copy(body)
        response = cls(content)
        first = outcome(lambda: CHANGES[name](response))
        if not isinstance(first, (str, bytes, int, tuple, list)):
            first = None
        state = response.status, response.status_code, list(response.headers)
        return first, state, outcome(lambda: send(response))

    expected = str(run(Plain)).replace("Plain", "Response")
    assert str(run(classes.response)) == expected


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("status", [200, 304])
@pytest.mark.parametrize("take", [0, 1, None])
def test_closing_a_response(classes: Classes, method: str, status: int, take: int | None) -> None:
    def run(cls: t.Any) -> list[str]:
        order: list[str] = []

        class Body:
            def __iter__(self) -> t.Any:
                order.append("iterated")
                return iter(["a", "b"])

            def close(self) -> None:
                order.append("closed")

        response = cls(Body(), status)
        response.call_on_close(lambda: order.append("first"))
        response.call_on_close(lambda: order.append("second"))
        body = response(create_environ(method=method), lambda *args: None)
        order.append("called")
        if take is None:
            order.extend(map(repr, body))
        elif take:
            for item in body:
                order.append(repr(item))
                break
        body.close()
        body.close()
        return order

    assert run(classes.response) == run(Plain)


def test_generator_is_not_started_before_the_server_asks(classes: Classes) -> None:
    started: list[int] = []

    def generate() -> t.Any:
        started.append(1)
        yield "a"

    body = classes.response(generate())(create_environ(), lambda *args: None)
    assert not started
    assert next(iter(body)) == b"a"
    assert started


def test_body_that_fails_stays_at_its_end(classes: Classes) -> None:
    def generate() -> t.Any:
        yield "a"
        raise LookupError("of the body")

    body = iter(classes.response(generate())(create_environ(), lambda *args: None))
    assert next(body) == b"a"
    with pytest.raises(LookupError):
        next(body)
    assert list(body) == []


@pytest.mark.parametrize("body", [[], (), "", iter(()), [b""], ["", b"x"]])
def test_bodies_that_are_empty_or_false(classes: Classes, body: t.Any) -> None:
    if not isinstance(body, (list, tuple, str)):
        assert send(classes.response(body)) == send(Plain(iter(())))
    else:
        assert send(classes.response(body)) == send(Plain(body))


def test_body_whose_truth_is_not_asked(classes: Classes) -> None:
    class Body:
        def __bool__(self) -> bool:
            raise AssertionError

        def __iter__(self) -> t.Any:
            return iter([b"x"])

    assert send(classes.response(Body()))[2] == [b"x"]


def test_response_has_attributes_and_can_be_referred_to_weakly(classes: Classes) -> None:
    response = classes.response("x")
    response.own = 1
    assert vars(response)["own"] == 1
    ref = weakref.ref(response)
    del response
    assert ref() is None


@pytest.mark.parametrize("kind", [copy.copy, copy.deepcopy, "pickle"])
def test_response_copied(kind: t.Any) -> None:
    response = Response("text", 404, {"X-A": "1"})
    response.own = [1]  # type: ignore[attr-defined]
    copied = pickle.loads(pickle.dumps(response)) if kind == "pickle" else kind(response)
    assert send(copied) == send(response)
    assert type(copied) is Response
    assert copied.own == [1]
    copied.headers["X-A"] = "2"
    copied.set_data("another")
    assert response.get_data() == b"text"


SCRIPT = """
import pickle, sys
from fastflask import Response
if sys.argv[1] == "write":
    response = Response("t\\xe4xt", 404, {"X-A": "1"})
    response.own = [1]
    response.set_cookie("a", "b")
    untouched = Response("untouched")
    sys.stdout.buffer.write(pickle.dumps([response, untouched]))
else:
    response, untouched = pickle.loads(sys.stdin.buffer.read())
    print(response.status, dict(response.headers), response.get_data(), response.own)
    print(untouched.status, dict(untouched.headers), untouched.get_data())
"""


@pytest.mark.parametrize("switches", ["01", "10", "00", "11"])
def test_response_pickled_by_one_implementation_and_read_by_another(switches: str) -> None:
    from conftest import binaries

    if "1" in switches and not binaries():
        pytest.skip("the compiled module was not built")

    def run(action: str, switch: str, data: bytes = b"") -> bytes:
        root = Path(fastflask.__file__).parent.parent
        environ = {**os.environ, "FASTFLASK_SPEEDUPS": switch, "PYTHONPATH": str(root)}
        command = [sys.executable, "-c", SCRIPT, action]
        return subprocess.run(command, input=data, env=environ, stdout=-1, check=True).stdout

    read = run("read", switches[1], run("write", switches[0])).decode()
    assert "404 NOT FOUND" in read and "'Set-Cookie': 'a=b; Path=/'" in read and "[1]" in read
    assert "200 OK {'Content-Type': 'text/html; charset=utf-8', 'Content-Length': '9'}" in read


def test_force_type_keeps_what_the_other_response_has() -> None:
    plain = PlainResponse(["a"], 203, {"X-A": "1"}, content_type="text/x")
    calls: list[int] = []
    plain.call_on_close(lambda: calls.append(1))
    plain.own = 1  # type: ignore[attr-defined]
    forced = Response.force_type(plain)
    assert type(forced) is Response and forced.own == 1  # type: ignore[attr-defined]
    assert forced.headers is plain.headers and forced.response is plain.response
    assert send(forced) == ("203 NON AUTHORITATIVE INFORMATION", *send(plain)[1:])
    assert calls == [1, 1]


def test_force_type_of_our_response_is_the_same_object() -> None:
    class Own(Response):
        pass

    response = Response("x")
    assert Own.force_type(response) is response
    assert type(response) is Own
