"""Hooks, views, rules and settings changed while serving are seen by the next request."""

from __future__ import annotations

import typing as t

import pytest
from werkzeug.routing import Rule as PlainRule

import fastflask
from fastflask import Flask, request, session
from fastflask.routing import Map, Rule
from fastflask.testing import FlaskClient

HOOKS = ("before_request_funcs", "after_request_funcs", "teardown_request_funcs")


@pytest.mark.parametrize("registry", HOOKS)
@pytest.mark.parametrize("name", [None, "bp"])
def test_hook_put_into_its_registry(
    app: Flask, client: FlaskClient, registry: str, name: str | None
) -> None:
    calls: list[str] = []
    hook = lambda *args: calls.append("hook") or (args or (None,))[0]  # noqa: E731
    getattr(app, registry).setdefault(name, []).append(hook)
    client.get("/bp/view")
    assert calls == ["hook"]
    client.get("/")
    assert len(calls) == (2 if name is None else 1)
    getattr(app, registry)[name].remove(hook)
    client.get("/bp/view")
    assert len(calls) == (2 if name is None else 1)


@pytest.mark.parametrize("registry", HOOKS)
def test_registry_replaced(app: Flask, client: FlaskClient, registry: str) -> None:
    calls: list[str] = []
    hook = lambda *args: calls.append("hook") or (args or (None,))[0]  # noqa: E731
    setattr(app, registry, {None: [hook]})
    client.get("/")
    assert calls == ["hook"]
    setattr(app, registry, {})
    client.get("/")
    assert calls == ["hook"]


def test_hooks_put_in_another_order(app: Flask, client: FlaskClient) -> None:
    order: list[int] = []
    app.before_request_funcs[None] = [lambda: order.append(1), lambda: order.append(2)]
    client.get("/")
    app.before_request_funcs[None].reverse()
    client.get("/")
    assert order == [1, 2, 2, 1]


def test_hook_added_by_a_hook(app: Flask, client: FlaskClient) -> None:
    order: list[str] = []

    def first() -> None:
        order.append("first")
        app.before_request_funcs[None].append(lambda: order.append("second"))
        app.after_request_funcs.setdefault(None, []).append(
            lambda response: order.append("after") or response
        )

    app.before_request_funcs[None] = [first]
    client.get("/")
    assert order == ["first", "second", "after"]


def test_preprocessor_and_teardown_put_in_directly(app: Flask, client: FlaskClient) -> None:
    calls: list[t.Any] = []
    app.url_value_preprocessors[None].append(lambda endpoint, values: calls.append(endpoint))
    app.teardown_appcontext_funcs.append(calls.append)
    client.get("/")
    assert calls == ["index", None]
    app.url_value_preprocessors.clear()
    app.teardown_appcontext_funcs.clear()
    client.get("/")
    assert calls == ["index", None]


def test_view_replaced(app: Flask, client: FlaskClient) -> None:
    app.view_functions["index"] = lambda: "replaced"
    assert client.get("/").text == "replaced"
    app.view_functions = {"index": lambda: "all replaced"}
    assert client.get("/").text == "all replaced"


def test_view_replaced_by_a_coroutine(app: Flask, client: FlaskClient) -> None:
    async def coroutine() -> str:
        return "coroutine"

    app.view_functions["index"] = coroutine
    assert client.get("/").text == "coroutine"


def test_rule_changed(app: Flask, client: FlaskClient) -> None:
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == "index")
    assert client.post("/").status_code == 405
    rule.methods = {"POST"}
    assert client.post("/").text == "index"
    assert client.get("/").status_code == 405


@pytest.mark.parametrize("rule_class", [Rule, PlainRule])
def test_rule_added_to_the_map(app: Flask, client: FlaskClient, rule_class: t.Any) -> None:
    app.url_map.add(rule_class("/late", endpoint="index"))
    assert client.get("/late").text == "index"


def test_map_replaced(app: Flask, client: FlaskClient) -> None:
    app.url_map = Map([Rule("/other", endpoint="index")])
    assert client.get("/").status_code == 404
    assert client.get("/other").text == "index"


def test_error_handler_put_in_directly(app: Flask, client: FlaskClient) -> None:
    from werkzeug.exceptions import NotFound

    app.error_handler_spec[None][404][NotFound] = lambda error: ("handled", 404)
    assert client.get("/missing").text == "handled"
    app.error_handler_spec[None][404].clear()
    assert client.get("/missing").text != "handled"


def test_trusted_hosts_changed(app: Flask, client: FlaskClient) -> None:
    headers = {"Host": "evil.example"}
    assert client.get("/", headers=headers).status_code == 200
    app.config["TRUSTED_HOSTS"] = ["localhost"]
    assert client.get("/", headers=headers).status_code == 400
    app.config["TRUSTED_HOSTS"] = None
    assert client.get("/", headers=headers).status_code == 200


def test_server_name_changed(app: Flask, client: FlaskClient) -> None:
    app.view_functions["index"] = lambda: fastflask.url_for("index", _external=True)
    assert client.get("/").text == "http://localhost/"
    app.config["SERVER_NAME"] = "example.com"
    with app.app_context():
        assert fastflask.url_for("index") == "http://example.com/"
    app.config["APPLICATION_ROOT"] = "/root"
    app.config["PREFERRED_URL_SCHEME"] = "https"
    with app.app_context():
        assert fastflask.url_for("index") == "https://example.com/root/"


@pytest.mark.parametrize(
    ("key", "value"),
    [("PROPAGATE_EXCEPTIONS", True), ("TESTING", True), ("DEBUG", True)],
)
def test_errors_propagate_once_asked_to(
    app: Flask, client: FlaskClient, key: str, value: t.Any
) -> None:
    def fail() -> str:
        raise ZeroDivisionError

    app.view_functions["index"] = fail
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert client.get("/").status_code == 500
    app.config["PROPAGATE_EXCEPTIONS"] = None
    app.config[key] = value
    with pytest.raises(ZeroDivisionError):
        client.get("/")


def test_key_of_sessions_changed(app: Flask, client: FlaskClient) -> None:
    def count() -> str:
        session["n"] = session.get("n", 0) + 1
        return str(session["n"])

    app.view_functions["index"] = count
    assert [client.get("/").text for _ in range(2)] == ["1", "2"]
    app.secret_key = "another"
    assert client.get("/").text == "1"
    app.config["SECRET_KEY_FALLBACKS"] = ["a third"]
    assert client.get("/").text == "2"
    app.config.update(SECRET_KEY="fourth", SECRET_KEY_FALLBACKS=["another"])
    assert client.get("/").text == "3"
    app.config["SESSION_COOKIE_NAME"] = "new"
    assert client.get("/").text == "1"
    app.config["SECRET_KEY"] = None
    app.config["PROPAGATE_EXCEPTIONS"] = True
    with pytest.raises(RuntimeError, match="secret key"):
        client.get("/")


def test_key_removed_between_the_beginning_and_the_view(app: Flask, client: FlaskClient) -> None:
    def late() -> str:
        app.secret_key = None
        # Opened with the request, when there was a key.
        return type(session._get_current_object()).__name__

    app.view_functions["index"] = late
    assert client.get("/").text == "SecureCookieSession"
    app.view_functions["index"] = lambda: type(session._get_current_object()).__name__
    assert client.get("/").text == "NullSession"


def test_limit_of_bodies_changed(app: Flask, client: FlaskClient) -> None:
    app.url_map.add(Rule("/post", endpoint="post", methods=["POST"]))
    app.view_functions["post"] = lambda: request.get_data()
    assert client.post("/post", data=b"x" * 10).text == "x" * 10
    app.config["MAX_CONTENT_LENGTH"] = 5
    assert client.post("/post", data=b"x" * 10).status_code == 413
