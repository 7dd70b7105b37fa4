"""Requests as a server sees them: from the environ to the closing of the body."""

from __future__ import annotations

import http
import io
import json
import operator

import pytest
from markupsafe import Markup
from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequest, BadRequestKeyError
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request as BaseRequest
from werkzeug.wrappers import Response as BaseResponse
from werkzeug.wsgi import FileWrapper

import fastflask
from fastflask import Blueprint, Flask, Response, g, request, session

METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]


class Exchange:
    """One raw WSGI call. ``starts`` has what came to ``start_response``."""

    def __init__(self, app, environ):
        self.starts = []
        self.body = app(environ, self.start_response)

    def start_response(self, status, headers, exc_info=None):
        self.starts.append((status, headers))

    @property
    def status(self):
        ((status, _),) = self.starts
        return status

    @property
    def headers(self):
        ((_, headers),) = self.starts
        return Headers(headers)

    def read(self):
        try:
            return b"".join(self.body)
        finally:
            getattr(self.body, "close", bool)()


def environ_for(path="/", changes=(), without=(), **options):
    """The environ of a request, with some keys changed and some taken out."""
    environ = EnvironBuilder(path, **options).get_environ()
    environ.update(changes)
    for key in without:
        del environ[key]
    return environ


def make_app(view=lambda **_: "x", **config):
    """An application whose paths all lead to one view."""
    app = Flask(__name__, static_folder=None)
    app.config.update(config)
    app.add_url_rule("/", "view", view, methods=METHODS)
    app.add_url_rule("/<path:rest>", "view", view, methods=METHODS)
    return app


def ask(question, path="/", *, config=(), **options):
    """The answer to a question asked in a view, and the status."""

    def view(**_):
        answers.append(question())
        return "x"

    answers = []
    app = make_app(view, **dict(config))
    exchange = Exchange(app, environ_for(path, **options))
    exchange.read()
    return (answers or [None])[0], exchange.status[:3]


def answer(question, path="/", **options):
    value, status = ask(question, path, **options)
    assert status == "200"
    return value


def respond(value, **options):
    """The exchange for a view that returns a value, or makes it if it is a function."""
    make = value if callable(value) and not isinstance(value, type) else lambda: value
    return Exchange(make_app(lambda **_: make()), environ_for(**options))


# Environ


@pytest.mark.parametrize(
    "key",
    "PATH_INFO SCRIPT_NAME QUERY_STRING REMOTE_ADDR SERVER_NAME SERVER_PORT SERVER_PROTOCOL"
    " HTTP_HOST wsgi.input wsgi.errors".split(),
)
def test_missing_key_does_not_fail_the_request(key):  # E-01
    environ = environ_for(changes={"REMOTE_ADDR": "::1", "HTTP_HOST": "h"}, without=[key])
    app = make_app(lambda **_: f"{request.remote_addr} {request.host} {len(request.args)}")
    exchange = Exchange(app, environ)
    exchange.read()
    assert exchange.status == "200 OK"


def test_smallest_environ_is_answered():  # E-01
    environ = {"REQUEST_METHOD": "GET", "wsgi.url_scheme": "http", "PATH_INFO": "/"}
    exchange = Exchange(make_app(), environ)
    assert (exchange.status, exchange.read()) == ("200 OK", b"x")


@pytest.mark.parametrize("key", ["REQUEST_METHOD", "wsgi.url_scheme"])
def test_missing_method_or_scheme_escapes_before_any_context(key):  # E-02, C-12
    app = make_app()
    pushed = []

    def receive(sender):
        pushed.append(sender)

    app.teardown_appcontext(pushed.append)
    with fastflask.appcontext_pushed.connected_to(receive, app):
        with pytest.raises(KeyError, match=key):
            Exchange(app, environ_for(without=[key]))
    assert pushed == []


@pytest.mark.parametrize("key", ["PATH_INFO", "SCRIPT_NAME", "QUERY_STRING"])
def test_text_beyond_latin_1_escapes(key):  # E-03
    with pytest.raises(UnicodeEncodeError):
        Exchange(make_app(), environ_for(changes={key: "/\u20ac"}))


def test_path_bytes_that_are_no_utf_8_are_replaced():  # E-03
    path = answer(lambda: request.path, changes={"PATH_INFO": "/\xff/\xc3\xa9"})
    assert path == "/\ufffd/é"


def test_method_is_upper_cased():  # E-04
    assert answer(lambda: request.method, changes={"REQUEST_METHOD": "post"}) == "POST"


@pytest.mark.parametrize("method", ["", "BREW", "GETS", "G" * 9000, "GET ", "gét"])
def test_unknown_method_is_405_where_the_path_exists(method):  # E-04
    app = Flask(__name__)
    app.add_url_rule("/", "view", lambda: "x")
    for path, status in {"/": "405", "/missing": "404"}.items():
        exchange = Exchange(app, environ_for(path, changes={"REQUEST_METHOD": method}))
        assert exchange.status[:3] == status
        if status == "405":
            assert set(exchange.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    ("raw", "path"), [("/", "/"), ("//", "/"), ("///a", "/a"), ("a/b", "/a/b"), ("//a/", "/a/")]
)
def test_path_begins_with_one_slash(raw, path):  # E-05
    assert answer(lambda: request.path, changes={"PATH_INFO": raw}) == path


@pytest.mark.parametrize(("raw", "root"), [("", ""), ("/", ""), ("/a//", "/a"), ("/a/b", "/a/b")])
def test_root_path_has_no_trailing_slash(raw, root):  # E-05
    assert answer(lambda: request.root_path, changes={"SCRIPT_NAME": raw}) == root


def test_environ_holds_the_request_until_the_end():  # E-06
    held = []
    environ = environ_for()
    app = make_app(lambda **_: held.append(request.environ["werkzeug.request"]) or "x")
    app.teardown_request(lambda error: held.append(request.environ["werkzeug.request"]))
    Exchange(app, environ).read()
    assert type(held[0]) is app.request_class and held[0] is held[1]
    assert environ["werkzeug.request"] is None


def test_headers_are_read_from_the_live_environ():  # E-07
    def question():
        headers = request.headers
        before = headers["x-two-words"], "X_Two_Words" in headers, headers.get("New")
        request.environ["HTTP_NEW"] = "later"
        return before, headers["NEW"], headers["Content-Type"], headers["content-length"]

    found = answer(
        question, method="POST", data=b"abc", content_type="a/b", headers={"X-Two-Words": "v"}
    )
    assert found == (("v", True, None), "later", "a/b", "3")


def test_query_keeps_order_duplicates_blanks_and_bad_escapes():  # E-08
    query = "a=%zz&b=%ff%e9&a=&d&=e&f=1;g=2&h=x+y%20z&a=%C3%A9"
    pairs = answer(lambda: list(request.args.items(multi=True)), changes={"QUERY_STRING": query})
    assert sorted(pairs, key=lambda pair: pair[0]) == [
        ("", "e"),
        ("a", "%zz"),
        ("a", ""),
        ("a", "é"),
        ("b", "%FF%E9"),
        ("d", ""),
        ("f", "1;g=2"),
        ("h", "x y z"),
    ]


def test_query_with_a_raw_byte_that_is_no_utf_8_is_a_bad_request():  # E-08
    assert ask(lambda: request.args, changes={"QUERY_STRING": "a=\xff"}) == (None, "400")


def test_urls_are_quoted_like_those_of_werkzeug_for_every_byte():  # E-09
    def attempt(req):
        found = []
        for name in ("path", "full_path", "url", "base_url", "root_url", "query_string"):
            try:
                found.append(getattr(req, name))
            except (UnicodeDecodeError, BadRequest):
                found.append("no UTF-8")
        return found

    app = make_app()
    app.before_request(lambda: found.append(attempt(request)))
    for byte in range(256):
        found = []
        char = chr(byte)
        changes = {
            "PATH_INFO": f"/a{char}",
            "QUERY_STRING": f"q={char}",
            "SCRIPT_NAME": f"/s{char}",
            "HTTP_HOST": "h",
        }
        Exchange(app, environ_for(changes=changes)).read()
        assert found == [attempt(BaseRequest(environ_for(changes=changes)))], byte


def test_forwarded_headers_change_nothing_but_the_route():  # E-10
    def question():
        return request.url, request.remote_addr, request.is_secure, list(request.access_route)

    headers = {
        "X-Forwarded-For": "6.6.6.6, 7.7.7.7",
        "X-Forwarded-Host": "evil",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/evil",
        "X-Forwarded-Port": "1",
    }
    found = answer(question, headers=headers, changes={"REMOTE_ADDR": "1.1.1.1"})
    assert found == ("http://localhost/", "1.1.1.1", False, ["6.6.6.6", "7.7.7.7"])


# Before the view


def nested_blueprints(app, **registered):
    """Blueprints one inside the other, with one function each for the registries named."""
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    for name, make in registered.items():
        for owner, tag in ((app, "app"), (outer, "outer"), (inner, "inner")):
            getattr(owner, name)(make(f"{tag} 1"))
            getattr(owner, name)(make(f"{tag} 2"))
    inner.add_url_rule("/nested", "view", lambda **_: "nested")
    outer.register_blueprint(inner)
    app.register_blueprint(outer)


def test_hooks_before_the_view_run_from_the_outside_in():  # B-01
    def make_preprocessor(tag):
        return lambda endpoint, values: order.append(f"values {tag} {endpoint}")

    def make_before(tag):
        return lambda: order.append(f"before {tag}")

    def receive(sender):
        order.append("started")

    order = []
    app = make_app()
    nested_blueprints(app, url_value_preprocessor=make_preprocessor, before_request=make_before)
    with fastflask.request_started.connected_to(receive, app):
        app.test_client().get("/nested")
    tags = ["app 1", "app 2", "outer 1", "outer 2", "inner 1", "inner 2"]
    assert order == [
        "started",
        *(f"values {tag} outer.inner.view" for tag in tags),
        *(f"before {tag}" for tag in tags),
    ]


def test_value_preprocessor_changes_the_view_arguments():  # B-01
    app = Flask(__name__)
    app.add_url_rule("/<lang>/<page>", "view", lambda page: f"{g.lang} {page}")

    @app.url_value_preprocessor
    def take(endpoint, values):
        g.lang = values.pop("lang")

    assert app.test_client().get("/en/a").text == "en a"


def test_first_answer_before_the_view_ends_the_chain():  # B-02
    calls = []
    app = make_app(lambda **_: calls.append("view") or "view")
    app.before_request(lambda: calls.append("first"))
    app.before_request(lambda: "")
    app.before_request(lambda: calls.append("third"))

    @app.after_request
    def after(response):
        calls.append("after")
        return response

    assert app.test_client().get("/").data == b""
    assert calls == ["first", "after"]


@pytest.mark.parametrize("register", ["before_request", "url_value_preprocessor"])
def test_error_before_the_view_is_handled_like_one_in_it(register):  # B-03
    def fail(*args):
        raise LookupError("early")

    app = make_app()
    getattr(app, register)(fail)
    app.register_error_handler(LookupError, lambda error: (f"handled {error}", 418))
    response = app.test_client().get("/")
    assert (response.status_code, response.text) == (418, "handled early")


def test_view_arguments_are_passed_by_keyword():  # B-04
    app = Flask(__name__)
    app.add_url_rule("/<a>/<int:b>", "view", lambda *, b, a, c: f"{a} {b} {c}", defaults={"c": 3})
    assert app.test_client().get("/x/2").text == "x 2 3"


# Body


def read_body():
    return request.content_length, request.get_data()


@pytest.mark.parametrize(
    ("value", "length"),
    [("5", 5), (" 5 ", 5), ("05", 5)]
    + [(bad, 0) for bad in ("+5", "-5", "0x5", "5,5", "5 5", "5.0", "1_0", "", "\u0665", "\xb2")],
)
def test_content_length_is_plain_digits(value, length):  # D-01
    found = answer(read_body, method="POST", data=b"0123456789", changes={"CONTENT_LENGTH": value})
    assert found == (length, b"0123456789"[:length])


def test_body_is_empty_without_a_length():  # D-01
    found = answer(read_body, method="POST", data=b"0123", without=["CONTENT_LENGTH"])
    assert found == (None, b"")


@pytest.mark.parametrize(("terminated", "data"), [(False, b""), (True, b"0123")])
def test_chunked_body_needs_the_servers_word(terminated, data):  # D-02
    changes = {"HTTP_TRANSFER_ENCODING": "chunked"}
    if terminated:
        changes["wsgi.input_terminated"] = True
    assert answer(read_body, method="POST", data=b"0123", changes=changes) == (None, data)


def test_chunked_body_is_bounded_by_the_limit():  # D-02, D-03
    def question():
        parts.append(request.stream.read())
        parts.append(request.stream.read(1))

    changes = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    sent = {"method": "POST", "data": b"0123", "changes": changes}
    parts = []
    assert ask(question, config={"MAX_CONTENT_LENGTH": 5}, **sent)[1] == "200"
    assert parts == [b"0123", b""]
    parts = []
    assert ask(question, config={"MAX_CONTENT_LENGTH": 3}, **sent)[1] == "413"
    assert parts == [b"012"]


def test_declared_length_is_checked_on_first_use_only():  # D-03
    config = {"MAX_CONTENT_LENGTH": 3}
    for use in (read_body, lambda: request.stream, lambda: request.form):
        found = ask(use, config=config, method="POST", data={"a": "0123"})
        assert found[1] == "413"
    assert ask(lambda: 1, config=config, method="POST", data=b"0123") == (1, "200")


@pytest.mark.parametrize(("override", "status"), [(2, "413"), (9, "200"), (None, "413")])
def test_limit_set_on_the_request_wins(override, status):  # D-03
    def question():
        request.max_content_length = override
        return request.get_data()

    config = {"MAX_CONTENT_LENGTH": 3}
    assert ask(question, config=config, method="POST", data=b"0123")[1] == status


def multipart(*parts):
    """A body of (headers, content) parts, and the options to send it."""
    data = b"".join(b"--b\r\n%s\r\n\r\n%s\r\n" % part for part in parts) + b"--b--\r\n"
    return {"method": "POST", "data": data, "content_type": "multipart/form-data; boundary=b"}


FIELD = b'Content-Disposition: form-data; name="%s"'
FILE = b'Content-Disposition: form-data; name="%s"; filename="f"'


def read_form():
    files = [(key, file.read()) for key, file in request.files.items(multi=True)]
    return list(request.form.items(multi=True)), files


def request_data_length():
    return len(request.get_data())


def test_memory_limit_is_for_fields_of_multipart_bodies():  # D-04
    big = b"x" * 200_000
    config = {"MAX_FORM_MEMORY_SIZE": 150_000}
    field, file = multipart((FIELD % b"a", big)), multipart((FILE % b"a", big))
    assert ask(read_form, config=config, **field)[1] == "413"
    assert answer(read_form, config={"MAX_FORM_MEMORY_SIZE": None}, **field)[0][0][0] == "a"
    assert answer(read_form, config=config, **file) == ([], [("a", big)])
    assert answer(request_data_length, config=config, **field) > len(big)
    encoded = {"method": "POST", "data": {"a": big.decode()}}
    assert answer(read_form, config=config, **encoded) == ([("a", big.decode())], [])


def test_memory_limit_bounds_the_headers_of_a_part():  # D-04
    endless = multipart((b"X: " + b"x" * 200_000, b""))
    assert ask(read_form, config={"MAX_FORM_MEMORY_SIZE": 150_000}, **endless)[1] == "413"


def test_parts_limit_counts_fields_and_files():  # D-04
    sent = multipart((FIELD % b"a", b"1"), (FILE % b"b", b"2"))
    found = answer(read_form, config={"MAX_FORM_PARTS": 2}, **sent)
    assert found == ([("a", "1")], [("b", b"2")])
    assert ask(read_form, config={"MAX_FORM_PARTS": 1}, **sent)[1] == "413"


class BrokenInput(io.RawIOBase):
    def __init__(self, error):
        self.error = error

    def readable(self):
        return True

    def readinto(self, buffer):
        raise self.error


def test_short_body_is_a_bad_request():  # D-05
    changes = {"CONTENT_LENGTH": "9"}
    assert ask(read_body, method="POST", data=b"0123", changes=changes)[1] == "400"


@pytest.mark.parametrize("error", [OSError("gone"), ValueError("closed")])
def test_failing_input_is_a_bad_request(error):  # D-05
    changes = {"CONTENT_LENGTH": "9", "wsgi.input": BrokenInput(error)}
    assert ask(read_body, method="POST", changes=changes)[1] == "400"


def test_body_is_left_alone_unless_asked_for():  # D-06
    changes = {"CONTENT_LENGTH": "9", "wsgi.input": BrokenInput(AssertionError("read"))}
    found = answer(
        lambda: (request.args, request.headers, request.content_length, request.is_json),
        method="POST",
        changes=changes,
    )
    assert found[2] == 9


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        ("multipart/form-data", multipart((FIELD % b"a", b"1"))["data"]),
        ("multipart/form-data; boundary=\xe9", multipart((FIELD % b"a", b"1"))["data"]),
        ("multipart/form-data; boundary=b", multipart((FIELD % b"a", b"1"))["data"][:-12]),
        ("multipart/form-data; boundary=b", multipart((b"nonsense", b"1"))["data"]),
        ("multipart/form-data; boundary=b", b""),
        ("application/x-url-encoded", b"a=1"),
        ("text/plain", b"a=1"),
        ("", b"a=1"),
    ],
)
def test_malformed_form_is_empty(content_type, data):  # D-07
    found = answer(read_form, method="POST", data=data, content_type=content_type)
    assert found == ([], [])


def test_part_without_a_name_has_the_key_none():  # D-07
    unnamed = b"Content-Disposition: form-data"
    sent = multipart((unnamed, b"1"), (unnamed + b"; filename=f", b"2"))
    assert answer(read_form, **sent) == ([(None, "1")], [(None, b"2")])


def test_order_of_reading_data_and_form():  # D-08
    def data_first():
        return request.get_data(), dict(request.form)

    def form_first():
        return dict(request.form), request.get_data(), request.data

    sent = {"method": "POST", "data": {"a": "1"}}
    assert answer(data_first, **sent) == (b"a=1", {"a": "1"})
    assert answer(form_first, **sent) == ({"a": "1"}, b"", b"")
    assert answer(lambda: (request.data, dict(request.form)), **sent) == (b"", {"a": "1"})


@pytest.mark.parametrize("source", ["args", "form", "files"])
@pytest.mark.parametrize("config", [{}, {"DEBUG": True}, {"TRAP_BAD_REQUEST_ERRORS": True}])
def test_missing_key_is_a_bad_request_that_names_it_in_debug(source, config):  # D-09
    app = make_app(lambda **_: getattr(request, source)["no_such_key"], **config)
    app.register_error_handler(BadRequestKeyError, lambda error: (error.description, error.code))
    exchange = Exchange(app, environ_for(method="POST", data={"a": "1"}))
    assert exchange.status == "400 BAD REQUEST"
    assert (b"'no_such_key'" in exchange.read()) is bool(config)


def test_field_in_place_of_a_file_is_explained_in_debug():  # D-10
    app = make_app(lambda **_: request.files["a"].filename, DEBUG=True)
    with pytest.raises(KeyError, match="multipart/form-data"):
        Exchange(app, environ_for(method="POST", data={"a": "name.txt"}))
    app = make_app(lambda **_: request.files["a"].filename)
    assert app.test_client().post("/", data={"a": "name.txt"}).status_code == 400


def test_values_join_query_and_form():  # D-11
    def question():
        return list(request.values.items(multi=True))

    sent = {"query_string": "a=1&b=2", "data": {"a": "3"}}
    found = answer(question, method="POST", **sent)
    assert sorted(found) == [("a", "1"), ("a", "3"), ("b", "2")]
    assert answer(lambda: request.values["a"], method="POST", **sent) == "1"
    sent["content_type"] = "application/x-www-form-urlencoded"
    assert answer(question, method="GET", **sent) == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize(("size", "spooled"), [(10, False), (600_000, True)])
def test_uploads_are_closed_at_the_end_and_large_ones_spooled(size, spooled):  # D-12
    def view(**_):
        upload = request.files["a"]
        # A temporary file has a name, what is kept in memory has none.
        kept.append((upload.stream, upload.stream.name is not None, upload.stream.closed))
        return str(len(upload.read()))

    kept = []
    exchange = Exchange(make_app(view), environ_for(**multipart((FILE % b"a", b"x" * size))))
    ((stream, has_name, closed_early),) = kept
    assert exchange.read() == str(size).encode()
    assert has_name is spooled
    assert not closed_early
    assert stream.closed


@pytest.mark.parametrize("content_type", ["application/json", "application/a+json; charset=x"])
def test_json_needs_a_json_content_type(content_type):  # D-13
    sent = {"method": "POST", "data": b"[1]"}
    assert answer(lambda: (request.is_json, request.json), content_type=content_type, **sent) == (
        True,
        [1],
    )
    for other in ("text/json", "application/jsonp", "text/a+json", ""):
        assert ask(lambda: request.json, content_type=other, **sent) == (None, "415")
        assert answer(lambda: request.get_json(silent=True), content_type=other, **sent) is None
        assert answer(lambda: request.get_json(force=True), content_type=other, **sent) == [1]


def test_json_is_cached_by_how_it_was_read():  # D-13
    def question():
        first = request.get_json()
        fresh = request.get_json(cache=False)
        return first is request.json, first is fresh, fresh

    assert answer(question, method="POST", json=[1]) == (True, False, [1])

    def silent_first():
        silent = request.get_json(silent=True)
        try:
            request.get_json()
        except BadRequest:
            return silent, request.get_json(silent=True), "raised"

    sent = {"method": "POST", "data": b"{", "content_type": "application/json"}
    assert answer(silent_first, **sent) == (None, None, "raised")


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ('"é"'.encode(), "'é'"),
        ('"é"'.encode("utf-8-sig"), "'é'"),
        ('["é"]'.encode("utf-16"), "['é']"),
        ('["é"]'.encode("utf-32-be"), "['é']"),
        (b"[NaN, Infinity, -Infinity]", "[nan, inf, -inf]"),
        (b'{"a": 1, "a": 2}', "{'a': 2}"),
        (b" null ", "None"),
    ],
)
def test_json_forms_that_are_accepted(data, value):  # D-14
    sent = {"method": "POST", "data": data, "content_type": "application/json"}
    assert answer(lambda: repr(request.get_json()), **sent) == value


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[1,]", b"[" + b"1" * 9000 + b"]"])
def test_json_error_is_told_in_debug_only(data):  # D-14, D-15
    sent = {"method": "POST", "data": data, "content_type": "application/json"}
    for debug in (False, True):
        app = make_app(lambda **_: str(request.json), DEBUG=debug)
        exchange = Exchange(app, environ_for(**sent))
        assert exchange.status == "400 BAD REQUEST"
        assert (b"Failed to decode JSON object" in exchange.read()) is debug


def test_cookies_of_every_shape():  # D-16
    cookie = '=x; a=1; b; a=2; c="\\303\\251"; d=" q"; e=a=b; ;;'
    pairs, first = answer(
        lambda: (list(request.cookies.items(multi=True)), request.cookies.get("a")),
        headers={"Cookie": cookie},
    )
    assert pairs == [
        ("a", "1"),
        ("a", "2"),
        ("b", ""),
        ("c", "é"),
        ("d", " q"),
        ("e", "a=b"),
    ]
    assert first == "1"


def test_malformed_headers_give_the_objects_of_werkzeug():  # D-17
    names = (
        "accept_mimetypes accept_charsets accept_encodings accept_languages cache_control"
        " if_match if_none_match if_modified_since if_unmodified_since if_range range"
        " authorization date max_forwards pragma access_route mimetype mimetype_params"
        " content_md5 referrer user_agent"
    ).split()
    headers = {
        "Accept": "text/html;q=x, ;;, a",
        "Accept-Charset": ";q",
        "Accept-Encoding": ",,,",
        "Accept-Language": "q=2;;",
        "Cache-Control": "max-age=x, =",
        "If-Match": '"a, W/',
        "If-None-Match": "*x",
        "If-Modified-Since": "yesterday",
        "If-Unmodified-Since": "32 Foo",
        "If-Range": "W/",
        "Range": "bytes=a-b,-",
        "Authorization": "Basic !!!",
        "Date": "0",
        "Max-Forwards": "many",
        "Content-Type": ";=;",
    }
    environ = environ_for(headers=headers)
    expected = {name: repr(getattr(BaseRequest(environ), name)) for name in names}
    found = answer(lambda: {n: repr(getattr(request, n)) for n in names}, headers=headers)
    assert found == expected


def test_raw_input_is_unguarded():  # D-18
    def question():
        return request.input_stream.read(6), request.stream.read()

    found = answer(question, method="POST", data=b"0123456789", changes={"CONTENT_LENGTH": "3"})
    assert found == (b"012345", b"678")


# From the view's result to a response


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


# After the view


def test_hooks_after_the_view_run_from_the_inside_out():
    def make_after(tag):
        return lambda response: order.append(f"after {tag}") or response

    def receive(sender, response):
        order.append("finished")

    class Sessions(Flask.session_interface.__class__):
        def save_session(self, app, session, response):
            order.append("session")

    def register_for_this_request():
        for n in (1, 2):
            fastflask.after_this_request(
                lambda response, n=n: order.append(f"this {n}") or response
            )

    order = []
    app = make_app(SECRET_KEY="k")
    app.session_interface = Sessions()
    app.before_request(register_for_this_request)
    nested_blueprints(app, after_request=make_after)
    with fastflask.request_finished.connected_to(receive, app):
        app.test_client().get("/nested")
    tags = ["inner 2", "inner 1", "outer 2", "outer 1", "app 2", "app 1"]
    assert order == ["this 1", "this 2", *(f"after {t}" for t in tags), "session", "finished"]


def test_after_function_may_replace_the_response():
    seen = []
    app = make_app()
    app.after_request(lambda response: seen.append(response.data) or Response("last", 202))
    app.after_request(lambda response: seen.append(response.data) or Response("second"))
    response = app.test_client().get("/")
    assert (response.data, response.status_code) == (b"last", 202)
    assert seen == [b"x", b"second"]


def test_after_function_that_returns_nothing_fails():
    app = make_app()
    app.after_request(lambda response: None)
    with pytest.raises(TypeError, match="'NoneType' object is not callable"):
        app.test_client().get("/")


def test_after_functions_are_left_out_for_an_exit():
    def view(**_):
        raise SystemExit(3)

    calls = []
    app = make_app(view)
    app.after_request(lambda response: calls.append("after") or response)
    with pytest.raises(SystemExit):
        app.test_client().get("/")
    assert calls == []


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
