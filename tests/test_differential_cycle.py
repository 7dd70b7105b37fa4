"""The same requests to Flask and to fastflask, over applications that use everything.

``FUZZ_CYCLE`` says how many random requests there are; see ``fuzzing``.
"""

from __future__ import annotations

import gc
import importlib
import random
import time
import typing as t
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import pytest
from differential import (  # noqa: F401
    apps_cycle,
    apps_faults,
    apps_output,
    apps_results,
    apps_sessions,
    apps_urls,
)
from differential.deviations import settle
from differential.environs import make_case
from differential.harness import ERRORS, Case, Recorder, send
from differential.registry import APPS
from fuzzing import SEED, amount, unless_left_out

CASES = amount("cycle", 2400)
#: An error there leaves the contexts of the request where they are, in Flask too.
LEAVING = {"own should_ignore_error"}


# An error may leave a file open, with Flask as with fastflask.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(autouse=True)
def _files_are_closed_here() -> Iterator[None]:
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


def leaves_contexts(case: Case) -> bool:
    """Whether the contexts of a request may stay."""
    # Asked for a context that was never pushed, a debugger gets an error before the pop.
    kept = case.preserve and "signal appcontext_pushed" in case.plan
    return kept or bool(LEAVING & set(case.plan))


def framework(name: str) -> ModuleType:
    """Return a framework with all modules that the applications use."""
    for module in ("ctx", "globals", "json.provider", "sessions", "signals", "views"):
        importlib.import_module(f"{name}.{module}")
    return importlib.import_module(name)


class Pair:
    """An application, built on both frameworks."""

    def __init__(self, name: str) -> None:
        self.name = name
        build, self.hints = APPS[name]
        self.sides = []
        for package in ("flask", "fastflask"):
            recorder = Recorder(framework(package))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.sides.append((build(recorder.framework, recorder), recorder))

    def check(self, case: Case) -> None:
        """Send a request to both and compare what comes of it."""
        for _ in range(10):
            # Headers such as Expires tell the second, so both have to be asked within one.
            second = int(time.time())
            expected, actual = (self.outcome(app, recorder, case) for app, recorder in self.sides)
            if int(time.time()) == second:
                break
        if expected != actual:
            settle(self.name, case, expected, actual)
        assert actual == expected, f"{self.name}: {case}"
        if not leaves_contexts(case):
            assert actual["left"][:2] == (True, True), f"contexts are left: {self.name}: {case}"

    def outcome(self, app: t.Any, recorder: Recorder, case: Case) -> dict[str, t.Any]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            if leaves_contexts(case):
                # What is left belongs to a thread, and goes with it.
                with ThreadPoolExecutor(1) as executor:
                    outcome = executor.submit(send, app, recorder, case).result()
            else:
                outcome = send(app, recorder, case)
        outcome["warnings"] = [
            (item.category.__name__, str(item.message).replace("fastflask", "flask"))
            for item in caught
            if item.category is not ResourceWarning
        ]
        return outcome


@pytest.fixture(scope="module")
def pairs() -> dict[str, Pair]:
    return {name: Pair(name) for name in APPS}


def amount(name: str) -> int:
    """How many random requests an application gets."""
    return max(1, int(CASES * APPS[name][1].get("weight", 1) / len(APPS)))


@unless_left_out("cycle")
@pytest.mark.parametrize("name", APPS)
def test_random_requests_get_the_same_answers(name: str, pairs: dict[str, Pair]) -> None:
    rnd = random.Random(f"{SEED or 1} {name}")
    for _ in range(amount(name)):
        pairs[name].check(make_case(rnd, pairs[name].hints))


ENVIRON: dict[str, t.Any] = {
    "REQUEST_METHOD": "GET",
    "SCRIPT_NAME": "",
    "QUERY_STRING": "",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "80",
    "HTTP_HOST": "localhost",
    "wsgi.url_scheme": "http",
    "wsgi.input": None,
    "wsgi.errors": None,
}


@pytest.mark.parametrize("name", APPS)
def test_every_path_gets_the_same_answer(name: str, pairs: dict[str, Pair]) -> None:
    for path in APPS[name][1]["paths"]:
        for method in ("GET", "HEAD", "POST", "OPTIONS"):
            pairs[name].check(Case({**ENVIRON, "PATH_INFO": path, "REQUEST_METHOD": method}))


@pytest.mark.parametrize("length", [-80, -1, None])
def test_upload_that_breaks_off(length: int | None, pairs: dict[str, Pair]) -> None:
    """What was read of it is dropped, and nobody but the collector closes it."""
    hints = APPS["faults"][1]
    environ = {**ENVIRON, **hints["environ"], "PATH_INFO": "/upload/1"}
    case = Case(environ, hints["body"][:length], plan={"upload read": "recursion"})
    pairs["faults"].check(case)


@pytest.mark.parametrize("kind", ["child", "404", "exit"])
def test_debugger_that_asks_for_contexts_that_were_never_pushed(
    kind: str, pairs: dict[str, Pair]
) -> None:
    """It has its error before the pop, and so the contexts may stay, in Flask too."""
    environ = {**ENVIRON, "PATH_INFO": "/admin/here/missing"}
    plan = {"signal appcontext_pushed": kind}
    pairs["handlers"].check(Case(environ, plan=plan, preserve=True))


@pytest.mark.parametrize("kind", ["value", "exit", "interrupt"])
def test_error_in_the_last_step_before_the_pop(kind: str, pairs: dict[str, Pair]) -> None:
    """Flask leaves the contexts then; pure mode does not for what ends the process."""
    plan = {"own dispatch_request": "value", "own should_ignore_error": kind}
    settings = {"PROPAGATE_EXCEPTIONS": True}
    case = Case({**ENVIRON, "PATH_INFO": "/"}, settings=settings, plan=plan)
    pairs["overrides"].check(case)


@pytest.mark.parametrize("name", [name for name in APPS if APPS[name][1].get("stages")])
@pytest.mark.parametrize("propagate", [True, False])
def test_an_error_in_every_stage_has_the_same_effects(
    name: str, propagate: bool, pairs: dict[str, Pair]
) -> None:
    hints = APPS[name][1]
    rnd = random.Random(f"{propagate} {name}")
    some = 1.0 if CASES > 10_000 else 0.04
    settings = {"PROPAGATE_EXCEPTIONS": propagate}
    for stage in hints["stages"]:
        for path in hints["paths"]:
            environ = {**ENVIRON, **hints.get("environ", {}), "PATH_INFO": path}
            body = hints.get("body", b"")
            failed = False
            for kind in ERRORS:
                if rnd.random() < some:
                    failed = True
                    plan = {stage: kind}
                    pairs[name].check(Case(environ, body, settings=settings, plan=plan))
            if failed:
                pairs[name].check(Case(environ, body, settings=settings))
