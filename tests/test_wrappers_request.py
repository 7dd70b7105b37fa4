"""The request shows what Werkzeug's shows, with less made ahead of time."""

from __future__ import annotations

import inspect
import io
import typing as t
import weakref

import pytest
from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequest, SecurityError
from werkzeug.test import create_environ
from werkzeug.utils import cached_property
from werkzeug.wrappers import Request as PlainRequest
from wrapper_classes import Classes, make_classes, outcome

import fastflask
from fastflask import Flask, Request


@pytest.fixture
def classes(impl: t.Any) -> Classes:
    """Request and response over each implementation of the lean bases."""
    return make_classes(impl)


FIELDS = (
    "method scheme server root_path path query_string remote_addr environ shallow host url"
    " base_url root_url host_url full_path url_root args cookies is_secure access_route"
    " content_type content_length mimetype is_json"
).split()
ENVIRONS: dict[str, dict[str, t.Any]] = {
    "plain": create_environ("/a/b?x=1&y=%C3%A9", "http://example.com/root"),
    "empty": {},
    "nothing but a path": {"PATH_INFO": "a//b"},
    "slashes": {"PATH_INFO": "///a", "SCRIPT_NAME": "root//", "QUERY_STRING": "??"},
    "bytes": {"PATH_INFO": "/\xc3\xa9", "SCRIPT_NAME": "/\xff", "QUERY_STRING": "\xc3\xa9=1"},
    "wide": {"PATH_INFO": "/\u20ac"},
    "wide query": {"QUERY_STRING": "\u20ac"},
    "wide script": {"SCRIPT_NAME": "\u20ac"},
    "method": {"REQUEST_METHOD": "post"},
    "host": {"HTTP_HOST": "example.com:80", "wsgi.url_scheme": "http"},
    "secure": {"HTTP_HOST": "example.com:443", "wsgi.url_scheme": "https"},
    "bad host": {"HTTP_HOST": "a b"},
    "no host": {"SERVER_NAME": "::1", "SERVER_PORT": "8080"},
    "odd port": {"SERVER_NAME": "a", "SERVER_PORT": "x"},
    "no port": {"SERVER_NAME": "a"},
    "socket": {"SERVER_NAME": "/tmp/socket", "SERVER_PORT": None},
    "none": {"SERVER_NAME": None, "SERVER_PORT": None, "REMOTE_ADDR": None},
    "length": {"CONTENT_LENGTH": "5", "CONTENT_TYPE": "Text/JSON; a=b"},
    "cookies": {"HTTP_COOKIE": "a=1; b=2"},
}


def _kinds_of_dicts() -> dict[str, t.Callable[[dict[str, t.Any]], t.Any]]:
    def changed(environ: dict[str, t.Any]) -> t.Any:
        again = {"HTTP_X": "", **environ, "HTTP_Y": ""}
        del again["HTTP_X"], again["HTTP_Y"], again["PATH_INFO"]
        again["PATH_INFO"] = environ["PATH_INFO"]
        return again

    def of_instance(environ: dict[str, t.Any]) -> t.Any:
        kept = type("Kept", (), {})()
        for key, value in environ.items():
            setattr(kept, key, value)
        return vars(kept)

    return {
        "other keys": lambda environ: {"".join(key): value for key, value in environ.items()},
        "not only text": lambda environ: {1: 2, **environ, (): 3},
        "changed": changed,
        "of an instance": of_instance,
        **{
            f"{many} more": lambda environ, many=many: {  # type: ignore[misc]
                **{f"HTTP_X_{i}": "" for i in range(many)},
                **environ,
            }
            for many in (20, 60, 100, 1000, 70_000)
        },
    }


@pytest.mark.parametrize("kind", _kinds_of_dicts())
def test_environ_of_any_kind_of_dict(classes: Classes, kind: str) -> None:
    plain = create_environ("/a/b?x=1", "https://example.com/root", method="PUT")
    environ = _kinds_of_dicts()[kind](plain)
    names = "method scheme server root_path path query_string remote_addr host url".split()
    shown, expected = classes.request(environ), PlainRequest(plain)
    assert [getattr(shown, name) for name in names] == [getattr(expected, name) for name in names]


@pytest.mark.parametrize("name", ENVIRONS)
def test_request_shows_what_werkzeugs_shows(classes: Classes, name: str) -> None:
    def run(cls: t.Any) -> t.Any:
        environ = dict(ENVIRONS[name])
        request = outcome(lambda: cls(environ))
        if isinstance(request, tuple):
            return request
        assert environ.pop("werkzeug.request") is request
        shown = [outcome(lambda field=field: getattr(request, field)) for field in FIELDS]
        return shown, list(request.headers), type(request.headers)

    assert run(classes.request) == run(PlainRequest)


def test_query_that_is_no_utf_8_is_a_bad_request(classes: Classes) -> None:
    request = classes.request({"QUERY_STRING": "\xe9=1"})
    for _ in range(2):
        with pytest.raises(BadRequest):
            request.args


def test_request_populates_the_environ_when_asked(classes: Classes) -> None:
    environ = create_environ()
    classes.request(environ, populate_request=False)
    assert "werkzeug.request" not in environ
    request = classes.request(environ, shallow=True)
    assert "werkzeug.request" not in environ
    with pytest.raises(RuntimeError):
        request.get_data()


def test_request_shows_its_beginning_and_live_headers(classes: Classes) -> None:
    environ = create_environ("/first?a=1", headers={"Host": "first"})
    request = classes.request(environ)
    environ.update(PATH_INFO="/second", QUERY_STRING="b=2", REQUEST_METHOD="PUT")
    environ["HTTP_X_LATE"] = "late"
    assert (request.path, request.query_string, request.method) == ("/first", b"a=1", "GET")
    assert request.headers["X-Late"] == "late"


@pytest.mark.parametrize("field", ["method", "path", "scheme", "server", "host", "query_string"])
def test_request_field_assigned(classes: Classes, field: str) -> None:
    values: dict[str, t.Any] = {"server": ("other", 81), "query_string": b"z=1"}

    def run(cls: t.Any) -> t.Any:
        request = cls(create_environ("/a?x=1", "http://example.com"))
        setattr(request, field, values.get(field, "other"))
        return getattr(request, field), request.url, dict(request.args), request.host

    assert run(classes.request) == run(PlainRequest)


def test_request_field_overridden_in_a_subclass(classes: Classes) -> None:
    def run(base: t.Any) -> t.Any:
        class Own(base):  # type: ignore[misc]
            @property
            def host(self) -> str:
                return "own.example"

            @property
            def headers(self) -> t.Any:
                return Headers([("a", "b")])

            @headers.setter
            def headers(self, value: t.Any) -> None:
                pass

            @property
            def args(self) -> t.Any:
                return {"own": 1}

        request = Own(create_environ("/a?x=1"))
        return request.url, dict(request.headers), request.args

    assert run(classes.request) == run(PlainRequest)


def test_host_is_checked_against_trusted_hosts(classes: Classes) -> None:
    class Own(classes.request):  # type: ignore[name-defined,misc]
        trusted_hosts = ["example.com"]

    assert Own(create_environ(headers={"Host": "example.com"})).host == "example.com"
    with pytest.raises(SecurityError):
        Own(create_environ(headers={"Host": "evil"})).host


def test_request_has_attributes_and_can_be_referred_to_weakly(classes: Classes) -> None:
    request = classes.request(create_environ())
    request.own = 1
    assert vars(request)["own"] == 1
    assert weakref.ref(request)() is request


def test_closing_a_request_closes_its_files(classes: Classes) -> None:
    environ = create_environ(method="POST", data={"file": (io.BytesIO(b"x"), "a")})
    request = classes.request(environ)
    request.close()
    file = request.files["file"]
    assert not file.stream.closed
    request.close()
    assert file.stream.closed


@pytest.mark.parametrize("name", ["url_rule", "view_args", "routing_exception", "endpoint"])
def test_property_in_a_request_class_of_an_application(name: str) -> None:
    reads: list[str] = []

    def get(self: t.Any) -> t.Any:
        reads.append(name)
        if name == "endpoint":
            return "bp.view"
        return vars(self).get(f"own_{name}")

    def put(self: t.Any, value: t.Any) -> None:
        vars(self)[f"own_{name}"] = value

    cls = type("Own", (Request,), {name: property(get, put)})
    app = Flask("own")
    app.request_class = cls
    app.add_url_rule("/<int:n>", view_func=lambda n: f"{n} {fastflask.request.blueprint}")
    app.before_request(lambda: None)
    got = app.test_client().get("/5")
    assert got.text == ("5 bp" if name == "endpoint" else "5 None")
    assert reads


PER_REQUEST = ["json_module", "url_rule", "view_args", "routing_exception"]


@pytest.mark.parametrize("name", PER_REQUEST)
def test_what_is_set_for_each_request_has_a_plain_default(name: str) -> None:
    default = fastflask.json if name == "json_module" else None
    assert inspect.getattr_static(Request, name) is default


@pytest.mark.parametrize("looked", [False, True])
@pytest.mark.parametrize("name", PER_REQUEST)
def test_what_is_set_for_each_request_set_and_deleted(
    classes: Classes, name: str, looked: bool
) -> None:
    """As with an attribute in the instance's dict, before and after somebody looked at that."""

    def run(base: t.Any) -> t.Any:
        cls = type("Own", (base,), {name: "of the class"})
        request, seen = cls(create_environ()), []
        # A name that is not interned is another object.
        odd = "".join(list(name))
        for value in "first", None, "second", False:
            setattr(request, name, value)
            assert not looked or vars(request)[name] is value
            seen += [getattr(request, name), getattr(request, odd), hasattr(request, "x" + odd)]
        setattr(request, odd, "third")
        setattr(cls, name, "another of the class")
        seen.append(getattr(request, name))
        delattr(request, odd)
        seen += [name in vars(request), getattr(request, name), outcome(lambda: request.absent)]
        with pytest.raises(AttributeError):
            delattr(request, name)
        setattr(cls, name, property(lambda self: "a property"))
        seen += [getattr(request, name), outcome(lambda: setattr(request, name, 1))[0]]
        return seen

    assert run(classes.request) == run(PlainRequest)


def test_attributes_of_a_request_with_a_way_of_its_own(classes: Classes) -> None:
    def run(base: t.Any) -> t.Any:
        class Own(base):  # type: ignore[misc]
            def __getattribute__(self, name: str) -> t.Any:
                return "own" if name == "view_args" else super().__getattribute__(name)

            def __getattr__(self, name: str) -> str:
                return f"no {name}"

            def __setattr__(self, name: str, value: t.Any) -> None:
                super().__setattr__(name, ("set", value) if name == "url_rule" else value)

        request = Own(create_environ("/a?x=1"))
        request.url_rule = request.view_args = request.other = 1
        return request.url_rule, request.view_args, request.other, request.absent, request.args

    assert run(classes.request) == run(PlainRequest)


def test_cached_properties_of_a_request(classes: Classes) -> None:
    def run(base: t.Any) -> t.Any:
        made: list[int] = []

        def compute(self: t.Any) -> int:
            made.append(1)
            return len(made)

        class Own(base):  # type: ignore[misc]
            kept = cached_property(compute)
            renamed = cached_property(compute, name="another")

        request = Own(create_environ("/a"))
        seen: list[t.Any] = [request.kept, request.kept, "kept" in vars(request)]
        seen += [request.renamed, outcome(lambda: request.compute), "renamed" in vars(request)]
        request.kept = 7
        seen.append(request.kept)
        del request.kept
        seen += [request.kept, outcome(lambda: request.another)]
        vars(request)["kept"] = 8
        return [*seen, request.kept, made, request.url, "url" in vars(request)]

    assert run(classes.request) == run(PlainRequest)


def test_blueprints_overridden_in_a_request_class() -> None:
    class Own(Request):
        @property
        def blueprints(self) -> list[str]:
            return ["inner", "outer"]

    app = Flask("own")
    app.request_class = Own
    app.add_url_rule("/", view_func=lambda: "index")
    order: list[str] = []
    for name in ("inner", "outer", "other", None):
        app.before_request_funcs[name].append(lambda name=name: order.append(f"before {name}"))
        app.after_request_funcs[name].append(
            lambda response, name=name: order.append(f"after {name}") or response
        )
        app.teardown_request_funcs[name].append(
            lambda error, name=name: order.append(f"teardown {name}")
        )
    app.test_client().get("/")
    assert order == [
        "before None",
        "before outer",
        "before inner",
        "after inner",
        "after outer",
        "after None",
        "teardown inner",
        "teardown outer",
        "teardown None",
    ]


def test_request_that_is_none_of_ours() -> None:
    class Foreign(PlainRequest):
        url_rule = view_args = routing_exception = None
        endpoint = property(lambda self: self.url_rule and self.url_rule.endpoint)
        blueprint = None
        blueprints: list[str] = []

    app = Flask("own")
    app.request_class = Foreign  # type: ignore[assignment]
    app.secret_key = "a key"
    app.add_url_rule("/<int:n>", view_func=lambda n: f"{n} {fastflask.session.get('x')}")
    app.before_request(lambda: None)
    assert app.test_client().get("/5").text == "5 None"
    assert app.test_client().get("/x").status_code == 404
