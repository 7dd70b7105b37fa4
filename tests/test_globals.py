"""What ``g`` is: a namespace that lives as long as an application context."""

from __future__ import annotations

import typing as t

import pytest

from fastflask import Flask, g
from fastflask.ctx import _AppCtxGlobals


def test_globals_of_an_application_context(app: Flask) -> None:
    with app.app_context() as context:
        assert repr(g) == "<flask.g of 'changes'>"
        with pytest.raises(AttributeError, match="missing"):
            g.missing
        g.a = 1
        assert ("a" in g, list(g), g.get("a"), g.get("b", 2)) == (True, ["a"], 1, 2)
        assert g.setdefault("c", 3) == 3 and g.pop("c") == 3
        assert g.pop("c", None) is None
        with pytest.raises(KeyError):
            g.pop("c")
        del g.a
        assert context.g is g._get_current_object()


def test_globals_keep_attributes_in_their_dict_only(app: Flask) -> None:
    class Named(_AppCtxGlobals):
        @property
        def name(self) -> str:
            return "of the class"

    for cls in (_AppCtxGlobals, Named):
        app.app_ctx_globals_class = cls
        with app.app_context():
            g.name = g.get = "of the object"
            assert vars(g) == {"name": "of the object", "get": "of the object"}
            assert g.name == ("of the class" if cls is Named else "of the object")
            assert g.get == "of the object" and g.pop("get") == "of the object"
            assert g.get("name") == "of the object"
            assert (hasattr(g, "name"), hasattr(g, "other")) == (True, False)
            with pytest.raises(AttributeError) as caught:
                g.other
            assert caught.value.args == ("other",)
            with pytest.raises(TypeError):
                setattr(g, 1, 2)  # type: ignore[call-overload]
            object.__setattr__(g._get_current_object(), "plain", 1)
            assert g.plain == 1 and g.__class__ is cls


def test_globals_class_patched(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[t.Any] = []

    def note(self: t.Any, name: str, value: t.Any) -> None:
        seen.append(name)
        vars(self)[name] = value

    for turn in range(2):
        with app.app_context():
            g.before = turn
            with monkeypatch.context() as patch:
                patch.setattr(_AppCtxGlobals, "__setattr__", note)
                patch.setattr(_AppCtxGlobals, "__getattr__", lambda self, name: name.upper())
                patch.setattr(_AppCtxGlobals, "late", property(lambda self: "late"), raising=False)
                g.during = turn
                assert (g.during, g.missing, g.late) == (turn, "MISSING", "late")
            g.late = turn
            with pytest.raises(AttributeError):
                g.missing
            assert vars(g) == {"before": turn, "during": turn, "late": turn}
    assert seen == ["during", "during"]
