"""A server in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from environments import Environment


class Server:
    """A running server, and how to ask it."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self.log = log

    def get(self, path: str) -> str:
        """Return the text of a page; at first, wait until there is one."""
        limit = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(self.url + path) as answer:
                    return str(answer.read().decode())
            except (ConnectionError, urllib.error.URLError):
                if self.process.poll() is not None or time.monotonic() > limit:
                    raise AssertionError(self.log.read_text()) from None
                time.sleep(0.1)


@contextmanager
def serving(
    environment: Environment, folder: Path, *command: str, options: tuple[str, ...] = ()
) -> Iterator[Server]:
    """Run a server below exec in the folder; ``{port}`` in the command is a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    log = folder / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [
                str(environment.scripts / "fastflask"),
                "exec",
                *options,
                *(part.format(port=port) for part in command),
            ],
            cwd=folder,
            env=environment.variables(),
            stdout=file,
            stderr=file,
            start_new_session=True,
        )

    try:
        yield Server(process, port, log)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(condition: Callable[[], bool]) -> None:
    """Return when a condition holds; fail if it does not in a long time."""
    limit = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.1)
