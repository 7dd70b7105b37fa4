"""The chooser in each of its states, and the likeness of the two implementations."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

import pytest
from werkzeug.utils import cached_property
from werkzeug.wrappers import Request as PlainRequest

from fastflask import _impl, _pure

PACKAGE = Path(_impl.__file__).parent
SWITCH = os.environ.get("FASTFLASK_SPEEDUPS", "").strip()
BUILT = any((PACKAGE / f"_speedups{suffix}").exists() for suffix in EXTENSION_SUFFIXES)
ASK = """
import json, warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from fastflask import _impl
    import fastflask.globals
    texts = [str(w.message) for w in caught if w.category is RuntimeWarning]
origin = type(fastflask.globals.request).__module__
print(json.dumps([_impl.implementation, _impl.reason, texts, origin]))
"""
needs_both = pytest.mark.skipif(
    SWITCH == "0" or (SWITCH != "1" and not BUILT),
    reason="there is no compiled module, or this run is in pure mode",
)


def ask(switch: str | None, path: Path = PACKAGE.parent) -> subprocess.CompletedProcess[str]:
    """Import the package found in *path* with the switch in this position."""
    environment = {**os.environ, "PYTHONPATH": str(path)}
    environment.pop("FASTFLASK_SPEEDUPS", None)
    if switch is not None:
        environment["FASTFLASK_SPEEDUPS"] = switch
    command = [sys.executable, "-c", ASK]
    return subprocess.run(command, env=environment, cwd=path, capture_output=True, text=True)


def answer(switch: str | None, path: Path = PACKAGE.parent) -> tuple[str, str, list[str], str]:
    result = ask(switch, path)
    assert result.returncode == 0, result.stderr
    implementation, reason, warned, origin = json.loads(result.stdout)
    return implementation, reason, warned, origin


@pytest.fixture
def unbuilt(tmp_path: Path) -> Path:
    """A copy of the package without the compiled module."""
    ignore = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "fastflask", ignore=ignore)
    return tmp_path


@pytest.fixture
def broken(unbuilt: Path) -> Path:
    """A copy of the package with a compiled module that is none."""
    (unbuilt / "fastflask" / f"_speedups{EXTENSION_SUFFIXES[0]}").write_bytes(b"not a module")
    return unbuilt


def test_chooser_in_this_process_follows_the_switch() -> None:
    expected = {"0": "pure", "1": "compiled"}.get(SWITCH, "compiled" if BUILT else "pure")
    assert _impl.implementation == expected
    assert _impl.reason


def test_exported_names_come_from_the_chosen_implementation() -> None:
    suffix = {"compiled": "_speedups", "pure": "_pure"}[_impl.implementation]
    chosen = sys.modules[f"fastflask.{suffix}"]
    for name in _impl.NAMES:
        assert getattr(_impl, name) is getattr(chosen, name)


@needs_both
@pytest.mark.parametrize("switch", [None, "", "1", " 1 "])
def test_switch_unset_or_one_takes_the_compiled_module(switch: str | None) -> None:
    implementation, reason, warned, origin = answer(switch)
    assert (implementation, warned) == ("compiled", [])
    assert origin == "fastflask._speedups"
    assert ("FASTFLASK_SPEEDUPS=1" in reason) == bool(switch)


def test_switch_zero_takes_the_pure_modules() -> None:
    implementation, reason, warned, origin = answer("0")
    assert (implementation, reason, warned) == ("pure", "FASTFLASK_SPEEDUPS=0", [])
    assert origin.startswith("fastflask._pure")


@pytest.mark.parametrize("switch", ["2", "yes", "compiled"])
def test_switch_with_another_value_is_refused(switch: str) -> None:
    result = ask(switch)
    assert result.returncode != 0
    assert "ImportError: FASTFLASK_SPEEDUPS is" in result.stderr
    assert repr(switch) in result.stderr


def test_missing_module_means_pure_without_a_warning(unbuilt: Path) -> None:
    implementation, reason, warned, _ = answer(None, unbuilt)
    assert (implementation, warned) == ("pure", [])
    assert "not built" in reason


def test_missing_module_is_an_error_when_required(unbuilt: Path) -> None:
    result = ask("1", unbuilt)
    assert result.returncode != 0
    assert "ImportError: FASTFLASK_SPEEDUPS=1 requires the compiled module" in result.stderr


def test_broken_module_means_pure_with_a_warning_that_says_why(broken: Path) -> None:
    implementation, reason, warned, _ = answer(None, broken)
    assert implementation == "pure"
    assert f"_speedups{EXTENSION_SUFFIXES[0]}" in reason
    assert [reason in text for text in warned] == [True]


def test_broken_module_is_an_error_when_required(broken: Path) -> None:
    result = ask("1", broken)
    assert result.returncode != 0
    assert "ImportError: FASTFLASK_SPEEDUPS=1" in result.stderr


def test_broken_module_is_not_touched_in_pure_mode(broken: Path) -> None:
    assert answer("0", broken)[:3] == ("pure", "FASTFLASK_SPEEDUPS=0", [])


def test_version_option_tells_the_implementation_and_the_reason() -> None:
    command = [sys.executable, "-m", "fastflask", "--version"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert _impl.implementation in result.stdout
    assert _impl.reason in result.stdout


# Likeness of the twins. What Cython adds by itself, and what only a Python class has:
CYTHON_ONLY = {"__reduce_cython__", "__setstate_cython__", "__pyx_vtable__", "__pyx_capi__"}
PYTHON_ONLY = {
    "__annotations__",
    "__dict__",
    "__firstlineno__",
    "__module__",
    "__orig_bases__",
    "__parameters__",
    "__slots__",
    "__static_attributes__",
    "__weakref__",
}


def vars_of_all_bases(cls: type) -> list[Any]:
    return [member for base in cls.__mro__[:-1] for member in vars(base).values()]


def members(cls: type) -> dict[str, Any]:
    """Public and special members that a class or one of its bases defines by itself."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__[:-1]):
        found.update(vars(base))
    return {
        name: member
        for name, member in found.items()
        if (not name.startswith("_") or (name.startswith("__") and name.endswith("__")))
        and name not in CYTHON_ONLY | PYTHON_ONLY
    }


def signature(member: Any) -> list[tuple[str, Any, str]] | None:
    """Names, kinds and defaults of the parameters, where they can be told."""
    function = getattr(member, "__func__", member)
    if not callable(function):
        return None
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a slot of a C type
        return None
    # A marker for "not given" is another object in each.
    return [
        (p.name, p.kind, "marker" if type(p.default) is object else repr(p.default))
        for p in parameters
    ]


def attributes_used(cls: type) -> set[str]:
    """Names of attributes that the methods of a Python class use, or that it declares."""
    functions = [getattr(member, "__func__", member) for member in vars_of_all_bases(cls)]
    functions += [m.fget for m in vars_of_all_bases(cls) if isinstance(m, property)]
    names = {name for f in functions if hasattr(f, "__code__") for name in f.__code__.co_names}
    return names.union(*(vars(base).get("__annotations__", ()) for base in cls.__mro__))


def public(names: Any) -> set[str]:
    return {name for name in names if not name.startswith("_")}


@pytest.fixture(params=[n for n in _impl.NAMES if isinstance(getattr(_pure, n), type)])
def twins(request: pytest.FixtureRequest) -> tuple[type, type]:
    """One class in both implementations."""
    from fastflask import _speedups

    return getattr(_speedups, request.param), getattr(_pure, request.param)


@needs_both
def test_both_implementations_offer_every_name() -> None:
    from fastflask import _speedups

    for name in _impl.NAMES:
        compiled, pure = getattr(_speedups, name), getattr(_pure, name)
        assert isinstance(compiled, type) == isinstance(pure, type), name
        assert compiled is not pure, name


@needs_both
def test_compiled_names_are_compiled() -> None:
    from fastflask import _speedups

    path = Path(str(_speedups.__file__))
    assert any(path.name.endswith(suffix) for suffix in EXTENSION_SUFFIXES)
    for name in _impl.NAMES:
        member = getattr(_speedups, name)
        if isinstance(member, type):
            assert member.__module__ == "fastflask._speedups"
            assert not hasattr(member.__init__, "__code__") or "_pure" not in str(member.__init__)


@needs_both
def test_twin_classes_have_the_same_members(twins: tuple[type, type]) -> None:
    compiled, pure = twins
    assert compiled.__name__ == pure.__name__
    ours, theirs = public(members(compiled)), public(members(pure))
    # What Werkzeug computes once, the compiled twin knows where an attribute is read.
    kept = {n for n in theirs if isinstance(getattr(PlainRequest, n, None), cached_property)}
    assert theirs - ours <= (kept if pure is _pure.LeanRequest else set())
    # Fields of a C class show up as descriptors. In the twin they are attributes of the instance.
    methods = {name for name in ours if callable(members(compiled)[name])}
    assert methods - theirs == set()
    assert ours - theirs <= attributes_used(pure)


@needs_both
def test_twin_methods_have_the_same_signatures(twins: tuple[type, type]) -> None:
    compiled, pure = map(members, twins)
    for name in public(pure) & public(compiled):
        ours, theirs = signature(compiled[name]), signature(pure[name])
        assert ours is None or ours == theirs, name


@needs_both
def test_twin_members_have_the_same_docstrings(twins: tuple[type, type]) -> None:
    compiled, pure = twins
    assert inspect.cleandoc(compiled.__doc__ or "") == inspect.cleandoc(pure.__doc__ or "")
    ours, theirs = members(compiled), members(pure)
    for name in public(ours) & public(theirs):
        docs = [inspect.cleandoc(getattr(m[name], "__doc__", None) or "") for m in (ours, theirs)]
        if callable(theirs[name]) or isinstance(theirs[name], property):
            assert docs[0] == docs[1], name


@needs_both
@pytest.mark.parametrize("name", [n for n in _impl.NAMES if inspect.isroutine(getattr(_pure, n))])
def test_twin_functions_have_the_same_signature_and_docstring(name: str) -> None:
    from fastflask import _speedups

    compiled, pure = getattr(_speedups, name), getattr(_pure, name)
    assert signature(compiled) == signature(pure)
    assert inspect.cleandoc(compiled.__doc__) == inspect.cleandoc(pure.__doc__)


@pytest.mark.parametrize(
    "name", [n for n in _impl.NAMES if isinstance(getattr(_pure, n), type) and n != "BodyIterator"]
)
def test_engine_class_allows_subclasses_attributes_and_weak_references(
    impl: Any, name: str
) -> None:
    cls = getattr(impl, name)
    subclass = type(name, (cls,), {})
    assert cls.__weakrefoffset__ or subclass.__weakrefoffset__
    assert subclass.__dictoffset__


@needs_both
def test_twin_classes_are_alike_in_taking_weak_references(twins: tuple[type, type]) -> None:
    compiled, pure = twins
    assert bool(compiled.__weakrefoffset__) == bool(pure.__weakrefoffset__)


@pytest.mark.parametrize(
    "path",
    ["app.Flask", "ctx.AppContext", "ctx.RequestContext", "wrappers.Request", "wrappers.Response"],
)
def test_public_class_is_a_python_class(path: str) -> None:
    """It can be patched, and its instances take attributes and weak references."""
    module, _, name = path.partition(".")
    cls = getattr(importlib.import_module(f"fastflask.{module}"), name)
    assert cls.__flags__ & (1 << 9)  # Py_TPFLAGS_HEAPTYPE
    assert cls.__dictoffset__ and cls.__weakrefoffset__
    cls.added_by_a_test = 1
    del cls.added_by_a_test
