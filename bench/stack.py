"""Measure applications behind real servers: ``python -m bench.stack --help``.

One worker process serves on one core, the client runs on another. This tells what is left of the
difference when a server, the kernel and a client take their part.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
import typing as t
from http.client import HTTPConnection
from pathlib import Path

from .contenders import CONTENDERS, Contender
from .load import has_wrk
from .processes import ROOT, Failed, describe, environment_of, present
from .results import LATEST, Results, load, show_bytes
from .workloads import WORKLOADS

_SIDES = ("raw", "flask", "compiled", "pure", "falcon")
_TARGET = f"{__package__}.served:application"
#: How each server is started, after ``python -m``, with one worker.
SERVERS = {
    "gunicorn sync": ["gunicorn", "-w1", "-ksync", "-b127.0.0.1:{port}", _TARGET],
    "gunicorn gthread": [
        *("gunicorn", "-w1", "-kgthread", "--threads=4", "--keep-alive=30"),
        *("-b127.0.0.1:{port}", _TARGET),
    ],
    "granian": [
        *("granian", "--interface=wsgi", "--workers=1", "--no-access-log", "--log-level=warning"),
        *("--host=127.0.0.1", "--port={port}", _TARGET),
    ],
}
#: Seconds that a server has to start.
_PATIENCE = 20.0


class Server:
    """A server with an application, as a context manager."""

    def __init__(self, name: str, side: Contender, workload: str) -> None:
        self.port = _free_port()
        arguments = [argument.format(port=self.port) for argument in SERVERS[name]]
        environment = environment_of(side)
        environment.update(BENCH_CONTENDER=side.tag, BENCH_WORKLOAD=workload)
        self._process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=lambda: _pin(0),
        )

    def __enter__(self) -> Server:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                # The port is open before the application is loaded.
                asked = HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
                asked.request("GET", "/")
                asked.getresponse().close()
                asked.close()
                return self
            except OSError:
                time.sleep(0.05)
        self.__exit__()
        assert self._process.stderr is not None
        raise Failed(f"the server did not start: {self._process.stderr.read().decode()[-2000:]}")

    def __exit__(self, *exc_info: object) -> None:
        # The group is the server's own, so this reaches its workers and nobody else.
        for sent in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, sent)
                self._process.wait(timeout=5)
                return
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue

    def memory(self) -> int:
        """Return the bytes of the server and its workers. Shared ones count in part."""
        return sum(_memory(pid) for pid in _family(self._process.pid))


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return t.cast("int", found.getsockname()[1])


def _pin(number: int) -> None:
    """Keep to one core, if there are others for the rest."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(0, {cores[number]})


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(member for child in children for member in _family(int(child)))]


def _memory(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024


def measure(
    name: str, side: Contender, workload: str, connections: int, seconds: float
) -> dict[str, t.Any]:
    """Return a row of the table."""
    paths = [call.path for call in WORKLOADS[workload].calls]
    with Server(name, side, workload) as server:

        def press(duration: float) -> dict[str, t.Any]:
            command = [sys.executable, "-m", f"{__package__}.load", str(server.port)]
            command += [str(connections), str(duration), *paths]
            done = subprocess.run(
                command, cwd=ROOT, capture_output=True, text=True, preexec_fn=lambda: _pin(-1)
            )
            if done.returncode:
                raise Failed(f"{name}, {side.title}: {done.stderr.strip()[-2000:]}")
            return t.cast("dict[str, t.Any]", json.loads(done.stdout))

        press(seconds / 4)
        row = press(seconds)
        return {"server": name, "application": side.title, **row, "memory": server.memory()}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.stack", description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0, help="for each pair")
    parser.add_argument("--connections", type=int, default=16, help="at a time")
    parser.add_argument("--workload", default="path_int", help="such as hello or path_int")
    parser.add_argument("--only", help="contenders, separated by commas")
    options = parser.parse_args()

    sides, missing = present(options.only.split(",") if options.only else _SIDES)
    for tag, why in missing.items():
        print(f"{CONTENDERS[tag].title} is left out: {why}", file=sys.stderr)
    print(f"client: {'wrk' if has_wrk() else 'bench/load.py, as wrk is missing'}", file=sys.stderr)

    rows = []
    for name, (module, *_) in SERVERS.items():
        if importlib.util.find_spec(module) is None:
            print(f"{name} is left out: {module} is not installed", file=sys.stderr)
            continue
        for side in sides:
            try:
                row = measure(name, side, options.workload, options.connections, options.seconds)
            except Failed as error:
                print(f"bench: {error}", file=sys.stderr)
                return 1
            rows.append(row)
            print(
                f"{name:18} {side.title:16} {row['rate']:9,.0f}/s"
                f"  p50 {row['p50']:6.2f} ms  p99 {row['p99']:6.2f} ms  {show_bytes(row['memory'])}"
            )

    results = load() if LATEST.exists() else Results(describe(sides), {"passes": 0})
    results.stack = rows
    results.save()
    return 0


if __name__ == "__main__":
    sys.exit(main())
