"""Blueprints: recording, registration, nesting, files and commands."""

from __future__ import annotations

import typing as t
from datetime import timedelta
from pathlib import Path

import pytest
from werkzeug.exceptions import NotFound

from fastflask import Blueprint, Flask, g, render_template_string, request, url_for
from fastflask.blueprints import BlueprintSetupState
from fastflask.sansio.blueprints import Blueprint as SansioBlueprint
from fastflask.sansio.blueprints import BlueprintSetupState as SansioState


def make(name: str, **options: t.Any) -> Blueprint:
    return Blueprint(name, name, root_path=options.pop("root_path", "/"), **options)


def rules(app: Flask) -> dict[str, str]:
    return {rule.endpoint: rule.rule for rule in app.url_map.iter_rules()}


@pytest.fixture
def app() -> Flask:
    app = Flask("compat_blueprints", root_path="/", static_folder=None)
    app.testing = True
    return app


# Creation


def test_names_that_are_refused() -> None:
    with pytest.raises(ValueError, match="'name' may not be empty."):
        make("")
    with pytest.raises(ValueError, match="'name' may not contain a dot '.' character."):
        make("a.b")


def test_attributes_of_a_new_blueprint() -> None:
    blueprint = make("b", url_prefix="/p", subdomain="s", url_defaults={"a": 1}, cli_group="c")
    assert isinstance(blueprint, SansioBlueprint)
    assert BlueprintSetupState is SansioState
    assert (blueprint.name, blueprint.url_prefix, blueprint.subdomain) == ("b", "/p", "s")
    assert (blueprint.url_values_defaults, blueprint.cli_group) == ({"a": 1}, "c")
    assert blueprint.deferred_functions == []
    assert make("b").url_values_defaults == {}


def test_add_url_rule_refuses_dots() -> None:
    def view() -> str:
        return ""

    blueprint = make("b")
    with pytest.raises(ValueError, match="'endpoint' may not contain a dot"):
        blueprint.add_url_rule("/", "a.b", view)
    view.__name__ = "a.b"
    with pytest.raises(ValueError, match="'view_func' name may not contain a dot"):
        blueprint.add_url_rule("/", "x", view)


# Registration


@pytest.mark.parametrize(
    ("prefix", "rule", "expected"),
    [
        (None, "/a", "/a"),
        ("", "/a", "/a"),
        ("/p", "", "/p"),
        ("/p/", "", "/p/"),
        ("/p", "/", "/p/"),
        ("/p", "/a", "/p/a"),
        ("/p/", "a", "/p/a"),
        ("/p//", "//a", "/p/a"),
    ],
)
def test_prefix_and_rule_are_joined(
    app: Flask, prefix: str | None, rule: str, expected: str
) -> None:
    blueprint = make("b", url_prefix=prefix)
    blueprint.add_url_rule(rule, "view", lambda: "")
    app.register_blueprint(blueprint)
    assert rules(app) == {"b.view": expected}


def test_options_of_the_registration_win(app: Flask) -> None:
    blueprint = make("b", url_prefix="/p", subdomain="s", url_defaults={"a": 1, "b": 1})
    blueprint.add_url_rule("/x", "x", lambda **v: v, defaults={"b": 3})
    blueprint.add_url_rule("/y", "y", lambda **v: v, subdomain="own")
    app.register_blueprint(
        blueprint, url_prefix="/q", subdomain="t", url_defaults={"b": 2}, name="n"
    )
    found = {rule.endpoint: rule for rule in app.url_map.iter_rules()}
    assert (found["n.x"].rule, found["n.x"].subdomain) == ("/q/x", "t")
    assert found["n.x"].defaults == {"a": 1, "b": 3}
    assert (found["n.y"].subdomain, found["n.y"].defaults) == ("own", {"a": 1, "b": 2})
    assert app.blueprints == {"n": blueprint}
    assert blueprint.url_values_defaults == {"a": 1, "b": 1}


def test_recorded_functions_get_the_state(app: Flask) -> None:
    states: list[BlueprintSetupState] = []
    blueprint = make("b")
    blueprint.record(states.append)
    blueprint.record_once(lambda state: states.append(state))
    app.register_blueprint(blueprint, extra=1)
    app.register_blueprint(blueprint, name="again")
    assert [(state.name, state.first_registration) for state in states] == [
        ("b", True),
        ("b", True),
        ("again", False),
    ]
    assert states[0].app is app
    assert states[0].blueprint is blueprint
    assert states[0].options == {"extra": 1}


def test_record_once_keeps_the_name_of_its_function() -> None:
    def prepare(state: BlueprintSetupState) -> None: ...

    blueprint = make("b")
    blueprint.record_once(prepare)
    assert blueprint.deferred_functions[0].__name__ == "prepare"


def test_first_registration_is_told_for_each_app() -> None:
    states: list[BlueprintSetupState] = []
    blueprint = make("b")
    blueprint.record_once(states.append)
    for name in ("one", "two"):
        Flask(name, root_path="/").register_blueprint(blueprint)
    assert len(states) == 2


def test_make_setup_state_may_be_overridden(app: Flask) -> None:
    class State(BlueprintSetupState):
        def add_url_rule(self, rule: str, *args: t.Any, **options: t.Any) -> None:
            super().add_url_rule(f"/v1{rule}", *args, **options)

    class Own(Blueprint):
        def make_setup_state(self, *args: t.Any, **options: t.Any) -> State:
            return State(self, *args, **options)

    blueprint = Own("b", "b", root_path="/")
    blueprint.add_url_rule("/x", "x", lambda: "")
    app.register_blueprint(blueprint)
    assert rules(app) == {"b.x": "/v1/x"}


def test_name_taken(app: Flask) -> None:
    blueprint, parent = make("b"), make("parent")
    app.register_blueprint(blueprint)
    with pytest.raises(ValueError) as caught:
        app.register_blueprint(blueprint)
    assert str(caught.value) == (
        "The name 'b' is already registered for this blueprint."
        " Use 'name=' to provide a unique name."
    )
    with pytest.raises(ValueError, match="The name 'b' is already registered for a different blue"):
        app.register_blueprint(make("b"))

    parent.register_blueprint(make("b"))
    parent.register_blueprint(make("b"))
    with pytest.raises(
        ValueError, match="'b' is already registered for a different blueprint 'par"
    ):
        app.register_blueprint(parent)


def test_iter_blueprints_in_order(app: Flask) -> None:
    blueprints = [make(name) for name in "bca"]
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    assert list(app.iter_blueprints()) == blueprints


LATE_CALLS: list[tuple[str, tuple[t.Any, ...]]] = [
    ("record", (len,)),
    ("record_once", (len,)),
    ("register_blueprint", (None,)),
    ("route", ("/",)),
    ("add_url_rule", ("/", "x", len)),
    ("endpoint", ("x",)),
    ("before_request", (len,)),
    ("errorhandler", (404,)),
    ("before_app_request", (len,)),
    ("after_app_request", (len,)),
    ("teardown_app_request", (len,)),
    ("app_context_processor", (len,)),
    ("app_url_value_preprocessor", (len,)),
    ("app_url_defaults", (len,)),
    ("app_errorhandler", (404,)),
    ("app_template_filter", ()),
    ("add_app_template_filter", (len,)),
    ("app_template_test", ()),
    ("add_app_template_test", (len,)),
    ("app_template_global", ()),
    ("add_app_template_global", (len,)),
]


@pytest.mark.parametrize(("method", "arguments"), LATE_CALLS, ids=[name for name, _ in LATE_CALLS])
def test_set_up_after_registration_raises(
    app: Flask, method: str, arguments: tuple[t.Any, ...]
) -> None:
    blueprint = make("b")
    app.register_blueprint(blueprint)
    with pytest.raises(AssertionError) as caught:
        getattr(blueprint, method)(*arguments)
    assert str(caught.value).startswith(
        f"The setup method '{method}' can no longer be called on the blueprint 'b'. It has already"
        " been registered at least once"
    )


# Hooks


def test_hooks_are_merged_under_the_registered_name(app: Flask) -> None:
    blueprint = make("b")
    before = blueprint.before_request(lambda: None)
    after = blueprint.after_request(lambda r: r)
    teardown = blueprint.teardown_request(lambda e: None)
    values = blueprint.url_value_preprocessor(lambda e, v: None)
    defaults = blueprint.url_defaults(lambda e, v: None)
    context = blueprint.context_processor(dict)
    handler = blueprint.errorhandler(404)(lambda e: "")
    view = blueprint.endpoint("free")(lambda: "")
    app.register_blueprint(blueprint)
    app.register_blueprint(blueprint, name="two")
    for name in ("b", "two"):
        assert app.before_request_funcs[name] == [before]
        assert app.after_request_funcs[name] == [after]
        assert app.teardown_request_funcs[name] == [teardown]
        assert app.url_value_preprocessors[name] == [values]
        assert app.url_default_functions[name] == [defaults]
        assert app.template_context_processors[name][-1] is context
        assert app.error_handler_spec[name] == {404: {NotFound: handler}}
    assert app.view_functions["free"] is view
    assert blueprint.before_request_funcs is not app.before_request_funcs
    assert app.error_handler_spec["b"] is not app.error_handler_spec["two"]


@pytest.mark.parametrize(
    ("method", "registry"),
    [
        ("before_app_request", "before_request_funcs"),
        ("after_app_request", "after_request_funcs"),
        ("teardown_app_request", "teardown_request_funcs"),
        ("app_context_processor", "template_context_processors"),
        ("app_url_value_preprocessor", "url_value_preprocessors"),
        ("app_url_defaults", "url_default_functions"),
    ],
)
def test_app_wide_hook_is_added_once(app: Flask, method: str, registry: str) -> None:
    def hook(*args: object) -> None: ...

    blueprint = make("b")
    assert getattr(blueprint, method)(hook) is hook
    assert hook not in getattr(app, registry)[None]
    app.register_blueprint(blueprint)
    app.register_blueprint(blueprint, name="two")
    assert getattr(app, registry)[None].count(hook) == 1


def test_hooks_run_for_the_requests_they_concern(app: Flask) -> None:
    blueprint = make("b", url_prefix="/b")

    @blueprint.before_app_request
    def start() -> None:
        g.seen = ["app wide"]

    @blueprint.before_request
    def own() -> None:
        g.seen.append(request.blueprint)

    def view() -> str:
        return ",".join(g.seen)

    blueprint.add_url_rule("/", "view", view)
    app.add_url_rule("/", "view", view)
    app.register_blueprint(blueprint)
    client = app.test_client()
    assert client.get("/").text == "app wide"
    assert client.get("/b/").text == "app wide,b"


def test_template_helpers_for_the_whole_app(app: Flask) -> None:
    blueprint = make("b")

    @blueprint.app_template_filter()
    def twice(text: str) -> str:
        return text * 2

    @blueprint.app_template_test("big")
    def is_big(number: int) -> bool:
        return number > 9

    @blueprint.app_template_global("seven")
    def give() -> int:
        return 7

    blueprint.add_app_template_filter(len, "size")
    blueprint.add_app_template_test(callable)
    blueprint.add_app_template_global(max)
    app.register_blueprint(blueprint)
    with app.app_context():
        text = render_template_string(
            "{{ 'ab'|twice }} {{ 10 is big }} {{ seven() }} {{ 'abc'|size }} {{ 1 is callable }}"
            " {{ max(1, 2) }}"
        )
    assert text == "abab True 7 3 False 2"


# Nesting


def test_nested_names_prefixes_and_subdomains(app: Flask) -> None:
    parent = make("parent", url_prefix="/parent/", subdomain="p")
    child = make("child", url_prefix="/child")
    grandchild = make("grandchild", subdomain="g")
    for blueprint in (parent, child, grandchild):
        blueprint.add_url_rule("/x", "x", lambda: "")
    child.register_blueprint(grandchild)
    parent.register_blueprint(child)
    parent.register_blueprint(child, url_prefix="/other", subdomain="o", name="other")
    app.register_blueprint(parent)

    found = {r.endpoint: (r.rule, r.subdomain) for r in app.url_map.iter_rules()}
    assert found == {
        "parent.x": ("/parent/x", "p"),
        "parent.child.x": ("/parent/child/x", "p"),
        "parent.child.grandchild.x": ("/parent/child/x", "g.p"),
        "parent.other.x": ("/parent/other/x", "o.p"),
        "parent.other.grandchild.x": ("/parent/other/x", "g.o.p"),
    }
    assert list(app.blueprints) == [
        "parent",
        "parent.child",
        "parent.child.grandchild",
        "parent.other",
        "parent.other.grandchild",
    ]


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        (None, None, ("/x", "")),
        ("/o", None, ("/o/x", "")),
        (None, "/i", ("/i/x", "")),
        ("/o/", "/i/", ("/o/i/x", "")),
    ],
)
def test_nested_prefix(
    app: Flask, outer: str | None, inner: str | None, expected: tuple[str, str]
) -> None:
    parent, child = make("p", url_prefix=outer), make("c", url_prefix=inner)
    child.add_url_rule("/x", "x", lambda: "")
    parent.register_blueprint(child)
    app.register_blueprint(parent)
    (rule,) = app.url_map.iter_rules()
    assert (rule.rule, rule.subdomain) == expected


def test_nested_options_are_not_changed(app: Flask) -> None:
    parent, child = make("p", url_prefix="/p"), make("c")
    parent.register_blueprint(child, url_prefix="/c")
    app.register_blueprint(parent)
    app.register_blueprint(parent, name="q")
    assert parent._blueprints == [(child, {"url_prefix": "/c"})]


def test_nested_in_itself_is_refused() -> None:
    blueprint = make("b")
    with pytest.raises(ValueError, match="Cannot register a blueprint on itself"):
        blueprint.register_blueprint(blueprint)


def test_nested_url_defaults_and_relative_urls(app: Flask) -> None:
    parent, child = make("p", url_prefix="/<lang>"), make("c", url_prefix="/c")

    @parent.url_defaults
    def add_language(endpoint: str, values: dict[str, t.Any]) -> None:
        values.setdefault("lang", "de")

    @parent.url_value_preprocessor
    def take_language(endpoint: str | None, values: dict[str, t.Any] | None) -> None:
        g.lang = t.cast("dict[str, t.Any]", values).pop("lang")

    @child.get("/")
    def view() -> str:
        return f"{g.lang} {url_for('.view')} {url_for('p.c.view', lang='fr')}"

    parent.register_blueprint(child)
    app.register_blueprint(parent)
    assert app.test_client().get("/en/c/").text == "en /de/c/ /fr/c/"


# Files


def test_static_files_of_a_blueprint(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "a.txt").write_text("asset")
    blueprint = make("b", root_path=str(tmp_path), static_folder="assets", url_prefix="/b")
    app.register_blueprint(blueprint)
    assert rules(app) == {"b.static": "/b/assets/<path:filename>"}
    with app.test_client().get("/b/assets/a.txt") as response:
        assert response.text == "asset"
        assert response.cache_control.max_age is None


def test_send_static_file_without_folder(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(RuntimeError, match="'static_folder' must be"):
        make("b").send_static_file("a.txt")


def test_max_age_may_be_overridden(app: Flask, tmp_path: Path) -> None:
    class Own(Blueprint):
        def get_send_file_max_age(self, filename: str | None) -> int | None:
            return 17 if filename == "a.txt" else None

    (tmp_path / "a.txt").write_text("")
    app.register_blueprint(Own("b", "b", root_path=str(tmp_path), static_folder="."))
    url = next(iter(rules(app).values())).replace("<path:filename>", "a.txt")
    with app.test_client().get(url) as response:
        assert response.cache_control.max_age == 17


@pytest.mark.parametrize(
    ("configured", "expected"), [(None, None), (60, 60), (timedelta(hours=1), 3600)]
)
def test_max_age_from_the_configuration(
    app: Flask, configured: t.Any, expected: int | None
) -> None:
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = configured
    with app.app_context():
        assert make("b").get_send_file_max_age("a.txt") == expected


def test_open_resource(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("ü".encode())
    blueprint = make("b", root_path=str(tmp_path))
    for options, expected in [
        ({}, "ü".encode()),
        ({"mode": "r"}, "ü"),
        ({"mode": "rt", "encoding": "latin-1"}, "Ã¼"),
    ]:
        with blueprint.open_resource("a.txt", **options) as file:  # type: ignore[arg-type]
            assert file.read() == expected
    for mode in ("w", "a", "r+", "x"):
        with pytest.raises(ValueError, match="Resources can only be opened for reading."):
            blueprint.open_resource("a.txt", mode)
