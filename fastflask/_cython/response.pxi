# The lean base of Response, and the iterator that a server gets of its body.
#
# A response keeps status, content type and body until somebody asks for its headers. What
# Werkzeug computes of them is still computed by Werkzeug, where it is not plain to see. The pure
# twin is _pure/response.py.

cdef enum:
    _RESPONSE_CALL = 1
    _RESPONSE_GET_RESPONSE = 2
    _RESPONSE_GET_HEADERS = 4
    _RESPONSE_GET_ITER = 8
    _RESPONSE_ITER_ENCODED = 16
    _RESPONSE_CLOSE = 32
    _RESPONSE_SET_DATA = 64
    _RESPONSE_STATUS_CODE = 256
    _RESPONSE_STATUS = 128 | 256 | 512
    _RESPONSE_HEADERS = 1024
    _RESPONSE_SEQUENCE = 2048
    _RESPONSE_INIT = 4096
    _RESPONSE_NEW = 8192
    # The fields of the C base are what the attributes of their names are.
    _RESPONSE_FIELDS = 1024 | 0xF << 14
    # Setting the code sets two fields.
    _RESPONSE_SETTING = 128 | 256 | 512 | 1024 | 0xF << 14
    # All that decides what is sent.
    _RESPONSE_SENDING = 2 | 4 | 8 | 16 | 128 | 256 | 512 | 1024 | 2048 | 0xF << 14
    # All that decides what the constructor does.
    _RESPONSE_MAKING = 64 | 128 | 256 | 512 | 1024 | 4096 | 0xF << 14
    # The same, where the constructor is not called.
    _RESPONSE_REDIRECT = 64 | 128 | 256 | 512 | 1024 | 4096 | 8192 | 0xF << 14


cdef class LeanResponse:
    """LeanResponse(response=None, status=None, headers=None, mimetype=None, \
content_type=None, direct_passthrough=False)
--

    A response that makes its headers only when somebody looks at them.

    The parameters are those of :class:`werkzeug.wrappers.Response`.
    """

    cdef dict __dict__
    cdef object __weakref__
    cdef public object response
    cdef public object direct_passthrough
    cdef public object _status
    cdef public object _status_code
    cdef object _made_headers
    cdef object _pending_type
    # One more than the length, or 0 if there is none.
    cdef Py_ssize_t _pending_length
    cdef object _pending_location
    cdef object _callbacks

    def __init__(
        self,
        response=None,
        status=None,
        headers=None,
        mimetype=None,
        content_type=None,
        direct_passthrough=False,
    ):
        _init_response(
            self, response, status, headers, mimetype, content_type, direct_passthrough
        )

    @property
    def _on_close(self):
        if self._callbacks is None:
            self._callbacks = []
        return self._callbacks

    @_on_close.setter
    def _on_close(self, value):
        self._callbacks = value

    @property
    def headers(self):
        """The headers that will be sent."""
        if self._made_headers is None:
            # PERF: what is pending needs no check, so it goes straight in; halves a redirect.
            headers = _Headers()
            items = headers._list
            if self._pending_type is not None:
                items.append(_type_item(self._pending_type))
            if self._pending_length:
                items.append(_length_item(self._pending_length - 1))
            if self._pending_location is not None:
                items.append(("Location", self._pending_location))
            self._made_headers = headers
        return self._made_headers

    @headers.setter
    def headers(self, value):
        self._made_headers = value

    def _clean_status(self, value):
        if type(value) is int:
            phrase = _HTTP_STATUS_CODES.get(value)
            known = _status_lines.get(value)
            if known is not None and known[0] is phrase:
                return known[1], value
            if phrase is not None:
                _status_lines[value] = phrase, f"{value} {phrase.upper()}"
        cleaned = _base_clean_status(self, value)
        _check_text(cleaned[0], "The status")
        return cleaned

    def set_data(self, value):
        """Replace the body.

        :param value: the new body; text is encoded as UTF-8.
        """
        if not _has_own_fields(self):
            _BaseResponse.set_data(self, value)
            return
        _set_data(self, value, self.automatically_set_content_length)

    def close(self):
        """Close the body, if it can be, and call what was given to ``call_on_close``."""
        if not _has_own_fields(self):
            _BaseResponse.close(self)
            return
        _close_response(self)

    def get_app_iter(self, environ):
        """Return the iterable for the server, which is empty for ``HEAD`` and some statuses.

        :param environ: the WSGI environment of the request.
        """
        if not _has_own_fields(self):
            return _BaseResponse.get_app_iter(self, environ)
        return _app_iter(self, environ, self.status_code)

    def get_wsgi_response(self, environ):
        """Return what to send to the server: the body, the status line and the headers.

        :param environ: the WSGI environment of the request.
        """
        if not _has_own_fields(self):
            return _BaseResponse.get_wsgi_response(self, environ)
        headers = _wsgi_headers(self, environ)
        if _response_stock(self) & _RESPONSE_GET_ITER:
            app_iter = _app_iter(self, environ, self.status_code)
        else:
            app_iter = self.get_app_iter(environ)
        return app_iter, self.status, headers

    def __call__(self, environ, start_response):
        return _send_response(self, environ, start_response)

    @classmethod
    def _assemble(cls, headers, status, status_code, body):
        """Return a response of parts that fit together, without running the constructor."""
        cdef LeanResponse response = cls.__new__(cls)
        response._made_headers = headers
        response._status = status
        response._status_code = status_code
        response.response = body
        response.direct_passthrough = False
        return response

    def __getstate__(self):
        # The same as Werkzeug's, so that either implementation can read what the other wrote.
        return {
            **_vars(self),
            "headers": self.headers,
            "_status": self._status,
            "_status_code": self._status_code,
            "direct_passthrough": self.direct_passthrough,
            "_on_close": self._on_close,
            "response": self.response,
        }

    def __setstate__(self, state):
        for name, value in state.items():
            setattr(self, name, value)

    def __reduce_ex__(self, protocol):
        from copyreg import __newobj__

        return __newobj__, (type(self),), self.__getstate__()


# Reading __dict__ shows the fields as entries, and setting it takes them from there: a subclass
# may make a response of another one by taking over its __dict__.

cdef tuple _RESPONSE_STATE = (
    "headers", "_status", "_status_code", "direct_passthrough", "_on_close", "response"
)


def _show_dict_of_response(LeanResponse self):
    return _show_fields(self, LeanResponse, _RESPONSE_STATE)


def _set_dict_of_response(LeanResponse self, attributes):
    PyObject_GenericSetDict(self, attributes, NULL)
    _adopt_fields(self, attributes, _RESPONSE_STATE)


_keep_dict_2(LeanResponse)
_set_type_attribute(
    LeanResponse, "__dict__", property(_show_dict_of_response, _set_dict_of_response)
)


cdef object _content_type_of(object mimetype):
    cdef object found
    if type(mimetype) is str:
        found = _dict_get(_content_types, mimetype)
        if found is not None:
            return found
        found = _get_content_type(mimetype, "utf-8")
        if len(_content_types) < _MAX_CONTENT_TYPES:
            _content_types[mimetype] = found
        return found
    return _get_content_type(mimetype, "utf-8")


cdef inline bint _is_plain(object value):
    """Whether a header value needs neither conversion nor refusal."""
    return type(value) is str and "\n" not in <str>value and "\r" not in <str>value


cdef inline bint _is_bodiless(long status) noexcept:
    return status == 304 or status == 204 or 100 <= status < 200


cdef inline unsigned int _response_stock(LeanResponse self) except? 0xFFFFFFFF:
    # An attribute of the instance may stand for one of its methods.
    if _attribute_count(self) > 0:
        return 0
    return _stock_of(self, &_last_response, _response_stages)


cdef inline bint _has_own_fields(LeanResponse self) except -1:
    """Whether the fields may be used in place of attributes; if not, Werkzeug's code runs."""
    cdef unsigned int stock = _stock_of(self, &_last_response, _response_stages)
    return stock & _RESPONSE_FIELDS == _RESPONSE_FIELDS


cdef _Notes _response_notes(LeanResponse self):
    """Return the notes on a response's class, with the defaults that its class sets."""
    cdef _Notes notes = _notes_of(type(self), _response_stages)
    if notes.status is None and notes.stock & _RESPONSE_STATUS == _RESPONSE_STATUS:
        cls = type(self)
        mimetype = cls.default_mimetype
        automatic = cls.automatically_set_content_length
        status = cls.default_status
        # Anything else, such as a property, is asked for each time.
        if (
            (mimetype is None or _is_plain(mimetype))
            and type(automatic) is bool
            and type(status) in (int, str)
        ):
            notes.content_type = None if mimetype is None else _content_type_of(mimetype)
            notes.automatic_length = automatic
            notes.status, notes.status_code = self._clean_status(status)
    return notes


cdef int _init_response(
    LeanResponse self,
    object response,
    object status,
    object headers,
    object mimetype,
    object content_type,
    object direct_passthrough,
) except -1:
    if not _has_own_fields(self):
        _BaseResponse.__init__(
            self, response, status, headers, mimetype, content_type, direct_passthrough
        )
        return 0

    cdef _Notes notes = _response_notes(self)
    # What a subclass's constructor may have set on the instance is looked up there.
    cdef bint stock = (
        notes.status is not None and notes.stock & _RESPONSE_MAKING == _RESPONSE_MAKING
    )

    # PERF: asking an abstract class takes long.
    if headers is not None:
        if isinstance(headers, _Headers):
            self._made_headers = headers
        elif headers:
            self._made_headers = _Headers(headers)

    if content_type is None:
        if mimetype is None:
            if self._made_headers is None or "content-type" not in self._made_headers:
                if stock:
                    content_type = notes.content_type
                else:
                    mimetype = self.default_mimetype
        if mimetype is not None:
            content_type = _content_type_of(mimetype)

    if content_type is not None:
        if self._made_headers is None and _is_plain(content_type):
            self._pending_type = content_type
        else:
            self.headers["Content-Type"] = content_type

    if stock and status is None:
        self._status = notes.status
        self._status_code = notes.status_code
    elif stock and type(status) is int:
        self._status, self._status_code = self._clean_status(status)
    else:
        self.status = self.default_status if status is None else status

    self.direct_passthrough = direct_passthrough

    if response is None:
        self.response = []
    elif isinstance(response, (str, bytes, bytearray)):
        if stock:
            _set_data(self, response, notes.automatic_length)
        else:
            self.set_data(response)
    else:
        self.response = response
    return 0


cdef int _set_status_code(object response, object code) except -1:
    """Set the code, and the phrase with it."""
    cdef LeanResponse lean
    if type(code) is int and _is_response(response):
        lean = <LeanResponse>response
        if _response_stock(lean) & _RESPONSE_SETTING == _RESPONSE_SETTING:
            lean._status, lean._status_code = lean._clean_status(code)
            return 0
    response.status_code = code
    return 0


cdef int _set_data(LeanResponse self, object value, bint automatic_length) except -1:
    if isinstance(value, str):
        value = value.encode() if type(value) is not str else PyUnicode_AsUTF8String(value)
    self.response = [value]
    if automatic_length:
        if self._made_headers is None:
            self._pending_length = len(value) + 1
        else:
            self._made_headers["Content-Length"] = str(len(value))
    return 0


cdef int _close_response(LeanResponse self) except -1:
    body = self.response
    if type(body) is not list and hasattr(body, "close"):
        body.close()
    if self._callbacks is not None:
        for func in self._callbacks:
            func()
    return 0


cdef object _app_iter(LeanResponse self, object environ, long status):
    if _is_bodiless(status) or _is_text(environ["REQUEST_METHOD"], "HEAD"):
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
