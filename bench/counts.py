"""How many instructions an operation takes, which no other program can disturb.

``valgrind --tool=callgrind`` runs this file as a program, one contender at a time. The program
marks the beginning and the end of what counts by a system call that nothing else makes, and
callgrind writes down its count at each of them. N and 2N calls are counted, and only the
difference tells, so that whatever comes once cancels out.
"""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from .contenders import CONTENDERS, Contender
from .operations import collect
from .processes import ROOT, Failed, environment_of
from .workloads import VARIETY

#: What is counted: a request without anything, one with an argument, the proxies, matching.
OPERATIONS = (
    "cycle/hello",
    "cycle/path_int",
    "cycle/proxies",
    "local/request_method",
    "routing/api[2]",
)
#: Calls that count: all environments once. Where a call does many operations, fewer will do.
_CALLS, _FEW_CALLS = VARIETY, 4
_FUNCTION = "getsid"


def mark() -> None:
    """Have callgrind write its count down: make the call of :data:`_FUNCTION`."""
    os.getsid(0)


def is_possible() -> bool:
    return shutil.which("valgrind") is not None


def count(side: Contender) -> dict[str, float]:
    """Return the instructions of each operation that the contender has."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "count")
        command = [
            "valgrind",
            "--tool=callgrind",
            f"--dump-before={_FUNCTION}",
            f"--callgrind-out-file={out}",
            sys.executable,
            "-m",
            __name__,
            side.tag,
        ]
        done = subprocess.run(
            command, cwd=ROOT, env=environment_of(side), capture_output=True, text=True
        )
        if done.returncode:
            raise Failed(f"{side.title} under valgrind: {done.stderr.strip()[-2000:]}")

        counted = {}
        for number, line in enumerate(done.stdout.splitlines()):
            name, done_each_time = line.split()
            # At each mark a part ends: what came before, N calls, what lies between, 2N calls.
            once, twice = (read_total(Path(f"{out}.{4 * number + part}")) for part in (2, 4))
            counted[name] = (twice - once) / int(done_each_time)
        return counted


def read_total(path: Path) -> int:
    """Return the instructions of one part that callgrind has written."""
    found = re.search(r"^totals: (\d+)", path.read_text(), re.MULTILINE)
    if found is None:
        raise Failed(f"callgrind wrote no total to {path.name}")
    return int(found[1])


def main() -> None:
    """Run the operations between marks. Print their names, and how many operations N calls do."""
    side = CONTENDERS[sys.argv[1]]
    side.check()
    operations = collect()
    for name in OPERATIONS:
        try:
            call, each = operations[name].prepare(side)
        except pytest.skip.Exception:
            continue
        calls = _CALLS if each == 1 else _FEW_CALLS
        for _ in range(calls):
            call()
        gc.collect()
        gc.freeze()
        for turns in (range(calls), range(2 * calls)):
            mark()
            for _ in turns:
                call()
            mark()
        side.leave()
        print(name, calls * each)


if __name__ == "__main__":
    main()
