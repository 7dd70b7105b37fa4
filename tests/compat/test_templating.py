"""Rendering templates: escaping, the names they see, the session."""

from __future__ import annotations

import jinja2
import pytest
from jinja2 import DictLoader, TemplateNotFound
from markupsafe import Markup
from templates import App, answer, make_app

import fastflask
from fastflask import (
    Blueprint,
    render_template,
    render_template_string,
    session,
    stream_template,
    stream_template_string,
)


@pytest.fixture
def app():
    return make_app()


# Rendering


def test_template_is_rendered_by_name(app):
    assert answer(app, lambda: render_template("page.html", text="x")).text == "<p>x</p>"


def test_first_existing_template_is_taken(app):
    with app.app_context():
        assert render_template(["no.html", "page.html"], text=1) == "<p>1</p>"
        with pytest.raises(jinja2.TemplatesNotFound):
            render_template(["no.html", "neither.html"])
        with pytest.raises(TemplateNotFound, match="^no.html$"):
            render_template("no.html")


def test_template_object_is_rendered(app):
    template = app.jinja_env.from_string("{{ text }}{{ g.x }}")
    with app.app_context():
        fastflask.g.x = 2
        assert render_template(template, text=1) == "12"
        assert "".join(stream_template(template, text=1)) == "12"


@pytest.mark.parametrize(
    "render", [render_template, render_template_string, stream_template, stream_template_string]
)
def test_rendering_needs_an_application(render):
    with pytest.raises(RuntimeError, match="Working outside of application context"):
        render("page.html")


def test_rendering_needs_no_request(app):
    app.config["NAME"] = "n"
    with app.app_context():
        text = render_template_string(
            "{{ config.NAME }} {{ request is defined }} {{ g is defined }}"
        )
    # The proxies are globals of the environment, bound or not.
    assert text == "n True True"


@pytest.mark.parametrize("ending", ["html", "htm", "xml", "xhtml", "svg"])
def test_markup_is_escaped_by_file_name(app, ending):  # J-05
    app.jinja_loader = DictLoader({f"a.{ending}": "{{ x }}"})
    with app.app_context():
        assert render_template(f"a.{ending}", x="<&>") == "&lt;&amp;&gt;"
        assert render_template(f"a.{ending}", x=Markup("<b>")) == "<b>"


@pytest.mark.parametrize("name", ["a.txt", "a", "a.js", "a.html.j2", "a.HTML"])
def test_other_files_are_not_escaped(app, name):  # J-05
    app.jinja_loader = DictLoader({name: "{{ x }}"})
    with app.app_context():
        assert render_template(name, x="<&>") == "<&>"


def test_strings_are_escaped(app):  # J-05
    with app.app_context():
        assert render_template_string("{{ x }}", x="<&>") == "&lt;&amp;&gt;"
        assert "".join(stream_template_string("{{ x }}", x="<&>")) == "&lt;&amp;&gt;"


def test_json_filter_is_safe_in_scripts(app):  # J-04
    with app.app_context():
        text = render_template_string("{{ x|tojson }}", x="</script>&'")
    assert text == r'"\u003c/script\u003e\u0026\u0027"'


# Context


def test_standard_names_are_the_objects_themselves(app):
    def view():
        render_template_string("{{ keep(request, g, session) }}", keep=lambda *a: kept.extend(a))
        return ""

    kept = []
    answer(app, view)
    assert type(kept[0]) is app.request_class
    assert type(kept[1]) is app.app_ctx_globals_class
    assert type(kept[2]) is type(session)  # still the proxy


def test_imported_template_sees_the_request(app):
    assert answer(app, lambda: render_template("imports.html"), "/?q").text == "/"


def test_context_processor_adds_names(app):
    app.context_processor(lambda: {"a": "app", "b": "app"})
    app.context_processor(lambda: {"b": "later"})
    assert answer(app, lambda: render_template_string("{{ a }} {{ b }}")).text == "app later"


def test_passed_names_win(app):  # J-06
    app.context_processor(lambda: {"a": "processor", "g": "processor"})
    with app.app_context():
        assert render_template_string("{{ a }} {{ g }}", a="passed") == "passed processor"
        assert render_template_string("{{ g }} {{ config }}", g=1, config=2) == "1 2"


def test_blueprint_processor_runs_for_its_requests_only(app):
    bp = Blueprint("bp", __name__)
    bp.context_processor(lambda: {"who": "bp"})
    app.context_processor(lambda: {"who": "app"})
    app.add_url_rule("/app", "app", lambda: render_template_string("{{ who }}"))
    bp.add_url_rule("/bp", "bp", lambda: render_template_string("{{ who }}"))
    app.register_blueprint(bp)
    client = app.test_client()
    assert (client.get("/app").text, client.get("/bp").text) == ("app", "bp")


def test_request_class_that_names_its_own_blueprints(app, monkeypatch):
    asked = []

    class Own(fastflask.Request):
        @property
        def blueprints(self):
            asked.append(self.path)
            return ["other"]

    app.request_class = Own
    app.template_context_processors["other"] = [lambda: {"who": "other"}]
    with app.test_request_context("/a"):
        assert render_template_string("{{ who }}") == "other"
    del app.template_context_processors["other"]
    with app.test_request_context("/b"):
        assert render_template_string("{{ who }}") == ""
    assert asked == ["/a", "/b"]
    app.request_class = fastflask.Request
    monkeypatch.setattr(fastflask.Request, "blueprints", Own.blueprints)
    with app.test_request_context("/c"):
        assert render_template_string("{{ who }}") == ""
    assert asked == ["/a", "/b", "/c"]


def test_nested_blueprint_processors_run_outer_first(app):
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    outer.context_processor(lambda: {"a": "outer", "b": "outer"})
    inner.context_processor(lambda: {"b": "inner"})
    inner.add_url_rule("/", "x", lambda: render_template_string("{{ a }} {{ b }}"))
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    assert app.test_client().get("/").text == "outer inner"


def test_update_of_the_context_can_be_overridden():  # G-01
    class Own(App):
        def update_template_context(self, context):
            super().update_template_context(context)
            context["extra"] = "own"

    with Own(__name__).app_context():
        assert render_template_string("{{ extra }}", extra="passed") == "own"
        assert "".join(stream_template_string("{{ extra }}")) == "own"


def test_update_of_the_context_set_on_the_instance(app):  # G-02
    app.update_template_context = lambda context: context.update(extra="instance")
    with app.app_context():
        assert render_template_string("{{ extra }}") == "instance"


def test_async_processor_is_awaited(app):  # Y-01
    pytest.importorskip("asgiref")

    @app.context_processor
    async def names():
        return {"a": "awaited"}

    with app.app_context():
        assert render_template_string("{{ a }}") == "awaited"


# Session


def test_template_without_the_session_does_not_mark_it(app):  # V-02
    response = answer(app, lambda: render_template("page.html", text="x"))
    assert "Vary" not in response.headers


@pytest.mark.parametrize(
    "source",
    [
        "{{ session.a }}",
        "{{ session.get('a') }}",
        "{% if session %}{% endif %}",
        "{{ 'a' in session }}",
        "{{ get_flashed_messages() }}",
    ],
)
def test_template_with_the_session_marks_it(app, source):  # V-01, V-02
    response = answer(app, lambda: render_template_string(source))
    assert response.headers["Vary"] == "Cookie"


def test_template_mentioning_the_session_in_a_dead_branch_does_not_mark_it(app):  # V-02
    response = answer(
        app, lambda: render_template_string("{% if false %}{{ session.a }}{% endif %}x")
    )
    assert response.text == "x"
    assert "Vary" not in response.headers
