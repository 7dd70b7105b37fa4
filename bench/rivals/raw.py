"""No framework: a WSGI function that does the least. What it costs is the floor."""

from __future__ import annotations

import json
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, parse_qsl

from werkzeug.formparser import parse_form_data

from ..workloads import GREETING
from ._shared import STYLE, page, session_serializer

_TEXT = ("Content-Type", "text/html; charset=utf-8")
_JSON = ("Content-Type", "application/json")


def _answering(make, kind=_TEXT, status="200 OK"):
    """Return an application from a function of the environment that returns the body."""

    def application(environ, start_response):
        body = make(environ)
        start_response(status, [kind, ("Content-Length", str(len(body)))])
        return [body]

    return application


def hello():
    return _answering(lambda environ: GREETING.encode())


def json_out():
    document = {"message": GREETING, "id": 42, "items": [1, 2, 3]}
    return _answering(lambda environ: json.dumps(document).encode(), _JSON)


def path_int():
    def user(environ):
        _, _, user_id = environ["PATH_INFO"].rpartition("/")
        return f"user {int(user_id) + 1}".encode()

    return _answering(user)


def query_header():
    def search(environ):
        args = parse_qs(environ["QUERY_STRING"])
        found = f"{args['q'][0]} {int(args['page'][0])} {environ['HTTP_X_TENANT']}"
        return found.encode()

    return _answering(search)


def json_echo():
    def echo(environ):
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        return json.dumps(json.loads(body)).encode()

    return _answering(echo, _JSON)


def form():
    def submit(environ):
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
        sent = dict(parse_qsl(body))
        return f"{sent['name']} {sent['mail']} {sent['age']} {sent['text']}".encode()

    return _answering(submit)


def upload():
    def receive(environ):
        _, sent, files = parse_form_data(environ)
        file = files["file"]
        body = f"{sent['title']} {file.filename} {len(file.read())}".encode()
        file.close()
        return body

    return _answering(receive)


def session():
    serializer = session_serializer()

    def application(environ, start_response):
        cookie = SimpleCookie(environ["HTTP_COOKIE"])["session"].value
        session = serializer.loads(cookie, max_age=31 * 86400)
        session["visits"] += 1
        body = f"{session['user']} {session['visits']}".encode()
        headers = [
            _TEXT,
            ("Content-Length", str(len(body))),
            ("Vary", "Cookie"),
            ("Set-Cookie", f"session={serializer.dumps(session)}; HttpOnly; Path=/"),
        ]
        start_response("200 OK", headers)
        return [body]

    return application


def template():
    def render(environ):
        return page(parse_qs(environ["QUERY_STRING"])["name"][0]).encode()

    return _answering(render)


def redirect():
    def application(environ, start_response):
        _, _, item_id = environ["PATH_INFO"].rpartition("/")
        start_response(
            "302 FOUND", [("Location", f"/new/{int(item_id)}/2"), ("Content-Length", "0")]
        )
        return []

    return application


def not_found():
    return _answering(lambda environ: b"Not Found", status="404 NOT FOUND")


def wrong_method():
    return _answering(lambda environ: b"Method Not Allowed", status="405 METHOD NOT ALLOWED")


def cookies():
    def application(environ, start_response):
        sent = SimpleCookie(environ["HTTP_COOKIE"])
        seen = int(sent["seen"].value) + 1
        body = f"{sent['theme'].value} {seen}".encode()
        headers = [
            _TEXT,
            ("Content-Length", str(len(body))),
            ("Set-Cookie", f"seen={seen}; Path=/"),
            ("Set-Cookie", "theme=dark; HttpOnly; Path=/"),
        ]
        start_response("200 OK", headers)
        return [body]

    return application


def static_file():
    with STYLE.open("rb") as file:
        body = file.read()
    return _answering(lambda environ: body, ("Content-Type", "text/css; charset=utf-8"))


def stream():
    def application(environ, start_response):
        start_response("200 OK", [_TEXT])
        return (f"line {number}\n".encode() for number in range(10))

    return application
