"""JSON by the classes and settings of earlier releases of Flask."""

from __future__ import annotations

import dataclasses
import decimal
import io
import json
import typing as t
import uuid
import warnings
from datetime import date, datetime

import pytest
from markupsafe import Markup

import fastflask
from fastflask import Blueprint, Flask
from fastflask.json.provider import DefaultJSONProvider


def take(name: str) -> t.Any:
    with pytest.warns(DeprecationWarning, match=name):
        return getattr(fastflask.json, name)


class Point:
    def __init__(self, x: int) -> None:
        self.x = x


@dataclasses.dataclass
class Record:
    name: str


@pytest.fixture
def encoder() -> type[json.JSONEncoder]:
    """What an application of old derives from the framework's class."""
    base = take("JSONEncoder")

    class Encoder(base):  # type: ignore[misc, valid-type]
        def default(self, o: t.Any) -> t.Any:
            return ["point", o.x] if isinstance(o, Point) else base.default(self, o)

    return Encoder


@pytest.fixture
def decoder() -> type[json.JSONDecoder]:
    base = take("JSONDecoder")

    class Decoder(base):  # type: ignore[misc, valid-type]
        def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
            super().__init__(*args, object_hook=lambda o: {"read": o}, **kwargs)

    return Decoder


def test_encoder_knows_the_providers_types() -> None:
    encoder = take("JSONEncoder")
    values = {
        "date": date(2020, 1, 2),
        "time": datetime(2020, 1, 2, 3, 4, 5),
        "decimal": decimal.Decimal("1.50"),
        "uuid": uuid.UUID(int=1),
        "record": Record("a"),
        "html": Markup("<b>"),
    }
    assert issubclass(encoder, json.JSONEncoder)
    found = json.loads(json.dumps(values, cls=encoder))
    assert found == json.loads(Flask("app").json.dumps(values))
    assert found["decimal"] == "1.50"

    with pytest.raises(TypeError, match="not JSON serializable"):
        encoder().default(object())


@pytest.mark.parametrize("how", ["instance", "subclass", "patched"])
def test_encoder_of_an_application(
    how: str, encoder: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cls = type("App", (Flask,), {"json_encoder": encoder}) if how == "subclass" else Flask

    if how == "patched":
        monkeypatch.setattr(Flask, "json_encoder", encoder, raising=False)

    app = cls("app")

    if how == "instance":
        app.json_encoder = encoder

    app.add_url_rule("/dict", view_func=lambda: {"b": Point(1), "a": date(2020, 1, 2)})
    app.add_url_rule("/call", endpoint="call", view_func=lambda: fastflask.jsonify(Point(2)))
    client = app.test_client()
    assert client.get("/dict").text == ('{"a":"Thu, 02 Jan 2020 00:00:00 GMT","b":["point",1]}\n')
    assert client.get("/call").json == ["point", 2]

    with app.app_context():
        assert fastflask.json.dumps([Point(3)]) == '[["point", 3]]'
        assert fastflask.json.dumps({"b": 1, "a": "ä"}) == '{"a": "\\u00e4", "b": 1}'
        assert fastflask.json.dumps({"b": 1, "a": 2}, sort_keys=False) == '{"b": 1, "a": 2}'
        text = fastflask.render_template_string("{{ point|tojson }}", point=Point(4))
        assert text == '["point", 4]'
        file = io.StringIO()
        fastflask.json.dump(Point(5), file)
        assert file.getvalue() == '["point", 5]'

    with pytest.raises(TypeError), Flask("other").app_context():
        monkeypatch.undo()
        fastflask.json.dumps(Point(6))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert app.json_encoder is (fastflask.json.JSONEncoder if how == "patched" else encoder)


@pytest.mark.parametrize("how", ["instance", "subclass"])
def test_decoder_of_an_application(how: str, decoder: t.Any) -> None:
    cls = type("App", (Flask,), {"json_decoder": decoder}) if how == "subclass" else Flask
    app = cls("app")

    if how == "instance":
        app.json_decoder = decoder

    app.add_url_rule("/", view_func=lambda: repr(fastflask.request.get_json()), methods=["POST"])
    assert app.test_client().post("/", json={"a": 1}).text == "{'read': {'a': 1}}"

    with app.app_context():
        assert fastflask.json.loads('{"a": 1}') == {"read": {"a": 1}}
        assert fastflask.json.load(io.StringIO('{"a": 1}')) == {"read": {"a": 1}}
        assert fastflask.json.loads('{"a": 1}', cls=json.JSONDecoder) == {"a": 1}

    with Flask("other").app_context():
        assert fastflask.json.loads('{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("how", ["instance", "subclass"])
def test_classes_of_a_blueprint(how: str, encoder: t.Any, decoder: t.Any) -> None:
    class OfApp(encoder):  # type: ignore[misc]
        def default(self, o: t.Any) -> t.Any:
            return "app"

    members = {"json_encoder": encoder, "json_decoder": decoder} if how == "subclass" else {}
    blueprint = type("Own", (Blueprint,), members)("b", "b")

    if how == "instance":
        blueprint.json_encoder = encoder
        blueprint.json_decoder = decoder

    plain = Blueprint("plain", "plain")
    app = Flask("app")
    app.json_encoder = OfApp

    def view() -> t.Any:
        return fastflask.jsonify(Point(1), repr(fastflask.request.get_json()))

    for place in (blueprint, plain, app):
        place.add_url_rule(f"/{place.name}", view_func=view, methods=["POST"])

    app.register_blueprint(blueprint)
    app.register_blueprint(plain)
    client = app.test_client()
    assert client.post("/b", json={}).json == [["point", 1], "{'read': {}}"]
    assert client.post("/plain", json={}).json == ["app", "{}"]
    assert client.post("/app", json={}).json == ["app", "{}"]


def test_attributes_where_nothing_is_set(app: Flask) -> None:
    blueprint = Blueprint("b", "b")

    with pytest.warns(DeprecationWarning) as caught:
        assert app.json_encoder is Flask.json_encoder is fastflask.json.JSONEncoder
        assert app.json_decoder is fastflask.json.JSONDecoder
        assert blueprint.json_encoder is blueprint.json_decoder is None

    assert len(caught) == 6
    app.json_encoder = None
    assert app.json.dumps(1) == "1"
    assert app.json_encoder is fastflask.json.JSONEncoder


def test_setting_an_encoder_warns(app: Flask) -> None:
    with pytest.warns(DeprecationWarning, match=r"Flask.json_encoder.*app\.json") as caught:
        app.json_encoder = json.JSONEncoder

    assert caught[0].filename == __file__

    with pytest.warns(DeprecationWarning, match="Blueprint.json_decoder"):

        class Own(Blueprint):
            json_decoder = json.JSONDecoder

    with pytest.warns(DeprecationWarning, match="Flask.json_decoder") as caught:

        class App(Flask):
            json_decoder = json.JSONDecoder

    assert caught[0].filename == __file__


def test_encoder_without_a_method_of_its_own_gets_the_providers(app: Flask) -> None:
    class Indented(json.JSONEncoder):
        def __init__(self, **kwargs: t.Any) -> None:
            super().__init__(**{**kwargs, "indent": 1})

    app.json_encoder = Indented
    assert app.json.dumps([date(2020, 1, 2)]) == '[\n "Thu, 02 Jan 2020 00:00:00 GMT"\n]'


def test_method_put_into_the_frameworks_encoder(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = take("JSONEncoder")

    def default(self: t.Any, o: t.Any) -> t.Any:
        return "patched"

    monkeypatch.setattr(encoder, "default", default)
    assert app.json.dumps(object()) == '"patched"'
    monkeypatch.undo()

    with pytest.raises(TypeError):
        app.json.dumps(object())


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"JSON_AS_ASCII": False}, '{"a":"ä","b":1}\n'),
        ({"JSON_AS_ASCII": True}, '{"a":"\\u00e4","b":1}\n'),
        ({"JSON_SORT_KEYS": False}, '{"b":1,"a":"\\u00e4"}\n'),
        ({"JSON_SORT_KEYS": None}, '{"a":"\\u00e4","b":1}\n'),
        ({"JSON_SORT_KEYS": False, "JSON_AS_ASCII": False}, '{"b":1,"a":"ä"}\n'),
        ({"JSONIFY_PRETTYPRINT_REGULAR": True}, '{\n  "a": "\\u00e4",\n  "b": 1\n}\n'),
        ({"JSONIFY_PRETTYPRINT_REGULAR": False}, '{"a":"\\u00e4","b":1}\n'),
    ],
)
def test_settings(app: Flask, debug: bool, settings: dict[str, t.Any], expected: str) -> None:
    app.debug = debug
    app.add_url_rule("/", view_func=lambda: {"b": 1, "a": "ä"})
    client = app.test_client()
    before = client.get("/")
    app.config.update(settings)
    response = client.get("/")
    pretty = settings.get("JSONIFY_PRETTYPRINT_REGULAR", debug)

    if pretty and "\n  " not in expected:
        assert response.text.startswith("{\n  ")
        assert response.text.replace("\n  ", "").replace(": ", ":").replace("\n", "") == (
            expected.strip()
        )
    else:
        assert response.text == expected

    assert response.mimetype == "application/json"

    for key in settings:
        del app.config[key]

    assert client.get("/").data == before.data


def test_setting_of_the_media_type(app: Flask) -> None:
    app.add_url_rule("/", view_func=lambda: [])
    app.config["JSONIFY_MIMETYPE"] = "application/vnd.api+json"
    assert app.test_client().get("/").mimetype == "application/vnd.api+json"
    app.config.pop("JSONIFY_MIMETYPE")
    assert app.test_client().get("/").mimetype == "application/json"


def test_settings_and_attributes_of_the_provider(app: Flask) -> None:
    """A setting that is there wins, as it did in the release that had both."""
    provider = t.cast(DefaultJSONProvider, app.json)
    provider.sort_keys = False
    provider.ensure_ascii = False
    provider.compact = False
    app.config["JSON_SORT_KEYS"] = True
    assert app.json.dumps({"b": "ä", "a": 1}) == '{"a": 1, "b": "ä"}'
    assert app.json.dumps({"b": 1, "a": 1}, sort_keys=False) == '{"b": 1, "a": 1}'

    with app.app_context():
        assert app.json.response(a=1).data == b'{\n  "a": 1\n}\n'  # type: ignore[attr-defined]

    app.config["JSONIFY_PRETTYPRINT_REGULAR"] = False

    with app.app_context():
        assert app.json.response(a=1).data == b'{"a":1}\n'  # type: ignore[attr-defined]


def test_defaults_of_a_subclass_of_the_application() -> None:
    class App(Flask):
        default_config = {**Flask.default_config, "JSON_SORT_KEYS": False}

    assert App("app").json.dumps({"b": 1, "a": 2}) == '{"b": 1, "a": 2}'


def test_own_provider_is_asked_as_it_is(app: Flask, encoder: t.Any) -> None:
    class Provider(DefaultJSONProvider):
        def dumps(self, obj: t.Any, **kwargs: t.Any) -> str:
            return "own"

    app.json = Provider(app)
    app.json_encoder = encoder
    assert app.json.dumps(Point(1)) == "own"


def test_session_keeps_its_format(app: Flask, encoder: t.Any) -> None:
    app.json_encoder = encoder
    app.config["JSON_SORT_KEYS"] = False
    client = app.test_client()

    with client.session_transaction() as session:
        session["a"] = (1, b"2")

    with client.session_transaction() as session:
        assert session["a"] == (1, b"2")


def test_text_for_scripts(app: Flask) -> None:
    dumps, dump = take("htmlsafe_dumps"), take("htmlsafe_dump")

    with app.app_context():
        text = dumps({"b": "</script>", "a": "'&"})
        assert isinstance(text, Markup)
        assert text == '{"a": "\\u0027\\u0026", "b": "\\u003c/script\\u003e"}'
        file = io.StringIO()
        dump("<", file)
        assert file.getvalue() == '"\\u003c"'
        assert dumps([1], indent=1) == "[\n 1\n]"
