"""JSON functions and providers."""

import datetime
import decimal
import gc
import io
import json
import threading
import uuid
import weakref
from dataclasses import dataclass

import pytest
from markupsafe import Markup

import fastflask
from fastflask import Flask, jsonify
from fastflask import json as fjson
from fastflask.json.provider import DefaultJSONProvider, JSONProvider


@pytest.fixture
def app():
    return Flask(__name__)


@dataclass
class Point:
    x: int
    y: int


class Html:
    def __html__(self):
        return "<b>"


EXTRA_TYPES = [
    (datetime.date(2024, 2, 29), "Thu, 29 Feb 2024 00:00:00 GMT"),
    (datetime.datetime(2024, 2, 29, 12, 30, 5), "Thu, 29 Feb 2024 12:30:05 GMT"),
    (decimal.Decimal("1.50"), "1.50"),
    (uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"),
    (Point(1, 2), {"x": 1, "y": 2}),
    (Html(), "<b>"),
    (Markup("<i>"), "<i>"),
]


@pytest.mark.parametrize(("value", "expected"), EXTRA_TYPES)
def test_dumps_extra_type_in_app(app, value, expected):
    with app.app_context():
        assert json.loads(fjson.dumps({"v": value})) == {"v": expected}


@pytest.mark.parametrize(("value", "expected"), EXTRA_TYPES)
def test_dumps_extra_type_without_app(value, expected):
    assert json.loads(fjson.dumps([value])) == [expected]


def test_dumps_default_argument_wins(app):
    assert fjson.dumps([1j], default=str) == '["1j"]'
    assert app.json.dumps([1j], default=str) == '["1j"]'
    assert app.json.dumps([1j], default=repr, separators=(",", ":")) == '["1j"]'
    with pytest.raises(TypeError):
        app.json.dumps([1j])


def test_dumps_default_argument_is_not_kept_alive(app):
    class Convert:
        def __call__(self, o):
            return "x"

    convert = Convert()
    app.json.dumps([1j], default=convert)
    gone = weakref.ref(convert)
    del convert
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes"])
def test_dumps_unknown_type_names_it(app, value):
    message = f"Object of type {type(value).__name__} is not JSON serializable"
    with pytest.raises(TypeError, match=message):
        app.json.dumps({"a": value})


def test_dumps_dataclass_type_is_no_dataclass(app):
    with pytest.raises(TypeError):
        app.json.dumps(Point)


def test_dumps_mixed_keys_cannot_be_sorted(app):
    with pytest.raises(TypeError):
        app.json.dumps({1: 1, "a": 2})
    app.json.sort_keys = False
    assert app.json.dumps({1: 1, "a": 2}) == '{"1": 1, "a": 2}'


OPTION_SETS = [
    {},
    {"separators": (",", ":")},
    {"separators": [",", ":"]},
    {"separators": None},
    {"separators": (" , ", " : ")},
    {"indent": 2},
    {"indent": 0, "separators": (",", ": ")},
    {"sort_keys": False},
    {"sort_keys": 1},
    {"ensure_ascii": False},
    {"ensure_ascii": 0, "separators": (",", ":")},
    {"skipkeys": True},
    {"allow_nan": True, "check_circular": False},
    {"cls": json.JSONEncoder},
    {"default": None},
]
VALUES = [
    None,
    "text é \u2028 \U0001f600 </script>",
    "\ud800",
    [],
    {},
    [1, -2, 2**70, 1.5, 1e300, float("inf"), True, None],
    {"b": {"z": 1, "a": [{"k": ()}]}, "a": "é", "": 0},
    (1, (2, [3])),
    {3: 1, 1: 2},
    {1.5: 1, 0.5: 2},
    {True: 1, False: 2},
]


def test_dumps_equals_the_library_for_all_options_in_turn(app):
    """One provider serves all of them one after the other, so nothing may stick."""
    own = {"default": app.json.default, "ensure_ascii": True, "sort_keys": True}
    for _ in range(2):
        for options in OPTION_SETS:
            for value in VALUES:
                got = app.json.dumps(value, **options)
                assert got == json.dumps(value, **{**own, **options}), (value, options)


@pytest.mark.parametrize(
    "options", [{"separators": (",",)}, {"separators": (1, 2)}, {"unknown": 1}, {"indent": 2.5}]
)
def test_dumps_bad_option_raises_what_the_library_raises(app, options):
    with pytest.raises(Exception) as expected:
        json.dumps([[1]], default=str, ensure_ascii=True, sort_keys=True, **options)
    with pytest.raises(expected.type) as raised:
        app.json.dumps([[1]], **options)
    assert str(raised.value) == str(expected.value)


def test_dumps_sees_changed_attributes(app):
    provider = app.json
    assert provider.dumps({"b": "é", "a": 1}) == '{"a": 1, "b": "\\u00e9"}'
    provider.sort_keys = False
    assert provider.dumps({"b": "é", "a": 1}) == '{"b": "\\u00e9", "a": 1}'
    provider.ensure_ascii = False
    assert provider.dumps({"b": "é", "a": 1}) == '{"b": "é", "a": 1}'
    provider.default = lambda o: "odd"
    assert provider.dumps([1j]) == '["odd"]'
    provider.default = lambda o: "even"
    assert provider.dumps([1j]) == '["even"]'
    del provider.default
    with pytest.raises(TypeError):
        provider.dumps([1j])


def test_dumps_default_as_method_of_a_subclass(app):
    class Provider(DefaultJSONProvider):
        word = "first"

        def default(self, o):
            return self.word

    provider = Provider(app)
    assert provider.dumps([1j]) == '["first"]'
    provider.word = "second"
    assert provider.dumps([1j]) == '["second"]'


def test_dumps_subclass_without_base_constructor(app):
    class Provider(DefaultJSONProvider):
        def __init__(self, app):
            pass

    assert Provider(app).dumps([1]) == "[1]"


def test_dumps_circular_reference_is_found_every_time(app):
    loop = []
    loop.append(loop)
    for _ in range(3):
        with pytest.raises(ValueError, match="Circular reference detected"):
            app.json.dumps(loop)
        assert app.json.dumps([[], []]) == "[[], []]"


def test_dumps_works_after_an_error_with_the_same_object(app):
    value = {"list": [object()]}
    with pytest.raises(TypeError):
        app.json.dumps(value)
    value["list"][0] = 1
    assert app.json.dumps(value) == '{"list": [1]}'


def test_dumps_inside_of_default(app):
    shared = {"k": [1]}

    def default(o):
        return app.json.dumps(shared)

    app.json.default = default
    text = app.json.dumps({"outer": shared, "inner": 1j})
    assert json.loads(text) == {"outer": shared, "inner": json.dumps(shared)}


def test_dumps_of_one_object_in_many_threads(app):
    shared = {"list": [{"k": [1j] * 50}] * 20}
    app.json.default = str
    expected = app.json.dumps(shared)
    failures = []

    def work():
        for _ in range(20):
            try:
                if app.json.dumps(shared) != expected:
                    failures.append("text")
            except Exception as e:
                failures.append(repr(e))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_dumps_of_a_proxy_is_refused_as_by_the_library(app):
    with app.test_request_context():
        fastflask.g.items = {"a": 1}
        for proxy in (fastflask.g, fastflask.request):
            with pytest.raises(TypeError, match="not JSON serializable"):
                app.json.dumps(proxy)


def test_dumps_uses_a_replaced_library_function(app, monkeypatch):
    app.json.dumps([1])
    monkeypatch.setattr(json, "dumps", lambda obj, **kwargs: "replaced")
    assert app.json.dumps([1]) == "replaced"


def test_dumps_uses_a_patched_encoder_class(app, monkeypatch):
    app.json.dumps([1])
    monkeypatch.setattr(json.JSONEncoder, "encode", lambda self, o: "patched")
    assert app.json.dumps([1]) == "patched"


GOOD_TEXTS = [
    '{"a": [1, 2.5, "x", null, true]}',
    ' {"a": 1} \n',
    '{"a": 1}\n',
    '"text"',
    "12",
    "1",
    "NaN",
    "-Infinity",
    '{"a": 1, "a": 2}',
    '"\\ud83d\\ude00 é"',
    "[]",
]


@pytest.mark.parametrize("text", GOOD_TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])
def test_loads_equals_the_library(app, text, encoding):
    expected = repr(json.loads(text))
    assert repr(app.json.loads(text)) == expected
    if encoding != "utf-16-le" or len(text) > 1:
        assert repr(app.json.loads(text.encode(encoding))) == expected
        assert repr(app.json.loads(bytearray(text.encode(encoding)))) == expected


BAD_TEXTS = [
    "",
    " ",
    "{",
    '{"a": 1} x',
    "[1,]",
    "nul",
    "\ufeff[1]",
    "[1]\x0b",
    "[1]\u00a0",
    b"",
    b"\xff\xff\xff\xff\xff",
    b'["\xff\xfe"]',
    b"[1\x00]",
    "9" * 5000,
    None,
    5,
]


@pytest.mark.parametrize("text", BAD_TEXTS, ids=lambda text: repr(text)[:20])
def test_loads_bad_input_raises_what_the_library_raises(app, text):
    with pytest.raises(Exception) as expected:
        json.loads(text)
    with pytest.raises(expected.type) as raised:
        app.json.loads(text)
    assert raised.type is expected.type
    assert str(raised.value) == str(expected.value)


def test_loads_passes_options(app):
    assert app.json.loads("1.5", parse_float=decimal.Decimal) == decimal.Decimal("1.5")


def test_loads_uses_a_replaced_library_function(app, monkeypatch):
    monkeypatch.setattr(json, "loads", lambda s, **kwargs: "replaced")
    assert app.json.loads("[1]") == "replaced"


def test_functions_with_files(app):
    for context in (app.app_context(), None):
        out = io.StringIO()
        if context is None:
            fjson.dump({"d": decimal.Decimal(1)}, out)
            assert fjson.load(io.BytesIO(out.getvalue().encode())) == {"d": "1"}
        else:
            with context:
                fjson.dump({"d": decimal.Decimal(1)}, out)
                assert fjson.load(io.StringIO(out.getvalue())) == {"d": "1"}


def test_functions_use_the_provider_of_the_current_app(app):
    class Provider(JSONProvider):
        def dumps(self, obj, **kwargs):
            return f"<{obj!r}{kwargs}>"

        def loads(self, s, **kwargs):
            return (s, kwargs)

    app.json = Provider(app)
    with app.app_context():
        out = io.StringIO()
        fjson.dump(1, out, a=2)
        assert out.getvalue() == fjson.dumps(1, a=2) == "<1{'a': 2}>"
        assert fjson.load(io.StringIO("x"), b=1) == fjson.loads("x", b=1) == ("x", {"b": 1})
        response = jsonify(1)
    assert response.get_data(as_text=True) == "<1{}>"
    assert response.mimetype == "application/json"


def test_base_provider_leaves_dumps_and_loads_open(app):
    provider = JSONProvider(app)
    with pytest.raises(NotImplementedError):
        provider.dumps(1)
    with pytest.raises(NotImplementedError):
        provider.loads("1")


def test_provider_overriding_dumps_is_used_by_views_and_responses(app):
    class Provider(DefaultJSONProvider):
        def dumps(self, obj, **kwargs):
            return super().dumps({"wrapped": obj}, **kwargs)

    app.json = Provider(app)
    app.add_url_rule("/dict", view_func=lambda: {"a": 1}, endpoint="dict")
    app.add_url_rule("/list", view_func=lambda: [1], endpoint="list")
    app.add_url_rule("/call", view_func=lambda: jsonify(2), endpoint="call")
    client = app.test_client()
    assert client.get("/dict").json == {"wrapped": {"a": 1}}
    assert client.get("/list").json == {"wrapped": [1]}
    assert client.get("/call").json == {"wrapped": 2}


@pytest.mark.usefixtures("no_collector")
def test_provider_knows_its_app_weakly():
    app = Flask(__name__)
    provider = app.json
    provider.dumps([1])
    ref = weakref.ref(app)
    del app
    assert ref() is None
    with pytest.raises(ReferenceError):
        provider.response(1)


@pytest.mark.parametrize(
    ("args", "kwargs", "text"),
    [
        ((), {}, "null"),
        ((None,), {}, "null"),
        ((0,), {}, "0"),
        (([],), {}, "[]"),
        ((1, 2), {}, "[1,2]"),
        ((), {"b": 1, "a": 2}, '{"a":2,"b":1}'),
    ],
)
def test_jsonify_arguments(app, args, kwargs, text):
    with app.app_context():
        response = jsonify(*args, **kwargs)
    assert response.get_data(as_text=True) == text + "\n"
    assert response.content_type == "application/json"


def test_jsonify_with_both_kinds_of_arguments(app):
    with app.app_context():
        with pytest.raises(TypeError, match="either args or kwargs, not both"):
            jsonify(1, a=2)


def test_jsonify_without_app():
    with pytest.raises(RuntimeError, match="application context"):
        jsonify(1)


COMPACT = '{"a":[1,2]}\n'
SPACED = '{\n  "a": [\n    1,\n    2\n  ]\n}\n'


@pytest.mark.parametrize(
    ("compact", "debug", "expected"),
    [
        (None, False, COMPACT),
        (None, True, SPACED),
        (True, True, COMPACT),
        (False, False, SPACED),
        (0, True, COMPACT),
    ],
)
def test_response_layout(app, compact, debug, expected):
    app.debug = debug
    app.json.compact = compact
    assert app.json.response({"a": [1, 2]}).get_data(as_text=True) == expected


def test_response_mimetype_and_class(app):
    class Response(fastflask.Response):
        pass

    app.response_class = Response
    app.json.mimetype = "application/vnd.api+json"
    response = app.json.response(a=1)
    assert type(response) is Response
    assert response.mimetype == "application/vnd.api+json"


def test_request_json_is_read_with_the_provider(app):
    class Provider(DefaultJSONProvider):
        def loads(self, s, **kwargs):
            return {"raw": s.decode()}

    app.json_provider_class = Provider
    app.json = Provider(app)
    app.add_url_rule("/", view_func=lambda: fastflask.request.json, methods=["POST"], endpoint="i")
    response = app.test_client().post("/", data="[1]", content_type="application/json")
    assert json.loads(response.data) == {"raw": "[1]"}


def test_template_filter_escapes_for_scripts(app):
    with app.app_context():
        text = fastflask.render_template_string("{{ v|tojson }}", v="</script>&'")
    assert not set("<>&'") & set(text)
    assert json.loads(text) == "</script>&'"
