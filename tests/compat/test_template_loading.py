"""Where templates are looked for, and the environment they are in."""

from __future__ import annotations

import logging

import jinja2
import pytest
from jinja2 import DictLoader, TemplateNotFound
from templates import TEMPLATES, make_app

from fastflask import Blueprint, Flask, render_template
from fastflask.templating import DispatchingJinjaLoader, Environment


@pytest.fixture
def app():
    return make_app()


# Loading


def loaders(app, **templates):
    """Register one blueprint for each keyword, with those templates."""
    for name, found in templates.items():
        bp = Blueprint(name, __name__)
        bp.jinja_loader = DictLoader(found)
        app.register_blueprint(bp)


def test_application_comes_before_blueprints_in_order(app):
    loaders(
        app,
        one={"page.html": "one", "shared.html": "one"},
        two={"shared.html": "two", "two.html": "two"},
    )
    with app.app_context():
        assert render_template("page.html", text="app") == "<p>app</p>"
        assert render_template("shared.html") == "one"
        assert render_template("two.html") == "two"


def test_owners_without_templates_are_passed_over(app):
    app.jinja_loader = None
    app.register_blueprint(Blueprint("empty", __name__))
    loaders(app, one={"a.html": "a"})
    with app.app_context():
        assert render_template("a.html") == "a"
    assert app.jinja_env.list_templates() == ["a.html"]


def test_templates_are_listed_once(app):
    loaders(app, one={"page.html": "", "one.html": ""}, two={"one.html": ""})
    found = DispatchingJinjaLoader(app).list_templates()
    assert sorted(found) == sorted([*TEMPLATES, "one.html"])


def test_errors_other_than_not_found_are_not_hidden(app):
    def broken(name):
        raise OSError("disk")

    app.jinja_loader = jinja2.FunctionLoader(broken)
    loaders(app, one={"a.html": "a"})
    with app.app_context(), pytest.raises(OSError, match="disk"):
        render_template("a.html")


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("page.html", "Warning: multiple loaders returned a match for the template."),
        ("none.html", "Error: the template could not be found."),
        ("mail.txt", ""),
    ],
)
def test_explained_loading_tells_every_attempt(app, caplog, name, verdict):
    app.config["EXPLAIN_TEMPLATE_LOADING"] = True
    loaders(app, one={"page.html": "from the blueprint"})
    caplog.set_level(logging.INFO)
    with app.app_context():
        if name == "none.html":
            with pytest.raises(TemplateNotFound):
                render_template(name)
        else:
            assert render_template(name, text=1) == "<p>1</p>"
    (record,) = [r for r in caplog.records if "Locating template" in r.message]
    lines = record.message.splitlines()
    assert lines[0] == f"Locating template {name!r}:"
    assert sum("trying loader of" in line for line in lines) == 2
    assert "blueprint 'one'" in record.message
    if verdict:
        assert verdict in lines
    else:
        assert "Warning" not in record.message and "Error" not in record.message


def test_loading_is_explained_only_if_configured(app, caplog):
    caplog.set_level(logging.INFO)
    with app.app_context():
        render_template("page.html")
    assert caplog.records == []


# Environment


def test_environment_asks_the_application_for_a_loader(app):
    env = Environment(app, trim_blocks=True)
    assert env.app is app
    assert isinstance(env.loader, DispatchingJinjaLoader)
    assert env.trim_blocks is True
    own = DictLoader({})
    assert Environment(app, loader=own).loader is own
    assert Environment(app, loader=None).loader is None


def test_environment_class_of_the_application_is_used(app):  # G-04
    class Own(Environment):
        pass

    app.jinja_environment = Own
    assert type(app.jinja_env) is Own
    assert app.jinja_env is app.jinja_env


def test_global_loader_of_the_application_can_be_overridden():
    class Own(Flask):
        def create_global_jinja_loader(self):
            return DictLoader({"x": "own"})

    with Own(__name__).app_context():
        assert render_template("x") == "own"


def test_globals_of_the_environment(app):
    with app.test_request_context():
        names = {"url_for", "get_flashed_messages", "config", "request", "session", "g"}
        assert names <= set(app.jinja_env.globals)
        assert app.jinja_env.globals["config"] is app.config


def test_globals_changed_between_renderings(app):
    template = app.jinja_env.from_string("{{ name }} {{ own }}", globals={"own": 1, "name": 2})
    other = app.jinja_env.from_string("{{ name }} {{ own }}")
    app.jinja_env.globals["name"] = "first"
    with app.app_context():
        assert render_template(template) == "2 1"
        assert render_template(other) == "first "
        app.jinja_env.globals["name"] = "second"
        app.jinja_env.globals["own"] = "added"
        assert render_template(other) == "second added"
        assert render_template(other, name="given") == "given added"
    assert repr(template).startswith("<Template ")


def test_globals_seen_by_imported_templates(app):
    app.jinja_env.loader = DictLoader(
        {
            "macros.html": "{% macro greet() %}{{ greeting }} {{ name }}{% endmacro %}",
            "plain.html": "{% from 'macros.html' import greet %}{{ greet() }}",
            "context.html": "{% from 'macros.html' import greet with context %}{{ greet() }}",
        }
    )
    app.jinja_env.globals["greeting"] = "Hello"
    with app.app_context():
        assert render_template("plain.html", name="you") == "Hello "
        assert render_template("context.html", name="you") == "Hello you"
