# What views read of a request: query, form, cookies, body.
#
# Werkzeug computes each of them when it is first looked at, and keeps it. What it computes, and
# what a subclass may override of that, stays as it is. Left out is the work around it: headers
# made to look up one of them, an environ searched for a header whose name is known, a parser
# made for one call, lists that become dicts and then other dicts. Multipart bodies, cookies and
# options of headers are parsed by Werkzeug. The pure twin is _pure/reading.py.

from libc.string cimport memchr
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.unicode cimport PyUnicode_DecodeUTF8

from io import BytesIO as _BytesIO
from urllib.parse import parse_qsl as _parse_qsl

from werkzeug.exceptions import BadRequest as _BadRequest
from werkzeug.formparser import FormDataParser as _FormDataParser
from werkzeug.http import parse_options_header as _parse_options_header
from werkzeug.sansio.http import parse_cookie as _parse_cookie
from werkzeug.sansio.utils import get_content_length as _get_content_length

cdef object _ImmutableMultiDict = _datastructures.ImmutableMultiDict
cdef object _get_input_stream = _wsgi.get_input_stream
cdef object _init_multi_dict = _datastructures.MultiDict.__init__

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL

# What Werkzeug's class has under these names, for as long as nobody patches it.
cdef object _args_of_werkzeug = _BaseRequest.args
cdef object _form_of_werkzeug = _BaseRequest.form
cdef object _files_of_werkzeug = _BaseRequest.files
cdef object _cookies_of_werkzeug = _BaseRequest.cookies
cdef object _stream_of_werkzeug = _BaseRequest.stream
cdef object _content_length_of_werkzeug = _BaseRequest.content_length

cdef enum:
    # A decimal number of so many digits fits into 64 bits.
    _MAX_DIGITS = 18
    # Longer texts with escapes are decoded on the heap.
    _MAX_ON_STACK = 512


cdef object _compute_kept(LeanRequest self, object descriptor):
    """Compute what a cached property is to keep."""
    if descriptor is _args_of_werkzeug:
        return _read_args(self)
    if descriptor is _cookies_of_werkzeug:
        return _read_cookies(self)
    if descriptor is _stream_of_werkzeug:
        return _open_stream(self)
    if descriptor is _content_length_of_werkzeug:
        return _read_content_length(self)
    if descriptor is _form_of_werkzeug or descriptor is _files_of_werkzeug:
        (<object>self)._load_form_data()
        name = "form" if descriptor is _form_of_werkzeug else "files"
        if name in _vars(self):
            return _vars(self)[name]
        # A method of the subclass has done otherwise. In Python, it has no chance to go in circles.
    return PyObject_GetAttr(descriptor, _NAME_COMPUTE)(self)


cdef dict _environ_of_headers(LeanRequest self):
    """Return the environ that the headers show, or ``None`` if they are not a view of one."""
    cdef object environ
    if (
        self._headers is None
        and _stock_of(self, &_last_request) & _REQUEST_HEADERS
    ):
        environ = self.environ
    else:
        headers = (<object>self).headers
        if type(headers) is not _EnvironHeaders:
            return None
        environ = headers.environ
    return <dict>environ if type(environ) is dict else None


# Queries and forms


cdef object _read_args(LeanRequest self):
    """Return what the query says; a 400 if it is no UTF-8."""
    storage = (<object>self).parameter_storage_class
    query = (<object>self).query_string
    try:
        text = (<bytes>query).decode() if type(query) is bytes else query.decode()
    except UnicodeDecodeError as e:
        raise _BadRequest() from e
    return _multi_dict_of(text, storage)


cdef object _multi_dict_of(object text, object storage):
    """Return what a query or a form says, in a class for multiple values."""
    cdef const char *chars
    cdef Py_ssize_t length
    if (
        storage is not _ImmutableMultiDict
        or type(text) is not str
        or not PyUnicode_IS_ASCII(text)
        or _PyType_Lookup(<type>storage, "__init__") != <PyObject *>_init_multi_dict
    ):
        return storage(_parse_qsl(text, keep_blank_values=True, errors="werkzeug.url_quote"))
    made = _new_object(<type>storage)
    chars = PyUnicode_AsUTF8AndSize(text, &length)
    _parse_pairs(chars, length, <dict>made)
    return made


cdef int _parse_pairs(const char *text, Py_ssize_t length, dict values) except -1:
    """Enter into a dict of lists what :func:`urllib.parse.parse_qsl` finds in ASCII text.

    PERF: a tenth of the time, with the dict, and no list of pairs that only fills it.
    """
    cdef const char *end = text + length
    cdef const char *stop
    cdef const char *equals
    cdef PyObject *present
    while text < end:
        stop = <const char *>memchr(text, c"&", end - text)
        if stop is NULL:
            stop = end
        if stop > text:
            equals = <const char *>memchr(text, c"=", stop - text)
            if equals is NULL:
                name = _unquote(text, stop - text)
                value = ""
            else:
                name = _unquote(text, equals - text)
                value = _unquote(equals + 1, stop - equals - 1)
            present = _find_any(values, name)
            if present is NULL:
                PyDict_SetItem(values, name, [value])
            else:
                (<list>present).append(value)
        text = stop + 1
    return 0


cdef inline int _hex_digit(char digit) noexcept:
    if c"0" <= digit <= c"9":
        return digit - c"0"
    if c"A" <= digit <= c"F":
        return digit - c"A" + 10
    if c"a" <= digit <= c"f":
        return digit - c"a" + 10
    return -1


cdef str _unquote(const char *text, Py_ssize_t length):
    """Decode plus signs and percent escapes of ASCII text. What is no UTF-8 stays an escape."""
    cdef char on_stack[_MAX_ON_STACK]
    cdef char *decoded = on_stack
    cdef Py_ssize_t size = 0, i = 0
    cdef int high, low
    if memchr(text, c"%", length) is NULL and memchr(text, c"+", length) is NULL:
        return PyUnicode_DecodeUTF8(text, length, NULL)
    if length > _MAX_ON_STACK:
        decoded = <char *>PyMem_Malloc(length)
        if decoded is NULL:
            raise MemoryError()
    try:
        while i < length:
            decoded[size] = text[i]
            if text[i] == c"+":
                decoded[size] = c" "
            elif text[i] == c"%" and i + 2 < length:
                high, low = _hex_digit(text[i + 1]), _hex_digit(text[i + 2])
                if high >= 0 and low >= 0:
                    decoded[size] = <char>(high << 4 | low)
                    i += 2
            size += 1
            i += 1
        return PyUnicode_DecodeUTF8(decoded, size, "werkzeug.url_quote")
    finally:
        if decoded != on_stack:
            PyMem_Free(decoded)


cdef int _load_form(LeanRequest self) except -1:
    """Do what Werkzeug's ``_load_form_data`` does."""
    cdef dict attributes = _vars(self)
    cdef object data
    if "form" in attributes:
        return 0

    if _reads_forms_as_stock(self, attributes):
        kept = _dict_get(attributes, "_cached_data")
        stream = (<object>self).stream if kept is None else _BytesIO(kept)
        if _parsed_type_of(self)[0].lower() == "application/x-www-form-urlencoded":
            data = _read_form(stream, (<object>self).parameter_storage_class)
        else:
            data = (<object>self).make_form_data_parser().parse(
                stream,
                (<object>self).mimetype,
                (<object>self).content_length,
                (<object>self).mimetype_params,
            )
    elif (<object>self).want_form_data_parsed:
        data = (<object>self).make_form_data_parser().parse(
            (<object>self)._get_stream_for_parsing(),
            (<object>self).mimetype,
            (<object>self).content_length,
            (<object>self).mimetype_params,
        )
    else:
        data = (
            (<object>self).stream,
            (<object>self).parameter_storage_class(),
            (<object>self).parameter_storage_class(),
        )

    # Computing it may have set another dict.
    attributes = _vars(self)
    attributes["stream"], attributes["form"], attributes["files"] = data
    return 0


cdef bint _reads_forms_as_stock(LeanRequest self, dict attributes) except -1:
    """Whether there may be a form, and nothing decides how it is read but Werkzeug."""
    if (
        _stock_of(self, &_last_request) & _REQUEST_FORM != _REQUEST_FORM
        or _PyType_Lookup(_FormDataParser, "parse") != <PyObject *>_parse_of_werkzeug
        or _PyType_Lookup(_FormDataParser, "_parse_urlencoded")
        != <PyObject *>_parse_urlencoded_of_werkzeug
    ):
        return False
    for name in _INSTANCE_NAMES if attributes else ():
        if name in attributes:
            return False
    return type(self.environ) is dict and bool(_dict_get(<dict>self.environ, "CONTENT_TYPE"))


cdef tuple _read_form(object stream, object storage):
    """Return stream, form and files of a URL-encoded body."""
    try:
        body = stream.read()
        text = (<bytes>body).decode() if type(body) is bytes else body.decode()
        return stream, _multi_dict_of(text, storage), storage()
    except ValueError:
        # As the parser does it unless it is told not to be silent.
        return stream, storage(), storage()


cdef object _parse_of_werkzeug = _FormDataParser.parse
cdef object _parse_urlencoded_of_werkzeug = _FormDataParser._parse_urlencoded


# Headers


cdef object _parsed_type_of(LeanRequest self):
    """Return media type and parameters of the body, which are parsed once."""
    cdef dict attributes = _vars(self)
    cdef dict environ
    parsed = _dict_get(attributes, "_parsed_content_type")
    if parsed is None:
        environ = _environ_of_headers(self)
        if environ is None:
            content_type = (<object>self).headers.get("Content-Type", "")
        else:
            content_type = environ.get("CONTENT_TYPE", "")
        parsed = (<object>self)._parsed_content_type = _parse_options_header(content_type)
    return parsed


cdef object _length_in(dict environ):
    """Return what ``Content-Length`` says, by Werkzeug unless it is nothing but digits."""
    cdef object text = _dict_get(environ, "CONTENT_LENGTH")
    cdef object coding = _dict_get(environ, "HTTP_TRANSFER_ENCODING")
    cdef Py_ssize_t i
    cdef long long length = 0
    cdef Py_UCS4 digit
    if coding is None and type(text) is str:
        if 0 < PyUnicode_GET_LENGTH(text) <= _MAX_DIGITS:
            for i in range(PyUnicode_GET_LENGTH(text)):
                digit = PyUnicode_READ_CHAR(text, i)
                if not c"0" <= digit <= c"9":
                    break
                length = length * 10 + (<long long>digit - c"0")
            else:
                return length
    return _get_content_length(http_content_length=text, http_transfer_encoding=coding)


cdef object _read_content_length(LeanRequest self):
    cdef dict environ = _environ_of_headers(self)
    if environ is None:
        return PyObject_GetAttr(_content_length_of_werkzeug, _NAME_COMPUTE)(self)
    return _length_in(environ)


cdef object _open_stream(LeanRequest self):
    """Return the body as Werkzeug does, which leaves it as it is if the server ends it."""
    cdef object environ = (<object>self).environ
    cdef dict given
    if (<object>self).shallow or type(environ) is not dict:
        return PyObject_GetAttr(_stream_of_werkzeug, _NAME_COMPUTE)(self)
    limit = (<object>self).max_content_length
    given = <dict>environ
    if limit is None and "wsgi.input_terminated" in given and "wsgi.input" in given:
        _length_in(given)  # It fails for what is no text.
        return given["wsgi.input"]
    return _get_input_stream(environ, max_content_length=limit)


# Cookies


cdef object _read_cookies(LeanRequest self):
    cdef dict environ = _environ_of_headers(self)
    cdef object sent
    if environ is not None:
        sent = _cookie_header_in(environ)
        if sent is not None:
            return _parse_cookie(sent, cls=(<object>self).dict_storage_class)
    return PyObject_GetAttr(_cookies_of_werkzeug, _NAME_COMPUTE)(self)


cdef str _cookie_header_in(dict environ):
    """Return the ``Cookie`` header, empty if there is none.

    ``None`` is for Werkzeug to find out: an environ that no server makes may have the header
    under several names, as the case of letters does not count.
    """
    cdef object sent = ""
    for name, value in environ.items():
        if type(name) is not str:
            return None
        if PyUnicode_GET_LENGTH(name) == 11 or not PyUnicode_IS_ASCII(name):
            if name == "HTTP_COOKIE":
                sent = value
            elif not PyUnicode_IS_ASCII(name) or name.lower() == "http_cookie":
                return None
    return sent if type(sent) is str else None


# What of the class decides how a form is read (headers decide of cookies as well), and what of
# that an instance may have of its own.
cdef tuple _FORM_NAMES = (
    "headers",
    "environ",
    "shallow",
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
cdef tuple _INSTANCE_NAMES = (
    "make_form_data_parser",
    "form_data_parser_class",
    "_get_stream_for_parsing",
    "_parse_content_type",
)
