"""The provider on orjson beside the one on the standard library: what is equal, and what is not."""

from __future__ import annotations

import collections
import dataclasses
import decimal
import enum
import json
import math
import subprocess
import sys
import typing as t
import uuid
from datetime import date, datetime, time, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

import fastflask
from fastflask.json.fast import FastJSONProvider
from fastflask.json.provider import DefaultJSONProvider


@dataclasses.dataclass
class Point:
    y: int = 1
    _x: int = 2


class Text(str):
    pass


class Real(float):
    pass


class Level(enum.IntEnum):
    LOW = 1


class Colour(enum.Enum):
    RED = "red"


Pair = collections.namedtuple("Pair", "a b")
CIRCLE: list[t.Any] = []
CIRCLE.append(CIRCLE)
DEEP: list[t.Any] = []
for _ in range(300):
    DEEP = [DEEP]

#: Written by both in the same way, or refused with the same error.
SAME = {
    "nothing": None,
    "text": 'a\n"\\\x00\x7f</script>',
    "surrogate": "\ud800",
    "numbers": [0, -1, 1.0, 0.1, 12345.678, 5e-324, True, -0.0],
    "large": 2**64 - 1,
    "larger": [2**64, -(2**63) - 1],
    "order": {"b": 1, "a": {"d": 1, "c": 2}},
    "date": date(2020, 1, 2),
    "datetime": [datetime(2020, 1, 2, 3, 4, 5), datetime(2020, 1, 2, tzinfo=timezone.utc)],
    "time": time(1, 2),
    "uuid": uuid.UUID(int=1),
    "decimal": decimal.Decimal("1.50"),
    "data class": Point(),
    "class of a data class": Point,
    "markup": Markup("<b>"),
    "subclasses": [Text("x"), Real(1.5), collections.OrderedDict(b=1, a=2)],
    "integer enum": Level.LOW,
    "named tuple": Pair(1, 2),
    "integer keys": {2: 1, 10: 2},
    "other keys": {None: 1},
    "keys of a subclass": {Text("a"): 1},
    "mixed keys": {1: 1, "a": 2},
    "impossible keys": {(1,): 1},
    "bytes": b"x",
    "set": {1},
    "circle": CIRCLE,
    "deep": DEEP,
    "object": object,
}

#: Read by both in the same way, or refused with the same error.
READ = [
    b'{"a": [1, 2.5, "\\u00e9", null, true]}',
    " [1] ",
    b"[NaN, -Infinity]",
    b"[1e400]",
    b'{"a": 1, "a": 2}',
    b"\xef\xbb\xbf[1]",
    "[1]".encode("utf-16"),
    b'"\xed\xa0\x80"',
    '"\ud800"',
    b'["\\ud800"]',
    b"[1,]",
    b"[01]",
    b'"\t"',
    b"nul",
    b"",
    b"\xff",
    b"[" * 5000,
    b"[" * 1100 + b"]" * 1100,
    bytearray(b"[1]"),
    memoryview(b"[1]"),
    18446744073709551615,
    b"18446744073709551615",
    b"-9223372036854775808",
    None,
]


def outcome(function: t.Callable[..., t.Any], *args: t.Any, **kwargs: t.Any) -> t.Any:
    try:
        result = function(*args, **kwargs)
    except Exception as error:
        # The library names the class and the item in notes and texts of some versions only.
        return type(error), str(error)
    return type(result), repr(result)


@pytest.fixture
def plain() -> t.Iterator[DefaultJSONProvider]:
    app = fastflask.Flask(__name__)
    provider = DefaultJSONProvider(app)
    provider.ensure_ascii = False
    yield provider
    del app


@pytest.fixture
def fast() -> t.Iterator[FastJSONProvider]:
    app = fastflask.Flask(__name__)
    yield FastJSONProvider(app)
    del app


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("sort", [True, False])
def test_object_is_written_as_by_the_default(
    name: str, sort: bool, plain: DefaultJSONProvider, fast: FastJSONProvider
) -> None:
    plain.sort_keys = fast.sort_keys = sort
    compact = {"separators": (",", ":")}
    assert outcome(fast.dumps, SAME[name], **compact) == outcome(plain.dumps, SAME[name], **compact)


@pytest.mark.parametrize("text", READ, ids=lambda text: repr(text)[:30].partition(" at ")[0])
def test_text_is_read_as_by_the_default(
    text: t.Any, plain: DefaultJSONProvider, fast: FastJSONProvider
) -> None:
    assert outcome(fast.loads, text) == outcome(plain.loads, text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(-1e15, 1e15) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=20,
)


@given(VALUES)
@settings(max_examples=300, deadline=None)
def test_whatever_is_written_reads_back_alike(value: t.Any) -> None:
    app = fastflask.Flask(__name__)
    plain, fast = DefaultJSONProvider(app), FastJSONProvider(app)
    ours, theirs = outcome(fast.dumps, value), outcome(plain.dumps, value)
    if theirs[0] is str:
        assert json.loads(fast.dumps(value)) == json.loads(plain.dumps(value))
    else:
        assert ours == theirs


def test_differences_in_writing(fast: FastJSONProvider, plain: DefaultJSONProvider) -> None:
    assert fast.dumps({"b": "é", "a": [1, 2]}) == '{"a":[1,2],"b":"é"}'
    assert fast.dumps([math.nan, math.inf, -math.inf]) == "[null,null,null]"
    assert fast.dumps(Colour.RED) == '"red"'
    with pytest.raises(TypeError):
        plain.dumps(Colour.RED)
    # How is the business of the library, and of its version.
    for number in (1e-7, 1e16, 1e22, 1.7976931348623157e308):
        assert float(fast.dumps(number)) == number


def test_differences_in_reading(fast: FastJSONProvider) -> None:
    large = fast.loads(b"18446744073709551616")
    assert type(large) is float and large == 2.0**64
    # With an option the standard library does it.
    assert fast.loads(b"18446744073709551616", parse_int=int) == 2**64


def test_options_are_the_standard_librarys(fast: FastJSONProvider) -> None:
    assert fast.dumps([1, "é"], indent=1) == '[\n 1,\n "é"\n]'
    assert fast.dumps({"b": 1, "a": 2}, sort_keys=False) == '{"b": 1, "a": 2}'
    assert fast.dumps([1, 2], separators=(", ", ": ")) == "[1, 2]"
    fast.ensure_ascii = True
    assert fast.dumps([1, "é"]) == '[1, "\\u00e9"]'
    assert fast.loads(b"[1.5]", parse_float=decimal.Decimal) == [decimal.Decimal("1.5")]


def test_default_of_an_application(fast: FastJSONProvider) -> None:
    fast.default = lambda o: f"<{type(o).__name__}>"  # type: ignore[method-assign,assignment]
    assert fast.dumps([date(2020, 1, 2), Point(), {1}]) == '["<date>","<Point>","<set>"]'

    def fail(o: t.Any) -> t.Any:
        raise LookupError("mine")

    fast.default = fail  # type: ignore[method-assign,assignment]
    with pytest.raises(LookupError, match="mine"):
        fast.dumps(object())


def test_application_answers_and_reads() -> None:
    class App(fastflask.Flask):
        json_provider_class = FastJSONProvider

    app = App(__name__)

    @app.post("/")
    def echo() -> t.Any:
        return {"got": fastflask.request.json, "when": date(2020, 1, 2)}

    answer = app.test_client().post("/", json={"b": 1, "a": "é"})
    assert answer.mimetype == "application/json"
    assert answer.data == (
        '{"got":{"a":"é","b":1},"when":"Thu, 02 Jan 2020 00:00:00 GMT"}\n'.encode()
    )
    refused = app.test_client().post("/", data="{", content_type="application/json")
    assert refused.status_code == 400


def test_library_is_imported_by_nothing_else() -> None:
    code = (
        "import sys, fastflask, fastflask.json.provider, fastflask.cli\n"
        "app = fastflask.Flask('app'); app.test_client().get('/')\n"
        "assert 'orjson' not in sys.modules\n"
        "sys.modules['orjson'] = None\n"
        "import fastflask.json.fast"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ImportError: fastflask.json.fast needs orjson: pip install 'fastflask[json]'" in (
        done.stderr
    )
