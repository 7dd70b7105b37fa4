"""Rules of an application: methods, endpoints, the static route, defaults and failures of URLs."""

from __future__ import annotations

import typing as t
import weakref
from pathlib import Path

import pytest
from werkzeug.routing import BuildError, Rule

from fastflask import Flask, url_for

# Rules


def rule_of(app: Flask, endpoint: str) -> Rule:
    (rule,) = app.url_map.iter_rules(endpoint)
    return rule


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, {"GET", "HEAD", "OPTIONS"}),
        (["post"], {"POST", "OPTIONS"}),
        (("Get", "put"), {"GET", "HEAD", "PUT", "OPTIONS"}),
        ([], {"OPTIONS"}),
        ({"OPTIONS", "GET"}, {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_add_url_rule_methods(app: Flask, given: t.Any, expected: set[str]) -> None:
    app.add_url_rule("/x", "x", lambda: "", methods=given)
    assert rule_of(app, "x").methods == expected


def test_add_url_rule_refuses_methods_as_text(app: Flask) -> None:
    with pytest.raises(TypeError, match="Allowed methods must be a list of strings, for example"):
        app.add_url_rule("/x", "x", lambda: "", methods="GET")


def test_add_url_rule_reads_attributes_of_the_view(app: Flask) -> None:
    def view() -> str:
        return ""

    view.methods = ["delete"]  # type: ignore[attr-defined]
    view.required_methods = {"PATCH"}  # type: ignore[attr-defined]
    view.provide_automatic_options = False  # type: ignore[attr-defined]
    app.add_url_rule("/a", "a", view)
    app.add_url_rule("/b", "b", view, methods=["PUT"], provide_automatic_options=True)
    assert rule_of(app, "a").methods == {"DELETE", "PATCH"}
    assert rule_of(app, "a").provide_automatic_options is False  # type: ignore[attr-defined]
    assert rule_of(app, "b").methods == {"PUT", "PATCH"}
    assert rule_of(app, "b").provide_automatic_options is True  # type: ignore[attr-defined]
    assert view.methods == ["delete"]  # type: ignore[attr-defined]
    assert view.required_methods == {"PATCH"}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("configured", "methods", "automatic"),
    [(True, None, True), (False, None, False), (True, ["OPTIONS"], False)],
)
def test_automatic_options(
    app: Flask, configured: bool, methods: list[str] | None, automatic: bool
) -> None:
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = configured
    app.add_url_rule("/x", "x", lambda: "own", methods=methods)
    rule = rule_of(app, "x")
    assert rule.provide_automatic_options is automatic  # type: ignore[attr-defined]
    assert ("OPTIONS" in t.cast("set[str]", rule.methods)) is (configured or bool(methods))


def test_endpoint_defaults_to_the_function_name(app: Flask) -> None:
    @app.route("/named")
    def some_view() -> str:
        return "named"

    assert app.view_functions["some_view"] is some_view
    with pytest.raises(AssertionError, match="expected view func"):
        app.add_url_rule("/nothing")


def test_endpoint_is_bound_to_one_function(app: Flask) -> None:
    def view() -> str:
        return "1"

    app.add_url_rule("/a", "e", view)
    app.add_url_rule("/b", "e", view)
    with pytest.raises(AssertionError, match="overwriting an existing endpoint function: e"):
        app.add_url_rule("/c", "e", lambda: "2")
    assert app.view_functions["e"] is view


def test_rule_without_view_is_completed_later(app: Flask) -> None:
    app.add_url_rule("/late", endpoint="late")
    assert "late" not in app.view_functions
    app.endpoint("late")(lambda: "now")
    assert app.test_client().get("/late").text == "now"


def test_rule_options_reach_the_rule_class(app: Flask) -> None:
    app.add_url_rule("/x", "x", lambda page: str(page), defaults={"page": 3}, strict_slashes=False)
    assert rule_of(app, "x").defaults == {"page": 3}
    assert rule_of(app, "x").strict_slashes is False
    with pytest.raises(TypeError):
        app.add_url_rule("/y", "y", lambda: "", no_such_option=1)


def test_view_replaced_while_serving_is_used(app: Flask) -> None:
    app.add_url_rule("/x", "x", lambda: "old")
    client = app.test_client()
    assert client.get("/x").text == "old"
    app.view_functions["x"] = lambda: "new"
    assert client.get("/x").text == "new"


def test_static_route_only_with_a_folder(tmp_path: Path) -> None:
    assert not list(Flask("x", root_path="/", static_folder=None).url_map.iter_rules())
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text("content")
    app = Flask("x", root_path=str(tmp_path), static_folder="files", static_url_path="/f/")
    with app.test_client().get("/f/a.txt") as response:
        assert response.text == "content"


@pytest.mark.usefixtures("no_collector")
def test_static_route_does_not_keep_the_app_alive() -> None:
    app = Flask("x", root_path="/", static_folder="static")
    seen = weakref.ref(app)
    del app
    assert seen() is None


@pytest.mark.parametrize("options", [{"static_host": "a"}, {"host_matching": True}])
def test_static_host_goes_with_host_matching(options: dict[str, t.Any]) -> None:
    with pytest.raises(AssertionError, match="Invalid static_host/host_matching combination"):
        Flask("x", root_path="/", **options)


def test_many_rules_are_added_alike(app: Flask) -> None:
    for number in range(200):
        app.add_url_rule(f"/many/{number}", f"many{number}", lambda number=number: str(number))
    client = app.test_client()
    assert [client.get(f"/many/{n}").text for n in (0, 99, 199)] == ["0", "99", "199"]
    # Rules do not share the set they were given.
    t.cast("set[str]", rule_of(app, "many0").methods).add("TRACE")
    assert "TRACE" not in t.cast("set[str]", rule_of(app, "many1").methods)


# URL defaults and failed URLs


def test_inject_url_defaults_goes_from_outside_in(app: Flask) -> None:
    order = []
    for scope in (None, "a", "a.b", "other"):
        app.url_default_functions[scope].append(
            lambda endpoint, values, scope=scope: order.append((scope, endpoint))
        )
    app.inject_url_defaults("a.b.view", {})
    assert order == [(scope, "a.b.view") for scope in (None, "a", "a.b")]
    order.clear()
    app.inject_url_defaults("view", {})
    assert order == [(None, "view")]
    assert "c" not in app.url_default_functions


def test_build_error_handlers_are_asked_in_turn(app: Flask) -> None:
    asked: list[object] = []

    def refuses(error: Exception, endpoint: str, values: dict[str, t.Any]) -> str | None:
        asked.append((type(error), endpoint, values["id"]))
        return None

    def raises(error: BuildError, endpoint: str, values: dict[str, t.Any]) -> str:
        raise BuildError("second", {}, None)

    def answers(error: BuildError, endpoint: str, values: dict[str, t.Any]) -> str:
        asked.append(error.endpoint)
        return "/found"

    app.url_build_error_handlers += [refuses, raises, answers, refuses]  # type: ignore[list-item]
    with app.test_request_context():
        assert url_for("missing", id=1) == "/found"
    assert asked == [(BuildError, "missing", 1), "second"]


def test_build_error_without_answer_is_the_last_one(app: Flask) -> None:
    with app.test_request_context():
        with pytest.raises(BuildError) as caught:
            url_for("missing")
        assert caught.value.endpoint == "missing"

        def raises(error: Exception, endpoint: str, values: dict[str, t.Any]) -> str:
            raise BuildError("replaced", {}, None)

        app.url_build_error_handlers.append(raises)
        with pytest.raises(BuildError) as caught:
            url_for("missing")
        assert caught.value.endpoint == "replaced"


def test_build_error_called_without_active_error(app: Flask) -> None:
    error = BuildError("missing", {}, None)
    with pytest.raises(BuildError) as caught:
        app.handle_url_build_error(error, "missing", {})
    assert caught.value is error
