"""Pytest plug-in: ``import flask`` gives fastflask, and each outcome is written to a file.

Loaded with ``-p`` before pytest reads a ``conftest.py``, so that no test sees the real Flask.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import json
import os
import pkgutil
import sys
import warnings
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from _pytest import monkeypatch

import fastflask
from fastflask import _impl

RESULTS = Path(os.environ["FASTFLASK_CONFORMANCE_RESULTS"])


def alias_modules() -> None:
    """Enter every module of fastflask in ``sys.modules`` under Flask's name too.

    All at once, as some tests forget the modules that were imported while they ran.
    """
    sys.modules["flask"] = fastflask
    for module in pkgutil.walk_packages(fastflask.__path__, "fastflask."):
        tail = module.name.removeprefix("fastflask")
        if not any(part.startswith("_") for part in tail.split(".")):
            # Some are names of earlier releases of Flask, and some need an extra.
            with contextlib.suppress(ImportError):
                sys.modules["flask" + tail] = importlib.import_module(module.name)


def answer_for_flask() -> None:
    """Let the tests ask for Flask's version and filter warnings of Flask's modules."""
    version, filterwarnings = importlib.metadata.version, warnings.filterwarnings

    def aliased_version(distribution_name: str) -> str:
        return version("fastflask" if distribution_name == "flask" else distribution_name)

    def filter_any_module(
        action: Any, message: str = "", category: Any = Warning, module: str = "", *rest: Any
    ) -> None:
        # Compiled code has no frames: a warning then belongs to another module than in Flask.
        module = "" if module.startswith("flask") else module
        filterwarnings(action, message, category, module, *rest)

    importlib.metadata.version = aliased_version
    warnings.filterwarnings = filter_any_module  # type: ignore[assignment]


class Results:
    """One outcome per test; the first thing that goes wrong counts."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}
        self.running = "the collection"
        self.write(finished=False)

    def write(self, finished: bool) -> None:
        RESULTS.write_text(
            json.dumps(
                {
                    "implementation": _impl.implementation,
                    "outcomes": self.outcomes,
                    "running": self.running,
                    "finished": finished,
                }
            ),
            "utf-8",
        )

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.outcomes[report.nodeid] = "error"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        # Written before each test, so that a crash leaves the name of its test behind.
        self.running = item.nodeid
        self.write(finished=False)
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        outcome: str = report.outcome
        if report.failed and report.when != "call":
            outcome = "error"
        if self.outcomes.get(report.nodeid, "passed") == "passed":
            self.outcomes[report.nodeid] = outcome

    def pytest_sessionfinish(self) -> None:
        self.write(finished=True)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Results(), "conformance-results")


# The suite imports this private name, which pytest 9.1 spells in capitals.
if not hasattr(monkeypatch, "notset"):
    monkeypatch.notset = monkeypatch.NOTSET  # type: ignore[attr-defined]

alias_modules()
answer_for_flask()
