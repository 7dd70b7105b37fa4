"""The functions that run before the view and after it."""

from __future__ import annotations

import pytest
from exchanges import make_app

import fastflask
from fastflask import Blueprint, Flask, Response, g


def nested_blueprints(app, **registered):
    """Blueprints one inside the other, with one function each for the registries named."""
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    for name, make in registered.items():
        for owner, tag in ((app, "app"), (outer, "outer"), (inner, "inner")):
            getattr(owner, name)(make(f"{tag} 1"))
            getattr(owner, name)(make(f"{tag} 2"))
    inner.add_url_rule("/nested", "view", lambda **_: "nested")
    outer.register_blueprint(inner)
    app.register_blueprint(outer)


# Before the view


def test_hooks_before_the_view_run_from_the_outside_in():  # B-01
    def make_preprocessor(tag):
        return lambda endpoint, values: order.append(f"values {tag} {endpoint}")

    def make_before(tag):
        return lambda: order.append(f"before {tag}")

    def receive(sender):
        order.append("started")

    order = []
    app = make_app()
    nested_blueprints(app, url_value_preprocessor=make_preprocessor, before_request=make_before)
    with fastflask.request_started.connected_to(receive, app):
        app.test_client().get("/nested")
    tags = ["app 1", "app 2", "outer 1", "outer 2", "inner 1", "inner 2"]
    assert order == [
        "started",
        *(f"values {tag} outer.inner.view" for tag in tags),
        *(f"before {tag}" for tag in tags),
    ]


def test_value_preprocessor_changes_the_view_arguments():  # B-01
    app = Flask(__name__)
    app.add_url_rule("/<lang>/<page>", "view", lambda page: f"{g.lang} {page}")

    @app.url_value_preprocessor
    def take(endpoint, values):
        g.lang = values.pop("lang")

    assert app.test_client().get("/en/a").text == "en a"


def test_first_answer_before_the_view_ends_the_chain():  # B-02
    calls = []
    app = make_app(lambda **_: calls.append("view") or "view")
    app.before_request(lambda: calls.append("first"))
    app.before_request(lambda: "")
    app.before_request(lambda: calls.append("third"))

    @app.after_request
    def after(response):
        calls.append("after")
        return response

    assert app.test_client().get("/").data == b""
    assert calls == ["first", "after"]


@pytest.mark.parametrize("register", ["before_request", "url_value_preprocessor"])
def test_error_before_the_view_is_handled_like_one_in_it(register):  # B-03
    def fail(*args):
        raise LookupError("early")

    app = make_app()
    getattr(app, register)(fail)
    app.register_error_handler(LookupError, lambda error: (f"handled {error}", 418))
    response = app.test_client().get("/")
    assert (response.status_code, response.text) == (418, "handled early")


def test_view_arguments_are_passed_by_keyword():  # B-04
    app = Flask(__name__)
    app.add_url_rule("/<a>/<int:b>", "view", lambda *, b, a, c: f"{a} {b} {c}", defaults={"c": 3})
    assert app.test_client().get("/x/2").text == "x 2 3"


# After the view


def test_hooks_after_the_view_run_from_the_inside_out():
    def make_after(tag):
        return lambda response: order.append(f"after {tag}") or response

    def receive(sender, response):
        order.append("finished")

    class Sessions(Flask.session_interface.__class__):
        def save_session(self, app, session, response):
            order.append("session")

    def register_for_this_request():
        for n in (1, 2):
            fastflask.after_this_request(
                lambda response, n=n: order.append(f"this {n}") or response
            )

    order = []
    app = make_app(SECRET_KEY="k")
    app.session_interface = Sessions()
    app.before_request(register_for_this_request)
    nested_blueprints(app, after_request=make_after)
    with fastflask.request_finished.connected_to(receive, app):
        app.test_client().get("/nested")
    tags = ["inner 2", "inner 1", "outer 2", "outer 1", "app 2", "app 1"]
    assert order == ["this 1", "this 2", *(f"after {t}" for t in tags), "session", "finished"]


def test_after_function_may_replace_the_response():
    seen = []
    app = make_app()
    app.after_request(lambda response: seen.append(response.data) or Response("last", 202))
    app.after_request(lambda response: seen.append(response.data) or Response("second"))
    response = app.test_client().get("/")
    assert (response.data, response.status_code) == (b"last", 202)
    assert seen == [b"x", b"second"]


def test_after_function_that_returns_nothing_fails():
    app = make_app()
    app.after_request(lambda response: None)
    with pytest.raises(TypeError, match="'NoneType' object is not callable"):
        app.test_client().get("/")


def test_after_functions_are_left_out_for_an_exit():
    def view(**_):
        raise SystemExit(3)

    calls = []
    app = make_app(view)
    app.after_request(lambda response: calls.append("after") or response)
    with pytest.raises(SystemExit):
        app.test_client().get("/")
    assert calls == []
