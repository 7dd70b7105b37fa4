"""What clients send, taken for more than it is: hosts, lengths, bodies, cookies and JSON."""

from __future__ import annotations

from .notation import COOKIES, INPUT, OUTPUT, REDIRECTS, REQUESTS, Defect, at

DEFECTS = [
    Defect(
        "E-10",
        "a forwarded host is taken for the host",
        f"{REDIRECTS} -k forwarded",
        (
            at(
                "_pure/intake.py",
                'header = environ.get("HTTP_HOST")',
                'header = environ.get("HTTP_X_FORWARDED_HOST") or environ.get("HTTP_HOST")',
            ),
            at(
                "_cython/intake.pxi",
                '_dict_get(environ, "HTTP_HOST")',
                '_dict_get(environ, "HTTP_X_FORWARDED_HOST") or _dict_get(environ, "HTTP_HOST")',
            ),
        ),
    ),
    Defect(
        "H-01",
        "what is no host gets into URLs",
        f"{REDIRECTS} -k host_that_is_none",
        (
            at(
                "_pure/intake.py",
                "host = get_host(scheme, request._host_header, request.server, None)",
                "host = request._host_header or 'localhost'",
            ),
            at(
                "_cython/intake.pxi",
                "_get_host(request._raw_scheme, request._host_header, request.server, None)",
                "request._host_header or 'localhost'",
            ),
        ),
    ),
    Defect(
        "H-01",
        "external URLs are built with what is no host",
        f"{REDIRECTS} -k host_that_is_none",
        (
            at(
                "_pure/urls.py",
                "host = get_host(own_scheme, request._host_header, request.server, None).lower()",
                "host = request._host_header or 'localhost'",
            ),
            at(
                "_cython/urls.pxi",
                "_get_host(request._raw_scheme, request._host_header, request.server, None)",
                "request._host_header or 'localhost'",
            ),
        ),
    ),
    Defect(
        "H-02",
        "trusted hosts are not looked at when the request begins",
        f"{REDIRECTS} -k host_that_is_none",
        (
            at("_pure/intake.py", 'and config["TRUSTED_HOSTS"] is None', "and True"),
            at("_cython/intake.pxi", "(_NO_SERVER_NAME | _NO_TRUSTED_HOSTS)", "_NO_SERVER_NAME"),
        ),
    ),
    Defect(
        "H-02",
        "trusted hosts do not get to the request",
        f"{REDIRECTS} -k host_that_is_none",
        (
            at("_pure/intake.py", "request.trusted_hosts = trusted_hosts", "pass"),
            at(
                "_cython/cycle.pxi",
                "            request.trusted_hosts = trusted_hosts\n",
                "            pass\n",
            ),
        ),
    ),
    Defect(
        "D-01",
        "a length with a sign counts",
        REQUESTS,
        (
            at(
                "_pure/reading.py",
                "get_content_length(http_content_length=text, http_transfer_encoding=coding)",
                "int(text)",
            ),
            at(
                "_cython/reading.pxi",
                "_get_content_length(http_content_length=text, http_transfer_encoding=coding)",
                "int(text)",
            ),
        ),
    ),
    Defect(
        "D-02",
        "a body whose end nobody knows is read",
        REQUESTS,
        (
            at(
                "_pure/reading.py",
                "get_input_stream(environ, max_content_length=limit)",
                "get_input_stream(environ, False, limit)",
            ),
            at(
                "_cython/reading.pxi",
                "_get_input_stream(environ, max_content_length=limit)",
                "_get_input_stream(environ, False, limit)",
            ),
        ),
    ),
    Defect(
        "D-03",
        "the configured limit of a body does not count",
        "tests/test_cycle_changes.py -k limit",
        (
            at(
                "wrappers.py",
                "return context.app.config[config_key]",
                "return context.app.config[config_key] and None",
            ),
        ),
    ),
    Defect(
        "D-03",
        "a view's own limit of a body does not count",
        REQUESTS,
        (at("wrappers.py", "    setattr(self, own, value)\n", "    setattr(self, own, None)\n"),),
    ),
    Defect(
        "D-04",
        "the number of parts is not limited",
        REQUESTS,
        (at("wrappers.py", '"MAX_FORM_PARTS",', '"MAX_CONTENT_LENGTH",'),),
    ),
    Defect(
        "D-04",
        "the size of a field is not limited",
        REQUESTS,
        (at("wrappers.py", '"MAX_FORM_MEMORY_SIZE",', '"MAX_CONTENT_LENGTH",'),),
    ),
    Defect(
        "D-15",
        "what the decoder says reaches the client",
        f"{OUTPUT} -k tell_nothing",
        (
            at(
                "wrappers.py",
                "            if current_app and current_app.debug:\n                raise",
                "            if current_app:\n                raise",
            ),
        ),
    ),
    Defect(
        "D-16",
        "the last of several cookies of a name counts",
        f"{COOKIES} -k headers",
        (
            at(
                "_pure/reading.py",
                "parse_cookie(sent, cls=request.dict_storage_class)",
                "request.dict_storage_class(list(parse_cookie(sent).items(multi=True))[::-1])",
            ),
            at(
                "_cython/reading.pxi",
                "_parse_cookie(sent, cls=(<object>self).dict_storage_class)",
                "(<object>self).dict_storage_class("
                "list(_parse_cookie(sent).items(multi=True))[::-1])",
            ),
        ),
    ),
    Defect(
        "E-08",
        "a query that is not UTF-8 is an error of the server",
        f"{INPUT} -k query_that",
        (
            at("_pure/reading.py", "except UnicodeDecodeError as e:", "except KeyError as e:"),
            at("_cython/reading.pxi", "        raise _BadRequest() from e\n", "        raise\n"),
        ),
    ),
    Defect(
        "D-13",
        "JSON nested too deeply is an error of the server",
        f"{INPUT} -k nested",
        (at("wrappers.py", "except RecursionError:", "except KeyError:"),),
    ),
]
