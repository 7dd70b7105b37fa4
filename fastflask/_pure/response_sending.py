"""Sending a response: the check of its head, and the iterator that a server gets of its body.

The compiled twin is ``_cython/response_sending.pxi``.
"""

from __future__ import annotations

import typing as t

from werkzeug.http import remove_entity_headers

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BODILESS = frozenset({204, 304, *range(100, 200)})
#: Status lines and names of headers that were looked at before, as few as there usually are.
fit_texts: set[str] = set()
_MAX_FIT_TEXTS, _FIT_LENGTH = 256, 64


def check_head(status: str, headers: list[tuple[str, str]], app_iter: t.Any) -> None:
    """Refuse a response with a status or a name that would end a line of its head.

    Header values are checked by Werkzeug, when they are assigned.

    :param app_iter: closed if it will not be sent.
    :raises ValueError: if there is CR, LF or NUL.
    """
    try:
        if status not in fit_texts:
            check_text(status, "The status")
        for name, _ in headers:
            if name not in fit_texts:
                check_text(name, "Header names")
    except ValueError:
        if hasattr(app_iter, "close"):
            app_iter.close()
        raise


def check_text(text: str, what: str) -> None:
    if isinstance(text, str) and ("\n" in text or "\r" in text or "\0" in text):
        raise ValueError(f"{what} must not contain newline or null characters: {text!r}")
    if type(text) is str and len(text) < _FIT_LENGTH and len(fit_texts) < _MAX_FIT_TEXTS:
        fit_texts.add(text)


def bodiless_headers(headers: list[tuple[str, str]], status: int) -> list[tuple[str, str]]:
    """Return what is left of the headers if there is no body that they could tell of."""
    if status == 304:
        remove_entity_headers(headers)
        return headers
    return [item for item in headers if item[0].lower() != "content-length"]


class BodyIterator:
    """The encoded body of a response, for the server; closing it closes the response.

    :param body: iterable of bytes or text.
    :param response: what to close, if anything.
    """

    __slots__ = ("_body", "_items", "_response")

    def __init__(self, body: Iterable[t.Any], response: t.Any) -> None:
        self._body: Iterable[t.Any] | None = body
        self._items: Iterator[t.Any] | None = None
        self._response = response

    def __iter__(self) -> Iterator[t.Any]:
        body = self._body
        # PERF: the most usual body needs nothing done to it, so its own iterator does.
        if self._items is None and type(body) is list and len(body) == 1:
            if type(body[0]) is bytes:
                self._items = iter(body)
                return self._items
        return self

    def __next__(self) -> bytes:
        if self._items is None:
            # Not before the server asks, as making an iterator may run a user's code.
            self._items = iter(() if self._body is None else self._body)
        try:
            item = next(self._items)
        except BaseException:
            self._items = iter(())
            raise
        return item.encode() if isinstance(item, str) else item

    def close(self) -> None:
        """Close the response."""
        self._items = self._body = None
        if self._response is not None:
            self._response.close()
