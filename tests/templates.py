"""An application with a few templates; imported by tests as ``templates``."""

from __future__ import annotations

from jinja2 import DictLoader

from fastflask import Flask

TEMPLATES = {
    "page.html": "<p>{{ text }}</p>",
    "mail.txt": "<p>{{ text }}</p>",
    "parts.html": "{% for n in numbers %}{{ n }};{% endfor %}",
    "macros.html": "{% macro path() %}{{ request.path }}{% endmacro %}",
    "imports.html": "{% import 'macros.html' as m %}{{ m.path() }}",
}


class App(Flask):
    jinja_loader = DictLoader(TEMPLATES)


def make_app():
    app = App(__name__)
    app.secret_key = "key"
    app.testing = True
    return app


def answer(app, view, url="/", **kwargs):
    """The response of a view that is registered for this call."""
    app.add_url_rule("/", "view_under_test", view)
    return app.test_client().get(url, **kwargs)
