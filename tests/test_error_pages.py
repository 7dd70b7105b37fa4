"""The response that stands for an HTTP exception: that which Werkzeug makes by way of WSGI."""

from __future__ import annotations

import typing as t

import pytest
from werkzeug import exceptions
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, default_exceptions
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.test import EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Response as BaseResponse
from wrapper_classes import make_classes


@pytest.fixture
def make(impl: t.Any) -> t.Callable[..., t.Any]:
    cls = make_classes(impl).response

    def make(error: HTTPException, **environ: t.Any) -> tuple[t.Any, ...] | None:
        """Return what the engine makes of an error, after a look at what Werkzeug makes of it."""
        built = EnvironBuilder(**environ).get_environ()
        found = impl.make_error_page(cls, error, built)
        if found is None:
            return None
        assert type(found) is cls
        answer, expected = describe(found), describe(BaseResponse(*run_wsgi_app(error, built)))
        assert answer == expected
        return answer

    return make


def describe(response: t.Any) -> tuple[t.Any, ...]:
    return (
        response.status,
        response.status_code,
        list(response.headers),
        response.is_sequence,
        response.is_streamed,
        b"".join(response.iter_encoded()),
    )


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("cls", sorted(set(default_exceptions.values()), key=lambda c: c.code))
def test_page_of_each_class(make: t.Any, cls: t.Any, method: str) -> None:
    # Twice, as the second page may be the first one kept.
    pages = [make(cls(), method=method) for _ in range(2)]
    assert pages[0] == pages[1]
    assert (
        make(cls(description="Not <b>so</b>.\nBut so."), method=method) != pages[0]
        or method == "HEAD"
    )
    assert make(cls(), method=method) == pages[0]


@pytest.mark.parametrize("methods", [None, [], ["GET"], ["GET", "HEAD", "OPTIONS"], ("PUT",)])
def test_page_tells_methods(make: t.Any, methods: t.Any) -> None:
    for _ in range(2):
        page = make(MethodNotAllowed(methods))
        names = [name for name, _ in page[2]]
        assert ("Allow" in names) is bool(methods)


def test_page_with_bad_methods_is_left_to_werkzeug(make: t.Any) -> None:
    make(MethodNotAllowed(["GET"]))
    for methods in (["GET\n"], [1]):
        error = MethodNotAllowed(methods)  # type: ignore[arg-type]
        with pytest.raises((ValueError, TypeError)):
            assert make(error) is None
            run_wsgi_app(error, EnvironBuilder().get_environ())


def test_page_of_error_with_attributes_of_its_own(make: t.Any) -> None:
    plain = make(NotFound())

    def changed(**attributes: t.Any) -> t.Any:
        error = NotFound()
        vars(error).update(attributes)
        return make(error)

    assert changed(note="nothing to see") == plain
    assert changed(description="other")[5] != plain[5]
    assert changed(get_body=lambda *_: "own")[5] == b"own"
    assert changed(get_description=lambda *_: "own")[5] != plain[5]
    assert ("X-Own", "1") in changed(
        get_headers=lambda *_: [("Content-Type", "text/plain"), ("X-Own", "1")]
    )[2]
    assert changed(code=410)[1] == 410
    assert changed(response=BaseResponse("own")) is None
    assert changed(get_response=lambda *_: BaseResponse("own")) is None
    assert changed(code=304) is None
    assert changed(code=999) is None
    assert changed() == plain


def test_page_of_class_that_was_changed(make: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = make(NotFound())
    for cls in (NotFound, HTTPException):
        for name, value in (
            ("description", "other"),
            ("get_body", lambda *_: "own"),
            ("get_description", lambda *_: "own"),
            ("name", "other"),
            ("get_headers", lambda *_: [("Content-Type", "text/plain"), ("X-Own", "1")]),
        ):
            with monkeypatch.context() as patch:
                patch.setattr(cls, name, value)
                changed = make(NotFound())
                assert (changed == plain) is (cls is HTTPException and name == "description")
            assert make(NotFound()) == plain
    with monkeypatch.context() as patch:
        patch.setattr(NotFound, "get_response", lambda *_: BaseResponse("own"))
        assert make(NotFound()) is None
    with monkeypatch.context() as patch:
        patch.setitem(HTTP_STATUS_CODES, 404, "Gone Fishing")
        assert make(NotFound())[0] == "404 GONE FISHING"
    assert make(NotFound()) == plain


def test_page_of_derived_classes(make: t.Any) -> None:
    class Missing(NotFound):
        description = "No <such> thing."

    class Loud(NotFound):
        def get_headers(self, *args: t.Any) -> t.Any:
            return [("Content-Type", "text/plain"), ("Content-Length", "7"), ("X-Own", "1")]

    class Elsewhere(HTTPException):
        code = 404

        def get_headers(self, *args: t.Any) -> t.Any:
            return [("Content-Type", "text/plain"), ("Location", "/there")]

    for _ in range(2):
        assert b"No &lt;such&gt; thing." in make(Missing())[5]
        assert make(Loud())[2][2] == ("X-Own", "1")
        assert make(Elsewhere()) is None
        assert make(exceptions.Unauthorized(www_authenticate=None))[1] == 401
        assert make(exceptions.TooManyRequests(retry_after=5))[2][1] == ("Retry-After", "5")
        assert make(exceptions.RequestedRangeNotSatisfiable(length=9))[1] == 416
