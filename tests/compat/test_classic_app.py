"""Attributes of applications and blueprints that earlier releases of Flask had."""

from __future__ import annotations

import typing as t
import warnings
from datetime import timedelta

import pytest

import fastflask
from fastflask import Blueprint, Flask
from fastflask.ctx import _AppCtxGlobals

VALUES = [
    "session_cookie_name",
    "send_file_max_age_default",
    "use_x_sendfile",
    "templates_auto_reload",
    "propagate_exceptions",
    "preserve_context_on_exception",
    "env",
    "json_encoder",
    "json_decoder",
    "got_first_request",
    "before_first_request_funcs",
    "request_globals_class",
]
METHODS = [
    "before_first_request",
    "try_trigger_before_first_request_functions",
    "open_session",
    "save_session",
    "make_null_session",
    "_register_error_handler",
]


def read(obj: t.Any, name: str) -> t.Any:
    """Read a classic attribute, with its warning."""
    with pytest.warns(DeprecationWarning, match=name):
        return getattr(obj, name)


@pytest.mark.parametrize("name", VALUES)
def test_attribute_warns_once_and_says_what_to_use(app: Flask, name: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        getattr(app, name)
        getattr(app, name)

    assert [w.category for w in caught] == [DeprecationWarning]
    assert f"'Flask.{name}'" in str(caught[0].message)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("name", VALUES)
def test_attribute_is_missing_where_warnings_are_errors(app: Flask, name: str) -> None:
    assert not hasattr(app, name)


@pytest.mark.parametrize("name", VALUES)
def test_attribute_can_be_set_to_anything(app: Flask, name: str) -> None:
    """As on Flask 3, where it is an attribute like any other. Nothing raises for it."""
    value = [lambda: None]

    if name in {"session_cookie_name", "env"}:
        value = "name"  # type: ignore[assignment]

    setattr(app, name, value)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name != "send_file_max_age_default":
            assert getattr(app, name) == value


def test_setting_an_attribute_warns(app: Flask) -> None:
    with pytest.warns(DeprecationWarning, match="use_x_sendfile") as caught:
        app.use_x_sendfile = True

    assert caught[0].filename == __file__


@pytest.mark.parametrize("name", VALUES + METHODS)
def test_attribute_is_not_listed(app: Flask, name: str) -> None:
    assert name not in dir(app)
    assert name not in vars(app)


def test_attribute_of_a_subclass_is_listed() -> None:
    class App(Flask):
        env = "mine"

        def before_first_request(self, f: t.Any) -> t.Any:
            return f

    app = App("app")
    app.propagate_exceptions = True  # type: ignore[misc]
    assert {"env", "before_first_request", "propagate_exceptions"} <= set(dir(app))
    assert "use_x_sendfile" not in dir(app)
    assert app.env == "mine"


def test_all_that_is_listed_can_be_read(app: Flask) -> None:
    """A look at everything uses no classic name, so none of them warns."""
    blueprint = Blueprint("b", "b")

    with app.test_request_context() as context:
        for obj in (app, blueprint, app.config, context):
            for name in dir(obj):
                if name != "session":
                    getattr(obj, name)

    assert "before_app_first_request" not in dir(blueprint)
    assert {"get", "update", "setdefault"} <= set(dir(app.config))


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("session_cookie_name", "SESSION_COOKIE_NAME", "other"),
        ("use_x_sendfile", "USE_X_SENDFILE", True),
        ("templates_auto_reload", "TEMPLATES_AUTO_RELOAD", True),
        ("env", "ENV", "staging"),
    ],
)
def test_attribute_is_a_setting(app: Flask, name: str, key: str, value: t.Any) -> None:
    setattr(app, name, value)
    assert app.config[key] == value
    app.config[key] = "changed"

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert getattr(app, name) == "changed"


def test_age_of_files(app: Flask) -> None:
    assert read(app, "send_file_max_age_default") is None
    app.send_file_max_age_default = 60  # type: ignore[assignment]
    assert app.config["SEND_FILE_MAX_AGE_DEFAULT"] == 60
    assert app.send_file_max_age_default == timedelta(seconds=60)

    with app.test_request_context():
        assert app.get_send_file_max_age("a.txt") == 60


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("templates_auto_reload", "TEMPLATES_AUTO_RELOAD"),
        ("propagate_exceptions", "PROPAGATE_EXCEPTIONS"),
        ("preserve_context_on_exception", "PRESERVE_CONTEXT_ON_EXCEPTION"),
    ],
)
def test_setting_that_is_absent_follows_the_mode(name: str, key: str) -> None:
    app = Flask("app")
    assert read(app, name) is False
    app.debug = True
    assert getattr(app, name) is True
    app.config[key] = False
    assert getattr(app, name) is False
    app.config[key] = None
    app.debug = False
    app.testing = True
    assert getattr(app, name) is (name == "propagate_exceptions")


def test_preserved_contexts_do_not_leak() -> None:
    """The attribute can be read, and the setting set: contexts are popped all the same."""
    app = Flask("app")
    app.debug = True
    app.config["PRESERVE_CONTEXT_ON_EXCEPTION"] = True
    app.add_url_rule("/", view_func=lambda: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        app.test_client().get("/")

    assert read(app, "preserve_context_on_exception") is True
    assert not fastflask.has_request_context()
    assert not fastflask.has_app_context()


def test_name_of_the_environment(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLASK_ENV", raising=False)
    assert read(app, "env") == "production"

    with pytest.warns(DeprecationWarning, match="ENV"):
        assert app.config["ENV"] == "production"

    monkeypatch.setenv("FLASK_ENV", "development")
    assert app.env == app.config["ENV"] == "development"
    assert app.debug is False
    assert "ENV" not in app.config


def test_class_of_globals(app: Flask) -> None:
    class Globals(_AppCtxGlobals):
        pass

    assert read(app, "request_globals_class") is _AppCtxGlobals
    app.request_globals_class = Globals

    with app.app_context():
        assert isinstance(fastflask.g._get_current_object(), Globals)  # type: ignore[attr-defined]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fastflask._classic, "_warned", set())

        with pytest.warns(DeprecationWarning, match="app_ctx_globals_class") as caught:

            class App(Flask):
                request_globals_class = Globals

        assert caught[0].filename == __file__

    with App("app").app_context():
        assert isinstance(fastflask.g._get_current_object(), Globals)  # type: ignore[attr-defined]


def test_got_first_request(app: Flask) -> None:
    assert read(app, "got_first_request") is False
    app.test_client().get("/")
    assert app.got_first_request is True


def test_internal_form_of_register_error_handler(app: Flask) -> None:
    blueprint = Blueprint("b", "b")
    blueprint.add_url_rule("/b", view_func=lambda: fastflask.abort(403))
    app.register_blueprint(blueprint)
    app.add_url_rule("/", view_func=lambda: {}["a"])

    with pytest.warns(DeprecationWarning, match="register_error_handler"):
        app._register_error_handler(None, KeyError, lambda error: "key")

    app._register_error_handler("b", 403, lambda error: "forbidden")
    client = app.test_client()
    assert client.get("/").text == "key"
    assert client.get("/b").text == "forbidden"


def test_should_ignore_error_is_called_if_a_subclass_has_it() -> None:
    """It is still there in Flask 3, so it does not warn."""
    seen: list[t.Any] = []

    class App(Flask):
        def should_ignore_error(self, error: BaseException | None) -> bool:
            return isinstance(error, ZeroDivisionError)

    app = App("app")
    app.testing = True
    app.add_url_rule("/", view_func=lambda: 1 / 0)
    app.teardown_request(seen.append)

    with pytest.raises(ZeroDivisionError):
        app.test_client().get("/")

    assert seen == [None]
    assert Flask("app").should_ignore_error(ValueError()) is False


class TestConfig:
    @pytest.mark.parametrize(
        ("key", "expected"),
        [
            ("JSON_AS_ASCII", True),
            ("JSON_SORT_KEYS", True),
            ("JSONIFY_MIMETYPE", "application/json"),
            ("JSONIFY_PRETTYPRINT_REGULAR", False),
            ("PRESERVE_CONTEXT_ON_EXCEPTION", None),
        ],
    )
    def test_setting_reads_as_its_default(self, app: Flask, key: str, expected: t.Any) -> None:
        with pytest.warns(DeprecationWarning, match=key):
            assert app.config[key] == expected

        assert key not in app.config
        assert app.config.get(key) is None
        app.config[key] = "mine"
        assert app.config[key] == "mine"

    def test_setting_is_missing_where_warnings_are_errors(self, app: Flask) -> None:
        with pytest.raises(KeyError) as caught:
            app.config["ENV"]

        assert isinstance(caught.value, DeprecationWarning)

    def test_other_keys_are_missing(self, app: Flask) -> None:
        with pytest.raises(KeyError) as caught:
            app.config["LOGGER_NAME"]

        assert not isinstance(caught.value, DeprecationWarning)
        assert caught.value.args == ("LOGGER_NAME",)

    @pytest.mark.parametrize("way", ["item", "update", "setdefault", "or", "from_mapping", "new"])
    def test_setting_that_is_set_warns_and_raises_nothing(self, app: Flask, way: str) -> None:
        config = app.config

        def change() -> None:
            if way == "item":
                config["JSON_SORT_KEYS"] = False
            elif way == "update":
                config.update(JSON_SORT_KEYS=False)
            elif way == "setdefault":
                assert config.setdefault("JSON_SORT_KEYS", False) is False
            elif way == "or":
                same = config
                same |= {"JSON_SORT_KEYS": False}
                assert same is config
            elif way == "from_mapping":
                config.from_mapping({"JSON_SORT_KEYS": False})
            else:
                fastflask.Config("/", {"JSON_SORT_KEYS": False})

        change()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fastflask._classic, "_warned", set())

            with pytest.warns(DeprecationWarning, match="app.json.sort_keys"):
                change()

    def test_from_json(self, app: Flask, tmp_path: t.Any) -> None:
        path = tmp_path / "config.json"
        path.write_text('{"NAME": "value", "ignored": 1}')

        with pytest.warns(DeprecationWarning, match="from_file"):
            assert app.config.from_json(path)

        assert app.config["NAME"] == "value"
        assert "ignored" not in app.config
        assert app.config.from_json(tmp_path / "none.json", silent=True) is False

        with pytest.raises(OSError, match="Unable to load"):
            app.config.from_json(tmp_path / "none.json")

    def test_values_and_methods_of_dict(self, app: Flask) -> None:
        config = fastflask.Config("/", {"A": 1})
        config.update([("B", 2)], C=3)
        config |= {"D": 4}
        assert config == {"A": 1, "B": 2, "C": 3, "D": 4}
        assert type(config) is fastflask.Config
        assert config | {"E": 5} == {**config, "E": 5}
        assert config.setdefault("A") == 1
        assert config.setdefault("F") is None
