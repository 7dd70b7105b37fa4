"""Let the n-th allocation of memory fail, for each n, during one request.

    python -m reliability.memory [--kinds hello,json]

``once`` lets a single allocation fail, ``closing`` a single one while the answer is closed,
``from`` all from the n-th on. Whatever n is, the answer is right (what failed could be done
without), or it is the 500 page with the error in the log, or ``MemoryError`` reaches the server.
Then the next request is right, no context is left, and no memory is lost, however often it is
done again.

CPython itself does not bear all of that. What it does wrong is told apart, and counted: see
:data:`CRASH`, :data:`ITEMS`, :data:`LOST`. Without any memory it also runs around in an ``except``
clause of Python code forever, so ``from`` is for the compiled module alone, and for requests that
meet no such clause.
"""

from __future__ import annotations

import argparse
import faulthandler
import functools
import gc
import importlib
import linecache
import logging
import os
import re
import sys
import typing as t
from _testcapi import remove_mem_hooks, set_nomemory
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar

from fastflask import _impl

from .losses import FAILURES, Calls, costs_memory, lost_in_c_code, settle
from .service import KINDS, Answer, Kind, Place, ask, make_app

#: So many right answers in a row mean that n is past the end of the request.
PAST = 25
#: It gives back a token that it did not get (3.10 to 3.13 at least).
CRASH = "crash of CPython in ContextVar.set"
#: It untracks an iterator that is not tracked yet (likewise).
ITEMS = "crash of CPython in dict.items"
#: It frees the code of a function that it could not make once too often (from 3.12 on).
MAKING = "crash of CPython in making a function"
#: It finds no memory for the frame of a Python function, and does not say so (likewise); or it does
#: say so beside a result, see :data:`TOLD_LATE`.
LOST = "error lost by CPython"
#: See :class:`.losses.Calls`.
LOST_CELL = "arguments lost by CPython"
#: See :func:`.losses.lost_in_c_code`.
LOST_IN_C = "lost by C code of CPython"
#: What returns a result beside a ``MemoryError`` from 3.12 on, in plain Python as well.
TOLD_LATE = ("<class 'logging.LogRecord'> ", "<_json.Encoder ")
#: From 3.13 on, it empties the dictionary of an object that is freed before it, if there is no
#: memory to take over what is in it, and loses a part.
LOST_DICT = "dictionary lost by CPython"
#: What ``from`` is for: the others run through Python code that CPython does not get out of.
ENDURING = {"hello", "json", "session", "404", "405"}


class Trial:
    """One kind of request to an application, with memory that fails."""

    def __init__(self, framework: str, kind: str) -> None:
        self.contexts = importlib.import_module(f"{framework}.globals")
        self.app, self.records = make_app(importlib.import_module(framework))
        self.kind: Kind = KINDS[kind]
        self.calls = Calls()
        for name in (kind, "500"):
            self.calls.learn(lambda name=name: ask(self.app, KINDS[name]))
        for _ in range(5):
            self.right = ask(self.app, self.kind)
        assert self.right.error is None
        assert (self.right.status or "").startswith(str(self.kind.status)), self.right
        self.place = Place()
        self.emptied = 0
        if sys.version_info >= (3, 13):
            sys.unraisablehook = self.note_ignored
        self.stacks = (
            (_impl.app_ctx_stack, _impl.request_ctx_stack) if framework == "fastflask" else ()
        )
        gc.collect()
        # The collections of the children need not look at what was made so far.
        gc.freeze()

    def fail_once(self, n: int) -> str:
        """Let the n-th allocation fail, and say what comes of it."""
        return self._fail(lambda: set_nomemory(n, n + 1), remove_mem_hooks)

    def fail_twice(self, n: int) -> str:
        """Let the n-th allocation and the next one fail."""
        return self._fail(lambda: set_nomemory(n, n + 2), remove_mem_hooks)

    def fail_from(self, n: int) -> str:
        """Let all allocations from n on fail."""
        return self._fail(lambda: set_nomemory(n, 0), remove_mem_hooks)

    def fail_closing(self, n: int) -> str:
        """Let the n-th allocation of the closing fail."""
        return self._fail(int, lambda: set_nomemory(n, n + 1))

    def try_in_child(self, fail: Callable[[int], str], n: int) -> str:
        """Let allocations fail where CPython may not survive it, and tell its crashes apart."""
        outcome = in_child(lambda: fail(n))
        return self.tell_crash(outcome, n) if outcome.startswith("exit -11") else outcome

    def tell_crash(self, outcome: str, n: int, before: Callable[[], t.Any] = int) -> str:
        """Say which crash of CPython's one is, if it is.

        :param before: what was done before, which may change what the n-th allocation is.
        """
        line = innermost_line(outcome)
        if ".items()" in line:
            return ITEMS
        if line.lstrip().startswith("def ") and sys.version_info >= (3, 12):
            return MAKING
        # The other one needs two failures in a row: for the token, and for the variable.
        once = in_child(lambda: (before(), self.fail_once(n))[1])
        twice = in_child(lambda: (before(), self.fail_twice(n))[1])
        explained = once == "MemoryError" and twice.startswith("exit -11") and set_crashes()
        return CRASH if explained else outcome

    def _fail(self, before_call: Callable[[], t.Any], before_close: Callable[[], t.Any]) -> str:
        self.records.errors.clear()
        answer = Answer()
        self.settle()
        try:
            answer = ask(self.app, self.kind, before_call, before_close)
        except MemoryError as error:
            # In the code that plays the server.
            answer.error = error
        finally:
            remove_mem_hooks()
        outcome = self.judge(answer)
        del answer

        again = ask(self.app, self.kind)
        assert again == self.right, (outcome, again)
        for name in ("_cv_request", "_cv_app"):
            left = getattr(self.contexts, name).get(None)
            assert left is None, (outcome, left)
        for stack in self.stacks:
            assert not stack.entries(), (outcome, stack.entries())
        return outcome

    def settle(self) -> None:
        """Make the n-th allocation the same one as the last time."""
        if _impl.implementation == "pure":
            # These tables take memory at each fifth push.
            for stack in self.stacks:
                for ident in stack._threads:
                    stack._threads[ident] = {}
        settle()

    def judge(self, answer: Answer) -> str:
        if answer == self.right:
            return "right"
        errors = [answer.error] if answer.error is not None else self.records.errors
        error = answer.error
        self.place = self.records.place if error is None else Place.of(error.__traceback__)
        if any(map(lost_by_interpreter, errors)):
            return LOST
        if not any(isinstance(error, MemoryError) for error in errors):
            raise AssertionError(repr((answer, errors))) from answer.error
        if answer.error is not None:
            return "MemoryError"
        assert (answer.status or "").startswith("500 "), answer
        return "500"

    def sweep(
        self, fail: Callable[[int], str], look_for_losses: bool
    ) -> tuple[int, Counter[str], Counter[str]]:
        """Go through all n, each in a child process.

        :return: how many there are, what came of them, and where memory was lost.
        """
        told: list[str] = []
        losses: dict[int, str] = {}
        n = right = 0
        while right < PAST:
            outcome = self.try_in_child(fail, n)
            told.append(outcome)
            right = right + 1 if outcome == "right" else 0
            if look_for_losses and outcome in {"right", "500", "MemoryError"}:
                loss = in_child(lambda n=n: self.loss(fail, n))
                if loss.startswith("exit -11"):
                    loss = self.tell_crash(loss, n, lambda n=n: fail(n))
                if loss:
                    losses[n] = loss
            n += 1
        outcomes = Counter(told)
        outcomes["right"] -= PAST
        return len(told) - PAST, outcomes, Counter(losses.values())

    def loss(self, fail: Callable[[int], str], n: int) -> str:
        """Say what the failure of an allocation costs in memory each time, and where it is."""
        places = set()

        def fail_again() -> None:
            outcome = fail(n)
            places.add(self.place if outcome != "right" else Place())
            self.records.errors.clear()

        if not costs_memory(fail_again):
            return ""
        # The first times may take more allocations than the others.
        places.clear()
        self.emptied = 0
        for _ in range(FAILURES):
            fail_again()
        if all(map(self.calls.explain, places)):
            return LOST_CELL
        if all(map(lost_in_c_code, places)):
            return LOST_IN_C
        if self.emptied >= FAILURES // 5:
            return LOST_DICT
        return " or ".join(sorted(f"{place.file}:{place.line}" for place in places))

    def note_ignored(self, ignored: t.Any) -> None:
        """Count what the interpreter cannot do where it lets go of an object."""
        if ignored.object is None and isinstance(ignored.exc_value, MemoryError):
            self.emptied += 1


def innermost_line(outcome: str) -> str:
    """Return the innermost Python line of a crash."""
    found = re.search(r'File "(.+)", line (\d+) in', outcome)
    return linecache.getline(found[1], int(found[2])) if found else ""


def lost_by_interpreter(error: BaseException | None) -> bool:
    return isinstance(error, SystemError) and (
        "returned NULL without setting" in str(error)
        or str(error) == "error return without exception set"
        or (
            str(error).endswith("returned a result with an exception set")
            and str(error).startswith(TOLD_LATE)
        )
    )


def in_child(function: Callable[[], str]) -> str:
    """Call a function in a child process. Return its result, or how the process ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        faulthandler.enable(writing)
        faulthandler.dump_traceback_later(10, exit=True, file=writing)
        try:
            outcome = function()
        except BaseException as error:
            outcome = f"wrong: {error!r}"
        os.write(writing, outcome.encode()[:4000])
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        outcome = pipe.read().decode()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return f"exit {code} {outcome}" if code else outcome


@functools.cache
def set_crashes() -> bool:
    """Whether CPython crashes where a variable is set without any memory."""

    def try_to_set() -> str:
        variable: ContextVar[t.Any] = ContextVar("probe")
        set_nomemory(0, 0)
        try:
            variable.set(variable)
        except MemoryError:
            return "MemoryError"
        finally:
            remove_mem_hooks()
        return "set"

    return in_child(try_to_set).startswith("exit -11")


def run(framework: str, kind: str, look_for_losses: bool) -> list[str]:
    """Sweep over a kind of request and return what is wrong."""
    trial = Trial(framework, kind)
    wrong: list[str] = []
    compiled = framework == "fastflask" and _impl.implementation == "compiled"
    names = ["once", "closing"]
    if compiled and kind in ENDURING:
        names.append("from")

    for name in names:
        fail = getattr(trial, f"fail_{name}")
        # From 3.12 on CPython loses something, and without any memory no traceback tells where.
        told = name != "from" or sys.version_info < (3, 12)
        count, outcomes, losses = trial.sweep(fail, look_for_losses and told)
        print(f"{kind:8} {name:8} n = 0…{count}: {dict(outcomes)}", flush=True)
        if losses:
            print(f"{kind:8} {name:8} memory lost: {dict(losses)}", flush=True)
        unknown = set(outcomes) - {"right", "MemoryError", "500", LOST, CRASH, ITEMS, MAKING}
        if unknown:
            wrong.append(f"{kind} {name}: {sorted(unknown)}")
        # One for the application's context, and one for each push of the request's.
        often = count // 20 + 1
        if outcomes[CRASH] > 3 or outcomes[ITEMS] > often or outcomes[LOST] > often:
            wrong.append(f"{kind} {name}: too often something of CPython's")
        unknown = set(losses) - {LOST_CELL, LOST_IN_C, LOST_DICT, ITEMS, CRASH, MAKING}
        if unknown:
            wrong.append(f"{kind} {name}: memory lost at {sorted(unknown)}")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--quick", action="store_true", help="do not look for lost memory")
    parser.add_argument("--framework", default="fastflask", help="or flask, to compare")
    options = parser.parse_args()
    # What cannot even be logged is not told on the screen.
    logging.raiseExceptions = False

    wrong = [
        text
        for kind in options.kinds.split(",")
        for text in run(options.framework, kind, not options.quick)
    ]
    if wrong:
        sys.exit("\n".join(["not as it should be:", *wrong]))


if __name__ == "__main__":
    main()
