"""Helper functions of views and set-up code."""

import os
import sys
import types

import pytest
import werkzeug.exceptions
import werkzeug.wrappers

import fastflask
from fastflask import (
    abort,
    flash,
    get_flashed_messages,
    helpers,
    make_response,
    redirect,
    session,
    url_for,
)
from fastflask.helpers import _split_blueprint_path, get_root_path


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, False),
        ("", False),
        ("0", False),
        ("FALSE", False),
        ("no", False),
        ("1", True),
        ("off", True),
        (" ", True),
    ],
)
def test_get_debug_flag(monkeypatch, value, expected):
    monkeypatch.delenv("FLASK_DEBUG", raising=False)
    if value is not None:
        monkeypatch.setenv("FLASK_DEBUG", value)
    assert helpers.get_debug_flag() is expected


@pytest.mark.parametrize("default", [True, False])
@pytest.mark.parametrize(
    ("value", "expected"), [(None, None), ("", None), ("0", True), ("No", True), ("1", False)]
)
def test_get_load_dotenv(monkeypatch, value, expected, default):
    monkeypatch.delenv("FLASK_SKIP_DOTENV", raising=False)
    if value is not None:
        monkeypatch.setenv("FLASK_SKIP_DOTENV", value)
    assert helpers.get_load_dotenv(default) is (default if expected is None else expected)


def test_make_response_kinds(app):
    with app.test_request_context():
        empty = make_response()
        assert (empty.status_code, empty.data) == (200, b"")
        assert make_response("text").data == b"text"
        response = make_response("text", 201, {"X-A": "b"})
        assert (response.status_code, response.headers["X-A"]) == (201, "b")
        assert make_response(("text", 202)).status_code == 202
        assert make_response(response) is response
        with pytest.raises(TypeError):
            make_response(None)


def test_make_response_uses_the_app(app):
    class Mine(fastflask.Response):
        pass

    app.response_class = Mine
    app.make_response = lambda value: ["made", value]
    with app.test_request_context():
        assert type(make_response()) is Mine
        assert make_response(1) == ["made", 1]
        assert make_response(1, 2) == ["made", (1, 2)]


def test_url_for_passes_everything_to_the_app(app):
    app.url_for = lambda *args, **kwargs: (args, kwargs)
    with app.app_context():
        result = url_for("e", _anchor="a", _method="m", _scheme="s", _external=False, self=1, q=2)
    assert result == (
        ("e",),
        {
            "_anchor": "a",
            "_method": "m",
            "_scheme": "s",
            "_external": False,
            "self": 1,
            "q": 2,
        },
    )


def test_url_for_in_and_outside_of_a_request(app):
    app.add_url_rule("/item/<int:n>", endpoint="item")
    with app.test_request_context():
        assert url_for("item", n=1, q="a b", _anchor="x y") == "/item/1?q=a+b#x%20y"
        assert url_for("item", n=1, _scheme="https") == "https://localhost/item/1"
        with pytest.raises(ValueError):
            url_for("item", n=1, _scheme="https", _external=False)
    with app.app_context(), pytest.raises(RuntimeError, match="SERVER_NAME"):
        url_for("item", n=1)
    with pytest.raises(RuntimeError):
        url_for("item", n=1)


def test_redirect_without_app():
    class Mine(werkzeug.wrappers.Response):
        pass

    response = redirect("https://example.org/", 307, Mine)
    assert type(response) is Mine
    assert (response.status_code, response.location) == (307, "https://example.org/")


def test_redirect_by_the_app(app):
    app.redirect = lambda location, code: (location, code)
    with app.app_context():
        assert redirect("/a") == ("/a", 302)
        assert redirect("/a", 303, Response=object) == ("/a", 303)


def test_abort_without_app():
    with pytest.raises(werkzeug.exceptions.NotFound, match="words"):
        abort(404, "words")
    with pytest.raises(LookupError):
        abort(999)


def test_abort_by_the_app(app):
    class Teapot(werkzeug.exceptions.HTTPException):
        code = 999

    app.aborter.mapping[999] = Teapot
    with app.app_context():
        with pytest.raises(Teapot):
            abort(999)
        app.aborter = lambda code: None
        with pytest.raises(werkzeug.exceptions.NotFound):
            abort(404)


def test_abort_with_a_response(app):
    app.add_url_rule("/", view_func=lambda: abort(make_response("own", 418)), endpoint="index")
    response = app.test_client().get("/")
    assert (response.status_code, response.text) == (418, "own")


def test_get_template_attribute(app):
    import jinja2

    source = "{% macro hello(n) %}Hello {{ n }}!{% endmacro %}{% set value = 3 %}"
    app.jinja_loader = jinja2.DictLoader({"macros.html": source})
    with app.app_context():
        assert fastflask.get_template_attribute("macros.html", "hello")("<b>") == "Hello &lt;b&gt;!"
        assert fastflask.get_template_attribute("macros.html", "value") == 3
        with pytest.raises(AttributeError):
            fastflask.get_template_attribute("macros.html", "missing")


def test_flash_is_shown_by_the_next_request_once(app):
    @app.route("/flash")
    def put():
        flash("one")
        flash("two", "error")
        return ""

    @app.route("/show")
    def show():
        first = get_flashed_messages(with_categories=True)
        assert get_flashed_messages(with_categories=True) == first
        return {"messages": first}

    client = app.test_client()
    client.get("/flash")
    assert client.get("/show").json["messages"] == [["message", "one"], ["error", "two"]]
    assert client.get("/show").json["messages"] == []


def test_flashed_messages_filter(app):
    with app.test_request_context():
        flash("a")
        flash("b", "error")
        flash("c", "info")
        assert get_flashed_messages() == ["a", "b", "c"]
        assert get_flashed_messages(category_filter=["error", "info"]) == ["b", "c"]
        assert get_flashed_messages(True, ["error"]) == [("error", "b")]
        assert get_flashed_messages(category_filter=["none"]) == []
        assert "_flashes" not in session


def test_flash_after_reading_waits_for_the_next_request(app):
    with app.test_request_context():
        assert get_flashed_messages() == []
        flash("later")
        assert get_flashed_messages() == []
        assert session["_flashes"] == [("message", "later")]


def test_flash_marks_the_session_modified_every_time(app):
    with app.test_request_context():
        flash("a")
        session.modified = False
        flash("b")
        assert session.modified


def test_flash_sends_a_signal(app):
    got = []

    def receiver(sender, message, category):
        got.append((sender, message, category))

    with app.test_request_context(), fastflask.message_flashed.connected_to(receiver, app):
        flash("text", "info")
    assert got == [(app, "text", "info")]


def test_flash_outside_of_a_request():
    with pytest.raises(RuntimeError):
        flash("a")
    with pytest.raises(RuntimeError):
        get_flashed_messages()


def test_current_app_of_the_module_can_be_replaced(monkeypatch):
    stand_in = types.SimpleNamespace(url_for=lambda endpoint, **kwargs: "/stand-in")
    monkeypatch.setattr(helpers, "current_app", stand_in)
    assert url_for("any") == "/stand-in"


@pytest.mark.parametrize(
    ("name", "path"),
    [("a", ["a"]), ("a.b.c", ["a.b.c", "a.b", "a"]), ("", [""]), ("a.", ["a.", "a"])],
)
def test_split_blueprint_path(name, path):
    assert _split_blueprint_path(name) == path


def test_root_path_of_a_loaded_module():
    assert get_root_path(__name__) == os.path.dirname(os.path.abspath(__file__))


def test_root_path_does_not_import(tmp_path, monkeypatch):
    (tmp_path / "broken_on_import.py").write_text("raise Exception")
    package = tmp_path / "some_package"
    package.mkdir()
    (package / "__init__.py").write_text("raise Exception")
    monkeypatch.syspath_prepend(tmp_path)
    assert get_root_path("broken_on_import") == os.fspath(tmp_path)
    assert get_root_path("some_package") == os.fspath(package)
    assert "broken_on_import" not in sys.modules


def test_root_path_without_module_is_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert get_root_path("no_such_module") == os.getcwd()
    assert get_root_path("no_such_package.module") == os.getcwd()
    main = types.ModuleType("__main__")
    main.__spec__ = None
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert get_root_path("__main__") == os.getcwd()


class Finder:
    """Finds one module, with a loader that knows no file names."""

    def __init__(self, name, **attributes):
        self.name = name
        self.attributes = attributes

    def find_spec(self, name, path=None, target=None):
        if name == self.name:
            return types.SimpleNamespace(
                name=name,
                loader=self,
                origin=None,
                submodule_search_locations=None,
                cached=None,
                parent="",
                has_location=False,
                _initializing=False,
                _uninitialized_submodules=[],
                loader_state=None,
            )

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        vars(module).update(self.attributes)


def test_root_path_from_an_import_hook(monkeypatch, tmp_path):
    finder = Finder("hooked_module", __file__=os.fspath(tmp_path / "hooked_module.x"))
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    try:
        assert get_root_path("hooked_module") == os.fspath(tmp_path)
    finally:
        sys.modules.pop("hooked_module", None)


def test_root_path_that_cannot_be_known(monkeypatch):
    monkeypatch.setattr(sys, "meta_path", [Finder("no_file_module"), *sys.meta_path])
    try:
        with pytest.raises(RuntimeError, match="No root path can be found .* 'no_file_module'"):
            get_root_path("no_file_module")
    finally:
        sys.modules.pop("no_file_module", None)
