"""Malformed input: no crash, and no error of the server that a client can cause.

Flask is asked the same. ``make hostile`` asks for more of it.
"""

from __future__ import annotations

import random
import time
import typing as t

import flask
import pytest
from hostile import TIMES
from hostile.inputs import BODIES, ENVIRON, OBJECTS, READ, SAID, TEXTS, ask, build, make_environ

import fastflask
from fastflask import Flask, request

OLD = build(flask)
NEW = build(fastflask)
#: Places that a client can bring to fail, with Flask as well: what the view reads, and the error.
PARITY = {
    # Werkzeug decodes the host of a URL, and IDNA refuses an empty label.
    *((name, UnicodeError) for name in ("base_url", "host_url", "root_url", "url", "url_root")),
    # The tag of an ``If-Range`` may have a quote in it; only its ``repr`` fails.
    ("if_range", ValueError),
    # Base64 with a byte beyond ASCII is no error of Base64 for Python, so Werkzeug misses it.
    ("authorization", ValueError),
}


def check(environ: dict[str, t.Any], body: bytes = b"") -> str:
    """Ask both for an answer, compare, and return the status of ours."""
    expected, actual = ask(OLD, environ, body), ask(NEW, environ, body)
    if actual != expected and actual[0] == "400 BAD REQUEST":
        assert expected[0] == "500 INTERNAL SERVER ERROR"
        assert is_refused_here(environ, body)
    else:
        assert actual == expected
    if actual[0] == "500 INTERNAL SERVER ERROR":
        assert {(name, error_of(environ, body)) for name in environ["hostile.reads"]} & PARITY
    return str(actual[0])


def is_refused_here(environ: dict[str, t.Any], body: bytes) -> bool:
    """Whether this is one of the two that Flask answers with an error of the server."""
    try:
        environ["QUERY_STRING"].encode("latin-1").decode()
    except UnicodeDecodeError:
        return True
    return body.startswith(b"[" * 1_000)


def error_of(environ: dict[str, t.Any], body: bytes) -> type[Exception]:
    """Return the type of the error behind a 500."""
    NEW.config["PROPAGATE_EXCEPTIONS"] = True
    try:
        kind, error = ask(NEW, environ, body)
    finally:
        NEW.config["PROPAGATE_EXCEPTIONS"] = None
    assert kind == "raised"
    return t.cast("type[Exception]", error)


@pytest.mark.parametrize("place", SAID)
def test_odd_texts_in_every_place(place: str) -> None:
    rnd = random.Random(place)
    for text in TEXTS:
        for names in (["host", "args", "form", "cookies"], *([name] for name in _some(rnd))):
            check({**ENVIRON, place: text, "hostile.reads": names})


def _some(rnd: random.Random) -> list[str]:
    return READ if TIMES > 1 else rnd.sample(READ, 2)


@pytest.mark.parametrize("body", BODIES)
def test_odd_bodies_of_every_type(body: bytes) -> None:
    for text in (text for text in TEXTS if "/" in text):
        length = {"CONTENT_LENGTH": str(len(body)), "REQUEST_METHOD": "POST"}
        for name in ("form", "files", "values", "get_json", "get_data")[:: 1 if TIMES > 1 else 2]:
            check({**ENVIRON, **length, "CONTENT_TYPE": text, "hostile.reads": [name]}, body)


def test_random_requests() -> None:
    rnd = random.Random(1)
    for _ in range(1_500 * TIMES):
        check(*make_environ(rnd))


@pytest.mark.parametrize("place", [*SAID, "SCRIPT_NAME", "REMOTE_ADDR"])
def test_very_long_texts(place: str) -> None:
    reads = ["host", "args", "cookies", "accept_mimetypes", "authorization", "range", "if_match"]
    before = time.process_time()
    for unit in ("a", "\xff", ",", "a=b;", "%", '"')[:: 1 if TIMES > 1 else 3]:
        text = (unit * (1 << 20))[: 1 << 20]
        answer = ask(NEW, {**ENVIRON, place: text, "hostile.reads": reads})
        assert answer[0][:3] in {"200", "308", "400", "404", "405"}
    # Each takes a fraction of it; the check is that none of them takes a square.
    assert time.process_time() - before < 60


@pytest.mark.parametrize("place", [*ENVIRON, "wsgi.input", "wsgi.errors"])
def test_missing_key(place: str) -> None:
    for names in ([], ["url", "host", "args", "form", "access_route", "remote_addr"]):
        environ = {**ENVIRON, "hostile.reads": names}
        environ.pop(place, None)
        expected, actual = ask(OLD, environ), ask(NEW, environ)
        assert actual == expected
        assert still_answers()


@pytest.mark.parametrize(
    "place", [*ENVIRON, *sorted({*SAID} - {*ENVIRON}), "wsgi.input", "wsgi.errors"]
)
def test_wrong_types_end_in_no_worse_than_an_exception(place: str) -> None:
    for value in OBJECTS:
        for name in READ[:: 1 if TIMES > 1 else 16]:
            environ = {**ENVIRON, place: value, "hostile.reads": [name]}
            expected, actual = ask(OLD, environ), ask(NEW, environ)
            if actual != expected:
                # Not the same error, as the value may be looked at in another order or not.
                failures = {"raised", "500 INTERNAL SERVER ERROR"}
                assert failures & {expected[0], actual[0]}, (value, name)
            assert still_answers()


def still_answers() -> bool:
    return ask(NEW, {**ENVIRON, "hostile.reads": []})[0] == "200 OK"


# What Flask gets wrong, and fastflask does not.


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)

    @app.route("/<name>", methods=["GET", "POST"])
    def view(name: str) -> t.Any:
        return repr(getattr(request, name))

    @app.post("/json/<int:silent>/<int:cache>")
    def json(silent: int, cache: int) -> t.Any:
        seen = [request.get_json(silent=bool(silent), cache=bool(cache)) for _ in range(2)]
        return [*seen, request.get_data().decode()[:3]]

    return app


QUERIES = (b"a=\xff", b"\xc3=1", b"a=\xed\xa0\x80", b"a=1&b=\xf4\x90\x80\x80")


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("name", ["args", "values", "full_path"])
def test_query_that_is_not_utf_8_is_a_bad_request(app: Flask, name: str, query: bytes) -> None:
    environ = {"PATH_INFO": f"/{name}", "QUERY_STRING": query.decode("latin-1")}
    answer = app.test_client().get(environ_overrides=environ)
    assert answer.status_code == 400
    assert "utf" not in answer.text

    def handle(error: Exception) -> t.Any:
        return type(error.__cause__).__name__, 418

    app.view_functions["view"] = lambda name: (request.query_string, request.url)[0]
    assert app.test_client().get(environ_overrides=environ).data == query

    later = Flask(__name__)
    later.register_error_handler(400, handle)
    later.add_url_rule("/<name>", view_func=lambda name: repr(getattr(request, name)))
    answer = later.test_client().get(environ_overrides=environ)
    assert (answer.status_code, answer.text) == (418, "UnicodeDecodeError")


DEEP = (b"[" * 100_000, b'{"a":' * 100_000, b"[" * 100_000 + b"]" * 100_000)


@pytest.mark.parametrize("body", DEEP, ids=["[", "{", "[]"])
@pytest.mark.parametrize("cache", [0, 1])
def test_json_nested_too_deeply_is_a_bad_request(app: Flask, body: bytes, cache: int) -> None:
    client = app.test_client()
    options: dict[str, t.Any] = {"data": body, "content_type": "application/json"}
    answer = client.post(f"/json/0/{cache}", **options)
    assert answer.status_code == 400 and "nested" not in answer.text
    assert client.post("/json", **options).status_code == 400
    # Silent, it is nothing, and the body is as readable as after any other JSON.
    read = client.post(f"/json/1/{cache}", **options)
    broken = client.post(f"/json/1/{cache}", data=b"[[[x", content_type="application/json")
    assert (read.status_code, read.data[:11]) == (broken.status_code, broken.data[:11])

    app.debug = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert "JSON is nested too deeply" in client.post(f"/json/0/{cache}", **options).text


def test_json_nested_too_deeply_for_a_request_of_its_own(app: Flask) -> None:
    failures = []

    class Request(fastflask.Request):
        def on_json_loading_failed(self, e: ValueError | None) -> t.Any:
            failures.append(type(e))
            return "instead"

    app.request_class = Request
    options: dict[str, t.Any] = {"data": DEEP[0], "content_type": "application/json"}
    assert app.test_client().post("/json/0/1", **options).json == ["instead", "instead", "[[["]
    assert failures == [ValueError]


def test_recursion_of_the_applications_own_is_no_bad_request(app: Flask) -> None:
    def loop(name: str) -> t.Any:
        return loop(name)

    app.view_functions["view"] = loop
    app.logger.disabled = True
    assert app.test_client().post("/x", json=[]).status_code == 500
    app.logger.disabled = False
