"""The workers as the runner sees them, and what can be said of the machine they run on."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import typing as t
from contextlib import suppress
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path

from .contenders import CONTENDERS, Contender

ROOT = Path(__file__).parent.parent
#: What the contenders stand on, so that its releases are told too.
_LIBRARIES = ("werkzeug", "jinja2", "itsdangerous", "asgiref", "cython", "pytest-benchmark")
#: What would make a contender something else than what users run.
_UNWANTED = ("PYTHONDEVMODE", "PYTHONMALLOC", "PYTHONASYNCIODEBUG", "PYTHONTRACEMALLOC")


def environment_of(side: Contender) -> dict[str, str]:
    """Return the variables that a contender's process runs with."""
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    for name in (*_UNWANTED, "FASTFLASK_SPEEDUPS"):
        environment.pop(name, None)
    return {**environment, **side.environment}


class Failed(Exception):
    """A worker could not do what it was asked to."""


class Skipped(Exception):
    """A contender does not have the operation."""


class Process:
    """A worker, from the outside."""

    def __init__(self, side: Contender) -> None:
        self.side = side
        self._asked = "the start"
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.worker", side.tag],
            cwd=ROOT,
            env=environment_of(side),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def ask(self, do: str, **arguments: t.Any) -> dict[str, t.Any]:
        """Give a command and wait for its answer."""
        self.send(do, **arguments)
        return self.receive()

    def send(self, do: str, **arguments: t.Any) -> None:
        """Give a command, whose answer :meth:`receive` waits for."""
        assert self._process.stdin is not None
        self._asked = do
        # If it has ended, there is no answer either, which is told then.
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")

    def receive(self) -> dict[str, t.Any]:
        """Return the answer to the last command."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            status = self._process.wait()
            raise Failed(f"{self.side.title} ended at {self._asked} with status {status}")

        result: dict[str, t.Any] = json.loads(line)
        if "skip" in result:
            raise Skipped(result["skip"])
        if "error" in result:
            raise Failed(f"{self.side.title}: {result['error']}")
        return result

    def close(self) -> None:
        """End the worker at once, whatever it does. It has nothing to put away."""
        self._process.terminate()
        # Also closes the pipes.
        self._process.communicate()


def ask_all(
    processes: t.Iterable[Process], do: str, **arguments: t.Any
) -> dict[str, dict[str, t.Any] | Failed | Skipped]:
    """Give all a command at once, and return what each answers, or why it does not."""
    asked = [*processes]
    for process in asked:
        process.send(do, **arguments)
    answers: dict[str, dict[str, t.Any] | Failed | Skipped] = {}
    for process in asked:
        try:
            answers[process.side.tag] = process.receive()
        except (Failed, Skipped) as reason:
            answers[process.side.tag] = reason
    return answers


def present(tags: t.Iterable[str] = CONTENDERS) -> tuple[list[Contender], dict[str, str]]:
    """Return the contenders that can take part, and why others cannot."""
    sides, missing = [], {}
    for tag in tags:
        why = CONTENDERS[tag].missing()
        if why is None:
            sides.append(CONTENDERS[tag])
        else:
            missing[tag] = why
    return sides, missing


def describe(sides: t.Iterable[Contender]) -> dict[str, t.Any]:
    """Return what stands beside published numbers."""
    versions = {side.package: side.version for side in sides if side.package}
    for name in _LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "compiler": platform.python_compiler(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "commit": _commit(),
        "versions": versions,
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.processor()


def _commit() -> str:
    """Return the revision that is measured, with a plus if files differ from it."""

    def git(*arguments: str) -> str:
        command = ["git", *arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        changed = git("status", "--porcelain", "--", "fastflask", "bench")
        return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
