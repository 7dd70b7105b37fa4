"""Views and hooks that are coroutine functions."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import sys

import pytest
from failing import Broken, fail, get, make_app

import fastflask
from fastflask import Flask, g, request


@pytest.fixture
def bridge():
    pytest.importorskip("asgiref", reason="the extra 'async' is not installed")


def test_every_hook_may_be_a_coroutine_function(bridge):  # Y-01
    calls = []
    app = Flask(__name__)

    @app.url_value_preprocessor
    def values(endpoint, values):
        calls.append("values")

    @app.before_request
    async def before():
        calls.append("before")

    @app.after_request
    async def after(response):
        calls.append("after")
        return response

    @app.teardown_request
    async def teardown(error):
        calls.append("teardown")

    @app.teardown_appcontext
    async def teardown_app(error):
        calls.append("teardown app")

    @app.context_processor
    async def names():
        calls.append("names")
        return {"a": "processed"}

    @app.errorhandler(404)
    async def missing(error):
        return "async handler", 404

    @app.errorhandler(Broken)
    async def broken(error):
        return "async handler", 418

    @app.route("/")
    async def index():
        await asyncio.sleep(0)
        calls.append(f"view {request.path}")
        fastflask.after_this_request(after_this)
        return "x"

    @app.route("/template")
    def template():
        return fastflask.render_template_string("{{ a }}")

    @app.route("/broken")
    async def failing():
        fail()

    async def after_this(response):
        calls.append("after this")
        return response

    assert get(app).text == "x"
    around = ["after", "teardown", "teardown app"]
    assert calls == ["values", "before", "view /", "after this", *around]
    calls.clear()
    assert get(app, "/template").text == "processed"
    assert calls == ["values", "before", "names", *around]
    assert get(app, "/missing").text == "async handler"
    assert get(app, "/broken").status_code == 418


def test_handler_for_500_may_be_a_coroutine_function(bridge):  # Y-01
    app = make_app()

    @app.errorhandler(500)
    async def handle(error):
        return type(error.original_exception).__name__, 500

    assert get(app).text == "Broken"


def test_coroutine_functions_are_found_inside_partials_and_methods(bridge):  # Y-01
    class Views:
        async def method(self):
            return "method"

    class Callable:
        async def __call__(self):
            return "not awaited"

    async def view(text):
        return text

    app = Flask(__name__)
    app.add_url_rule("/method", "method", Views().method)
    app.add_url_rule("/partial", "partial", functools.partial(view, "partial"))
    assert get(app, "/method").text == "method"
    assert get(app, "/partial").text == "partial"
    # An object with an async __call__ is not a coroutine function.
    instance = Callable()
    assert app.ensure_sync(instance) is instance


def test_own_bridge_is_used_for_each():  # Y-02
    class Bridged(Flask):
        def async_to_sync(self, func):
            def run(*args, **kwargs):
                bridged.append(func.__name__)
                coroutine = func(*args, **kwargs)
                try:
                    coroutine.send(None)
                except StopIteration as stop:
                    return stop.value

            return run

    bridged = []
    app = Bridged(__name__)

    @app.before_request
    async def before():
        pass

    @app.route("/")
    async def view():
        fail()

    @app.errorhandler(Broken)
    async def handle(error):
        return "handled"

    @app.after_request
    async def after(response):
        return response

    @app.teardown_request
    async def teardown(error):
        pass

    assert get(app).text == "handled"
    assert bridged == ["before", "view", "handle", "after", "teardown"]


def test_own_ensure_sync_is_asked_for_plain_functions_too():  # Y-02, G-01
    class Asking(Flask):
        def ensure_sync(self, func):
            asked.append(func.__name__)
            return func

    def before():
        pass

    def view():
        return "x"

    def after(response):
        return response

    def teardown(error):
        pass

    asked = []
    app = Asking(__name__)
    app.before_request(before)
    app.add_url_rule("/", "view", view)
    app.after_request(after)
    app.teardown_request(teardown)
    app.teardown_appcontext(teardown)
    get(app)
    assert asked == ["before", "view", "after", "teardown", "teardown"]


def test_coroutine_without_the_extra_says_what_to_install(monkeypatch):  # Y-02
    async def view():
        return "x"

    monkeypatch.setitem(sys.modules, "asgiref", None)
    monkeypatch.setitem(sys.modules, "asgiref.sync", None)
    app = make_app(view, TESTING=True)
    with pytest.raises(RuntimeError, match="with the 'async' extra in order to use async views"):
        get(app)


def test_context_variables_set_in_a_coroutine_are_seen_afterwards(bridge):  # Y-03
    variable = contextvars.ContextVar("variable", default="unset")
    seen = []

    async def view():
        seen.append(variable.get())
        variable.set("view")
        g.set_by_view = True
        return "x"

    app = make_app(view)
    app.before_request(lambda: variable.set("before") and None)
    app.after_request(lambda response: seen.append((variable.get(), g.set_by_view)) or response)
    assert contextvars.copy_context().run(get, app).text == "x"
    assert seen == ["before", ("view", True)]


def test_request_is_seen_in_tasks_and_threads_of_a_coroutine(bridge):  # Y-03, C-02
    async def view():
        async def child():
            g.from_task = 1
            return request.path

        in_task = await asyncio.create_task(child())
        in_thread = await asyncio.to_thread(lambda: request.path)
        return f"{in_task}{in_thread}{g.from_task}"

    assert get(make_app(view)).text == "//1"


def test_coroutine_under_an_outer_event_loop_is_refused(bridge):  # Y-04
    async def view():
        return "x"

    async def main(app):
        return get(app).text

    assert asyncio.run(main(make_app(lambda: "plain"))) == "plain"
    with pytest.raises(RuntimeError, match="event loop"):
        asyncio.run(main(make_app(view, TESTING=True)))
