"""What a subclass, an instance, a patch or another class makes of the response counts."""

from __future__ import annotations

import typing as t

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import create_environ
from werkzeug.wrappers import Response as PlainResponse
from wrapper_classes import Classes, Plain, make_classes, outcome, send

from fastflask import Flask, Response


@pytest.fixture
def classes(impl: t.Any) -> Classes:
    """Request and response over each implementation of the lean bases."""
    return make_classes(impl)


def _getter(value: t.Any) -> t.Any:
    return property(lambda self: value, lambda self, new: None)


class OwnStatus:
    @property
    def status(self) -> str:
        return "299 Own"

    @status.setter
    def status(self, value: t.Any) -> None:
        self._status_code = 200


class OwnHeaders:
    @property
    def headers(self) -> t.Any:
        return self.__dict__.setdefault("own", Headers([("X-Own", "1")]))

    @headers.setter
    def headers(self, value: t.Any) -> None:
        self.__dict__["own"] = Headers(value)


#: What a subclass may replace, each of which has to count.
OVERRIDES: dict[str, dict[str, t.Any]] = {
    "status": {"status": OwnStatus.status},
    "status_code": {"status_code": _getter(204)},
    "_clean_status": {"_clean_status": lambda self, value: ("299 Clean", 299)},
    "headers": {"headers": OwnHeaders.headers},
    "set_data": {
        "set_data": lambda self, value: setattr(self, "response", [b"own ", str(value).encode()])
    },
    "get_wsgi_headers": {"get_wsgi_headers": lambda self, environ: Headers([("X-Own", "1")])},
    "get_app_iter": {"get_app_iter": lambda self, environ: [b"own"]},
    "iter_encoded": {"iter_encoded": lambda self: iter([b"own"])},
    "get_wsgi_response": {
        "get_wsgi_response": lambda self, environ: ([b"own"], "299 Own", [("X-Own", "1")])
    },
    "__call__": {
        "__call__": lambda self, environ, start: (start("299 Own", []), [b"own"])[1],
    },
    "is_sequence": {"is_sequence": _getter(False)},
    "default_mimetype": {"default_mimetype": "text/own"},
    "default_mimetype none": {"default_mimetype": None},
    "default_mimetype property": {"default_mimetype": _getter("text/property")},
    "default_status": {"default_status": 202},
    "default_status text": {"default_status": "299 Own"},
    "default_status property": {"default_status": _getter(203)},
    "automatically_set_content_length": {"automatically_set_content_length": False},
    "automatic property": {"automatically_set_content_length": _getter(False)},
    "autocorrect_location_header": {"autocorrect_location_header": True},
    "response property": {"response": _getter(["own"])},
    "direct_passthrough property": {"direct_passthrough": _getter(True)},
    "__init__": {
        "__init__": lambda self, *args, **kwargs: Plain.__init__(self, b"own", 203),
    },
    "__setattr__": {
        "__setattr__": lambda self, name, value: object.__setattr__(
            self, name, "299 Set" if name == "_status" else value
        )
    },
    "__getattribute__": {
        "__getattribute__": lambda self, name: (
            ["own"] if name == "response" else object.__getattribute__(self, name)
        )
    },
}


@pytest.mark.parametrize("late", [False, True], ids=["subclass", "patched"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("name", OVERRIDES)
def test_response_overridden(classes: Classes, name: str, method: str, late: bool) -> None:
    def run(base: t.Any) -> t.Any:
        cls = type("Own", (base,), {} if late else OVERRIDES[name])
        if late:
            send(cls("first"))
            for key, value in OVERRIDES[name].items():
                setattr(cls, key, value)
        answers = [
            outcome(lambda: send(cls("text"), method)),
            outcome(lambda: send(cls(["a", "b"], 201, {"Location": "/x"}), method)),
        ]
        if late:
            for key in OVERRIDES[name]:
                delattr(cls, key)
            answers.append(send(cls("last"), method))
        return answers

    assert run(classes.response) == run(Plain)


@pytest.mark.parametrize("late", [False, True], ids=["subclass", "patched"])
@pytest.mark.parametrize("name", OVERRIDES)
def test_response_to_text_overridden(name: str, late: bool) -> None:
    own = {
        key: (lambda self, *args, **kwargs: Response.__init__(self, b"own", 203))
        if key == "__init__"
        else value
        for key, value in OVERRIDES[name].items()
    }
    app = Flask("own")
    cls = app.response_class = t.cast("t.Any", type("Own", (Response,), {} if late else own))
    outcome(lambda: app.make_response("first"))
    if late:
        for key, value in own.items():
            setattr(cls, key, value)
    for rv, status in (("text", None), (("text", 201), 201), (("text", 799), 799)):
        expected = outcome(lambda status=status: send(cls("text", status)))
        assert outcome(lambda rv=rv: send(app.make_response(rv))) == expected


def test_response_class_with_a_class_of_its_own() -> None:
    class Counting(type):
        calls: t.ClassVar[list[t.Any]] = []

        def __call__(cls, *args: t.Any, **kwargs: t.Any) -> t.Any:
            cls.calls.append(args[:1])
            return super().__call__(*args, **kwargs)

    class Own(Response, metaclass=Counting):
        pass

    app = Flask("own")
    app.response_class = Own
    for number in range(3):
        assert send(app.make_response("text")) == send(Response("text"))
        assert len(Counting.calls) == number + 1


@pytest.mark.parametrize("name", ["close", "get_app_iter", "iter_encoded", "set_data", "headers"])
def test_response_attribute_set_on_the_instance(classes: Classes, name: str) -> None:
    def run(cls: t.Any) -> t.Any:
        calls: list[str] = []
        response = cls("text")
        replacements: dict[str, t.Any] = {
            "close": lambda: calls.append("close"),
            "get_app_iter": lambda environ: [b"own"],
            "iter_encoded": lambda: iter([b"own"]),
            "set_data": lambda value: calls.append(value),
            "headers": Headers([("X-Own", "1")]),
        }
        setattr(response, name, replacements[name])
        return outcome(lambda: send(response)), outcome(lambda: response.set_data("x")), calls

    assert run(classes.response) == run(Plain)


def test_close_overridden_is_called_by_the_server(classes: Classes) -> None:
    calls: list[str] = []

    class Own(classes.response):  # type: ignore[name-defined,misc]
        def close(self) -> None:
            calls.append("own")
            super().close()

    response = Own("text")
    response.call_on_close(lambda: calls.append("callback"))
    send(response)
    assert calls == ["own", "callback"]
    type(response).close = lambda self: calls.append("patched")
    send(response)
    assert calls[2:] == ["patched"]


def test_class_of_a_response_assigned() -> None:
    class Own(Response):
        def get_wsgi_headers(self, environ: t.Any) -> Headers:
            return Headers([("X-Own", "1")])

    response = Response("x")
    response.__class__ = Own
    assert send(response)[1] == [("X-Own", "1")]


def test_default_mimetype_patched_on_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Response("x").mimetype == "text/html"
    monkeypatch.setattr(Response, "default_mimetype", "text/own")
    assert Response("x").mimetype == "text/own"
    monkeypatch.undo()
    assert Response("x").mimetype == "text/html"


def test_method_of_werkzeugs_class_patched(monkeypatch: pytest.MonkeyPatch) -> None:
    send(Response("x"))
    monkeypatch.setattr(
        PlainResponse, "get_wsgi_headers", lambda self, environ: Headers([("a", "b")])
    )
    assert send(Response("x"))[1] == [("a", "b")]
    monkeypatch.undo()
    monkeypatch.setattr(PlainResponse, "iter_encoded", lambda self: iter([b"patched"]))
    assert send(Response("x"))[2] == [b"patched"]


def test_phrase_of_a_status_patched(monkeypatch: pytest.MonkeyPatch) -> None:
    from werkzeug.http import HTTP_STATUS_CODES

    assert Response(status=404).status == "404 NOT FOUND"
    monkeypatch.setitem(HTTP_STATUS_CODES, 404, "Gone Fishing")
    assert Response(status=404).status == "404 GONE FISHING"
    monkeypatch.delitem(HTTP_STATUS_CODES, 404)
    assert Response(status=404).status == "404 UNKNOWN"


def test_response_class_that_is_no_response() -> None:
    class Bare:
        def __init__(self, response: str, status: t.Any, headers: t.Any) -> None:
            self.response = response

        def __call__(self, environ: t.Any, start_response: t.Any) -> list[bytes]:
            start_response("299 Bare", [])
            return [self.response.encode()]

    app = Flask("own")
    app.response_class = Bare  # type: ignore[assignment]
    app.add_url_rule("/", view_func=lambda: "text")
    started: list[t.Any] = []
    for number in range(2):
        body = app(create_environ(), lambda status, headers: started.append(status))
        assert (list(body), started[number:]) == ([b"text"], ["299 Bare"])


def test_response_class_that_is_none_of_ours() -> None:
    app = Flask("own")
    app.response_class = Plain  # type: ignore[assignment]
    app.add_url_rule("/", view_func=lambda: ("text", 201, {"X-A": "1"}))
    app.after_request(lambda response: response)
    environ = create_environ()
    got: list[t.Any] = []
    body = app(environ, lambda status, headers, exc_info=None: got.extend((status, headers)))
    assert b"".join(body) == b"text"
    assert got[0] == "201 CREATED" and ("X-A", "1") in got[1]
