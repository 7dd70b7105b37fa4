"""The same files, asked for in the same way, from Flask and from fastflask.

``FUZZ_CASES`` in the environment says how many random requests there are.
"""

from __future__ import annotations

import datetime
import gc
import io
import mimetypes
import os
import pathlib
import random
import time
import typing as t
import warnings

import flask
import pytest
import werkzeug.utils
from flask.testing import EnvironBuilder

import fastflask
from fastflask import _files
from fastflask._impl import LeanResponse

CASES = int(os.environ.get("FUZZ_CASES", "1500"))
SEED = os.environ.get("FUZZ_SEED", "1")
OLD = "Fri, 01 Jan 1999 00:00:00 GMT"

NAMES = [
    "a.txt",
    "page.html",
    "pack.tar.gz",
    "data.json",
    "noext",
    ".css",
    "x.CSS",
    "\xfcml\xe4ut \u4e2d.txt",
    "empty",
    "sub/deep.svg",
    "two words.js",
]
ODD_NAMES = [
    "",
    ".",
    "..",
    "../secret.txt",
    "/etc/passwd",
    "sub",
    "sub/",
    "sub/../a.txt",
    "sub/../../secret.txt",
    "missing",
    "a\0b",
    "x" * 300,
    "a.txt/",
    "sub//deep.svg",
    "\udcff",
    "c:\\a.txt",
    "a.txt/deep",
]


class Wrapper:
    """A server's file wrapper, which remembers what it was given."""

    made: t.ClassVar[list[Wrapper]] = []

    def __init__(self, file: t.Any, size: int = 0) -> None:
        self.file, self.size = file, size
        self.made.append(self)

    def __iter__(self) -> t.Iterator[bytes]:
        return iter(lambda: self.file.read(7), b"")

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self.file, name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    (root / "static" / "sub").mkdir(parents=True)
    (root / "secret.txt").write_text("secret")
    for number, name in enumerate(NAMES):
        path = root / "static" / name
        path.write_bytes(b"" if name == "empty" else bytes(range(50)) * (number + 1))
        os.utime(path, (1_000_000_000 + number * 0.3, 1_000_000_000 + number * 0.3))
    return root


def classes(base: type) -> dict[str, type]:
    """Return response classes that do something in their own way, as an application may."""

    class Made(base):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.headers["Cache-Control"] = "private"
            self.headers["X-Args"] = f"{len(args)} {sorted(kwargs)}"

    class Tagged(base):
        def set_etag(self, etag, weak=False):
            super().set_etag(f"mine-{etag}", True)

    class Conditional(base):
        def make_conditional(self, *args, **kwargs):
            self.headers["X-Conditional"] = f"{len(args)} {sorted(kwargs)}"
            return super().make_conditional(*args, **kwargs)

    class Ranged(base):
        def _process_range_request(self, environ, complete_length, accept_ranges):
            self.headers["X-Ranged"] = f"{complete_length} {accept_ranges}"
            return super()._process_range_request(environ, complete_length, accept_ranges)

    class Created(base):
        default_status = 201

    class Watched(base):
        def __setattr__(self, name, value):
            if name in {"content_length", "last_modified", "expires"}:
                self.headers[f"X-{name}"] = str(value)
            super().__setattr__(name, value)

    class Dated(base):
        last_modified = property(
            base.last_modified.__get__,
            lambda self, value: self.headers.add("Last-Modified", OLD),
        )

    class Status(base):
        status_code = property(
            base.status_code.fget, lambda self, value: base.status_code.fset(self, value + 1)
        )

    found = [Made, Tagged, Conditional, Ranged, Created, Watched, Dated, Status]
    return {"plain": base, **{cls.__name__: cls for cls in found}}


class Side:
    """One framework: an application whose only view answers as a case says."""

    def __init__(self, framework: t.Any, root: pathlib.Path) -> None:
        self.framework = framework
        self.app = framework.Flask("app", root_path=os.fspath(root))
        self.app.testing = True
        self.classes = classes(framework.Response)
        self.app.add_url_rule("/", "send", self.send, methods=["GET", "POST"])

    def send(self) -> t.Any:
        return getattr(self.framework, self.case["how"])(*self.args, **self.kwargs)

    def outcome(self, case: dict[str, t.Any]) -> dict[str, t.Any]:
        self.case = case
        self.args = [arg() if callable(arg) else arg for arg in case["args"]]
        self.kwargs = case["kwargs"]
        self.app.response_class = self.classes[case["class"]]
        self.app.config["USE_X_SENDFILE"] = case["x_sendfile"]
        self.app.config["SEND_FILE_MAX_AGE_DEFAULT"] = case["max_age"]
        environ = EnvironBuilder(self.app, case["path"], method=case["method"]).get_environ()
        environ.update(case["environ"])
        started: list[t.Any] = []
        Wrapper.made.clear()
        try:
            body = self.app(environ, lambda *sent: started.append(sent))
            passed = type(body) is Wrapper
            content = b"".join(body)
            if hasattr(body, "close"):
                body.close()
        except Exception as error:
            return {"error": (type(error), str(error))}
        closed = [wrapper.file.closed for wrapper in Wrapper.made]
        return {"started": started, "content": content, "passed": passed, "closed": closed}


def make_case(rnd: random.Random, root: pathlib.Path) -> dict[str, t.Any]:
    name = rnd.choice(NAMES if rnd.random() < 0.8 else ODD_NAMES)
    kwargs = {
        key: rnd.choice(values)
        for key, values in {
            "mimetype": [None, "text/plain", "application/xml", "x/y+xml", "", "a\nb"],
            "as_attachment": [True, False, 1],
            "download_name": [None, "b.txt", "\xe4.html", 'q"uo;te.css', "a\nb", "x.tar.bz2", ""],
            "conditional": [True, False],
            "etag": [True, False, "tag", 'br"oken', "line\n", ""],
            "last_modified": [
                None,
                0,
                1e9,
                datetime.datetime(2020, 1, 2, 3, 4, 5, 6),
                datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc),
            ],
            "max_age": [None, 0, 60, -5, 2.0, True, lambda path: len(path) % 2 and 10],
        }.items()
        if rnd.random() < 0.2
    }
    how, args = "send_from_directory", ["static", name]
    path = "/"
    if rnd.random() < 0.3:
        how = "send_file"
        place = f"static/{name}"
        args = [
            rnd.choice(
                [
                    place,
                    root / "static" / name.replace("\0", ""),
                    lambda: io.BytesIO(b"memory"),
                    lambda: io.StringIO("text"),
                ]
            )
        ]
    elif rnd.random() < 0.3 and name.isprintable():
        path = f"/static/{name}"
    environ: dict[str, t.Any] = {}
    if rnd.random() < 0.3:
        environ["HTTP_RANGE"] = rnd.choice(
            ["bytes=0-3", "bytes=-2", "bytes=-0", "bytes=0-1,3-4", "bytes=9999-", "items=0-1", "x"]
        )
    if rnd.random() < 0.5:
        environ["wsgi.file_wrapper"] = Wrapper
    return {
        "how": how,
        "args": args,
        "kwargs": kwargs,
        "path": path,
        "environ": environ,
        "method": rnd.choice(["GET", "GET", "GET", "HEAD", "POST" if path == "/" else "GET"]),
        "class": rnd.choice(["plain"] * 8 + ["Made", "Tagged", "Conditional", "Ranged", "Created"])
        if rnd.random() < 0.9
        else rnd.choice(["Watched", "Dated", "Status"]),
        "x_sendfile": rnd.random() < 0.05,
        "max_age": rnd.choice([None, None, None, 30, 0, datetime.timedelta(hours=1)]),
    }


def ask_again(rnd: random.Random, case: dict[str, t.Any], first: dict[str, t.Any]) -> None:
    """Add conditions to a case, made of the answer that was given without them."""
    _, headers = first["started"][0][:2]
    sent = dict(headers)
    tag = sent.get("ETag", '"none"')
    date = sent.get("Last-Modified", OLD)
    choices = {
        "HTTP_IF_NONE_MATCH": [tag, tag, f"W/{tag}", f'"x", {tag}', "*", "", '"', tag[1:], '""'],
        "HTTP_IF_MODIFIED_SINCE": [date, date, OLD, "some day", "Fri, 01 Jan 2038 00:00:00 GMT"],
        "HTTP_IF_MATCH": [tag, "*", '"x"'],
        "HTTP_IF_RANGE": [tag, date, OLD, '"x"'],
        "HTTP_IF_UNMODIFIED_SINCE": [OLD],
    }
    weights = (0.8, 0.5, 0.1, 0.2, 0.1)
    for (name, values), weight in zip(choices.items(), weights, strict=True):
        if rnd.random() < weight:
            case["environ"][name] = rnd.choice(values)


def both(sides: list[Side], case: dict[str, t.Any]) -> dict[str, t.Any]:
    for _ in range(10):
        # Headers such as Date tell the second, so both have to be asked within one.
        second = int(time.time())
        expected, actual = (side.outcome(case) for side in sides)
        if int(time.time()) == second:
            break
    assert actual == expected, case
    return actual


@pytest.fixture
def files_left_open() -> t.Iterator[None]:
    """Let files be closed here that Flask leaves open on errors."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Wrapper.made.clear()
        gc.collect()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.usefixtures("files_left_open")
def test_files_as_flask_sends_them(folder):
    rnd = random.Random(f"files {SEED}")
    sides = [Side(flask, folder), Side(fastflask, folder)]
    seen = set()

    for _ in range(CASES):
        case = make_case(rnd, folder)
        first = both(sides, case)
        if "started" in first:
            seen.add(first["started"][0][0])
            ask_again(rnd, case, first)
            second = both(sides, case)
            seen.update(started[0] for started in second.get("started", ()))

    assert {"200 OK", "206 PARTIAL CONTENT", "304 NOT MODIFIED", "404 NOT FOUND"} <= seen
    assert {"412 PRECONDITION FAILED", "416 REQUESTED RANGE NOT SATISFIABLE"} <= seen


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"ETag": '"tag"'},
        {"etag": '"tag"', "DATE": OLD},
        {"ETag": '""'},
        {"ETag": '"a"b"'},
        {"ETag": "bare"},
        {"ETag": 'W/"weak"'},
        {"ETag": '"tag"', "Last-Modified": "some day"},
        {"Last-Modified": OLD, "Content-Length": "4"},
        {"ETag": '"tag"', "Accept-Ranges": "none", "Content-Length": "4"},
        {"ETag": '"tag"', "Last-Modified": "Fri, 01 Jan 99999999999999999999 00:00:00 GMT"},
    ],
)
@pytest.mark.parametrize("ranges", [False, True, "bytes", "lines", None])
@pytest.mark.parametrize("kind", ["text", "iterator", "passed"])
def test_make_conditional_as_werkzeugs(given, ranges, kind):
    def outcome(framework, **environ):
        body = {"text": "text", "iterator": iter(["te", "xt"]), "passed": iter([b"text"])}[kind]
        response = framework.Response(body, headers=given, direct_passthrough=kind == "passed")
        environ = EnvironBuilder(flask.Flask("x"), "/").get_environ() | environ
        try:
            result = response.make_conditional(environ, ranges, 4)
        except Exception as error:
            return type(error), str(error)
        assert result is response
        return response.status, list(response.headers)

    tag, date = given.get("ETag", '"tag"'), given.get("Last-Modified", OLD)
    for environ in (
        {},
        {"HTTP_IF_NONE_MATCH": tag},
        {"HTTP_IF_NONE_MATCH": tag, "HTTP_IF_MODIFIED_SINCE": date},
        {"HTTP_IF_NONE_MATCH": '"other"', "HTTP_IF_MODIFIED_SINCE": date},
        {"HTTP_IF_MODIFIED_SINCE": date},
        {"HTTP_IF_NONE_MATCH": tag, "HTTP_IF_MATCH": tag},
        {"HTTP_IF_NONE_MATCH": tag, "HTTP_RANGE": "bytes=1-2", "HTTP_IF_RANGE": tag},
        {"HTTP_IF_NONE_MATCH": tag, "REQUEST_METHOD": "POST"},
    ):
        for _ in range(10):
            second = int(time.time())
            expected, actual = outcome(flask, **environ), outcome(fastflask, **environ)
            if int(time.time()) == second:
                break
        assert actual == expected, environ


def test_make_conditional_takes_a_request_and_refuses_anything_else():
    app = fastflask.Flask("x")
    with app.test_request_context(headers={"If-None-Match": '"tag"'}):
        response = fastflask.Response("text", headers={"ETag": '"tag"'})
        assert response.make_conditional(fastflask.request) is response
        assert response.status == "304 NOT MODIFIED"
        with pytest.raises(AssertionError, match="'str' is not a WSGI environment"):
            response.make_conditional("x")


def test_date_follows_the_clock(monkeypatch):
    app = fastflask.Flask("x")
    with app.test_request_context() as context:
        for now, date in ((0.0, "Thu, 01 Jan 1970 00:00:00 GMT"), (86400.9, "Fri, 02 Jan 1970")):
            monkeypatch.setattr("time.time", lambda now=now: now)
            response = fastflask.Response("text").make_conditional(context.request)
            assert response.headers["Date"].startswith(date)


def test_change_of_a_file_is_seen(folder, monkeypatch):
    path = folder / "changing.txt"
    app = fastflask.Flask("x", root_path=os.fspath(folder), static_folder=".", static_url_path="/")
    client = app.test_client()
    tags = set()
    for text, when in (("one", 5.25), ("other", 5.25), ("other", 6.5)):
        path.write_text(text)
        os.utime(path, (when, when))
        response = client.get("/changing.txt", buffered=True)
        assert response.text == text
        assert response.last_modified.timestamp() == int(when)
        tags.add(response.headers["ETag"])
    assert len(tags) == 3
    # Types are asked for each time, as a program may add some.
    monkeypatch.setattr("mimetypes.guess_type", lambda name: ("x/y", None))
    assert client.get("/changing.txt", buffered=True).mimetype == "x/y"


def test_types_as_the_library_guesses_them(monkeypatch):
    rnd = random.Random(f"types {SEED}")
    for table in ("types_map", "encodings_map", "suffix_map"):
        # Changed in place, as add_type does it.
        monkeypatch.setitem(getattr(mimetypes, table), ".Odd", ".x")
        monkeypatch.setitem(getattr(mimetypes, table), ".odd", ".css" if table[0] == "s" else "y")
    monkeypatch.setitem(mimetypes.types_map, "bare", "x/bare")
    monkeypatch.setitem(mimetypes.types_map, ".new", "x/new")
    ends = [*mimetypes.types_map, *mimetypes.encodings_map, *mimetypes.suffix_map, ".CSS", ".?"]
    stems = ["a", "a.b", "a-b", "", ".", "..", "a b", "a/b", "a/", "data:x,", "c:a", "\xe4", "a?b"]
    for _ in range(CASES):
        name = rnd.choice(stems) + "".join(rnd.choices(ends, k=rnd.choice((0, 1, 1, 2, 3))))
        assert _files._guess_type(name) == mimetypes.guess_type(name), name


@pytest.mark.parametrize("name", ["send_file", "send_from_directory"])
def test_library_function_patched_later_is_called(folder, monkeypatch, name):
    app = fastflask.Flask("x", root_path=os.fspath(folder))
    with app.test_request_context():
        monkeypatch.setattr(werkzeug.utils, name, lambda *args, **kwargs: (name, args))
        sent = fastflask.send_from_directory("static", "a.txt")
        assert sent[0] == name
        if name == "send_file":
            assert fastflask.send_file("static/a.txt")[0] == name


def test_make_conditional_of_werkzeug_patched_later_is_called(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "werkzeug.wrappers.Response.make_conditional", lambda self, *args: seen.append(args)
    )
    environ = {"REQUEST_METHOD": "GET"}
    fastflask.Response("x").make_conditional(environ)
    assert seen == [(environ, False, None)]


def test_long_names_are_not_kept(folder):
    app = fastflask.Flask("x", root_path=os.fspath(folder))
    with app.test_request_context():
        for size in (255, 256, 5000):
            _files._disposition_of.cache_clear()
            kept = _files._disposition_of.cache_info().currsize
            with fastflask.send_file("static/a.txt", download_name="n" * size) as response:
                assert response.headers["Content-Disposition"] == f"inline; filename={'n' * size}"
            assert _files._disposition_of.cache_info().currsize == kept + (size < 256)


def test_file_is_closed_when_sending_fails(folder):
    app = fastflask.Flask("x", root_path=os.fspath(folder))
    environ = {"wsgi.file_wrapper": Wrapper}
    Wrapper.made.clear()
    with app.test_request_context(environ_overrides=environ):
        with pytest.raises(ValueError, match="etag"):
            fastflask.send_file("static/a.txt", etag='"')
    assert [wrapper.file.closed for wrapper in Wrapper.made] == [True]


def test_response_of_werkzeugs_own_class(folder):
    app = fastflask.Flask("x", root_path=os.fspath(folder))
    app.response_class = flask.Response
    assert not issubclass(flask.Response, LeanResponse)
    assert app.test_client().get("/static/a.txt", buffered=True).status_code == 200
