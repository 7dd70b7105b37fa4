"""From the result of a view to a response."""

from __future__ import annotations

import http
import json
import operator

import pytest
from exchanges import make_app, respond
from markupsafe import Markup
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response as BaseResponse

from fastflask import Flask, Response


@pytest.mark.parametrize(
    ("value", "status", "header"),
    [
        (("b", 201), "201 CREATED", None),
        (("b", "299 Fine, thanks"), "299 Fine, thanks", None),
        (("b", http.HTTPStatus.ACCEPTED), "202 ACCEPTED", None),
        (("b", 299), "299 UNKNOWN", None),
        (("b", "204"), "204 NO CONTENT", None),
        (("b", {"X-A": "1"}), "200 OK", "1"),
        (("b", [("X-A", "1")]), "200 OK", "1"),
        (("b", (("X-A", "1"),)), "200 OK", "1"),
        (("b", Headers({"X-A": "1"})), "200 OK", "1"),
        (("b", 202, {"X-A": 5}), "202 ACCEPTED", "5"),
        (("b", None, {"X-A": "1"}), "200 OK", "1"),
    ],
)
def test_tuple_gives_status_and_headers(value, status, header):  # M-01, M-06, M-08
    exchange = respond(value)
    assert exchange.status == status
    assert exchange.headers.get("X-A") == header


@pytest.mark.parametrize("value", [(), ("b",), ("b", 200, {}, "extra")])
def test_tuple_of_another_length_is_refused(value):  # M-01
    app = make_app(lambda **_: value, TESTING=True)
    with pytest.raises(TypeError, match=r"\(body, status, headers\), \(body, status\), or"):
        app.test_client().get("/")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "The view function for 'view' did not return a valid response. The function either"
         " returned None or ended without a return statement."),
        ((None, 200), "The view function for 'view' did not return a valid response"),
        (5, "The view function did not return a valid response. The return type must be a string,"
         " dict, list, tuple with headers or status, Response instance, or WSGI callable, but it"
         " was a int."),
        ({1}, "but it was a set."),
        (object(), "but it was a object."),
    ],
)  # fmt: skip
def test_value_that_is_no_body_is_refused(value, text):  # M-02
    with pytest.raises(TypeError) as caught:
        make_app(lambda **_: value, TESTING=True).test_client().get("/")
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("value", "body"),
    [
        ("é", "é".encode()),
        (Markup("<b>"), b"<b>"),
        (b"\xff", b"\xff"),
        (bytearray(b"ab"), b"ab"),
        ("", b""),
    ],
)
def test_text_and_bytes_become_html(value, body):  # M-03, M-09
    exchange = respond(value)
    assert exchange.headers["Content-Type"] == "text/html; charset=utf-8"
    assert exchange.headers["Content-Length"] == str(len(body))
    assert exchange.read() == body


def test_iterator_becomes_a_stream():  # M-03
    exchange = respond(lambda: (part for part in ["a", b"b", "é"]))
    assert "Content-Length" not in exchange.headers
    assert list(exchange.body) == [b"a", b"b", "é".encode()]


def test_dict_and_list_go_through_the_provider():  # M-03, G-09
    class Shouting(Flask.json_provider_class):
        def dumps(self, obj, **kwargs):
            return super().dumps(obj, **kwargs).upper()

    class Special(dict):
        pass

    for value in ({"a": 1}, Special(a=1), ["a"]):
        app = make_app(lambda value=value, **_: value)
        app.json = Shouting(app)
        response = app.test_client().get("/")
        assert response.mimetype == "application/json"
        assert response.text == json.dumps(value, separators=(",", ":")).upper() + "\n"


def test_response_is_used_as_it_is():  # M-04
    own = Response("x")
    seen = []
    app = make_app(lambda **_: (own, 201))

    @app.after_request
    def after(response):
        seen.append(response)
        return response

    assert app.test_client().get("/").status_code == 201
    assert seen[0] is own


def test_other_responses_and_wsgi_callables_are_coerced():  # M-04
    def wsgi(environ, start_response):
        start_response("202 Taken", [("X-Path", environ["PATH_INFO"])])
        return [b"w"]

    seen = []
    for value in (BaseResponse("w", 202, {"X-Path": "/p"}), wsgi):
        app = make_app(lambda value=value, **_: value)
        app.after_request(lambda response: seen.append(type(response)) or response)
        response = app.test_client().get("/p")
        assert (response.status_code, response.data) == (202, b"w")
        assert response.headers["X-Path"] == "/p"
    assert seen == [Response, Response]


def test_given_headers_replace_those_of_the_response():  # M-05
    assert respond(("b", {"content-type": "text/x"})).headers["Content-Type"] == "text/x"
    own = Response("b", headers=[("X-A", "1"), ("X-A", "2"), ("X-B", "1")])
    headers = respond((own, {"X-A": "3", "X-C": ["4", "5"]})).headers
    assert headers.getlist("X-A") == ["3"]
    assert headers.getlist("X-B") == ["1"]
    assert headers.getlist("X-C") == ["4", "5"]


def test_empty_status_is_refused():  # M-06
    with pytest.raises(ValueError, match="Empty status argument"):
        make_app(lambda **_: ("b", ""), TESTING=True).test_client().get("/")


@pytest.mark.parametrize("value", ["a\r\nX-B: 1", "a\n", "\ra"])
@pytest.mark.parametrize(
    "assign",
    [
        lambda value: ("b", {"X-A": value}),
        lambda value: ("b", 200, [("X-A", value)]),
        lambda value: (Response("b"), {"X-A": [value]}),
        lambda value: Response("b", headers={"X-A": value}),
        lambda value: operator.setitem(Response().headers, "X-A", value),
        lambda value: Response().headers.add("X-A", value),
        lambda value: Response().headers.set("X-A", "b", filename=value),
        lambda value: Response().headers.update({"X-A": value}),
        lambda value: Response().headers.extend({"X-A": [value]}),
        lambda value: Response().headers.setdefault("X-A", value),
        lambda value: Response(content_type=value),
        lambda value: setattr(Response(), "location", value),
        lambda value: setattr(Response(), "content_type", value),
    ],
)
def test_line_break_in_a_header_value_is_refused(assign, value):  # M-07
    with pytest.raises(ValueError):
        make_app(lambda **_: assign(value), TESTING=True).test_client().get("/")


def test_header_order_is_that_of_insertion():  # M-08
    def make():
        response = Response("b")
        response.headers["X-A"] = 1
        response.headers["X-B"] = 2
        response.headers["X-A"] = 3
        response.headers["content-type"] = "text/x"
        return response

    assert respond(make).starts[0][1] == [
        ("content-type", "text/x"),
        ("Content-Length", "1"),
        ("X-A", "3"),
        ("X-B", "2"),
    ]


def test_length_follows_the_body():  # M-09
    def make():
        response = Response("abc")
        response.data = "éé"
        return response

    def make_stream():
        response = Response("abc")
        response.response = iter([b"x", b"y"])
        return response

    assert respond(make).headers["Content-Length"] == "4"
    # Only `data` and `set_data` know what they replace.
    assert respond(make_stream).headers["Content-Length"] == "3"
