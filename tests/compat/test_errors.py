"""Errors, teardown, and what runs as a coroutine."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import io
import logging
import sys

import pytest
from werkzeug.exceptions import (
    BadRequest,
    BadRequestKeyError,
    Conflict,
    Forbidden,
    HTTPException,
    InternalServerError,
    NotFound,
)
from werkzeug.routing import RequestRedirect
from werkzeug.test import EnvironBuilder

import fastflask
from fastflask import Blueprint, Flask, Response, abort, g, request
from fastflask.globals import _cv_app, _cv_request


class Broken(Exception):
    """An error that nothing of the framework raises."""


def fail(*args, **kwargs):
    raise Broken("the reason")


def make_app(view=fail, **config):
    app = Flask(__name__, static_folder=None)
    app.config.update(config)
    app.add_url_rule("/", "view", view, methods=["GET", "POST"])
    return app


def get(app, path="/", **options):
    return app.test_client().get(path, **options)


def serve(app, path="/", changes=(), **options):
    """Make a raw WSGI call; return the statuses that were started, and the iterable."""
    environ = EnvironBuilder(path, **options).get_environ()
    environ.update(changes)
    statuses = []
    body = app(environ, lambda status, headers, exc_info=None: statuses.append(status))
    return statuses, body


def raiser(error):
    """A view, or an error handler, that raises."""

    def view(*_, **__):
        raise error

    return view


@pytest.fixture
def records():
    """What the applications of this file log as errors."""

    class Collector(logging.Handler):
        def emit(self, record):
            collected.append(record)

    collected = []
    handler = Collector(logging.ERROR)
    logger = logging.getLogger(__name__)
    logger.addHandler(handler)
    yield collected
    logger.removeHandler(handler)


def sent_exceptions(app):
    """A receiver to connect to got_request_exception, and what it collects."""
    seen = []

    def receive(sender, exception):
        seen.append(exception)

    return fastflask.got_request_exception.connected_to(receive, app), seen


# Finding a handler


def nested_app(view):
    """An application with one blueprint in another; all views are the same."""
    app = make_app(view)
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    outer.add_url_rule("/outer", "view", view)
    inner.add_url_rule("/inner", "view", view)
    return app, outer, inner


def registered(app, outer, inner):
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    return app


def test_handler_of_the_code_wins_over_generic_ones_of_inner_blueprints():
    app, outer, inner = nested_app(lambda: abort(409))
    inner.register_error_handler(HTTPException, lambda error: "inner generic")
    app.register_error_handler(409, lambda error: "app code")
    registered(app, outer, inner)
    assert get(app, "/inner").text == "app code"


def test_inner_handler_wins_over_outer_ones():
    app, outer, inner = nested_app(fail)
    for owner, tag in ((app, "app"), (outer, "outer"), (inner, "inner")):
        owner.register_error_handler(Broken, lambda error, tag=tag: tag)
    registered(app, outer, inner)
    assert [get(app, path).text for path in ("/", "/outer", "/inner")] == ["app", "outer", "inner"]


def test_inner_handler_of_a_base_class_wins_over_outer_exact_ones():
    app, outer, inner = nested_app(fail)
    app.register_error_handler(Broken, lambda error: "app exact")
    inner.register_error_handler(Exception, lambda error: "inner base")
    registered(app, outer, inner)
    assert get(app, "/inner").text == "inner base"
    assert get(app, "/outer").text == "app exact"


def test_handler_of_the_nearest_class_is_taken():
    class Special(Broken):
        pass

    class MoreSpecial(Special):
        pass

    app = make_app(raiser(MoreSpecial()))
    app.register_error_handler(Exception, lambda error: "exception")
    app.register_error_handler(Broken, lambda error: "broken")
    app.register_error_handler(Special, lambda error: "special")
    assert get(app).text == "special"


def test_handler_by_code_receives_subclasses_of_the_http_error():
    class Taken(Conflict):
        description = "taken"

    app = make_app(raiser(Taken()))
    app.register_error_handler(409, lambda error: (error.description, 409))
    assert get(app).text == "taken"


def test_app_wide_handler_of_a_blueprint_is_one_of_the_application():
    app, outer, inner = nested_app(fail)
    inner.app_errorhandler(Broken)(lambda error: "wide")
    assert get(registered(app, outer, inner)).text == "wide"


def test_handler_for_exception_also_catches_http_errors():
    app = make_app(lambda: abort(403))
    app.register_error_handler(Exception, lambda error: (type(error).__name__, 200))
    assert get(app).text == "Forbidden"
    assert get(app, "/missing").text == "NotFound"


@pytest.mark.parametrize("key", [500, InternalServerError, HTTPException])
def test_handler_for_500_receives_the_wrapped_error(key):
    error = Broken("the reason")
    app = make_app(raiser(error))
    received = []

    @app.errorhandler(key)
    def handle(error):
        received.append(error)
        return "handled", 500

    assert get(app).text == "handled"
    assert type(received[0]) is InternalServerError
    assert received[0].original_exception is error


def test_handler_for_exception_receives_the_error_itself():
    error = Broken()
    app = make_app(raiser(error))
    received = []
    app.register_error_handler(500, lambda error: "not this one")
    app.register_error_handler(Exception, lambda error: received.append(error) or "handled")
    assert get(app).text == "handled"
    assert received == [error]


def test_aborted_500_has_no_original_error():
    app = make_app(lambda: abort(500))
    app.register_error_handler(500, lambda error: repr(error.original_exception))
    assert get(app).text == "None"


# HTTP errors


def test_http_error_becomes_its_own_response(records):
    app = make_app(raiser(Forbidden("not you")))
    connected, seen = sent_exceptions(app)
    with connected:
        response = get(app)
    assert response.status == "403 FORBIDDEN"
    assert "<p>not you</p>" in response.text
    assert (seen, records) == ([], [])


def test_http_error_that_is_returned_is_a_response():
    assert get(make_app(lambda: NotFound("gone"))).status_code == 404


def test_error_with_a_response_but_no_code_passes_untouched():
    app = make_app(raiser(HTTPException(response=Response("own", 299))))
    app.register_error_handler(HTTPException, lambda error: "handled")
    response = get(app)
    assert (response.status_code, response.text) == (299, "own")


def test_routing_redirect_passes_untouched():  # X-03, F-02
    app = make_app()
    app.add_url_rule("/branch/", "branch", lambda: "x")
    app.register_error_handler(HTTPException, lambda error: "handled")
    app.register_error_handler(RequestRedirect, lambda error: "handled")
    assert get(app, "/branch").location == "http://localhost/branch/"


def test_routing_failure_runs_the_hooks_of_the_application_only():  # F-04
    app, outer, inner = nested_app(lambda: "x")
    calls = []
    for owner, tag in ((app, "app"), (outer, "outer")):
        owner.before_request(lambda tag=tag: calls.append(f"before {tag}"))
        owner.after_request(lambda rv, tag=tag: calls.append(f"after {tag}") or rv)
        owner.teardown_request(lambda error, tag=tag: calls.append(f"teardown {tag} {error}"))
    outer.register_error_handler(405, lambda error: "blueprint")
    response = registered(app, outer, inner).test_client().put("/outer")
    assert response.status_code == 405
    assert calls == ["before app", "after app", "teardown app None"]


def test_trapped_http_error_goes_to_the_general_handlers():
    app = make_app(lambda: abort(404), TRAP_HTTP_EXCEPTIONS=True)
    connected, seen = sent_exceptions(app)
    with connected:
        assert get(app).status_code == 500
    assert type(seen[0]) is NotFound
    app = make_app(lambda: abort(404), TRAP_HTTP_EXCEPTIONS=True)
    app.register_error_handler(NotFound, lambda error: "handled")
    assert get(app).text == "handled"


@pytest.mark.parametrize(
    ("config", "trapped"),
    [
        ({}, ()),
        ({"DEBUG": True}, (BadRequestKeyError,)),
        ({"DEBUG": True, "TRAP_BAD_REQUEST_ERRORS": False}, ()),
        ({"TRAP_BAD_REQUEST_ERRORS": True}, (BadRequestKeyError, BadRequest)),
    ],
)
@pytest.mark.parametrize("error", [BadRequestKeyError("key"), BadRequest()])
def test_bad_request_is_trapped_as_configured(config, trapped, error):
    app = make_app(raiser(error), PROPAGATE_EXCEPTIONS=True, **config)
    if type(error) in trapped:
        with pytest.raises(BadRequest) as caught:
            get(app)
        assert caught.value is error
    else:
        assert get(app).status_code == 400


def test_abort_with_a_response_answers_with_it():
    app = make_app(lambda: abort(Response("own", 299, {"X-A": "1"})))
    response = get(app)
    assert (response.status_code, response.text, response.headers["X-A"]) == (299, "own", "1")


def test_abort_uses_the_aborter_of_the_application():
    class Teapot(HTTPException):
        code = 418
        description = "own"

    app = make_app(lambda: abort(799))
    app.aborter.mapping[799] = Teapot
    assert get(app).status_code == 418


def test_abort_with_an_unknown_code():
    with pytest.raises(LookupError, match="no exception for 799"):
        get(make_app(lambda: abort(799), TESTING=True))


def test_error_pages_escape_what_they_show():
    app = make_app(lambda: abort(400, "<script>&"))
    assert "&lt;script&gt;&amp;" in get(app).text
    assert "<script>" not in get(app).text
    assert "script" not in get(app, "/<script>").text


def test_error_page_does_not_tell_the_reason():
    response = get(make_app())
    assert response.status == "500 INTERNAL SERVER ERROR"
    assert "reason" not in response.text
    assert "Broken" not in response.text


# Unhandled errors


def test_unhandled_error_is_sent_logged_once_and_answered(records):
    app = make_app()
    order = []

    def receive(sender, exception):
        order.append((type(exception), len(records)))

    with fastflask.got_request_exception.connected_to(receive, app):
        assert get(app, "/?q").status_code == 500
    (record,) = records
    assert order == [(Broken, 0)]
    assert record.getMessage() == "Exception on / [GET]"
    assert record.exc_info[0] is Broken
    frames = []
    traceback = record.exc_info[2]
    while traceback:
        frames.append(traceback.tb_frame.f_code.co_name)
        traceback = traceback.tb_next
    assert frames[-1] == "fail"


@pytest.mark.parametrize(
    ("config", "propagated"),
    [
        ({}, False),
        ({"TESTING": True}, True),
        ({"DEBUG": True}, True),
        ({"TESTING": True, "PROPAGATE_EXCEPTIONS": False}, False),
        ({"PROPAGATE_EXCEPTIONS": True}, True),
    ],
)
def test_unhandled_error_propagates_as_configured(config, propagated, records):
    app = make_app(**config)
    connected, seen = sent_exceptions(app)
    with connected:
        if propagated:
            with pytest.raises(Broken):
                get(app)
        else:
            assert get(app).status_code == 500
    assert len(seen) == 1
    assert len(records) == (0 if propagated else 1)


def test_error_page_passes_the_after_functions_and_the_session():
    def view():
        fastflask.session["a"] = 1
        fail()

    app = make_app(view, SECRET_KEY="k")
    app.after_request(lambda response: response.headers.add("X-After", "1") or response)
    response = get(app)
    assert (response.status_code, response.headers["X-After"]) == (500, "1")
    assert "session=" in response.headers["Set-Cookie"]


def test_error_while_finishing_the_error_page_is_logged(records):
    def after(response):
        raise LookupError("after")

    app = make_app()
    app.after_request(after)
    assert get(app).status_code == 500
    assert [record.exc_info[0] for record in records] == [Broken, LookupError]
    assert records[1].getMessage() == (
        "Request finalizing failed with an error while handling an error"
    )


def test_error_in_an_after_function_runs_them_again_for_the_500():
    calls = []
    app = make_app(lambda: "fine")

    @app.after_request
    def last(response):
        calls.append(("last", response.status_code))
        return response

    @app.after_request
    def first(response):
        calls.append(("first", response.status_code))
        if response.status_code == 200:
            fail()
        return response

    assert get(app).status_code == 500
    assert calls == [("first", 200), ("first", 500), ("last", 500)]


def test_error_in_saving_the_session_is_a_500():
    class Sessions(Flask.session_interface.__class__):
        def save_session(self, app, session, response):
            if response.status_code == 200:
                fail()

    app = make_app(lambda: "fine", SECRET_KEY="k")
    app.session_interface = Sessions()
    assert get(app).status_code == 500


def test_error_in_a_finished_receiver_is_a_500():
    def receive(sender, response):
        codes.append(response.status_code)
        if response.status_code == 200:
            fail()

    codes = []
    app = make_app(lambda: "fine")
    with fastflask.request_finished.connected_to(receive, app):
        assert get(app).status_code == 500
    assert codes == [200, 500]


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_exit_is_not_converted(error, records):
    app = make_app(raiser(error))
    seen = []
    app.register_error_handler(Exception, lambda error: "handled")
    app.teardown_request(seen.append)
    app.teardown_appcontext(seen.append)
    with pytest.raises(type(error)) as caught:
        serve(app)
    assert caught.value is error
    assert seen == [error, error]
    assert records == []
    assert _cv_app.get(None) is _cv_request.get(None) is None


def test_error_in_a_handler_is_unhandled_and_chained(records):
    def handle(error):
        raise LookupError("in the handler")

    app = make_app()
    app.register_error_handler(Broken, handle)
    app.register_error_handler(LookupError, lambda error: "never asked")
    connected, seen = sent_exceptions(app)
    with connected:
        assert get(app).status_code == 500
    assert type(seen[0]) is LookupError
    assert type(seen[0].__context__) is Broken
    assert records[0].exc_info[0] is LookupError


def test_http_error_in_a_handler_is_unhandled():
    app = make_app()
    app.register_error_handler(Broken, lambda error: abort(404))
    connected, seen = sent_exceptions(app)
    with connected:
        assert get(app).status_code == 500
    assert type(seen[0]) is NotFound


def test_error_in_the_handler_for_500_reaches_the_server():
    app = make_app()
    app.register_error_handler(500, raiser(LookupError("again")))
    with pytest.raises(LookupError, match="again") as caught:
        serve(app)
    assert type(caught.value.__context__) is Broken


def test_current_exception_is_visible_in_handlers_and_not_in_teardown():
    app = make_app()
    seen = []
    app.register_error_handler(Broken, lambda error: seen.append(sys.exc_info()[1] is error) or "x")
    app.after_request(lambda response: seen.append(sys.exc_info()[0]) or response)
    app.teardown_request(lambda error: seen.append(sys.exc_info()[0]))
    get(app)
    assert seen == [True, None, None]


def test_current_exception_is_visible_while_a_500_is_made():
    app = make_app()
    seen = []
    app.register_error_handler(500, lambda error: seen.append(sys.exc_info()[0]) or "x")
    app.after_request(lambda response: seen.append(sys.exc_info()[0]) or response)
    app.teardown_request(lambda error: seen.append((type(error), sys.exc_info()[0])))
    get(app)
    assert seen == [Broken, Broken, (Broken, None)]


def test_error_while_pushing_is_a_500_and_torn_down():  # C-12, R-05
    class Sessions(Flask.session_interface.__class__):
        def open_session(self, app, request):
            fail()

    app = make_app(lambda: "x")
    app.session_interface = Sessions()
    seen = []
    app.teardown_request(seen.append)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    with pytest.raises(Broken):
        serve(app)
    assert [type(error) for error in seen] == [Broken]
    assert _cv_app.get(None) is _cv_request.get(None) is None


# Teardown


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


# Coroutines


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
