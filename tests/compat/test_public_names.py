"""Modules, names and signatures: what extensions import and inspect is where Flask has it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
import typing as t

import flask
import pytest

import fastflask

MODULES = sorted(
    found.name
    for found in pkgutil.walk_packages(flask.__path__, "flask.")
    if found.name != "flask.__main__"
)


def twin(name: str) -> types.ModuleType:
    return importlib.import_module("fast" + name)


def public(module: types.ModuleType) -> dict[str, t.Any]:
    """Return the names that a module defines, or the package offers."""
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("__")
        and not isinstance(value, types.ModuleType)
        and (module is flask or getattr(value, "__module__", module.__name__) == module.__name__)
    }


@pytest.mark.parametrize("name", ["flask", *MODULES])
def test_module_has_the_names_of_flasks(name: str) -> None:
    module = twin(name)
    missing = [name for name in public(importlib.import_module(name)) if not hasattr(module, name)]
    assert missing == []


def shape(function: t.Any) -> list[tuple[str, t.Any, bool]] | None:
    """Return names, kinds and which have a default, of the parameters of a function."""
    try:
        found = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    return [(p.name, p.kind, p.default is not p.empty) for p in found.parameters.values()]


def test_functions_and_methods_take_the_same_arguments() -> None:
    different = []
    for name in ("flask", *MODULES):
        module = twin(name)
        for attribute, value in public(importlib.import_module(name)).items():
            if inspect.isfunction(value):
                pairs = [(attribute, value, getattr(module, attribute))]
            elif inspect.isclass(value):
                ours = getattr(module, attribute)
                pairs = [
                    (f"{attribute}.{member}", found, getattr(ours, member))
                    for member, found in vars(value).items()
                    if inspect.isfunction(found) and not member.startswith("_")
                ]
            else:
                continue
            different += [
                f"{name}.{label}" for label, theirs, ours in pairs if shape(theirs) != shape(ours)
            ]
    assert different == []


def test_classes_are_derived_alike() -> None:
    for name in ("Flask", "Blueprint", "Request", "Response", "Config"):
        theirs, ours = getattr(flask, name), getattr(fastflask, name)
        names = [cls.__name__ for cls in ours.__mro__]
        assert [c.__name__ for c in theirs.__mro__ if c.__name__ not in names] == []
