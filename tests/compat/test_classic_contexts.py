"""The stacks of contexts, and what stood behind the proxies."""

from __future__ import annotations

import asyncio
import threading
import typing as t

import pytest

import fastflask
from fastflask import Flask
from fastflask.globals import _no_app_msg, _no_req_msg
from fastflask.local import LocalProxy, LocalStack


def take(name: str, module: t.Any = fastflask.globals) -> t.Any:
    with pytest.warns(DeprecationWarning, match=name):
        return getattr(module, name)


@pytest.fixture
def request_stack() -> t.Any:
    return take("_request_ctx_stack")


@pytest.fixture
def app_stack() -> t.Any:
    return take("_app_ctx_stack")


def test_stacks_are_the_same_everywhere(request_stack: t.Any, app_stack: t.Any) -> None:
    assert take("_request_ctx_stack", fastflask) is request_stack
    assert take("_app_ctx_stack", fastflask) is app_stack


def test_top_of_the_stacks(app: Flask, request_stack: t.Any, app_stack: t.Any) -> None:
    assert request_stack.top is app_stack.top is None

    with app.app_context() as app_context:
        assert app_stack.top is app_context
        assert request_stack.top is None

        with app.test_request_context("/a") as outer:
            assert request_stack.top is outer
            assert app_stack.top is app_context

            with app.test_request_context("/b") as inner:
                assert request_stack.top is inner
                assert request_stack.top.request.path == "/b"

            assert request_stack.top is outer

        assert app_stack.top.app is app

    assert request_stack.top is app_stack.top is None


def test_data_of_an_extension_on_top(app: Flask, app_stack: t.Any, request_stack: t.Any) -> None:
    closed: list[str] = []

    def connection() -> str:
        if not hasattr(app_stack.top, "database"):
            app_stack.top.database = "connection"
        return app_stack.top.database  # type: ignore[no-any-return]

    @app.teardown_appcontext
    def close(error: BaseException | None) -> None:
        closed.append(app_stack.top.database)

    @app.route("/")
    def index() -> str:
        request_stack.top.user = "Ada"
        assert connection() == connection()
        assert LocalProxy(lambda: request_stack.top.user) == "Ada"
        return request_stack.top.user  # type: ignore[no-any-return]

    assert app.test_client().get("/").text == "Ada"
    assert closed == ["connection"]

    with app.app_context():
        assert not hasattr(app_stack.top, "database")
        connection()


def test_push_and_pop(app: Flask, request_stack: t.Any, app_stack: t.Any) -> None:
    """They set what is current, and run nothing of the context."""
    ran: list[str] = []
    app.teardown_request(lambda error: ran.append("request"))
    app.teardown_appcontext(lambda error: ran.append("app"))
    app_context, context = app.app_context(), app.test_request_context("/here")
    app_stack.push(app_context)
    request_stack.push(context)
    assert fastflask.request.path == "/here"
    assert fastflask.current_app == app
    assert request_stack.pop() is context
    assert app_stack.pop() is app_context
    assert not fastflask.has_request_context()
    assert not fastflask.has_app_context()
    assert request_stack.pop() is app_stack.pop() is None
    assert ran == []


def test_stacks_belong_to_threads_and_tasks(app: Flask, request_stack: t.Any) -> None:
    found: list[t.Any] = []

    async def task(path: str) -> str:
        with app.test_request_context(path):
            await asyncio.sleep(0)
            return request_stack.top.request.path  # type: ignore[no-any-return]

    async def tasks() -> list[str]:
        return await asyncio.gather(task("/a"), task("/b"))

    with app.test_request_context():
        thread = threading.Thread(target=lambda: found.append(request_stack.top))
        thread.start()
        thread.join()
        assert found == [None]

    assert asyncio.run(tasks()) == ["/a", "/b"]


def test_lookups(app: Flask) -> None:
    find_app = take("_find_app")
    lookup_app = take("_lookup_app_object")
    lookup_request = take("_lookup_req_object")
    no_app, no_request = take("_app_ctx_err_msg"), take("_request_ctx_err_msg")
    assert (no_app, no_request) == (_no_app_msg, _no_req_msg)

    with app.test_request_context("/a") as context:
        assert find_app() is app
        fastflask.g.name = "value"
        assert lookup_app("g").name == "value"
        assert lookup_request("request") is context.request
        assert lookup_request("session") is context.session

    for lookup, arguments, text in (
        (find_app, (), no_app),
        (lookup_app, ("g",), no_app),
        (lookup_request, ("request",), no_request),
    ):
        with pytest.raises(RuntimeError) as caught:
            lookup(*arguments)

        assert str(caught.value) == text


def test_class_of_stacks() -> None:
    cls = take("LocalStack")
    assert cls is LocalStack
    stack = cls()
    stack.push(1)
    assert stack.top == stack.pop() == 1


def test_globals_of_a_request_context(app: Flask) -> None:
    with app.test_request_context() as context:
        with pytest.warns(DeprecationWarning, match="RequestContext.g"):
            assert context.g is fastflask.g._get_current_object()  # type: ignore[attr-defined]

        fastflask.g.a = 1
        assert context.g.a == 1
        context.g = namespace = fastflask.ctx._AppCtxGlobals()
        assert fastflask.g._get_current_object() is namespace  # type: ignore[attr-defined]
        assert context.g is namespace

    with pytest.raises(RuntimeError, match="application context"):
        context.g
