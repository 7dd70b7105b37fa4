"""Tagged JSON."""

import collections
import copy
from datetime import datetime, timezone
from uuid import UUID

import pytest
from markupsafe import Markup

import fastflask
from fastflask.json.provider import DefaultJSONProvider
from fastflask.json.tag import (
    JSONTag,
    PassDict,
    PassList,
    TagBytes,
    TagDateTime,
    TagDict,
    TaggedJSONSerializer,
    TagMarkup,
    TagTuple,
    TagUUID,
)


@pytest.fixture
def serializer():
    return TaggedJSONSerializer()


WRITTEN = [
    (None, "null"),
    (True, "true"),
    ("text", '"text"'),
    ([1, (2,)], '[1,{" t":[2]}]'),
    ((), '{" t":[]}'),
    (b"\x00\xff", '{" b":"AP8="}'),
    (Markup("<b>"), '{" m":"<b>"}'),
    (UUID(int=1), '{" u":"00000000000000000000000000000001"}'),
    (datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc), '{" d":"Tue, 02 Jan 2024 03:04:05 GMT"}'),
    ({}, "{}"),
    ({"a": (1,), "b": [b"x"]}, '{"a":{" t":[1]},"b":[{" b":"eA=="}]}'),
    ({" t": 1}, '{" di":{" t__":1}}'),
    ({" di": {" b": (1,)}}, '{" di":{" di__":{" di":{" b__":{" t":[1]}}}}}'),
    ({" t": 1, "a": 2}, '{" t":1,"a":2}'),
    ({" t__": 1}, '{" t__":1}'),
]


@pytest.mark.parametrize(("value", "text"), WRITTEN)
def test_dumps_text(serializer, value, text):
    assert serializer.dumps(value) == text


@pytest.mark.parametrize(("value", "text"), WRITTEN)
def test_loads_value_and_type(serializer, value, text):
    read = serializer.loads(text)
    assert read == value
    assert type(read) is type(value)


def test_loads_leaves_unknown_tags(serializer):
    assert serializer.loads('{" zz":1}') == {" zz": 1}


def test_tag_of_subclasses(serializer):
    class Text(str):
        def __html__(self):
            return f"<{self}>"

    Pair = collections.namedtuple("Pair", "x y")
    assert serializer.tag(Text("a")) == {" m": "<a>"}
    assert serializer.tag(Pair(1, 2)) == {" t": [1, 2]}
    assert serializer.tag(collections.OrderedDict(a=(1,))) == {"a": {" t": [1]}}


def test_default_tags_in_order(serializer):
    expected = [
        TagDict,
        PassDict,
        TagTuple,
        PassList,
        TagBytes,
        TagMarkup,
        TagUUID,
        TagDateTime,
    ]
    assert TaggedJSONSerializer.default_tags == expected
    assert [type(tag) for tag in serializer.order] == expected
    assert set(serializer.tags) == {" di", " t", " b", " m", " u", " d"}
    assert all(tag.serializer is serializer for tag in serializer.order)


class TagInt(JSONTag):
    __slots__ = ()
    key = " i"

    def check(self, value):
        return type(value) is int

    def to_json(self, value):
        return hex(value)

    def to_python(self, value):
        return int(value, 16)


@pytest.mark.parametrize("index", [None, 0])
def test_register_tag_for_a_plain_type(serializer, index):
    assert serializer.dumps([1]) == "[1]"
    serializer.register(TagInt, index=index)
    assert serializer.dumps([1, {"a": 2}]) == '[{" i":"0x1"},{"a":{" i":"0x2"}}]'
    assert serializer.loads(serializer.dumps([1])) == [1]


def test_order_changed_directly(serializer):
    tag = TagInt(serializer)
    serializer.order.insert(0, tag)
    serializer.tags[" i"] = tag
    assert serializer.dumps(1) == '{" i":"0x1"}'
    serializer.order.remove(tag)
    assert serializer.dumps(1) == "1"


def test_default_tags_of_a_subclass():
    class Serializer(TaggedJSONSerializer):
        default_tags = [TagInt, *TaggedJSONSerializer.default_tags]

    assert Serializer().dumps(1) == '{" i":"0x1"}'


def test_subclass_that_sets_up_itself():
    class Serializer(TaggedJSONSerializer):
        def __init__(self):
            self.tags = {}
            self.order = []

    assert Serializer().dumps({"a": 1}) == '{"a":1}'


def test_register_twice(serializer):
    with pytest.raises(KeyError, match="Tag ' t' is already registered."):
        serializer.register(TagTuple)
    old = serializer.tags[" t"]
    serializer.register(TagTuple, force=True)
    assert serializer.tags[" t"] is not old
    assert serializer.order[-1] is serializer.tags[" t"]


def test_register_without_key_only_converts(serializer):
    class Passing(JSONTag):
        __slots__ = ()

        def check(self, value):
            return isinstance(value, range)

        def to_json(self, value):
            return list(value)

        tag = to_json

    serializer.register(Passing)
    assert serializer.dumps(range(2)) == "[0,1]"
    assert "" not in serializer.tags


def test_base_tag_leaves_all_open():
    tag = JSONTag(None)
    for method in (tag.check, tag.to_json, tag.to_python, tag.tag):
        with pytest.raises(NotImplementedError):
            method(1)


def test_overridden_untag_sees_every_dict():
    seen = []

    class Serializer(TaggedJSONSerializer):
        def untag(self, value):
            seen.append(value)
            return super().untag(value)

    assert Serializer().loads('{"a":{" t":[{"b":1}]}}') == {"a": ({"b": 1},)}
    assert seen == [{"b": 1}, {" t": [{"b": 1}]}, {"a": ({"b": 1},)}]


def test_serializer_has_no_dict_and_can_be_copied(serializer):
    with pytest.raises(AttributeError):
        serializer.other = 1
    assert copy.deepcopy(serializer).dumps((1,)) == '{" t":[1]}'


def test_provider_of_the_current_app_writes_the_text(serializer):
    app = fastflask.Flask(__name__)

    class Provider(DefaultJSONProvider):
        def dumps(self, obj, **kwargs):
            return "P" + super().dumps(obj, **kwargs)

        def loads(self, s, **kwargs):
            return super().loads(s[1:], **kwargs)

    app.json = Provider(app)
    with app.app_context():
        text = serializer.dumps({"b": (1,), "a": 1})
        assert text == 'P{"a":1,"b":{" t":[1]}}'
        assert serializer.loads(text) == {"b": (1,), "a": 1}
