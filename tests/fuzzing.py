"""How many random inputs the differential tests take, and how to have one of them again.

In the environment, ``FUZZ_CASES`` says how many there are. ``FUZZ_MATCHER``, ``FUZZ_URLS``,
``FUZZ_LOCAL``, ``FUZZ_READING`` and ``FUZZ_CYCLE`` do so for one part, and 0 leaves it out.

Matcher and URLs: a test that fails shows a seed, and with ``FUZZ_SEED`` set to it that input is all
there is. Local: what is shown is the whole chain, and a line that makes hypothesis run it again.
Reading and cycle: always the same requests; others with another ``FUZZ_SEED``.
"""

from __future__ import annotations

import os
import typing as t

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

SEED = os.environ.get("FUZZ_SEED")


def amount(part: str, default: int) -> int:
    """How many cases a part has; so many in the suite."""
    given = os.environ.get(f"FUZZ_{part.upper()}") or os.environ.get("FUZZ_CASES")
    return int(given) if given else default


def unless_left_out(part: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(amount(part, 1) == 0, reason=f"no cases asked for: {part}")


def by_seed(part: str, batch: int, default: int = 500) -> t.Callable[[t.Any], t.Any]:
    """A test that makes ``batch`` cases from a ``seed``, run for many of them.

    A number for each example is quicker than letting hypothesis draw each choice, and as
    repeatable. Those of the suite are the same each time.
    """
    cases = amount(part, default)
    chosen = settings(
        max_examples=max(1, cases // batch),
        deadline=None,
        database=None,
        derandomize=cases <= 5000,
        # A smaller seed is no simpler.
        phases=[Phase.explicit] if SEED else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    def decorate(test: t.Any) -> t.Any:
        test = chosen(given(seed=st.integers(0, 2**63))(test))
        return unless_left_out(part)(example(seed=int(SEED))(test) if SEED else test)

    return decorate
