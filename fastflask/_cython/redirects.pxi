# Redirects: a response with a short page and the header that matters.
#
# Status, body and headers are those of Werkzeug's function, which makes the response where the
# class is not one whose making is known. The pure twin is _pure/redirects.py.

from markupsafe import escape as _escape
from werkzeug.utils import redirect as _wz_redirect

# What Werkzeug's page says, before, between and after the two places of the address.
cdef tuple _redirect_page = tuple(_wz_redirect("\0").get_data(as_text=True).split("\0"))


def make_redirect(location, code, response_class):
    """Return a response that sends the client to another URL.

    :param location: where to.
    :param code: the status code.
    :param response_class: class of the response.
    """
    cdef LeanResponse response
    if not (
        _is_plain(location)
        and type(code) is int
        and type(response_class) is type
        and _notes_of(<type>response_class, &_last_response).stock & _RESPONSE_REDIRECT
        == _RESPONSE_REDIRECT
    ):
        return _wz_redirect(location, code=code, Response=response_class)

    address = location
    if _needs_escaping(<str>location):
        address = str(_escape(location))
    before, between, after = _redirect_page
    body = _route_join([before, address, between, address, after])
    response = _make(&_responses, <type>response_class)
    _init_response(response, body, code, None, "text/html", None, False)

    if response._made_headers is None:
        response._pending_location = location
    else:
        response.headers["Location"] = location
    return response


cdef bint _needs_escaping(str text) noexcept:
    """Whether text is not itself as a part of HTML."""
    cdef _RouteText view = _route_text(text)
    cdef Py_ssize_t i
    cdef uint32_t character
    for i in range(view.size):
        character = _route_read(view.kind, view.data, i)
        if character < 63 and (
            character == c"&"
            or character == c"<"
            or character == c">"
            or character == c"'"
            or character == c'"'
        ):
            return True
    return False
