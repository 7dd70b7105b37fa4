"""WSGI environments as a server makes them, and a server's part of a request.

Each workload has a list of environments that differ in path, headers, cookies and body. What is
measured takes them in turn, so that nothing answers from what the last call left behind.
"""

from __future__ import annotations

import io
import itertools
import sys
import typing as t
from dataclasses import dataclass, field
from random import Random

#: A prime, so that the cycle of environments does not fall in step with anything else.
VARIETY = 97

Environ = dict[str, t.Any]
Application = t.Callable[[Environ, t.Callable[..., t.Any]], t.Iterable[bytes]]

_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:{}.0) Gecko/20100101 Firefox/{}.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/{}.0.{}.0",
    "curl/8.{}.{}",
    "python-requests/2.{}.{}",
)
_LANGUAGES = ("en-GB,en;q=0.5", "de,en;q=0.7", "fr-CH, fr;q=0.9, en;q=0.8", "ja")


@dataclass
class Call:
    """One request to make: what a client chooses."""

    path: str
    method: str = "GET"
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_type: str = ""


@dataclass(frozen=True)
class Answer:
    """One response, as a server sees it."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def code(self) -> int:
        return int(self.status[:3])


def make_environ(call: Call, random: Random) -> Environ:
    """Return what Gunicorn would hand to an application, key by key."""
    low, high = random.randrange(90, 140), random.randrange(1, 90)
    environ: Environ = {
        "wsgi.errors": sys.stderr,
        "wsgi.version": (1, 0),
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input": io.BytesIO(),
        "wsgi.input_terminated": True,
        "wsgi.url_scheme": "http",
        "SERVER_SOFTWARE": "bench/1.0",
        "REQUEST_METHOD": call.method,
        "QUERY_STRING": call.query,
        "RAW_URI": f"{call.path}?{call.query}" if call.query else call.path,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": f"api{random.randrange(9)}.example.com:8000",
        "HTTP_USER_AGENT": random.choice(_AGENTS).format(low, high),
        "HTTP_ACCEPT": "text/html,application/json;q=0.9,*/*;q=0.8",
        "HTTP_ACCEPT_LANGUAGE": random.choice(_LANGUAGES),
        "HTTP_ACCEPT_ENCODING": "gzip, deflate",
        "HTTP_CONNECTION": "keep-alive",
        "HTTP_X_REQUEST_ID": f"{random.getrandbits(64):016x}",
        "REMOTE_ADDR": f"10.0.{random.randrange(256)}.{random.randrange(256)}",
        "REMOTE_PORT": str(random.randrange(20000, 60000)),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "PATH_INFO": call.path,
        "SCRIPT_NAME": "",
    }
    if call.body:
        environ["CONTENT_LENGTH"] = str(len(call.body))
        environ["CONTENT_TYPE"] = call.content_type
    for name, value in call.headers.items():
        environ["HTTP_" + name.upper().replace("-", "_")] = value
    return environ


def make_environs(name: str, calls: t.Sequence[Call]) -> list[tuple[Environ, bytes]]:
    """Return environments and bodies, the same ones in each process."""
    random = Random(name)
    return [(make_environ(call, random), call.body) for call in calls]


def _start_response(status: str, headers: list[tuple[str, str]], exc_info: t.Any = None) -> None:
    """Take note of nothing: the part of a server that each contender pays alike."""


def make_request(
    application: Application, environs: t.Sequence[tuple[Environ, bytes]]
) -> t.Callable[[], None]:
    """Return a function that has the next of the environments answered, as a server does."""
    take = itertools.cycle(environs).__next__

    if not any(body for _, body in environs):

        def request() -> None:
            answer = application(take()[0].copy(), _start_response)
            for _ in answer:
                pass
            close = getattr(answer, "close", None)
            if close is not None:
                close()

        return request

    def request_with_body() -> None:
        environ, body = take()
        environ = environ.copy()
        environ["wsgi.input"] = io.BytesIO(body)
        answer = application(environ, _start_response)
        for _ in answer:
            pass
        close = getattr(answer, "close", None)
        if close is not None:
            close()

    return request_with_body


def get_answers(
    application: Application, environs: t.Sequence[tuple[Environ, bytes]]
) -> list[Answer]:
    """Return what an application answers to each of the environments."""
    return [_get_answer(application, {**environ}, body) for environ, body in environs]


def _get_answer(application: Application, environ: Environ, body: bytes) -> Answer:
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: t.Any = None
    ) -> t.Callable[[bytes], t.Any]:
        started.append((status, list(headers)))
        return parts.append

    parts: list[bytes] = []
    environ["wsgi.input"] = io.BytesIO(body)
    answer = application(environ, start_response)
    parts.extend(answer)
    close = getattr(answer, "close", None)
    if close is not None:
        close()

    ((status, headers),) = started
    return Answer(status, tuple(headers), b"".join(parts))
