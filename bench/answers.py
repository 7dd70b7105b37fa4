"""Before anything is timed: whether all contenders answer the same."""

from __future__ import annotations

import typing as t

from .contenders import CONTENDERS
from .operations import Operation
from .processes import Failed, Process, Skipped, ask_all
from .workloads import WORKLOADS


class Differ(Exception):
    """Contenders do not answer alike, so that to compare them would mean nothing."""


def check_answers(
    operations: t.Iterable[Operation],
    processes: t.Mapping[str, Process],
    show: t.Callable[[str], None],
) -> None:
    """Compare the answers to every request of every workload that is to be measured.

    Those of Flask and fastflask have to be equal in all that a server sees; those of other
    frameworks in what they mean.
    """
    if "flask" not in processes:
        return
    for workload in {operation.name.removeprefix("cycle/") for operation in operations}:
        if workload in WORKLOADS:
            show(f"comparing answers: {workload}")
            _check(workload, processes)


def _check(workload: str, processes: t.Mapping[str, Process]) -> None:
    # Dates and signatures change with the second, so Flask is asked before and after.
    after = processes["flask"].ask("answers", workload=workload)
    for _ in range(5):
        before = after
        found = ask_all(processes.values(), "answers", workload=workload)
        after = processes["flask"].ask("answers", workload=workload)
        if before == after:
            break
    for tag, answers in found.items():
        if isinstance(answers, Skipped):
            continue
        if isinstance(answers, Failed):
            raise answers
        kind = "whole" if CONTENDERS[tag].is_flask else "meaning"
        if answers[kind] != before[kind]:
            raise Differ(_difference(processes[tag], workload, answers[kind], before[kind]))


def _difference(process: Process, workload: str, found: list[str], expected: list[str]) -> str:
    for ours, theirs in zip(found, expected, strict=False):
        if ours != theirs:
            return (
                f"{workload}: {process.side.title} answers\n  {ours}\n"
                f"where Flask answers\n  {theirs}"
            )
    return f"{workload}: {process.side.title} answers another number of requests"
