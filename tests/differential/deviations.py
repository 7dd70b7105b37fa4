"""Where fastflask may answer otherwise than Flask, each with the reason.

A deviation is a function of the request and of the two outcomes. It makes them equal where they
differ for its reason alone, so that all else is still compared.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable

from .environs import DEEP_JSON
from .harness import Case

Outcome = dict[str, t.Any]
Deviation = Callable[[str, Case, Outcome, Outcome], None]


def serializer_is_not_probed(app: str, case: Case, expected: Outcome, actual: Outcome) -> None:
    """ItsDangerous tries out a new serializer by having it write an empty object.

    Flask makes a serializer with every request, and so asks the provider of JSON once more.
    Here serializers are kept by their keys, and only made when a session is read or written.
    """
    if app == "json":
        probe = ("dumps", ("separators",))
        for outcome in (expected, actual):
            outcome["events"] = [event for event in outcome["events"] if event != probe]


def query_that_is_not_utf_8(app: str, case: Case, expected: Outcome, actual: Outcome) -> None:
    """Flask fails where a view looks at such a query. Here that is the client's error, a 400."""
    query = case.environ.get("QUERY_STRING", "")
    try:
        query.encode("latin-1").decode()
    except UnicodeDecodeError:
        # The 400 takes other ways through the handlers than the failure.
        if "UnicodeDecodeError" in repr(expected) and "BadRequest" in _told(actual):
            _accept(expected, actual)
    except UnicodeEncodeError:
        pass


def json_that_is_nested_too_deeply(
    app: str, case: Case, expected: Outcome, actual: Outcome
) -> None:
    """The decoder runs out of stack. Flask fails then; here it is like JSON that is broken."""
    if case.body.startswith(DEEP_JSON) and "RecursionError" in repr(expected):
        assert "RecursionError" not in repr(actual)
        _accept(expected, actual)


def line_break_in_the_head(app: str, case: Case, expected: Outcome, actual: Outcome) -> None:
    """Flask sends CR, LF and NUL in a status or in the name of a header; here they are refused."""
    for status, headers, _ in expected["starts"]:
        if BREAKS.intersection(status.join(name for name, _ in headers) + status):
            assert "must not contain newline or null characters" in repr(actual)
            _accept(expected, actual)


def _accept(expected: Outcome, actual: Outcome) -> None:
    expected.clear()
    expected.update(actual)


def _told(outcome: Outcome) -> str:
    """Return an outcome as text, with the status of the answer as the name of its error."""
    return repr(outcome).replace("400 BAD REQUEST", "BadRequest")


BREAKS = frozenset("\r\n\0")

DEVIATIONS: list[Deviation] = [
    serializer_is_not_probed,
    query_that_is_not_utf_8,
    json_that_is_nested_too_deeply,
    line_break_in_the_head,
]


def settle(app: str, case: Case, expected: Outcome, actual: Outcome) -> None:
    """Take out of two outcomes what is known to differ."""
    for deviation in DEVIATIONS:
        deviation(app, case, expected, actual)
