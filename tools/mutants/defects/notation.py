"""How a defect is written down, and the names of tests that stand for several lines."""

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
TEMPLATES = compat("templating", "template_streams", "template_loading")
SETTING_UP = compat("app_setup", "app_rules")
