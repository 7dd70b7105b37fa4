"""Classes, providers and interfaces replaced while serving are used by the next request."""

from __future__ import annotations

import typing as t

import pytest

import fastflask
from fastflask import Flask, g, request, session
from fastflask.ctx import AppContext, RequestContext, _AppCtxGlobals
from fastflask.json.provider import DefaultJSONProvider
from fastflask.routing import Map, Rule
from fastflask.sessions import SecureCookieSessionInterface, SessionInterface, SessionMixin
from fastflask.testing import FlaskClient
from fastflask.wrappers import Request, Response


def test_provider_of_json_replaced(app: Flask, client: FlaskClient) -> None:
    class Shouting(DefaultJSONProvider):
        def dumps(self, obj: t.Any, **kwargs: t.Any) -> str:
            return super().dumps(obj, **kwargs).upper()

        def loads(self, s: str | bytes, **kwargs: t.Any) -> t.Any:
            return ["loaded", super().loads(s, **kwargs)]

    app.url_map.add(Rule("/json", endpoint="json", methods=["POST"]))
    app.view_functions["json"] = lambda: {"value": request.json}
    assert client.post("/json", json="a").json == {"value": "a"}
    app.json = Shouting(app)
    assert client.post("/json", json="a").get_data() == b'{"VALUE":["LOADED","A"]}\n'
    app.json.sort_keys = False  # type: ignore[attr-defined]


def test_request_class_replaced(app: Flask, client: FlaskClient) -> None:
    class Own(Request):
        word = "own"

    app.view_functions["index"] = lambda: getattr(request, "word", "stock")
    assert client.get("/").text == "stock"
    app.request_class = Own
    assert client.get("/").text == "own"
    del app.request_class
    Flask.request_class, stock = Own, Flask.request_class
    try:
        assert client.get("/").text == "own"
    finally:
        Flask.request_class = stock
    assert client.get("/").text == "stock"


def test_response_class_replaced(app: Flask, client: FlaskClient) -> None:
    class Own(Response):
        default_mimetype = "text/own"

    assert client.get("/").mimetype == "text/html"
    app.response_class = Own
    assert client.get("/").mimetype == "text/own"
    Own.default_mimetype = "text/late"
    assert client.get("/").mimetype == "text/late"
    del app.response_class
    assert client.get("/").mimetype == "text/html"


def test_class_of_g_replaced(app: Flask, client: FlaskClient) -> None:
    class Own(_AppCtxGlobals):
        word = "own"

    app.view_functions["index"] = lambda: g.get("x", getattr(g, "word", "stock"))
    assert client.get("/").text == "stock"
    app.app_ctx_globals_class = Own  # type: ignore[assignment]
    assert client.get("/").text == "own"


def test_session_interface_replaced(app: Flask, client: FlaskClient) -> None:
    order: list[str] = []

    class Plain(dict, SessionMixin):  # type: ignore[type-arg]
        pass

    class Own(SessionInterface):
        def open_session(self, app: Flask, request: Request) -> Plain:
            order.append("open")
            return Plain(word="own")

        def save_session(self, app: Flask, session: t.Any, response: Response) -> None:
            order.append("save")

    app.session_interface = Own()
    assert client.get("/").text == "index"
    assert order == ["open", "save"]
    app.view_functions["index"] = lambda: session["word"]
    assert client.get("/").text == "own"
    app.session_interface = SecureCookieSessionInterface()
    app.view_functions["index"] = lambda: str(dict(session))
    assert client.get("/").text == "{}"


@pytest.mark.parametrize(
    "name",
    ["open_session", "save_session", "is_null_session", "get_cookie_name", "should_set_cookie"],
)
@pytest.mark.parametrize("where", ["instance", "class"])
def test_method_of_the_session_interface_patched(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, name: str, where: str
) -> None:
    interface = app.session_interface
    calls: list[str] = []
    original = getattr(interface, name)

    def patched(*args: t.Any) -> t.Any:
        calls.append(name)
        return original(*args[-original.__code__.co_argcount + 1 :])

    def change() -> str:
        session["n"] = 1
        return "changed"

    app.view_functions["index"] = change
    if where == "instance":
        monkeypatch.setattr(interface, name, patched)
    else:
        monkeypatch.setattr(type(interface), name, patched)
    client.get("/")
    client.get("/bp/view")
    assert calls


def test_interface_replaced_during_a_request(app: Flask, client: FlaskClient) -> None:
    saved: list[t.Any] = []

    class Saving(SecureCookieSessionInterface):
        def save_session(self, app: Flask, session: t.Any, response: Response) -> None:
            saved.append(dict(session))

    def replace() -> str:
        app.session_interface = Saving()
        return "replaced"

    app.view_functions["index"] = replace
    client.get("/")
    assert saved == [{}]


def test_contexts_of_own_classes(app: Flask, client: FlaskClient) -> None:
    order: list[str] = []

    class Own(RequestContext):
        def push(self) -> None:
            order.append("push")
            super().push()

        def match_request(self) -> None:
            order.append("match")
            super().match_request()

        def pop(self, exc: t.Any = None) -> None:
            order.append("pop")
            super().pop(exc)

    class OwnApp(AppContext):
        def push(self) -> None:
            order.append("app push")
            super().push()

        def pop(self, exc: t.Any = None) -> None:
            order.append("app pop")
            super().pop(exc)

    app.request_context = lambda environ: Own(app, environ)  # type: ignore[method-assign]
    app.app_context = lambda: OwnApp(app)  # type: ignore[method-assign]
    assert client.get("/").text == "index"
    assert order == ["push", "app push", "match", "pop", "app pop"]


@pytest.mark.parametrize("name", ["push", "pop", "match_request"])
def test_method_of_the_request_context_patched(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    calls: list[str] = []
    original = getattr(RequestContext, name)

    def patched(self: t.Any, *args: t.Any) -> t.Any:
        calls.append(name)
        return original(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(RequestContext, name, patched)
        assert client.get("/").text == "index"
    assert calls == [name]
    assert client.get("/").text == "index"
    assert calls == [name]


@pytest.mark.parametrize("name", ["push", "pop"])
def test_method_of_the_app_context_patched(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    calls: list[str] = []
    original = getattr(AppContext, name)

    def patched(self: t.Any, *args: t.Any) -> t.Any:
        calls.append(name)
        return original(self, *args)

    monkeypatch.setattr(AppContext, name, patched)
    assert client.get("/").text == "index"
    assert calls == [name]


def test_attribute_of_a_context_shadowed(app: Flask, client: FlaskClient) -> None:
    class Own(RequestContext):
        session = property(lambda self: {"word": "shadowed"})  # type: ignore[assignment]

    app.request_context = lambda environ: Own(app, environ)  # type: ignore[method-assign]
    app.view_functions["index"] = lambda: session["word"]
    assert client.get("/").text == "shadowed"


def test_custom_classes_of_rules_and_maps() -> None:
    class OwnRule(Rule):
        def __init__(self, string: str, *args: t.Any, **kwargs: t.Any) -> None:
            super().__init__(string.lower(), *args, **kwargs)

    class OwnMap(Map):
        def bind_to_environ(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
            binds.append(1)
            return super().bind_to_environ(*args, **kwargs)

    class Own(Flask):
        url_rule_class = OwnRule
        url_map_class = OwnMap

    binds: list[int] = []
    app = Own("own")
    app.add_url_rule("/UPPER", view_func=lambda: "found", endpoint="upper")
    assert app.test_client().get("/upper").text == "found"
    assert binds == [1]


def test_aborter_replaced(app: Flask, client: FlaskClient) -> None:
    from werkzeug.exceptions import Aborter, HTTPException

    class Own(HTTPException):
        code = 499
        description = "own"

    app.view_functions["index"] = lambda: fastflask.abort(499)
    app.aborter = Aborter(extra={499: Own})
    assert client.get("/").status_code == 499
