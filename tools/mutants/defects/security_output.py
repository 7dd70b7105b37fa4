"""What may not leave the server: broken headers, markup, other hosts, files, the debugger."""

from __future__ import annotations

from .notation import FILES, OUTPUT, REDIRECTS, SETTING_UP, TEMPLATES, Defect, at

DEFECTS = [
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
        TEMPLATES,
        (at("sansio/_templates.py", '".xhtml", ".svg"', '".xhtml"'),),
    ),
    Defect(
        "Q-01",
        "the debugger runs without debug mode",
        SETTING_UP,
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
]
