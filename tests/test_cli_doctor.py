"""``fastflask doctor``: what runs, and what of an application takes the longer way."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from environments import NEEDED, Environment, make_environment
from werkzeug.routing import BaseConverter
from werkzeug.routing import Map as PlainMap
from werkzeug.wrappers import Request as PlainRequest

from fastflask import Flask, Request, Response, _checkup, _impl, request_started
from fastflask.sessions import SecureCookieSessionInterface


class Letters(BaseConverter):
    regex = r"a+b?"


class Other(Flask):
    def dispatch_request(self) -> Any:
        return super().dispatch_request()


def longer(app: Flask) -> dict[str, str]:
    return {found.part: found.text for found in _checkup.examine(app) if found.short is False}


def make_app(cls: type[Flask] = Flask) -> Flask:
    app = cls("shop")
    app.add_url_rule("/items/<int:id>/<path:rest>", "item", lambda **_: "")
    return app


def test_stages_are_those_of_the_engine(impl: Any) -> None:
    if impl.tag == "compiled":
        found = {n for n, v in vars(impl.RequestCycle).items() if callable(v) and n[0] != "_"}
        assert found == set(_checkup.STAGES)
    assert all(callable(getattr(impl.RequestCycle, name)) for name in _checkup.STAGES)


def test_plain_application() -> None:
    app = make_app()
    assert longer(app) == {}
    parts = {found.part: found.text for found in _checkup.examine(app)}
    assert parts["stages"] == "all of them are fastflask's own"
    assert parts["rules"] == "2, of which 2 without re"


class OwnInit(Request):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class Renamed(Request):
    pass


class Headed(Response):
    headers: Any = property(lambda self: {})


class Interface(SecureCookieSessionInterface):
    pass


def set_to(name: str, value: Any) -> Callable[[Flask], None]:
    return lambda app: setattr(app, name, value)


def with_changed_interface(app: Flask) -> None:
    app.session_interface = SecureCookieSessionInterface()
    app.session_interface.salt = "pepper"  # type: ignore[misc]


def with_hosts(app: Flask) -> None:
    app.url_map.host_matching = True


def with_converter(app: Flask) -> None:
    app.url_map.converters["letters"] = Letters
    app.add_url_rule("/<letters:a>", "a", lambda a: a)


CHANGES: dict[str, tuple[Callable[[Flask], Any], str, str]] = {
    "instance": (
        lambda app: setattr(app, "wsgi_app", app.wsgi_app),
        "stage wsgi_app",
        "set on the instance",
    ),
    "adapter": (
        set_to("create_url_adapter", lambda request: None),
        "stage create_url_adapter",
        "made for every request",
    ),
    "interface": (set_to("session_interface", Interface()), "session", "Interface is an interface"),
    "changed interface": (with_changed_interface, "session", "changed (salt)"),
    "request": (set_to("request_class", OwnInit), "request class", "with __init__ of its own"),
    "foreign request": (set_to("request_class", PlainRequest), "request class", "not derived"),
    "response": (set_to("response_class", Headed), "response class", "with headers of its own"),
    "map": (set_to("url_map", PlainMap()), "URL adapter", "the map is a werkzeug.routing.map.Map"),
    "hosts": (with_hosts, "URL adapter", "hosts are matched"),
    "server name": (
        lambda app: app.config.update(SERVER_NAME="x"),
        "URL adapter",
        "SERVER_NAME is set",
    ),
    "trusted": (
        lambda app: app.config.update(TRUSTED_HOSTS=["x"]),
        "URL adapter",
        "TRUSTED_HOSTS is set",
    ),
    "subdomains": (set_to("subdomain_matching", True), "URL adapter", "subdomains are matched"),
    "converter": (with_converter, "rule /<letters:a>", "Letters"),
    "two in one": (
        lambda app: app.add_url_rule("/<a>-<b>", "ab", lambda a, b: a),
        "rule /<a>-<b>",
        "several values in one part",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_change_is_told(name: str) -> None:
    change, part, text = CHANGES[name]
    app = make_app()
    change(app)
    assert text in longer(app)[part]


def test_changes_of_classes_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "test_cli_doctor.Other" in longer(make_app(Other))["stage dispatch_request"]
    app = make_app()
    app.request_class = Renamed
    assert longer(app) == {}
    monkeypatch.setattr(Flask, "make_response", lambda self, rv: Response(rv))
    assert "by fastflask.app.Flask" in longer(make_app())["stage make_response"]
    monkeypatch.setattr(SecureCookieSessionInterface, "save_session", lambda *args: None)
    assert "changed (save_session)" in longer(make_app())["session"]


def test_async_views_and_hooks_are_told() -> None:
    app = make_app()

    async def view() -> str:
        return ""

    app.add_url_rule("/async", "async", view)
    app.before_request(lambda: None)
    app.before_request_funcs.setdefault("shop", []).append(lambda: None)
    app.teardown_appcontext(lambda error: None)
    assert longer(app) == {"async views": "1 of 3: each call runs an event loop"}

    def receiver(*args: Any, **kwargs: Any) -> None: ...

    with request_started.connected_to(receiver):
        parts = {found.part: found.text for found in _checkup.examine(app)}
    assert parts["before-request functions"] == "1 for all, 1 in blueprint 'shop'"
    assert parts["teardown functions of the context"] == "1 for all"
    assert parts["signal request_started"] == "1 receivers"
    assert "after-request functions" not in parts


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with Flask and a distribution that requires it."""
    made = make_environment(tmp_path_factory.mktemp("place"), *NEEDED, "flask")
    for name, requirement in (("Shelf", "Flask>=2"), ("Tool", 'flask; extra == "web"')):
        info = made.packages / f"{name.lower()}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\nRequires-Dist: {requirement}\n"
        )
    (made.folder / "hello.py").write_text(
        "from flask import Flask\napp = Flask(__name__)\n"
        "app.wsgi_app = lambda *args, inner=app.wsgi_app: inner(*args)\n"
    )
    (made.folder / "own.py").write_text("from fastflask import Flask\napp = Flask(__name__)\n")
    return made


def test_doctor(place: Environment) -> None:
    said = place.says("fastflask", "doctor", "--app", "own")
    assert re.search(rf"^  implementation  {_impl.implementation}: ", said, re.M)
    assert re.search(r"^  Flask itself +3\.1\.3, in /.*/flask$", said, re.M)
    assert re.search(r"^  import flask +is left alone", said, re.M)
    assert re.search(r"^  Werkzeug +3\.1\.\d+$", said, re.M)
    assert re.search(r"^  asgiref +not installed$", said, re.M)
    assert re.findall(r"^  (\w+)  1\.2$", said, re.M) == ["Shelf"]
    assert re.search(r"^  stages +ok ", said, re.M) and "slow" not in said
    # The option may stand in front as well.
    assert place.says("fastflask", "--app", "own", "doctor") == said


def test_doctor_below_exec(place: Environment) -> None:
    said = place.says("fastflask", "exec", "fastflask", "doctor", "--app", "hello")
    assert re.search(r"^  import flask +gives fastflask$", said, re.M)
    assert re.search(r"^  Flask itself +3\.1\.3, in ", said, re.M)
    assert re.search(r"^  stage wsgi_app +slow  replaced, set on the instance", said, re.M)


def test_doctor_of_an_application_on_flask(place: Environment) -> None:
    done = place.run("fastflask", "doctor", "--app", "hello")
    assert done.returncode == 1 and not done.stderr
    assert "fastflask exec fastflask doctor --app hello" in done.stdout


def test_doctor_without_application_or_flask(tmp_path: Path) -> None:
    bare = make_environment(tmp_path / "bare", *NEEDED)
    said = bare.says("fastflask", "doctor", cwd=tmp_path)
    assert re.search(r"^  none  Could not locate a Flask application", said, re.M)
    assert re.search(r"^  none  no distribution requires Flask", said, re.M)
    for command in (["fastflask"], ["fastflask", "exec", "fastflask"]):
        said = bare.says(*command, "doctor", cwd=tmp_path)
        assert re.search(r"^  Flask itself +not installed$", said, re.M)
