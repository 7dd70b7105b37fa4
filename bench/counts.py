"""How many instructions an operation takes, which no other program can disturb.

``valgrind --tool=callgrind`` runs this file as a program, one contender at a time. The program marks
the beginning and the end of what counts by a system call that nothing else makes, and callgrind
writes down its count at each of them. N and 2N calls are counted, and only the difference tells,
so that whatever comes once cancels out.
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
#: Calls that come before, and calls that count: all environments once.
_WARM_UP, _CALLS = 300, VARIETY
_FUNCTION = "getsid"


def mark() -> None:
    """Have callgrind write its count down: make the call of :data:`_FUNCTION`."""
    os.getsid(0)


def is_possible() -> bool:
    return shutil.which("valgrind") is not None


def count(side: Contender) -> dict[str, float]:
    """Return the instructions of one call of each operation that the contender has."""
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

        names = done.stdout.split()
        # Before each mark a part ends: first the start, then N, 2N and what lies between.
        ends = [read_total(Path(f"{out}.{number}")) for number in range(1, 4 * len(names) + 1)]

    counted = {}
    for number, name in enumerate(names):
        _, once, _, twice = ends[4 * number : 4 * number + 4]
        counted[name] = (twice - once) / _CALLS
    return counted


def read_total(path: Path) -> int:
    """Return the instructions of one part that callgrind has written."""
    found = re.search(r"^totals: (\d+)", path.read_text(), re.MULTILINE)
    if found is None:
        raise Failed(f"callgrind wrote no total to {path.name}")
    return int(found[1])


def main() -> None:
    """Run the operations between marks, and print their names."""
    side = CONTENDERS[sys.argv[1]]
    side.check()
    operations = collect()
    for name in OPERATIONS:
        try:
            call, _ = operations[name].prepare(side)
        except pytest.skip.Exception:
            continue
        for _ in range(_WARM_UP):
            call()
        gc.collect()
        gc.freeze()
        for turns in (range(_CALLS), range(2 * _CALLS)):
            mark()
            for _ in turns:
                call()
            mark()
        side.leave()
        print(name)


if __name__ == "__main__":
    main()
