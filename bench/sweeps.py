"""In which order batches are run: sweep after sweep over all operations measured together.

What disturbs a machine comes in bursts of milliseconds to seconds, and an operation whose batches
all fall into one gives no true cost. So its batches are spread over the whole run: a visit is
short, and comes again in each sweep. Once the cheapest batches of all contenders agree, an
operation is visited only now and then, which leaves the time to those that have had no luck yet.
"""

from __future__ import annotations

import itertools
import time
import typing as t

from .operations import Operation
from .processes import Failed, Process, Skipped, ask_all
from .results import Measured, Results

#: Visits, and seconds from the first to the last, before an operation may count as settled.
ENOUGH, SPREAD = 20, 3.0
#: Sweeps that take place in any case.
LEAST = 3
#: How often what is settled is visited: in one sweep of so many.
SELDOM = 4

Show = t.Callable[[str], None]


def share_sweeps(operations: t.Iterable[Operation]) -> list[list[Operation]]:
    """Return which operations are measured together: first those of a quick run, perhaps none.

    Others take memory or time, and are measured one by one.
    """
    together = [operation for operation in operations if operation.is_quick]
    return [together, *([operation] for operation in operations if not operation.is_quick)]


class Visited:
    """An operation that its contenders have made ready."""

    def __init__(self, operation: Operation, ready: t.Sequence[Process]) -> None:
        self.operation = operation
        self.ready = [*ready]
        self.measured = Measured()
        self._visits = 0
        self._begun = 0.0

    def visit(self, results: Results) -> None:
        """Have each contender run a batch. Each is first at times; none always follows another."""
        if not self._visits:
            self._begun = time.monotonic()
            self.measured = results.operations.setdefault(self.operation.name, self.measured)
            self.measured.begin(process.side.tag for process in self.ready)
        first = self._visits % len(self.ready)
        order = self.ready[first:] + self.ready[:first]
        for process in order if self._visits % 2 else reversed(order):
            sample = process.ask("batch", operation=self.operation.name)
            self.measured.add(process.side.tag, sample)
        self._visits += 1

    def is_settled(self) -> bool:
        spread = time.monotonic() - self._begun
        return self._visits >= ENOUGH and spread >= SPREAD and self.measured.is_settled()


def prepare(
    operations: t.Iterable[Operation],
    processes: t.Mapping[str, Process],
    results: Results,
    show: Show,
) -> list[Visited]:
    """Have all contenders make operations ready, and note down who cannot."""
    visited = []
    for operation in operations:
        show(f"preparing {operation.name}")
        ready = []
        for tag, answer in ask_all(processes.values(), "prepare", operation=operation.name).items():
            if isinstance(answer, Skipped):
                results.skipped.setdefault(operation.name, {})[tag] = str(answer)
            elif isinstance(answer, Failed):
                results.failed.setdefault(operation.name, {})[tag] = str(answer)
            else:
                ready.append(processes[tag])
        if ready:
            visited.append(Visited(operation, ready))
    return visited


def sweep(
    visited: t.Sequence[Visited], results: Results, end: float, show: Show
) -> t.Iterator[None]:
    """Visit operations until all are settled or the time is up. Yield after each sweep.

    The least sweeps take place in any case. What is heavy is visited once.

    :param end: when the time is up, by :func:`time.monotonic`.
    """
    for number in itertools.count():
        restless = [each for each in visited if not each.is_settled()]
        if not restless:
            return
        for each in restless if number % SELDOM else visited:
            if number >= LEAST and time.monotonic() > end:
                return
            show(f"{len(visited) - len(restless)}/{len(visited)} settled  {each.operation.name}")
            each.visit(results)
        yield
        if all(each.operation.is_heavy for each in visited):
            return
