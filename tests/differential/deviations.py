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


def failed_push_leaves_nothing(app: str, case: Case, expected: Outcome, actual: Outcome) -> None:
    """Flask keeps the application context if a receiver of its being pushed fails.

    It is current from then on, and each later request of the thread shares its ``g``. Here the
    end of the request takes it back.
    """
    if "signal appcontext_pushed" in case.plan and "left" in expected:
        request, _, *more = expected["left"]
        expected["left"] = (request, True, *more)


def exit_before_the_pop_leaves_nothing(
    app: str, case: Case, expected: Outcome, actual: Outcome
) -> None:
    """Pure mode: what ends the process takes the contexts along, wherever in a pop it comes.

    Flask leaves them where an override of ``should_ignore_error`` raises, and so does the compiled
    module, in whose pops no interrupt comes.
    """
    if "own should_ignore_error" in case.plan and actual.get("left", ())[:2] == (True, True):
        expected["left"] = actual["left"]


def no_memory_for_a_decision(app: str, case: Case, expected: Outcome, actual: Outcome) -> None:
    """Where ``should_ignore_error`` finds no memory, the contexts are popped all the same."""
    if case.plan.get("own should_ignore_error") == "memory":
        before = expected["events"]
        pop = actual["events"][len(before) :]
        if pop and actual["events"][: len(before)] == before:
            assert all("teardown" in event[0] for event in pop), pop
            assert actual["left"][:2] == (True, True)
            _accept(expected, actual)


def no_memory_for_the_push(app: str, case: Case, expected: Outcome, actual: Outcome) -> None:
    """The server gets the ``MemoryError`` of a push, not what the pop that follows says to it."""
    ours, theirs = actual.get("escaped", ("",)), expected.get("escaped", ("",))
    if "memory" in case.plan.values() and ours[0] == "MemoryError" and theirs[0] == "LookupError":
        expected["escaped"] = ours


DEVIATIONS: list[Deviation] = [
    serializer_is_not_probed,
    query_that_is_not_utf_8,
    json_that_is_nested_too_deeply,
    line_break_in_the_head,
    failed_push_leaves_nothing,
    exit_before_the_pop_leaves_nothing,
    no_memory_for_a_decision,
    no_memory_for_the_push,
]


def settle(app: str, case: Case, expected: Outcome, actual: Outcome) -> None:
    """Take out of two outcomes what is known to differ."""
    for deviation in DEVIATIONS:
        deviation(app, case, expected, actual)
