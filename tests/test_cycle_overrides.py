"""Every stage of a request can be overridden, at any time and in any way."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from werkzeug.exceptions import BadRequest, NotFound, Unauthorized

import fastflask
from fastflask import Flask
from fastflask.globals import request_ctx


def index() -> str:
    return "index"


def fail() -> str:
    raise ValueError("planned")


async def coroutine() -> str:
    return "coroutine"


def build() -> str:
    return fastflask.url_for("index")


def build_wrong() -> str:
    return fastflask.url_for("nowhere")


def go() -> t.Any:
    return fastflask.redirect("/elsewhere")


def template() -> str:
    return fastflask.render_template_string("{{ word }}")


def make_app(cls: type[Flask] = Flask) -> Flask:
    files = Path(__file__).parent / "differential" / "files" / "static"
    app = cls("overrides", static_folder=files, static_url_path="/files")
    app.secret_key = "a key"
    for view in (index, fail, coroutine, build, build_wrong, go, template):
        app.add_url_rule("/" if view is index else f"/{view.__name__}", view_func=view)
    return app


class Override:
    """What replaces a stage: it calls the original, and changes what that returns."""

    def __init__(self, name: str, change: Callable[..., t.Any] | None) -> None:
        self.name = name
        self.change = change
        self.calls: list[tuple[t.Any, ...]] = []

    def method(self, original: Callable[..., t.Any]) -> Callable[..., t.Any]:
        def override(app: Flask, *args: t.Any, **kwargs: t.Any) -> t.Any:
            self.calls.append((*args, *kwargs.values()))
            if self.change is not None:
                return self.change(lambda: original(app, *args, **kwargs), *args, **kwargs)
            return original(app, *args, **kwargs)

        return override


#: Name of a stage, a path that leads through it, the change of its result, and what comes of it.
Case = tuple[str, str, "Callable[..., t.Any] | None", t.Any]


def answer(call: Callable[[], t.Any], *args: t.Any, **kwargs: t.Any) -> t.Any:
    call()
    return "changed"


def respond(call: Callable[[], t.Any], *args: t.Any, **kwargs: t.Any) -> t.Any:
    call()
    return fastflask.make_response("changed")


def instead(result: t.Any) -> Callable[..., t.Any]:
    return lambda call, *args, **kwargs: result


def marked(call: Callable[[], t.Any], *args: t.Any, **kwargs: t.Any) -> t.Any:
    response = call()
    response.headers["X-Marked"] = "yes"
    return response


def shouting(call: Callable[[], t.Any], *args: t.Any, **kwargs: t.Any) -> t.Any:
    func = call()
    return lambda **values: func(**values).upper()


def wordy(call: Callable[[], t.Any], context: dict[str, t.Any]) -> None:
    call()
    context["word"] = "changed"


MARK = "X-Marked"
CASES: list[Case] = [
    ("wsgi_app", "/", instead([b"changed"]), "changed"),
    ("request_context", "/", None, "index"),
    ("app_context", "/", None, "index"),
    ("full_dispatch_request", "/", respond, "changed"),
    ("preprocess_request", "/", answer, "changed"),
    ("dispatch_request", "/", answer, "changed"),
    ("finalize_request", "/", marked, MARK),
    ("make_response", "/", marked, MARK),
    ("process_response", "/", marked, MARK),
    ("handle_user_exception", "/fail", instead("changed"), "changed"),
    ("handle_http_exception", "/missing", instead("changed"), "changed"),
    ("handle_exception", "/fail", lambda call, error: fastflask.Response("changed"), "changed"),
    ("log_exception", "/fail", instead(None), 500),
    ("trap_http_exception", "/missing", instead(True), 500),
    ("should_ignore_error", "/fail", instead(False), 500),
    ("raise_routing_exception", "/missing", lambda call, request: fastflask.abort(401), 401),
    ("make_default_options_response", "OPTIONS /", respond, "changed"),
    ("create_url_adapter", "/", None, "index"),
    ("ensure_sync", "/", shouting, "INDEX"),
    ("async_to_sync", "/coroutine", lambda call, func: lambda: "changed", "changed"),
    ("do_teardown_request", "/", None, "index"),
    ("do_teardown_appcontext", "/", None, "index"),
    ("inject_url_defaults", "/build", lambda call, endpoint, values: values.update(a=1), "/?a=1"),
    ("handle_url_build_error", "/build_wrong", instead("changed"), "changed"),
    ("url_for", "/build", instead("changed"), "changed"),
    ("redirect", "/go", instead("changed"), "changed"),
    ("update_template_context", "/template", wordy, "changed"),
    ("get_send_file_max_age", "/files/hello.txt", instead(77), "max-age=77"),
    ("send_static_file", "/files/style.css", instead("changed"), "changed"),
    ("_find_error_handler", "/missing", instead(lambda error: "changed"), "changed"),
]


def ask(app: Flask, where: str) -> tuple[int, str, t.Any]:
    """Return status, body and headers of an answer of the application."""
    method, _, path = where.rpartition(" ")
    got: list[t.Any] = []
    environ = {
        "REQUEST_METHOD": method or "GET",
        "PATH_INFO": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
    }
    body = app(environ, lambda status, headers, exc_info=None: got.extend((status, headers)))
    text = b"".join(body).decode()
    if hasattr(body, "close"):
        body.close()
    return (int(got[0][:3]) if got else 0), text, dict(got[1]) if got else {}


def check(app: Flask, case: Case, override: Override) -> None:
    """Assert that an override was called once or more, and that its result counts."""
    status, text, headers = ask(app, case[1])
    assert override.calls
    expected = case[3]
    if expected is MARK:
        assert MARK in headers
    elif isinstance(expected, int):
        assert status == expected
    elif expected.startswith("max-age"):
        assert expected in headers["Cache-Control"]
    else:
        assert text == expected


@contextmanager
def _overridden(how: str, case: Case) -> Iterator[tuple[Flask, Override]]:
    name, where, change, _ = case
    override = Override(name, change)

    if how == "subclass":
        method = override.method(getattr(Flask, name))
        yield make_app(type("Derived", (Flask,), {name: method})), override
    elif how == "mixin":
        method = override.method(getattr(Flask, name))
        mixin = type("Mixin", (), {name: method})
        yield make_app(type("Derived", (mixin, Flask), {})), override
    elif how == "instance":
        app = make_app()
        ask(app, where)
        method = override.method(getattr(Flask, name))
        setattr(app, name, method.__get__(app))
        yield app, override
        delattr(app, name)
    elif how == "instance dict":
        app = make_app(type("Derived", (Flask,), {}))
        method = override.method(getattr(Flask, name))
        setattr(app, name, method.__get__(app))
        yield app, override
        delattr(app, name)
    elif how == "class of ours":
        app = make_app()
        ask(app, where)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Flask, name, override.method(getattr(Flask, name)))
            yield app, override
    else:
        # A class far up, where the method comes from.
        app = make_app(type("Derived", (Flask,), {}))
        ask(app, where)
        holder = next(cls for cls in Flask.__mro__ if name in vars(cls))
        if not holder.__flags__ & (1 << 8):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(holder, name, override.method(getattr(holder, name)))
                yield app, override
        else:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(type(app), name, override.method(getattr(Flask, name)), False)
                yield app, override

    # Taken away, it is not called any more.
    if how not in {"subclass", "mixin"}:
        override.calls.clear()
        ask(app, where)
        assert not override.calls


HOWS = ("subclass", "mixin", "instance", "instance dict", "class of ours", "its own class")


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case[0]))
def test_stage_overridden(how: str, case: Case) -> None:
    with _overridden(how, case) as (app, override):
        check(app, case, override)


def test_stages_are_called_with_what_flask_gives() -> None:
    seen: dict[str, tuple[t.Any, ...]] = {}

    def spy(name: str) -> Callable[..., t.Any]:
        original = getattr(Flask, name)

        def method(self: Flask, *args: t.Any, **kwargs: t.Any) -> t.Any:
            if args != (None,):
                seen[name] = (*args, kwargs)
            return original(self, *args, **kwargs)

        return method

    names = [case[0] for case in CASES]
    app = make_app(type("Spied", (Flask,), {name: spy(name) for name in names}))
    ask(app, "/fail")
    assert seen["full_dispatch_request"] == ({},)
    assert seen["preprocess_request"] == ({},)
    assert seen["dispatch_request"] == ({},)
    assert isinstance(seen["handle_user_exception"][0], ValueError)
    assert seen["handle_exception"][0] is seen["handle_user_exception"][0]
    assert seen["log_exception"][0][0] is ValueError
    assert seen["should_ignore_error"][0] is seen["handle_exception"][0]
    assert seen["do_teardown_request"][0] is seen["handle_exception"][0]
    assert seen["do_teardown_appcontext"][0] is seen["handle_exception"][0]
    assert seen["finalize_request"][1] == {"from_error_handler": True}
    assert seen["request_context"][0]["PATH_INFO"] == "/fail"
    assert seen["app_context"] == ({},)
    assert seen["create_url_adapter"][0].path == "/fail"
    ask(app, "/")
    assert seen["finalize_request"] == ("index", {})
    assert seen["make_response"] == ("index", {})
    assert seen["process_response"][0].get_data() == b"index"
    assert seen["ensure_sync"] == (index, {})
    ask(app, "/missing")
    assert isinstance(seen["raise_routing_exception"][0].routing_exception, NotFound)
    assert isinstance(seen["handle_http_exception"][0], NotFound)
    assert isinstance(seen["trap_http_exception"][0], NotFound)


def test_class_of_an_application_changed() -> None:
    class Other(Flask):
        def dispatch_request(self) -> str:
            return "other"

    app = make_app()
    assert ask(app, "/")[1] == "index"
    app.__class__ = Other
    assert ask(app, "/")[1] == "other"
    app.__class__ = Flask
    assert ask(app, "/")[1] == "index"


def test_base_of_a_class_changed() -> None:
    class First(Flask):
        pass

    class Second(Flask):
        def make_response(self, rv: t.Any) -> t.Any:
            return super().make_response(f"second {rv}")

    class Derived(First):
        pass

    app = make_app(Derived)
    assert ask(app, "/")[1] == "index"
    Derived.__bases__ = (Second,)
    assert ask(app, "/")[1] == "second index"
    Derived.__bases__ = (First,)
    assert ask(app, "/")[1] == "index"


def test_class_patched_over_and_over() -> None:
    class Derived(Flask):
        pass

    app = make_app(Derived)
    for number in range(1500):
        text = f"number {number}"
        Derived.dispatch_request = lambda self, text=text: text  # type: ignore[method-assign]
        assert ask(app, "/")[1] == text
    del Derived.dispatch_request
    assert ask(app, "/")[1] == "index"


def test_stage_found_by_getattribute() -> None:
    class Odd(Flask):
        def __getattribute__(self, name: str) -> t.Any:
            if name == "dispatch_request":
                return lambda: "found"
            return super().__getattribute__(name)

    assert ask(make_app(Odd), "/")[1] == "found"


def test_stage_written_to_the_dict_of_an_application() -> None:
    app = make_app()
    vars(app)["dispatch_request"] = lambda: "of the dict"
    assert ask(app, "/")[1] == "of the dict"
    del vars(app)["dispatch_request"]
    assert ask(app, "/")[1] == "index"
    vars(app).update(dispatch_request=lambda: "of the dict")
    assert ask(app, "/")[1] == "of the dict"


def test_super_of_an_override_is_the_stage() -> None:
    order = []

    class Noted(Flask):
        def full_dispatch_request(self) -> t.Any:
            order.append("full")
            return super().full_dispatch_request()

        def preprocess_request(self) -> t.Any:
            order.append("preprocess")
            return super().preprocess_request()

        def dispatch_request(self) -> t.Any:
            order.append("dispatch")
            return super().dispatch_request()

        def finalize_request(self, rv: t.Any, from_error_handler: bool = False) -> t.Any:
            order.append("finalize")
            return super().finalize_request(rv, from_error_handler)

        def make_response(self, rv: t.Any) -> t.Any:
            order.append("make")
            return super().make_response(rv)

        def process_response(self, response: t.Any) -> t.Any:
            order.append("process")
            return super().process_response(response)

    assert ask(make_app(Noted), "/")[1] == "index"
    assert order == ["full", "preprocess", "dispatch", "finalize", "make", "process"]


def test_override_that_fails_is_answered_like_a_view() -> None:
    class Failing(Flask):
        def preprocess_request(self) -> t.Any:
            raise BadRequest("of an override")

    status, text, _ = ask(make_app(Failing), "/")
    assert status == 400 and "of an override" in text


def test_override_of_the_adapter_that_refuses_is_a_routing_error() -> None:
    class Refusing(Flask):
        def create_url_adapter(self, request: t.Any) -> t.Any:
            if request is not None:
                raise Unauthorized()
            return super().create_url_adapter(request)

    app = make_app(Refusing)
    seen = []
    app.before_request(lambda: seen.append(request_ctx.request.routing_exception))
    assert ask(app, "/")[0] == 401
    assert isinstance(seen[0], Unauthorized)


def test_override_of_the_adapter_that_has_none_leaves_the_request_unmatched() -> None:
    class Without(Flask):
        def create_url_adapter(self, request: t.Any) -> t.Any:
            return None

        def dispatch_request(self) -> str:
            return repr((request_ctx.url_adapter, request_ctx.request.url_rule))

    assert ask(make_app(Without), "/")[1] == "(None, None)"
