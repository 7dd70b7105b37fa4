"""Groups, the commands they offer, and the application context around them."""

from __future__ import annotations

import importlib.metadata
import os

import click

import fastflask
from fastflask import Blueprint, Flask, current_app
from fastflask.cli import (
    AppGroup,
    FlaskGroup,
    NoAppException,
    ScriptInfo,
    pass_script_info,
    with_appcontext,
)


def test_with_appcontext_pushes_once(app, run):
    seen = []

    @click.command()
    @with_appcontext
    @click.argument("word")
    @click.pass_context
    def outer(ctx, word):
        seen.append((fastflask.globals._cv_app.get(), current_app.name, word))
        ctx.invoke(inner)

    @click.command()
    @with_appcontext
    def inner():
        seen.append(fastflask.globals._cv_app.get())

    result = run(outer, "hi", obj=ScriptInfo(create_app=lambda: app))
    assert result.exit_code == 0
    assert seen[0] == (seen[1], "shop", "hi")
    assert not current_app


def test_with_appcontext_keeps_name_and_help():
    @with_appcontext
    def command():
        """What it does."""

    assert (command.__name__, command.__doc__) == ("command", "What it does.")


def test_app_group_commands_have_context(app, run):
    tools = AppGroup("tools")

    @tools.command()
    def name():
        click.echo(current_app.name)

    @tools.command("raw", with_appcontext=False)
    def raw():
        click.echo(bool(current_app))

    @tools.group()
    def more():
        pass

    @more.command()
    def deep():
        click.echo(current_app.name)

    assert isinstance(more, AppGroup)
    info = ScriptInfo(create_app=lambda: app)
    assert run(tools, "name", obj=info).output == "shop\n"
    assert run(tools, "raw", obj=info).output == "False\n"
    assert run(tools, "more", "deep", obj=info).output == "shop\n"


def test_app_group_takes_another_group_class():
    tools = AppGroup("tools")

    @tools.group(cls=click.Group)
    def more():
        pass

    assert type(more) is click.Group


def test_app_cli_parameter_callback_has_context(app, group, run):
    @app.cli.command()
    @click.argument("value", callback=lambda ctx, param, value: current_app.name)
    def show(value):
        click.echo(value)

    assert run(group, "show", "x").output == "shop\n"


def test_app_cli_named_after_application(app):
    assert app.cli.name == "shop"


def test_group_without_application_still_has_own_commands(run):
    def create_app():
        raise NoAppException("gone")

    group = FlaskGroup(create_app=create_app)

    @group.command(with_appcontext=False)
    def ping():
        click.echo("pong")

    assert run(group, "ping").output == "pong\n"
    missing = run(group, "nothing")
    assert missing.exit_code == 2
    assert missing.stderr.startswith("Error: gone\n\nUsage:")


def test_group_help_lists_application_commands(app, group, run):
    @app.cli.command()
    def restock():
        """Fill the shelves."""

    assert "Fill the shelves." in run(group, "--help").stdout


def test_group_help_shows_why_loading_failed(run):
    def create_app():
        raise ValueError("bad day")

    result = run(FlaskGroup(create_app=create_app), "--help")
    assert result.exit_code == 0
    assert "Traceback" in result.stderr
    assert "ValueError: bad day" in result.stderr
    assert "Usage:" in result.stdout


def test_group_help_finds_application_of_environment(write, monkeypatch, run):
    write(
        "shop.py",
        """
        import fastflask
        app = fastflask.Flask("shop")
        @app.cli.command()
        def restock():
            "Fill the shelves."
        """,
    )
    monkeypatch.setenv("FLASK_APP", "shop")
    assert "Fill the shelves." in run(FlaskGroup(), "--help").stdout
    result = run(FlaskGroup())
    fastflask.globals._cv_app.get().pop()  # Click does not close the context of this error
    assert result.exit_code == 2
    assert "Fill the shelves." in result.output


def test_group_error_while_loading_for_a_command_goes_through(run):
    def create_app():
        raise ValueError("bad day")

    result = run(FlaskGroup(create_app=create_app), "anything")
    assert isinstance(result.exception, ValueError)


def test_group_inside_another_group(app, group, run):
    outer = click.Group("outer")
    outer.add_command(group, "flask")

    @group.command()
    def name():
        click.echo(current_app.name)

    assert run(outer, "flask", "name").output == "shop\n"


def test_group_with_other_context_active_pushes_own(app, group, run):
    @app.cli.command()
    def name():
        click.echo(current_app.name)

    with Flask("other").app_context():
        assert run(group, "name").output == "shop\n"


def test_group_marks_the_process_for_app_run(group, run):
    run(group, "--help")
    assert os.environ["FLASK_RUN_FROM_CLI"] == "true"


def test_group_options_can_be_left_out():
    group = FlaskGroup(add_default_commands=False, add_version_option=False)
    assert group.commands == {}
    assert "version" not in [param.name for param in group.params]


def test_group_keeps_own_params_and_settings():
    extra = click.Option(["--extra"])
    group = FlaskGroup(params=[extra], context_settings={"auto_envvar_prefix": "SHOP"})
    assert group.params[0] is extra
    assert [param.name for param in group.params[1:]] == ["env_file", "app", "debug", "version"]
    assert group.context_settings == {"auto_envvar_prefix": "SHOP"}


def test_pass_script_info_gives_the_object_of_the_context(app, run):
    @click.command()
    @pass_script_info
    def name(info):
        click.echo(info.load_app().name)

    assert run(name, obj=ScriptInfo(create_app=lambda: app)).output == "shop\n"


def test_plugin_commands_are_loaded_once(monkeypatch, group, run):
    loaded = []

    class Entry:
        name = "extra"

        def load(self):
            loaded.append(self)
            return click.Command("whatever", callback=lambda: click.echo("from a plug-in"))

    groups = []

    def entry_points(**kwargs):
        groups.append(kwargs)
        return [Entry()]

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    assert run(group, "extra").output == "from a plug-in\n"
    assert "extra" in run(group, "--help").output
    assert len(loaded) == 1
    assert groups == [{"group": "flask.commands"}]


def test_blueprint_commands(app):
    for name, options in (
        ("plain", {}),
        ("renamed", {"cli_group": "other"}),
        ("merged", {"cli_group": None}),
    ):
        blueprint = Blueprint(name, __name__, **options)
        blueprint.cli.command(f"{name}-cmd")(lambda name=name: click.echo(name))
        app.register_blueprint(blueprint)
    late = Blueprint("late", __name__)
    late.cli.command("cmd")(lambda: click.echo("late"))
    app.register_blueprint(late, cli_group="afterwards")
    app.register_blueprint(Blueprint("silent", __name__))

    runner = app.test_cli_runner()
    assert runner.invoke(args=["plain", "plain-cmd"]).output == "plain\n"
    assert runner.invoke(args=["other", "renamed-cmd"]).output == "renamed\n"
    assert runner.invoke(args=["merged-cmd"]).output == "merged\n"
    assert runner.invoke(args=["afterwards", "cmd"]).output == "late\n"
    assert runner.invoke(args=["silent", "--help"]).exit_code == 2
