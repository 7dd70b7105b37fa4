"""The way to the view: stages, contexts, matching and hooks."""

from __future__ import annotations

from .notation import REQUESTS, Defect, at, cycle

DEFECTS = [
    Defect(
        "G-02",
        "a stage set on the application is not called",
        "tests/test_cycle_overrides.py -k stage_overridden",
        (
            at(
                "_pure/stages.py",
                "result = self.preprocess_request()",
                "result = Stages.preprocess_request(self)",
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
                "_pure/stages.py",
                "view = self.view_functions[rule.endpoint]",
                "kept = self.__dict__.setdefault('_kept', dict(self.view_functions))\n"
                "        view = kept[rule.endpoint]",
            ),
            at(
                "_cython/stages.pxi",
                "app.view_functions if _fields_are_own(app) else (<object>app).view_functions",
                "_vars(app).setdefault('_kept', dict(app.view_functions))",
            ),
        ),
    ),
    Defect(
        "G-06",
        "hooks that are put into a registry later are not run",
        "tests/test_cycle_changes.py -k 'hook or registry'",
        (
            at(
                "_pure/stages.py",
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
                "_pure/stages.py",
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
]
