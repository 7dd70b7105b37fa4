"""The same values to Flask's tagged JSON and to ours: equal text, and equal values read back.

``FUZZ_CASES`` in the environment says how many random values there are.
"""

from __future__ import annotations

import datetime
import os
import random
import typing as t
import uuid

import flask.json.tag
import pytest
from markupsafe import Markup

import fastflask.json.tag
from fastflask.json.tag import PassDict, TagDict, TaggedJSONSerializer

CASES = int(os.environ.get("FUZZ_CASES", "4000"))
SEED = os.environ.get("FUZZ_SEED", "1")
KEYS = ["a", "b", "_flashes", " t", " di", " b", " d", " m", " u", "x__", " t__", ""]


class Text(str):
    """A text that is none of the plain ones."""


class Safe(str):
    def __html__(self) -> str:
        return f"<{self}>"


class Mapping(dict):
    pass


class Number(int):
    pass


def make_value(rnd: random.Random, depth: int = 0) -> t.Any:
    if depth < 4 and rnd.random() < 0.6 - depth * 0.1:
        size = rnd.choice((0, 1, 1, 2, 3))
        if rnd.random() < 0.6:
            kind = rnd.choice((dict, dict, Mapping))
            return kind((rnd.choice(KEYS), make_value(rnd, depth + 1)) for _ in range(size))
        return rnd.choice((list, tuple))(make_value(rnd, depth + 1) for _ in range(size))
    return rnd.choice(
        [
            lambda: rnd.choice(["", "text", "\xfc\u4e2d", "\ud800", '"', "</script>"]),
            lambda: rnd.choice([0, 1, -1, 1.5, 10**30, True, False, None]),
            lambda: rnd.randbytes(5),
            lambda: Markup("<b>"),
            lambda: rnd.choice([Text("t"), Safe("s"), Number(7)]),
            lambda: uuid.UUID(int=rnd.getrandbits(128)),
            lambda: datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
            object,
        ]
    )()


def outcome(function: t.Callable[..., t.Any], *args: t.Any) -> t.Any:
    try:
        value = function(*args)
    except Exception as error:
        return type(error), str(error).split(" at 0x")[0]
    return repr(value)


def make_text(rnd: random.Random, text: str) -> str:
    """Return what might come of it on the way, and what nobody has written."""
    if rnd.random() < 0.7:
        return text
    return rnd.choice(
        [
            "[1, 2]",
            '{" t": 1}',
            '{" t": {"a": 1}}',
            '{" di": {" t__": [1]}}',
            '{" di": {"a": 1, "b": 2}}',
            '{" di": {}}',
            '{" d": "no date", "a": 1}',
            '{" b": "!"}',
            '{" m": "x"}',
            '{"": 1}',
            "{}",
            "null",
            text[:-1],
        ]
    )


@pytest.mark.parametrize("within", [False, True], ids=["outside", "inside"])
def test_tagged_json_as_flasks(within):
    rnd = random.Random(f"tags {SEED}")
    ours, reference = TaggedJSONSerializer(), flask.json.tag.TaggedJSONSerializer()
    contexts = [
        framework.Flask("app", root_path="/").app_context() for framework in (flask, fastflask)
    ]
    if within:
        for context in contexts:
            context.push()
    try:
        for _ in range(CASES):
            value = make_value(rnd)
            expected = outcome(reference.dumps, value)
            assert outcome(ours.dumps, value) == expected, value
            assert outcome(ours.tag, value) == outcome(reference.tag, value), value
            if isinstance(expected, str):
                text = make_text(rnd, reference.dumps(value))
                assert outcome(ours.loads, text) == outcome(reference.loads, text), text
    finally:
        if within:
            for context in reversed(contexts):
                context.pop()


def test_results_are_copies():
    serializer = TaggedJSONSerializer()
    flat = {"a": 1, "b": "x"}
    assert serializer.tag(flat) == flat
    assert serializer.tag(flat) is not flat
    assert serializer._untag_scan(flat) == flat
    assert serializer._untag_scan(flat) is not flat


@pytest.mark.parametrize("name", ["check", "to_json", "tag"])
def test_tag_of_dicts_patched_later_is_called(monkeypatch, name):
    seen = []
    original = getattr(PassDict, name)

    def patched(self, value):
        seen.append(value)
        return original(self, value)

    monkeypatch.setattr(PassDict, name, patched)
    value = {"a": 1, "b": 2}
    assert TaggedJSONSerializer().tag(value) == value
    # The last two are the same method under two names.
    assert seen == ([] if name == "to_json" else [value])


def test_check_of_tagged_dicts_patched_later_is_called(monkeypatch):
    monkeypatch.setattr(TagDict, "check", lambda self, value: isinstance(value, dict))
    monkeypatch.setattr(TagDict, "to_json", lambda self, value: "mine")
    assert TaggedJSONSerializer().tag({"a": 1, "b": 2}) == {" di": "mine"}


@pytest.mark.parametrize("name", ["tag", "untag", "_untag_scan"])
@pytest.mark.parametrize("way", ["subclass", "patched"])
def test_methods_of_the_serializer_see_what_is_inside(monkeypatch, name, way):
    seen = []
    original = getattr(TaggedJSONSerializer, name)

    def method(self, value):
        seen.append(value)
        return original(self, value)

    if way == "subclass":
        cls = type("Mine", (TaggedJSONSerializer,), {"__slots__": (), name: method})
    else:
        monkeypatch.setattr(TaggedJSONSerializer, name, method)
        cls = TaggedJSONSerializer

    serializer = cls()
    text = serializer.dumps({"a": 1, "b": {"c": 2, "d": 3}})
    assert text == '{"a":1,"b":{"c":2,"d":3}}'
    assert serializer.loads(text) == {"a": 1, "b": {"c": 2, "d": 3}}
    assert len(seen) == {"tag": 5, "untag": 2, "_untag_scan": 5}[name]
