"""What to do to a server on its socket, and the servers to do it to."""

from __future__ import annotations

import errno
import http.client
import importlib.util
import json
import os
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import typing as t
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

HERE = Path(__file__).parent.parent
SERVERS = {
    "gunicorn-sync": ("gunicorn", "-k", "sync", "-w", "3", "-b", "127.0.0.1:{port}"),
    "gunicorn-gthread": ("gunicorn", "-k", "gthread", "--threads", "6", "-b", "127.0.0.1:{port}"),
    "gunicorn-gevent": ("gunicorn", "-k", "gevent", "-b", "127.0.0.1:{port}"),
    "waitress": ("waitress", "--threads", "6", "--listen", "127.0.0.1:{port}"),
    "granian": (
        *("granian", "--interface", "wsgi", "--blocking-threads", "6"),
        *("--host", "127.0.0.1", "--port", "{port}"),
    ),
}
#: What a server says when a worker of its has died.
DEATHS = re.compile(
    r"WORKER TIMEOUT|SIGSEGV|SIGKILL|SIGABRT|Segmentation|core dumped|Worker failed|died|panick",
    re.IGNORECASE,
)
_tokens = count(1)


def is_installed(name: str) -> bool:
    module = "gevent" if name.endswith("gevent") else SERVERS[name][0]
    return importlib.util.find_spec(module) is not None


class Server:
    """A server in a process of its own, with ``served.app``."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process, self.port, self.log = process, port, log

    def get(self, path: str, timeout: float = 30) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def states(self) -> dict[int, dict[str, t.Any]]:
        """Return what each worker process tells of itself."""
        found = [json.loads(self.get("/state")[1]) for _ in range(20)]
        return {state["pid"]: state for state in found}

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)


@contextmanager
def serving(name: str, folder: Path) -> Iterator[Server]:
    """Run one of the servers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    log = folder / "log"
    paths = [str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m"),
                *(part.format(port=port) for part in SERVERS[name]),
                "hostile.served:app",
            ],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    server = Server(process, port, log)
    limit = time.monotonic() + 60
    try:
        while True:
            try:
                if server.get("/health") == (200, "fine"):
                    break
            except OSError:
                pass
            assert process.poll() is None and time.monotonic() < limit, log.read_text()
            time.sleep(0.1)
        yield server
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Prober(threading.Thread):
    """Asks again and again whether a server is well."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self.server = server
        self.ended = threading.Event()
        self.probes = 0
        self.failures: list[str] = []

    def run(self) -> None:
        while not self.ended.wait(0.05):
            self.probes += 1
            try:
                answer = self.server.get("/health")
                if answer != (200, "fine"):
                    self.failures.append(repr(answer))
            except Exception as error:
                self.failures.append(repr(error))


# What is done on a connection. Each returns the tokens that may be in what comes back.


def make_token() -> str:
    return f"t{next(_tokens)}"


def head(method: str, path: str, *headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def garbage(connection: socket.socket, rnd: random.Random) -> list[str]:
    connection.sendall(
        rnd.choice(
            (
                rnd.randbytes(rnd.randrange(1, 3000)),
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + rnd.randbytes(300),
                b"GET\r\n\r\n",
                b"GET / HTTP/9.9\r\n\r\n",
                b"\r\n" * 50,
                b"GET " + b"/" * 20_000 + b" HTTP/1.1\r\n\r\n",
                b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
                b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 5_000 + b"\r\n",
                b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
                b"GET / HTTP/1.1\r\nHo st: a\r\n\r\n",
                b"GET / HTTP/1.1\r\n: a\r\n\r\n",
                b"POST /body/x HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
                b"POST /body/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n"
                b"\r\nab",
                b"POST /body/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                b"POST /body/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                b"Content-Length: 3\r\n\r\n3\r\nabc\r\n",
                b"POST /body/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
                b"GET /health?\xff\xfe=%zz HTTP/1.1\r\nHost: \xff\r\nCookie: session=\xff\r\n\r\n",
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            )
        )
    )
    return []


def pipeline(connection: socket.socket, rnd: random.Random) -> list[str]:
    tokens = [make_token() for _ in range(rnd.randrange(2, 10))]
    sent = b""
    for token in tokens:
        if rnd.random() < 0.5:
            sent += head("GET", f"/token/{token}")
        else:
            sent += head("POST", f"/body/{token}", "Content-Length: 5") + b"GET /"
    connection.sendall(sent)
    connection.shutdown(socket.SHUT_WR)
    return tokens


def half_close(connection: socket.socket, rnd: random.Random) -> list[str]:
    token = make_token()
    connection.sendall(head("GET", f"/token/{token}"))
    connection.shutdown(socket.SHUT_WR)
    return [token]


def half_close_in_body(connection: socket.socket, rnd: random.Random) -> list[str]:
    token = make_token()
    kind = rnd.choice(("body", "form"))
    connection.sendall(head("POST", f"/{kind}/{token}", "Content-Length: 1000") + b"a=1&b=")
    connection.shutdown(socket.SHUT_WR)
    return [token]


def reset_in_body(connection: socket.socket, rnd: random.Random) -> list[str]:
    token = make_token()
    size = f"Content-Length: {rnd.choice((10, 100_000, 999_999))}"
    kind = "Content-Type: multipart/form-data; boundary=b"
    start = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
    connection.sendall(head("POST", f"/form/{token}", size, kind) + start[: rnd.randrange(60)])
    time.sleep(rnd.choice((0, 0, 0.01)))
    reset(connection)
    return [token]


def slow(connection: socket.socket, rnd: random.Random) -> list[str]:
    token = make_token()
    data = head("POST", f"/body/{token}", "Content-Length: 10", "Connection: close") + b"0123456789"
    for start in range(0, len(data), 4):
        connection.sendall(data[start : start + 4])
        time.sleep(0.01)
    return [token]


def leave_stream(connection: socket.socket, rnd: random.Random) -> list[str]:
    token = make_token()
    kind = rnd.choice(("stream", "plain"))
    connection.sendall(head("GET", f"/{kind}/{token}/{rnd.choice((20, 200))}"))
    for _ in range(rnd.randrange(3)):
        connection.recv(200)
    if rnd.random() < 0.5:
        reset(connection)
    else:
        connection.close()
    return [token]


def chunked(connection: socket.socket, rnd: random.Random) -> list[str]:
    token = make_token()
    connection.sendall(
        head("POST", f"/body/{token}", "Transfer-Encoding: chunked", "Connection: close")
        + b"5\r\nabcde\r\n" * rnd.randrange(1, 50)
        + rnd.choice((b"0\r\n\r\n", b"5\r\nab", b"ffffffffff\r\n", b""))
    )
    connection.shutdown(socket.SHUT_WR)
    return [token]


def plain(connection: socket.socket, rnd: random.Random) -> list[str]:
    token = make_token()
    method = rnd.choice(("GET", "PUT", "HEAD", "OPTIONS", "BREW", "get"))
    connection.sendall(head(method, f"/token/{token}", "Connection: close"))
    return [token]


def too_much(connection: socket.socket, rnd: random.Random) -> list[str]:
    token = make_token()
    connection.sendall(
        head("POST", f"/body/{token}", "Content-Length: 2000000", "Connection: close")
        + b"x" * 10_000
    )
    connection.shutdown(socket.SHUT_WR)
    return [token]


def reset(connection: socket.socket) -> None:
    """Close a connection so that the other side gets an error."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


ATTACKS: tuple[Callable[[socket.socket, random.Random], list[str]], ...] = (
    *(garbage, garbage, pipeline, half_close, half_close_in_body, reset_in_body),
    *(slow, leave_stream, leave_stream, chunked, plain, plain, too_much),
)
_ANSWERED = re.compile(rb"<(t\d+)>")


def attack(server: Server, rnd: random.Random) -> str | None:
    """Do one of these. Return what was wrong with what came back."""
    chosen = rnd.choice(ATTACKS)
    received = b""
    try:
        with server.connect() as connection:
            tokens = chosen(connection, rnd)
            if chosen is garbage:
                # Perhaps the beginning of something, for which a server goes on waiting.
                connection.settimeout(0.5)
            while len(received) < 1_000_000 and (data := connection.recv(65536)):
                received += data
    except TimeoutError:
        return None if chosen is garbage else f"{chosen.__name__}: no end after {received[:200]!r}"
    except ConnectionError:
        return None
    except OSError as error:
        # Of a socket that the attack has closed, or that the server has before the attack shuts it.
        known = error.errno in {errno.EBADF, errno.ENOTCONN}
        return None if known else f"{chosen.__name__}: {error!r}"

    if b" 500 " in received:
        return f"{chosen.__name__}: {received[:200]!r}"
    found = [token.decode() for token in _ANSWERED.findall(received)]
    if chosen in {plain, slow} and not received.startswith(b"HTTP/1."):
        return f"{chosen.__name__}: no answer but {received[:200]!r}"
    # Each once, but for streams, and in the order of the requests.
    if list(dict.fromkeys(found)) != tokens[: len(set(found))]:
        return f"{chosen.__name__}: {found} for {tokens}"
    return None


def charge(server: Server, attacks: int, threads: int, seed: int) -> list[str]:
    """Attack from several threads at once; return what was wrong."""
    wrong: list[str] = []

    def work(number: int) -> None:
        rnd = random.Random(seed * 1_000 + number)
        for _ in range(attacks // threads):
            try:
                found = attack(server, rnd)
            except Exception as error:
                found = repr(error)
            if found is not None:
                wrong.append(found)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return wrong
