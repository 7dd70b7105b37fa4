"""Random requests read by Werkzeug's and Flask's class and by fastflask's, in any order.

``FUZZ_READING`` says how many; see ``fuzzing``.
"""

from __future__ import annotations

import io
import random
import typing as t
from collections.abc import Callable
from contextlib import nullcontext

import flask
import pytest
from differential.environs import DEEP_JSON, FORM_BODIES, JSON_BODIES, add_body
from differential.harness import Case, Input
from fuzzing import SEED, amount, unless_left_out
from werkzeug.datastructures import FileStorage, Headers, ImmutableMultiDict, MultiDict
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Request as PlainRequest
from wrapper_classes import make_classes

import fastflask

CASES = amount("reading", 2000)

# A multipart body that breaks off leaves its file open, with Flask as with fastflask.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

# Pieces of queries, forms and cookies: separators, escapes whole and broken, bytes of all kinds.
PIECES = [
    *"&&&===++;;%%%",
    *(f"%{n:02x}" for n in range(0, 256, 7)),
    *("%C3%A9", "%e2%82%ac", "%E2%82", "%f0%9f%98%80", "%c3", "%ed%a0%80", "%zz", "%4", "%%41"),
    *("a", "b", "name", "Z", "0", " ", "\t", "\n", "\0", "\x7f", '"', "\\", "\\054", ",", "#"),
    *("\xc3\xa9", "\xff", "\xe2\x82\xac", "a=1", "b=2&", "a=1; b=2", 'q="x\\054y"', "x" * 600),
]
ODD_NAMES = ["CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_COOKIE", "HTTP_TRANSFER_ENCODING"]
COOKIE_NAMES = ["HTTP_Cookie", "http_cookie", "HTTP_COOKIE2", "HTTP_COO\u212aIE", "X_HTTP_COOKIE"]


def make_text(rnd: random.Random) -> str:
    return "".join(rnd.choices(PIECES, k=rnd.randrange(12)))


def make_case(rnd: random.Random) -> Case:
    environ: dict[str, t.Any] = {
        "REQUEST_METHOD": rnd.choice(("GET", "POST", "POST", "PUT")),
        "QUERY_STRING": make_text(rnd),
        "wsgi.url_scheme": "http",
        "wsgi.input": None,
    }
    case = Case(environ, breaks=rnd.random() < 0.03)
    add_body(rnd, case)

    if environ.get("CONTENT_TYPE", "").startswith("application/x-www") and rnd.random() < 0.7:
        case.body = make_text(rnd).encode("latin-1")
        environ["CONTENT_LENGTH"] = str(len(case.body))
    if rnd.random() < 0.6:
        environ["HTTP_COOKIE"] = make_text(rnd)
    if rnd.random() < 0.3:
        environ["wsgi.input_terminated"] = True
    if rnd.random() < 0.1:
        environ[rnd.choice(COOKIE_NAMES)] = make_text(rnd)
    if rnd.random() < 0.1:
        environ[rnd.choice(ODD_NAMES)] = rnd.choice((None, 3, b"3", "3"))
    if rnd.random() < 0.05:
        del environ[rnd.choice(list(environ))]
    if rnd.random() < 0.05:
        environ[3] = "no text"  # type: ignore[index]
    return case


READS: dict[str, Callable[[t.Any], t.Any]] = {
    "data": lambda request: request.data,
    "get_data": lambda request: request.get_data(),
    "get_data not kept": lambda request: request.get_data(cache=False),
    "get_data parsed": lambda request: request.get_data(parse_form_data=True, as_text=True),
    "json": lambda request: request.json,
    "get_json silent": lambda request: request.get_json(silent=True),
    "get_json forced": lambda request: request.get_json(force=True),
    "stream read": lambda request: request.stream.read(2),
    "stream type": lambda request: type(request.stream).__name__,
    "form parsed": lambda request: request._load_form_data(),
    "close": lambda request: request.close(),
    "environ": lambda request: request.environ.update(CONTENT_TYPE="text/plain; a=b"),
    "limit": lambda request: setattr(request, "max_content_length", 4),
    "args set": lambda request: setattr(request, "args", "other"),
    **{
        name: lambda request, name=name: getattr(request, name)  # type: ignore[misc]
        for name in (
            "args args args cookies cookies form form form files values content_length mimetype"
            " mimetype_params is_json want_form_data_parsed content_type"
        ).split()
    },
}


def look(value: t.Any) -> t.Any:
    """Return a value in a form that can be compared."""
    if isinstance(value, FileStorage):
        return value.filename, value.name, list(value.headers), value.stream.closed
    if isinstance(value, MultiDict):
        return type(value).__name__, [(key, look(item)) for key, item in value.items(multi=True)]
    if isinstance(value, UnicodeDecodeError):
        # Ours is a 400, see deviations.query_that_is_not_utf_8.
        return BadRequest, str(BadRequest()), UnicodeDecodeError
    if isinstance(value, BaseException):
        return type(value), str(value), type(value.__cause__)
    # "nan" is not equal to itself.
    return type(value), repr(value)


def read_all(cls: t.Any, case: Case, reads: list[str], own_headers: bool) -> list[t.Any]:
    environ = dict(case.environ)
    if environ.get("wsgi.input", 0) is None:
        environ["wsgi.input"] = Input(case.body)
        environ["wsgi.input"].breaks = case.breaks
    try:
        request = cls(environ)
    except Exception as error:
        return [look(error)]
    if own_headers:
        # Before anything is read, as what is kept of them is not looked up again.
        request.headers = Headers({"Cookie": "z=1", "Content-Length": "3"})
    seen = []
    for name in reads:
        try:
            value = READS[name](request)
        except Exception as error:
            seen.append((name, look(error)))
        else:
            # What is kept is the same object each time.
            again = name in request.__dict__ and getattr(request, name) is value
            seen.append((name, look(value), again))
    request.close()
    names = ("args", "form", "files", "stream", "cookies", "_cached_data", "_parsed_content_type")
    return [*seen, [name for name in names if name in request.__dict__]]


@unless_left_out("reading")
@pytest.mark.parametrize("where", ["bases", "application"])
def test_reading_random_requests(impl: t.Any, where: str) -> None:
    if where == "bases":
        pair: list[t.Any] = [PlainRequest, make_classes(impl).request]
        apps: list[t.Any] = [None, None]
    else:
        if impl.LeanRequest is not fastflask.Request.__mro__[1]:
            pytest.skip("the framework uses the other implementation")
        pair = [flask.Request, fastflask.Request]
        apps = [flask.Flask("differential"), fastflask.Flask("differential")]

    rnd = random.Random(f"{SEED or 1} {where}")
    for _ in range(CASES):
        case = make_case(rnd)
        if case.body.startswith(DEEP_JSON):
            continue  # See deviations.json_that_is_nested_too_deeply.
        reads = rnd.choices(list(READS), k=rnd.randrange(1, 6))
        own_headers = rnd.random() < 0.05
        settings = {
            "DEBUG": rnd.random() < 0.2,
            "MAX_CONTENT_LENGTH": rnd.choice((None, None, 5, 600)),
            "MAX_FORM_MEMORY_SIZE": rnd.choice((500_000, None, 10, 600)),
            "MAX_FORM_PARTS": rnd.choice((1000, None, 1)),
        }
        seen = []
        for cls, app in zip(pair, apps, strict=True):
            if app is not None:
                app.config.update(settings)
            with nullcontext() if app is None else app.app_context():
                seen.append(read_all(cls, case, reads, own_headers))
        # What a view sees is compared; the names of the two modules are not.
        assert seen[1] == seen[0], (case, reads, settings)


def make_environ(body: bytes, content_type: str, **environ: t.Any) -> dict[str, t.Any]:
    return {
        "QUERY_STRING": "a=1&b=2",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_COOKIE": "a=1",
        "wsgi.input": io.BytesIO(body),
        **environ,
    }


def override(name: str, stock: t.Any, calls: list[str]) -> t.Any:
    """Return something else for an attribute of the class, which reports when it is used."""
    if name.endswith("_class"):

        class Other(stock):  # type: ignore[misc]
            def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
                calls.append(name)
                super().__init__(*args, **kwargs)

        return Other
    if callable(stock):

        def method(self: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
            calls.append(name)
            return stock(self, *args, **kwargs)

        return method

    def get(self: t.Any) -> t.Any:
        calls.append(name)
        return stock.__get__(self) if isinstance(stock, property) else stock

    return property(get)


HOOKS = [
    "parameter_storage_class",
    "dict_storage_class",
    "form_data_parser_class",
    "make_form_data_parser",
    "want_form_data_parsed",
    "_get_stream_for_parsing",
    "_get_file_stream",
    "_load_form_data",
    "_parse_content_type",
    "mimetype",
    "mimetype_params",
    "content_length",
    "stream",
    "args",
    "form",
    "cookies",
    "get_data",
    "max_content_length",
    "max_form_memory_size",
    "max_form_parts",
]
FORM = make_environ(FORM_BODIES[0], "application/x-www-form-urlencoded")
JSON = make_environ(JSON_BODIES[0], "application/json")
FILE = make_environ(
    b'--x\r\nContent-Disposition: form-data; name="up"; filename="f"\r\n\r\nf\r\n--x--\r\n',
    "multipart/form-data; boundary=x",
)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        (name, how)
        for name in HOOKS
        for how in ("class", "patched late", "instance")
        if how != "instance" or callable(getattr(PlainRequest, name))
    ],
)
def test_what_is_overridden_is_used(name: str, how: str) -> None:

    def run(base: t.Any) -> t.Any:
        calls: list[str] = []
        stock = getattr(PlainRequest, name)
        other = override(name, stock, calls)
        cls = type("Own", (base,), {name: other} if how == "class" else {})
        seen = []
        for environ in FORM, JSON, FILE, FORM:
            body = environ["wsgi.input"].getvalue()
            request = cls({**environ, "wsgi.input": io.BytesIO(body)})
            if how == "instance":
                bound = other if isinstance(stock, type) else other.__get__(request)
                setattr(request, name, bound)
            for read in "args", "cookies", "form", "files", "data", "is_json", "content_length":
                seen.append(look(getattr(request, read)))
            request.close()
            if how == "patched late":
                setattr(cls, name, other)
        return set(calls), seen

    assert run(fastflask.Request) == run(flask.Request)


READS_OF_HEADERS = ("cookies", "content_length", "mimetype", "is_json", "form", "data")


def test_headers_of_a_class_are_asked() -> None:
    sent = {"Cookie": "own=1", "Content-Length": "3", "Content-Type": "application/json; a=b"}

    def run(base: t.Any) -> t.Any:
        class Own(base):  # type: ignore[misc]
            headers = property(lambda self: Headers(sent), lambda self, value: None)

        request = Own({**FORM, "wsgi.input": io.BytesIO(FORM_BODIES[0])})
        return [look(getattr(request, name)) for name in READS_OF_HEADERS]

    assert run(fastflask.Request) == run(flask.Request)


def test_environ_of_another_type() -> None:
    class Environ(dict[str, t.Any]):
        def get(self, key: str, default: t.Any = None) -> t.Any:
            return super().get(key.replace("COOKIE", "OWN"), default)

        def items(self) -> t.Any:
            return [("HTTP_COOKIE", "own=1")]

    def run(cls: t.Any) -> t.Any:
        request = cls(Environ(FORM) | {"wsgi.input": io.BytesIO(FORM_BODIES[0])})
        request.environ = request.headers.environ = Environ(request.environ)
        return [look(getattr(request, name)) for name in (*READS_OF_HEADERS, "args")]

    assert run(fastflask.Request) == run(flask.Request)


def test_form_that_is_never_loaded() -> None:
    """An error, as with Flask, and not the end of the process."""
    for base in flask.Request, fastflask.Request:
        cls = type("Own", (base,), {"_load_form_data": lambda self: None})
        with pytest.raises(RecursionError):
            cls(dict(FORM)).form


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (ImmutableMultiDict, "__init__"),
        (flask.Request.form_data_parser_class, "parse"),
        (flask.Request.form_data_parser_class, "_parse_urlencoded"),
    ],
)
def test_patches_of_werkzeug_are_used(
    owner: t.Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock = getattr(owner, name)

    def patch(self: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
        calls.append(name)
        return stock(self, *args, **kwargs)

    monkeypatch.setattr(owner, name, patch)
    seen = []
    for cls in flask.Request, fastflask.Request:
        calls: list[str] = []
        request = cls({**FORM, "wsgi.input": io.BytesIO(FORM_BODIES[0])})
        seen.append((look(request.form), look(request.args), len(calls)))
    assert seen[0] == seen[1]


def test_body_of_unusual_types() -> None:
    """A stream may give what has a ``decode`` of its own."""

    class Body(bytes):
        def decode(self, *args: t.Any) -> t.Any:  # type: ignore[override]
            return "own=1"

    class Stream:
        def read(self, size: int = -1) -> bytes:
            return Body(b"a=1")

    for cls in flask.Request, fastflask.Request:
        request = cls({**FORM, "wsgi.input": Stream(), "wsgi.input_terminated": True})
        assert request.form.to_dict() == {"own": "1"}
