"""Measure all contenders side by side: ``python -m bench.run --help``.

Each contender is a process of its own. For each operation all of them make ready, then they run
one short batch after the other, round by round, in an order that changes from round to round.
"""

from __future__ import annotations

import argparse
import sys
import time
import typing as t
from fnmatch import fnmatch

from .contenders import CONTENDERS
from .operations import Operation, collect
from .processes import Failed, Process, Skipped, describe, present
from .results import LATEST, Measured, Results, show
from .workloads import WORKLOADS

#: Seconds of a batch: long beside the clock and a change of process, and short enough that many
#: batches pass between two disturbances.
BATCH = 0.003
#: Passes over all operations, each with fresh processes.
FULL, QUICK = 3, 1
#: Rounds of each operation in a pass. After the least it ends as soon as the cheapest batches
#: agree. Where other programs are busy this takes more of them, as long as there is time.
ROUNDS = (15, 200)
#: The same where a single call is longer than a batch.
SLOW_ROUNDS = (3, 40)
#: Minutes for a whole run. Most of them are left over on a quiet machine.
FULL_TIME, QUICK_TIME = 20.0, 1.7


class Differ(Exception):
    """Contenders do not answer alike, so that to compare them would mean nothing."""


class Progress:
    """One line that tells how far the run is, and a line for each operation that is done."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.start = time.monotonic()
        self.is_terminal = sys.stderr.isatty()

    def share(self, seconds: float) -> float:
        """Return what is left of a time for each step that is left."""
        return (self.start + seconds - time.monotonic()) / max(1, self.total - self.done)

    def show(self, name: str) -> None:
        if not self.is_terminal:
            return
        width = 24
        filled = width * self.done // max(self.total, 1)
        passed = time.monotonic() - self.start
        left = passed / self.done * (self.total - self.done) if self.done else 0
        bar = "█" * filled + "░" * (width - filled)
        line = f"{bar} {self.done}/{self.total}  {left // 60:.0f}:{left % 60:02.0f} left  {name}"
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()

    def finish(self, line: str | None = None) -> None:
        self.done += 1
        if line is not None:
            self.say(line)

    def say(self, line: str) -> None:
        sys.stderr.write(f"\r\x1b[K{line}\n" if self.is_terminal else f"{line}\n")
        sys.stderr.flush()


def check_answers(
    operations: t.Iterable[Operation], processes: dict[str, Process], progress: Progress
) -> None:
    """Compare the answers to every request of every workload that is to be measured.

    Those of Flask and fastflask have to be equal in all that a server sees; those of other
    frameworks in what they mean.
    """
    flask = processes.get("flask")
    if flask is None:
        return
    for workload in {operation.name.removeprefix("cycle/") for operation in operations}:
        if workload not in WORKLOADS:
            continue
        progress.show(f"comparing answers: {workload}")
        meaning = flask.ask("answers", workload=workload)["meaning"]
        for tag, process in processes.items():
            try:
                if CONTENDERS[tag].is_flask:
                    _compare(flask, process, workload)
                elif (found := process.ask("answers", workload=workload)["meaning"]) != meaning:
                    raise Differ(_difference(process, workload, found, meaning))
            except Skipped:
                continue


def _compare(flask: Process, process: Process, workload: str) -> None:
    # Dates and signatures change with the second, so Flask is asked before and after.
    for _ in range(5):
        before = flask.ask("answers", workload=workload)["whole"]
        found = process.ask("answers", workload=workload)["whole"]
        if before == flask.ask("answers", workload=workload)["whole"]:
            break
    if found != before:
        raise Differ(_difference(process, workload, found, before))


def _difference(process: Process, workload: str, found: list[str], expected: list[str]) -> str:
    for ours, theirs in zip(found, expected, strict=False):
        if ours != theirs:
            return (
                f"{workload}: {process.side.title} answers\n  {ours}\n"
                f"where Flask answers\n  {theirs}"
            )
    return f"{workload}: {process.side.title} answers another number of requests"


def measure(
    operation: Operation,
    processes: dict[str, Process],
    results: Results,
    batch: float,
    turn: int,
    seconds: float,
) -> None:
    """Run the rounds of one operation, for so many seconds if need be."""
    deadline = time.monotonic() + seconds
    measured = results.operations.setdefault(operation.name, Measured())
    ready, slow = [], False
    for tag, process in processes.items():
        try:
            count = process.ask("prepare", operation=operation.name, batch=batch)["count"]
        except Skipped as reason:
            results.skipped.setdefault(operation.name, {})[tag] = str(reason)
        except Failed as error:
            results.failed.setdefault(operation.name, {})[tag] = str(error)
        else:
            ready.append(process)
            slow = slow or count == 1
    if not ready:
        return

    measured.begin(process.side.tag for process in ready)
    # Each starts once in a while; none always runs after the same other one.
    least, most = SLOW_ROUNDS if slow else ROUNDS
    for number in range(1 if operation.is_heavy else most):
        if number >= least and (measured.is_settled() or time.monotonic() > deadline):
            break
        first = (number + turn) % len(ready)
        order = ready[first:] + ready[:first]
        for process in order if number % 2 else reversed(order):
            measured.add(process.side.tag, process.ask("batch"))


def summary(name: str, measured: Measured) -> str:
    """Return one line on an operation: costs, and ratios to Flask."""
    parts = []
    for tag in CONTENDERS:
        if tag not in measured.samples:
            continue
        ratio = measured.ratio(tag, "flask")
        times = f" ({ratio:.3g}×)" if ratio is not None and tag != "flask" else ""
        parts.append(f"{tag} {show(measured, tag)}{times}")
    return f"{name:32} {'  '.join(parts)}"


def run(
    operations: t.Sequence[Operation],
    tags: t.Iterable[str],
    *,
    passes: int,
    minutes: float,
    batch: float = BATCH,
    check: bool = True,
) -> Results:
    """Measure operations and return the results.

    :param operations: what to measure.
    :param tags: who takes part, if present.
    :param passes: how often to begin anew, with fresh processes.
    :param minutes: how long all of it may take; the least rounds are run in any case.
    :param batch: seconds of a batch.
    :param check: whether to compare answers before.
    """
    sides, missing = present(tags)
    options = {"passes": passes, "minutes": minutes, "batch": batch}
    results = Results(describe(sides), options, missing)
    progress = Progress(passes * len(operations))
    for turn in range(passes):
        processes: dict[str, Process] = {}
        try:
            for side in sides:
                progress.show(f"starting {side.title}")
                try:
                    processes[side.tag] = Process(side)
                except Skipped as reason:
                    missing[side.tag] = str(reason)
            if turn == 0:
                for tag, why in missing.items():
                    progress.say(f"{CONTENDERS[tag].title} is left out: {why}")
            if check and turn == 0:
                check_answers(operations, processes, progress)
            for operation in operations:
                progress.show(operation.name)
                seconds = progress.share(minutes * 60)
                measure(operation, processes, results, batch, turn, seconds)
                measured = results.operations[operation.name]
                last = turn == passes - 1 and measured.samples
                progress.finish(summary(operation.name, measured) if last else None)
        finally:
            for process in processes.values():
                process.close()
    progress.show("done")
    progress.say(f"{time.monotonic() - progress.start:.0f} s")
    return results


def select(patterns: t.Sequence[str], quick: bool) -> list[Operation]:
    """Return the operations that are wanted, such as ``cycle/*``."""
    found = [
        operation
        for operation in collect().values()
        if not patterns
        or any(
            operation.name.startswith(pattern) or fnmatch(operation.name, pattern)
            for pattern in patterns
        )
    ]
    return [operation for operation in found if operation.is_quick] if quick else found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("patterns", nargs="*", help="operations, such as cycle/hello or 'local/*'")
    parser.add_argument("--quick", action="store_true", help="leave out slow ones, only one pass")
    parser.add_argument("--only", help="contenders, separated by commas")
    parser.add_argument("--passes", type=int, help="passes with fresh processes")
    parser.add_argument("--minutes", type=float, help="how long it may take on a busy machine")
    parser.add_argument("--batch", type=float, default=BATCH, help="seconds of a batch")
    parser.add_argument("--no-check", action="store_true", help="do not compare answers before")
    parser.add_argument("--list", action="store_true", help="list the operations")
    options = parser.parse_args()

    operations = select(options.patterns, options.quick)
    if options.list:
        print("\n".join(operation.name for operation in operations))
        return 0

    try:
        results = run(
            operations,
            options.only.split(",") if options.only else CONTENDERS,
            passes=options.passes or (QUICK if options.quick else FULL),
            minutes=options.minutes or (QUICK_TIME if options.quick else FULL_TIME),
            batch=options.batch,
            check=not options.no_check,
        )
    except (Failed, Differ) as error:
        print(f"\nbench: {error}", file=sys.stderr)
        return 1
    results.save()
    print(f"saved in {LATEST}", file=sys.stderr)
    for name, failures in results.failed.items():
        for why in failures.values():
            print(f"bench: {name} failed: {why}", file=sys.stderr)
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
