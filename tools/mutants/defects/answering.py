"""The way from the view: errors, results, the response and its body, teardown, sessions."""

from __future__ import annotations

from .notation import ERRORS, REQUESTS, SESSIONS, Defect, at, cycle

LEAVING = """\
        if context._last is None and isinstance(error, MemoryError):
            # There was none for the push, so there is nothing to pop.
            _leave_if_pushed(context, error)
            raise error

        _leave_request_context(context, error)
"""
UNLESS_EXITED = "        if isinstance(error, (Exception, type(None))):\n    "

DEFECTS = [
    Defect(
        "X-01",
        "handlers for any code come before those for the code",
        ERRORS,
        (
            at(
                "sansio/app.py",
                "for wanted in (None,) if code is None else (code, None):",
                "for wanted in (None,) if code is None else (None, code):",
            ),
        ),
    ),
    Defect(
        "X-05",
        "an error that nobody handles is not logged",
        ERRORS,
        (at("_errors.py", "        self.log_exception(exc_info)\n", "        pass\n"),),
    ),
    Defect(
        "X-06",
        "an error while a 500 is finished reaches the server",
        ERRORS,
        (
            at(
                "_pure/stages.py",
                "            if not from_error_handler:\n                raise",
                "            if True:\n                raise",
            ),
            at("_cython/stages.pxi", "not from_error_handler", "True"),
        ),
    ),
    Defect(
        "X-08",
        "an exit is answered like an error",
        ERRORS,
        (
            at(
                "_pure/cycle.py",
                "            except Exception as e:\n                error = e\n",
                "            except BaseException as e:\n                error = e\n",
            ),
            at(
                "_cython/cycle.pxi",
                "            error = e\n            raise\n",
                "            error = e\n            response = (<object>app).handle_exception(e)\n",
            ),
        ),
    ),
    Defect(
        "A-01",
        "functions of the application run before those of the blueprint",
        REQUESTS,
        (
            at(
                "_pure/stages.py",
                "    return (*request.blueprints, None)\n",
                "    return (None, *request.blueprints)\n",
            ),
            at(
                "_cython/stages.pxi",
                "(*_blueprints_of(request), None)",
                "(None, *_blueprints_of(request))",
            ),
        ),
    ),
    Defect(
        "M-05",
        "headers of a result are added to those of its response",
        REQUESTS,
        (
            at("_pure/stages.py", "rv.headers.update(headers)", "rv.headers.extend(headers)"),
            at(
                "_cython/stages.pxi",
                "        rv.headers.update(headers)\n",
                "        rv.headers.extend(headers)\n",
            ),
        ),
    ),
    Defect(
        "W-02",
        "204 has a length",
        REQUESTS,
        (
            at(
                "_pure/response_sending.py",
                "frozenset({204, 304, *range(100, 200)})",
                "frozenset({304})",
            ),
            at("_cython/response.pxi", "status == 204", "False"),
        ),
    ),
    Defect(
        "W-04",
        "HEAD has a body",
        REQUESTS,
        (
            at(
                "_pure/response.py",
                '        if bodiless or environ["REQUEST_METHOD"] == "HEAD":',
                "        if bodiless:",
            ),
            at(
                "_cython/response_sending.pxi",
                '_is_text(_item(environ, "REQUEST_METHOD"), "HEAD")',
                "False",
            ),
        ),
    ),
    Defect(
        "K-01",
        "what is to happen when a response is closed does not",
        REQUESTS,
        (
            at(
                "_pure/response.py",
                "        for func in self._on_close:\n            func()\n",
                "        for func in self._on_close:\n            break\n",
            ),
            at(
                "_cython/response.pxi",
                "        for func in self._callbacks:\n            func()\n",
                "        for func in self._callbacks:\n            break\n",
            ),
        ),
    ),
    Defect(
        "K-03",
        "a generator begins before the server asks",
        REQUESTS,
        (
            at(
                "_pure/response.py",
                "app_iter._items = None",
                "app_iter._items = iter([*self.response])",
            ),
            at(
                "_cython/response_sending.pxi",
                "    iterator._body = body\n",
                "    iterator._body = list(body)\n",
            ),
        ),
    ),
    Defect(
        "T-02",
        "a request shares its values with a stream that was left waiting",
        "tests/test_hostile_traffic.py -k never_closed",
        (
            at(
                "_pure/request_context.py",
                "app_context._streams and is_between_items(app_context)",
                "False",
            ),
            at(
                "_cython/request_context.pxi",
                "(<AppContextBase>current)._streams is not None",
                "False",
            ),
        ),
    ),
    Defect(
        "T-02",
        "a stream pushes its contexts when it is wrapped",
        "tests/compat/test_streaming.py",
        (
            at(
                "helpers.py",
                "    stream = _stream_in(app_ctx, req_ctx, body)\n",
                "    from itertools import chain\n\n"
                "    stream = _stream_in(app_ctx, req_ctx, chain([None], body))\n"
                "    next(stream)\n",
            ),
        ),
    ),
    Defect(
        "Z-01",
        "a request that was exited is not torn down",
        ERRORS,
        (
            at(
                "_pure/cycle.py",
                "context.pop(error)",
                "isinstance(error, (Exception, type(None))) and context.pop(error)",
            ),
            at("_cython/cycle.pxi", LEAVING, UNLESS_EXITED + LEAVING.replace("\n ", "\n     ")),
        ),
    ),
    Defect(
        "Z-03",
        "teardown does not get the error",
        ERRORS,
        (
            at("_pure/cycle.py", "context.pop(error)", "context.pop(None)"),
            at(
                "_cython/cycle.pxi",
                "error is not None and _is_ignored(app, context, error)",
                "True",
            ),
        ),
    ),
    Defect(
        "J-01",
        "keys of JSON are not in order",
        "tests/compat/test_json.py",
        (at("json/provider.py", "    sort_keys = True\n", "    sort_keys = False\n"),),
    ),
    Defect(
        "V-03",
        "a session is written although nobody changed it",
        cycle("sessions"),
        (
            at(
                "sessions.py",
                "        if session.modified:\n            return session.modified\n",
                "        if session.modified or session.accessed:\n            return True\n",
            ),
        ),
    ),
    Defect(
        "V-04",
        "the cookie of an emptied session stays",
        SESSIONS,
        (
            at(
                "sessions.py",
                "            response.delete_cookie(name, **options)\n",
                "            pass\n",
            ),
        ),
    ),
]
