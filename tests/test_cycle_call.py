"""A server calls the application, whoever says what that does, and since when."""

from __future__ import annotations

import copy
import typing as t

import pytest
from changing import make_app

from fastflask import Flask


def environ_of(path: str) -> dict[str, t.Any]:
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
    }


def start_response(status: str, headers: t.Any, exc_info: t.Any = None) -> t.Any:
    return lambda data: None


def ask(app: t.Any, path: str = "/") -> bytes:
    return b"".join(app(environ_of(path), start_response))


def own_call(self: t.Any, environ: t.Any, start_response: t.Any) -> list[bytes]:
    return [b"own ", environ["PATH_INFO"].encode()]


def test_call_of_a_subclass() -> None:
    class Called(Flask):
        def __call__(self, environ: t.Any, start_response: t.Any) -> t.Any:
            environ["PATH_INFO"] = "/"
            return super().__call__(environ, start_response)

    app = make_app(Called)
    assert ask(app, "/missing") == b"index"


@pytest.mark.parametrize("where", ["Flask", "Derived", "Mixin"])
def test_call_patched_between_requests(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Mixin:
        pass

    class Derived(Mixin, Flask):
        pass

    class Most(Derived):
        pass

    cls = {"Flask": Flask, "Derived": Derived, "Mixin": Mixin}[where]
    app = make_app(Most)
    assert ask(app) == b"index"
    with monkeypatch.context() as patch:
        patch.setattr(cls, "__call__", own_call, raising=False)
        assert ask(app, "/path") == b"own /path"
    assert ask(app) == b"index"


def test_call_by_way_of_other_bases() -> None:
    class First(Flask):
        pass

    class Second(Flask):
        __call__ = own_call

    class Derived(First):
        pass

    app = make_app(Derived)
    assert ask(app) == b"index"
    Derived.__bases__ = (Second,)
    assert ask(app) == b"own /"
    Derived.__bases__ = (First,)
    assert ask(app) == b"index"


def test_call_of_an_application_that_changes_its_class() -> None:
    class Other(Flask):
        __call__ = own_call

    app = make_app()
    assert ask(app) == b"index"
    app.__class__ = Other
    assert ask(app) == b"own /"
    app.__class__ = Flask
    assert ask(app) == b"index"


def test_call_is_looked_up_on_the_class_only() -> None:
    app = make_app()
    app.__call__ = None  # type: ignore[method-assign,assignment]
    assert ask(app) == b"index"


def test_call_by_name() -> None:
    app = make_app()
    for arguments, named in (
        ((environ_of("/"),), {"start_response": start_response}),
        ((), {"start_response": start_response, "environ": environ_of("/")}),
    ):
        assert b"".join(app(*arguments, **named)) == b"index"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((), {}),
        (({},), {}),
        (({}, start_response, None), {}),
        (({}, start_response), {"environ": {}}),
        (({},), {"start": start_response}),
    ],
    ids=["none", "one", "three", "twice", "unknown"],
)
def test_call_with_other_arguments_is_refused(
    arguments: tuple[t.Any, ...], named: dict[str, t.Any]
) -> None:
    with pytest.raises(TypeError, match="__call__"):
        make_app()(*arguments, **named)


def test_copy_of_an_application_is_called_itself() -> None:
    app = make_app()
    copied = copy.copy(app)
    copied.view_functions = {**app.view_functions, "index": lambda: "copy"}
    assert (ask(app), ask(copied)) == (b"index", b"copy")


def test_middleware_put_around_after_the_first_request() -> None:
    app = make_app()
    assert ask(app) == b"index"
    inner = app.wsgi_app
    calls = []

    def middleware(environ: t.Any, start_response: t.Any) -> t.Any:
        calls.append(environ["PATH_INFO"])
        return inner(environ, start_response)

    app.wsgi_app = middleware  # type: ignore[method-assign]
    assert ask(app) == b"index"
    assert calls == ["/"]
    del app.wsgi_app
    assert ask(app) == b"index"
    assert calls == ["/"]
