"""Attributes of the application, set and deleted in each way there is, and copies of it."""

from __future__ import annotations

import copy
import typing as t

import pytest

import fastflask
from fastflask import Blueprint, Flask, request
from fastflask.ctx import RequestContext
from fastflask.testing import FlaskClient


@pytest.mark.parametrize(
    "name", ["config", "url_map", "view_functions", "before_request_funcs", "json"]
)
def test_field_of_the_application_as_property(name: str) -> None:
    reads: list[str] = []

    def get(self: Flask) -> t.Any:
        reads.append(name)
        return vars(self)[f"own_{name}"]

    def put(self: Flask, value: t.Any) -> None:
        vars(self)[f"own_{name}"] = value

    cls = type("Own", (Flask,), {name: property(get, put)})
    app = cls("fields")
    app.add_url_rule("/", view_func=lambda: {"a": 1}, endpoint="index")
    app.before_request(lambda: None)
    reads.clear()
    assert app.test_client().get("/").json == {"a": 1}
    assert reads


def test_attribute_exchanged_for_a_stage(app: Flask, client: FlaskClient) -> None:
    """The number of the application's attributes stays the same, whichever way it is done."""
    app.spare = 1  # type: ignore[attr-defined]
    assert client.get("/").text == "index"
    del app.spare  # type: ignore[attr-defined]
    app.dispatch_request = lambda: "one"  # type: ignore[method-assign]
    assert client.get("/").text == "one"
    attributes = vars(app)
    del attributes["dispatch_request"]
    attributes["spare"] = 1
    assert client.get("/").text == "index"
    del attributes["spare"]
    attributes["dispatch_request"] = lambda: "two"
    assert client.get("/").text == "two"
    object.__delattr__(app, "dispatch_request")
    object.__setattr__(app, "make_response", lambda rv: app.response_class("three"))
    assert client.get("/").text == "three"
    attributes.pop("make_response")
    attributes |= {"preprocess_request": lambda: "four"}
    assert client.get("/").text == "four"


def test_base_methods_set_and_delete_attributes(app: Flask, client: FlaskClient) -> None:
    class Noting(Flask):
        def __setattr__(self, name: str, value: t.Any) -> None:
            noted.append(name)
            object.__setattr__(self, name, value)

        def __delattr__(self, name: str) -> None:
            noted.append(f"no {name}")
            object.__delattr__(self, name)

    noted: list[str] = []
    other = Noting("noting")
    assert {"config", "url_map", "import_name"} <= set(noted)
    other.dispatch_request = lambda: "set"  # type: ignore[method-assign]
    assert other.test_client().get("/").text == "set"
    del other.dispatch_request
    assert noted[-1] == "no dispatch_request"
    assert other.test_client().get("/").status_code == 404

    config = fastflask.Config("/", app.config)
    object.__setattr__(app, "config", config)
    assert app.config is config


class TestCopies:
    def test_application(self, app: Flask, client: FlaskClient) -> None:
        app.spare = 1  # type: ignore[attr-defined]
        other = copy.copy(app)
        assert type(other) is Flask and other is not app
        assert other.config is app.config and other.url_map is app.url_map
        assert other.view_functions is app.view_functions and other.json is app.json
        assert other.url_default_functions is app.url_default_functions
        assert other.spare == 1  # type: ignore[attr-defined]
        assert other._got_first_request
        assert other.test_client().get("/bp/view").text == "view"

        # Attributes of its own from then on.
        other.config = fastflask.Config("/", app.config)  # type: ignore[misc]
        other.dispatch_request = lambda: "other"  # type: ignore[method-assign]
        del other.spare  # type: ignore[attr-defined]
        assert app.config is not other.config
        assert app.spare == 1  # type: ignore[attr-defined]
        assert client.get("/").text == "index"
        assert other.test_client().get("/").text == "other"

    def test_commands_are_shared(self, app: Flask) -> None:
        assert copy.copy(app).cli is app.cli
        blueprint = Blueprint("b", "b")
        assert copy.copy(blueprint).cli is blueprint.cli

    def test_subclass_has_its_say(self) -> None:
        class Own(Flask):
            def __copy__(self) -> Flask:
                return Flask("of __copy__")

        class State(Flask):
            def __setstate__(self, state: t.Any) -> None:
                self.state = state

        assert copy.copy(Own("own")).name == "of __copy__"
        assert copy.copy(State("state")).state

    def test_contexts(self, app: Flask) -> None:
        with app.test_request_context("/bp/view") as context:
            context.extra = 1  # type: ignore[attr-defined]
            fastflask.after_this_request(lambda response: response)
            other = copy.copy(context)
            assert type(other) is RequestContext and other.app is app
            assert other.request is context.request and other.session is context.session
            assert other.url_adapter is context.url_adapter
            assert other._after_request_functions is context._after_request_functions
            assert other.extra == 1  # type: ignore[attr-defined]
            app_context = fastflask.globals.app_ctx._get_current_object()  # type: ignore[attr-defined]
            third = copy.copy(app_context)
            assert third.app is app and third.g is app_context.g

        # It is pushed and popped by itself.
        with other:
            assert request.path == "/bp/view"
