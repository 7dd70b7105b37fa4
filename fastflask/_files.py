"""Files as responses: what Werkzeug's ``send_file`` makes of a path, with less work.

Werkzeug sets each header by a property of the response, which looks for it among the others, and
formats times and names that it formatted for the last request. Here the headers of a file are put
together once, in the same order. Names of clients are joined by Werkzeug's ``safe_join``. Whatever
is out of the ordinary is left to Werkzeug's functions as a whole: an open file, ``X-Sendfile``, a
response class with ways of its own, a patched function.
"""

from __future__ import annotations

import mimetypes
import os
import re
import typing as t
import unicodedata
from functools import lru_cache
from operator import attrgetter
from stat import S_ISREG
from time import time
from urllib.parse import quote
from zlib import adler32

import werkzeug.utils
from werkzeug.datastructures import Headers, ResponseCacheControl
from werkzeug.exceptions import NotFound
from werkzeug.http import http_date, quote_etag
from werkzeug.security import safe_join
from werkzeug.utils import get_content_type
from werkzeug.wrappers import Response as BaseResponse
from werkzeug.wsgi import wrap_file

from ._impl import LeanResponse

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIEnvironment

    from .wrappers import Response

# As they are now: patched later, they are called.
_send_file = werkzeug.utils.send_file
_send_from_directory = werkzeug.utils.send_from_directory
# What decides how a response is made and gets the headers of a file.
_get_making = attrgetter(
    "__init__",
    "__new__",
    "__getattribute__",
    "__setattr__",
    "headers",
    "status",
    "default_status",
    "content_length",
    "last_modified",
    "cache_control",
    "expires",
    "set_etag",
)
_stock_making = _get_making(type("_Stock", (LeanResponse, BaseResponse), {}))
_library_guess_type = mimetypes.guess_type
# The part of a name before its last dot, if no part of a URL can be seen in it.
_is_stem = re.compile(r"\w[\w.-]*").fullmatch


def send_from_directory(
    directory: os.PathLike[str] | str,
    path: os.PathLike[str] | str,
    arguments: dict[str, t.Any],
) -> BaseResponse:
    """Answer with a file below a directory, as :func:`werkzeug.utils.send_from_directory`.

    :param directory: a trusted directory.
    :param path: the file in it; may come from the client.
    :param arguments: those of :func:`send_file`.
    :raises ~werkzeug.exceptions.NotFound: unless it is a regular file in the directory.
    """
    if (
        werkzeug.utils.send_from_directory is not _send_from_directory
        or werkzeug.utils.send_file is not _send_file
    ):
        return werkzeug.utils.send_from_directory(directory, path, **arguments)

    found = safe_join(os.fspath(directory), os.fspath(path))

    if found is None:
        raise NotFound()

    found = _join(arguments["_root_path"], found)

    # PERF: asked once, and not again for size and time; a system call is as much as a match.
    try:
        stat = os.stat(found)
    except (OSError, ValueError):
        raise NotFound() from None

    if not S_ISREG(stat.st_mode):
        raise NotFound()

    return send_file(found, arguments, stat)


def send_file(
    path_or_file: t.Any, arguments: dict[str, t.Any], stat: os.stat_result | None = None
) -> BaseResponse:
    """Answer with the content of a file, as :func:`werkzeug.utils.send_file`.

    :param path_or_file: a path, or an open file.
    :param arguments: the other arguments, by name. Those of an application are needed.
    :param stat: what is known of the path.
    """
    response_class = arguments["response_class"]

    if (
        not (isinstance(path_or_file, str) or hasattr(path_or_file, "__fspath__"))
        or arguments["use_x_sendfile"]
        or werkzeug.utils.send_file is not _send_file
        or not issubclass(response_class, LeanResponse)
        or _get_making(response_class) != _stock_making
        or not isinstance(arguments.get("download_name"), (str, type(None)))
    ):
        return werkzeug.utils.send_file(path_or_file=path_or_file, **arguments)

    path = _join(arguments["_root_path"], path_or_file)

    if stat is None or path != path_or_file:
        stat = os.stat(path)

    return _send_path(path, stat, **arguments)


def _join(root: str, path: t.Any) -> str:
    """Return a path, taken from the root path if relative."""
    # PERF: twice in each request for a static file, whose folder is absolute; a tenth of one.
    if type(path) is str and path[:1] == "/" and os.name == "posix":
        return path
    return os.path.join(root, path)


def _send_path(
    path: str,
    stat: os.stat_result,
    environ: WSGIEnvironment,
    response_class: type[Response],
    use_x_sendfile: bool,
    _root_path: str,
    mimetype: str | None = None,
    as_attachment: bool = False,
    download_name: str | None = None,
    conditional: bool = True,
    etag: bool | str = True,
    last_modified: t.Any = None,
    max_age: int | Callable[[str | None], int | None] | None = None,
) -> BaseResponse:
    size = stat.st_size
    name = os.path.basename(path) if download_name is None else download_name
    headers = Headers()
    # PERF: what is written here needs no check as a header, so it goes straight in.
    items = headers._list

    if mimetype is None:
        mimetype, encoding = _guess_type(name)

        if mimetype is None:
            mimetype = "application/octet-stream"

        # A browser would undo it and keep an archive unpacked.
        if encoding is not None and not as_attachment:
            items.append(("Content-Encoding", encoding))

    # A longer name is none of a file, but may be a client's, and is not kept.
    disposition = _disposition_of if len(name) < 256 else _disposition_of.__wrapped__
    items.append(disposition(name, bool(as_attachment)))
    file = open(path, "rb")

    try:
        body = wrap_file(environ, file)
        headers.add("Content-Type", get_content_type(mimetype, "utf-8"))
        items.append(("Content-Length", str(size)))
        changed, changed_text = _texts_of(stat.st_mtime)
        items.append(
            ("Last-Modified", changed if last_modified is None else http_date(last_modified))
        )
        age = max_age(path) if callable(max_age) else max_age

        if age is None:
            items.append(("Cache-Control", "no-cache"))
        else:
            items.append(("Cache-Control", _cache_control_of(age)))
            items.append(("Expires", http_date(int(time() + age))))

        if isinstance(etag, str):
            headers.add("ETag", quote_etag(etag))
        elif etag:
            check = adler32(path.encode()) & 0xFFFFFFFF
            items.append(("ETag", f'"{changed_text}-{size}-{check}"'))

        response = response_class(body, headers=headers, direct_passthrough=True)

        if conditional:
            return response.make_conditional(environ, accept_ranges=True, complete_length=size)
    except BaseException:
        file.close()
        raise

    return response


def _guess_type(name: str) -> tuple[str | None, str | None]:
    """Return the media type and the encoding of a file, as the library guesses them.

    PERF: most names need one look at its tables, for a fifth of the time. These are read each
    time, as a program may add types.
    """
    stem, dot, extension = name.rpartition(".")
    extension = dot + extension

    if (
        mimetypes.guess_type is _library_guess_type
        and mimetypes.inited
        and extension.islower()
        and (mimetype := mimetypes.types_map.get(extension)) is not None
        and extension not in mimetypes.encodings_map
        and extension not in mimetypes.suffix_map
        and _is_stem(stem)
    ):
        return mimetype, None

    return mimetypes.guess_type(name)


@lru_cache(maxsize=256)
def _disposition_of(name: str, as_attachment: bool) -> tuple[str, str]:
    """Return the header that tells a file's name, and again in UTF-8 if it is not ASCII."""
    names = {"filename": name}

    if not name.isascii():
        decomposed = unicodedata.normalize("NFKD", name)
        names["filename"] = decomposed.encode("ascii", "ignore").decode("ascii")
        # All that RFC 5987 leaves as it is.
        names["filename*"] = f"UTF-8''{quote(name, safe='!#$&+-.^_`|~')}"

    headers = Headers()
    headers.add("Content-Disposition", "attachment" if as_attachment else "inline", **names)
    return headers._list[0]


@lru_cache(maxsize=256)
def _texts_of(timestamp: float) -> tuple[str, str]:
    """Return the time of a file's last change, as a date and as its entity tag has it."""
    return http_date(timestamp), str(timestamp)


def _cache_control_of(age: int) -> str:
    """Return the rule for caches that may keep a file for so many seconds."""
    rule = ResponseCacheControl()

    if age > 0:
        rule.public = True
    else:
        rule.no_cache = True

    rule.max_age = age
    return rule.to_header()
