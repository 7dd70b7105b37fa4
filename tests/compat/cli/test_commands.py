"""The commands run, shell and routes, and the whole as a program."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import textwrap
import types

import click
import pytest

from fastflask import Flask
from fastflask import cli as cli_module
from fastflask.cli import FlaskGroup, run_command


def module(**values):
    made = types.ModuleType("shop")
    vars(made).update(values)
    return made


# run


@pytest.fixture
def served(monkeypatch):
    """Calls of the development server, which does not start."""
    calls = []
    monkeypatch.setattr(cli_module, "run_simple", lambda *args, **kw: calls.append((args, kw)))
    return calls


def test_run_defaults(app, group, served, run):
    result = run(group, "run")
    assert result.output == " * Debug mode: off\n"
    assert served == [
        (
            ("127.0.0.1", 5000, app),
            {
                "use_reloader": False,
                "use_debugger": False,
                "threaded": True,
                "ssl_context": None,
                "extra_files": None,
                "exclude_patterns": None,
            },
        )
    ]


def test_run_options(write, served, run):
    file = write("shop.py", "import fastflask\napp = fastflask.Flask('shop')")
    paths = os.pathsep.join([str(file), "other"])
    result = run(
        FlaskGroup(),
        *("--app", "shop", "run", "--debug", "-h", "::1", "-p", "80", "--no-debugger"),
        *("--without-threads", "--extra-files", paths, "--exclude-patterns", "*.tmp"),
    )
    assert result.output == " * Serving Flask app 'shop'\n * Debug mode: on\n"
    (args, options) = served[0]
    assert args[:2] == ("::1", 80)
    assert args[2].debug is True
    assert options["use_reloader"] is True
    assert options["use_debugger"] is False
    assert options["threaded"] is False
    assert options["extra_files"] == [str(file), "other"]
    assert options["exclude_patterns"] == ["*.tmp"]


def test_run_options_from_environment(group, served, monkeypatch, run):
    monkeypatch.setenv("FLASK_RUN_PORT", "8123")
    monkeypatch.setenv("FLASK_RUN_HOST", "0.0.0.0")
    run(group, "run")
    assert served[0][0][:2] == ("0.0.0.0", 8123)


def test_run_banner_can_be_replaced(group, served, monkeypatch, run):
    monkeypatch.setattr(cli_module, "show_server_banner", lambda *args: click.echo("mine"))
    assert run(group, "run").output == "mine\n"


def test_run_banner_only_in_first_process(monkeypatch, capsys):
    monkeypatch.setenv("WERKZEUG_RUN_MAIN", "true")
    cli_module.show_server_banner(True, "shop")
    assert capsys.readouterr().out == ""


def test_run_application_that_fails_to_load(served, run):
    def create_app():
        raise ValueError("bad day")

    result = run(FlaskGroup(create_app=create_app), "run")
    assert isinstance(result.exception, ValueError)
    assert not served


def test_run_application_that_fails_to_load_after_reload(served, monkeypatch, capsys, run):
    def create_app():
        raise ValueError("bad day")

    monkeypatch.setenv("WERKZEUG_RUN_MAIN", "true")
    result = run(FlaskGroup(create_app=create_app), "run")
    assert result.exit_code == 0
    assert "ValueError: bad day" in result.stderr
    with pytest.raises(ValueError, match="^bad day$"):
        served[0][0][2]({}, None)


@pytest.fixture
def pair(write):
    return str(write("cert.pem").resolve()), str(write("key.pem").resolve())


@pytest.mark.parametrize("reverse", [False, True])
def test_run_certificate_files(pair, reverse):
    options = [("--cert", pair[0]), ("--key", pair[1])]
    args = [text for option in (options[::-1] if reverse else options) for text in option]
    context = run_command.make_context("run", args)
    assert context.params["cert"] == pair


def test_run_certificate_adhoc(monkeypatch, pair):
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(click.BadParameter, match="requires the cryptography library"):
        run_command.make_context("run", ["--cert", "adhoc"])

    monkeypatch.setitem(sys.modules, "cryptography", types.ModuleType("cryptography"))
    assert run_command.make_context("run", ["--cert", "ADHOC"]).params["cert"] == "adhoc"
    with pytest.raises(click.BadParameter, match='"adhoc", "--key" is not used'):
        run_command.make_context("run", ["--cert", "adhoc", "--key", pair[1]])


def test_run_certificate_from_context_object(monkeypatch, pair):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    monkeypatch.setitem(sys.modules, "tls", module(context=context))
    made = run_command.make_context("run", ["--cert", "tls.context"])
    assert made.params["cert"] is context
    with pytest.raises(click.BadParameter, match='SSLContext object, "--key" is not used'):
        run_command.make_context("run", ["--cert", "tls.context", "--key", pair[1]])


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--cert", "CERT"], 'Required when using "--cert".'),
        (["--key", "KEY"], '"--cert" must also be specified.'),
        (["--cert", "nowhere.pem"], "File 'nowhere.pem' does not exist."),
        (["--cert", "sys.path"], "File 'sys.path' does not exist."),
    ],
)
def test_run_certificate_error(pair, args, message):
    files = {"CERT": pair[0], "KEY": pair[1]}
    with pytest.raises(click.BadParameter) as caught:
        run_command.make_context("run", [files.get(arg, arg) for arg in args])
    assert caught.value.message == message


def test_run_certificate_without_ssl(monkeypatch):
    monkeypatch.setitem(sys.modules, "ssl", None)
    with pytest.raises(click.BadParameter, match="compiled with SSL support"):
        run_command.make_context("run", ["--cert", "adhoc"])


# shell


@pytest.fixture
def shells(monkeypatch):
    """Calls of the interpreter, which does not start."""
    calls = []
    monkeypatch.setattr("code.interact", lambda **kwargs: calls.append(kwargs))
    monkeypatch.delattr(sys, "__interactivehook__", raising=False)
    monkeypatch.delenv("PYTHONSTARTUP", raising=False)
    return calls


def test_shell_names_and_banner(app, group, shells, run):
    app.shell_context_processor(lambda: {"answer": 42})
    run(group, "shell")
    names, banner = shells[0]["local"], shells[0]["banner"]
    assert names["answer"] == 42
    assert names["app"] is app
    assert banner.splitlines()[-2:] == ["App: shop", f"Instance: {app.instance_path}"]
    assert banner.startswith(f"Python {sys.version} on {sys.platform}")


def test_shell_startup_file(app, group, shells, write, monkeypatch, run):
    monkeypatch.setenv("PYTHONSTARTUP", str(write("start.py", "here = __name__ = 'startup'")))
    run(group, "shell")
    assert shells[0]["local"]["here"] == "startup"


def test_shell_completes_names_of_the_shell(app, group, shells, monkeypatch, run):
    readline = pytest.importorskip("readline")
    completers = []
    monkeypatch.setattr(readline, "set_completer", completers.append)
    monkeypatch.setattr(sys, "__interactivehook__", lambda: completers.append("hook"), False)
    app.shell_context_processor(lambda: {"answer_to_all": 42})
    run(group, "shell")
    complete, hook = completers[-2:]  # importing rlcompleter sets one as well
    assert complete("answer_to", 0) == "answer_to_all"
    assert hook == "hook"


# routes


@pytest.fixture
def routed(app):
    app.add_url_rule("/z/<int:number>", "shelf", methods=["POST", "GET"])
    app.add_url_rule("/a", "order", methods=["PUT"])
    return app


def test_routes_table(routed, group, run):
    assert [line.rstrip() for line in run(group, "routes").output.splitlines()] == [
        "Endpoint  Methods    Rule",
        "--------  ---------  -----------------------",
        "order     PUT        /a",
        "shelf     GET, POST  /z/<int:number>",
        "static    GET        /static/<path:filename>",
    ]


@pytest.mark.parametrize(
    ("sort", "endpoints"),
    [
        ("methods", ["static", "shelf", "order"]),
        ("rule", ["order", "static", "shelf"]),
        ("domain", ["static", "shelf", "order"]),
    ],
)
def test_routes_sorted(routed, group, sort, endpoints, run):
    lines = run(group, "routes", "--sort", sort).output.splitlines()[2:]
    if sort == "domain":  # there is no such column: as they are matched
        endpoints = [rule.endpoint for rule in routed.url_map.iter_rules()]
    assert [line.split()[0] for line in lines] == endpoints


def test_routes_in_match_order(routed, group, run):
    lines = run(group, "routes", "-s", "match").output.splitlines()[2:]
    in_map = [rule.endpoint for rule in routed.url_map.iter_rules()]
    assert [line.split()[0] for line in lines] == in_map


def test_routes_all_methods(routed, group, run):
    assert "GET, HEAD, OPTIONS, POST" in run(group, "routes", "--all-methods").output


@pytest.mark.parametrize(
    ("options", "title", "key"),
    [({}, "Subdomain", "subdomain"), ({"host_matching": True}, "Host", "host")],
)
def test_routes_domain_column(options, title, key, run):
    app = Flask("shop", static_folder=None, **options)
    app.add_url_rule("/", "second", **{key: "b.example"})
    app.add_url_rule("/x", "first", **{key: "c.example"})
    app.add_url_rule("/y", "none")
    lines = run(FlaskGroup(create_app=lambda: app), "routes", "-s", "domain").output.splitlines()
    assert lines[0].split() == ["Endpoint", "Methods", title, "Rule"]
    assert [line.split()[0] for line in lines[2:]] == ["none", "second", "first"]


def test_routes_none(run):
    app = Flask("shop", static_folder=None)
    result = run(FlaskGroup(create_app=lambda: app), "routes")
    assert result.output == "No routes were registered.\n"


# As a program


def start(*args, folder):
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(
        [sys.executable, *args], cwd=folder, env=environ, capture_output=True, text=True, timeout=60
    )


def test_module_runs_commands_despite_app_run(write, folder):
    write(
        "app.py",
        """
        import fastflask
        app = fastflask.Flask("program")
        app.run()
        """,
    )
    result = start("-m", "fastflask", "routes", folder=folder)
    assert result.returncode == 0, result.stderr
    ignored, guard, *table = result.stdout.splitlines()
    assert ignored == (
        " * Ignoring a call to 'app.run()' that would block the current 'flask' CLI command."
    )
    assert guard == "   Only call 'app.run()' in an 'if __name__ == \"__main__\"' guard."
    assert table[2].split() == ["static", "GET", "/static/<path:filename>"]


def test_module_shows_version(folder, run):
    result = start("-m", "fastflask", "--version", folder=folder)
    assert result.returncode == 0, result.stderr
    assert result.stdout == run(cli_module.cli, "--version").output


def test_import_does_not_load_the_command_line(folder):
    code = """
    import sys, fastflask
    app = fastflask.Flask("shop")
    app.register_blueprint(fastflask.Blueprint("b", "b"))
    assert "fastflask.cli" not in sys.modules
    assert "click" not in sys.modules
    assert app.cli.name == "shop"
    """
    result = start("-c", textwrap.dedent(code), folder=folder)
    assert result.returncode == 0, result.stderr
