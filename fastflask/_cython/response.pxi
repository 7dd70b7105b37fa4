# The lean base of Response.
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
    return _stock_of(self, &_last_response)


cdef inline bint _has_own_fields(LeanResponse self) except -1:
    """Whether the fields may be used in place of attributes; if not, Werkzeug's code runs."""
    cdef unsigned int stock = _stock_of(self, &_last_response)
    return stock & _RESPONSE_FIELDS == _RESPONSE_FIELDS


cdef _Notes _response_notes(LeanResponse self):
    """Return the notes on a response's class, with the defaults that its class sets."""
    cdef _Notes notes = _notes_of(type(self), &_last_response)
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
