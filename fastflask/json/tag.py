"""JSON that keeps types which JSON lacks, by putting a tag around their values.

The signed session cookie is written with this. ``(1, 2)`` becomes ``{" t": [1, 2]}``, and reading
makes a tuple of it again. More types can be taught; here data classes of one's own::

    class TagPoint(JSONTag):
        __slots__ = ()
        key = " pt"

        def check(self, value):
            return isinstance(value, Point)

        def to_json(self, value):
            return [value.x, value.y]

        def to_python(self, value):
            return Point(*value)

    app.session_interface.serializer.register(TagPoint)

Tags are asked in order and the first that accepts a value gets it. A special case of a type
that has a tag, such as a subclass of ``dict``, has to be registered with ``index=0``.
"""

from __future__ import annotations

import typing as t
from base64 import b64decode, b64encode
from datetime import datetime
from uuid import UUID

from markupsafe import Markup
from werkzeug.http import http_date, parse_date

from ..json import dumps, loads


class JSONTag:
    """Base of the tags of a :class:`TaggedJSONSerializer`, one class for each type.

    :param serializer: the serializer that the tag belongs to.

    .. versionadded:: 0.1
    """

    __slots__ = ("serializer",)

    #: The name under which values are stored. A tag without one only converts: nothing in the
    #: text tells of it, and it is not asked when reading.
    key: str = ""

    def __init__(self, serializer: TaggedJSONSerializer) -> None:
        self.serializer = serializer

    def check(self, value: t.Any) -> bool:
        """Say whether this tag is the one for a value."""
        raise NotImplementedError

    def to_json(self, value: t.Any) -> t.Any:
        """Convert a value to something JSON can write, without the tag."""
        raise NotImplementedError

    def to_python(self, value: t.Any) -> t.Any:
        """Convert what was inside of the tag back to a value of the type."""
        raise NotImplementedError

    def tag(self, value: t.Any) -> dict[str, t.Any]:
        """Convert a value and put the tag around it."""
        return {self.key: self.to_json(value)}


class TagDict(JSONTag):
    """A dict that could be taken for a tagged value: one item, whose key is that of a tag.

    Its key gets a suffix in the text, which reading takes off.
    """

    __slots__ = ()
    key = " di"

    def check(self, value: t.Any) -> bool:
        if isinstance(value, dict) and len(value) == 1:
            return next(iter(value)) in self.serializer.tags
        return False

    def to_json(self, value: t.Any) -> t.Any:
        name = next(iter(value))
        return {f"{name}__": self.serializer.tag(value[name])}

    def to_python(self, value: t.Any) -> t.Any:
        name = next(iter(value))
        return {name[:-2]: value[name]}


class PassDict(JSONTag):
    """Any other dict: the values are tagged, the keys are left to JSON."""

    __slots__ = ()

    def check(self, value: t.Any) -> bool:
        return isinstance(value, dict)

    def to_json(self, value: t.Any) -> t.Any:
        tag = self.serializer.tag
        tagged = {}
        # No comprehension: see "What CPython does not bear" in docs/reliability.md.
        for name, content in value.items():
            tagged[name] = tag(content)
        return tagged

    tag = to_json


class TagTuple(JSONTag):
    """A tuple, as a list of its items."""

    __slots__ = ()
    key = " t"

    def check(self, value: t.Any) -> bool:
        return isinstance(value, tuple)

    def to_json(self, value: t.Any) -> t.Any:
        return [*map(self.serializer.tag, value)]

    def to_python(self, value: t.Any) -> t.Any:
        return tuple(value)


class PassList(JSONTag):
    """A list: its items are tagged."""

    __slots__ = ()

    def check(self, value: t.Any) -> bool:
        return isinstance(value, list)

    def to_json(self, value: t.Any) -> t.Any:
        return [*map(self.serializer.tag, value)]

    tag = to_json


class TagBytes(JSONTag):
    """Bytes, in base 64."""

    __slots__ = ()
    key = " b"

    def check(self, value: t.Any) -> bool:
        return isinstance(value, bytes)

    def to_json(self, value: t.Any) -> t.Any:
        return str(b64encode(value), "ascii")

    def to_python(self, value: t.Any) -> t.Any:
        return b64decode(value)


class TagMarkup(JSONTag):
    """Safe text: whatever has an ``__html__`` method. Read back, it is always a ``Markup``."""

    __slots__ = ()
    key = " m"

    def check(self, value: t.Any) -> bool:
        return callable(getattr(value, "__html__", None))

    def to_json(self, value: t.Any) -> t.Any:
        html = value.__html__()
        return str(html)

    def to_python(self, value: t.Any) -> t.Any:
        return Markup(value)


class TagUUID(JSONTag):
    """A UUID, in hexadecimal."""

    __slots__ = ()
    key = " u"

    def check(self, value: t.Any) -> bool:
        return isinstance(value, UUID)

    def to_json(self, value: t.Any) -> t.Any:
        return value.hex

    def to_python(self, value: t.Any) -> t.Any:
        return UUID(value)


class TagDateTime(JSONTag):
    """A time, as an HTTP date: to the second, and read back in UTC."""

    __slots__ = ()
    key = " d"

    def check(self, value: t.Any) -> bool:
        return isinstance(value, datetime)

    def to_json(self, value: t.Any) -> t.Any:
        return http_date(value)

    def to_python(self, value: t.Any) -> t.Any:
        return parse_date(value)


_OWN_TAGS: tuple[type[JSONTag], ...] = (
    TagDict,
    PassDict,
    TagTuple,
    PassList,
    TagBytes,
    TagMarkup,
    TagUUID,
    TagDateTime,
)
#: What JSON writes as it is and none of these tags accepts. A subclass may have an ``__html__``.
_PLAIN_TYPES = frozenset({str, int, float, bool, type(None)})
# What is done with a dict of such values, as it is now.
_is_tagged = TagDict.check
_is_dict = PassDict.check
_pass_dict = PassDict.tag


def _is_flat(value: t.Any) -> bool:
    """Whether a value is a dict that could not be taken for a tagged value, of plain values."""
    return (
        type(value) is dict
        and len(value) != 1
        and _PLAIN_TYPES.issuperset(map(type, value.values()))
    )


class TaggedJSONSerializer:
    """Read and write JSON in which tags keep the types of values.

    Knows dicts, tuples, bytes, :class:`~markupsafe.Markup`, :class:`~uuid.UUID` and
    :class:`~datetime.datetime`. It is the inner serializer of a signed session.

    .. versionadded:: 0.1
    """

    __slots__ = ("tags", "order", "_own_order")

    #: The tags that a new serializer has, in the order in which they are asked.
    default_tags = list(_OWN_TAGS)

    def __init__(self) -> None:
        self.tags: dict[str, JSONTag] = {}
        self.order: list[JSONTag] = []
        for tag_class in self.default_tags:
            self.register(tag_class)
        # The order as long as it has none but the tags above, to know when one comes in.
        self._own_order = self.order.copy() if self.default_tags == list(_OWN_TAGS) else None

    def register(
        self,
        tag_class: type[JSONTag],
        force: bool = False,
        index: int | None = None,
    ) -> None:
        """Add a tag.

        :param tag_class: class of the tag; called with the serializer.
        :param force: replace a tag that has the same key.
        :param index: position among the tags that are asked; the last if ``None``.
        :raises KeyError: if the key is taken and ``force`` is not set.
        """
        tag = tag_class(self)
        if tag.key:
            if tag.key in self.tags and not force:
                raise KeyError(f"Tag '{tag.key}' is already registered.")
            self.tags[tag.key] = tag
        self.order.insert(len(self.order) if index is None else index, tag)

    def tag(self, value: t.Any) -> t.Any:
        """Convert a value with the first tag that accepts it; without one it stays as it is."""
        # PERF: most values of a session are plain; eight checks each took most of the time.
        if self.order == getattr(self, "_own_order", None):
            if type(value) in _PLAIN_TYPES:
                return value
            if (
                _is_flat(value)
                and type(self).tag is _tag
                and PassDict.tag is _pass_dict
                and PassDict.check is _is_dict
                and TagDict.check is _is_tagged
            ):
                return value.copy()
        for tag in self.order:
            if tag.check(value):
                return tag.tag(value)
        return value

    def untag(self, value: dict[str, t.Any]) -> t.Any:
        """Convert a dict that is a tagged value back; any other stays as it is."""
        if len(value) == 1:
            [(key, content)] = value.items()
            if key in self.tags:
                return self.tags[key].to_python(content)
        return value

    def _untag_scan(self, value: t.Any) -> t.Any:
        """Convert tagged values back throughout a structure, from the inside out."""
        # PERF: a call for each value took two thirds of the time.
        if _is_flat(value) and type(self).untag is _untag and type(self)._untag_scan is _untag_scan:
            return value.copy()
        if isinstance(value, list):
            return [self._untag_scan(item) for item in value]
        if isinstance(value, dict):
            return self.untag({name: self._untag_scan(item) for name, item in value.items()})
        return value

    def dumps(self, value: t.Any) -> str:
        """Serialize a value to compact JSON with tags."""
        tagged = self.tag(value)
        return dumps(tagged, separators=(",", ":"))

    def loads(self, value: str) -> t.Any:
        """Read JSON with tags."""
        return self._untag_scan(loads(value))


_tag = TaggedJSONSerializer.tag
_untag = TaggedJSONSerializer.untag
_untag_scan = TaggedJSONSerializer._untag_scan
