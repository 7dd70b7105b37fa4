"""Requests from a seed: most of them plain, many bent, some broken."""

from __future__ import annotations

import hashlib
import random
import typing as t

from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from werkzeug.test import stream_encode_multipart

from .harness import ERRORS, NOW, Case

KEY = "a key"
OLD_KEY = "an old key"
METHODS = ["GET"] * 12 + ["POST"] * 5 + ["HEAD", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"]
ODD_METHODS = ["get", "pOsT", "TRACE", "CONNECT", "QUERY", "", "X" * 300, "G E T", "\xe9"]
HOSTS = [
    "localhost",
    "example.com",
    "EXAMPLE.com",
    "api.example.com",
    "a.b.example.com",
    "example.com:80",
    "example.com:443",
    "example.com:8080",
    "127.0.0.1:5000",
    "[::1]",
    "[::1]:80",
    "other.org",
]
ODD_HOSTS = [
    "",
    " ",
    "exa mple.com",
    "example.com:",
    "example.com:99999",
    "example.com:0",
    "example.com:abc",
    "example.com/path",
    "user@example.com",
    "[::1",
    "[zz]:1",
    ".example.com",
    "example..com",
    "example.com.",
    "a" * 64 + ".com",
    "a" * 63 + ".com",
    "b" * 300,
    "xn--bcher-kva.example",
    "b\xc3\xbccher.example",
    "\xff",
    "-",
    "a,b",
    "<b>",
]
QUERIES = [
    "a=1",
    "a=1&a=2&b=",
    "name=Ada&x=%C3%A9",
    "next=/%2F",
    "a=%zz&b=%",
    "a=%ff&b=1",
    "a;b=1",
    "=1&&a",
    "\xc3\xa9=1",
    "\xff=1",
    "a=b+c%20d",
    "x=" + "y" * 300,
    "<script>=1",
    "mode=json&status=404",
]
SEGMENTS = ["", ".", "..", "a", "%41", "\xc3\xa9", "\xff\xfe", "\u20ac", "a b", "a\nb", "1", "-1"]
CHARSETS = ["", "; charset=utf-8", "; charset=latin1", "; charset=nonsense"]


def make_case(rnd: random.Random, hints: dict[str, t.Any]) -> Case:
    """Return a request that suits an application.

    :param hints: ``paths``, ``queries``, ``settings``, ``stages``, ``hosts`` of the
        application.
    """
    method = rnd.choice(METHODS) if rnd.random() < 0.96 else rnd.choice(ODD_METHODS)
    environ: dict[str, t.Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": make_path(rnd, hints["paths"]),
        "QUERY_STRING": make_query(rnd, hints.get("queries", ())),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": rnd.choice(hints.get("hosts") or ["localhost"]),
        "wsgi.url_scheme": "http",
        "wsgi.input": None,
        "wsgi.errors": None,
        "wsgi.version": (1, 0),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    case = Case(environ)

    if method in {"POST", "PUT", "PATCH"} or rnd.random() < 0.03:
        add_body(rnd, case)
    if rnd.random() < 0.4:
        add_headers(rnd, environ, hints)
    if rnd.random() < hints.get("cookies", 0.1):
        environ["HTTP_COOKIE"] = make_cookies(rnd)
    for _ in range(rnd.choice((0, 0, 0, 1, 1, 2))):
        bend(rnd, environ)
    for name, values in hints.get("settings", {}).items():
        if rnd.random() < 0.3:
            case.settings[name] = rnd.choice(values)
    if hints.get("stages") and rnd.random() < 0.6:
        for _ in range(rnd.choice((1, 1, 1, 2, 3))):
            actions = (*ERRORS, "return:text", "return:", "return:other")
            case.plan[rnd.choice(hints["stages"])] = rnd.choice(actions)
    if rnd.random() < 0.1:
        case.takes = rnd.choice((0, 1, 2))
    if rnd.random() < 0.1:
        case.closes = rnd.choice((0, 2))
    case.refuses = rnd.random() < 0.01
    case.preserve = rnd.random() < 0.02
    case.breaks = rnd.random() < 0.01
    return case


def make_path(rnd: random.Random, paths: t.Sequence[str]) -> str:
    path = rnd.choice(paths)
    chance = rnd.random()

    if chance < 0.8:
        return path
    if chance < 0.84:
        return path + "/"
    if chance < 0.86:
        return path.rstrip("/")
    if chance < 0.88:
        return path.replace("/", "//")
    if chance < 0.90:
        return "//" + path
    if chance < 0.92:
        return path.upper()
    if chance < 0.93:
        return ""
    if chance < 0.95:
        where = rnd.randrange(len(path) + 1)
        return path[:where] + rnd.choice(SEGMENTS) + path[where:]
    if chance < 0.97:
        return path[: rnd.randrange(len(path) + 1)]
    return "/" + "/".join(rnd.choice(SEGMENTS) for _ in range(rnd.randrange(5)))


def make_query(rnd: random.Random, queries: t.Sequence[str]) -> str:
    chance = rnd.random()
    if queries and chance < 0.7:
        return rnd.choice(queries)
    return rnd.choice(QUERIES) if chance > 0.85 else ""


def bend(rnd: random.Random, environ: dict[str, t.Any]) -> None:
    """Make an environ less usual."""
    chance = rnd.random()

    if chance < 0.25:
        environ["HTTP_HOST"] = rnd.choice(HOSTS)
    elif chance < 0.40:
        environ["HTTP_HOST"] = rnd.choice(ODD_HOSTS)
    elif chance < 0.55:
        names = [
            "PATH_INFO",
            "SCRIPT_NAME",
            "QUERY_STRING",
            "REMOTE_ADDR",
            "SERVER_NAME",
            "SERVER_PORT",
            "HTTP_HOST",
            "wsgi.input",
            "wsgi.errors",
            "REQUEST_METHOD",
            "wsgi.url_scheme",
        ]
        environ.pop(rnd.choice(names), None)
    elif chance < 0.65:
        environ["wsgi.url_scheme"] = rnd.choice(("https", "https", "ws", "wss", "HTTP", "ftp"))
    elif chance < 0.75:
        environ["SCRIPT_NAME"] = rnd.choice(
            ("/root", "/root/", "root", "/r\xc3\xa9", "/\xff", "//")
        )
    elif chance < 0.80:
        environ["SERVER_PORT"] = rnd.choice(("8080", "443", "x", "", "-1"))
    elif chance < 0.85:
        environ["SERVER_NAME"] = rnd.choice(("::1", "example.com", "", "a" * 70, "/tmp/socket"))
        if rnd.random() < 0.5:
            environ.pop("HTTP_HOST", None)
    elif chance < 0.90:
        environ["HTTP_UPGRADE"] = rnd.choice(("websocket", "h2c", ""))
        environ["HTTP_CONNECTION"] = rnd.choice(("upgrade", "Upgrade, keep-alive", "close"))
    elif chance < 0.95:
        environ["wsgi.file_wrapper"] = None
    else:
        environ["PATH_INFO"] = rnd.choice(("*", "?", "/\u20ac", "/\x00", "/" + "a" * 3000, "a"))


def add_headers(rnd: random.Random, environ: dict[str, t.Any], hints: dict[str, t.Any]) -> None:
    choices = {
        "HTTP_ACCEPT": ["text/html", "application/json;q=0.5, */*", "garbage;;q=x"],
        "HTTP_ACCEPT_LANGUAGE": ["de, en;q=0.5"],
        "HTTP_RANGE": [
            "bytes=0-3",
            "bytes=2-",
            "bytes=-2",
            "bytes=-0",
            "bytes=0-1,3-4",
            "bytes=9999-",
            "bytes=x",
            "items=0-1",
            "bytes=3-1",
        ],
        "HTTP_IF_NONE_MATCH": ["*", '"abc"', 'W/"abc"', '"tag"', "broken"],
        "HTTP_IF_MATCH": ["*", '"abc"', '"tag"'],
        "HTTP_IF_MODIFIED_SINCE": [
            "Fri, 01 Jan 2038 00:00:00 GMT",
            "Fri, 01 Jan 1999 00:00:00 GMT",
            "some day",
        ],
        "HTTP_IF_UNMODIFIED_SINCE": ["Fri, 01 Jan 1999 00:00:00 GMT"],
        "HTTP_IF_RANGE": [
            '"tag"',
            "Fri, 01 Jan 1999 00:00:00 GMT",
            "Fri, 01 Jan 2038 00:00:00 GMT",
        ],
        "HTTP_AUTHORIZATION": ["Basic QWRhOnB3", "Basic !!", "Bearer abc", "Digest a=1", ""],
        "HTTP_X_FORWARDED_FOR": ["1.2.3.4, 5.6.7.8"],
        "HTTP_X_FORWARDED_HOST": ["evil.example"],
        "HTTP_X_FORWARDED_PROTO": ["https"],
        "HTTP_X_FORWARDED_PREFIX": ["/prefix"],
        "HTTP_X_NAME": ["value", "v\xe4", ""],
        "HTTP_USER_AGENT": ["tests/1.0"],
        "HTTP_REFERER": ["http://example.com/"],
        "HTTP_CACHE_CONTROL": ["no-cache, max-age=0", "max-age=x"],
    }
    for name in rnd.sample(sorted(choices), rnd.choice((1, 1, 2, 3))):
        environ[name] = rnd.choice(choices[name])


def _multipart(rnd: random.Random) -> tuple[bytes, str]:
    values: dict[str, t.Any] = {"name": "Ada", "n": str(rnd.randrange(100))}
    stream, _, _ = stream_encode_multipart(values, boundary="frontier")
    body = stream.read()
    if rnd.random() < 0.6:
        head = b'--frontier\r\nContent-Disposition: form-data; name="up"; filename="a.txt"\r\n'
        body = (
            head + b"Content-Type: text/plain\r\n\r\n" + b"f" * rnd.randrange(50) + b"\r\n" + body
        )
    if rnd.random() < 0.15:
        body = body[: rnd.randrange(len(body))]
    if rnd.random() < 0.1:
        body = b"--frontier\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + body
    boundary = rnd.choice(["frontier"] * 8 + ["other", "", "\xe9", '"frontier"'])
    return body, f"multipart/form-data; boundary={boundary}"


DEEP_JSON = b"[" * 2_000
JSON_BODIES = [
    b'{"a": 1, "b": [1, 2.5, null, "\xc3\xa9"]}',
    b"[]",
    b"null",
    b'"text"',
    b"NaN",
    b"{broken",
    b"",
    b"\xff\xfe{\x00}\x00",
    b'{"a": 1, "a": 2}',
    b"1" * 60,
    b"1" * 5000,
    b"[" * 50 + b"]" * 50,
    DEEP_JSON * 50,
]
FORM_BODIES = [
    b"name=Ada&n=1&n=2",
    b"name=%C3%A9&x=%ff",
    b"",
    b"name",
    b"=1&a=b;c=d",
    b"a=" + b"b" * 600,
    b"\xff=1",
    b"&".join(b"k%d=v" % i for i in range(20)),
]


def add_body(rnd: random.Random, case: Case) -> None:
    kind = rnd.choice(("json", "json", "form", "form", "multipart", "multipart", "raw", "none"))
    environ = case.environ

    if kind == "json":
        case.body = rnd.choice(JSON_BODIES)
        types = ["application/json"] * 6 + [
            "application/vnd.x+json",
            "text/json",
            "",
            "APPLICATION/JSON",
        ]
        environ["CONTENT_TYPE"] = rnd.choice(types) + rnd.choice(CHARSETS)
    elif kind == "form":
        case.body = rnd.choice(FORM_BODIES)
        environ["CONTENT_TYPE"] = "application/x-www-form-urlencoded" + rnd.choice(CHARSETS)
    elif kind == "multipart":
        case.body, environ["CONTENT_TYPE"] = _multipart(rnd)
    elif kind == "raw":
        case.body = bytes(rnd.randrange(256) for _ in range(rnd.randrange(40)))
        if rnd.random() < 0.5:
            environ["CONTENT_TYPE"] = rnd.choice(("text/plain", "application/octet-stream", "x"))

    chance = rnd.random()
    size = len(case.body)
    if chance < 0.75:
        environ["CONTENT_LENGTH"] = str(size)
    elif chance < 0.85:
        environ["CONTENT_LENGTH"] = rnd.choice(
            ("", "0", "-1", "+5", "0x10", "1 2", f" {size} ", "\u0661", "9" * 30, "5, 5", "3")
        )
    elif chance < 0.95:
        environ["HTTP_TRANSFER_ENCODING"] = rnd.choice(("chunked", "Chunked", "gzip"))
        if rnd.random() < 0.5:
            environ["wsgi.input_terminated"] = True
        if rnd.random() < 0.3:
            environ["CONTENT_LENGTH"] = str(size)
    else:
        environ["CONTENT_LENGTH"] = str(size + 5)


def sign(value: t.Any, key: str = KEY, age: int = 0, salt: str = "cookie-session") -> str:
    """Return a session cookie as the stock interface signs it."""

    class Signer(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(NOW) - age

    options = {"key_derivation": "hmac", "digest_method": hashlib.sha1}
    serializer = URLSafeTimedSerializer(key, salt=salt, signer=Signer, signer_kwargs=options)
    return t.cast(str, serializer.dumps(value))


def _sessions() -> list[str]:
    good = sign({"n": 3})
    return [
        *[good] * 6,
        sign({"n": 1, "_permanent": True}),
        sign({"_flashes": [{" t": ["message", "hello"]}]}),
        sign({"n": 1, "u": {" u": "12345678123456781234567812345678"}, "b": {" b": "AAE="}}),
        sign({"d": {" d": "Fri, 01 Jan 1999 00:00:00 GMT"}, "m": {" m": "<b>"}, "t": {" t": [1]}}),
        sign({"n": {" x": 1}}),
        sign({"n": "\xe9" * 200}),
        sign({"n": 3}, OLD_KEY),
        sign({"n": 3}, "a wrong key"),
        sign({"n": 3}, salt="other"),
        sign({"n": 3}, age=10**8),
        sign({"n": 3}, age=-1000),
        sign([1, 2]),
        sign("text"),
        sign(None),
        sign({}),
        good[:-1],
        good[:20],
        "." + good,
        good.swapcase(),
        "",
        ".",
        "a.b.c",
        "\xff",
    ]


SESSIONS = _sessions()
COOKIES = ["a=1", "a=1; b=2", 'q="x\\054y"', "=x; y", "a=1; a=2", "b=\xc3\xa9", ";;;", "name"]


def make_cookies(rnd: random.Random) -> str:
    parts = []
    if rnd.random() < 0.8:
        parts.append(f"session={rnd.choice(SESSIONS)}")
    if not parts or rnd.random() < 0.3:
        parts.insert(rnd.randrange(2), rnd.choice(COOKIES))
    return "; ".join(parts)
