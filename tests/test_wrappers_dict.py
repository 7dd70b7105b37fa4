"""``__dict__`` of requests and responses: read, kept, taken over and copied, as with Werkzeug's."""

from __future__ import annotations

import copy
import gc
import typing as t
import weakref

import pytest
from werkzeug.test import create_environ
from werkzeug.wrappers import Request as PlainRequest
from wrapper_classes import Classes, Plain, make_classes

from fastflask import Flask


@pytest.fixture
def classes(impl: t.Any) -> Classes:
    """Request and response over each implementation of the lean bases."""
    return make_classes(impl)


def taking_over(base: type[t.Any]) -> type[t.Any]:
    """A class as extensions write it: made of another object, without the constructor."""

    class Taking(base):  # type: ignore[misc]
        def __init__(self, other: t.Any) -> None:
            self.__dict__ = other.__dict__
            self.taken = True

    return Taking


def show(response: t.Any) -> tuple[t.Any, ...]:
    return (
        response.status,
        response.status_code,
        response.get_wsgi_headers({}).to_wsgi_list(),
        response.get_data(),
        response.direct_passthrough,
        response.extra,
    )


def make_response(cls: type[t.Any]) -> t.Any:
    response = cls("text", 201, {"X-A": "b"})
    response.extra = ["extra"]
    return response


def test_response_taken_over(classes: Classes) -> None:
    expected = show(make_response(Plain))
    response = make_response(classes.response)
    other = taking_over(classes.response)(response)
    assert show(other) == show(response) == expected
    assert response.taken and other.headers is response.headers and other.extra is response.extra
    closed: list[str] = []
    other.call_on_close(lambda: closed.append("x"))
    response.close()
    assert closed == ["x"]


@pytest.mark.parametrize("first", [0, 1])
def test_either_may_go_first(classes: Classes, first: int) -> None:
    response = make_response(classes.response)
    pair = [response, taking_over(classes.response)(response)]
    del response
    pair[first] = None
    gc.collect()
    assert show(pair[1 - first]) == show(make_response(Plain))


def test_response_taken_over_from_werkzeugs(classes: Classes) -> None:
    response = make_response(Plain)
    assert show(taking_over(classes.response)(response)) == show(response)


def test_response_shows_its_state(classes: Classes) -> None:
    response = make_response(classes.response)
    if "_made_headers" in vars(response):
        # The pure one keeps its state there, in its own way.
        assert vars(response)["_made_headers"] is response.headers
        return
    assert vars(response) == vars(make_response(Plain))
    response.status_code = 404
    response.headers["X-B"] = "c"
    assert vars(response)["_status_code"] == 404
    assert vars(response)["headers"] is response.headers


def test_dict_outlives_its_object(classes: Classes) -> None:
    response, request = make_response(classes.response), make_request(classes.request)
    del request.environ["werkzeug.request"]
    kept = vars(request), vars(response)
    gone = weakref.ref(request), weakref.ref(response)
    del response, request
    assert gone[0]() is gone[1]() is None
    assert kept[0]["path"] == "/a" and kept[0]["extra"] == "extra" and kept[1]["extra"] == ["extra"]


def test_dict_outlives_its_application() -> None:
    app = Flask("shop")
    app.kept = "kept"  # type: ignore[attr-defined]
    attributes, gone = vars(app), weakref.ref(app)
    del app
    gc.collect()
    assert gone() is None and attributes["kept"] == "kept"


def make_request(cls: type[t.Any]) -> t.Any:
    environ = create_environ("/a?b=c", "http://localhost/root", method="POST", data={"k": "v"})
    request = cls(environ)
    request.extra = "extra"
    return request


FIELDS = (
    "method scheme server root_path path query_string remote_addr environ shallow host url args"
    " extra"
).split()


@pytest.mark.parametrize("how", ["taken over", "copied"])
@pytest.mark.parametrize("looked", [False, True])
def test_request_taken_over_or_copied(classes: Classes, how: str, looked: bool) -> None:
    request = make_request(classes.request)
    if looked:
        assert (request.host, request.form["k"]) == ("localhost", "v")
    other = copy.copy(request) if how == "copied" else taking_over(classes.request)(request)
    plain = make_request(PlainRequest)
    for name in FIELDS:
        expected = getattr(plain, name) if name != "environ" else request.environ
        assert getattr(other, name) == getattr(request, name) == expected
    assert other.headers.get("Host") == "localhost"
    # The body can be read once; what was read of it is shared.
    assert other.form["k"] == "v"
    if how == "taken over" or looked:
        assert request.form["k"] == "v"


def test_request_in_a_context(classes: Classes) -> None:
    app = Flask("shop")
    app.add_url_rule("/<int:id>", "item", lambda id: str(id))
    taking = taking_over(app.request_class)
    with app.test_request_context("/7?a=b", headers={"Host": "shop.example"}) as context:
        other, copied = taking(context.request), copy.copy(context.request)
        for request in other, copied:
            assert request.url == "http://shop.example/7?a=b"
            assert (request.endpoint, request.view_args) == ("item", {"id": 7})


def test_dict_set_to_something_else(classes: Classes) -> None:
    for made in make_response(classes.response), make_request(classes.request):
        with pytest.raises(TypeError, match="must be set to a dictionary"):
            made.__dict__ = 3
