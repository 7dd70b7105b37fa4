# Making responses without the detour of calling their class, where that has no say in it.
#
# What comes about is what the constructor makes. The pure twin is _pure/response_making.py.

cdef inline bint _has_own_making(object cls) except -1:
    """Whether a class of responses is made by our constructor."""
    return type(cls) is type and _notes_of(<type>cls, &_last_response).stock & (
        _RESPONSE_INIT | _RESPONSE_NEW
    ) == _RESPONSE_INIT | _RESPONSE_NEW


cdef object _new_response(object cls, object body, object status, object headers):
    """Make a response of what a view returned. The class sees status and headers, too."""
    cdef object response
    if _has_own_making(cls):
        response = _make(&_responses, <type>cls)
        _init_response(<LeanResponse>response, body, status, headers, None, None, False)
        return response
    # A constructor of another kind is called as Flask calls it.
    return cls(body, status=status, headers=headers)


def new_response(response_class, body, mimetype):
    """Make a response of a body and its media type.

    :param response_class: class of the response.
    :param body: text or bytes.
    :param mimetype: the media type.
    """
    cdef object response
    if _has_own_making(response_class):
        response = _make(&_responses, <type>response_class)
        _init_response(<LeanResponse>response, body, None, None, mimetype, None, False)
        return response
    return response_class(body, mimetype=mimetype)
