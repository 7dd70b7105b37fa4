"""Processes that belong to a test: started on the loopback interface, and gone with it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

PATIENCE = 60


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], what: str, log: Path | None = None) -> None:
    """Return when a condition holds.

    :param what: what is waited for, said when it does not come.
    :param log: a file that may tell why.
    """
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            told = log.read_text(errors="replace")[-4000:] if log else ""
            raise AssertionError(f"waited in vain for {what}\n{told}")
        time.sleep(0.1)


def accepts(port: int) -> bool:
    """Whether something listens on a port."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def answers(url: str) -> bool:
    """Whether a URL gives a good answer."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except (OSError, urllib.error.URLError):
        return False


@contextmanager
def running(
    command: Sequence[str], log: Path, stop: int = signal.SIGTERM, **options: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """A program, and all that it starts, as long as the block runs.

    :param log: where its output goes.
    :param stop: the signal that asks it to end.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            **options,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(stop)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            pass
        # What it leaves behind is in its session.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
