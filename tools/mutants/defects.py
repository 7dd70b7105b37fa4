"""The defects that the tests have to notice.

Each breaks one line of ``tests/fidelity.md``. An edit names a file, a text that is in it once, and
what to put in its place. In a part of the extension that is either whole statements, from the
indentation of the first line on, or an expression; see ``switched`` in ``run.py``.
"""

from __future__ import annotations

import typing as t


class Edit(t.NamedTuple):
    """A text of a file, and what it becomes."""

    file: str
    search: str
    replacement: str


class Defect(t.NamedTuple):
    """Something that must not get lost, lost."""

    #: Id of the line.
    line: str
    #: What a client or an application would notice.
    what: str
    #: Arguments for pytest: the tests that stand for the line.
    tests: str
    edits: tuple[Edit, ...]
    #: Whether this would let someone in.
    security: bool = False


def at(file: str, search: str, replacement: str) -> Edit:
    return Edit(f"fastflask/{file}", search, replacement)


def cycle(names: str) -> str:
    """Return the arguments for applications of the differential test."""
    return f"tests/test_differential_cycle.py -k '{names}'"


def compat(*names: str) -> str:
    """Return the arguments for files of ``tests/compat``."""
    return " ".join(f"tests/compat/test_{name}.py" for name in names)


INPUT, OUTPUT, REDIRECTS, FILES, COOKIES = (
    f"tests/test_hostile_{name}.py" for name in ("input", "output", "redirects", "files", "cookies")
)
REQUESTS = compat(
    *("request_environ", "request_hooks", "request_body", "view_results", "response_sending")
)
ERRORS = compat("errors_handled", "errors_unhandled", "teardown", "coroutines")
SESSIONS = compat("session_classes", "session_signing", "session_saving")


SECURITY = [
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
        "S-02",
        "a cookie that cannot be verified is an error",
        f"{COOKIES} -k refused",
        (at("sessions.py", "except BadSignature:", "except KeyError:"),),
    ),
    Defect(
        "S-02",
        "a cookie is read without its signature",
        f"{COOKIES} -k forged",
        (
            at(
                "sessions.py",
                "content = signing.loads(cookie, max_age=int(lifetime.total_seconds()))",
                "content = signing.loads_unsafe(cookie)[1]\n"
                "                if not isinstance(content, dict):\n"
                "                    raise BadSignature('')",
            ),
        ),
    ),
    Defect(
        "S-02",
        "the age of a cookie does not count",
        f"{COOKIES} -k 'age or moment'",
        (at("sessions.py", "max_age=int(lifetime.total_seconds())", "max_age=None"),),
    ),
    Defect(
        "S-03",
        "cookies are signed with an old key",
        f"{COOKIES} -k current_key",
        (
            at(
                "sessions.py",
                '*(app.config["SECRET_KEY_FALLBACKS"] or ()), current]',
                'current, *(app.config["SECRET_KEY_FALLBACKS"] or ())]',
            ),
        ),
    ),
    Defect(
        "S-07",
        "a key that was taken away still verifies",
        f"{COOKIES} -k moment",
        (at("_signing.py", "len(old_fallbacks) == len(fallbacks)", "True"),),
    ),
    Defect(
        "S-07",
        "a key that was replaced still signs",
        f"{COOKIES} -k moment",
        (at("_signing.py", "old_key is secret_key", "True"),),
    ),
    Defect(
        "S-07",
        "the salt of another interface is used",
        f"{COOKIES} -k moment",
        (at("_signing.py", "old_salt is salt", "True"),),
    ),
    Defect(
        "V-01",
        "access to the session is not noted",
        f"{COOKIES} -k every_access",
        (
            at("_pure/request_context.py", "session.accessed = True", "pass"),
            at("_cython/request_context.pxi", "    session.accessed = True\n", "    pass\n"),
        ),
    ),
    Defect(
        "V-01",
        "an answer that depends on the session may be kept by caches",
        f"{COOKIES} -k every_access",
        (at("sessions.py", "if session.accessed:", "if session.modified:"),),
    ),
    Defect(
        "V-02",
        "each template counts as an access",
        f"{COOKIES} -k no_access",
        (
            at(
                "templating.py",
                'names["request"] = request_context.request',
                'names["request"] = request_context.request\n        request_context.session',
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
    Defect(
        "M-07",
        "a carriage return gets into the type of a response",
        f"{OUTPUT} -k no_value",
        (
            at(
                "_pure/response.py",
                'return type(value) is str and "\\n" not in value and "\\r" not in value',
                'return type(value) is str and "\\n" not in value',
            ),
            at("_cython/response.pxi", '"\\r" not in <str>value', "True"),
        ),
    ),
    Defect(
        "M-07",
        "a line break gets into the name of a header",
        f"{OUTPUT} -k name_of_a_header",
        (
            at("_pure/response_sending.py", 'check_text(name, "Header names")', "pass"),
            at(
                "_cython/response_sending.pxi",
                '            _check_text(name, "Header names")\n',
                "            pass\n",
            ),
        ),
    ),
    Defect(
        "M-07",
        "NUL gets into a status",
        f"{OUTPUT} -k in_a_status",
        (
            at("_pure/response_sending.py", ' or "\\0" in text', ""),
            at("_cython/response_sending.pxi", "character == 0", "False"),
        ),
    ),
    Defect(
        "X-11",
        "a page tells the text of an exception",
        f"{OUTPUT} -k tell_nothing",
        (
            at(
                "_errors.py",
                "InternalServerError(original_exception=e)",
                "InternalServerError(repr(e), original_exception=e)",
            ),
        ),
    ),
    Defect(
        "X-11",
        "the description of an error is not escaped",
        f"{OUTPUT} -k tell_nothing",
        (
            *(
                at(
                    file,
                    "error.get_body(environ, None)",
                    "__import__('html').unescape(error.get_body(environ, None))",
                )
                for file in ("_pure/pages.py", "_cython/pages.pxi")
            ),
        ),
    ),
    Defect(
        "F-01",
        "a redirect names no scheme, and so perhaps another host",
        f"{REDIRECTS} -k stay_on",
        (
            at(
                "routing.py",
                "    match = match_url\n",
                "    match = match_url\n\n"
                "    def make_redirect_url(self, *args):\n"
                "        return '/' + super().make_redirect_url(*args).split('/', 3)[3]\n",
            ),
        ),
    ),
    Defect(
        "F-01",
        "slashes at the beginning of a path are kept",
        f"{REDIRECTS} -k stay_on",
        (
            at(
                "_pure/request.py",
                '"/" + text.lstrip("/")',
                "text",
            ),
            at("_cython/request.pxi", '"/" + path.lstrip("/")', "path"),
        ),
    ),
    Defect(
        "W-08",
        "the page of a redirect is not escaped",
        f"{REDIRECTS} -k pages_of_redirects",
        (
            at(
                "_pure/redirects.py",
                "    return _wz_redirect(location, code=code, Response=response_class)\n",
                "    made = _wz_redirect(location, code=code, Response=response_class)\n"
                "    made.data = location\n"
                "    return made\n",
            ),
            at("_cython/redirects.pxi", "_needs_escaping(<str>location)", "False"),
        ),
    ),
    Defect(
        "N-01",
        "a name leads out of the folder",
        f"{FILES} -k outside",
        (
            at(
                "_files.py",
                "found = safe_join(os.fspath(directory), os.fspath(path))",
                "found = os.path.join(os.fspath(directory), os.fspath(path))",
            ),
        ),
    ),
    Defect(
        "N-02",
        "a name with NUL is an error of the server",
        f"{FILES} -k 'outside or random_names'",
        (at("_files.py", "except (OSError, ValueError):", "except OSError:"),),
    ),
    Defect(
        "N-02",
        "a folder is opened like a file",
        f"{FILES} -k outside",
        (at("_files.py", "if not S_ISREG(stat.st_mode):", "if False:"),),
    ),
    Defect(
        "N-06",
        "the wish for a part of a file is not heard",
        f"{FILES} -k ranges",
        (at("_conditional.py", '"HTTP_RANGE" in environ', "False"),),
    ),
    Defect(
        "N-06",
        "a part may end beyond the file",
        f"{FILES} -k ranges",
        (at("_files.py", "complete_length=size)", "complete_length=size + 9)"),),
    ),
    Defect(
        "L-07",
        "an external URL has a host that the client names in passing",
        f"{REDIRECTS} -k forwarded",
        (
            at(
                "_pure/urls.py",
                "host = get_host(own_scheme, request._host_header, request.server, None).lower()",
                "host = request.headers.get('X-Forwarded-Host', 'localhost')",
            ),
            at(
                "_cython/urls.pxi",
                "_get_host(request._raw_scheme, request._host_header, request.server, None)",
                "request.headers.get('X-Forwarded-Host', 'localhost')",
            ),
        ),
    ),
    Defect(
        "J-04",
        "data in a page can end its script",
        f"{OUTPUT} -k its_script",
        (
            at(
                "templating.py",
                "BaseEnvironment.__init__(self, **options)\n",
                "BaseEnvironment.__init__(self, **options)\n"
                "        self.filters['tojson'] = app.json.dumps\n",
            ),
        ),
    ),
    Defect(
        "J-05",
        "templates made of strings are not escaped",
        f"{OUTPUT} -k its_script",
        (at("sansio/_templates.py", "filename is None or", "filename is not None and"),),
    ),
    Defect(
        "J-05",
        "templates of images are not escaped",
        "tests/compat/test_templating.py",
        (at("sansio/_templates.py", '".xhtml", ".svg"', '".xhtml"'),),
    ),
    Defect(
        "Q-01",
        "the debugger runs without debug mode",
        "tests/compat/test_app_setup.py",
        (at("app.py", '"use_debugger": self.debug', '"use_debugger": True'),),
    ),
    Defect(
        "Q-01",
        "the command runs the debugger without debug mode",
        "tests/compat/cli/test_commands.py",
        (
            at(
                "_cli_commands.py",
                "use_debugger=debug if debugger is None else debugger",
                "use_debugger=True",
            ),
        ),
    ),
    Defect(
        "S-01",
        "without a key the session can be written to",
        f"{COOKIES} -k without_a_key",
        (
            at(
                "sessions.py",
                "    __setitem__ = __delitem__ = _fail\n",
                "    __delitem__ = _fail\n",
            ),
        ),
    ),
]

LEAVING = """\
        if context._last is None and isinstance(error, MemoryError):
            # There was none for the push, so there is nothing to pop.
            _leave_if_pushed(context, error)
            raise error

        _leave_request_context(context, error)
"""
UNLESS_EXITED = "        if isinstance(error, (Exception, type(None))):\n    "

OTHERS = [
    Defect(
        "G-02",
        "a stage set on the application is not called",
        "tests/test_cycle_overrides.py -k stage_overridden",
        (
            at(
                "_pure/cycle.py",
                "result = self.preprocess_request()",
                "result = RequestCycle.preprocess_request(self)",
            ),
            at("_cython/stages.pxi", "_own(app) & _OWN_PREPROCESS", "True"),
        ),
    ),
    Defect(
        "G-05",
        "a view that was replaced is still called",
        "tests/test_cycle_changes.py -k view_replaced",
        (
            at(
                "_pure/cycle.py",
                "view = self.view_functions[rule.endpoint]",
                "kept = self.__dict__.setdefault('_kept', dict(self.view_functions))\n"
                "        view = kept[rule.endpoint]",
            ),
            at(
                "_cython/stages.pxi",
                "views[_endpoint_of(rule)]",
                "_vars(app).setdefault('_kept', dict(views))[rule.endpoint]",
            ),
        ),
    ),
    Defect(
        "G-06",
        "hooks that are put into a registry later are not run",
        "tests/test_cycle_changes.py -k 'hook or registry'",
        (
            at(
                "_pure/cycle.py",
                "functions = self.before_request_funcs\n",
                "functions = self.__dict__.setdefault('_n', {**self.before_request_funcs})\n",
            ),
            at(
                "_cython/stages.pxi",
                "        functions = app.before_request_funcs\n",
                "        functions = _vars(app).setdefault('_n', dict(app.before_request_funcs))\n",
            ),
        ),
    ),
    Defect(
        "G-07",
        "settings that are changed later are not seen",
        "tests/test_cycle_notes.py -k 'key or setting'",
        (at("_cython/stock.pxi", "_is_unchanged(config, &app._settings_seen)", "True"),),
    ),
    Defect(
        "G-08",
        "a map that is changed later is taken for what it was",
        "tests/test_cycle_notes.py -k 'map or matcher'",
        (
            at(
                "_cython/intake.pxi",
                "_is_unchanged(attributes, &self._app._map_seen)",
                "self._app._matcher is not None",
            ),
        ),
    ),
    Defect(
        "E-04",
        "methods in lower case are others",
        REQUESTS,
        (
            at(
                "_pure/request.py",
                "        method = method.upper()\n",
                "",
            ),
            at("_cython/request.pxi", "method if _is_upper(method) else method.upper()", "method"),
        ),
    ),
    Defect(
        "E-06",
        "the environ keeps the request",
        "tests/test_context.py -k environ_refers",
        (
            at(
                "_pure/request_context.py",
                'current.request.environ["werkzeug.request"] = None',
                "pass",
            ),
            at(
                "_cython/request_context.pxi",
                '    environ["werkzeug.request"] = None\n',
                "    pass\n",
            ),
        ),
    ),
    Defect(
        "C-04",
        "a current application context is not used again",
        "tests/test_context.py -k reused",
        (
            at(
                "_pure/request_context.py",
                "            app_context is None\n            or",
                "            True\n            or",
            ),
            at("_cython/request_context.pxi", "current is None or current.app is not app", "True"),
        ),
    ),
    Defect(
        "C-08",
        "a context popped in the wrong order goes unnoticed",
        "tests/test_context.py -k out_of_order",
        (
            at(
                "_pure/request_context.py",
                "            if current is not self:\n                raise AssertionError(\n"
                '                    f"Popped wrong request',
                "            if False:\n                raise AssertionError(\n"
                '                    f"Popped wrong request',
            ),
            at(
                "_cython/request_context.pxi",
                '            raise AssertionError(\n                f"Popped wrong request context.'
                ' ({current!r} instead of {self!r})"\n            )\n',
                "            pass\n",
            ),
        ),
    ),
    Defect(
        "P-02",
        "an operation in place gives the object, not the proxy",
        "tests/test_local.py -k in_place",
        (
            at(
                "_pure/local.py",
                "return self.bind_f(proxy, found)",
                "return getattr(found, self.name)",
            ),
        ),
    ),
    Defect(
        "R-01",
        "the search does not come back from a literal part",
        "tests/test_routing_matching.py -k literal_part",
        (
            at(
                "_pure/routing_search.py",
                "elif edges or (not text",
                "elif following is None or (not text",
            ),
            at(
                "_cython/routing_search.pxi",
                "        if child is not None:\n            result = self.descend(child, end + 1)\n"
                "            if result:\n                return result\n",
                "        if child is not None:\n            return self.descend(child, end + 1)\n",
            ),
        ),
    ),
    Defect(
        "R-02",
        "dynamic parts are tried in the order of their rules",
        "tests/test_routing_matching.py -k weight",
        (
            at("_pure/routing.py", "sorted(node.edges, key=_by_weight)", "list(node.edges)"),
            at(
                "_cython/routing.pxi",
                "sorted(node.edges, key=_route_by_weight)",
                "list(node.edges)",
            ),
        ),
    ),
    Defect(
        "R-03",
        "methods of rules that fit are not allowed",
        "tests/test_routing_answers.py -k methods_of_all",
        (
            at(
                "_pure/routing_search.py",
                "missed.methods = {*missed.methods, *rule.methods}",
                "missed.methods = {*rule.methods}",
            ),
            at(
                "_cython/routing_search.pxi",
                "                self.methods.update(methods)\n",
                "                self.methods = set(methods)\n",
            ),
        ),
    ),
    Defect(
        "R-10",
        "a path without its slash is not found",
        "tests/test_routing_answers.py -k branch_without",
        (
            at(
                "_pure/routing_search.py", "            missed.slash = True\n", "            pass\n"
            ),
            at(
                "_cython/routing_search.pxi",
                "                        return _ROUTE_SLASH\n",
                "                        return _ROUTE_MISSED\n",
            ),
        ),
    ),
    Defect(
        "R-14",
        "arguments of a view are shared by its requests",
        "tests/test_routing_matching.py -k arguments_are_fresh",
        (
            at(
                "_pure/routing_search.py",
                "        arguments.update(rule.defaults)\n\n    return arguments",
                "        return rule.defaults\n\n    return arguments",
            ),
            at(
                "_cython/routing_search.pxi",
                "        arguments.update(defaults)\n",
                "        return defaults\n",
            ),
        ),
    ),
    Defect(
        "F-05",
        "the allowed methods are not told",
        cycle("methods"),
        (
            at(
                "_pure/routing.py",
                "MethodNotAllowed(valid_methods=list(missed.methods))",
                "MethodNotAllowed()",
            ),
        ),
    ),
    Defect(
        "B-02",
        "the view is called although a hook has answered",
        REQUESTS,
        (
            at(
                "_pure/cycle.py",
                "result = self.dispatch_request() if result is None else result",
                "result = self.dispatch_request() or result",
            ),
            at(
                "_cython/stages.pxi",
                "        if rv is not None:\n            return rv\n",
                "        if rv is not None:\n            pass\n",
            ),
        ),
    ),
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
                "_pure/cycle.py",
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
                "_pure/cycle.py",
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
            at("_pure/cycle.py", "rv.headers.update(headers)", "rv.headers.extend(headers)"),
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
                '_is_text(environ["REQUEST_METHOD"], "HEAD")',
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

DEFECTS = [defect._replace(security=True) for defect in SECURITY] + OTHERS
