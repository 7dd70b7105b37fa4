"""What is asked for: each workload of the cycle, and what its answers have in common.

The applications that answer are in ``apps.py`` and ``rivals``, in functions of the same name.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
from dataclasses import dataclass
from random import Random
from urllib.parse import urlencode

from .environs import VARIETY, Answer, Application, Call, get_answers, make_environs, make_request

SECRET = "only for measuring"
GREETING = "Hello, World!"
#: Resources of the larger API; each has three rules.
RESOURCES = [
    f"{kind}{number}" for kind in ("users", "orders", "files", "teams") for number in range(25)
]

_BOUNDARY = "----bench5f1c0a7e"


@dataclass(frozen=True)
class Workload:
    """One kind of request."""

    name: str
    title: str
    calls: tuple[Call, ...]
    code: int = 200
    #: What frameworks agree on beyond the status: "text", "json" or "nothing".
    same: str = "text"

    def environs(self) -> list[tuple[dict[str, t.Any], bytes]]:
        return make_environs(self.name, self.calls)

    def request(self, application: Application) -> t.Callable[[], None]:
        """Return what is measured."""
        return make_request(application, self.environs())

    def answers(self, application: Application) -> list[Answer]:
        return get_answers(application, self.environs())

    def meaning(self, answer: Answer) -> tuple[int, t.Any]:
        """Return what any framework has to answer, however it puts it."""
        body: t.Any = None
        if self.same == "text":
            body = answer.body
        elif self.same == "json":
            body = json.dumps(json.loads(answer.body), sort_keys=True)
        return answer.code, body


WORKLOADS: dict[str, Workload] = {}


def _workload(
    title: str, *, code: int = 200, same: str = "text"
) -> t.Callable[[t.Callable[[Random, int], Call]], t.Callable[[Random, int], Call]]:
    """Register a workload under its function's name. The function makes the n-th call."""

    def register(make: t.Callable[[Random, int], Call]) -> t.Callable[[Random, int], Call]:
        name = make.__name__
        random = Random(name)
        calls = tuple(make(random, number) for number in range(VARIETY))
        WORKLOADS[name] = Workload(name, title, calls, code, same)
        return make

    return register


def _word(random: Random) -> str:
    return "".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=random.randrange(4, 10)))


@_workload("hello")
def hello(random: Random, n: int) -> Call:
    return Call("/")


@_workload("JSON", same="json")
def json_out(random: Random, n: int) -> Call:
    return Call("/json")


@_workload("path with an int")
def path_int(random: Random, n: int) -> Call:
    return Call(f"/users/{random.randrange(1_000_000)}")


@_workload("query and header")
def query_header(random: Random, n: int) -> Call:
    query = urlencode({"q": _word(random), "page": random.randrange(50), "sort": "name"})
    return Call("/search", query=query, headers={"X-Tenant": _word(random)})


@_workload("JSON echo", same="json")
def json_echo(random: Random, n: int) -> Call:
    document = {
        "id": random.randrange(10_000),
        "name": _word(random),
        "tags": [_word(random) for _ in range(5)],
        "address": {"street": _word(random), "number": random.randrange(200)},
    }
    body = json.dumps(document).encode()
    return Call("/echo", "POST", body=body, content_type="application/json")


@_workload("form")
def form(random: Random, n: int) -> Call:
    fields = {
        "name": _word(random),
        "mail": f"{_word(random)}@example.com",
        "age": n,
        "text": "a b",
    }
    content_type = "application/x-www-form-urlencoded"
    return Call("/form", "POST", body=urlencode(fields).encode(), content_type=content_type)


@_workload("upload")
def upload(random: Random, n: int) -> Call:
    content = random.randbytes(4096)
    head = (
        f"--{_BOUNDARY}\r\n"
        f'Content-Disposition: form-data; name="title"\r\n\r\n{_word(random)}\r\n'
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{n}.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = head.encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode()
    content_type = f"multipart/form-data; boundary={_BOUNDARY}"
    return Call("/upload", "POST", body=body, content_type=content_type)


def session_serializer() -> t.Any:
    """Return what signs a session as Flask does, for frameworks without one."""
    from itsdangerous import URLSafeTimedSerializer

    return URLSafeTimedSerializer(
        SECRET,
        salt="cookie-session",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha1},
    )


@_workload("session")
def session(random: Random, n: int) -> Call:
    cookie = session_serializer().dumps({"user": _word(random), "visits": n})
    return Call("/visits", headers={"Cookie": f"theme=dark; session={cookie}"})


@_workload("template", same="nothing")
def template(random: Random, n: int) -> Call:
    return Call("/page", query=urlencode({"name": f"<{_word(random)}>"}))


@_workload("redirect, url_for", code=302, same="nothing")
def redirect(random: Random, n: int) -> Call:
    return Call(f"/old/{random.randrange(1_000_000)}")


@_workload("404", code=404, same="nothing")
def not_found(random: Random, n: int) -> Call:
    return Call(f"/{_word(random)}/{_word(random)}")


@_workload("405", code=405, same="nothing")
def wrong_method(random: Random, n: int) -> Call:
    return Call("/", "POST")


@_workload("cookies")
def cookies(random: Random, n: int) -> Call:
    sent = f"token={random.getrandbits(64):x}; theme={_word(random)}; seen={n}"
    return Call("/cookies", headers={"Cookie": sent})


@_workload("hooks, 3 of each")
def hooks(random: Random, n: int) -> Call:
    return Call("/")


@_workload("nested blueprint")
def blueprint(random: Random, n: int) -> Call:
    return Call(f"/api/v1/items/{random.randrange(1_000_000)}")


@_workload("error handler", code=409, same="json")
def error_handler(random: Random, n: int) -> Call:
    return Call(f"/orders/{random.randrange(1_000_000)}")


@_workload("static file")
def static_file(random: Random, n: int) -> Call:
    return Call("/static/style.css")


@_workload("stream of 10")
def stream(random: Random, n: int) -> Call:
    return Call("/stream")


@_workload("async view")
def async_view(random: Random, n: int) -> Call:
    return Call("/")


@_workload("10 proxy reads")
def proxies(random: Random, n: int) -> Call:
    return Call("/", query=f"n={n}")


@_workload("300 REST routes")
def rest(random: Random, n: int) -> Call:
    resource, number = random.choice(RESOURCES), random.randrange(100_000)
    tail = ("", f"/{number}", f"/{number}/notes/{n}")[n % 3]
    return Call(f"/api/{resource}{tail}")
