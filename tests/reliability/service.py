"""An application with each kind of answer, and the requests for them."""

from __future__ import annotations

import io
import logging
import typing as t
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import CodeType, ModuleType, TracebackType

Environ = dict[str, t.Any]
#: An instruction of a Python function that calls something.
Call = tuple[CodeType, int]
COMPILED = ".pxi", ".pyx"

BOUNDARY = "end-of-part"
FILE = b"line of a file\n" * 100
UPLOAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="title"\r\n\r\nnotes\r\n'
    f"--{BOUNDARY}\r\n"
    'Content-Disposition: form-data; name="file"; filename="notes.txt"\r\n'
    "Content-Type: text/plain\r\n\r\n"
).encode() + b"%s\r\n--%s--\r\n" % (FILE, BOUNDARY.encode())


@dataclass(frozen=True)
class Kind:
    """A request and the answer to it."""

    status: int
    path: str
    method: str = "GET"
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def make_environ(self) -> Environ:
        return {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "CONTENT_LENGTH": str(len(self.body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **self.headers,
        }


KINDS = {
    "hello": Kind(200, "/"),
    "json": Kind(200, "/json"),
    "session": Kind(200, "/session"),
    "404": Kind(404, "/missing"),
    "405": Kind(405, "/", "POST"),
    "308": Kind(308, "/branch"),
    "500": Kind(500, "/fail"),
    "stream": Kind(200, "/stream"),
    "upload": Kind(
        200,
        "/upload",
        "POST",
        UPLOAD,
        {"CONTENT_TYPE": f"multipart/form-data; boundary={BOUNDARY}"},
    ),
}


class Place(t.NamedTuple):
    """Where an error comes from."""

    file: str = ""
    line: int = 0
    #: The innermost call of a Python function; the compiled module may be within.
    call: Call | None = None

    @property
    def compiled(self) -> bool:
        return self.file.endswith(COMPILED)

    @classmethod
    def of(cls, traceback: TracebackType | None) -> Place:
        place = cls()
        call: Call | None = None
        while traceback is not None:
            code = traceback.tb_frame.f_code
            if not code.co_filename.endswith(COMPILED):
                call = code, traceback.tb_lasti
            place = cls(code.co_filename, traceback.tb_lineno, call)
            traceback = traceback.tb_next
        return place


class Records(logging.Handler):
    """Keeps the errors that are logged, without their tracebacks."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[BaseException] = []
        #: Where the last one comes from.
        self.place = Place()

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            self.place = Place.of(error.__traceback__)
            self.errors.append(error.with_traceback(None))


def make_app(framework: ModuleType) -> tuple[t.Any, Records]:
    """Return the application, made with Flask or with fastflask, and what it logs."""
    app = framework.Flask("reliability", static_folder=None)
    app.secret_key = "a key"
    request, session = framework.request, framework.session
    g = framework.g

    def hello() -> str:
        # A context that an earlier request left behind would have it already.
        assert "seen" not in g
        g.seen = request.path
        return "hello"

    def write_session() -> str:
        session["count"] = session.get("count", 0) + 1
        return "written"

    # Not in the view: CPython 3.12 and 3.13 free the code of an inner function once too often if
    # there is no memory for the function.
    def body() -> Iterator[str]:
        yield request.path
        yield "end"

    def stream() -> t.Any:
        return framework.stream_with_context(body())

    def fail() -> str:
        raise ValueError("planned")

    def upload() -> str:
        file = request.files["file"]
        return f"{request.form['title']} {file.filename} {len(file.read())}"

    app.add_url_rule("/", view_func=hello)
    app.add_url_rule("/json", view_func=lambda: {"a": [1, None], "b": "text"}, endpoint="json")
    app.add_url_rule("/session", view_func=write_session)
    app.add_url_rule("/branch/", view_func=lambda: "branch", endpoint="branch")
    app.add_url_rule("/fail", view_func=fail)
    app.add_url_rule("/stream", view_func=stream)
    app.add_url_rule("/upload", view_func=upload, methods=["POST"])

    records = Records()
    app.logger.handlers[:] = [records]
    app.logger.propagate = False
    return app, records


@dataclass
class Answer:
    """What a server sees of an answer."""

    status: str | None = None
    body: bytes = b""
    error: BaseException | None = None

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Answer)
            and (self.status, self.body) == (other.status, other.body)
            and self.error is other.error is None
        )


def ask(
    app: t.Any,
    kind: Kind,
    before_call: Callable[[], t.Any] = int,
    before_close: Callable[[], t.Any] = int,
) -> Answer:
    """Send a request, read all of the answer and close it, as a server does.

    :param before_call: called right before the application.
    :param before_close: called when all has been read, or nothing more can be.
    """
    answer = Answer()
    environ = kind.make_environ()
    chunks: list[bytes] = []
    body: t.Any = None

    def start_response(status: str, headers: t.Any, exc_info: t.Any = None) -> None:
        answer.status = status

    before_call()
    try:
        body = app(environ, start_response)
        for chunk in body:
            chunks.append(chunk)
    except BaseException as error:
        answer.error = error
    before_close()
    try:
        if hasattr(body, "close"):
            body.close()
    except BaseException as error:
        answer.error = answer.error or error
    answer.body = b"".join(chunks)
    return answer
