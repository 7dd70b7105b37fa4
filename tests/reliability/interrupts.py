"""Interrupt requests at random moments, as Ctrl-C and the timeouts of servers do.

    python -m reliability.interrupts [--count 100000] [--seconds 600]

A timer of the process goes off somewhere between the start and the end of a request, and its
handler raises an exception that no handler of errors may stop. Whatever the moment, the process
lives, and the next request is answered right, without contexts or data of the interrupted one.
"""

from __future__ import annotations

import argparse
import importlib
import random
import signal
import sys
import time
import typing as t
from collections import Counter

from .service import KINDS, Answer, ask, make_app


class Interrupt(BaseException):
    """What the handler of the signal raises."""


class Bell:
    """A timer whose handler raises while it is armed."""

    armed = False

    def ring(self, number: int, frame: t.Any) -> None:
        if self.armed:
            self.armed = False
            raise Interrupt

    def set(self, seconds: float) -> None:
        self.armed = True
        signal.setitimer(signal.ITIMER_REAL, seconds)

    def stop(self) -> None:
        self.armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)


def was_interrupted(error: BaseException | None) -> bool:
    """Whether an error is the interrupt, or comes of it: where the push did not get to its end
    the pop says so, as in Flask."""
    while error is not None:
        if isinstance(error, Interrupt):
            return True
        error = error.__context__
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description="Interrupt requests at random moments.")
    parser.add_argument("--count", type=int, default=100_000, help="interrupts to be had")
    parser.add_argument("--seconds", type=float, default=600, help="limit of the time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--framework", default="fastflask", help="or flask, to compare")
    options = parser.parse_args()

    module = importlib.import_module(options.framework)
    contexts = importlib.import_module(f"{options.framework}.globals")
    app, records = make_app(module)
    rnd = random.Random(options.seed)
    bell = Bell()
    signal.signal(signal.SIGALRM, bell.ring)

    right: dict[str, Answer] = {}
    duration: dict[str, float] = {}
    for name, kind in KINDS.items():
        for _ in range(20):
            right[name] = ask(app, kind)
        start = time.perf_counter()
        for _ in range(20):
            ask(app, kind)
        duration[name] = (time.perf_counter() - start) / 20

    names = list(KINDS)
    hits: Counter[str] = Counter()
    left = sent = 0
    limit = time.monotonic() + options.seconds
    while hits.total() < options.count and time.monotonic() < limit:
        name = names[sent % len(names)]
        sent += 1
        seconds = rnd.uniform(1e-6, 1.1 * duration[name])
        try:
            answer = ask(app, KINDS[name], lambda s=seconds: bell.set(s), bell.stop)
            bell.stop()
        except Interrupt as error:
            # In the code that plays the server.
            bell.stop()
            answer = Answer(error=error)
        records.errors.clear()
        if was_interrupted(answer.error):
            hits[name] += 1
        elif answer != right[name]:
            raise AssertionError(f"{name}: {answer!r}") from answer.error
        del answer
        again = ask(app, KINDS["hello"])
        if again != right["hello"]:
            raise AssertionError(f"after {name}: {again!r}") from again.error
        for variable in (contexts._cv_request, contexts._cv_app):
            if variable.get(None) is not None:
                left += 1
                variable.set(None)
    print(
        f"{hits.total():,} interrupts in {sent:,} requests, each followed by a right one;"
        f" {left} contexts were left by those: {dict(hits)}"
    )
    if hits.total() < options.count:
        sys.exit("the time was up before there were enough")


if __name__ == "__main__":
    main()
