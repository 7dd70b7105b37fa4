"""The end of a request: what runs, in which order, with which error."""

from __future__ import annotations

import io

import pytest
from failing import Broken, fail, get, make_app, nested_app, raiser, registered, serve
from werkzeug.exceptions import Forbidden, InternalServerError
from werkzeug.test import EnvironBuilder

import fastflask
from fastflask import Flask, Response, g, request
from fastflask.globals import _cv_app, _cv_request


def record_teardown(app):
    """Collect the errors that the teardown functions of an application receive."""
    seen = []
    app.teardown_request(lambda error: seen.append(("request", error)))
    app.teardown_appcontext(lambda error: seen.append(("app", error)))
    return seen


def test_teardown_runs_once_without_an_error():  # Z-01
    app = make_app(lambda: "x")
    seen = record_teardown(app)
    statuses, _ = serve(app)
    assert statuses == ["200 OK"]
    assert seen == [("request", None), ("app", None)]


@pytest.mark.parametrize("close", [True, False])
def test_teardown_does_not_wait_for_the_client(close):  # Z-01
    app = make_app(lambda: iter(["a", "b"]))
    seen = record_teardown(app)
    _, body = serve(app)
    if close:
        body.close()
    assert seen == [("request", None), ("app", None)]


@pytest.mark.parametrize("handler", [None, 500, InternalServerError])
def test_teardown_receives_an_unhandled_error(handler):  # Z-01, Z-03
    error = Broken()
    app = make_app(raiser(error))
    if handler:
        app.register_error_handler(handler, lambda error: "page")
    seen = record_teardown(app)
    serve(app)
    assert seen == [("request", error), ("app", error)]


@pytest.mark.parametrize(
    ("view", "handler"),
    [(fail, Broken), (fail, Exception), (raiser(Forbidden()), None), (raiser(Forbidden()), 403)],
)
def test_teardown_does_not_receive_a_handled_error(view, handler):  # Z-03
    app = make_app(view)
    if handler:
        app.register_error_handler(handler, lambda error: "page")
    seen = record_teardown(app)
    serve(app)
    assert seen == [("request", None), ("app", None)]


def test_teardown_does_not_receive_an_error_of_sending():  # Z-03
    class Unsendable(Response):
        def get_wsgi_headers(self, environ):
            fail()

    app = make_app(lambda: Unsendable("x"))
    seen = record_teardown(app)
    with pytest.raises(Broken):
        serve(app)
    assert seen == [("request", None), ("app", None)]


def test_teardown_runs_from_the_inside_out():  # Z-02
    class Upload(io.BytesIO):
        def close(self):
            if not self.closed:
                order.append(f"upload closed, request {bool(request)}")
            super().close()

    class Request(Flask.request_class):
        def _get_file_stream(self, *args, **kwargs):
            return Upload()

    def view():
        return request.files["f"].filename

    def signal(name):
        def receive(sender, **kwargs):
            order.append(f"{name}, request {bool(request)}, app {bool(fastflask.current_app)}")

        return getattr(fastflask, name).connected_to(receive, app)

    order = []
    app, outer, inner = nested_app(view)
    app.request_class = Request
    inner.add_url_rule("/post", "post", view, methods=["POST"])
    for owner, tag in ((app, "app"), (outer, "outer"), (inner, "inner")):
        for n in (1, 2):
            owner.teardown_request(lambda error, tag=f"{tag} {n}": order.append(tag))
    for n in (1, 2):
        app.teardown_appcontext(lambda error, n=n: order.append(f"context {n}, {bool(request)}"))
    registered(app, outer, inner)
    with signal("request_tearing_down"), signal("appcontext_tearing_down"):
        with signal("appcontext_popped"):
            serve(app, "/post", method="POST", data={"f": (io.BytesIO(b"x"), "name")})
    assert order == [
        *("inner 2", "inner 1", "outer 2", "outer 1", "app 2", "app 1"),
        "request_tearing_down, request True, app True",
        "upload closed, request True",
        *("context 2, False", "context 1, False"),
        "appcontext_tearing_down, request False, app True",
        "appcontext_popped, request False, app False",
    ]


def test_error_in_teardown_ends_that_of_the_request_only():  # Z-04
    calls = []
    app = make_app(lambda: "x")
    app.teardown_request(lambda error: calls.append("never"))
    app.teardown_request(fail)
    app.teardown_request(lambda error: calls.append("request"))
    app.teardown_appcontext(lambda error: calls.append("app"))
    statuses = []

    def receive(sender, exc):
        calls.append("never")

    environ = EnvironBuilder("/").get_environ()
    with fastflask.request_tearing_down.connected_to(receive, app), pytest.raises(Broken):
        app(environ, lambda status, headers, exc_info=None: statuses.append(status))
    assert calls == ["request", "app"]
    assert statuses == ["200 OK"]
    assert _cv_app.get(None) is _cv_request.get(None) is None
    assert environ["werkzeug.request"] is None


def test_error_that_is_to_be_ignored_is_kept_from_teardown():  # Z-05
    class Ignoring(Flask):
        def should_ignore_error(self, error):
            return isinstance(error, Broken)

    app = Ignoring(__name__)
    app.add_url_rule("/", "view", fail)
    seen = record_teardown(app)
    assert serve(app)[0] == ["500 INTERNAL SERVER ERROR"]
    assert seen == [("request", None), ("app", None)]


def test_contexts_are_offered_for_keeping_before_they_are_popped():  # Z-06
    def keep(context):
        kept.append((context, _cv_app.get(None), _cv_request.get(None), len(seen)))

    kept = []
    app = make_app(lambda: "x")
    seen = record_teardown(app)
    serve(app, changes={"werkzeug.debug.preserve_context": keep})
    (first, app_now, request_now, _), (second, *_) = kept
    assert (first, second) == (app_now, request_now)
    assert type(first).__name__ == "AppContext"
    assert type(second).__name__ == "RequestContext"
    assert [entry[3] for entry in kept] == [0, 0]


def test_call_leaves_the_context_as_it_was():  # Z-07, C-04
    app = make_app(lambda: str(id(g._get_current_object())))
    other = make_app(lambda: str(bool(g.get("mark"))))
    with app.app_context() as context:
        g.mark = 1
        _, body = serve(app)
        assert b"".join(body) == str(id(context.g)).encode()
        _, body = serve(other)
        assert b"".join(body) == b"False"
        assert _cv_app.get() is context
        assert _cv_request.get(None) is None


def test_call_inside_a_request_returns_to_it():  # Z-07
    inner = make_app(lambda: "inner")
    app = make_app(lambda: b"".join(serve(inner, "/")[1]) + request.path.encode())
    assert get(app).text == "inner/"
