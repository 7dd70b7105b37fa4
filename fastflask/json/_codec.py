"""The standard library's JSON coders, without what they set up anew for each call.

``json.dumps`` with any option makes an encoder object and from it a C encoder for every text;
``json.loads`` runs two regular expressions and guesses the encoding of bytes. Here the C encoder
of the last options is kept, and the scanner is called at once. Whatever is out of the ordinary
goes to ``json.dumps`` or ``json.loads``, so the result, and the error, is always theirs.
"""

from __future__ import annotations

import json
import json.decoder
import json.encoder
import typing as t
from types import MethodType

# What the library's functions are made of, as it was when we were imported. A program that has
# replaced some of it is noticed, and gets what it has put there. Other interpreters than CPython
# lack the private names.
_decoder = json.decoder
_encoder = json.encoder
_Decoder = _decoder.JSONDecoder
_Encoder = _encoder.JSONEncoder
_dumps = json.dumps
_loads = json.loads
_encode = _Encoder.encode
_iterencode = _Encoder.iterencode
_c_make_encoder = getattr(_encoder, "c_make_encoder", None)
_escape_ascii = getattr(_encoder, "encode_basestring_ascii", None)
_escape = getattr(_encoder, "encode_basestring", None)
_default_decoder = getattr(json, "_default_decoder", None)
_decode = _Decoder.decode
_raw_decode = _Decoder.raw_decode

#: Those of ``json.dumps``.
SEPARATORS = (", ", ": ")
_BYTE_ORDER_MARKS = frozenset(b"\xef\xfe\xff")


class KeptEncoder:
    """A C encoder and the options it was made for."""

    __slots__ = ("default", "ensure_ascii", "sort_keys", "separators", "markers", "run")

    def __init__(
        self,
        default: t.Callable[[t.Any], t.Any],
        ensure_ascii: bool,
        sort_keys: bool,
        separators: tuple[str, str],
    ) -> None:
        self.default = default
        self.ensure_ascii = ensure_ascii
        self.sort_keys = sort_keys
        self.separators = separators
        #: The containers being written, by which a circular reference is found.
        self.markers: dict[int, t.Any] = {}
        item, key = separators
        escape = _escape_ascii if ensure_ascii else _escape
        self.run = _c_make_encoder(  # type: ignore[misc]
            self.markers, default, escape, None, key, item, sort_keys, False, True
        )


def _make(
    default: t.Any, ensure_ascii: t.Any, sort_keys: t.Any, separators: t.Any
) -> KeptEncoder | None:
    """Make an encoder for the options, or None where that is better left to ``json.dumps``."""
    if (
        default is None
        or type(ensure_ascii) is not bool
        or type(sort_keys) is not bool
        or type(separators) is not tuple
        or [type(separator) for separator in separators] != [str, str]
    ):
        return None
    try:
        return KeptEncoder(default, ensure_ascii, sort_keys, separators)
    except TypeError:  # an interpreter whose C encoder takes other arguments
        return None


def encode(
    obj: t.Any,
    default: t.Any,
    ensure_ascii: t.Any,
    sort_keys: t.Any,
    separators: t.Any,
    spare: list[KeptEncoder],
) -> str | None:
    """Return what ``json.dumps`` returns, or ``None`` where it has to be asked.

    :param obj: what to serialize.
    :param default: like the options of ``json.dumps``, and so are the next three.
    :param ensure_ascii: escape what is not ASCII.
    :param sort_keys: sort the keys of objects.
    :param separators: what stands after items and keys.
    :param spare: where the encoder of the last call waits for the next one. It is taken out
        while in use: its markers must not be shared with another thread, nor with a ``default``
        function that serializes something itself.
    """
    if (
        _c_make_encoder is None
        # A string, or a proxy that passes for one, takes a branch of its own in the library.
        or isinstance(obj, str)
        or json.dumps is not _dumps
        or json.JSONEncoder is not _Encoder
        or _Encoder.encode is not _encode
        or _Encoder.iterencode is not _iterencode
        or _encoder.c_make_encoder is not _c_make_encoder  # type: ignore[attr-defined]
        or _encoder.encode_basestring_ascii is not _escape_ascii
        or _encoder.encode_basestring is not _escape
    ):
        return None

    kept: KeptEncoder | None = None
    try:
        kept = spare.pop()
    except IndexError:
        pass
    # Identity, as equal values may act differently; methods are made anew at each access.
    if (
        kept is None
        or (
            kept.default is not default
            and not (type(default) is MethodType and kept.default == default)
        )
        or kept.ensure_ascii is not ensure_ascii
        or kept.sort_keys is not sort_keys
        or (kept.separators is not separators and kept.separators != separators)
    ):
        kept = _make(default, ensure_ascii, sort_keys, separators)
        if kept is None:
            return None

    text = "".join(kept.run(obj, 0))
    # An error leaves marks behind; that encoder does not come back.
    if not kept.markers:
        spare.append(kept)
    return text


def decode(s: str | bytes) -> t.Any:
    """Return what ``json.loads(s)`` returns.

    :param s: text, or bytes in one of the encodings that JSON allows.
    """
    text: t.Any = s
    if type(s) is bytes:
        # Bytes that begin with four other than NUL and no mark are UTF-8.
        start = s[:4]
        if len(start) < 4 or 0 in start or start[0] in _BYTE_ORDER_MARKS:
            return json.loads(s)
        try:
            text = s.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return json.loads(s)
    elif type(s) is not str:
        return json.loads(s)

    if (
        _default_decoder is not None
        and json.loads is _loads
        and json._default_decoder is _default_decoder  # type: ignore[attr-defined]
        and _Decoder.decode is _decode
        and _Decoder.raw_decode is _raw_decode
    ):
        try:
            value, end = _default_decoder.scan_once(text, 0)
        except (StopIteration, ValueError):
            pass  # not JSON, or blanks before it: the library finds the words
        else:
            if end == len(text) or not text[end:].strip(" \t\n\r"):
                return value
    return json.loads(s)
