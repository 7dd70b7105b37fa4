"""Which handler gets an error, and what becomes of HTTP errors."""

from __future__ import annotations

import pytest
from failing import Broken, fail, get, make_app, nested_app, raiser, registered, sent_exceptions
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

from fastflask import Response, abort

# Finding a handler


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
