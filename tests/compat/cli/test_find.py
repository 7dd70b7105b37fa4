"""From a name on the command line to an application."""

from __future__ import annotations

import os
import sys
import types

import pytest

from fastflask import Flask
from fastflask.cli import (
    NoAppException,
    ScriptInfo,
    find_app_by_string,
    find_best_app,
    locate_app,
    prepare_import,
)


def module(**values):
    made = types.ModuleType("shop")
    vars(made).update(values)
    return made


# Modules and expressions


@pytest.mark.parametrize("name", ["app", "application", "anything"])
def test_best_app_variable(app, name):
    assert find_best_app(module(**{name: app})) is app


def test_best_app_conventional_name_beats_others(app):
    assert find_best_app(module(first=Flask("first"), application=app)) is app


@pytest.mark.parametrize("name", ["create_app", "make_app"])
def test_best_app_factory(app, name):
    assert find_best_app(module(**{name: lambda debug=False: app})) is app


def test_best_app_variable_beats_factory(app):
    assert find_best_app(module(shop=app, create_app=lambda: Flask("other"))) is app


def test_best_app_factory_giving_something_else_is_passed_over(app):
    assert find_best_app(module(create_app=lambda: None, make_app=lambda: app)) is app


def test_best_app_several_is_an_error():
    with pytest.raises(NoAppException) as caught:
        find_best_app(module(a=Flask("a"), b=Flask("b")))
    assert caught.value.message == (
        "Detected multiple Flask applications in module 'shop'."
        " Use 'shop:name' to specify the correct one."
    )


def test_best_app_none_is_an_error():
    with pytest.raises(NoAppException) as caught:
        find_best_app(module(app=object()))
    assert caught.value.message == (
        "Failed to find Flask application or factory in module 'shop'."
        " Use 'shop:name' to specify one."
    )


def test_best_app_factory_with_arguments_is_an_error():
    with pytest.raises(NoAppException) as caught:
        find_best_app(module(create_app=lambda name: None))
    assert caught.value.message == (
        "Detected factory 'create_app' in module 'shop', but could not call it without"
        " arguments. Use 'shop:create_app(args)' to specify arguments."
    )
    assert isinstance(caught.value.__cause__, TypeError)


def test_best_app_type_error_inside_factory_goes_through():
    def create_app():
        raise TypeError("mine")

    with pytest.raises(TypeError, match="^mine$"):
        find_best_app(module(create_app=create_app))


def test_app_by_string_variable(app):
    assert find_app_by_string(module(shop=app), " shop ") is app


def test_app_by_string_calls_factory_with_literals():
    def build(*args, **kwargs):
        made = Flask("made")
        made.config["CALL"] = args, kwargs
        return made

    found = find_app_by_string(module(build=build), "build('a', [1, None], debug=True, )")
    assert found.config["CALL"] == (("a", [1, None]), {"debug": True})


def test_app_by_string_factory_without_parentheses(app):
    assert find_app_by_string(module(build=lambda: app), "build") is app


def test_app_by_string_factory_may_have_any_argument_name(app):
    found = find_app_by_string(
        module(build=lambda misuse, factory: app), "build(misuse=1, factory=2)"
    )
    assert found is app


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shop(", "Failed to parse 'shop(' as an attribute name or function call."),
        ("", "Failed to parse '' as an attribute name or function call."),
        ("a.b", "Failed to parse 'a.b' as an attribute name or function call."),
        ("a.b()", "Function reference must be a simple name: 'a.b()'."),
        ("build(x)", "Failed to parse arguments as literal values: 'build(x)'."),
        ("build(*x)", "Failed to parse arguments as literal values: 'build(*x)'."),
        ("missing", "Failed to find attribute 'missing' in 'shop'."),
        (
            "build(1)",
            "The factory 'build(1)' in module 'shop' could not be called with the specified"
            " arguments.",
        ),
        ("build", "A valid Flask application was not obtained from 'shop:build'."),
    ],
)
def test_app_by_string_error(text, message):
    with pytest.raises(NoAppException) as caught:
        find_app_by_string(module(build=lambda: None), text)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("path", "folder_name", "name"),
    [
        ("shop", "", "shop"),
        ("shop.py", "", "shop"),
        ("src/shop.py", "src", "shop"),
        ("src/shop/__init__.py", "src", "shop"),
        ("src/shop/__init__", "src", "shop"),
        ("src/pkg/sub/web.py", "src", "pkg.sub.web"),
        ("src/pkg/sub", "src", "pkg.sub"),
        ("pkg.sub.web", "", "pkg.sub.web"),
        ("notes.txt", "", "notes.txt"),
    ],
)
def test_prepare_import_path(write, folder, path, folder_name, name):
    write("src/pkg/__init__.py")
    write("src/pkg/sub/__init__.py")
    assert prepare_import(path) == name
    assert sys.path[0] == os.path.realpath(folder / folder_name)


def test_prepare_import_twice_adds_one_entry(folder):
    prepare_import("shop")
    before = len(sys.path)
    prepare_import("shop")
    assert len(sys.path) == before


def test_locate_app_of_package(write):
    write("pkg/__init__.py", "import fastflask\napp = fastflask.Flask('one')")
    write("pkg/web.py", "import fastflask\ndef build(n): return fastflask.Flask(n)")
    prepare_import("pkg")
    assert locate_app("pkg", None).name == "one"
    assert locate_app("pkg.web", "build('two')").name == "two"


def test_locate_app_missing_module(folder):
    with pytest.raises(NoAppException, match="^Could not import 'nowhere.to_be'.$"):
        locate_app("nowhere.to_be", None)
    assert locate_app("nowhere.to_be", None, raise_if_not_found=False) is None


@pytest.mark.parametrize("needed", [True, False])
def test_locate_app_import_error_inside_module_shows_traceback(write, needed):
    write("broken.py", "import does_not_exist_at_all")
    prepare_import("broken")
    with pytest.raises(NoAppException) as caught:
        locate_app("broken", None, raise_if_not_found=needed)
    text = caught.value.message
    assert text.startswith("While importing 'broken', an ImportError was raised:\n\nTraceback")
    assert "import does_not_exist_at_all" in text
    assert caught.value.__suppress_context__


def test_locate_app_other_error_inside_module_goes_through(write):
    write("broken.py", "1 / 0")
    prepare_import("broken")
    with pytest.raises(ZeroDivisionError):
        locate_app("broken", None)


# ScriptInfo


def test_script_info_path_with_name(write):
    file = write("shop.py", "import fastflask\nx = fastflask.Flask('x')\ny = fastflask.Flask('y')")
    assert ScriptInfo("shop.py:x").load_app().name == "x"
    assert ScriptInfo(f"{file}:y").load_app().name == "y"


@pytest.mark.parametrize("file", ["wsgi.py", "app.py"])
def test_script_info_default_files(write, file):
    write(file, "import fastflask\nany_name = fastflask.Flask('found')")
    assert ScriptInfo().load_app().name == "found"


def test_script_info_nothing_found(folder):
    with pytest.raises(NoAppException) as caught:
        ScriptInfo().load_app()
    assert caught.value.message == (
        "Could not locate a Flask application. Use the 'flask --app' option, 'FLASK_APP'"
        " environment variable, or a 'wsgi.py' or 'app.py' file in the current directory."
    )


def test_script_info_loads_once():
    calls = []

    def create_app():
        calls.append(None)
        return Flask("shop")

    info = ScriptInfo("ignored", create_app=create_app)
    assert info.load_app() is info.load_app()
    assert len(calls) == 1


def test_script_info_debug_flag(monkeypatch, app):
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert ScriptInfo(create_app=lambda: app, set_debug_flag=False).load_app().debug is False
    assert ScriptInfo(create_app=lambda: app).load_app().debug is True


def test_script_info_starts_with_empty_data():
    assert ScriptInfo().data == {}
    assert ScriptInfo().data is not ScriptInfo().data
