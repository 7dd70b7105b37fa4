"""What all tests share: the implementations, an application, and a header that says what runs."""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from changing import begin, make_app

from fastflask import Flask, _impl
from fastflask.testing import FlaskClient

PACKAGE = Path(_impl.__file__).parent
SWITCH = os.environ.get("FASTFLASK_SPEEDUPS", "").strip()
VARIABLES = (
    "FLASK_APP",
    "FLASK_DEBUG",
    "FLASK_ENV_FILE",
    "FLASK_RUN_FROM_CLI",
    "FLASK_SKIP_DOTENV",
)


@dataclass(frozen=True)
class Implementation:
    """One of the two sets of engines. Its attributes are the engines' names."""

    tag: str
    module_name: str

    def __str__(self) -> str:
        return self.tag

    @cached_property
    def module(self) -> ModuleType:
        return importlib.import_module(self.module_name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.module, name)


COMPILED = Implementation("compiled", "fastflask._speedups")
PURE = Implementation("pure", "fastflask._pure")
# A run in pure mode is about the pure engines. Any other run compares the two.
IMPLEMENTATIONS = [PURE] if SWITCH == "0" else [COMPILED, PURE]


def binaries() -> list[Path]:
    """The compiled modules this interpreter could load."""
    candidates = (PACKAGE / f"_speedups{suffix}" for suffix in EXTENSION_SUFFIXES)
    return [path for path in candidates if path.exists()]


def outdated() -> list[str]:
    """Sources of the extension that have changed since it was built."""
    built = max((path.stat().st_mtime for path in binaries()), default=float("inf"))
    sources = [*PACKAGE.glob("_speedups.pyx"), *PACKAGE.glob("_cython/*.pxi")]
    return sorted(path.name for path in sources if path.stat().st_mtime > built)


def pytest_report_header() -> list[str]:
    lines = [f"fastflask: {_impl.implementation} ({_impl.reason}), from {PACKAGE}"]
    if SWITCH != "0" and outdated():
        lines.append(f"WARNING: {', '.join(outdated())} changed since the build: run make build")
    return lines


@pytest.fixture(scope="session", params=IMPLEMENTATIONS, ids=str)
def impl(request: pytest.FixtureRequest) -> Implementation:
    """Each implementation in turn: ``impl.LocalProxy`` and so on."""
    chosen: Implementation = request.param
    # Without a binary there is nothing to test, unless one is required. A binary that does not
    # load is an error in any case.
    if chosen is COMPILED and SWITCH != "1" and not binaries():
        pytest.skip("the compiled module was not built")
    assert chosen.module
    return chosen


@pytest.fixture
def app() -> Flask:
    """An application with views, where a file of tests has none of its own."""
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of :func:`app` that has sent the first request."""
    return begin(app)


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Without the garbage collector, what is freed is freed by its last reference."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the caller's settings nor those of an earlier test reach a test."""
    for name in VARIABLES:
        # Set first, so that what the test sets is undone even where nothing was set before.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_context_left() -> Iterator[None]:
    """A test that leaves a context behind fails, and does not disturb the next one."""
    yield
    from fastflask.globals import _cv_app, _cv_request

    left = []
    for variable in (_cv_request, _cv_app):
        while (context := variable.get(None)) is not None:
            left.append(context)
            context.pop()
    assert not left
