"""One contender in a process of its own, which times batches when it is asked to.

Commands come as lines of JSON on standard input, and each is answered by one line. While one
worker runs a batch, the others wait, so they do not disturb it.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import time
import traceback
import typing as t
import warnings

import pytest

from .contenders import CONTENDERS, Contender
from .guards import Unfit
from .operations import Bytes, Operation, collect
from .workloads import WORKLOADS

#: How long an operation runs before it counts, in nanoseconds.
WARM_UP = 25_000_000


def cpu_time() -> int:
    """Return the nanoseconds that this process and its finished children have computed.

    Unlike time on the clock, this leaves out what others did on the machine meanwhile.
    """
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time_ns() + int((children.ru_utime + children.ru_stime) * 1e9)


class Worker:
    """Answers the commands. Each method is one."""

    def __init__(self, side: Contender) -> None:
        self.side = side
        self.operations: dict[str, Operation] = collect()
        self.call: t.Callable[[], t.Any] = int
        self.each = 1
        self.count = 1

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

    def prepare(self, operation: str, batch: float) -> dict[str, t.Any]:
        """Set an operation up, warm it up, and find out how often a batch has to run it.

        :param batch: seconds that a batch should take.
        """
        wanted = self.operations[operation]
        self.call = int
        self.side.leave()
        # What is left of the operation before neither takes memory nor the collector's time.
        gc.unfreeze()
        gc.collect()
        self.call, self.each = wanted.prepare(self.side)
        self.count = 1
        if not wanted.is_heavy:
            self._warm_up(batch)
        gc.collect()
        gc.freeze()
        return {"count": self.count}

    def _warm_up(self, batch: float) -> None:
        """Run the operation for a while, and choose the number of calls of a batch."""
        call, count = self.call, 1
        # The first calls set up what is kept, and do not tell what later ones cost.
        start = cpu_time()
        call()
        if cpu_time() - start > 4 * WARM_UP:
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
        self.count = max(1, round(batch * 1e9 / cost))

    def batch(self) -> dict[str, t.Any]:
        """Run the operation and return the nanoseconds, or bytes, that one takes."""
        call, count = self.call, self.count
        if count == 1:
            wall, cpu = time.perf_counter_ns(), cpu_time()
            result = call()
            cpu, wall = cpu_time() - cpu, time.perf_counter_ns() - wall
            if isinstance(result, Bytes):
                return {"bytes": result}
        else:
            # What ran meanwhile has left the caches cold.
            for _ in range(count // 8):
                call()
            turns = range(count)
            wall, cpu = time.perf_counter_ns(), cpu_time()
            for _ in turns:
                call()
            cpu, wall = cpu_time() - cpu, time.perf_counter_ns() - wall
        done = count * self.each
        return {"cpu": cpu / done, "wall": wall / done}


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
    # What applications print must not come between the answers.
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    worker = Worker(CONTENDERS[sys.argv[1]])
    for line in sys.stdin:
        out.write(json.dumps(answer(worker, json.loads(line))) + "\n")


if __name__ == "__main__":
    main()
