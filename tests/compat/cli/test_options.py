"""Options of the group at the top, and files with environment variables."""

from __future__ import annotations

import importlib.metadata
import os
import sys

import click
import pytest

from fastflask import Flask, current_app
from fastflask import cli as cli_module
from fastflask.cli import FlaskGroup, load_dotenv


def test_option_app_beats_environment(write, monkeypatch, run):
    write("one.py", "import fastflask\napp = fastflask.Flask('one')")
    write("two.py", "import fastflask\napp = fastflask.Flask('two')")
    monkeypatch.setenv("FLASK_APP", "one")
    group = FlaskGroup()

    @group.command()
    def name():
        click.echo(current_app.name)

    assert run(group, "name").output == "one\n"
    assert run(group, "-A", "two", "name").output == "two\n"


@pytest.mark.parametrize(
    ("args", "variable", "expected"),
    [
        ([], None, False),
        ([], "1", True),
        (["--debug"], None, True),
        (["--no-debug"], "1", False),
        (["--debug"], "0", True),
    ],
)
def test_option_debug_is_seen_by_factory(monkeypatch, args, variable, expected, run):
    if variable is not None:
        monkeypatch.setenv("FLASK_DEBUG", variable)
    at_creation = []

    def create_app():
        made = Flask("shop")
        at_creation.append(made.debug)
        return made

    group = FlaskGroup(create_app=create_app)

    @group.command()
    def debug():
        click.echo(current_app.debug)

    assert run(group, *args, "debug").output == f"{expected}\n"
    assert at_creation == [expected]


def test_version_names_everything(run):
    lines = run(cli_module.cli, "--version").output.splitlines()
    own = importlib.metadata.version if _installed("fastflask") else lambda name: "unknown"
    from fastflask._impl import implementation, reason

    assert lines[0] == "Python " + ".".join(map(str, sys.version_info[:3]))
    assert lines[1].startswith("Flask ")
    assert lines[2] == f"fastflask {own('fastflask')} ({implementation}: {reason})"
    assert lines[3] == f"Werkzeug {importlib.metadata.version('werkzeug')}"
    assert len(lines) == 4


def test_version_without_flask_installed(monkeypatch, run):
    real = importlib.metadata.version

    def version(name):
        if name == "flask":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    lines = run(cli_module.cli, "--version").output.splitlines()
    assert lines[1] == "Flask 3.1.3 (compatible)"


def test_version_of_installed_flask(monkeypatch, run):
    monkeypatch.setattr(importlib.metadata, "version", {"flask": "9.8"}.get)
    assert "Flask 9.8" in run(cli_module.cli, "--version").output.splitlines()


def _installed(name):
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


# Files with variables


@pytest.fixture
def env_files(write):
    pytest.importorskip("dotenv")
    write(".flaskenv", "LEVEL=flaskenv\nFROM_FLASKENV=1\nEMPTY")
    write(".env", "LEVEL=env\nGREETING=grüß dich\n")
    return write("own.env", "LEVEL=own\n")


def test_load_dotenv_order(env_files):
    assert load_dotenv() is True
    assert os.environ["LEVEL"] == "env"
    assert os.environ["FROM_FLASKENV"] == "1"
    assert os.environ["GREETING"] == "grüß dich"
    assert "EMPTY" not in os.environ


def test_load_dotenv_given_file_wins(env_files):
    assert load_dotenv(env_files) is True
    assert os.environ["LEVEL"] == "own"
    assert os.environ["FROM_FLASKENV"] == "1"


def test_load_dotenv_environment_wins(env_files, monkeypatch):
    monkeypatch.setenv("LEVEL", "mine")
    load_dotenv(env_files)
    assert os.environ["LEVEL"] == "mine"


def test_load_dotenv_only_given_file(env_files):
    assert load_dotenv(env_files, load_defaults=False) is True
    assert os.environ["LEVEL"] == "own"
    assert "FROM_FLASKENV" not in os.environ
    assert load_dotenv("missing.env", load_defaults=False) is False


def test_load_dotenv_searches_upwards(env_files, folder, monkeypatch):
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    assert load_dotenv() is True
    assert os.getcwd() == os.path.realpath(folder / "sub")


def test_load_dotenv_not_installed(env_files, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "dotenv", None)
    assert load_dotenv() is False
    assert "LEVEL" not in os.environ
    assert capsys.readouterr().err == (
        " * Tip: There are .env files present. Install python-dotenv to use them.\n"
    )


def test_load_dotenv_not_installed_and_no_files_is_silent(folder, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "dotenv", None)
    assert load_dotenv() is False
    assert capsys.readouterr().err == ""


def test_option_env_file(env_files, app, group, run):
    run(group, "-e", "own.env", "routes")
    assert os.environ["LEVEL"] == "own"


def test_option_env_file_may_name_the_application(write, run):
    pytest.importorskip("dotenv")
    write("shop.py", "import fastflask\napp = fastflask.Flask('shop')")
    write(".flaskenv", "FLASK_APP=shop\n")
    group = FlaskGroup()

    @group.command()
    def name():
        click.echo(current_app.name)

    assert run(group, "name").output == "shop\n"


@pytest.mark.parametrize("how", ["argument", "variable"])
def test_option_env_file_defaults_can_be_off(env_files, app, monkeypatch, how, run):
    if how == "variable":
        monkeypatch.setenv("FLASK_SKIP_DOTENV", "1")
    run(FlaskGroup(create_app=lambda: app, load_dotenv=how == "variable"), "routes")
    assert "LEVEL" not in os.environ


def test_option_env_file_without_dotenv(env_files, monkeypatch, group, run):
    monkeypatch.setitem(sys.modules, "dotenv", None)
    result = run(group, "-e", "own.env", "routes")
    assert result.exit_code == 2
    assert "python-dotenv must be installed to load an env file." in result.stderr


def test_path_is_ancestor():
    sep = os.sep
    assert cli_module._path_is_ancestor(f"{sep}a", f"{sep}a{sep}b")
    assert not cli_module._path_is_ancestor(f"{sep}a", f"{sep}ab")
    assert not cli_module._path_is_ancestor(f"{sep}a", f"{sep}a")
    assert not cli_module._path_is_ancestor(f"{sep}a{sep}b", f"{sep}a")
