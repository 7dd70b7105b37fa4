"""What is left of many requests, and of interrupted ones; at a small size."""

from __future__ import annotations

import typing as t

from processes import run_module

from reliability import soak
from reliability.service import KINDS


def test_requests_leave_nothing_behind() -> None:
    assert run_module("reliability.soak", "--requests", "1500").count("requests") == len(KINDS)


def test_interrupted_request_does_not_disturb_the_next() -> None:
    assert "1,000 interrupts" in run_module("reliability.interrupts", "--count", "1000")


def test_something_that_stays_is_noticed() -> None:
    # Much of it, and written to: what other tests have freed is used again.
    kept: list[t.Any] = []
    run = soak.Run("fastflask", "hello")
    run.app.after_request_funcs[None] = [
        lambda response: kept.append((run.app, b"." * 100_000)) or response
    ]
    wrong = "\n".join(run.measure(500, 60))
    if soak.MEMORY_IS_OURS:
        assert "memory grew" in wrong
        assert "blocks" in wrong
    assert "'app': 500" in wrong
