"""The cycle's notes on configuration and URL map are taken anew; hooks of every kind are called."""

from __future__ import annotations

import gc
import typing as t
import weakref
from collections import UserDict, defaultdict, deque

import pytest

from fastflask import Flask, g, request, session
from fastflask.config import Config
from fastflask.routing import Map, Rule
from fastflask.testing import FlaskClient
from fastflask.wrappers import Request


@pytest.fixture
def app() -> Flask:
    app = Flask("notes")
    app.add_url_rule("/", "index", lambda: type(session._get_current_object()).__name__)
    app.add_url_rule("/www", "www", lambda: "www", subdomain="www")
    app.add_url_rule("/post", "post", lambda: "posted", methods=["POST"])
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    client = app.test_client()
    for _ in range(2):
        assert client.get("/").text == "NullSession"
    return client


def _replace_config(app: Flask) -> None:
    app.config = Config(app.root_path, {**app.config, "SECRET_KEY": "k"})


def _replace_by_dict(app: Flask) -> None:
    app.config = {**app.config, "SECRET_KEY": "k"}  # type: ignore[assignment]


CHANGES: dict[str, t.Callable[[Flask], t.Any]] = {
    "item": lambda app: app.config.__setitem__("SECRET_KEY", "k"),
    "attribute": lambda app: setattr(app, "secret_key", b"k"),
    "update": lambda app: app.config.update(SECRET_KEY="k"),
    "mapping": lambda app: app.config.from_mapping(SECRET_KEY="k"),
    "union": lambda app: app.config.__ior__({"SECRET_KEY": "k"}),
    "method of dict": lambda app: dict.__setitem__(app.config, "SECRET_KEY", "k"),
    "taken out and put in": lambda app: (
        app.config.pop("SECRET_KEY"),
        app.config.setdefault("SECRET_KEY", "k"),
    ),
    "emptied and filled": lambda app: (
        before := dict(app.config),
        app.config.clear(),
        app.config.update(before, SECRET_KEY="k"),
    ),
    "another configuration": _replace_config,
    "another dict": _replace_by_dict,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_key_set_between_requests(
    app: Flask, client: FlaskClient, change: t.Callable[[Flask], t.Any]
) -> None:
    change(app)
    assert client.get("/").text == "SecureCookieSession"
    assert client.get("/").text == "SecureCookieSession"


def test_key_that_turns_true(app: Flask, client: FlaskClient) -> None:
    key = bytearray()
    app.secret_key = key  # type: ignore[assignment]
    assert client.get("/").text == "NullSession"
    key += b"k"
    assert client.get("/").text == "SecureCookieSession"
    key.clear()
    assert client.get("/").text == "NullSession"


@pytest.mark.parametrize("key", ["SERVER_NAME", "TRUSTED_HOSTS"])
def test_setting_deleted(app: Flask, client: FlaskClient, key: str) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = True
    value = app.config.pop(key)
    with pytest.raises(KeyError, match=key):
        client.get("/")
    app.config[key] = value
    assert client.get("/").status_code == 200


def test_class_of_the_configuration_changed(app: Flask, client: FlaskClient) -> None:
    class Own(Config):
        def __getitem__(self, key: str) -> t.Any:
            return ["only.example"] if key == "TRUSTED_HOSTS" else super().__getitem__(key)

    app.config.__class__ = Own
    assert client.get("/").status_code == 400
    app.config.__class__ = Config
    assert client.get("/").status_code == 200


def test_reading_of_the_configuration_patched(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(config: Config, key: str) -> t.Any:
        return ["only.example"] if key == "TRUSTED_HOSTS" else dict.__getitem__(config, key)

    with monkeypatch.context() as patch:
        patch.setattr(Config, "__getitem__", read, raising=False)
        assert client.get("/").status_code == 400
    assert client.get("/").status_code == 200


def test_settings_of_two_applications(app: Flask, client: FlaskClient) -> None:
    other = Flask("other")
    other.config = app.config
    other.add_url_rule("/", "index", app.view_functions["index"])
    assert other.test_client().get("/").text == "NullSession"
    app.config["SECRET_KEY"] = "k"
    assert other.test_client().get("/").text == "SecureCookieSession"
    assert client.get("/").text == "SecureCookieSession"


MAP_CHANGES: dict[str, t.Callable[[t.Any], t.Any]] = {
    "attribute": lambda url_map: setattr(url_map, "default_subdomain", "www"),
    "item": lambda url_map: vars(url_map).__setitem__("default_subdomain", "www"),
    "another dict": lambda url_map: setattr(
        url_map, "__dict__", {**vars(url_map), "default_subdomain": "www"}
    ),
}


@pytest.mark.parametrize("change", MAP_CHANGES.values(), ids=MAP_CHANGES)
def test_subdomain_of_the_map_changed(
    app: Flask, client: FlaskClient, change: t.Callable[[t.Any], t.Any]
) -> None:
    assert client.get("/www").status_code == 404
    change(app.url_map)
    assert client.get("/www").text == "www"
    assert client.get("/").status_code == 404
    app.url_map.default_subdomain = ""
    assert client.get("/www").status_code == 404
    assert client.get("/").status_code == 200


def test_attributes_of_the_map_deleted(app: Flask, client: FlaskClient) -> None:
    attributes = vars(app.url_map)
    before = dict(attributes)
    for _ in range(2):
        del app.url_map.__dict__
        assert vars(app.url_map) == {}
    assert attributes == before
    with pytest.raises(AttributeError, match="'Map' object has no attribute"):
        client.get("/")
    app.url_map.__dict__ = attributes
    assert client.get("/").text == "NullSession"


def test_map_matches_hosts_from_now_on(app: Flask, client: FlaskClient) -> None:
    app.url_map.host_matching = True
    # The host is the domain now, and the rules have none.
    assert client.get("/").status_code == 404
    app.url_map.host_matching = False
    assert client.get("/").status_code == 200


def test_matcher_replaced(app: Flask, client: FlaskClient) -> None:
    other = Flask("other")
    other.add_url_rule("/other", "other", lambda: "other")
    assert other.test_client().get("/other").text == "other"
    app.view_functions["other"] = lambda: "from the other"
    app.url_map._rules_by_endpoint["other"] = []
    app.url_map._matcher = other.url_map._matcher
    assert client.get("/other").text == "from the other"
    assert client.get("/").status_code == 404


def test_rules_added_between_requests(app: Flask, client: FlaskClient) -> None:
    for number in range(3):
        path = f"/late{number}"
        assert client.get(path).status_code == 404
        app.url_map.add(app.url_rule_class(path, endpoint="late"))
        app.view_functions["late"] = lambda: "late"
        assert client.get(path).text == "late"


class Posting(Request):
    """Makes each request one that posts, once it is made."""

    def __init__(self, environ: t.Any, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(environ, *args, **kwargs)
        environ["REQUEST_METHOD"] = "POST"


def test_request_class_changes_the_environ(app: Flask, client: FlaskClient) -> None:
    app.request_class = Posting
    # What is matched is what the environ says, not the request.
    assert client.get("/post").text == "posted"
    assert client.get("/").status_code == 405


def test_provider_of_json_changes_the_environ() -> None:
    environs: list[dict[str, t.Any]] = []

    class Own(Flask):
        @property
        def json(self) -> t.Any:
            if environs:
                environs[-1]["REQUEST_METHOD"] = "POST"
            return self.__dict__.get("provider")

        @json.setter
        def json(self, value: t.Any) -> None:
            self.__dict__["provider"] = value

    app = Own("own")
    app.add_url_rule("/", "index", lambda: request.method)
    app.add_url_rule("/post", "post", lambda: request.method, methods=["POST"])
    stock = app.wsgi_app
    app.wsgi_app = lambda environ, start: environs.append(environ) or stock(environ, start)  # type: ignore[method-assign,assignment,func-returns-value]
    assert app.test_client().get("/post").text == "GET"
    assert app.test_client().get("/").status_code == 405


def test_request_used_again_after_its_environ_was_changed(app: Flask) -> None:
    with app.test_request_context("/post") as context:
        kept = context.request
    kept.environ["REQUEST_METHOD"] = "POST"
    with app.request_context(kept.environ):
        assert request.url_rule is not None
    with type(context)(app, kept.environ, request=kept):
        assert request.url_rule is not None
        assert request.method == "GET"


# Hooks.


class Reversible:
    """Functions in a class of somebody's own."""

    def __init__(self, *functions: t.Any) -> None:
        self.functions = functions

    def __iter__(self) -> t.Iterator[t.Any]:
        return iter(self.functions)

    def __reversed__(self) -> t.Iterator[t.Any]:
        yield from self.functions


CONTAINERS: dict[str, t.Callable[..., t.Any]] = {
    "list": lambda *functions: list(functions),
    "tuple": lambda *functions: functions,
    "deque": lambda *functions: deque(functions),
    "own": Reversible,
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("registry", [dict, UserDict, lambda items: defaultdict(list, items)])
def test_hooks_in_other_containers(
    app: Flask, client: FlaskClient, container: str, registry: t.Any
) -> None:
    called: list[str] = []
    make = CONTAINERS[container]

    def hook(name: str) -> t.Any:
        return lambda *args: called.append(name) or (args or (None,))[0]

    app.before_request_funcs = registry({None: make(hook("b1"), hook("b2"))})
    app.after_request_funcs = registry({None: make(hook("a1"), hook("a2"))})
    app.teardown_request_funcs = registry({None: make(hook("t1"), hook("t2"))})
    app.teardown_appcontext_funcs = make(hook("c1"), hook("c2"))
    assert client.get("/").status_code == 200
    backwards = ["a2", "a1", "t2", "t1", "c2", "c1"]
    if container == "own":
        backwards = ["a1", "a2", "t1", "t2", "c1", "c2"]
    assert called == ["b1", "b2", *backwards]


@pytest.mark.parametrize("name", ["after_request_funcs", "teardown_request_funcs"])
def test_hooks_changed_while_they_are_called(app: Flask, client: FlaskClient, name: str) -> None:
    called: list[str] = []
    functions: list[t.Any] = []

    def hook(name: str, act: t.Callable[[], t.Any]) -> t.Any:
        return lambda arg: called.append(name) or act() or arg

    functions[:] = [
        hook("1", lambda: None),
        hook("2", lambda: functions.append(hook("late", lambda: None))),
        hook("3", lambda: functions.pop(0) and None if called.count("3") == 1 else None),
        hook("4", lambda: None),
    ]
    getattr(app, name)[None] = functions
    assert client.get("/").status_code == 200
    # As of any reversed list: what moved down is met again, what came behind is not.
    assert called == ["4", "3", "3", "2"]


def test_hooks_emptied_while_they_are_called(app: Flask, client: FlaskClient) -> None:
    called: list[str] = []
    functions = app.after_request_funcs[None] = []  # type: ignore[var-annotated]
    functions += [
        lambda response: called.append("first") or response,
        lambda response: called.append("last") or functions.clear() or response,
    ]
    assert client.get("/").status_code == 200
    assert called == ["last"]


def test_each_after_function_gets_what_the_one_before_returned(app: Flask) -> None:
    for number in range(3):

        @app.after_request
        def extend(response: t.Any, number: int = number) -> t.Any:
            return app.response_class(f"{response.get_data(as_text=True)}{number}")

    assert app.test_client().get("/").text == "NullSession210"


def test_all_teardown_functions_get_the_error(app: Flask) -> None:
    errors: list[BaseException | None] = []

    @app.get("/fail")
    def fail() -> str:
        raise ZeroDivisionError

    for register in (app.teardown_request, app.teardown_appcontext):
        for _ in range(2):
            register(lambda error: errors.append(error) or "ignored")
    app.test_client().get("/fail")
    assert [type(error) for error in errors] == [ZeroDivisionError] * 4


def test_first_answer_of_the_hooks_is_taken(app: Flask, client: FlaskClient) -> None:
    answers: list[t.Any] = [None, "", "last"]
    called: list[t.Any] = []
    app.before_request_funcs[None] = [
        lambda answer=answer: called.append(answer) or answer for answer in answers
    ]
    assert client.get("/").text == ""
    assert called == [None, ""]


def test_namespace_counts_through_hooks(app: Flask) -> None:
    seen: list[int] = []

    def step(*args: t.Any) -> t.Any:
        g.steps = g.get("steps", 0) + 1
        seen.append(g.steps)
        return args[0] if args else None

    app.before_request(step)
    app.after_request(step)
    app.teardown_request(step)
    app.test_client().get("/")
    assert seen == [1, 2, 3]


def test_class_of_the_namespace_gets_an_attribute(app: Flask) -> None:
    with app.app_context():
        cls = type(g._get_current_object())
        g.user = "own"
        assert [g.user, g.user] == ["own", "own"]
        cls.user = property(lambda self: "of the class")  # type: ignore[attr-defined]
        try:
            assert g.user == "of the class"
            cls.user = "goes behind"  # type: ignore[attr-defined]
            assert g.user == "own"
            del g.user
            assert g.user == "goes behind"
        finally:
            del cls.user  # type: ignore[attr-defined]
        with pytest.raises(AttributeError):
            g.user


def test_attributes_outlive_their_map() -> None:
    url_map = Map([Rule("/", endpoint="index")])
    url_map.more = url_map  # type: ignore[attr-defined]
    alive = weakref.ref(url_map)
    del url_map
    gc.collect()
    assert alive() is None
    url_map = Map()
    assert vars(url_map) is url_map.__dict__
    attributes = vars(url_map)
    expected = dict(attributes)
    del url_map
    assert attributes == expected


def test_endpoint_of_what_is_no_rule() -> None:
    class Own(Flask):
        def raise_routing_exception(self, request: Request) -> t.NoReturn:  # type: ignore[override]
            return None  # type: ignore[misc]

    own = Own("own")
    own.add_url_rule("/", "index", lambda: "index")
    own.config["PROPAGATE_EXCEPTIONS"] = True
    assert own.test_client().get("/").text == "index"
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'endpoint'"):
        own.test_client().get("/missing")
