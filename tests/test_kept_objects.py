"""What each request needs is made and let go of as any object is, though some are used again."""

from __future__ import annotations

import gc
import sys
import typing as t
import weakref

import pytest

from fastflask import Flask, Request, Response
from fastflask.ctx import AppContext, RequestContext
from fastflask.testing import EnvironBuilder


def _make_request(app: Flask) -> t.Any:
    environ = EnvironBuilder(app, "/").get_environ()
    with app.request_context(environ) as context:
        return context.request


def _make_response(app: Flask) -> t.Any:
    with app.test_request_context():
        return app.make_response("text")


def _make_app_context(app: Flask) -> t.Any:
    with app.app_context() as context:
        return context


def _make_request_context(app: Flask) -> t.Any:
    with app.test_request_context() as context:
        return context


MAKERS = {
    Request: _make_request,
    Response: _make_response,
    AppContext: _make_app_context,
    RequestContext: _make_request_context,
}
each = pytest.mark.parametrize("cls", MAKERS, ids=lambda cls: cls.__name__)


@pytest.fixture
def app() -> Flask:
    return Flask(__name__)


@each
def test_object_has_nothing_of_the_one_before(app: Flask, cls: type) -> None:
    first = MAKERS[cls](app)
    names = {name for name in dir(first) if not name.startswith("__")}
    first.mine = {}
    first.status = first.host = "404 x"
    kept = vars(first)
    seen = weakref.ref(first)
    del first
    assert seen() is None
    assert "mine" in kept

    # As many as might have been kept.
    others = [MAKERS[cls](app) for _ in range(40)]
    for other in others:
        assert {name for name in dir(other) if not name.startswith("__")} == names
        assert "404 x" not in (getattr(other, "status", ""), getattr(other, "host", ""))
        assert type(other) is cls
        assert gc.is_tracked(other)
        assert weakref.getweakrefcount(other) == 0


@each
def test_references_are_let_go_of(app: Flask, cls: type) -> None:
    class Value:
        pass

    for _ in range(50):
        made = MAKERS[cls](app)
        made.value, made.direct_passthrough = Value(), Value()
        refs = weakref.ref(made.value), weakref.ref(made.direct_passthrough)
        del made
        assert [ref() for ref in refs] == [None, None]


@each
def test_numbers_of_references_stay(app: Flask, cls: type) -> None:
    def count() -> tuple[int, int, int]:
        gc.collect()
        # An interpreter made for debugging counts all references there are.
        total = getattr(sys, "gettotalrefcount", int)()
        return sys.getrefcount(cls), sys.getrefcount(None), total

    many = [MAKERS[cls](app) for _ in range(40)]
    del many
    before = count()
    for _ in range(100):
        MAKERS[cls](app)
        many = [MAKERS[cls](app) for _ in range(20)]
        del many
    after = count()
    assert after[0] == before[0]
    assert abs(after[1] - before[1]) < 50
    assert abs(after[2] - before[2]) < 50


@each
def test_cycle_is_collected(app: Flask, cls: type) -> None:
    made = MAKERS[cls](app)
    made.me = made.shallow = made.response = made
    seen = weakref.ref(made)
    del made
    gc.collect()
    assert seen() is None
    MAKERS[cls](app).me = 1


@each
def test_finalizer_of_the_class_runs_once(
    app: Flask, cls: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[int] = []
    monkeypatch.setattr(cls, "__del__", lambda self: ended.append(id(self)), raising=False)
    made = MAKERS[cls](app)
    expected = [id(made)]
    del made
    assert ended == expected
    kept: list[t.Any] = []
    monkeypatch.setattr(cls, "__del__", lambda self: kept.append(self), raising=False)
    made = MAKERS[cls](app)
    made.mark = 5
    del made
    (back,) = kept
    assert back.mark == 5
    kept.clear()
    del back
    assert not kept
    monkeypatch.undo()
    assert MAKERS[cls](app) is not None


@each
def test_derived_class(app: Flask, cls: type) -> None:
    ended = []

    class Derived(cls):  # type: ignore[misc, valid-type]
        __slots__ = ("more",)

        def __del__(self) -> None:
            ended.append(self.more)

    arguments = {"app": app} if cls is AppContext else {}
    if cls is RequestContext:
        arguments = {"app": app, "environ": EnvironBuilder(app, "/").get_environ()}
    app.request_class = Derived if cls is Request else Request
    app.response_class = Derived if cls is Response else Response
    before = sys.getrefcount(Derived)
    for number in range(20):
        made = Derived(**arguments) if arguments else MAKERS[cls](app)
        made.more = made.other = number
        del made
    assert ended == [*range(20)]
    assert sys.getrefcount(Derived) == before


@each
def test_class_of_an_object_changed(app: Flask, cls: type) -> None:
    class Derived(cls):  # type: ignore[misc, valid-type]
        pass

    for _ in range(3):
        made = MAKERS[cls](app)
        made.__class__ = Derived
        made.mark = 1
        other = Derived.__new__(Derived)
        other.__class__ = cls
        assert type(other) is cls
        del made, other


@each
def test_weak_references_call_back(app: Flask, cls: type) -> None:
    called: list[t.Any] = []
    made = MAKERS[cls](app)
    ref = weakref.ref(made, lambda ref: called.append((ref(), MAKERS[cls](app))))
    del made
    assert ref() is None
    assert called[0][0] is None


@pytest.mark.parametrize("cls", [AppContext, RequestContext], ids=lambda cls: cls.__name__)
def test_dict_of_a_context_replaced_and_deleted(app: Flask, cls: type) -> None:
    made = MAKERS[cls](app)
    made.first = 1
    assert vars(made)["first"] == 1
    made.__dict__ = mine = {**vars(made), "second": 2}
    del mine["first"]
    assert made.second == 2
    assert not hasattr(made, "first")
    with pytest.raises(TypeError):
        made.__dict__ = 1
    del made.__dict__
    assert not hasattr(made, "second")
    made.third = 3
    kept = vars(made)
    del made
    assert (mine["second"], kept) == (2, {"third": 3})


def test_long_chain_of_responses(app: Flask) -> None:
    chain = _make_response(app)
    for _ in range(100_000):
        longer = _make_response(app)
        longer.response = chain
        chain = longer
    del chain, longer
