"""What a request reads from its environ: path, query, headers and cookies."""

from __future__ import annotations

import pytest
from exchanges import Exchange, answer, ask, environ_for, make_app
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Request as BaseRequest

import fastflask
from fastflask import Flask, request


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
