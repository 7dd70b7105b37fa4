"""What leaves the server: the head of a response, where redirects lead, which files are sent."""

from __future__ import annotations

import io
import os
import random
import typing as t
from pathlib import Path
from urllib.parse import quote, urlsplit

import flask
import pytest
import werkzeug
from hostile import TIMES
from hostile.inputs import ENVIRON, ask
from werkzeug.datastructures import Headers

import fastflask
from fastflask import Flask, Response, redirect, request, send_from_directory, url_for

BREAKS = ["\r", "\n", "\0", "\r\n"]


# -- the head of a response


def head_of(app: t.Any) -> tuple[t.Any, ...]:
    """Return what a server would get to send, or the text of the error."""
    app.config["PROPAGATE_EXCEPTIONS"] = True
    starts: list[t.Any] = []
    environ = {**ENVIRON, "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO()}
    try:
        items = app(
            environ, lambda status, headers, exc_info=None: starts.append((status, headers))
        )
        items.close()
    except (ValueError, TypeError) as error:
        assert not starts
        return type(error).__name__, str(error)
    return starts[0]  # type: ignore[no-any-return]


class Own(Response):
    """A response that makes its head by itself."""

    def get_wsgi_response(self, environ: t.Any) -> t.Any:
        items, status, headers = super().get_wsgi_response(environ)
        return items, status, [*headers, ("X-Own", "1")]


def _listed(response: Response, name: str) -> Response:
    response.headers.extend([(name, "1")])
    return response


NAMED: dict[str, t.Callable[[str], t.Any]] = {
    "result": lambda name: ("x", {name: "1"}),
    "list": lambda name: ("x", [(name, "1")]),
    "triple": lambda name: ("x", 201, Headers([(name, "1")])),
    "response": lambda name: Response("x", headers={name: "1"}),
    "item": lambda name: Response("x").headers.__setitem__(name, "1"),
    "204": lambda name: ("", 204, {name: "1"}),
    "304": lambda name: ("", 304, {name: "1"}),
    "foreign": lambda name: werkzeug.Response("x", headers={name: "1"}),
    "own": lambda name: Own("x", headers={name: "1"}),
    "redirect": lambda name: _listed(t.cast(Response, redirect("/to")), name),
    "location": lambda name: ("x", {"Location": "/to", name: "1"}),
    "stream": lambda name: (iter("x"), {name: "1"}),
    "wsgi": lambda name: lambda environ, start: (start("200 OK", [(name, "1")]), [b"x"])[1],
    "error": lambda name: werkzeug.exceptions.HTTPException(
        response=werkzeug.Response("x", 400, {name: "1"})
    ),
}


def serve(make: t.Callable[..., t.Any], *arguments: t.Any) -> tuple[t.Any, ...]:
    app = Flask(__name__)

    @app.get("/")
    def view() -> t.Any:
        made = make(*arguments)
        if isinstance(made, Exception):
            raise made
        return made

    return head_of(app)


@pytest.mark.parametrize("kind", set(NAMED) - {"item"})
def test_line_break_in_the_name_of_a_header_is_refused(kind: str) -> None:
    for text in BREAKS:
        for name in (f"X{text}A", f"X-A{text}", f"{text}X-A", f"X-\u20ac{text}"):
            error, message = serve(NAMED[kind], name)
            assert error == "ValueError"
            assert message == f"Header names must not contain newline or null characters: {name!r}"
    for name in ("X-A", "x_\xe9"):
        status, headers = serve(NAMED[kind], name)
        assert (name, "1") in headers


STATUSES: dict[str, t.Callable[[str], t.Any]] = {
    "result": lambda status: ("x", status),
    "bytes": lambda status: ("x", status.encode()),
    "response": lambda status: Response("x", status),
    "assigned": lambda status: setattr(Response("x"), "status", status),
    "foreign": lambda status: werkzeug.Response("x", status),
    "own": lambda status: Own("x", status),
    "wsgi": lambda status: lambda environ, start: (start(status, []), [b"x"])[1],
}


@pytest.mark.parametrize("kind", STATUSES)
@pytest.mark.parametrize("text", BREAKS)
def test_line_break_in_a_status_is_refused(kind: str, text: str) -> None:
    for status in (f"200 OK{text}Set-Cookie: a=1", f"404{text} NO", f"{text}no number{text}."):
        error, message = serve(STATUSES[kind], status)
        if kind == "bytes":
            assert error == "TypeError"  # as in Flask
            continue
        assert error == "ValueError", kind
        assert message.startswith("The status must not contain newline or null characters: '")
    if kind not in {"bytes", "assigned"}:
        assert serve(STATUSES[kind], "299 Fine")[0] == "299 Fine"


def test_response_whose_head_is_refused_is_closed() -> None:
    closed = []

    def view() -> Response:
        response = Response(iter("x"), headers={"X\n": "1"})
        response.call_on_close(lambda: closed.append(1))
        return response

    assert serve(view)[0] == "ValueError"
    assert closed == [1]


def test_names_and_statuses_that_were_seen_before() -> None:
    """What is kept of them is bounded, and they are checked beyond the bound too."""
    for number in range(1_000):
        result = "x", f"299 N{number}", {f"X-{number}": "1"}
        assert serve(tuple, result)[0] == f"299 N{number}"
    for _ in range(2):
        assert serve(lambda: ("x", {"X-1\n": "1"}))[0] == "ValueError"
        assert serve(lambda: ("x", "299 N1\n."))[0] == "ValueError"
        assert serve(lambda: ("x", {"X-" + "a" * 5_000 + "\0": "1"}))[0] == "ValueError"


VALUES: dict[str, t.Callable[[t.Any, str], t.Any]] = {
    "result": lambda module, value: ("x", {"X-A": value}),
    "list": lambda module, value: ("x", [("X-A", value)]),
    "several": lambda module, value: ("x", {"X-A": ["1", value]}),
    "constructor": lambda module, value: module.Response("x", headers={"X-A": value}),
    "update": lambda module, value: module.Response().headers.update({"X-A": value}),
    "item": lambda module, value: module.Response().headers.__setitem__("X-A", value),
    "add": lambda module, value: module.Response().headers.add("X-A", value),
    "add option": lambda module, value: module.Response().headers.add("X-A", "1", name=value),
    "setdefault": lambda module, value: module.Response().headers.setdefault("X-A", value),
    "extend": lambda module, value: module.Response().headers.extend([("X-A", value)]),
    "set_cookie name": lambda module, value: module.Response().set_cookie(value, "1"),
    "set_cookie path": lambda module, value: module.Response().set_cookie("a", "1", path=value),
    "set_cookie domain": lambda module, value: module.Response().set_cookie("a", domain=value),
    "location": lambda module, value: setattr(module.Response(), "location", value),
    "redirect": lambda module, value: module.redirect(value),
    "mimetype": lambda module, value: module.Response("x", mimetype=value),
    "content type": lambda module, value: module.Response("x", content_type=value),
    "assigned type": lambda module, value: setattr(module.Response("x"), "content_type", value),
    "download": lambda module, value: module.send_file(
        io.BytesIO(b"x"), download_name=f"{value}.txt", as_attachment=True
    ),
    "file type": lambda module, value: module.send_file(io.BytesIO(b"x"), mimetype=value),
    "etag": lambda module, value: module.Response().set_etag(value),
    "vary": lambda module, value: module.Response().vary.add(value),
}


@pytest.mark.parametrize("kind", VALUES)
def test_no_value_gets_a_line_break_onto_the_wire(kind: str) -> None:
    for value in ("a\r\nX-Evil: 1", "a\nb", "\ra", "a\r", "\u20ac\n"):
        outcomes = []
        for module in (flask, fastflask):
            app: t.Any = module.Flask(__name__)
            app.add_url_rule("/", view_func=lambda: VALUES[kind](module, value) or "fine")  # noqa: B023
            outcomes.append(head_of(app))
        assert outcomes[0] == outcomes[1]
        status, rest = outcomes[1]
        if status != "ValueError":
            assert not any({"\r", "\n"} & {*name, *text} for name, text in rest)


def test_cookies_cannot_add_headers() -> None:
    app = Flask(__name__)
    app.secret_key = "a key"

    @app.get("/")
    def view() -> Response:
        response = Response("x")
        response.set_cookie("a", request.args["v"])
        return response

    for value in ("1\r\nX-Evil: 1", "1; Path=/evil", "1, b=2", '"\\"', "\u20ac\n\0"):
        answer = app.test_client().get("/", query_string={"v": value})
        [cookie] = answer.headers.getlist("Set-Cookie")
        assert cookie.count(";") == 1 and cookie.endswith("; Path=/")
        assert "X-Evil" not in answer.headers


# -- redirects


def redirecting(module: t.Any, **options: t.Any) -> t.Any:
    app = module.Flask("redirecting", static_folder=None, **options)

    @app.route("/branch/")
    @app.route("/<path:rest>/")
    @app.route("/")
    def branch(rest: str = "") -> str:
        return rest

    @app.route("/alias", alias=True, endpoint="canonical")
    @app.route("/canonical/<name>", endpoint="canonical")
    @app.route("/old/<name>", redirect_to="/new/<name>", endpoint="old")
    @app.route("/new/<name>", endpoint="new")
    def canonical(name: str = "") -> str:
        return name

    @app.route("/all/", defaults={"page": 1}, endpoint="all")
    @app.route("/all/page/<int:page>", endpoint="all")
    def every(page: int) -> str:
        return str(page)

    return app


HOSTS = ("localhost", "example.com:8080", "[::1]:80", "EXAMPLE.com")
EVIL = (
    *(
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%2F/evil.example",
    ),
    *("//evil.example/..", "/.//evil.example", "/;@evil.example", "/@evil.example", "//user@evil"),
    *("https://evil.example", "/https://evil.example", "//[::1]", "/\t/evil.example", "/\n/evil"),
    *(
        "/\r\nLocation: //evil.example",
        "/\0/evil.example",
        "//\xff",
        "/\x85/evil",
        "/\xe2\x80\xae/evil",
    ),
    *(
        "/branch",
        "/branch//x",
        "/a//b",
        "/a//b/c//",
        "//branch",
        "/old/x",
        "/old/%2Fevil",
        "/alias",
    ),
    *("/old//evil.example", "/old/\\evil", "/all/page/1", "/canonical/..", "http:evil.example"),
)
QUERIES = (
    "",
    "next=//evil.example",
    "\r\nX: 1",
    "%0d%0aX:1",
    "@evil",
    "#//evil",
    "\xff",
    "a=\xc3\xa9",
)
ROOTS = ("", "/root", "/root/", "//evil.example", "/\xc3\xa9")


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("root", ROOTS)
def test_redirects_of_the_matching_stay_on_the_bound_host(host: str, root: str) -> None:
    old, new = redirecting(flask), redirecting(fastflask)
    rnd = random.Random(host + root)
    redirects = 0
    for path in (*EVIL, *(_path(rnd) for _ in range(40 * TIMES))):
        environ = {
            **ENVIRON,
            **{"HTTP_HOST": host, "SCRIPT_NAME": root, "PATH_INFO": path},
            "QUERY_STRING": rnd.choice(QUERIES),
        }
        expected, actual = ask(old, environ), ask(new, environ)
        assert actual == expected
        if actual[0][:1] == "3":
            redirects += 1
            location = dict(actual[1])["Location"]
            target = urlsplit(location)
            assert (target.scheme, target.netloc) == ("http", host.removesuffix(":80").lower())
            assert location.isascii() and location.isprintable() and " " not in location
            assert "evil" not in target.netloc
    assert redirects > 10


def _path(rnd: random.Random) -> str:
    parts = [rnd.choice(EVIL + ("a", "branch", "all", "old")) for _ in range(rnd.choice((1, 2, 3)))]
    return rnd.choice(("", "/", "//")) + rnd.choice(("", "/", "//")).join(parts)


@pytest.mark.parametrize(
    "host", ["evil.example/", "evil.example?", "a b", "evil\r\n", "<evil>", "a@b"]
)
def test_host_that_is_none_is_in_no_url(host: str) -> None:
    app = redirecting(fastflask)
    app.view_functions["branch"] = lambda rest="": url_for("branch", rest="x", _external=True)
    environ = {**ENVIRON, "HTTP_HOST": host}
    status, headers, text = ask(app, {**environ, "PATH_INFO": "/branch"})
    assert dict(headers)["Location"] == "http:///branch/"
    assert ask(app, {**environ, "PATH_INFO": "/branch/"})[2] == "http:///x/"
    app.config["TRUSTED_HOSTS"] = ["localhost"]
    for name in (host, "evil.example", "localhost.evil.example", "evillocalhost", ""):
        for path in ("/branch", "/branch/"):
            answer = ask(app, {**ENVIRON, "HTTP_HOST": name, "PATH_INFO": path})
            assert answer[0] == "400 BAD REQUEST"
            assert "Location" not in dict(answer[1])


@pytest.mark.parametrize(
    "name", ["X_FORWARDED_HOST", "X_FORWARDED_PROTO", "X_FORWARDED_PREFIX", "FORWARDED", "X_HOST"]
)
def test_forwarded_headers_change_nothing(name: str) -> None:
    app = redirecting(fastflask)
    view = lambda rest="": [request.url, request.host, url_for("branch", _external=True)]  # noqa: E731
    app.view_functions["branch"] = view
    for path in ("/branch", "/branch/", "/x/"):
        plain = ask(app, {**ENVIRON, "PATH_INFO": path})
        for value in ("evil.example", "https", "host=evil.example;proto=https", "/evil"):
            environ = {**ENVIRON, "PATH_INFO": path, f"HTTP_{name}": value}
            assert ask(app, environ) == plain


@pytest.mark.parametrize("target", ['/x"><script>', "/x'y", "/<b>&", "//a/<i>", "/\u20ac<"])
def test_pages_of_redirects_are_escaped(target: str) -> None:
    outcomes = []
    for module in (flask, fastflask):
        app: t.Any = module.Flask(__name__)
        app.add_url_rule("/", view_func=lambda: module.redirect(target))  # noqa: B023
        outcomes.append(ask(app, ENVIRON))
    assert outcomes[0] == outcomes[1]
    assert target not in outcomes[1][2]
    assert "<script>" not in outcomes[1][2] and "<b>" not in outcomes[1][2]


# -- files

TRAVERSAL = (
    *("..", "../secret.txt", "../../etc/passwd", "a/../../secret.txt", "./../secret.txt", "a/.."),
    *("....//secret.txt", "..../secret.txt", "..;/secret.txt", "../", "/..", "//etc/passwd"),
    *(
        "/etc/passwd",
        "//secret.txt",
        "///etc/passwd",
        "a//../../secret.txt",
        "~root",
        "~/secret.txt",
    ),
    *(
        "..\\secret.txt",
        "a\\..\\..\\secret.txt",
        "\\secret.txt",
        "\\\\host\\share",
        "..%5csecret.txt",
    ),
    *("%2e%2e/secret.txt", "..%2fsecret.txt", "%2e%2e%2fsecret.txt", "%252e%252e/secret.txt"),
    *(
        "..%c0%afsecret.txt",
        "%c0%ae%c0%ae/secret.txt",
        "\xc0\xae\xc0\xae/secret.txt",
        "..%00/secret.txt",
    ),
    *("ok.txt\0", "\0", "a\0/../ok.txt", "ok.txt%00.png", "../secret.txt\0.png", "ok.txt\0.png"),
    *("", ".", "./", "folder", "folder/", "folder/.", "missing", "ok.txt/", "ok.txt/.", "ok.txt/x"),
    *("a" * 300, "a/" * 3000, "\xff\xfe", "\xed\xa0\x80", "\u202e", "..\u2215secret.txt"),
    *(
        "..\uff0fsecret.txt",
        "\uff0e\uff0e/secret.txt",
        "link",
        "linked/secret.txt",
        "loop",
        "loop/x",
    ),
    *(
        "CON",
        "NUL",
        "aux.txt",
        "COM1",
        "LPT1.txt",
        "CONIN$",
        "con .txt",
        "com\xb9",
        "C:",
        "C:ok.txt",
    ),
    *("C:\\secret.txt", "C:/secret.txt", "ok.txt::$DATA", "ok.txt:stream", "ok.txt.", "ok.txt "),
    *("prn.", "NUL:", "folder/NUL", "folder/COM1.txt", ".hidden/../../secret.txt", "OK.TXT"),
)
SECRET = b"what nobody may see"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to send from, beside what may not be sent."""
    public = tmp_path / "public"
    (public / "folder").mkdir(parents=True)
    (public / "ok.txt").write_bytes(b"fine")
    (tmp_path / "secret.txt").write_bytes(SECRET)
    (public / "loop").symlink_to("loop")
    return public


def sending(module: t.Any, folder: Path) -> t.Any:
    app = module.Flask(
        "sending",
        root_path=str(folder.parent),
        static_folder=str(folder),
        static_url_path="/static",
    )

    @app.route("/files/<path:name>")
    @app.route("/files/")
    def files(name: str = "") -> t.Any:
        return module.send_from_directory(folder, name)

    return app


@pytest.mark.parametrize("prefix", ["/files/", "/static/", "/static/folder/../", "/files//"])
def test_nothing_outside_of_a_folder_is_sent(folder: Path, prefix: str) -> None:
    old, new = sending(flask, folder), sending(fastflask, folder)
    for name in TRAVERSAL:
        for text in (name, quote(name, safe="/%"), name.replace("/", "//")):
            path = prefix + text.encode("utf-8", "surrogatepass").decode("latin-1")
            for method in ("GET", "HEAD"):
                environ = {**ENVIRON, "REQUEST_METHOD": method, "PATH_INFO": path}
                expected, actual = ask(old, environ), ask(new, environ)
                assert (actual[0], actual[2]) == (expected[0], expected[2]), path
                assert actual[0][:3] in {"200", "308", "404"}, path
                assert SECRET.decode() not in actual[2]
                if actual[0][:3] == "200":
                    assert actual[2] == ("fine" if method == "GET" else "")


def test_link_is_followed_as_in_flask(folder: Path) -> None:
    """Who may make links in the folder decides what is in it."""
    (folder / "link").symlink_to("../secret.txt")
    answers = [
        ask(sending(module, folder), {**ENVIRON, "PATH_INFO": "/files/link"})
        for module in (flask, fastflask)
    ]
    assert [answer[2] for answer in answers] == [SECRET.decode()] * 2
    (folder / "out").symlink_to("..")
    for path in ("/files/out/../secret.txt", "/static/out/../secret.txt", "/files/out/"):
        app = sending(fastflask, folder)
        assert ask(app, {**ENVIRON, "PATH_INFO": path})[0] == "404 NOT FOUND"


@pytest.mark.parametrize(
    "name", ["CON", "NUL.txt", "com1", "a/LPT1", "C:x", "x::$DATA", "conin$", "..\\x"]
)
def test_names_that_windows_reserves(
    folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Werkzeug's join decides, and it is asked."""
    monkeypatch.setattr("werkzeug.security.os.name", "nt", raising=False)
    monkeypatch.setattr("werkzeug.security._os_alt_seps", ["\\"])
    for file in (folder / "CON", folder / "NUL.txt", folder / "com1", folder / "C:x"):
        file.write_bytes(b"x")
    for prefix in ("/files/", "/static/"):
        expected = ask(sending(flask, folder), {**ENVIRON, "PATH_INFO": prefix + name})
        actual = ask(sending(fastflask, folder), {**ENVIRON, "PATH_INFO": prefix + name})
        assert actual[0] == expected[0]
        if "\\" in name:
            assert actual[0] == "404 NOT FOUND"


def test_random_names_of_files(folder: Path) -> None:
    rnd = random.Random(1)
    signs = [
        "..",
        ".",
        "/",
        "\\",
        "%2e",
        "%2f",
        "\0",
        "ok.txt",
        "folder",
        "secret.txt",
        "~",
        ":",
        " ",
    ]
    app = sending(fastflask, folder)
    for _ in range(600 * TIMES):
        path = rnd.choice(("/files/", "/static/")) + "".join(rnd.choices(signs, k=rnd.randrange(8)))
        status, _, text = ask(app, {**ENVIRON, "PATH_INFO": path})
        assert status[:3] in {"200", "308", "404"}, path
        assert text == "fine" or status[:3] != "200", path


def test_overlong_name_and_unreadable_folder(folder: Path) -> None:
    app = sending(fastflask, folder)
    for name in ("a" * 256, "a" * 5_000, "b/" * 2_500, "\udcff", "x" * (1 << 20)):
        with app.test_request_context("/"):
            with pytest.raises(werkzeug.exceptions.NotFound):
                send_from_directory(folder, name)
    with app.test_request_context("/"):
        with pytest.raises(werkzeug.exceptions.NotFound):
            send_from_directory(os.devnull, "x")


RANGES = (
    *("bytes=0-0", "bytes=-1", "bytes=1-", "bytes=3-3", "bytes=0-999", "bytes= 0-1", "BYTES=0-1"),
    *(
        "bytes=-0",
        "bytes=4-",
        "bytes=2-1",
        "bytes=0-1,2-3",
        "bytes=",
        "bytes",
        "bytes=a-b",
        "x=0-1",
    ),
    *(
        "bytes=-",
        "bytes=--1",
        "bytes=+0-1",
        "bytes=0-1;",
        "bytes=0-\xb2",
        "bytes=" + "9" * 5000 + "-",
    ),
    *(
        "bytes=" + ",".join(["0-1"] * 5000),
        "bytes=0-1,",
        "bytes=0x0-1",
        "bytes=1-" + "9" * 400,
        "0-1",
    ),
)


@pytest.mark.parametrize("unit", RANGES, ids=lambda value: value[:20])
def test_odd_ranges(folder: Path, unit: str) -> None:
    for prefix in ("/files/", "/static/"):
        environ = {**ENVIRON, "PATH_INFO": prefix + "ok.txt", "HTTP_RANGE": unit}
        expected, actual = (ask(sending(module, folder), environ) for module in (flask, fastflask))
        assert (actual[0], actual[2]) == (expected[0], expected[2])
        assert actual[0][:3] in {"200", "206", "416"}


# -- pages and data


@pytest.mark.parametrize("propagate", [None, False])
def test_pages_of_errors_tell_nothing(propagate: bool | None) -> None:
    app = Flask(__name__)
    app.config["PROPAGATE_EXCEPTIONS"] = propagate
    app.logger.disabled = True

    @app.route("/<name>", methods=["GET", "POST"])
    def view(name: str) -> t.Any:
        if name == "form":
            return request.form["<secret>"]
        if name == "json":
            return request.json
        if name == "abort":
            fastflask.abort(400, "<script>")
        if name == "named":
            error = werkzeug.exceptions.NotFound("<script>")
            error.code = 404
            raise error
        raise RuntimeError("secret")

    client = app.test_client()
    texts = [
        client.get("/fail").text,
        client.get("/form").text,
        client.post("/json", data="{secret", content_type="application/json").text,
        client.get("/abort").text,
        client.get("/named").text,
        client.get("/<script>/secret").text,
        client.open("/fail", method="SECRET").text,
    ]
    app.logger.disabled = False
    for text in texts:
        assert "secret" not in text and "<script>" not in text
        assert "Traceback" not in text and "RuntimeError" not in text
        # What the decoder of JSON has to say.
        assert "Expecting" not in text and "column" not in text


def test_data_in_a_page_cannot_leave_its_script() -> None:
    app = Flask(__name__)
    value = "</script><!--&'\u2028"
    with app.app_context():
        text = fastflask.render_template_string("<script>{{ v|tojson }}</script>{{ v }}", v=value)
    inside, outside = text[len("<script>") :].split("</script>", 1)
    assert not {"<", ">", "&", "'"} & set(inside)
    assert "<" not in outside and ">" not in outside
    assert "&#39;" in outside
