"""A client that keeps a server busy for some seconds, for machines without wrk.

It is a bounded one: so many connections with one request each under way, no more than that, and it
ends on time. It is written in Python and costs about as much as a fast application, so rates near
its own limit say more about it than about the server.
"""

from __future__ import annotations

import json
import re
import selectors
import shutil
import socket
import subprocess
import sys
import time
import typing as t
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import cycle

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


@dataclass
class Load:
    """What a server has done under load: requests a second, and milliseconds."""

    rate: float
    p50: float
    p99: float


class BadAnswer(Exception):
    """The server answered something else than 200."""


class _Connection:
    """One connection, with one request under way."""

    def __init__(self, address: tuple[str, int], selector: selectors.BaseSelector) -> None:
        self.address = address
        self.selector = selector
        self.buffer = b""
        self.since = 0.0
        self.socket = self._connect()

    def _connect(self) -> socket.socket:
        made = socket.create_connection(self.address, timeout=10)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(made, selectors.EVENT_READ, self)
        return made

    def reconnect(self) -> None:
        self.close()
        self.socket = self._connect()

    def close(self) -> None:
        self.selector.unregister(self.socket)
        self.socket.close()

    def send(self, request: bytes) -> None:
        self.since = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Take in what has come, and tell whether the answer is complete."""
        data = self.socket.recv(65536)
        self.buffer += data
        head, separator, body = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            if not data:
                raise BadAnswer("the server closed the connection")
            return False

        length = _LENGTH.search(head)
        complete = len(body) >= int(length[1]) if length else not data
        if not complete:
            return False
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200")):
            raise BadAnswer(head.decode("latin-1"))
        self.buffer = b""
        if not data or _CLOSE.search(head):
            self.reconnect()
        return True


def press(port: int, paths: t.Sequence[str], connections: int, seconds: float) -> Load:
    """Send requests to 127.0.0.1 and return how that went.

    :param port: the server's port.
    :param paths: what to ask for, one after the other.
    :param connections: how many at a time.
    :param seconds: for how long.
    """
    head = f"HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
    requests = cycle([f"GET {path} {head}".encode() for path in paths])
    took: list[float] = []

    with selectors.DefaultSelector() as selector, ExitStack() as opened:
        start = now = time.perf_counter()
        for _ in range(connections):
            connection = _Connection(("127.0.0.1", port), selector)
            opened.callback(connection.close)
            connection.send(next(requests))
        while (now := time.perf_counter()) - start < seconds:
            for key, _ in selector.select(timeout=seconds):
                connection = key.data
                if connection.receive():
                    took.append(time.perf_counter() - connection.since)
                    connection.send(next(requests))

    if not took:
        raise BadAnswer("no answer in time")
    took.sort()
    return Load(
        len(took) / (now - start),
        took[len(took) // 2] * 1e3,
        took[min(len(took) - 1, int(len(took) * 0.99))] * 1e3,
    )


def press_with_wrk(port: int, path: str, connections: int, seconds: float) -> Load:
    """Do the same with wrk, which asks for one path only."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency"]
    url = f"http://127.0.0.1:{port}{path}"
    done = subprocess.run([*command, url], check=True, capture_output=True, text=True)
    return read_wrk(done.stdout)


def read_wrk(text: str) -> Load:
    """Return what wrk has printed."""
    if "Non-2xx" in text or "Socket errors" in text:
        raise BadAnswer(text)
    factors = {"us": 1e-3, "ms": 1.0, "s": 1e3}
    found = dict(re.findall(r"(50|99)%\s+([\d.]+\w+)", text))
    times = {}
    for key, value in found.items():
        number, unit = re.fullmatch(r"([\d.]+)(\w+)", value).groups()  # type: ignore[union-attr]
        times[key] = float(number) * factors[unit]
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    assert rate is not None, text
    return Load(float(rate[1]), times["50"], times["99"])


def has_wrk() -> bool:
    return shutil.which("wrk") is not None


def main() -> None:
    """Run in a process of its own: port, connections, seconds and paths as arguments."""
    port, connections, seconds, *paths = sys.argv[1:]
    if has_wrk():
        load = press_with_wrk(int(port), paths[0], int(connections), float(seconds))
    else:
        load = press(int(port), paths, int(connections), float(seconds))
    print(json.dumps(asdict(load)))


if __name__ == "__main__":
    main()
