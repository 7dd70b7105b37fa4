"""Errors that nobody handles: logged, sent, answered with a 500 or let through."""

from __future__ import annotations

import sys

import pytest
from failing import Broken, fail, get, make_app, raiser, sent_exceptions, serve
from werkzeug.exceptions import NotFound

import fastflask
from fastflask import Flask, abort
from fastflask.globals import _cv_app, _cv_request


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
