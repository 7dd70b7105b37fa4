"""Fixtures for the tests of the command line."""

from __future__ import annotations

import os
import sys
import textwrap

import pytest
from click.testing import CliRunner

from fastflask import Flask
from fastflask.cli import FlaskGroup


@pytest.fixture(autouse=True)
def clean_process():
    """Undo what commands do to the process: variables, the import path, imported modules."""
    environ, path, modules = dict(os.environ), sys.path[:], set(sys.modules)
    for name in [name for name in os.environ if name.startswith("FLASK_")]:
        del os.environ[name]
    os.environ.pop("WERKZEUG_RUN_MAIN", None)
    yield
    os.environ.clear()
    os.environ.update(environ)
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if not name.startswith(("fastflask", "flask", "werkzeug", "click", "dotenv")):
            del sys.modules[name]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty current directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder):
    """Write a file of the current directory."""

    def write(name, text=""):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return file

    return write


@pytest.fixture
def app():
    return Flask("shop")


@pytest.fixture
def group(app):
    return FlaskGroup(create_app=lambda: app)


@pytest.fixture
def run():
    """Run a command in this process and return what came of it."""

    def run(command, *args, **kwargs):
        return CliRunner().invoke(command, args, **kwargs)

    return run
