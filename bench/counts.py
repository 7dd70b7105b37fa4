"""How many instructions an operation takes, which no other program can disturb.

``valgrind --tool=callgrind`` runs this file as a program, one contender at a time. The program
marks the beginning and the end of what counts by a system call that nothing else makes, and
callgrind writes down its count at each of them. The same calls are counted several times, and the
least counts: before that the interpreter is still adapting its bytecode, one attempt after the
other.

The count is the same each time, to three in a thousand. Rarely two attributes get the same place
in the interpreter's cache of methods, which depends on where things lie in memory, and looking
them up again and again makes a request up to 6 % longer. With another hash seed they lie elsewhere.
"""

from __future__ import annotations

import gc
import itertools
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
#: Calls of a turn: all environments once. Where a call does many operations, fewer will do.
_CALLS, _FEW_CALLS = VARIETY, 4
_TURNS = 4
_FUNCTION = "getsid"


def mark() -> None:
    """Have callgrind write its count down: make the call of :data:`_FUNCTION`."""
    os.getsid(0)


def is_possible() -> bool:
    return shutil.which("valgrind") is not None


def count(side: Contender, seed: int = 0) -> dict[str, float]:
    """Return the instructions of each operation that the contender has.

    :param seed: of the hashes.
    """
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
        environment = {**environment_of(side), "PYTHONHASHSEED": str(seed)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"{side.title} under valgrind: {done.stderr.strip()[-2000:]}")

        # At each mark a part ends: what came before, a turn, what lies between, a turn.
        parts = itertools.count(2, 2)
        counted = {}
        for line in done.stdout.splitlines():
            name, operations = line.split()
            totals = [read_total(Path(f"{out}.{next(parts)}")) for _ in range(_TURNS)]
            counted[name] = min(totals) / int(operations)
        return counted


def read_total(path: Path) -> int:
    """Return the instructions of one part that callgrind has written."""
    found = re.search(r"^totals: (\d+)", path.read_text(), re.MULTILINE)
    if found is None:
        raise Failed(f"callgrind wrote no total to {path.name}")
    return int(found[1])


def main() -> None:
    """Run turns between marks. Print the names of the operations, and how many a turn does."""
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
        for _ in range(_TURNS):
            gc.collect()
            mark()
            for _ in range(calls):
                call()
            mark()
        side.leave()
        print(name, calls * each)


if __name__ == "__main__":
    main()
