"""What views read of a request: query, form, cookies, body.

Werkzeug computes each of them when it is first looked at, and keeps it. What it computes, and what
a subclass may override of that, stays as it is. Left out is the work around it: headers made to
look up one of them, an environ searched for a header whose name is known, a parser made for one
call, lists that become dicts and then other dicts. Multipart bodies, cookies and options of headers
are parsed by Werkzeug.

The compiled twin is ``_cython/reading.pxi``.
"""

from __future__ import annotations

import typing as t
from operator import attrgetter
from urllib.parse import parse_qsl, unquote

from werkzeug.datastructures import EnvironHeaders, ImmutableMultiDict, MultiDict
from werkzeug.exceptions import BadRequest
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header
from werkzeug.sansio.http import parse_cookie
from werkzeug.sansio.utils import get_content_length
from werkzeug.wrappers import Request as RequestBase
from werkzeug.wsgi import get_input_stream

# Read from the class these are Werkzeug's descriptors, of which types say otherwise.
_stream_of_werkzeug: t.Any = RequestBase.stream
_cookies_of_werkzeug: t.Any = RequestBase.cookies
_content_length_of_werkzeug: t.Any = RequestBase.content_length

_init_multi_dict = MultiDict.__init__
_parse = FormDataParser.parse
_parse_urlencoded = FormDataParser._parse_urlencoded

# What decides how a form is read: of the class, and what of it an instance may have of its own.
_get_form_parts = attrgetter(
    "want_form_data_parsed",
    "make_form_data_parser",
    "form_data_parser_class",
    "_get_stream_for_parsing",
    "mimetype",
    "mimetype_params",
    "content_length",
    "max_form_memory_size",
    "max_form_parts",
    "_parse_content_type",
)
_INSTANCE_NAMES = frozenset(
    (
        "make_form_data_parser",
        "form_data_parser_class",
        "_get_stream_for_parsing",
        "_parse_content_type",
    )
)
_form_parts: tuple[t.Any, ...] = ()

# More digits make a number that is for Werkzeug to judge.
_MAX_DIGITS = 18


def note_request_class(request_class: type) -> None:
    """Take note of how the stock request class reads forms."""
    global _form_parts
    _form_parts = _get_form_parts(request_class)


def environ_of_headers(request: t.Any) -> dict[str, t.Any] | None:
    """Return the environ that the headers show, or ``None`` if they are not a view of one."""
    headers = request.headers

    if type(headers) is not EnvironHeaders:
        return None

    environ = headers.environ
    return environ if type(environ) is dict else None


def multi_dict_of(text: str, storage: t.Any) -> t.Any:
    """Return what a query or a form says, in a class for multiple values."""
    if storage is not ImmutableMultiDict or storage.__init__ is not _init_multi_dict:
        return storage(parse_qsl(text, keep_blank_values=True, errors="werkzeug.url_quote"))

    values: dict[str, list[str]] = {}
    escaped = "%" in text or "+" in text

    # As urllib.parse.parse_qsl() does it, but for the list of pairs.
    for pair in text.split("&"):
        if not pair:
            continue

        name, _, value = pair.partition("=")

        if escaped:
            if "+" in pair:
                name, value = name.replace("+", " "), value.replace("+", " ")
            if "%" in name:
                name = unquote(name, errors="werkzeug.url_quote")
            if "%" in value:
                value = unquote(value, errors="werkzeug.url_quote")

        if name in values:
            values[name].append(value)
        else:
            values[name] = [value]

    made = ImmutableMultiDict.__new__(ImmutableMultiDict)
    dict.update(made, values)
    return made


def load_form(request: t.Any) -> None:
    """Do what Werkzeug's ``_load_form_data`` does."""
    attributes = request.__dict__

    if "form" in attributes:
        return

    data: t.Any

    if _reads_forms_as_stock(request, attributes):
        stream = request._get_stream_for_parsing()
        parse_type(request)

        if request._parsed_content_type[0].lower() == "application/x-www-form-urlencoded":
            data = _read_form(stream, request.parameter_storage_class)
        else:
            data = request.make_form_data_parser().parse(
                stream, request.mimetype, request.content_length, request.mimetype_params
            )
    elif request.want_form_data_parsed:
        data = request.make_form_data_parser().parse(
            request._get_stream_for_parsing(),
            request.mimetype,
            request.content_length,
            request.mimetype_params,
        )
    else:
        storage = request.parameter_storage_class
        data = request.stream, storage(), storage()

    # Computing it may have set another dict.
    attributes = request.__dict__
    attributes["stream"], attributes["form"], attributes["files"] = data


def _reads_forms_as_stock(request: t.Any, attributes: dict[str, t.Any]) -> bool:
    """Whether there may be a form, and nothing decides how it is read but Werkzeug."""
    return (
        _get_form_parts(type(request)) == _form_parts
        and _INSTANCE_NAMES.isdisjoint(attributes)
        and FormDataParser.parse is _parse
        and FormDataParser._parse_urlencoded is _parse_urlencoded
        and bool(request.environ.get("CONTENT_TYPE"))
    )


def _read_form(stream: t.Any, storage: t.Any) -> tuple[t.Any, t.Any, t.Any]:
    """Return stream, form and files of a URL-encoded body."""
    try:
        return stream, multi_dict_of(stream.read().decode(), storage), storage()
    except ValueError:
        # As the parser does it unless it is told not to be silent.
        return stream, storage(), storage()


def parse_type(request: t.Any) -> None:
    """Parse the type of the body, unless that has been done."""
    if "_parsed_content_type" not in request.__dict__:
        content_type = request.headers.get("Content-Type", "")
        request._parsed_content_type = parse_options_header(content_type)


def _length_in(environ: dict[str, t.Any]) -> int | None:
    """Return what ``Content-Length`` says, by Werkzeug unless it is nothing but digits."""
    text, coding = environ.get("CONTENT_LENGTH"), environ.get("HTTP_TRANSFER_ENCODING")

    if coding is None and type(text) is str and len(text) <= _MAX_DIGITS:
        if text.isascii() and text.isdigit():
            return int(text)

    return get_content_length(http_content_length=text, http_transfer_encoding=coding)


def read_content_length(request: t.Any) -> int | None:
    """Return the length that the headers tell, or ``None`` if they do not."""
    environ = environ_of_headers(request)

    if environ is None:
        return _content_length_of_werkzeug.fget(request)  # type: ignore[no-any-return]

    return _length_in(environ)


def open_stream(request: t.Any) -> t.Any:
    """Return the body as Werkzeug does, which leaves it as it is if the server ends it."""
    environ = request.environ

    if request.shallow or type(environ) is not dict:
        return _stream_of_werkzeug.fget(request)

    limit = request.max_content_length

    if (
        limit is None
        and "wsgi.input_terminated" in environ
        and "wsgi.input" in environ
        # Werkzeug fails for what is no text.
        and type(environ.get("CONTENT_LENGTH", "")) is str
        and type(environ.get("HTTP_TRANSFER_ENCODING", "")) is str
    ):
        return environ["wsgi.input"]

    return get_input_stream(environ, max_content_length=limit)


def read_args(request: t.Any) -> t.Any:
    """Return what the query says."""
    storage = request.parameter_storage_class

    try:
        text = request.query_string.decode()
    except UnicodeDecodeError as e:
        raise BadRequest() from e

    return multi_dict_of(text, storage)


def read_cookies(request: t.Any) -> t.Any:
    """Return what the ``Cookie`` header says."""
    environ = environ_of_headers(request)
    sent = None if environ is None else _cookie_header_in(environ)

    if sent is None:
        return _cookies_of_werkzeug.fget(request)

    return parse_cookie(sent, cls=request.dict_storage_class)


def _cookie_header_in(environ: dict[str, t.Any]) -> str | None:
    """Return the ``Cookie`` header, empty if there is none.

    ``None`` is for Werkzeug to find out: an environ that no server makes may have the header
    under several names, as the case of letters does not count.
    """
    try:
        names = "\n".join(environ)
    except TypeError:
        return None

    sent = environ.get("HTTP_COOKIE", "")

    if (
        type(sent) is not str
        or not names.isascii()
        or names.lower().count("http_cookie") != ("HTTP_COOKIE" in environ)
    ):
        return None

    return sent
