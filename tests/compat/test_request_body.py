"""The body of a request: its length and limits, forms, uploads and JSON."""

from __future__ import annotations

import io

import pytest
from exchanges import Exchange, answer, ask, environ_for, make_app
from werkzeug.exceptions import BadRequest, BadRequestKeyError

from fastflask import request


def read_body():
    return request.content_length, request.get_data()


@pytest.mark.parametrize(
    ("value", "length"),
    [("5", 5), (" 5 ", 5), ("05", 5)]
    + [(bad, 0) for bad in ("+5", "-5", "0x5", "5,5", "5 5", "5.0", "1_0", "", "\u0665", "\xb2")],
)
def test_content_length_is_plain_digits(value, length):  # D-01
    found = answer(read_body, method="POST", data=b"0123456789", changes={"CONTENT_LENGTH": value})
    assert found == (length, b"0123456789"[:length])


def test_body_is_empty_without_a_length():  # D-01
    found = answer(read_body, method="POST", data=b"0123", without=["CONTENT_LENGTH"])
    assert found == (None, b"")


@pytest.mark.parametrize(("terminated", "data"), [(False, b""), (True, b"0123")])
def test_chunked_body_needs_the_servers_word(terminated, data):  # D-02
    changes = {"HTTP_TRANSFER_ENCODING": "chunked"}
    if terminated:
        changes["wsgi.input_terminated"] = True
    assert answer(read_body, method="POST", data=b"0123", changes=changes) == (None, data)


def test_chunked_body_is_bounded_by_the_limit():  # D-02, D-03
    def question():
        parts.append(request.stream.read())
        parts.append(request.stream.read(1))

    changes = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    sent = {"method": "POST", "data": b"0123", "changes": changes}
    parts = []
    assert ask(question, config={"MAX_CONTENT_LENGTH": 5}, **sent)[1] == "200"
    assert parts == [b"0123", b""]
    parts = []
    assert ask(question, config={"MAX_CONTENT_LENGTH": 3}, **sent)[1] == "413"
    assert parts == [b"012"]


def test_declared_length_is_checked_on_first_use_only():  # D-03
    config = {"MAX_CONTENT_LENGTH": 3}
    for use in (read_body, lambda: request.stream, lambda: request.form):
        found = ask(use, config=config, method="POST", data={"a": "0123"})
        assert found[1] == "413"
    assert ask(lambda: 1, config=config, method="POST", data=b"0123") == (1, "200")


@pytest.mark.parametrize(("override", "status"), [(2, "413"), (9, "200"), (None, "413")])
def test_limit_set_on_the_request_wins(override, status):  # D-03
    def question():
        request.max_content_length = override
        return request.get_data()

    config = {"MAX_CONTENT_LENGTH": 3}
    assert ask(question, config=config, method="POST", data=b"0123")[1] == status


def multipart(*parts):
    """A body of (headers, content) parts, and the options to send it."""
    data = b"".join(b"--b\r\n%s\r\n\r\n%s\r\n" % part for part in parts) + b"--b--\r\n"
    return {"method": "POST", "data": data, "content_type": "multipart/form-data; boundary=b"}


FIELD = b'Content-Disposition: form-data; name="%s"'
FILE = b'Content-Disposition: form-data; name="%s"; filename="f"'


def read_form():
    files = [(key, file.read()) for key, file in request.files.items(multi=True)]
    return list(request.form.items(multi=True)), files


def request_data_length():
    return len(request.get_data())


def test_memory_limit_is_for_fields_of_multipart_bodies():  # D-04
    big = b"x" * 200_000
    config = {"MAX_FORM_MEMORY_SIZE": 150_000}
    field, file = multipart((FIELD % b"a", big)), multipart((FILE % b"a", big))
    assert ask(read_form, config=config, **field)[1] == "413"
    assert answer(read_form, config={"MAX_FORM_MEMORY_SIZE": None}, **field)[0][0][0] == "a"
    assert answer(read_form, config=config, **file) == ([], [("a", big)])
    assert answer(request_data_length, config=config, **field) > len(big)
    encoded = {"method": "POST", "data": {"a": big.decode()}}
    assert answer(read_form, config=config, **encoded) == ([("a", big.decode())], [])


def test_memory_limit_bounds_the_headers_of_a_part():  # D-04
    endless = multipart((b"X: " + b"x" * 200_000, b""))
    assert ask(read_form, config={"MAX_FORM_MEMORY_SIZE": 150_000}, **endless)[1] == "413"


def test_parts_limit_counts_fields_and_files():  # D-04
    sent = multipart((FIELD % b"a", b"1"), (FILE % b"b", b"2"))
    found = answer(read_form, config={"MAX_FORM_PARTS": 2}, **sent)
    assert found == ([("a", "1")], [("b", b"2")])
    assert ask(read_form, config={"MAX_FORM_PARTS": 1}, **sent)[1] == "413"


class BrokenInput(io.RawIOBase):
    def __init__(self, error):
        self.error = error

    def readable(self):
        return True

    def readinto(self, buffer):
        raise self.error


def test_short_body_is_a_bad_request():  # D-05
    changes = {"CONTENT_LENGTH": "9"}
    assert ask(read_body, method="POST", data=b"0123", changes=changes)[1] == "400"


@pytest.mark.parametrize("error", [OSError("gone"), ValueError("closed")])
def test_failing_input_is_a_bad_request(error):  # D-05
    changes = {"CONTENT_LENGTH": "9", "wsgi.input": BrokenInput(error)}
    assert ask(read_body, method="POST", changes=changes)[1] == "400"


def test_body_is_left_alone_unless_asked_for():  # D-06
    changes = {"CONTENT_LENGTH": "9", "wsgi.input": BrokenInput(AssertionError("read"))}
    found = answer(
        lambda: (request.args, request.headers, request.content_length, request.is_json),
        method="POST",
        changes=changes,
    )
    assert found[2] == 9


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        ("multipart/form-data", multipart((FIELD % b"a", b"1"))["data"]),
        ("multipart/form-data; boundary=\xe9", multipart((FIELD % b"a", b"1"))["data"]),
        ("multipart/form-data; boundary=b", multipart((FIELD % b"a", b"1"))["data"][:-12]),
        ("multipart/form-data; boundary=b", multipart((b"nonsense", b"1"))["data"]),
        ("multipart/form-data; boundary=b", b""),
        ("application/x-url-encoded", b"a=1"),
        ("text/plain", b"a=1"),
        ("", b"a=1"),
    ],
)
def test_malformed_form_is_empty(content_type, data):  # D-07
    found = answer(read_form, method="POST", data=data, content_type=content_type)
    assert found == ([], [])


def test_part_without_a_name_has_the_key_none():  # D-07
    unnamed = b"Content-Disposition: form-data"
    sent = multipart((unnamed, b"1"), (unnamed + b"; filename=f", b"2"))
    assert answer(read_form, **sent) == ([(None, "1")], [(None, b"2")])


def test_order_of_reading_data_and_form():  # D-08
    def data_first():
        return request.get_data(), dict(request.form)

    def form_first():
        return dict(request.form), request.get_data(), request.data

    sent = {"method": "POST", "data": {"a": "1"}}
    assert answer(data_first, **sent) == (b"a=1", {"a": "1"})
    assert answer(form_first, **sent) == ({"a": "1"}, b"", b"")
    assert answer(lambda: (request.data, dict(request.form)), **sent) == (b"", {"a": "1"})


@pytest.mark.parametrize("source", ["args", "form", "files"])
@pytest.mark.parametrize("config", [{}, {"DEBUG": True}, {"TRAP_BAD_REQUEST_ERRORS": True}])
def test_missing_key_is_a_bad_request_that_names_it_in_debug(source, config):  # D-09
    app = make_app(lambda **_: getattr(request, source)["no_such_key"], **config)
    app.register_error_handler(BadRequestKeyError, lambda error: (error.description, error.code))
    exchange = Exchange(app, environ_for(method="POST", data={"a": "1"}))
    assert exchange.status == "400 BAD REQUEST"
    assert (b"'no_such_key'" in exchange.read()) is bool(config)


def test_field_in_place_of_a_file_is_explained_in_debug():  # D-10
    app = make_app(lambda **_: request.files["a"].filename, DEBUG=True)
    with pytest.raises(KeyError, match="multipart/form-data"):
        Exchange(app, environ_for(method="POST", data={"a": "name.txt"}))
    app = make_app(lambda **_: request.files["a"].filename)
    assert app.test_client().post("/", data={"a": "name.txt"}).status_code == 400


def test_values_join_query_and_form():  # D-11
    def question():
        return list(request.values.items(multi=True))

    sent = {"query_string": "a=1&b=2", "data": {"a": "3"}}
    found = answer(question, method="POST", **sent)
    assert sorted(found) == [("a", "1"), ("a", "3"), ("b", "2")]
    assert answer(lambda: request.values["a"], method="POST", **sent) == "1"
    sent["content_type"] = "application/x-www-form-urlencoded"
    assert answer(question, method="GET", **sent) == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize(("size", "spooled"), [(10, False), (600_000, True)])
def test_uploads_are_closed_at_the_end_and_large_ones_spooled(size, spooled):  # D-12
    def view(**_):
        upload = request.files["a"]
        # A temporary file has a name, what is kept in memory has none.
        kept.append((upload.stream, upload.stream.name is not None, upload.stream.closed))
        return str(len(upload.read()))

    kept = []
    exchange = Exchange(make_app(view), environ_for(**multipart((FILE % b"a", b"x" * size))))
    ((stream, has_name, closed_early),) = kept
    assert exchange.read() == str(size).encode()
    assert has_name is spooled
    assert not closed_early
    assert stream.closed


@pytest.mark.parametrize("content_type", ["application/json", "application/a+json; charset=x"])
def test_json_needs_a_json_content_type(content_type):  # D-13
    sent = {"method": "POST", "data": b"[1]"}
    assert answer(lambda: (request.is_json, request.json), content_type=content_type, **sent) == (
        True,
        [1],
    )
    for other in ("text/json", "application/jsonp", "text/a+json", ""):
        assert ask(lambda: request.json, content_type=other, **sent) == (None, "415")
        assert answer(lambda: request.get_json(silent=True), content_type=other, **sent) is None
        assert answer(lambda: request.get_json(force=True), content_type=other, **sent) == [1]


def test_json_is_cached_by_how_it_was_read():  # D-13
    def question():
        first = request.get_json()
        fresh = request.get_json(cache=False)
        return first is request.json, first is fresh, fresh

    assert answer(question, method="POST", json=[1]) == (True, False, [1])

    def silent_first():
        silent = request.get_json(silent=True)
        try:
            request.get_json()
        except BadRequest:
            return silent, request.get_json(silent=True), "raised"

    sent = {"method": "POST", "data": b"{", "content_type": "application/json"}
    assert answer(silent_first, **sent) == (None, None, "raised")


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ('"é"'.encode(), "'é'"),
        ('"é"'.encode("utf-8-sig"), "'é'"),
        ('["é"]'.encode("utf-16"), "['é']"),
        ('["é"]'.encode("utf-32-be"), "['é']"),
        (b"[NaN, Infinity, -Infinity]", "[nan, inf, -inf]"),
        (b'{"a": 1, "a": 2}', "{'a': 2}"),
        (b" null ", "None"),
    ],
)
def test_json_forms_that_are_accepted(data, value):  # D-14
    sent = {"method": "POST", "data": data, "content_type": "application/json"}
    assert answer(lambda: repr(request.get_json()), **sent) == value


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[1,]", b"[" + b"1" * 9000 + b"]"])
def test_json_error_is_told_in_debug_only(data):  # D-14, D-15
    sent = {"method": "POST", "data": data, "content_type": "application/json"}
    for debug in (False, True):
        app = make_app(lambda **_: str(request.json), DEBUG=debug)
        exchange = Exchange(app, environ_for(**sent))
        assert exchange.status == "400 BAD REQUEST"
        assert (b"Failed to decode JSON object" in exchange.read()) is debug


def test_raw_input_is_unguarded():  # D-18
    def question():
        return request.input_stream.read(6), request.stream.read()

    found = answer(question, method="POST", data=b"0123456789", changes={"CONTENT_LENGTH": "3"})
    assert found == (b"012345", b"678")
