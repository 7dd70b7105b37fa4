"""Units of work in many threads, greenlets and tasks at once, and a watcher who asks about them.

Each unit, see ``crosstalk_units.py``, checks at its every suspension that it sees nobody's values
but its own. Meanwhile the watcher asks from a thread of its own who serves what, and compares
that with the units that are under way.

``make crosstalk`` runs this file at full size; ``test_crosstalk.py`` runs it at a small one.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import threading
import time
import typing as t
from _thread import start_new_thread
from itertools import count, product
from queue import SimpleQueue

from crosstalk_units import APPS, Flight, Tally, Unit

from fastflask import active_requests
from fastflask._impl import app_ctx_stack, implementation, request_ctx_stack

try:
    from greenlet import getcurrent, greenlet
except ImportError:
    greenlet = getcurrent = None

# The full size.
THREADS, GREENLETS, TASKS = (1, 8, 64), (0, 100, 1_000), (0, 1_000)
CHECKS, CHURN, SECONDS = 5_000_000, 1_000_000, 540


class Worker:
    """A thread: its own unit, in whose view greenlets and tasks do theirs."""

    def __init__(self, flight: Flight, greenlets: int, tasks: int, share: int) -> None:
        self.flight, self.greenlets, self.tasks, self.share = flight, greenlets, tasks, share
        self.tally = Tally()
        self.waves = 0
        self.random = random.Random(share)

    def run(self, start: threading.Barrier, deadline: float) -> None:
        try:
            start.wait(60)
            while not self.waves or (
                self.tally.checks < self.share and time.monotonic() < deadline
            ):
                self.wave()
        except BaseException as error:
            self.tally.note("wrong", repr(error))

    def wave(self) -> None:
        self.waves += 1
        suspensions = count()
        # In one of the four, which differ in what is current, all the others have their turn.
        chosen = self.waves % 3

        def suspend() -> None:
            if next(suspensions) == chosen:
                self.others(root.inner or root)
            else:
                time.sleep(0)

        root = Unit(self.flight, self.tally, suspend)
        root.serve()

    def others(self, root: Unit) -> None:
        if self.tasks:
            asyncio.run(self.tasks_and_greenlets(root))
        else:
            for _ in self.greenlet_rounds():
                root.look()
                time.sleep(0)

    async def tasks_and_greenlets(self, root: Unit) -> None:
        tasks = [asyncio.create_task(self.task(root)) for _ in range(self.tasks)]
        for _ in self.greenlet_rounds():
            root.look()
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        root.look()

    async def task(self, root: Unit) -> None:
        unit = Unit(self.flight, self.tally, outer=root)
        for number, _ in enumerate(unit.steps_in_context()):
            # Some wait for the clock, so that the order of the tasks changes.
            await asyncio.sleep(0 if (number + unit.number) % 16 else 0.001)

    def greenlet_rounds(self) -> t.Iterator[None]:
        """Run all greenlets to their end, in turns; a ``yield`` comes after each round."""
        if not self.greenlets:
            return

        hub: greenlet

        def switch() -> None:
            hub.switch()

        def serve() -> None:
            Unit(self.flight, self.tally, switch).serve()

        waiting = [greenlet(serve) for _ in range(self.greenlets)]
        while waiting:
            self.random.shuffle(waiting)
            for number, worker in enumerate(waiting):
                hub = worker.parent = getcurrent()
                worker.switch()
                if not number % 64:
                    time.sleep(0)
            waiting = [worker for worker in waiting if not worker.dead]
            yield


class Watcher:
    """Asks who serves what, from a thread of its own, until it is told to stop."""

    def __init__(self, flight: Flight, by_thread: bool = True) -> None:
        self.flight, self.by_thread = flight, by_thread
        self.tally = Tally()
        self.stop = threading.Event()

    def run(self) -> None:
        pause = 0.0
        # Most of the time is for those that are watched.
        while not self.stop.wait(pause):
            began = time.monotonic()
            try:
                self.watch()
            except BaseException as error:
                self.tally.note("wrong", repr(error))
            pause = max(0.001, min(2.0, 4 * (time.monotonic() - began)))

    def watch(self) -> None:
        began = time.monotonic()
        self.flight.prune(began)
        for active in active_requests():
            self.check(active.path, active.ident)
            known = (
                active.method == "GET"
                and active.endpoint in {None, "view"}
                # The clock may be a coarse one.
                and -0.1 <= active.age < 3600
                and active.thread == (self.flight.threads.get(active.ident) or active.thread)
            )
            if not known:
                self.tally.note("wrong", repr(active))

        for ident in list(self.flight.threads):
            for context in request_ctx_stack.lookup(ident):
                self.check(context.request.path, ident)
            if not all(context.app in APPS for context in app_ctx_stack.lookup(ident)):
                self.tally.note("wrong", f"application contexts of {ident}")

    def check(self, path: str, ident: int) -> None:
        self.tally.watched += 1
        unit = self.flight.find(int(path[1:]))
        if unit is None or (self.by_thread and unit.ident != ident):
            self.tally.note("wrong", f"{path} is not under way in {ident}")


def run(
    threads: int, greenlets: int, tasks: int, checks: int, seconds: float, by_thread: bool = True
) -> Tally:
    """Let so many threads, with so many greenlets and tasks each, do so many checks.

    :param by_thread: the tables are keyed by the ident of the real thread.
    """
    flight = Flight()
    watcher = Watcher(flight, by_thread)
    workers = [Worker(flight, greenlets, tasks, checks // threads) for _ in range(threads)]
    start = threading.Barrier(threads)
    deadline = time.monotonic() + seconds
    running = [
        threading.Thread(target=worker.run, args=(start, deadline), daemon=True)
        for worker in workers
    ]
    watching = threading.Thread(target=watcher.run, daemon=True)
    watching.start()
    for thread in running:
        thread.start()
        flight.threads[thread.ident or 0] = thread.name
    for thread in running:
        thread.join()
    watcher.stop.set()
    watching.join()

    total = watcher.tally
    for worker in workers:
        total.add(worker.tally)
    expect_empty(total)
    return total


def churn(threads: int, seconds: float, at_once: int = 8) -> Tally:
    """Start so many short-lived threads, of which every other ends without a pop."""
    flight, total = Flight(), Tally()
    watcher = Watcher(flight)
    idents: set[int] = set()
    # Faster than a semaphore.
    room: SimpleQueue[None] = SimpleQueue()
    ended: list[Tally] = []

    def work(leave: bool) -> None:
        unit = Unit(flight, Tally())
        try:
            idents.add(unit.ident)
            unit.look_outside()
            for stack in (request_ctx_stack, app_ctx_stack):
                # What a thread left that had this ident before.
                if stack.lookup(unit.ident):
                    unit.tally.note("stale", f"table of {unit.ident}")
            flight.begin(unit)
            unit.app.request_context(unit.environ()).push()
            unit.mark(unit.app, "a")
            if not unit.number % 8:
                time.sleep(0)
            unit.look()
            if not leave:
                request_ctx_stack.lookup(unit.ident)[-1].pop()
                unit.look_outside()
        except BaseException as error:
            unit.tally.note("wrong", repr(error))
        finally:
            unit.tally.units = 1
            ended.append(unit.tally)
            if not leave:
                flight.end(unit)
            room.put(None)

    deadline = time.monotonic() + seconds
    watching = threading.Thread(target=watcher.run, daemon=True)
    watching.start()
    started = 0
    while started < threads and time.monotonic() < deadline:
        if started >= at_once:
            room.get()
        start_new_thread(work, (started % 2 == 0,))
        started += 1
        if len(ended) > 10_000:
            collect(ended, total)
    for _ in range(min(at_once, started)):
        room.get()
    watcher.stop.set()
    watching.join()
    collect(ended, total)
    total.add(watcher.tally)
    expect_empty(total)
    if len(idents) == started > at_once:
        total.problems.append("no thread ident was used twice")
    return total


def collect(ended: list[Tally], total: Tally) -> None:
    for _ in range(len(ended)):
        total.add(ended.pop())


def expect_empty(tally: Tally, seconds: float = 10) -> None:
    """Nothing may be left in the tables, once the threads that have ended are quite gone."""
    until = time.monotonic() + seconds
    while (left := request_ctx_stack.entries() + app_ctx_stack.entries()) and (
        time.monotonic() < until
    ):
        time.sleep(0.01)
    if left:
        tally.note("wrong", f"{len(left)} entries left, such as {left[0]}")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Look for values of other requests.")
    parser.add_argument("--threads", type=int, nargs="*", default=THREADS)
    parser.add_argument("--greenlets", type=int, nargs="*", default=GREENLETS)
    parser.add_argument("--tasks", type=int, nargs="*", default=TASKS)
    parser.add_argument("--checks", type=int, default=CHECKS)
    parser.add_argument("--churn", type=int, default=CHURN, help="short-lived threads")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="limit for each part")
    parser.add_argument("--patched", action="store_true", help="idents are those of greenlets")
    options = parser.parse_args(arguments)
    if greenlet is None:
        options.greenlets = [0]
        print("without greenlets: greenlet is not installed")

    sizes = list(product(options.threads, options.greenlets, options.tasks))
    total, began = Tally(), time.monotonic()
    print(f"{implementation}, Python {sys.version.split()[0]}")
    print(f"{'threads × greenlets × tasks':>28} {'units':>10} {'checks':>10} {'seconds':>8}")
    for number, size in enumerate(sizes):
        at = time.monotonic()
        # Each thread that waits for its turn wakes up as often as this.
        sys.setswitchinterval(max(0.0005, 0.0001 * size[0]))
        # What the sizes before have done too much, these need not do.
        share = max(1, options.checks - total.checks) // (len(sizes) - number)
        left = max(1.0, options.seconds - (at - began))
        part = run(*size, share, left, by_thread=not options.patched)
        name = " × ".join(map(str, size))
        spent = time.monotonic() - at
        print(f"{name:>28} {part.units:>10,} {part.checks:>10,} {spent:>8.1f}", flush=True)
        total.add(part)
    ok = report(total, time.monotonic() - began, total.checks, options.checks)

    if options.churn:
        began = time.monotonic()
        total = churn(options.churn, options.seconds)
        print(f"short-lived threads: {total.units:,}, half of them ending without a pop")
        ok &= report(total, time.monotonic() - began, total.units, options.churn)
    return 0 if ok else 1


def report(total: Tally, seconds: float, done: int, wanted: int) -> bool:
    print(
        f"{total.checks:,} checks in {seconds:.1f} s: {total.foreign} foreign, {total.stale} stale;"
        f" {total.watched:,} entries seen from outside: {total.wrong} wrong"
    )
    print(*total.problems, sep="\n", end="\n" if total.problems else "")
    if done < wanted:
        print(f"out of time at {done:,} of {wanted:,}")
    return total.good and done >= wanted


if __name__ == "__main__":
    sys.exit(main())
