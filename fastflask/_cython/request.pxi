# The lean base of Request.
#
# It stands before Werkzeug's class in the order of bases and holds the few fields that every
# request needs. All else is made when it is first looked at, by Werkzeug's code. What a request
# shows is that of its beginning, even if the environ is changed later, except for the headers,
# which are live. The pure twin is _pure/request.py.

from cpython.unicode cimport PyUnicode_AsUTF8String

from werkzeug import datastructures as _datastructures, http as _http, wsgi as _wsgi
from werkzeug import utils as _utils, wrappers as _wrappers
from werkzeug.sansio import utils as _sansio_utils

# Names of C, as a global of the module is a dict lookup each time.
cdef object _EnvironHeaders = _datastructures.EnvironHeaders
cdef object _Headers = _datastructures.Headers
cdef object _iter_multi_items = _datastructures.iter_multi_items
cdef object _HTTP_STATUS_CODES = _http.HTTP_STATUS_CODES
cdef object _remove_entity_headers = _http.remove_entity_headers
cdef object _get_host = _sansio_utils.get_host
cdef object _get_content_type = _utils.get_content_type
cdef object _BaseRequest = _wrappers.Request
cdef object _BaseResponse = _wrappers.Response
cdef object _ClosingIterator = _wsgi.ClosingIterator

cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(object text) noexcept
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept
    Py_UCS4 PyUnicode_READ_CHAR(object text, Py_ssize_t index) noexcept
    PyObject *PyIter_Next(object iterator) except? NULL

cdef object _base_clean_status = _BaseResponse._clean_status
# Status code to its phrase and its line; only codes that Werkzeug knows get in.
cdef dict _status_lines = {}
# Media type to content type. Bounded, as an application may take types from its users.
cdef dict _content_types = {}
cdef enum:
    _MAX_CONTENT_TYPES = 64


cdef inline object _environ_get(object environ, str key, object default):
    cdef PyObject *value
    if type(environ) is dict:
        value = _find(<dict>environ, key)
        return default if value is NULL else <object>value
    return environ.get(key, default)


cdef inline bint _environ_has(object environ, str key) except -1:
    return _has(<dict>environ, key) if type(environ) is dict else key in environ


cdef str _decode(object text):
    """Decode what WSGI hands over as latin-1 text but means as UTF-8."""
    if type(text) is str and PyUnicode_IS_ASCII(text):
        return <str>text
    return text.encode("latin1").decode(errors="replace")


cdef bint _is_upper(object text) noexcept:
    """Whether text has upper-case letters of ASCII only."""
    cdef Py_ssize_t i
    if type(text) is not str:
        return False
    for i in range(PyUnicode_GET_LENGTH(text)):
        if not c"A" <= PyUnicode_READ_CHAR(text, i) <= c"Z":
            return False
    return True


cdef str _with_one_slash(str path):
    """Return a path with exactly one slash at its beginning."""
    cdef Py_ssize_t length = PyUnicode_GET_LENGTH(path)
    if length and PyUnicode_READ_CHAR(path, 0) == c"/":
        if length == 1 or PyUnicode_READ_CHAR(path, 1) != c"/":
            return path
    return "/" + path.lstrip("/")


cdef enum:
    _REQUEST_CLOSE = 1
    # The attributes that are set for each request are the fields they seem to be.
    _REQUEST_OWN_FIELDS = 2 | 4 | 512 | 1024 | 2048 | 4096
    _REQUEST_TRUSTED_HOSTS = 8
    # Neither __init__ nor __new__ is overridden.
    _REQUEST_MAKING = 16 | 32
    _REQUEST_BLUEPRINTS = 2 | 1024 | 64 | 128 | 256
    # The headers are a view of the environ.
    _REQUEST_HEADERS = 1 << 13
    # All that decides how a form is read.
    _REQUEST_FORM = 0x1FFF << 13


cdef class LeanRequest:
    """LeanRequest(environ, populate_request=True, shallow=False)
--

    The fields of a request, taken from the environ as it is when the request is made.

    :param environ: the WSGI environment.
    :param populate_request: enter the request as ``werkzeug.request`` in the environ.
    :param shallow: refuse to read the body.
    """

    cdef dict __dict__
    cdef object __weakref__
    cdef public object environ
    cdef public object shallow
    cdef public object method
    cdef public object scheme
    cdef public object root_path
    cdef public object path
    cdef public object remote_addr
    cdef object _query_string
    cdef object _headers
    cdef object _server
    cdef object _host
    # What the environ said, for what is made later.
    cdef object _raw_method
    cdef object _raw_scheme
    cdef object _raw_script_name
    cdef object _raw_path
    cdef object _raw_query
    cdef object _server_name
    cdef object _server_port
    cdef object _host_header
    # Whether the application looked at the host when the request began, and trusted any.
    cdef bint _any_host
    # What is set for each request, without a dict for it; ``None`` is what the class has.
    cdef object _json_module
    cdef object _url_rule
    cdef object _view_args
    cdef object _routing_exception

    def __init__(self, environ, populate_request=True, shallow=False):
        _init_request(self, environ, populate_request, shallow)

    @property
    def query_string(self):
        """What comes after ``?`` in the URL, as bytes."""
        if self._query_string is None:
            self._query_string = (<str>self._raw_query).encode("latin1")
        return self._query_string

    @query_string.setter
    def query_string(self, value):
        self._query_string = value

    @property
    def headers(self):
        """The headers received with the request; a view of the environ."""
        if self._headers is None:
            self._headers = _EnvironHeaders(self.environ)
        return self._headers

    @headers.setter
    def headers(self, value):
        self._headers = value

    @property
    def server(self):
        """Name and port of the server, or path and ``None`` of a Unix socket."""
        if self._server is None and self._server_name is not None:
            try:
                self._server = self._server_name, int(self._server_port)
            except (TypeError, ValueError):
                self._server = self._server_name, None
        return self._server

    @server.setter
    def server(self, value):
        self._server_name = None
        self._server = value

    @property
    def host(self):
        """The host that the request was sent to, with the port if it is not the usual one.

        It is empty if the client sent something else than a host, and checked against
        ``trusted_hosts``.
        """
        if self._host is None:
            if self._any_host:
                self._host = _get_host(self._raw_scheme, self._host_header, self.server, None)
            else:
                self._host = _get_host(
                    self.scheme, self.headers.get("host"), self.server, self.trusted_hosts
                )
        return self._host

    @host.setter
    def host(self, value):
        self._host = value

    def close(self):
        """Close the files that were uploaded with the request, if they were looked at."""
        for _, file in _iter_multi_items(_dict_get(_vars(self), "files") or ()):
            file.close()

    def _load_form_data(self):
        """Read the body as a form, if it is one, for ``form`` and ``files``."""
        _load_form(self)

    def _parse_content_type(self):
        """Parse the type of the body, for ``mimetype`` and ``mimetype_params``."""
        _parsed_type_of(self)

    def __getattribute__(self, name):
        return _read_request(self, name)

    def __setattr__(self, name, value):
        _write_request(self, name, <PyObject *>value)

    def __delattr__(self, name):
        _write_request(self, name, NULL)

    def __getstate__(self):
        return dict(_show_dict_of_request(self))

    def __setstate__(self, state):
        attributes = _vars(self)
        attributes.update(state)
        _adopt_request(self, attributes)

    def __reduce_ex__(self, protocol):
        from copyreg import __newobj__

        return __newobj__, (type(self),), self.__getstate__()


cdef int _init_request(
    LeanRequest self, object environ, object populate_request, object shallow
) except -1:
    """Fill in a request. Return whether its method and its scheme are those of the environ."""
    cdef bint as_sent
    method = _environ_get(environ, "REQUEST_METHOD", _UNSET)
    scheme = _environ_get(environ, "wsgi.url_scheme", _UNSET)
    as_sent = scheme is not _UNSET and _is_upper(method)
    if method is _UNSET:
        method = "GET"
    if scheme is _UNSET:
        scheme = "http"
    self.method = self._raw_method = method if _is_upper(method) else method.upper()
    self.scheme = self._raw_scheme = scheme
    self._server_name = _environ_get(environ, "SERVER_NAME", None)
    self._server_port = _environ_get(environ, "SERVER_PORT", None)
    self._raw_script_name = _environ_get(environ, "SCRIPT_NAME", None)
    self._raw_path = _environ_get(environ, "PATH_INFO", None)
    self._raw_query = _environ_get(environ, "QUERY_STRING", None)

    if self._raw_script_name:
        self.root_path = _decode(self._raw_script_name).rstrip("/")
    else:
        self.root_path = ""

    self.path = _with_one_slash(_decode(self._raw_path)) if self._raw_path else "/"

    # Text that is no byte each has to fail here.
    if self._raw_query is not None:
        if type(self._raw_query) is not str or not PyUnicode_IS_ASCII(self._raw_query):
            self._query_string = self._raw_query.encode("latin1")
    else:
        self._query_string = b""

    self.remote_addr = _environ_get(environ, "REMOTE_ADDR", None)
    self.environ = environ
    self.shallow = shallow

    if populate_request and not shallow:
        environ["werkzeug.request"] = self
    return as_sent


cdef int _close_request(object request) except -1:
    """Close a request at the end of its context, by whatever ``close`` its class has."""
    if _is_request(request):
        if _stock_of(request, &_last_request) & _REQUEST_CLOSE:
            if _attribute_count(request) <= 0:
                return 0
            if not _dict_get(_vars(request), "files") and not _has(_vars(request), "close"):
                return 0
    close = getattr(request, "close", None)
    if close is not None:
        close()
    return 0


# configure() adds those of the request class.
_request_stages += [
    ("close", LeanRequest.__dict__["close"]),
    ("__getattribute__", LeanRequest.__dict__["__getattribute__"]),
    ("__setattr__", LeanRequest.__dict__["__setattr__"]),
    ("trusted_hosts", None),
    ("__init__", LeanRequest.__dict__["__init__"]),
    ("__new__", LeanRequest.__dict__["__new__"]),
]
