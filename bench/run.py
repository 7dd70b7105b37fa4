"""Measure all contenders side by side: ``python -m bench.run --help``.

Each contender is a process of its own, where it makes all operations ready. Then they run one short
batch after the other, operation by operation, in sweep after sweep.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
import typing as t
from fnmatch import fnmatch

from .answers import Differ, check_answers
from .contenders import CONTENDERS
from .operations import Operation, collect
from .processes import Failed, Process, Skipped, ask_all, describe, present
from .results import LATEST, Measured, Results, show
from .sweeps import prepare, share_sweeps, sweep

#: Passes, each with fresh processes. What is not in a quick run is measured in the last one only.
FULL, QUICK = 3, 1
#: Minutes for a whole run. On a quiet machine most of them are left over. What is slow may take a
#: few more.
FULL_TIME, QUICK_TIME = 16.0, 1.7
#: Seconds after which the results so far are saved again.
SAVE_EVERY = 10.0


class Progress:
    """One line that tells how far the run is, and lines for what is done."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.start = time.monotonic()
        self.is_terminal = sys.stderr.isatty()

    @property
    def passed(self) -> float:
        return time.monotonic() - self.start

    @property
    def left(self) -> float:
        return self.seconds - self.passed

    def show(self, doing: str) -> None:
        if not self.is_terminal:
            return
        width = 24
        filled = min(width, int(width * self.passed / self.seconds))
        bar = "█" * filled + "░" * (width - filled)
        left = max(0, round(self.left))
        sys.stderr.write(f"\r\x1b[K{bar} {left // 60}:{left % 60:02} left at most  {doing}")
        sys.stderr.flush()

    def say(self, line: str) -> None:
        sys.stderr.write(f"\r\x1b[K{line}\n" if self.is_terminal else f"{line}\n")
        sys.stderr.flush()


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
    check: bool = True,
    save: bool = False,
) -> Results:
    """Measure operations and return the results.

    :param operations: what to measure.
    :param tags: who takes part, if present.
    :param passes: how often to begin anew, with fresh processes.
    :param minutes: how long all of it may take; the least sweeps are run in any case.
    :param check: whether to compare answers before.
    :param save: whether to save the results, as they grow and at the end.
    """
    sides, missing = present(tags)
    options = {"passes": passes, "minutes": minutes}
    results = Results(describe(sides), options, missing, is_complete=False)
    progress = Progress(minutes * 60)
    together, *alone = share_sweeps(operations)
    ahead, due = passes * len(together) + len(alone), 0.0
    for turn in range(passes):
        processes: dict[str, Process] = {}
        try:
            progress.show("starting")
            processes |= {side.tag: Process(side) for side in sides}
            for tag, answer in ask_all(processes.values(), "info").items():
                if isinstance(answer, Failed):
                    raise answer
                if isinstance(answer, Skipped):
                    missing[tag] = str(answer)
                    processes.pop(tag).close()
            if turn == 0:
                for tag, why in missing.items():
                    progress.say(f"{CONTENDERS[tag].title} is left out: {why}")
                if check:
                    check_answers(operations, processes, progress.show)
            is_last = turn == passes - 1
            for swept in [together, *alone] if is_last else [together]:
                end = time.monotonic() + progress.left * len(swept) / ahead
                ahead -= len(swept)
                visited = prepare(swept, processes, results, progress.show)
                for _ in sweep(visited, results, end, progress.show):
                    if save and time.monotonic() > due:
                        results.save()
                        due = time.monotonic() + SAVE_EVERY
                ask_all(processes.values(), "forget")
                for each in visited if is_last else ():
                    progress.say(summary(each.operation.name, each.measured))
            results.is_complete = is_last
        finally:
            found = results.operations
            results.operations = {
                operation.name: found[operation.name]
                for operation in operations
                if operation.name in found
            }
            if save and found:
                results.save()
            for process in processes.values():
                process.close()
    progress.show("done")
    progress.say(f"{progress.passed:.0f} s")
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
    parser.add_argument("--no-check", action="store_true", help="do not compare answers before")
    parser.add_argument("--list", action="store_true", help="list the operations")
    options = parser.parse_args()

    operations = select(options.patterns, options.quick)
    if options.list:
        print("\n".join(operation.name for operation in operations))
        return 0

    if not operations:
        parser.error(f"no operation is named {' or '.join(options.patterns)}: --list shows them")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        results = run(
            operations,
            options.only.split(",") if options.only else CONTENDERS,
            passes=options.passes or (QUICK if options.quick else FULL),
            minutes=options.minutes or (QUICK_TIME if options.quick else FULL_TIME),
            check=not options.no_check,
            save=True,
        )
    except (Failed, Differ) as error:
        print(f"\nbench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbench: ended before all was measured", file=sys.stderr)
        return 130
    print(f"saved in {LATEST}", file=sys.stderr)
    for name, failures in results.failed.items():
        for why in failures.values():
            print(f"bench: {name} failed: {why}", file=sys.stderr)
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
