"""Templates of an application: loading, context, streaming."""

from __future__ import annotations

import logging

import jinja2
import pytest
from jinja2 import DictLoader, TemplateNotFound
from markupsafe import Markup

import fastflask
from fastflask import (
    Blueprint,
    Flask,
    render_template,
    render_template_string,
    session,
    stream_template,
    stream_template_string,
)
from fastflask.templating import DispatchingJinjaLoader, Environment

TEMPLATES = {
    "page.html": "<p>{{ text }}</p>",
    "mail.txt": "<p>{{ text }}</p>",
    "parts.html": "{% for n in numbers %}{{ n }};{% endfor %}",
    "macros.html": "{% macro path() %}{{ request.path }}{% endmacro %}",
    "imports.html": "{% import 'macros.html' as m %}{{ m.path() }}",
}


class App(Flask):
    jinja_loader = DictLoader(TEMPLATES)


@pytest.fixture
def app():
    app = App(__name__)
    app.secret_key = "key"
    app.testing = True
    return app


def answer(app, view, url="/", **kwargs):
    """The response of a view that is registered for this call."""
    app.add_url_rule("/", "view_under_test", view)
    return app.test_client().get(url, **kwargs)


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


# Signals


def test_signals_surround_the_rendering(app):  # J-06
    def before(sender, template, context):
        assert sender is app
        order.append("before")
        context["text"] = "changed"

    def rendered(sender, template, context):
        order.append((template.name, context["text"]))

    def view():
        text = render_template("page.html", text="passed")
        order.append("returned")
        return text

    order = []
    with fastflask.before_render_template.connected_to(before, app):
        with fastflask.template_rendered.connected_to(rendered, app):
            assert answer(app, view).text == "<p>changed</p>"
    assert order == ["before", ("page.html", "changed"), "returned"]


def test_rendered_signal_connected_by_a_before_receiver_is_sent(app):  # G-10
    def before(sender, **kwargs):
        fastflask.template_rendered.connect(rendered, app)

    def rendered(sender, **kwargs):
        names.append(kwargs["template"].name)

    names = []
    with fastflask.before_render_template.connected_to(before, app), app.app_context():
        render_template("page.html")
    fastflask.template_rendered.disconnect(rendered, app)
    assert names == ["page.html"]


def test_failed_rendering_sends_no_rendered_signal(app):
    def rendered(sender, **kwargs):
        sent.append(kwargs)

    sent = []
    with fastflask.template_rendered.connected_to(rendered, app), app.app_context():
        with pytest.raises(ZeroDivisionError):
            render_template_string("{{ 1 / 0 }}")
        with pytest.raises(ZeroDivisionError):
            list(stream_template_string("{{ 1 / 0 }}"))
    assert sent == []


def test_streaming_sends_before_at_once_and_rendered_at_the_end(app):  # J-06
    def before(sender, template, context):
        order.append("before")

    def rendered(sender, template, context):
        order.append("rendered")

    order = []
    with fastflask.before_render_template.connected_to(before, app):
        with fastflask.template_rendered.connected_to(rendered, app), app.app_context():
            pieces = stream_template("parts.html", numbers=[1, 2])
            assert order == ["before"]
            for piece in pieces:
                order.append(piece)
    assert order[0] == "before"
    assert order[-1] == "rendered"
    assert "".join(order[1:-1]) == "1;2;"


# Streaming


def test_streamed_template_is_made_as_it_is_read(app):
    def numbers():
        for n in range(3):
            made.append(n)
            yield n

    made = []
    with app.app_context():
        pieces = stream_template("parts.html", numbers=numbers())
        assert made == []
        assert next(pieces) == "0"
        assert made[-1] < 2
        assert "".join(pieces) == ";1;2;"


def test_streamed_template_keeps_the_request(app):  # T-01
    def view():
        return stream_template_string(
            "{{ request.args.q }} {{ session.get('a') }} {{ url_for('view_under_test') }}"
        )

    assert answer(app, view, "/?q=1").text == "1 None /"


def test_streamed_template_outside_a_request(app):
    with app.app_context():
        pieces = stream_template("page.html", text=1)
    assert "".join(pieces) == "<p>1</p>"


def test_context_of_a_stream_is_collected_at_the_call(app):
    app.context_processor(lambda: calls.append("processor") or {"a": 1})
    calls = []
    with app.app_context():
        stream_template_string("{{ a }}")
        assert calls == ["processor"]


def test_closing_a_stream_closes_the_template(app):
    def numbers():
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    closed = []
    with app.app_context():
        pieces = stream_template("parts.html", numbers=numbers())
        next(pieces)
        pieces.close()
    assert closed == [True]


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
