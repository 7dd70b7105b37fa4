"""Give growing hostile input to all that reads it, and see how the time grows.

    python -m reliability.growth [--doublings 4]

Each input is made at several sizes, each twice the one before. The exponent of the size that fits
the times best is 1.2 at most, or not above what Flask needs for the same input: then it is
Werkzeug's own. A thousand sibling patterns are matched in under a millisecond.
"""

from __future__ import annotations

import argparse
import importlib
import io
import math
import sys
import time
import typing as t
from collections.abc import Callable

from .service import Kind, ask

LIMIT = 1.2
#: For the noise of a machine that does other things as well.
SLACK = 0.15
SIBLINGS = 1000

Maker = Callable[[int], tuple[str, dict[str, str], bytes]]


def get(path: str = "/", **headers: str) -> tuple[str, dict[str, str], bytes]:
    return path, headers, b""


def post(content_type: str, body: bytes, path: str = "/read") -> tuple[str, dict[str, str], bytes]:
    return path, {"REQUEST_METHOD": "POST", "CONTENT_TYPE": content_type}, body


def multipart(body: bytes, boundary: str = "end") -> tuple[str, dict[str, str], bytes]:
    return post(f"multipart/form-data; boundary={boundary}", body)


PART = b'--end\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
FORM = "application/x-www-form-urlencoded"

#: Each takes a size and returns a path, headers and a body.
INPUTS: dict[str, Maker] = {
    "path: one long part": lambda n: get("/missing/" + "a" * n),
    "path: many parts": lambda n: get("/path" + "/a" * n),
    "path: slashes": lambda n: get("/" * n),
    "path: many parts, no match": lambda n: get("/deep" + "/a" * n + "/end"),
    "path: digits": lambda n: get("/int/" + "1" * min(n, 4000)),
    "path: almost a pattern": lambda n: get("/mixed/" + "a-" * n),
    "path: backtracking": lambda n: get("/two" + "/x" * n + "/y"),
    "path: percent": lambda n: get("/path/" + "%" * n),
    "path: not UTF-8": lambda n: get("/path/" + "\xff" * n),
    "query: many pairs": lambda n: get("/read", QUERY_STRING="a=b&" * n),
    "query: ampersands": lambda n: get("/read", QUERY_STRING="&" * n),
    "query: one long value": lambda n: get("/read", QUERY_STRING="a=" + "b" * n),
    "query: percent escapes": lambda n: get("/read", QUERY_STRING="a=" + "%C3%A4" * n),
    "query: broken escapes": lambda n: get("/read", QUERY_STRING="a=" + "%zz" * n),
    "query: plus": lambda n: get("/read", QUERY_STRING="+" * n),
    "cookie: many": lambda n: get("/read", HTTP_COOKIE="a=b; " * n),
    "cookie: semicolons": lambda n: get("/read", HTTP_COOKIE=";" * n),
    "cookie: quotes": lambda n: get("/read", HTTP_COOKIE='a="' + "\\" * n),
    "cookie: octal": lambda n: get("/read", HTTP_COOKIE='a="' + "\\101" * n + '"'),
    "cookie: equals": lambda n: get("/read", HTTP_COOKIE="=" * n),
    "session: dots": lambda n: get("/session", HTTP_COOKIE="session=" + "." * n),
    "session: long": lambda n: get("/session", HTTP_COOKIE="session=" + "a" * n + ".b.c"),
    "session: compressed": lambda n: get("/session", HTTP_COOKIE="session=." + "a" * n + ".b.c"),
    "range: many": lambda n: get("/file", HTTP_RANGE="bytes=" + "0-1," * n),
    "range: commas": lambda n: get("/file", HTTP_RANGE="bytes=" + "," * n),
    "range: digits": lambda n: get("/file", HTTP_RANGE="bytes=" + "1" * min(n, 4000) + "-"),
    "tags: many": lambda n: get("/file", HTTP_IF_NONE_MATCH='"a", ' * n),
    "tags: quotes": lambda n: get("/file", HTTP_IF_NONE_MATCH='"' * n),
    "date: long": lambda n: get("/file", HTTP_IF_MODIFIED_SINCE="Mon, " * n),
    "accept: many": lambda n: get("/read", HTTP_ACCEPT="text/html;q=0.5," * n),
    "accept: semicolons": lambda n: get("/read", HTTP_ACCEPT="a/b" + ";" * n),
    "authorization: basic": lambda n: get("/read", HTTP_AUTHORIZATION="Basic " + "Og==" * n),
    "authorization: digest": lambda n: get("/read", HTTP_AUTHORIZATION="Digest " + 'a="b",' * n),
    "host: labels": lambda n: get("/read", HTTP_HOST="a." * n),
    "host: colons": lambda n: get("/read", HTTP_HOST=":" * n),
    "forwarded: many": lambda n: get("/read", HTTP_X_FORWARDED_FOR="1.2.3.4," * n),
    "type: parameters": lambda n: post("text/plain" + ";a=b" * n, b""),
    "type: quotes": lambda n: post('text/plain; a="' + '\\"' * n, b""),
    "form: many pairs": lambda n: post(FORM, b"a=b&" * min(n, 900)),
    "form: one value": lambda n: post(FORM, b"a=" + b"b" * n),
    "json: long list": lambda n: post("application/json", b"[" + b"1," * n + b"1]", "/json"),
    "json: nested": lambda n: post("application/json", b"[" * n, "/json"),
    "json: escapes": lambda n: post("application/json", b'"' + b"\\u0041" * n + b'"', "/json"),
    "json: digits": lambda n: post("application/json", b"1" * min(n, 4000), "/json"),
    "multipart: many parts": lambda n: multipart(PART * min(n, 900) + b"--end--\r\n"),
    "multipart: one part": lambda n: multipart(PART + b"c" * n + b"\r\n--end--\r\n"),
    "multipart: line breaks": lambda n: multipart(PART + b"\r\n" * n),
    "multipart: near boundaries": lambda n: multipart(PART + b"\r\n--en" * n),
    "multipart: dashes": lambda n: multipart(PART + b"-" * n),
    "multipart: preamble": lambda n: multipart(b"\r\n" * n + PART + b"--end--\r\n"),
    "multipart: long header": lambda n: multipart(b"--end\r\nA: " + b"b" * n + b"\r\n\r\nc"),
    "multipart: many headers": lambda n: multipart(b"--end\r\n" + b"A: b\r\n" * n + b"\r\nc"),
    "multipart: no end": lambda n: multipart(b"--end" * n),
    "multipart: file name": lambda n: multipart(
        b'--end\r\nContent-Disposition: form-data; name="a"; filename="' + b'\\"' * n + b"\r\n\r\nc"
    ),
}


def make_app(framework: str) -> t.Any:
    """Return an application with a rule for each input, and a thousand siblings."""
    module = importlib.import_module(framework)
    app = module.Flask("growth", static_folder=None)
    app.secret_key = "a key"
    app.config.update(MAX_CONTENT_LENGTH=2**24, MAX_FORM_MEMORY_SIZE=2**24)
    app.logger.disabled = True
    request = module.request

    def read() -> str:
        found = (
            request.args, request.cookies, request.form, request.files, request.authorization,
            request.accept_mimetypes, request.host, request.access_route, request.mimetype_params,
            request.range, request.if_none_match, request.date,
        )  # fmt: skip
        return str(sum(map(bool, found)))

    def file() -> t.Any:
        return module.send_file(io.BytesIO(b"text" * 100), "text/plain", etag="tag")

    both = {"methods": ["GET", "POST"]}
    app.add_url_rule("/", view_func=lambda: "index", endpoint="index")
    app.add_url_rule("/read", view_func=read, **both)
    app.add_url_rule("/json", view_func=lambda: [request.get_json() and 1], endpoint="json", **both)
    app.add_url_rule("/session", view_func=lambda: str(len(module.session)), endpoint="session")
    app.add_url_rule("/file", view_func=file)
    for rule in (
        "/path/<path:p>",
        "/int/<int:n>",
        "/mixed/<a>-<b>-end",
        "/deep/<path:p>/begin",
        "/two/<path:a>/x/<path:b>/z",
    ):
        app.add_url_rule(rule, view_func=lambda **values: "found", endpoint=rule)
    for number in range(SIBLINGS):
        rule = f"/siblings/<any('name-{number}'):name>/<x>"
        app.add_url_rule(rule, view_func=lambda **values: "sibling", endpoint=rule)
    return app


def time_of(app: t.Any, kind: Kind) -> float:
    """Return the seconds that a request takes, at best."""
    best = math.inf
    begin = time.perf_counter()
    for _ in range(7):
        start = time.perf_counter()
        answer = ask(app, kind)
        best = min(best, time.perf_counter() - start)
        if time.perf_counter() - begin > 1:
            break
    assert answer.error is None, answer.error
    return best


def exponent(app: t.Any, make: Maker, sizes: list[int]) -> float:
    """Return the power of the size that the time grows with, where it is more than a constant."""
    points = []
    path, headers, body = make(1)
    floor = time_of(app, Kind(0, path, headers.get("REQUEST_METHOD", "GET"), body, headers))
    for size in sizes:
        path, headers, body = make(size)
        taken = time_of(app, Kind(0, path, headers.get("REQUEST_METHOD", "GET"), body, headers))
        # What any request takes is not what grows.
        if taken > 2 * floor:
            points.append((math.log(size), math.log(taken - floor)))
    if len(points) < 3:
        return 0.0
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum(
        (x - mean_x) ** 2 for x, _ in points
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="See how the time grows with hostile input.")
    parser.add_argument("--doublings", type=int, default=4)
    parser.add_argument("--smallest", type=int, default=1024)
    parser.add_argument("--only", default="", help="inputs whose names begin so")
    options = parser.parse_args()
    sizes = [options.smallest << power for power in range(options.doublings + 1)]
    app, flask = make_app("fastflask"), make_app("flask")
    wrong = []

    for name, make in INPUTS.items():
        if not name.startswith(options.only):
            continue
        ours = theirs = exponent(app, make, sizes)
        for _ in range(3):
            if ours <= LIMIT:
                break
            theirs = exponent(flask, make, sizes)
            ours = min(ours, exponent(app, make, sizes))
            if ours <= theirs + SLACK:
                break
        else:
            if ours > LIMIT:
                wrong.append(f"{name}: {ours:.2f}, with Flask {theirs:.2f}")
        beside = f" (Flask {theirs:.2f})" if ours > LIMIT else ""
        print(f"{name:28} {ours:5.2f}{beside}", flush=True)

    adapter = app.url_map.bind("localhost")
    start = time.perf_counter()
    for _ in range(100):
        assert adapter.test(f"/siblings/name-{SIBLINGS - 1}/x")
        assert not adapter.test("/siblings/none/x")
    taken = (time.perf_counter() - start) / 200
    print(f"{SIBLINGS} sibling patterns: {taken * 1e6:.0f} µs")
    if taken > 1e-3:
        wrong.append(f"sibling patterns: {taken * 1e6:.0f} µs")
    if wrong:
        sys.exit("\n".join(["not as it should be:", *wrong]))


if __name__ == "__main__":
    main()
