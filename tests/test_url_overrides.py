"""Whatever takes part in building a URL can be overridden, at any time and in any way."""

from __future__ import annotations

import inspect
import pickle
import typing as t
from types import SimpleNamespace

import pytest
import werkzeug.routing as reference

import fastflask
from fastflask import helpers
from fastflask.ctx import RequestContext
from fastflask.globals import _cv_request
from fastflask.routing import Map, MapAdapter, Rule


def make_app(cls: type[fastflask.Flask] = fastflask.Flask) -> fastflask.Flask:
    app = cls("urls", static_folder=None)
    app.add_url_rule("/about", "about", lambda: fastflask.url_for("about"))
    app.add_url_rule("/user/<int:n>/<name>", "user", lambda n, name: "")
    app.add_url_rule("/bp/own", "bp.own", lambda: fastflask.url_for(".own"))
    return app


@pytest.fixture
def app() -> t.Iterator[fastflask.Flask]:
    app = make_app()
    # Twice: the second URL is built with what was found out about the first.
    with app.test_request_context("/about"):
        assert url() == url() == "/about"
        assert user() == user() == "/user/3/a%20b"
        yield app


def url(endpoint: str = "about", **values: t.Any) -> str:
    return fastflask.url_for(endpoint, **values)


def user(**values: t.Any) -> str:
    return url("user", **{"n": 3, "name": "a b", **values})


# The map, and what it makes.


@pytest.mark.parametrize("name", ["build", "get_host", "_partial_build", "__init__"])
def test_method_of_the_adapter_patched(
    app: fastflask.Flask, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    original = getattr(MapAdapter, name)

    def spy(self: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
        calls.append(args)
        return original(self, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MapAdapter, name, spy)
        with app.test_request_context("/about"):
            assert url(_external=True) == "http://localhost/about"
        assert calls
    calls.clear()
    with app.test_request_context("/about"):
        assert url(_external=True) == "http://localhost/about"
    assert not calls


def test_build_patched_within_a_request(
    app: fastflask.Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[t.Any] = []

    def build(self: t.Any, endpoint: str, values: t.Any = None, **kwargs: t.Any) -> str:
        seen.append((endpoint, values, kwargs))
        return "patched"

    monkeypatch.setattr(MapAdapter, "build", build)
    assert url(q=1) == "patched"
    options = {"method": None, "url_scheme": None, "force_external": False}
    assert seen == [("about", {"q": 1}, options)]


class Shouting(MapAdapter):
    def build(self, *args: t.Any, **kwargs: t.Any) -> str:
        return super().build(*args, **kwargs).upper()


@pytest.mark.parametrize("how", ["subclass", "instance", "patched", "bind", "bind of one"])
def test_adapter_of_another_class(
    app: fastflask.Flask, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bind(*args: t.Any, **kwargs: t.Any) -> t.Any:
        adapter = original(*args, **kwargs)
        adapter.__class__ = Shouting
        return adapter

    if how == "subclass":
        app.url_map.__class__ = type("Own", (Map,), {"adapter_class": Shouting})
    elif how == "instance":
        app.url_map.adapter_class = Shouting  # type: ignore[attr-defined]
    elif how == "patched":
        monkeypatch.setattr(Map, "adapter_class", Shouting)
    elif how == "bind":
        original: t.Any = Map.bind
        monkeypatch.setattr(Map, "bind", bind)
    else:
        original = app.url_map.bind
        app.url_map.bind = bind  # type: ignore[method-assign]
    with app.test_request_context("/about"):
        assert url() == "/ABOUT"


def test_adapter_of_a_request_replaced(app: fastflask.Flask) -> None:
    fastflask.globals.request_ctx.url_adapter = SimpleNamespace(build=lambda *a, **k: "own")  # type: ignore[assignment]
    assert url() == "own"
    fastflask.globals.request_ctx.url_adapter = None
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'build'"):
        url()


def test_build_set_on_the_adapter_of_a_request(app: fastflask.Flask) -> None:
    adapter: t.Any = fastflask.globals.request_ctx.url_adapter
    assert url() == "/about"
    adapter.build = lambda *args, **kwargs: "own"
    assert url() == "own"
    del adapter.build
    adapter._partial_build = lambda *args: ("", "/partial", False)
    assert url() == "/partial"


def test_create_url_adapter_overridden() -> None:
    class Own(fastflask.Flask):
        def create_url_adapter(self, request: t.Any) -> t.Any:
            adapter = super().create_url_adapter(request)
            if adapter is not None:
                adapter.script_name = "/own/"
            return adapter

    with make_app(Own).test_request_context("/about"):
        assert url() == "/own/about"


def test_context_with_an_adapter_of_its_own(app: fastflask.Flask) -> None:
    class Own(RequestContext):
        @property
        def url_adapter(self) -> t.Any:
            return SimpleNamespace(build=lambda *args, **kwargs: "own")

        @url_adapter.setter
        def url_adapter(self, value: t.Any) -> None:
            raise AssertionError

    context = Own(app, {**fastflask.request.environ})
    token = _cv_request.set(context)
    try:
        assert url() == "own"
    finally:
        _cv_request.reset(token)


def test_context_that_is_none_of_ours(app: fastflask.Flask) -> None:
    request = SimpleNamespace(blueprint="bp")
    context = SimpleNamespace(request=request, url_adapter=app.url_map.bind("own"))
    token = _cv_request.set(context)  # type: ignore[arg-type]
    try:
        assert url(".own", _external=True) == "http://own/bp/own"
    finally:
        _cv_request.reset(token)


def test_request_of_another_context_is_asked_for_its_blueprint(app: fastflask.Flask) -> None:
    class Own(fastflask.Request):
        @property
        def blueprint(self) -> str | None:
            return "bp"

    app.request_class = Own
    with app.test_request_context("/about"):
        assert url(".own") == "/bp/own"


# Rules and converters.


@pytest.mark.parametrize("name", ["build", "suitable_for"])
@pytest.mark.parametrize("how", ["rule", "class"])
def test_method_of_a_rule_patched(
    app: fastflask.Flask, name: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: t.Any, **kwargs: t.Any) -> t.Any:
        return None

    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == "about")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rule if how == "rule" else Rule, name, refuse, raising=False)
        with pytest.raises(reference.BuildError):
            url()
        if how == "rule":
            assert user() == "/user/3/a%20b"
    assert url() == "/about"


def test_query_of_a_rule_patched(app: fastflask.Flask) -> None:
    rule: t.Any = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == "about")
    assert url(q=1) == "/about?q=1"
    rule._encode_query_vars = lambda values: f"own{len(values)}"
    assert url(q=1, r="x") == "/about?own2"
    del rule._encode_query_vars
    assert url(q=1) == "/about?q=1"


def test_rule_changed(app: fastflask.Flask) -> None:
    rule: t.Any = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == "user")
    rule.websocket = True
    assert user() == "ws://localhost/user/3/a%20b"
    rule.websocket = False
    rule.defaults = {"n": 4}
    with pytest.raises(reference.BuildError):
        user()
    assert user(n=4) == "/user/4/a%20b"
    rule.defaults = None
    rule.methods = {"PUT"}
    # The only rule of its endpoint, so it does.
    assert user() == "/user/3/a%20b"
    with pytest.raises(reference.BuildError):
        user(_method="POST")
    rule.arguments = {*rule.arguments, "more"}
    with pytest.raises(reference.BuildError):
        user()
    assert user(more=1) == "/user/3/a%20b?more=1"


@pytest.mark.parametrize("name", ["n", "name"])
@pytest.mark.parametrize("how", ["converter", "class", "base"])
def test_to_url_patched(
    app: fastflask.Flask, name: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == "user")
    converter = rule._converters[name]
    holder: t.Any = {
        "converter": converter,
        "class": type(converter),
        "base": reference.BaseConverter if name == "name" else reference.IntegerConverter.__base__,
    }[how]
    if how == "converter":
        monkeypatch.setattr(holder, "to_url", lambda value: "own", raising=False)
    else:
        monkeypatch.setattr(holder, "to_url", lambda self, value: "own", raising=False)
    assert user() == ("/user/own/a%20b" if name == "n" else "/user/3/own")
    monkeypatch.undo()
    assert user() == "/user/3/a%20b"


def test_number_shown_as_its_converter_says(app: fastflask.Flask) -> None:
    rule: t.Any = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == "user")
    converter = rule._converters["n"]
    converter.fixed_digits = 3
    assert user() == "/user/003/a%20b"
    converter.fixed_digits = 0
    converter.num_convert = lambda value: value * 2
    assert user() == "/user/6/a%20b"
    del converter.num_convert
    rule._converters["n"] = reference.FloatConverter(app.url_map)
    assert user() == "/user/3.0/a%20b"


@pytest.mark.parametrize("n", [2**31, -(2**63), 2**63, 2**64, -(10**30), True])
def test_number_of_any_size(app: fastflask.Flask, n: int) -> None:
    assert user(n=n) == f"/user/{int(n)}/a%20b"
    assert url(q=n) == f"/about?q={n}"


# The application, and the function that asks it.


def test_url_defaults_added_and_taken_away(app: fastflask.Flask) -> None:
    registry = app.url_default_functions
    registry[None].append(lambda endpoint, values: values.setdefault("q", endpoint))
    assert url() == "/about?q=about"
    registry["bp"].append(lambda endpoint, values: values.setdefault("r", 1))
    assert url("bp.own") == "/bp/own?q=bp.own&r=1"
    registry.clear()
    assert url() == "/about"
    app.url_default_functions = {None: [lambda endpoint, values: values.update(s=2)]}
    assert url() == "/about?s=2"


def test_registry_of_url_defaults_hidden_by_a_class() -> None:
    class Own(fastflask.Flask):
        kept: dict[t.Any, t.Any] = {None: [lambda endpoint, values: values.update(own=1)]}

        @property
        def url_default_functions(self) -> t.Any:
            return self.kept

        @url_default_functions.setter
        def url_default_functions(self, value: t.Any) -> None:
            pass

    with make_app(Own).test_request_context("/about"):
        assert url() == "/about?own=1"


def test_endpoint_that_is_no_text(app: fastflask.Flask) -> None:
    for endpoint in (5, None):
        with pytest.raises(TypeError, match="not subscriptable"):
            url(endpoint)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="unhashable"):
        url([])  # type: ignore[arg-type]


def test_endpoint_that_is_no_text_outside_of_requests() -> None:
    app = make_app()
    app.config["SERVER_NAME"] = "localhost"
    with pytest.raises(TypeError, match="is not (a container or )?iterable"):
        app.url_for(5)  # type: ignore[arg-type]


def test_current_application_of_the_helpers_replaced(
    app: fastflask.Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def own(endpoint: str, **values: t.Any) -> t.Any:
        return endpoint, values

    monkeypatch.setattr(helpers, "current_app", SimpleNamespace(url_for=own))
    plain = {"_anchor": None, "_method": None, "_scheme": None, "_external": None}
    assert url(q=1) == ("about", {**plain, "q": 1})


def test_application_of_a_context_that_is_none_of_ours(
    app: fastflask.Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = SimpleNamespace(app=SimpleNamespace(url_for=lambda endpoint, **values: values))
    token = fastflask.globals._cv_app.set(context)  # type: ignore[arg-type]
    try:
        assert url(q=1)["q"] == 1  # type: ignore[index]
    finally:
        fastflask.globals._cv_app.reset(token)


def test_url_is_that_of_the_request_if_another_application_is_current(
    app: fastflask.Flask,
) -> None:
    other = fastflask.Flask("other", static_folder=None)
    other.url_default_functions[None].append(lambda endpoint, values: values.update(other=1))
    with other.app_context():
        assert url() == "/about?other=1"


@pytest.mark.parametrize("asked", ["get", "post", "Get", "X-Y"])
def test_method_of_a_request_is_taken_as_it_was_sent(asked: str) -> None:
    app = fastflask.Flask("methods", static_folder=None)
    app.add_url_rule("/post", "e", methods=["POST"])
    app.add_url_rule("/get", "e", methods=["GET"])
    environ = {
        "REQUEST_METHOD": asked,
        "PATH_INFO": "/",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
    }
    with app.request_context(environ):
        # No rule has such a method, so the first one is taken.
        assert url("e") == "/post"


def test_rule_added_within_a_request(app: fastflask.Flask) -> None:
    app.url_map.add(Rule("/<int:n>", endpoint="about"))
    assert url(n=1) == "/1"
    assert url() == "/about"


def test_url_for_looks_like_a_function_of_the_helpers() -> None:
    assert fastflask.url_for is helpers.url_for
    assert fastflask.url_for.__module__ == "fastflask.helpers"
    assert pickle.loads(pickle.dumps(fastflask.url_for)) is fastflask.url_for
    parameters = inspect.signature(fastflask.url_for).parameters
    assert list(parameters) == [
        "endpoint", "_anchor", "_method", "_scheme", "_external", "values",
    ]  # fmt: skip
    assert parameters["_anchor"].kind is inspect.Parameter.KEYWORD_ONLY
    assert t.get_type_hints(fastflask.url_for)["return"] is str
