"""Where redirects lead, which host is in URLs, and what the page of a redirect shows."""

from __future__ import annotations

import random
import typing as t
from urllib.parse import urlsplit

import flask
import pytest
from hostile import TIMES
from hostile.inputs import ENVIRON, ask

import fastflask
from fastflask import request, url_for


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
