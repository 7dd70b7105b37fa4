"""Random applications and requests, in which Flask and fastflask build URLs and redirects.

``FUZZ_URLS`` says how many; see ``fuzzing``.
"""

from __future__ import annotations

import contextlib
import importlib
import random
import sys
import typing as t
import warnings
from types import ModuleType

import pytest
import werkzeug.routing as reference
import werkzeug.wrappers
from fuzzing import by_seed
from hypothesis import note
from markupsafe import Markup
from strategies_routing import (
    BATCH,
    CONVERTERS,
    TEXTS,
    VALUES,
    fill,
    make_fitting,
    make_rule,
    make_values,
    same,
)

HOSTS = [
    *["example.com"] * 9, "www.example.com", "x12.example.com", "a.b.example.com:8080",
    "EXAMPLE.com:80", "other", "www.ab.api", "127.0.0.1:5000", "[::1]:5000", "ä.example.com",
    ".example.com", "a..b", "x" * 70, "bad host", "", None,
]  # fmt: skip
ROOTS = ["", "", "", "/app", "/app/", "/", "//", "app", "/\xc3\xa4 b", None]
ENDPOINTS = ["e", "f", "g", "h", "bp.e", "bp.f", "bp.in.e", "bp.in.g"]
ASKED: list[t.Any] = [
    *ENDPOINTS, ".e", ".f", ".in.e", "..e", ".", "", "nowhere", "bp.nowhere", None, 5,
    b"e", ["e"], ("e",), "static",
]  # fmt: skip
SPECIAL: dict[str, list[t.Any]] = {
    "_anchor": [None, "a b", "ü#/?%20&", "", "plain", b"b\xff", 5, "\ud800"],
    "_method": [None, "GET", "POST", "put", "NONE"],
    "_scheme": [None, "https", "http", "wss", "", "ftp"],
    "_external": [None, True, False, 0, 1, ""],
}


def framework(name: str) -> ModuleType:
    for module in ("ctx", "globals"):
        importlib.import_module(f"{name}.{module}")
    return importlib.import_module(name)


SIDES = [framework("flask"), framework("fastflask")]


def make_spec(rnd: random.Random) -> dict[str, t.Any]:
    """What an application is made of."""
    host_matching = rnd.random() < 0.1
    known: list[str] = []
    rules = [make_rule(rnd, known, host_matching) for _ in range(rnd.choice([1, 2, 3, 4, 6]))]
    for rule in rules:
        rule["endpoint"] = rnd.choice(ENDPOINTS)
        rule.pop("redirect_to", None)
    server_name = rnd.choice([None, None, None, "example.com", "example.com:8080"])
    return {
        "options": {
            "host_matching": host_matching,
            "subdomain_matching": server_name is not None and rnd.random() < 0.5,
            "static_host": "example.com" if host_matching else None,
        },
        "config": {
            "SERVER_NAME": server_name,
            "APPLICATION_ROOT": rnd.choice(["/", "/", "/root", "/root/"]),
            "PREFERRED_URL_SCHEME": rnd.choice(["http", "https"]),
            "TRUSTED_HOSTS": rnd.choice([None] * 5 + [["example.com", ".example.com"]]),
        },
        "rules": rules,
        "map": {
            name: value
            for name, value in (
                ("default_subdomain", "www"),
                ("sort_parameters", True),
                ("merge_slashes", False),
            )
            if rnd.random() < 0.1
        },
        "defaults": rnd.choice([None] * 6 + [None, "bp", "bp.in"]) if rnd.random() < 0.4 else False,
        "rescue": rnd.choice([None, None, None, "value", "nothing", "raise", "other"]),
    }


def make_app(flask: ModuleType, spec: dict[str, t.Any], events: list[t.Any]) -> t.Any:
    app = flask.Flask("differential_app", **spec["options"])
    app.config.update(spec["config"])
    app.url_map.converters.update(CONVERTERS)
    for name, value in spec["map"].items():
        setattr(app.url_map, name, value)

    for rule in spec["rules"]:
        # What is refused is for the comparison of maps to tell.
        with contextlib.suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            app.url_map.add(app.url_rule_class(**rule))

    if spec["defaults"] is not False:

        def defaults(endpoint: str, values: dict[str, t.Any]) -> None:
            events.append(("defaults", endpoint, {**values}))
            values.setdefault("a", "given")
            if "q" in values:
                values["q"] = None

        app.url_default_functions[spec["defaults"]].append(defaults)

    def rescue(error: Exception, endpoint: str, values: dict[str, t.Any]) -> str | None:
        events.append(("rescue", type(error), str(error), endpoint, {**values}))
        if spec["rescue"] == "value":
            return "/rescued"
        if spec["rescue"] == "raise":
            raise error
        if spec["rescue"] == "other":
            raise reference.BuildError("other", {}, None)
        return None

    if spec["rescue"]:
        app.url_build_error_handlers.append(rescue)
    return app


def make_environ(rnd: random.Random, patterns: list[str]) -> dict[str, t.Any]:
    path = fill(rnd, rnd.choice(patterns)).encode("utf-8", "replace").decode("latin1")
    environ = {
        "REQUEST_METHOD": rnd.choice(["GET", "GET", "GET", "POST", "HEAD", "get", "X-Y"]),
        "PATH_INFO": path,
        "QUERY_STRING": rnd.choice(["", "a=1"]),
        "SERVER_NAME": "example.com",
        "SERVER_PORT": rnd.choice(["80", "443", "8080"]),
        "wsgi.url_scheme": rnd.choice(["http", "http", "https"]),
        "SCRIPT_NAME": rnd.choice(ROOTS),
        "HTTP_HOST": rnd.choice(HOSTS),
        "wsgi.errors": sys.stderr,
    }
    if rnd.random() < 0.05:
        environ.update(HTTP_UPGRADE="websocket", HTTP_CONNECTION="Upgrade")
    return {name: value for name, value in environ.items() if value is not None}


def make_call(
    rnd: random.Random, rules: list[dict[str, t.Any]]
) -> tuple[t.Any, dict[str, t.Any], str]:
    """An endpoint, values, and which function is called with them."""
    values = {} if rnd.random() < 0.6 else dict(make_values(rnd) or {})
    endpoint = rnd.choice(ASKED)
    if rnd.random() < 0.8:
        rule = rnd.choice(rules)
        endpoint = rule["endpoint"]
        values |= make_fitting(rnd, rule)
    for name, choices in SPECIAL.items():
        if rnd.random() < 0.1:
            values[name] = rnd.choice(choices)
    return endpoint, values, rnd.choice(["url_for"] * 9 + ["app.url_for"] * 3 + ["adapter"])


def outcome(flask: ModuleType, app: t.Any, call: tuple[t.Any, dict[str, t.Any], str]) -> t.Any:
    """What a call comes to, in a form that can be compared."""
    endpoint, values, how = call
    try:
        if how == "adapter":
            return sorted(flask.globals.request_ctx.url_adapter.allowed_methods())
        return (flask.url_for if how == "url_for" else app.url_for)(endpoint, **values)
    except reference.BuildError as error:
        suggested = error.suggested
        found = None if suggested is None else (suggested.rule, suggested.endpoint)
        return "no rule", str(error), error.endpoint, error.values, error.method, found
    except Exception as error:
        return type(error), str(error)


@contextlib.contextmanager
def within(flask: ModuleType, app: t.Any, environ: dict[str, t.Any] | None, kind: str) -> t.Any:
    if kind == "request":
        context = app.request_context(dict(environ or {}))
    elif kind == "app":
        context = app.app_context()
    else:
        context = contextlib.nullcontext()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with context:
                yield
        finally:
            # A push that fails, as that of a converter without a pattern, leaves the context.
            for variable in (flask.globals._cv_request, flask.globals._cv_app):
                while variable.get(None) is not None:
                    variable.get().pop()


@by_seed("urls", BATCH)
def test_url_for_answers_as_in_flask(seed: int) -> None:
    rnd = random.Random(seed)
    spec = make_spec(rnd)
    patterns = [rule["string"] for rule in spec["rules"]]
    kind = rnd.choice(["request"] * 14 + ["app", "none"])
    environ = make_environ(rnd, patterns)
    calls = [make_call(rnd, spec["rules"]) for _ in range(BATCH)]
    note(f"{spec}\n{kind}: {environ}")

    found = []
    for flask in SIDES:
        events: list[t.Any] = []
        app = make_app(flask, spec, events)
        results: list[t.Any] = []
        try:
            with within(flask, app, environ, kind):
                for call in calls:
                    results.append(outcome(flask, app, call))
        except Exception as error:
            results.append((type(error), str(error)))
        found.append((results, events))

    expected, actual = found
    for call, left, right in zip(calls, *(results for results, _ in found), strict=False):
        assert same(left, right), (call, left, right)
    assert len(expected[0]) == len(actual[0])
    assert same(expected[1], actual[1])


LOCATIONS: list[t.Any] = [
    *(text for text in TEXTS if isinstance(text, str)), *map(str, VALUES), "/plain", "/a?b=c&d=e",
    "//host/path", "http://example.com/ä?q=ü", "/'quoted'", "/<tag>", "/%41%zz", "/a\r\nb", "?q",
    "#top", "/a#b", "/?", "/a??", "/[x]", "http://[::1]/", Markup("/a&amp;b"), b"/bytes", None, 5,
]  # fmt: skip
CODES: list[t.Any] = [301, 302, 303, 305, 307, 308, 200, 304, 204, 299, "302", "302 OWN", None]


def make_response_class(flask: ModuleType, kind: str) -> t.Any:
    base = flask.Response
    if kind == "werkzeug":
        return werkzeug.wrappers.Response
    bodies: dict[str, dict[str, t.Any]] = {
        "own": {},
        "correcting": {"autocorrect_location_header": True},
        "no length": {"automatically_set_content_length": False},
        "own init": {
            "__init__": lambda self, *args, **kwargs: (
                base.__init__(self, *args, **kwargs),
                self.headers.add("X-Own", str(sorted(kwargs))),
            )[0]
        },
        "own data": {"set_data": lambda self, value: base.set_data(self, f"<{value}>")},
    }
    return type("Own", (base,), bodies[kind]) if kind in bodies else base


def ask(flask: ModuleType, location: t.Any, code: t.Any, kind: str, how: str) -> tuple[t.Any, ...]:
    """What a redirect looks like, and what a server gets of it."""
    app = flask.Flask("differential_app")
    app.response_class = make_response_class(flask, kind)
    environ = {
        "REQUEST_METHOD": "HEAD" if how == "head" else "GET",
        "PATH_INFO": "/here",
        "SERVER_NAME": "example.com",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
    }
    with app.request_context(environ):
        try:
            arguments = () if code is None else (code,)
            if how == "app":
                response = app.redirect(location, *arguments)
            else:
                response = flask.redirect(location, *arguments)
            looks = None
            if how == "headers":
                response.headers["X-Late"] = "1"
                looks = list(response.headers), response.location, response.content_length
            sent: list[t.Any] = []
            body = b"".join(response(environ, lambda *args: sent.extend(args)))
            rest = response.status, response.status_code, response.mimetype, response.is_streamed
            return looks, sent, body, rest, response.get_data(), list(response.headers)
        except Exception as error:
            return type(error), str(error)


@by_seed("urls", 5 * BATCH)
def test_redirects_are_those_of_flask(seed: int) -> None:
    rnd = random.Random(seed)
    for _ in range(BATCH):
        case = (
            rnd.choice(LOCATIONS),
            rnd.choice(CODES),
            rnd.choice(["", "", "", "own", "werkzeug", "correcting", "no length", "own init"]),
            rnd.choice(["plain", "app", "headers", "head"]),
        )
        expected, actual = (ask(flask, *case) for flask in SIDES)
        assert expected == actual, case


@pytest.mark.parametrize("location", ["/a", "/a?b=1&c", "/ä", "http://example.com/"])
def test_redirect_outside_of_an_application(location: str) -> None:
    answers = []
    for flask in SIDES:
        response = flask.redirect(location, 303)
        answers.append((type(response), response.status, response.get_data(), [*response.headers]))
    assert answers[0] == answers[1]
