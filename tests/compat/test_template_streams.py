"""Templates that are streamed, and the signals around a rendering."""

from __future__ import annotations

import pytest
from templates import answer, make_app

import fastflask
from fastflask import (
    render_template,
    render_template_string,
    stream_template,
    stream_template_string,
)


@pytest.fixture
def app():
    return make_app()


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
