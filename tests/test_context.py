"""Contexts: what is current, where and how long, and the order of pushes and pops."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import typing as t
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

import fastflask
from fastflask import Flask, g, request, session, signals
from fastflask._impl import app_ctx_stack, request_ctx_stack
from fastflask.globals import _cv_app, _cv_request, app_ctx, request_ctx
from fastflask.sessions import SecureCookieSessionInterface


@pytest.fixture
def app() -> Flask:
    app = Flask("contexts")
    app.secret_key = "a key"
    app.add_url_rule("/", view_func=lambda: "index", endpoint="index")
    return app


def test_push_and_pop_enter_and_leave_the_table(app: Flask) -> None:
    ident = threading.get_ident()
    with app.test_request_context() as context:
        assert request_ctx_stack.lookup(ident) == (context,)
        assert app_ctx_stack.lookup(ident) == (app_ctx._get_current_object(),)
        with app.app_context() as inner:
            assert app_ctx_stack.top is inner
            assert len(app_ctx_stack.lookup(ident)) == 2
    assert request_ctx_stack.lookup(ident) == app_ctx_stack.lookup(ident) == ()


def test_order_of_a_push(app: Flask) -> None:
    order: list[t.Any] = []

    def pushed(sender: t.Any) -> None:
        order.append(("pushed", bool(_cv_app.get(None)), bool(_cv_request.get(None))))

    class Interface(SecureCookieSessionInterface):
        def open_session(self, app: t.Any, request: t.Any) -> t.Any:
            order.append(("open", _cv_request.get().request is request, request.url_rule))
            return super().open_session(app, request)

    app.session_interface = Interface()
    with signals.appcontext_pushed.connected_to(pushed, app):
        with app.test_request_context():
            order.append(("matched", request.endpoint))
    assert order == [("pushed", True, False), ("open", True, None), ("matched", "index")]


def test_app_context_of_the_same_application_is_reused(app: Flask) -> None:
    other = Flask("other")
    with app.app_context() as outer:
        g.value = 1
        with app.test_request_context():
            assert app_ctx._get_current_object() is outer and g.value == 1
        with other.test_request_context():
            assert "value" not in g and fastflask.current_app == other
        assert fastflask.current_app == app


def test_second_push_opens_no_session_and_defers_teardown(app: Flask) -> None:
    opened: list[int] = []
    torn: list[t.Any] = []
    matched: list[int] = []
    app.teardown_request(torn.append)

    class Interface(SecureCookieSessionInterface):
        def open_session(self, app: t.Any, request: t.Any) -> t.Any:
            opened.append(1)
            return super().open_session(app, request)

    app.session_interface = Interface()
    context = app.test_request_context()
    match = type(context).match_request
    try:
        type(context).match_request = (  # type: ignore[method-assign]
            lambda self: matched.append(1) or match(self)  # type: ignore[func-returns-value]
        )
        context.push()
        first = context.session
        context.push()
        assert context.session is first
        assert (opened, matched) == ([1], [1, 1])
        assert len(context._cv_tokens) == 2
        context.pop()
        assert torn == [] and request.path == "/"
        context.pop()
        assert torn == [None]
    finally:
        type(context).match_request = match  # type: ignore[method-assign]


@pytest.mark.parametrize("kind", ["app", "request"])
def test_pop_out_of_order(app: Flask, kind: str) -> None:
    def run() -> None:
        if kind == "app":
            first, second = app.app_context(), app.app_context()
            text = "wrong app context"
        else:
            first, second = app.test_request_context(), app.test_request_context("/x")
            text = "wrong request context"
        first.push()
        second.push()
        with pytest.raises(AssertionError, match=text):
            first.pop()
        # The variables are those of before the push of what was popped.
        assert _cv_request.get(None) is None
        with pytest.raises(LookupError):
            second.pop()

    contextvars.copy_context().run(run)
    assert request_ctx_stack.entries() == app_ctx_stack.entries() == []


@pytest.mark.parametrize("kind", ["app", "request"])
def test_pop_without_push(app: Flask, kind: str) -> None:
    context = app.app_context() if kind == "app" else app.test_request_context()
    with pytest.raises(LookupError):
        context.pop()


@pytest.mark.parametrize("kind", ["app", "request"])
def test_pop_in_another_context_than_the_push(app: Flask, kind: str) -> None:
    def run() -> None:
        context = app.app_context() if kind == "app" else app.test_request_context()
        context.push()
        with pytest.raises(ValueError, match="different Context"):
            contextvars.copy_context().run(context.pop)
        assert (_cv_request if kind == "request" else _cv_app).get() is context
        # What was pushed along with the request is still to be popped.
        app_ctx_stack.pop()

    contextvars.copy_context().run(run)


def test_tasks_see_the_request_and_do_not_leak_theirs(app: Flask) -> None:
    other = Flask("other")

    async def child() -> tuple[str, str]:
        seen = request.path
        with other.test_request_context("/child"):
            await asyncio.sleep(0)
            inner = request.path
        return seen, inner

    async def main() -> list[t.Any]:
        tasks = [asyncio.create_task(child()) for _ in range(3)]
        results = await asyncio.gather(*tasks)
        return [*results, request.path]

    with app.test_request_context("/parent"):
        assert asyncio.run(main()) == [("/parent", "/child")] * 3 + ["/parent"]


def test_copied_context_sees_the_request(app: Flask) -> None:
    with app.test_request_context("/copied"):
        copied = contextvars.copy_context()
        assert copied.run(lambda: request.path) == "/copied"
    assert not request
    assert copied.run(lambda: request.path) == "/copied"


def test_thread_sees_no_context_unless_it_is_copied(app: Flask) -> None:
    def look() -> t.Any:
        try:
            return request.path
        except RuntimeError as error:
            return str(error).splitlines()[0]

    with app.test_request_context("/here"), ThreadPoolExecutor(1) as pool:
        assert pool.submit(look).result() == "Working outside of request context."
        run = contextvars.copy_context().run
        assert pool.submit(run, look).result() == "/here"


@pytest.mark.greenlets
def test_greenlets_have_contexts_of_their_own(app: Flask) -> None:
    greenlet = pytest.importorskip("greenlet")
    order: list[t.Any] = []

    def work(path: str) -> None:
        with app.test_request_context(path):
            order.append(request.path)
            main.switch()
            order.append(request.path)

    main = greenlet.getcurrent()
    workers = [greenlet.greenlet(work) for _ in range(2)]
    workers[0].switch("/0")
    workers[1].switch("/1")
    assert not request
    workers[0].switch()
    workers[1].switch()
    assert order == ["/0", "/1", "/0", "/1"]
    assert request_ctx_stack.lookup(threading.get_ident()) == ()


def test_copy_of_a_request_context_shares_request_and_session(app: Flask) -> None:
    with app.test_request_context() as context:
        copied = context.copy()
        assert type(copied) is type(context)
        assert copied.request is context.request
        assert copied.session is context.session
        with copied:
            session["n"] = 1
            assert request_ctx._get_current_object() is copied
    assert context.session["n"] == 1


def test_session_before_the_push(app: Flask) -> None:
    context = app.test_request_context()
    with pytest.raises(AssertionError, match="not yet been opened"):
        context.session


def test_session_counts_as_accessed_only_when_looked_at(app: Flask) -> None:
    with app.test_request_context() as context:
        assert context._session.accessed is False
        assert "x" not in session
        assert context._session.accessed is True


@pytest.mark.parametrize("raised", [None, ValueError("planned")])
def test_teardown_gets_the_error(app: Flask, raised: Exception | None) -> None:
    seen: list[t.Any] = []
    app.teardown_request(lambda error: seen.append(error))
    app.teardown_appcontext(lambda error: seen.append(error))
    try:
        with app.test_request_context():
            if raised is not None:
                raise raised
    except ValueError:
        pass
    assert seen == [raised, raised]


def test_pop_uses_the_error_being_handled_by_default(app: Flask) -> None:
    seen: list[t.Any] = []
    app.teardown_request(seen.append)
    context = app.test_request_context()
    context.push()
    error = ValueError("handled")
    try:
        raise error
    except ValueError:
        context.pop()
    assert seen == [error]


def test_failing_teardown_leaves_no_context(app: Flask) -> None:
    order: list[t.Any] = []

    def fail(error: t.Any) -> None:
        raise KeyError("of the teardown")

    app.teardown_request(lambda error: order.append("never"))
    app.teardown_request(fail)
    app.teardown_appcontext(lambda error: order.append(error))
    with pytest.raises(KeyError):
        with app.test_request_context():
            pass
    assert order == [None]
    assert _cv_request.get(None) is None and _cv_app.get(None) is None


def test_attributes_of_contexts(app: Flask) -> None:
    with app.test_request_context("/?a=b") as context:
        context.own = 1  # type: ignore[attr-defined]
        assert vars(context)["own"] == 1
        assert weakref.ref(context)() is context
        assert repr(context) == "<RequestContext 'http://localhost/?a=b' [GET] of contexts>"
        assert context.app is app and context.flashes is None
        assert context._after_request_functions == []
        assert context.url_adapter is not None
        inner = app_ctx._get_current_object()
        inner.own = 2  # type: ignore[attr-defined]
        assert inner.app is app and inner.g is g._get_current_object()
        inner.g = g.__class__()
        assert list(g) == []
        assert inner.url_adapter is None


def test_environ_refers_to_the_request_until_the_end(app: Flask) -> None:
    context = app.test_request_context()
    environ = context.request.environ
    with context:
        assert environ["werkzeug.request"] is context.request
    assert environ["werkzeug.request"] is None


def test_adapter_made_late_is_bound_to_the_beginning(app: Flask) -> None:
    with app.test_request_context("/", base_url="http://Example.com:8080/root") as context:
        environ = context.request.environ
        environ.update(HTTP_HOST="evil.example", SCRIPT_NAME="/other", REQUEST_METHOD="PUT")
        environ["wsgi.url_scheme"] = "https"
        assert fastflask.url_for("index", _external=True) == "http://example.com:8080/root/"
        assert context.url_adapter is not None
        assert context.url_adapter.default_method == "GET"


def test_adapter_can_be_replaced(app: Flask) -> None:
    with app.test_request_context() as context:
        context.url_adapter = app.url_map.bind("other.example")
        assert fastflask.url_for("index", _external=True) == "http://other.example/"
