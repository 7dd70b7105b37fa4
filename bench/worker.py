"""One contender in a process of its own, which times batches when it is asked to.

Commands come as lines of JSON on standard input, and each is answered by one line. While one
worker runs a batch, the others wait, so they do not disturb it.
"""

from __future__ import annotations

import gc
import json
import math
import os
import resource
import signal
import sys
import time
import traceback
import typing as t
import warnings
from contextlib import ExitStack, contextmanager
from contextvars import Context
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from .contenders import CONTENDERS, Contender
from .guards import Unfit
from .operations import Bytes, Operation, collect
from .workloads import WORKLOADS

#: How long an operation runs before it counts, in nanoseconds.
WARM_UP = 10_000_000
#: How long a batch takes, and a part of it. Parts are long beside the clock, and short beside the
#: pauses that other programs make.
BATCH, PART = 3_000_000, 750_000


def cpu_time() -> int:
    """Return the nanoseconds that this process and its finished children have computed.

    Unlike time on the clock, this leaves out what others did on the machine meanwhile.
    """
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time_ns() + int((children.ru_utime + children.ru_stime) * 1e9)


@contextmanager
def on_one_core() -> t.Iterator[None]:
    """Keep this thread and those that it starts on the core that it is on, if the system can.

    Where threads take turns, as in async views of Flask, each turn costs more or less as the system
    spreads them.
    """
    if sys.platform != "linux":
        yield
        return
    # The 39th field; the second is a name in parentheses.
    fields = Path("/proc/thread-self/stat").read_text().rpartition(")")[2].split()
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {int(fields[36])})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


@dataclass
class Prepared:
    """An operation that can be timed at any moment, whatever was timed before it."""

    call: t.Callable[[], t.Any]
    #: Operations that one call does.
    each: int
    #: Calls of a part of a batch.
    count: int = 1
    #: What it has set or pushed is current in here, and nowhere else.
    context: Context = field(default_factory=Context)
    entered: ExitStack = field(default_factory=ExitStack)

    def warm_up(self) -> None:
        """Run the operation for a while, and choose the number of calls of a part."""
        call, count = self.call, 1
        # The first calls set up what is kept, and do not tell what later ones cost.
        start = cpu_time()
        call()
        if cpu_time() - start > 10 * WARM_UP:
            return
        call()
        end = cpu_time() + WARM_UP
        while True:
            start = cpu_time()
            for _ in range(count):
                call()
            now = cpu_time()
            if now > end or now - start > WARM_UP // 3:
                break
            count *= 2
        cost = max(1, now - start) / count
        self.count = max(1, round(PART / cost))

    def run(self) -> dict[str, t.Any]:
        """Run a batch and return the nanoseconds, or bytes, that one operation takes.

        The first part of a batch finds the caches cold, and others meet other programs. So the
        cheapest part is taken.
        """
        call, turns = self.call, range(self.count)
        cheapest, spent = (math.inf, math.inf), 0
        while spent < BATCH:
            wall, cpu = time.perf_counter_ns(), cpu_time()
            for _ in turns:
                result = call()
            cpu, wall = cpu_time() - cpu, time.perf_counter_ns() - wall
            if isinstance(result, Bytes):
                return {"bytes": result}
            cheapest = min(cheapest, (cpu, wall))
            spent += cpu
        done = self.count * self.each
        return {"cpu": round(cheapest[0] / done, 3), "wall": round(cheapest[1] / done, 3)}


class Worker:
    """Answers the commands. Each method is one."""

    def __init__(self, side: Contender) -> None:
        self.side = side
        self.operations: dict[str, Operation] = collect()
        self.prepared: dict[str, Prepared] = {}

    def info(self) -> dict[str, t.Any]:
        """Say who this is, once it is sure that it is."""
        self.side.check()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.side.load()
        except ImportError as error:
            if self.side.is_flask:
                raise
            pytest.skip(f"it does not load: {error}")
        return {"title": self.side.title, "version": self.side.version}

    def answers(self, workload: str) -> dict[str, t.Any]:
        """Return all responses of a workload, and what they mean in any framework."""
        asked = WORKLOADS[workload]
        found = asked.answers(self.side.application(asked))
        return {
            "whole": [repr(answer) for answer in found],
            "meaning": [repr(asked.meaning(answer)) for answer in found],
        }

    def prepare(self, operation: str) -> dict[str, t.Any]:
        """Set an operation up, warm it up, and find out how often a batch has to run it."""
        wanted, context = self.operations[operation], Context()
        try:
            call, each = context.run(wanted.prepare, self.side)
        finally:
            entered = self.side.entered.pop_all()
        prepared = Prepared(call, each, 1, context, entered)
        self.prepared[operation] = prepared
        if not wanted.is_heavy:
            context.run(prepared.warm_up)
        # What is kept for this operation takes none of the collector's time in others.
        gc.collect()
        gc.freeze()
        return {}

    def batch(self, operation: str) -> dict[str, t.Any]:
        """Run a batch of an operation, and return what one takes."""
        prepared = self.prepared[operation]
        with on_one_core():
            return prepared.context.run(prepared.run)

    def forget(self) -> dict[str, t.Any]:
        """Give up all operations that are prepared, and the memory that they take."""
        while self.prepared:
            _, prepared = self.prepared.popitem()
            prepared.context.run(prepared.entered.close)
        gc.unfreeze()
        gc.collect()
        return {}


def answer(worker: Worker, command: dict[str, t.Any]) -> dict[str, t.Any]:
    """Run a command and return what came of it."""
    name = command.pop("do")
    try:
        return t.cast("dict[str, t.Any]", getattr(worker, name)(**command))
    except pytest.skip.Exception as reason:
        return {"skip": str(reason)}
    except Unfit as error:
        return {"error": f"not fit to be measured: {error}"}
    except Exception as error:
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}"}


def main() -> None:
    # The runner, which an interrupt reaches too, ends this process once it has saved its results.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What applications print must not come between the answers.
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    worker = Worker(CONTENDERS[sys.argv[1]])
    for line in sys.stdin:
        out.write(json.dumps(answer(worker, json.loads(line))) + "\n")


if __name__ == "__main__":
    main()
