# Sending a response: its headers on the wire, the check of its head, and the iterator that a server
# gets of its body. The pure twin is _pure/response_sending.py.

cdef object _app_iter(LeanResponse self, object environ, long status):
    if _is_bodiless(status) or _is_text(_item(environ, "REQUEST_METHOD"), "HEAD"):
        return _make_body_iterator((), self)
    if self.direct_passthrough:
        return self.response
    if _response_stock(self) & _RESPONSE_ITER_ENCODED:
        return _make_body_iterator(self.response, self)
    return _ClosingIterator(self.iter_encoded(), self.close)


cdef tuple _last_type_item = (None, None)
cdef enum:
    _LENGTH_ITEMS = 4096
cdef list _length_items = [None] * _LENGTH_ITEMS


cdef tuple _type_item(object content_type):
    # PERF: most responses have the type of the one before, so its tuple is sent again.
    global _last_type_item
    if _last_type_item[1] is not content_type:
        _last_type_item = "Content-Type", content_type
    return _last_type_item


cdef tuple _length_item(Py_ssize_t length):
    # PERF: likewise a tuple for each of the shorter lengths, once it was needed.
    if length >= _LENGTH_ITEMS:
        return "Content-Length", str(length)
    item = _length_items[length]
    if item is None:
        item = _length_items[length] = "Content-Length", str(length)
    return <tuple>item


cdef object _wsgi_headers(LeanResponse self, object environ):
    """Return the list of headers for the server."""
    cdef unsigned int stock = _response_stock(self)
    cdef list headers = None
    cdef bint has_length = False
    cdef long status

    if (
        stock & (_RESPONSE_GET_HEADERS | _RESPONSE_HEADERS)
        == (_RESPONSE_GET_HEADERS | _RESPONSE_HEADERS)
    ):
        if self._pending_location is not None and self._made_headers is None:
            if self.autocorrect_location_header or not _route_is_uri(self._pending_location):
                # Werkzeug has to rewrite it.
                return self.get_wsgi_headers(environ).to_wsgi_list()
        if self._made_headers is None:
            has_length = self._pending_length != 0
            if has_length and self._pending_type is not None:
                # PERF: most have these two, and a list of this length is made at once.
                headers = [_type_item(self._pending_type), _length_item(self._pending_length - 1)]
            elif has_length:
                headers = [_length_item(self._pending_length - 1)]
            else:
                headers = [] if self._pending_type is None else [_type_item(self._pending_type)]
            if self._pending_location is not None:
                headers.append(("Location", self._pending_location))
        elif type(self._made_headers) is _Headers:
            headers = _copy_headers(self, self._made_headers._list, &has_length)

    if headers is None:
        return self.get_wsgi_headers(environ).to_wsgi_list()

    status = self._status_code if stock & _RESPONSE_STATUS_CODE else self.status_code
    if _is_bodiless(status):
        return _bodiless_headers(headers, status)
    if not has_length and self.automatically_set_content_length and self.is_sequence:
        headers.append(_length_item(sum(map(len, self.iter_encoded()))))
    return headers


cdef list _bodiless_headers(list headers, long status):
    """Return what is left of the headers if there is no body that they could tell of."""
    if status == 304:
        _remove_entity_headers(headers)
        return headers
    return [item for item in headers if item[0].lower() != "content-length"]


cdef list _copy_headers(LeanResponse self, list source, bint *has_length):
    """Copy headers for the server, or return ``None`` if Werkzeug has to rewrite one."""
    cdef list headers = []
    cdef Py_ssize_t length
    for name, value in source:
        length = len(name)
        # PERF: three names are looked for, and told from most others by their length.
        if length == 8 or length == 14 or length == 16:
            lowered = name.lower()
            if lowered == "content-length":
                has_length[0] = True
            elif lowered == "location" or lowered == "content-location":
                if self.autocorrect_location_header or not _route_is_uri(value):
                    return None
        headers.append((name, value))
    return headers


cdef object _send_response(LeanResponse self, object environ, object start_response):
    cdef unsigned int stock = _response_stock(self)

    if stock & _RESPONSE_SENDING == _RESPONSE_SENDING:
        headers = _wsgi_headers(self, environ)
        app_iter = _app_iter(self, environ, self._status_code)
        status = self._status
    else:
        app_iter, status, headers = self.get_wsgi_response(environ)

    # Names that are still pending are the framework's own.
    if _breaks_line(status) or self._made_headers is not None or (
        stock & _RESPONSE_SENDING != _RESPONSE_SENDING
    ):
        _check_head(status, headers, app_iter)
    start_response(status, headers)
    return app_iter


cdef int _check_head(object status, object headers, object app_iter) except -1:
    """Refuse a response with a status or a name that would end a line of its head.

    Header values are checked by Werkzeug, when they are assigned.
    """
    try:
        _check_text(status, "The status")
        for name, _ in headers:
            _check_text(name, "Header names")
    except ValueError:
        if hasattr(app_iter, "close"):
            app_iter.close()
        raise
    return 0


cdef int _check_text(object text, str what) except -1:
    if _breaks_line(text):
        raise ValueError(f"{what} must not contain newline or null characters: {text!r}")
    return 0


cdef bint _breaks_line(object text) noexcept:
    cdef Py_UCS4 character
    if isinstance(text, str):
        for character in <str>text:
            if character == 10 or character == 13 or character == 0:
                return True
    return False


@cython.final
@cython.freelist(16)
cdef class BodyIterator:
    """BodyIterator(body, response)
--

    The encoded body of a response, for the server; closing it closes the response.

    :param body: iterable of bytes or text.
    :param response: what to close, if anything.
    """

    cdef object _body
    cdef object _items
    cdef object _response
    # Where a list is read, which needs no iterator; -1 for anything else.
    cdef Py_ssize_t _index

    def __init__(self, body, response):
        self._body = body
        self._response = response
        self._index = 0 if type(body) is list else -1

    def __iter__(self):
        return self

    def __next__(self):
        cdef PyObject *taken
        cdef object item
        if self._index >= 0:
            if self._body is None or self._index >= len(<list>self._body):
                raise StopIteration
            item = (<list>self._body)[self._index]
            self._index += 1
        else:
            taken = self._take()
            # PERF: raised here and nowhere else, as only here Cython makes no traceback: 2,500
            # instructions, half of what a body of ten parts takes.
            if taken is NULL:
                raise StopIteration
            item = <object>taken
            Py_DECREF(item)
        if type(item) is str:
            return PyUnicode_AsUTF8String(item)
        if isinstance(item, str):
            return item.encode()
        return item

    cdef PyObject *_take(self) except? NULL:
        """Return a new reference to the next item, or ``NULL`` with no error at the end."""
        cdef PyObject *item = NULL
        if self._items is None:
            # Not before the server asks, as making an iterator may run a user's code.
            self._items = iter(() if self._body is None else self._body)
        try:
            item = PyIter_Next(self._items)
        finally:
            if item is NULL:
                self._items = iter(())
        return item

    def close(self):
        """Close the response."""
        self._items = self._body = None
        response = self._response
        if _is_response(response):
            if _response_stock(<LeanResponse>response) & (
                _RESPONSE_CLOSE | _RESPONSE_FIELDS
            ) == _RESPONSE_CLOSE | _RESPONSE_FIELDS:
                _close_response(<LeanResponse>response)
                return
        if response is not None:
            response.close()


cdef inline BodyIterator _make_body_iterator(object body, object response):
    cdef BodyIterator iterator = BodyIterator.__new__(BodyIterator)
    iterator._body = body
    iterator._response = response
    iterator._index = 0 if type(body) is list else -1
    return iterator


_response_stages += [
    ("__call__", LeanResponse.__dict__["__call__"]),
    ("get_wsgi_response", LeanResponse.__dict__["get_wsgi_response"]),
    ("get_wsgi_headers", _BaseResponse.get_wsgi_headers),
    ("get_app_iter", LeanResponse.__dict__["get_app_iter"]),
    ("iter_encoded", _BaseResponse.iter_encoded),
    ("close", LeanResponse.__dict__["close"]),
    ("set_data", LeanResponse.__dict__["set_data"]),
    ("status", _BaseResponse.__mro__[1].__dict__["status"]),
    ("status_code", _BaseResponse.__mro__[1].__dict__["status_code"]),
    ("_clean_status", LeanResponse.__dict__["_clean_status"]),
    ("headers", LeanResponse.__dict__["headers"]),
    ("is_sequence", _BaseResponse.__dict__["is_sequence"]),
    ("__init__", LeanResponse.__dict__["__init__"]),
    ("__new__", LeanResponse.__dict__["__new__"]),
    ("response", LeanResponse.__dict__["response"]),
    ("direct_passthrough", LeanResponse.__dict__["direct_passthrough"]),
    ("__getattribute__", object.__getattribute__),
    ("__setattr__", object.__setattr__),
]
