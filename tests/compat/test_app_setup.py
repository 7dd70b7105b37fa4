"""Setting up an application: parts, late calls, names for templates, running it."""

from __future__ import annotations

import logging
import sys
import types
import typing as t
from datetime import timedelta
from pathlib import Path

import pytest
from werkzeug.exceptions import Aborter, BadRequest, BadRequestKeyError, ImATeapot, NotFound
from werkzeug.routing import Map, Rule

from fastflask import Config, Flask, json
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


# Small decisions


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
