"""Python code in a process of its own, on the fastflask of these tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import fastflask

PATHS = [str(Path(fastflask.__file__).parent.parent), str(Path(__file__).parent)]


def run_python(*arguments: str, timeout: float = 240, **variables: str) -> str:
    """Run the interpreter and return what it prints; fail if it does not succeed."""
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(PATHS), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout}"
    return done.stdout


def run_module(name: str, *arguments: str, **variables: str) -> str:
    """Run a module of the tests as a script."""
    return run_python("-m", name, *arguments, **variables)
