"""Where fastflask may answer otherwise than Flask, each with the reason.

A deviation is a function of the request and of the two outcomes. It makes them equal where they
differ for its reason alone, so that all else is still compared.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable

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


DEVIATIONS: list[Deviation] = [serializer_is_not_probed]


def settle(app: str, case: Case, expected: Outcome, actual: Outcome) -> None:
    """Take out of two outcomes what is known to differ."""
    for deviation in DEVIATIONS:
        deviation(app, case, expected, actual)
