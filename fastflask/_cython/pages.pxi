# Error pages: the response that a view gets for an HTTP exception.
#
# Werkzeug makes a response, sends it to itself, and makes another one of what it received. Here
# the same comes about at once. The pure twin is _pure/pages.py.

from operator import attrgetter as _attrgetter

from werkzeug import exceptions as _exceptions

# Codes whose responses Werkzeug treats in a way of their own, and headers that it rewrites.
cdef object _SPECIAL_CODES = frozenset({204, 304, *range(100, 200)})
cdef object _SPECIAL_HEADERS = frozenset({"location", "content-location"})
# What a response to an exception is made by.
cdef object _get_making = _attrgetter(
    "__call__", "get_response", "get_headers", "get_body", "get_description", "name"
)
cdef tuple _stock_making = _get_making(_exceptions.HTTPException)
cdef tuple _making_with_allow = (
    *_stock_making[:2], _exceptions.MethodNotAllowed.get_headers, *_stock_making[3:]
)
cdef str _HTML = "text/html; charset=utf-8"


@cython.final
cdef class _ErrorPage:
    """The page of a class of exceptions that is always the same."""

    # Of the class when the page was made; 0 if it has none.
    cdef unsigned int tag
    cdef object code
    cdef object phrase
    cdef object status
    cdef bytes page
    cdef bint has_allow


# By class, only Werkzeug's own.
cdef dict _error_pages = {}


def make_error_page(response_class, error, environ):
    """Return the response to an HTTP exception, or ``None`` for Werkzeug to make it.

    :param response_class: class of the response.
    :param error: the exception.
    :param environ: the WSGI environment.
    """
    cdef _ErrorPage kept = _dict_get(_error_pages, type(error))
    cdef dict state
    cdef PyObject *methods
    if kept is None or not kept.tag or kept.tag != _tag_of(type(error)):
        return _make_other_page(response_class, error, environ)

    state = _vars(error)
    methods = _find(state, "valid_methods")

    # All that an exception of Werkzeug's has of its own, unless somebody gave it more.
    if (
        _find(state, "response") != <PyObject *>None
        or len(state) != (1 if methods is NULL else 2)
        or _HTTP_STATUS_CODES.get(kept.code) is not kept.phrase
    ):
        return _make_other_page(response_class, error, environ)

    if methods is NULL or not kept.has_allow or not <object>methods:
        return _assemble_page(
            response_class, None, kept.status, kept.code, kept.page, environ
        )

    allowed = ", ".join(<object>methods)
    if not _is_plain(allowed):
        return None
    headers = _Headers()
    headers._list[:] = (
        _type_item(_HTML), ("Allow", allowed), _length_item(len(kept.page))
    )
    return _assemble_page(response_class, headers, kept.status, kept.code, kept.page, environ)


cdef object _make_other_page(object response_class, object error, object environ):
    cdef _ErrorPage made
    cdef bytes page
    kind = type(error)
    code = error.code

    if (
        kind.__call__ is not _HTTPException.__call__
        or kind.get_response is not _HTTPException.get_response
        or not {"__call__", "get_response"}.isdisjoint(error.__dict__)
        # Only now, as an exception that makes its response by itself may not have it.
        or error.response is not None
        or code not in _HTTP_STATUS_CODES
        or code in _SPECIAL_CODES
    ):
        return None

    headers = _Headers(error.get_headers(environ, None))
    names = {name.lower() for name, _ in headers._list}

    if "content-type" not in names or not _SPECIAL_HEADERS.isdisjoint(names):
        return None

    page = error.get_body(environ, None).encode()
    phrase = _HTTP_STATUS_CODES[code]
    status = f"{code} {phrase.upper()}"

    if (
        _exceptions.default_exceptions.get(code) is kind
        and _get_making(kind) in (_stock_making, _making_with_allow)
        and error.__dict__.keys() <= {"response", "valid_methods"}
    ):
        made = _ErrorPage.__new__(_ErrorPage)
        made.code, made.phrase, made.status, made.page = code, phrase, status, page
        made.has_allow = _get_making(kind) == _making_with_allow
        # The lookups gave the class a tag, if it can have one.
        made.tag = _tag_of(kind)
        _error_pages[kind] = made

    if "content-length" in names:
        headers["Content-Length"] = str(len(page))
    else:
        headers._list.append(_length_item(len(page)))

    return _assemble_page(response_class, headers, status, code, page, environ)


cdef object _assemble_page(
    object response_class, object headers, object status, object code, bytes page, object environ
):
    cdef list parts = [] if environ["REQUEST_METHOD"] == "HEAD" else [page]
    # An iterator, as what is received is one: the response counts as streamed.
    cdef LeanResponse response = response_class._assemble(
        headers, status, code, _make_body_iterator(parts, None)
    )
    if headers is None:
        response._pending_type = _HTML
        response._pending_length = len(page) + 1
    return response
