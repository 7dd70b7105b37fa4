"""Setting up an application: parts, rules, names, late calls."""

from __future__ import annotations

import gc
import logging
import sys
import types
import typing as t
import weakref
from datetime import timedelta
from pathlib import Path

import pytest
from werkzeug.exceptions import Aborter, BadRequest, BadRequestKeyError, ImATeapot, NotFound
from werkzeug.routing import BuildError, Map, Rule

from fastflask import Config, Flask, json, url_for
from fastflask.cli import AppGroup
from fastflask.json.provider import DefaultJSONProvider
from fastflask.sansio.app import App, _make_timedelta
from fastflask.signals import request_started

# Parts and their classes


def test_classes_of_parts_are_honoured() -> None:
    class OwnConfig(Config): ...

    class OwnAborter(Aborter): ...

    class OwnProvider(DefaultJSONProvider): ...

    class OwnRule(Rule): ...

    class OwnMap(Map): ...

    class Own(Flask):
        config_class = OwnConfig
        aborter_class = OwnAborter
        json_provider_class = OwnProvider
        url_rule_class = OwnRule
        url_map_class = OwnMap

    app = Own("own", root_path="/")
    app.add_url_rule("/x", view_func=lambda: "x", endpoint="x")
    assert type(app.config) is OwnConfig
    assert type(app.aborter) is OwnAborter
    assert type(app.json) is OwnProvider
    assert type(app.url_map) is OwnMap
    assert {type(rule) for rule in app.url_map.iter_rules()} == {OwnRule}
    assert app.test_client().get("/x").text == "x"


def test_parts_see_the_configuration() -> None:
    class Provider(DefaultJSONProvider):
        def __init__(self, app: App) -> None:
            super().__init__(app)
            self.ensure_ascii = app.config["ASCII"]

    class Own(Flask):
        default_config = {**Flask.default_config, "ASCII": False}
        json_provider_class = Provider

    app = Own("own", root_path="/")
    with app.app_context():
        assert json.dumps("ü") == '"ü"'


def test_make_config_may_be_overridden(tmp_path: Path) -> None:
    class Own(Flask):
        def make_config(self, instance_relative: bool = False) -> Config:
            config = super().make_config(instance_relative)
            config["SEEN"] = (instance_relative, self.instance_path)
            return config

    app = Own("own", instance_path=str(tmp_path), instance_relative_config=True)
    assert app.config["SEEN"] == (True, str(tmp_path))
    assert str(app.config.root_path) == str(tmp_path)


def test_config_belongs_to_one_app_and_reads_debug_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Flask("first", root_path="/")
    first.config["TESTING"] = True
    monkeypatch.setenv("FLASK_DEBUG", "1")
    second = Flask("second", root_path="/")
    assert (first.debug, second.debug) == (False, True)
    assert (first.testing, second.testing) == (True, False)
    assert Flask.default_config["DEBUG"] is None


def test_attributes_forward_to_config(app: Flask) -> None:
    app.secret_key = "other"
    app.testing = False
    app.permanent_session_lifetime = 60  # type: ignore[assignment]
    assert app.config["SECRET_KEY"] == "other"
    assert app.config["TESTING"] is False
    assert app.config["PERMANENT_SESSION_LIFETIME"] == 60
    assert app.permanent_session_lifetime == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, None), (5, timedelta(seconds=5)), (timedelta(days=1), timedelta(days=1))],
)
def test_make_timedelta(given: t.Any, expected: t.Any) -> None:
    assert _make_timedelta(given) == expected


@pytest.mark.parametrize("auto_reload", [None, False])
def test_debug_setter_reaches_the_environment(app: Flask, auto_reload: bool | None) -> None:
    app.config["TEMPLATES_AUTO_RELOAD"] = auto_reload
    app.debug = True
    assert app.config["DEBUG"] is True
    assert app.jinja_env.auto_reload is (auto_reload is None)


def test_jinja_env_is_created_once_from_options() -> None:
    app = Flask("t", root_path="/")
    app.jinja_options = {"trim_blocks": True}
    env = app.jinja_env
    assert env is app.jinja_env
    assert env.trim_blocks
    assert Flask.jinja_options == {}


@pytest.mark.parametrize(
    ("name", "escaped"),
    [(None, True), ("a.html", True), ("a.svg", True), ("a.xhtml", True), ("a.htm", True)]
    + [("a.xml", True), ("a.txt", False), ("a.HTML", False), ("html", False)],
)
def test_select_jinja_autoescape(app: Flask, name: str | None, escaped: bool) -> None:
    assert app.select_jinja_autoescape(name) is escaped


def test_logger_is_kept_and_named_like_the_app(app: Flask) -> None:
    assert isinstance(app.logger, logging.Logger)
    assert app.logger is app.logger
    assert app.logger.name == app.name


def test_name_of_the_file_that_was_run(monkeypatch: pytest.MonkeyPatch) -> None:
    main = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert Flask("__main__", root_path="/").name == "__main__"
    main.__file__ = "/srv/shop.py"
    app = Flask("__main__", root_path="/")
    assert app.name == "shop"
    app.name = "other"
    assert app.name == "other"


def test_instance_path_has_to_be_absolute() -> None:
    for bad in ("instance", ""):
        with pytest.raises(ValueError, match="If an instance path is provided it must be absolute"):
            Flask("x", root_path="/", instance_path=bad)


def test_instance_path_of_an_installed_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "env" / "lib" / "python3" / "site-packages"
    site.mkdir(parents=True)
    (site / "ffshop.py").write_text("")
    monkeypatch.syspath_prepend(site)
    assert Flask("ffshop").instance_path == str(tmp_path / "env" / "var" / "ffshop-instance")


def test_command_group_is_named_when_the_app_is_made(app: Flask) -> None:
    named = app.name
    app.name = "renamed"
    assert isinstance(app.cli, AppGroup)
    assert app.cli is app.cli
    assert app.cli.name == named


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


def test_static_route_does_not_keep_the_app_alive() -> None:
    app = Flask("x", root_path="/", static_folder="static")
    seen = weakref.ref(app)
    gc.collect()
    gc.disable()
    try:
        del app
        assert seen() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("options", [{"static_host": "a"}, {"host_matching": True}])
def test_static_host_goes_with_host_matching(options: dict[str, t.Any]) -> None:
    with pytest.raises(AssertionError, match="Invalid static_host/host_matching combination"):
        Flask("x", root_path="/", **options)


# Late calls

LATE_CALLS: list[tuple[str, tuple[t.Any, ...]]] = [
    ("route", ("/late",)),
    ("get", ("/late",)),
    ("post", ("/late",)),
    ("add_url_rule", ("/late", "late", len)),
    ("endpoint", ("late",)),
    ("before_request", (len,)),
    ("after_request", (len,)),
    ("teardown_request", (len,)),
    ("teardown_appcontext", (len,)),
    ("context_processor", (len,)),
    ("url_value_preprocessor", (len,)),
    ("url_defaults", (len,)),
    ("errorhandler", (404,)),
    ("register_error_handler", (404, len)),
    ("register_blueprint", (None,)),
    ("template_filter", ()),
    ("add_template_filter", (len,)),
    ("template_test", ()),
    ("add_template_test", (len,)),
    ("template_global", ()),
    ("add_template_global", (len,)),
    ("shell_context_processor", (len,)),
]


@pytest.mark.parametrize(("method", "arguments"), LATE_CALLS, ids=[name for name, _ in LATE_CALLS])
def test_set_up_after_the_first_request_raises(
    app: Flask, method: str, arguments: tuple[t.Any, ...]
) -> None:
    app.test_client().get("/")
    with pytest.raises(AssertionError) as caught:
        getattr(app, method)(*arguments)
    text = str(caught.value)
    assert text.startswith(
        f"The setup method '{method}' can no longer be called on the application. It has already"
    )
    assert "\nMake sure all imports" in text


def test_first_request_begins_before_its_signal(app: Flask) -> None:
    seen: list[t.Any] = []

    def receive(sender: Flask) -> None:
        with pytest.raises(AssertionError, match="setup method"):
            sender.before_request(lambda: None)
        seen.append(sender)

    app.add_url_rule("/", view_func=lambda: "")
    with request_started.connected_to(receive, app):
        app.test_client().get("/")
    assert seen == [app]


def test_creating_a_context_is_no_request(app: Flask) -> None:
    with app.app_context(), app.test_request_context():
        app.before_request(lambda: None)


# Templates


def test_template_helpers_by_own_and_given_name(app: Flask) -> None:
    @app.template_filter()
    def twice(text: str) -> str:
        return text * 2

    @app.template_filter("thrice")
    def times_three(text: str) -> str:
        return text * 3

    @app.template_test("big")
    def is_big(number: int) -> bool:
        return number > 9

    @app.template_global()
    def seven() -> int:
        return 7

    app.add_template_filter(len, "size")
    app.add_template_test(callable)
    app.add_template_global(max, "biggest")
    source = (
        "{{ 'ab'|twice }} {{ 'a'|thrice }} {{ 'abc'|size }} {{ 10 is big }} {{ 1 is callable }}"
        " {{ seven() }} {{ biggest(1, 2) }}"
    )
    assert app.jinja_env.from_string(source).render() == "abab aaa 3 True False 7 2"


# URL defaults, failed URLs, small decisions


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


@pytest.mark.parametrize(
    ("config", "error", "trapped"),
    [
        ({}, NotFound(), False),
        ({}, BadRequestKeyError(), False),
        ({"DEBUG": True}, BadRequestKeyError(), True),
        ({"DEBUG": True}, BadRequest(), False),
        ({"DEBUG": True, "TRAP_BAD_REQUEST_ERRORS": False}, BadRequestKeyError(), False),
        ({"TRAP_BAD_REQUEST_ERRORS": True}, BadRequest(), True),
        ({"TRAP_BAD_REQUEST_ERRORS": True}, NotFound(), False),
        ({"TRAP_HTTP_EXCEPTIONS": True}, ImATeapot(), True),
    ],
)
def test_trap_http_exception(
    app: Flask, config: dict[str, t.Any], error: Exception, trapped: bool
) -> None:
    app.config.update(config)
    assert app.trap_http_exception(error) is trapped


def test_redirect_uses_the_response_class(app: Flask) -> None:
    response = app.redirect("/there", 303)
    assert isinstance(response, app.response_class)
    assert (response.status_code, response.location) == (303, "/there")
    assert app.redirect("/there").status_code == 302


def test_should_ignore_error_says_no(app: Flask) -> None:
    assert app.should_ignore_error(ValueError()) is False
    assert app.should_ignore_error(None) is False


def test_many_rules_are_added_alike(app: Flask) -> None:
    for number in range(200):
        app.add_url_rule(f"/many/{number}", f"many{number}", lambda number=number: str(number))
    client = app.test_client()
    assert [client.get(f"/many/{n}").text for n in (0, 99, 199)] == ["0", "99", "199"]
    # Rules do not share the set they were given.
    t.cast("set[str]", rule_of(app, "many0").methods).add("TRACE")
    assert "TRACE" not in t.cast("set[str]", rule_of(app, "many1").methods)


#


@pytest.mark.parametrize(
    ("given", "debugs"),
    [
        ({}, False),
        ({"debug": False}, False),
        ({"debug": True}, True),
        ({"debug": True, "use_debugger": False}, False),
        ({"use_debugger": True}, True),
    ],
)
def test_debugger_runs_only_if_asked_for(
    given: dict[str, t.Any], debugs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = []
    monkeypatch.setattr("werkzeug.serving.run_simple", lambda *_, **options: served.append(options))
    app = Flask(__name__)
    app.run(load_dotenv=False, **given)
    assert [bool(options["use_debugger"]) for options in served] == [debugs]


def test_run_is_ignored_below_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "true")
    monkeypatch.setattr("werkzeug.serving.run_simple", lambda *_, **options: pytest.fail("served"))
    Flask(__name__).run(debug=True, use_debugger=True)
