"""What a server gets of a response: headers, body and closing."""

from __future__ import annotations

import io

import pytest
from exchanges import Exchange, environ_for, make_app, respond
from werkzeug.wsgi import FileWrapper

import fastflask
from fastflask import Response, g, request, session

# Headers on the wire


@pytest.mark.parametrize(
    ("location", "sent"),
    [
        ("/é?q=ü#ñ", "/%C3%A9?q=%C3%BC#%C3%B1"),
        ("relative", "relative"),
        ("//other/x", "//other/x"),
        ("http://bücher.example/a b", "http://xn--bcher-kva.example/a%20b"),
    ],
)
@pytest.mark.parametrize("name", ["Location", "Content-Location"])
def test_location_is_made_a_uri_and_stays_relative(name, location, sent):  # W-01
    assert respond(("b", {name: location})).headers[name] == sent


def test_location_is_made_absolute_on_request():  # W-01
    class Absolute(Response):
        autocorrect_location_header = True

    exchange = respond(lambda: Absolute(headers={"Location": "b"}), path="/a/x", query_string="q")
    assert exchange.headers["Location"] == "http://localhost/a/b"


@pytest.mark.parametrize("status", [100, 199, 204])
def test_status_without_a_body_has_no_length(status):  # W-02, W-03
    exchange = respond(("b", status))
    assert "Content-Length" not in exchange.headers
    assert exchange.read() == b""


def test_not_modified_loses_its_entity_headers():  # W-02
    given = {"Content-Location": "/l", "Expires": "e", "Last-Modified": "l", "ETag": '"e"'}
    headers = respond(("b", 304, {**given, "Content-Encoding": "gzip", "Allow": "GET"})).headers
    assert dict(headers) == {"Content-Location": "/l", "Expires": "e", "ETag": '"e"'}


@pytest.mark.parametrize(
    ("body", "length"),
    [([b"a", b"bc"], "3"), ((b"a",), "1"), ([], "0"), (iter([b"a"]), None), ({b"a": 1}, None)],
)
def test_length_is_computed_for_lists_and_tuples(body, length):  # W-03
    assert respond(lambda: Response(body)).headers.get("Content-Length") == length


def test_length_is_not_computed_against_the_will():  # W-03
    class Silent(Response):
        automatically_set_content_length = False

    assert "Content-Length" not in respond(lambda: Silent([b"a"])).headers
    given = Response([b"a"], headers={"Content-Length": "9"})
    assert respond(lambda: given).headers["Content-Length"] == "9"


def test_head_has_the_headers_of_get():  # W-04
    app = make_app(lambda **_: ("body", {"X-A": "1"}))
    get, head = (Exchange(app, environ_for(method=method)) for method in ("GET", "HEAD"))
    assert head.starts == get.starts
    assert head.headers["Content-Length"] == "4"
    assert (get.read(), head.read()) == (b"body", b"")


def test_start_response_gets_plain_fresh_values_once():  # W-05
    class Text(str):
        pass

    own = Response("b", 200, {Text("X-A"): Text("v")})
    first, second = respond(lambda: own), respond(lambda: own)
    ((status, headers),) = first.starts
    assert type(status) is str
    assert type(headers) is list
    assert {type(pair) for pair in headers} == {tuple}
    assert {len(pair) for pair in headers} == {2}
    assert headers == second.starts[0][1]
    assert headers is not second.starts[0][1]


def test_start_response_is_called_before_the_first_item():  # W-05, K-03
    def body():
        made.append("item")
        yield "a"

    made = []
    exchange = respond(lambda: Response(body()))
    assert len(exchange.starts) == 1
    assert made == []
    assert exchange.read() == b"a"


def test_sending_leaves_the_response_alone():  # W-06
    own = Response([b"b"], 201, {"Location": "/é", "X-A": "1"})
    before = list(own.headers)
    exchange = respond(lambda: own)
    assert exchange.headers["Location"] == "/%C3%A9"
    assert list(own.headers) == before


def test_nothing_is_added_to_the_headers():  # W-07
    assert respond("b").starts == [
        ("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", "1")])
    ]


def test_redirect_page_escapes_its_target():  # W-08
    exchange = respond(lambda: fastflask.redirect("/?a=<script>&b=\"'"))
    body = exchange.read()
    assert exchange.status == "302 FOUND"
    assert b"<script>" not in body
    assert b"&lt;script&gt;" in body


# Body and closing


class Body:
    """An iterable that notes what is done to it."""

    def __init__(self, log):
        self.log = log
        self.items = iter([b"a", b"b"])

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.items)

    def close(self):
        self.log.append("body closed")


def closing_response(log, **kwargs):
    response = Response(Body(log), **kwargs)
    response.call_on_close(lambda: log.append("callback 1"))
    response.call_on_close(lambda: log.append("callback 2"))
    return response


@pytest.mark.parametrize("reads", [0, 1, 3])
def test_close_ends_the_body_then_the_callbacks(reads):  # K-01
    log = []
    exchange = respond(lambda: closing_response(log))
    items = iter(exchange.body)
    for _ in range(reads):
        next(items, None)
    assert log == []
    exchange.body.close()
    assert log == ["body closed", "callback 1", "callback 2"]


@pytest.mark.parametrize("options", [{"method": "HEAD"}, {"status": 304}, {"status": 204}])
def test_close_ends_a_body_that_is_not_sent(options):  # K-01
    log = []
    status = options.pop("status", 200)
    exchange = respond(lambda: closing_response(log, status=status), **options)
    assert exchange.read() == b""
    assert log == ["body closed", "callback 1", "callback 2"]


def test_passed_through_body_reaches_the_server_unwrapped():  # K-02
    log = []
    wrapper = FileWrapper(io.BytesIO(b"abc"))
    response = Response(wrapper, direct_passthrough=True)
    response.call_on_close(lambda: log.append("callback"))
    exchange = respond(lambda: response)
    assert exchange.body is wrapper
    assert exchange.read() == b"abc"
    assert log == []


def test_passed_through_body_is_closed_if_not_sent():  # K-02
    log = []
    response = closing_response(log, direct_passthrough=True)
    exchange = respond(lambda: response, method="HEAD")
    assert exchange.body is not response.response
    assert exchange.read() == b""
    assert log == ["body closed", "callback 1", "callback 2"]


def test_generator_is_lazy():  # K-03
    def body():
        for part in ("a", "é"):
            made.append(part)
            yield part

    made = []
    items = iter(respond(lambda: body()).body)
    assert next(items) == b"a"
    assert made == ["a"]
    assert next(items) == "é".encode()
    with pytest.raises(StopIteration):
        next(items)


def test_error_in_the_generator_reaches_the_server():  # K-04
    def body():
        yield "a"
        seen.append(bool(request))
        raise LookupError("late")

    seen = []
    items = iter(respond(lambda: body()).body)
    next(items)
    with pytest.raises(LookupError, match="late"):
        next(items)
    assert seen == [False]


def test_close_reaches_the_generator_and_may_be_repeated():  # K-05
    def body():
        try:
            yield "a"
            yield "b"
        except GeneratorExit:
            seen.append("exit")
            raise

    seen = []
    exchange = respond(lambda: body())
    next(iter(exchange.body))
    exchange.body.close()
    exchange.body.close()
    assert seen == ["exit"]


def test_context_is_gone_before_the_body_is_read():  # K-06
    order = []

    def body():
        order.append(("body", bool(request), bool(g)))
        yield "a"

    app = make_app(lambda **_: body())
    app.teardown_request(lambda error: order.append("teardown"))
    exchange = Exchange(app, environ_for())
    exchange.read()
    assert order == ["teardown", ("body", False, False)]


def test_context_stays_for_a_body_streamed_with_it():  # K-06
    def body():
        yield request.path
        yield str(session.get("a"))

    app = make_app(lambda **_: fastflask.stream_with_context(body()))
    exchange = Exchange(app, environ_for("/p"))
    assert exchange.read() == b"/pNone"
    assert not request
