"""Names of modules that earlier releases of Flask had."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import threading
import typing as t
import warnings

import markupsafe
import pytest
from werkzeug.exceptions import NotFound
from werkzeug.test import EnvironBuilder

import fastflask
from fastflask import Flask, _impl
from fastflask._classic_names import NAMES

CASES = [(module, name) for module, names in NAMES.items() for name in names]


def module_of(name: str) -> t.Any:
    return importlib.import_module(f"fastflask.{name}" if name else "fastflask")


def classic(module: str, name: str) -> t.Any:
    """Take a classic name from a module, with its warning."""
    with pytest.warns(DeprecationWarning, match=name):
        return getattr(module_of(module), name)


@pytest.mark.parametrize(("module", "name"), CASES)
def test_name_warns_once_and_says_what_to_use(module: str, name: str) -> None:
    found = module_of(module)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        first = getattr(found, name)
        second = getattr(found, name)

    assert second is first
    assert [w.category for w in caught] == [DeprecationWarning]
    text = str(caught[0].message)
    assert f"'{found.__name__}.{name}'" in text
    assert text.endswith(".")
    assert text.count("'") >= 4 or "available" in text or "your own" in text
    assert caught[0].filename == __file__


@pytest.mark.parametrize(("module", "name"), CASES)
def test_name_is_not_listed(module: str, name: str) -> None:
    found = module_of(module)
    assert name not in dir(found)
    assert name not in getattr(found, "__all__", ())
    namespace: dict[str, t.Any] = {}
    exec(f"from {found.__name__} import *", namespace)
    assert name not in namespace


@pytest.mark.parametrize(("module", "name"), CASES)
def test_name_is_missing_where_warnings_are_errors(module: str, name: str) -> None:
    """Code that tries the old name first then goes on with the new one."""
    found = module_of(module)
    assert not hasattr(found, name)

    with pytest.raises(ImportError):
        exec(f"from {found.__name__} import {name}")

    with pytest.raises(DeprecationWarning, match=name) as caught:
        getattr(found, name)

    assert isinstance(caught.value, AttributeError)


@pytest.mark.parametrize("module", NAMES)
def test_other_names_are_missing(module: str) -> None:
    found = module_of(module)

    with pytest.raises(AttributeError, match="json_available") as caught:
        found.json_available

    assert not isinstance(caught.value, DeprecationWarning)


def test_warning_names_the_importing_line() -> None:
    with pytest.warns(DeprecationWarning, match="markupsafe.Markup") as caught:
        from fastflask import Markup

    assert Markup is markupsafe.Markup
    assert caught[0].filename == __file__


def test_names_of_markupsafe() -> None:
    assert classic("", "Markup") is markupsafe.Markup
    assert classic("", "escape")("<") == "&lt;"


@pytest.mark.parametrize("module", ["", "signals"])
def test_signals_are_available(module: str) -> None:
    assert classic(module, "signals_available") is True


@pytest.mark.parametrize("module", ["", "helpers"])
def test_safe_join(module: str) -> None:
    safe_join = classic(module, "safe_join")
    assert safe_join("/files", "a", "b.txt") == "/files/a/b.txt"

    for path in ("../x", "/x", "a/../../x"):
        with pytest.raises(NotFound):
            safe_join("/files", path)


def test_helpers_of_registration() -> None:
    from fastflask.sansio import scaffold

    for module, name in (
        ("app", "setupmethod"),
        ("app", "Scaffold"),
        ("app", "_endpoint_from_view_func"),
        ("helpers", "find_package"),
        ("helpers", "_endpoint_from_view_func"),
    ):
        assert classic(module, name) is getattr(scaffold, name)


def test_scaffold_module() -> None:
    sys.modules.pop("fastflask.scaffold", None)

    with pytest.warns(DeprecationWarning, match="fastflask.sansio.scaffold") as caught:
        from fastflask.scaffold import Scaffold, _endpoint_from_view_func, setupmethod

    from fastflask.sansio import scaffold

    assert len(caught) == 1
    assert Scaffold is scaffold.Scaffold
    assert setupmethod is scaffold.setupmethod
    assert _endpoint_from_view_func(test_scaffold_module) == "test_scaffold_module"


def test_scaffold_module_is_missing_where_warnings_are_errors() -> None:
    sys.modules.pop("fastflask.scaffold", None)

    with pytest.raises(ImportError) as caught:
        importlib.import_module("fastflask.scaffold")

    assert isinstance(caught.value, DeprecationWarning)


@pytest.mark.parametrize("module", ["helpers", "cli"])
def test_name_of_the_environment(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    get_env = classic(module, "get_env")
    monkeypatch.delenv("FLASK_ENV", raising=False)
    assert get_env() == "production"
    monkeypatch.setenv("FLASK_ENV", "development")
    assert get_env() == "development"
    # A name only: the debugger stays out of reach.
    assert not Flask("app").debug


@pytest.mark.parametrize(
    ("value", "expected"),
    [("127.0.0.1", True), ("::1", True), ("fe80::1", True)]
    + [(text, False) for text in ("", "localhost", "127.0.0", "1.2.3.4.5", "::1::")],
)
def test_is_ip(value: str, expected: bool) -> None:
    assert classic("helpers", "is_ip")(value) is expected


def test_make_test_environ_builder() -> None:
    make = classic("testing", "make_test_environ_builder")
    app = Flask("app")
    app.config["SERVER_NAME"] = "example.org"
    builder = make(app, "/a?b=c", subdomain="www", method="POST")
    assert isinstance(builder, EnvironBuilder)
    environ = builder.get_environ()
    assert (environ["HTTP_HOST"], environ["PATH_INFO"]) == ("www.example.org", "/a")
    assert (environ["REQUEST_METHOD"], environ["QUERY_STRING"]) == ("POST", "b=c")


def test_locked_cached_property() -> None:
    locked_cached_property = classic("helpers", "locked_cached_property")
    calls = []
    inside = threading.Event()

    class Owner:
        @locked_cached_property
        def value(self) -> object:
            """What there is."""
            calls.append(1)
            inside.wait(0.05)
            return object()

    assert isinstance(Owner.value, locked_cached_property)
    assert Owner.value.__doc__ == "What there is."
    owner = Owner()
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(owner.value)) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(calls) == 1
    assert len(set(map(id, found))) == 1
    owner.value = "set"
    assert owner.value == "set"
    del owner.value
    assert owner.value is not found[0]
    assert len(calls) == 2


def test_namespace_of_a_context_under_its_first_name() -> None:
    assert classic("ctx", "_RequestGlobals") is fastflask.ctx._AppCtxGlobals


def test_importing_loads_nothing_that_only_classic_names_need() -> None:
    script = (
        "import fastflask, sys; app = fastflask.Flask('a'); app.config.update(A=1);"
        "app.test_client().get('/'); app.json.dumps(1);"
        "print(*(name for name in sys.modules if name.startswith('fastflask._')))"
    )
    environment = {**os.environ, "FASTFLASK_SPEEDUPS": {"pure": "0"}.get(_impl.implementation, "")}
    command = [sys.executable, "-W", "error", "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    loaded = result.stdout.split()
    assert "fastflask._classic_hooks" in loaded
    assert not {
        "fastflask._classic_helpers",
        "fastflask._classic_json",
        "fastflask._request_app_context",
    } & set(loaded)
