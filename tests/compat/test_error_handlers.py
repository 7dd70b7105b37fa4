"""Registering error handlers, and which of several is chosen."""

from __future__ import annotations

import typing as t
from http import HTTPStatus

import pytest
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    HTTPException,
    ImATeapot,
    InternalServerError,
    NotFound,
)

from fastflask import Blueprint, Flask, abort

# Registration


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (404, (NotFound, 404)),
        (HTTPStatus.FORBIDDEN, (Forbidden, 403)),
        (NotFound, (NotFound, 404)),
        (HTTPException, (HTTPException, None)),
        (Exception, (Exception, None)),
        (KeyError, (KeyError, None)),
    ],
)
def test_class_and_code_of_a_handler(given: t.Any, expected: tuple[type, int | None]) -> None:
    assert Flask._get_exc_class_and_code(given) == expected


TAKE = "Handlers can only be registered for Exception classes or HTTP error codes."


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        (
            999,
            ValueError,
            "'999' is not a recognized HTTP error code. Use a subclass of HTTPException with that"
            " code instead.",
        ),
        (KeyError("k"), TypeError, f"KeyError('k') is an instance, not a class. {TAKE}"),
        (
            KeyboardInterrupt,
            ValueError,
            f"'KeyboardInterrupt' is not a subclass of Exception. {TAKE}",
        ),
        (dict, ValueError, f"'dict' is not a subclass of Exception. {TAKE}"),
        ("404", TypeError, "issubclass() arg 1 must be a class"),
    ],
)
def test_bad_registration(app: Flask, given: t.Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        app.register_error_handler(given, lambda e: "")
    assert str(caught.value) == text
    with pytest.raises(error):
        app.errorhandler(given)(lambda e: "")


def test_handlers_are_stored_by_scope_code_and_class(app: Flask) -> None:
    @app.errorhandler(404)
    def by_code(error: Exception) -> str:
        return ""

    @app.errorhandler(KeyError)
    def by_class(error: Exception) -> str:
        return ""

    assert app.error_handler_spec[None][404] == {NotFound: by_code}
    assert app.error_handler_spec[None][None] == {KeyError: by_class}
    app.register_error_handler(NotFound, by_class)
    assert app.error_handler_spec[None][404] == {NotFound: by_class}


# Choice


class Base(Exception): ...


class Derived(Base): ...


class OwnTeapot(ImATeapot): ...


class NoCode(HTTPException):
    code = None


def spec(app: Flask, *entries: tuple[str | None, int | None, type[Exception]]) -> None:
    """Enter handlers that are told apart by their entry."""
    for scope, code, cls in entries:
        app.error_handler_spec[scope][code][cls] = (scope, code, cls)  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("entries", "error", "chosen"),
    [
        # A code comes before a class alone, wherever it is registered.
        ([("in", None, NotFound), (None, 404, NotFound)], NotFound(), 1),
        ([("in", None, HTTPException), (None, 404, NotFound)], NotFound(), 1),
        # Within the same code: inner blueprint, outer blueprint, application.
        ([(None, 404, NotFound), ("out", 404, NotFound)], NotFound(), 1),
        ([("out", 404, NotFound), ("in", 404, NotFound)], NotFound(), 1),
        # Within a scope, the nearest class.
        ([(None, None, Exception), (None, None, Base), (None, None, Derived)], Derived(), 2),
        ([(None, None, Exception), (None, None, Base)], Derived(), 1),
        # A nearer scope wins over a nearer class.
        ([(None, None, Derived), ("in", None, Exception)], Derived(), 1),
        ([(None, 418, ImATeapot), (None, 418, OwnTeapot)], OwnTeapot(), 1),
        ([(None, 418, ImATeapot)], OwnTeapot(), 0),
        # HTTP errors are exceptions like others, where nothing closer is registered.
        ([(None, None, Exception), (None, None, HTTPException)], BadRequest(), 1),
        ([(None, None, Exception)], BadRequest(), 0),
        ([(None, 404, NotFound)], NoCode(), None),
        ([(None, None, HTTPException)], NoCode(), 0),
        # Other blueprints do not matter.
        ([("other", 404, NotFound)], NotFound(), None),
        ([], NotFound(), None),
    ],
)
def test_which_handler_is_chosen(
    app: Flask,
    entries: list[tuple[str | None, int | None, type[Exception]]],
    error: Exception,
    chosen: int | None,
) -> None:
    spec(app, *entries)
    expected = None if chosen is None else entries[chosen]
    assert app._find_error_handler(error, ["in", "out"]) == expected


def test_choice_leaves_no_trace_in_the_registry(app: Flask) -> None:
    app._find_error_handler(NotFound(), ["a.b", "a"])
    assert not set(app.error_handler_spec) - {None}


def test_choice_reads_plain_dicts_put_there_by_extensions(app: Flask) -> None:
    app.error_handler_spec = {None: {None: {KeyError: len}}}  # type: ignore[dict-item]
    assert app._find_error_handler(KeyError(), []) is len
    assert app._find_error_handler(NotFound(), ["x"]) is None
    del app.error_handler_spec[None][None][KeyError]
    assert app._find_error_handler(KeyError(), []) is None


def test_choice_for_errors_that_nobody_may_handle(app: Flask) -> None:
    with pytest.raises(ValueError, match="'SystemExit' is not a subclass of Exception"):
        app._find_error_handler(SystemExit(), [])  # type: ignore[arg-type]


# Through a request


@pytest.fixture
def quiet_app(app: Flask) -> Flask:
    app.testing = False
    return app


def raising(error: BaseException) -> t.Callable[[], str]:
    def view() -> str:
        raise error

    return view


def test_handlers_added_and_removed_while_serving(quiet_app: Flask) -> None:
    client = quiet_app.test_client()
    assert client.get("/none").status_code == 404
    quiet_app.error_handler_spec[None][404][NotFound] = lambda e: ("mine", 404)
    assert client.get("/none").text == "mine"
    quiet_app.error_handler_spec.clear()
    assert client.get("/none").text != "mine"


def test_handler_for_500_sees_the_original(quiet_app: Flask) -> None:
    seen = []
    original = KeyError("k")

    @quiet_app.errorhandler(500)
    def failed(error: InternalServerError) -> tuple[str, int]:
        seen.append(error)
        return "failed", 500

    quiet_app.add_url_rule("/", "x", raising(original))
    response = quiet_app.test_client().get("/")
    assert (response.status_code, response.text) == (500, "failed")
    assert isinstance(seen[0], InternalServerError)
    assert seen[0].original_exception is original


def test_handler_for_exception_sees_http_errors_and_others(quiet_app: Flask) -> None:
    quiet_app.register_error_handler(Exception, lambda e: (type(e).__name__, 400))
    quiet_app.add_url_rule("/other", "other", raising(LookupError()))
    client = quiet_app.test_client()
    assert client.get("/none").text == "NotFound"
    assert client.get("/other").text == "LookupError"


def test_blueprint_handler_serves_its_own_views_only(quiet_app: Flask) -> None:
    outer = Blueprint("outer", "outer", root_path="/", url_prefix="/outer")
    inner = Blueprint("inner", "inner", root_path="/", url_prefix="/inner")
    outer.register_error_handler(403, lambda e: ("outer", 403))
    inner.register_error_handler(403, lambda e: ("inner", 403))
    outer.register_error_handler(409, lambda e: ("outer", 409))
    for blueprint in (outer, inner):
        blueprint.add_url_rule("/<int:code>", "fail", abort)
    outer.register_blueprint(inner)
    quiet_app.register_blueprint(outer)
    quiet_app.add_url_rule("/<int:code>", "fail", abort)
    quiet_app.register_error_handler(403, lambda e: ("app", 403))

    client = quiet_app.test_client()
    assert client.get("/403").text == "app"
    assert client.get("/outer/403").text == "outer"
    assert client.get("/outer/inner/403").text == "inner"
    assert client.get("/outer/inner/409").text == "outer"


def test_app_errorhandler_of_a_blueprint_serves_everyone(quiet_app: Flask) -> None:
    blueprint = Blueprint("errors", "errors", root_path="/")
    blueprint.app_errorhandler(404)(lambda e: ("from the blueprint", 404))
    quiet_app.register_blueprint(blueprint)
    assert quiet_app.test_client().get("/none").text == "from the blueprint"


def test_app_errorhandler_with_bad_class_fails_at_registration(app: Flask) -> None:
    blueprint = Blueprint("errors", "errors", root_path="/")
    blueprint.app_errorhandler(999)(lambda e: "")
    with pytest.raises(ValueError, match="'999' is not a recognized HTTP error code"):
        app.register_blueprint(blueprint)


def test_exception_that_makes_its_response_by_itself(quiet_app: Flask) -> None:
    class SeeOther(HTTPException):
        code = 303

        def __init__(self, url: str) -> None:
            # Without the constructor of its base, so without the attributes that it sets.
            self.url = url

        def get_response(self, environ: t.Any = None, scope: t.Any = None) -> t.Any:
            return quiet_app.redirect(self.url, 303)

    def view() -> str:
        raise SeeOther("/there")

    quiet_app.add_url_rule("/", "view", view)
    response = quiet_app.test_client().get("/")
    assert (response.status_code, response.location) == (303, "/there")


def test_names_that_flasks_module_has_by_its_imports() -> None:
    from werkzeug.routing import Rule

    from fastflask import app, signals
    from fastflask.sansio import app as sansio_app
    from fastflask.sansio.scaffold import Scaffold

    assert app.Rule is Rule and app.HTTPException is HTTPException
    assert app.request_started is signals.request_started
    assert sansio_app.Scaffold is Scaffold
