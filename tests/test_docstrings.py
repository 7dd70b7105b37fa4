"""What the docstrings of the public interface have to tell: parameters, and since when."""

from __future__ import annotations

import importlib
import inspect
import types
import typing as t

import pytest

import fastflask

#: Modules with public names that the package itself does not show.
MODULES = (
    "config",
    "ctx",
    "helpers",
    "json",
    "json.provider",
    "templating",
    "testing",
    "views",
)


def ours(value: object) -> bool:
    return str(getattr(value, "__module__", "")).startswith("fastflask")


def internal(value: object) -> bool:
    """Whether it is shown by a public module only because that one uses it."""
    private = "._" in value.__module__ and value.__module__ not in {
        "fastflask._active",
        "fastflask._alias",
    }
    return private or ":meta private:" in (value.__doc__ or "")


def public() -> t.Iterator[tuple[str, t.Any]]:
    """Names and objects that are classes and functions of the interface, and their methods."""
    modules = [fastflask, *(importlib.import_module(f"fastflask.{name}") for name in MODULES)]
    seen = set()
    for module in modules:
        for name, value in vars(module).items():
            if name.startswith("_") or not ours(value) or isinstance(value, types.ModuleType):
                continue
            if not (inspect.isclass(value) or inspect.isfunction(value)):
                continue
            if value in seen or internal(value):
                continue
            seen.add(value)
            place = f"{module.__name__}.{name}"
            yield place, value
            if inspect.isclass(value):
                for method, member in inspect.getmembers(value, inspect.isroutine):
                    if not method.startswith("_") and ours(member) and callable(member):
                        yield f"{place}.{method}", member


PUBLIC = dict(public())


def test_there_is_an_interface() -> None:
    names = {"fastflask.Flask.route", "fastflask.flash", "fastflask.ctx.RequestContext.push"}
    assert names <= set(PUBLIC) and len(PUBLIC) > 180


@pytest.mark.parametrize("name", PUBLIC)
def test_docstring_tells_every_parameter(name: str) -> None:
    value = PUBLIC[name]
    text = inspect.getdoc(value)
    assert text, "no docstring"
    assert text.partition("\n\n")[0].endswith((".", ":"))
    if inspect.isclass(value):
        return
    missing = [
        parameter
        for parameter in inspect.signature(value).parameters
        if parameter not in {"self", "cls"} and f":param {parameter}:" not in text
    ]
    assert not missing


@pytest.mark.parametrize("name", [name for name in PUBLIC if "." not in PUBLIC[name].__qualname__])
def test_docstring_tells_since_when(name: str) -> None:
    assert ".. versionadded:: " in (inspect.getdoc(PUBLIC[name]) or "")
