"""Malformed environs, and an application that reads everything that a request offers."""

from __future__ import annotations

import io
import logging
import random
import re
import typing as t
from types import ModuleType

import flask

ENVIRON: dict[str, t.Any] = {
    "REQUEST_METHOD": "GET",
    "SCRIPT_NAME": "",
    "PATH_INFO": "/",
    "QUERY_STRING": "",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "REMOTE_ADDR": "127.0.0.1",
    "HTTP_HOST": "localhost",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.multithread": False,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}
#: What a client can say. A server hands over bytes as latin-1 text.
SAID = (
    *("PATH_INFO", "QUERY_STRING", "REQUEST_METHOD", "CONTENT_TYPE", "CONTENT_LENGTH"),
    *("HTTP_HOST", "HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_TRANSFER_ENCODING"),
    *("HTTP_ACCEPT", "HTTP_ACCEPT_CHARSET", "HTTP_ACCEPT_LANGUAGE", "HTTP_ACCEPT_ENCODING"),
    *("HTTP_RANGE", "HTTP_IF_RANGE", "HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"),
    *("HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_DATE", "HTTP_MAX_FORWARDS"),
    *("HTTP_X_FORWARDED_FOR", "HTTP_USER_AGENT", "HTTP_REFERER", "HTTP_ORIGIN"),
    *("HTTP_CACHE_CONTROL", "HTTP_PRAGMA", "HTTP_CONTENT_MD5", "HTTP_CONTENT_ENCODING"),
    *("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "HTTP_ACCESS_CONTROL_REQUEST_METHOD"),
    *("HTTP_UPGRADE", "HTTP_CONNECTION", "HTTP_X_REQUESTED_WITH"),
)
TEXTS = (
    *("", " ", "\t", "\0", "a\0b", "\xff", "\xc3", "\xed\xa0\x80", "\xc3\xa9", "\xf4\x90\x80\x80"),
    *("%", "%zz", "%ff", "%00", "%u1234", "%s%n", "%0d%0a", "a\xa0b", "\x85", "\xd9\xa1"),
    *("=", ";", ",", '"', '"\\', "(", "[", "[::1", "]:", "*", "..", "//", "\\", "<script>"),
    *("-1", "0", "+1", "0x1", "9" * 400, "9" * 5000, "1e400", "nan", "a" * 70, "a" * 3000),
    *("/" * 500, "a," * 1000, "a=b;" * 1000, "a=b&" * 1000, "a;q=" + "9" * 5000, "a;q=nan"),
    *("bytes=0-", "bytes=--", "bytes=" + "9" * 5000 + "-", "bytes=1-0", "bytes=0-1,2-3"),
    *("Basic", "Basic =", "Basic /w==", "Basic \xe9", 'Digest a="', "Bearer", 'Basic "'),
    *("Mon, 99 Foo 9999 99:99:99 GMT", "Fri, 31 Dec 99999 23:59:59 GMT", 'W/"', 'W/""'),
    *("multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=b"),
    *("multipart/form-data; boundary=\xff", "multipart/form-data; boundary=" + "b" * 5000),
    *("application/json", "application/json; charset=\0", "text/plain; " + "a=b;" * 1000),
    *("application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=\xff"),
    *("localhost:", "localhost:99999999999", "localhost:0", "xn--", "xn--\xff", "a.", ".a", "a..b"),
    *("user:pass@h", "h/p", "h?q", "h#f", "chunked", "websocket", "session=a.b.c", 'a="\\777"'),
)
BODIES = (
    b"",
    b"\0",
    b"\xff\xfe",
    b"{",
    b'{"a": "\\ud800"}',
    b"[" * 20_000,
    b"1" * 5_000,
    b"a=%ff&\xff=\0&&=;",
    b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n',
    b'--b\r\nContent-Disposition: form-data; name="a"; filename="\0/../x"\r\n\r\n1\r\n--b--',
    b"--b\r\n\xff: \0\r\n\r\n1\r\n--b--",
    b"--b\r\nContent-Disposition: form-data; name*=x'y'%ff\r\n\r\n1\r\n--b--\r\n",
    b"--b" * 500,
    b"\r\n" * 500,
)
#: Of other types than a server may hand over.
OBJECTS: tuple[t.Any, ...] = (
    None,
    0,
    -1,
    1.5,
    True,
    b"",
    b"bytes",
    [],
    {},
    object(),
    "\u20ac",
    "\ud800",
)

_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
_NOT_READ = {
    *("application", "from_values", "close", "make_form_data_parser", "on_json_loading_failed"),
    *("parameter_storage_class", "dict_storage_class", "list_storage_class", "json_module"),
    *("form_data_parser_class", "user_agent_class"),
}
#: All that a view may read of a request.
READ = [name for name in dir(flask.Request) if name[0] != "_" and name not in _NOT_READ]


def build(framework: ModuleType) -> t.Any:
    """Return an application whose view reads what ``hostile.reads`` in the environ names."""
    app = framework.Flask("hostile_app", root_path="/", static_folder=None)
    app.secret_key = "a key"
    logger = logging.getLogger("hostile_app")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False

    @app.route("/", methods=["GET", "POST"])
    @app.route("/<path:rest>", methods=["GET", "POST"])
    def view(rest: str = "") -> t.Any:
        seen = [rest, len(framework.session)]
        for name in framework.request.environ["hostile.reads"]:
            value = getattr(framework.request, name)
            seen.append(repr(value() if name in {"get_data", "get_json"} else value))
        return repr(seen)

    return app


def ask(app: t.Any, environ: dict[str, t.Any], body: bytes = b"") -> tuple[t.Any, ...]:
    """Return status, headers and body of an answer, or the error that a server would get."""
    environ = {"wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(), **environ}
    starts: list[t.Any] = []
    try:
        items = app(
            environ, lambda status, headers, exc_info=None: starts.append((status, headers))
        )
        answer = b"".join(items)
        items.close()
    except Exception as error:
        return "raised", type(error)
    [(status, headers)] = starts
    # A set is listed in any order.
    headers = sorted(
        (name, sorted(value.split(", ")) if name == "Allow" else value) for name, value in headers
    )
    text = _ADDRESS.sub("0x", answer.decode()).replace("fastflask", "flask")
    return status, headers, text


def make_environ(rnd: random.Random) -> tuple[dict[str, t.Any], bytes]:
    """Return an environ with some of what a client can say replaced, and a body."""
    environ = {**ENVIRON, "hostile.reads": rnd.sample(READ, 3)}
    for name in rnd.sample(SAID, rnd.choice((1, 2, 3, 5))):
        environ[name] = _text(rnd)
    body = b""
    if rnd.random() < 0.5:
        body = rnd.choice(BODIES)
        environ["REQUEST_METHOD"] = "POST"
        if rnd.random() < 0.9:
            environ["CONTENT_LENGTH"] = str(len(body))
        if rnd.random() < 0.9:
            environ["CONTENT_TYPE"] = rnd.choice([text for text in TEXTS if "/" in text])
    return environ, body


def _text(rnd: random.Random) -> str:
    chance = rnd.random()
    if chance < 0.5:
        return rnd.choice(TEXTS)
    if chance < 0.7:
        return rnd.choice(TEXTS) + rnd.choice(TEXTS)
    if chance < 0.8:
        return "/" + rnd.choice(TEXTS) + "?" + rnd.choice(TEXTS)
    return "".join(chr(rnd.randrange(256)) for _ in range(rnd.choice((1, 2, 5, 40))))
