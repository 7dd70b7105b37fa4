"""Commands of blueprints, whose group exists once somebody asks for it."""

from __future__ import annotations

import typing as t

import pytest

from fastflask import Blueprint, Flask
from fastflask._lazy_cli import LazyGroup
from fastflask.cli import AppGroup


def make(name: str, **options: t.Any) -> Blueprint:
    return Blueprint(name, name, root_path="/", **options)


def test_peek_asks_ordinary_attributes_too() -> None:
    class Plain:
        cli = "group"

    assert LazyGroup.peek(Plain()) == "group"
    blueprint = make("b")
    assert LazyGroup.peek(blueprint) is None
    group = blueprint.cli
    assert LazyGroup.peek(blueprint) is group


def test_command_group_exists_once_asked_for(app: Flask) -> None:
    blueprint = make("b")
    assert "cli" not in vars(blueprint)
    app.register_blueprint(blueprint)
    assert "cli" not in vars(blueprint)
    assert isinstance(blueprint.cli, AppGroup)
    assert blueprint.cli.name == "b"
    assert vars(blueprint)["cli"] is blueprint.cli


def test_command_group_can_be_replaced(app: Flask) -> None:
    group = AppGroup("own")
    group.command("hello")(lambda: None)
    blueprint = make("b")
    blueprint.cli = group
    app.register_blueprint(blueprint)
    assert blueprint.cli is group
    assert app.cli.commands["b"] is group


@pytest.mark.parametrize(
    ("own", "registered", "path"),
    [
        ({}, {}, ["b", "hello"]),
        ({"cli_group": "g"}, {}, ["g", "hello"]),
        ({"cli_group": None}, {}, ["hello"]),
        ({"cli_group": "g"}, {"cli_group": "late"}, ["late", "hello"]),
        ({}, {"cli_group": None}, ["hello"]),
        ({}, {"name": "renamed"}, ["renamed", "hello"]),
    ],
)
def test_commands_join_those_of_the_app(
    app: Flask, own: dict[str, t.Any], registered: dict[str, t.Any], path: list[str]
) -> None:
    blueprint = make("b", **own)

    @blueprint.cli.command("hello")
    def hello() -> None:
        print("hello from", path)

    app.register_blueprint(blueprint, **registered)
    result = app.test_cli_runner().invoke(args=path)
    assert (result.exit_code, result.output) == (0, f"hello from {path}\n")


def test_group_without_commands_is_left_out(app: Flask) -> None:
    blueprint = make("b")
    assert blueprint.cli.commands == {}
    app.register_blueprint(blueprint)
    assert app.cli.commands == {}
