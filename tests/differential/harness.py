"""Send a request to an application and write down all that can be noticed of it."""

from __future__ import annotations

import asyncio
import io
import logging
import re
import sys
import time
import typing as t
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from types import ModuleType

from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
)
from werkzeug.wrappers import Response as PlainResponse

#: What ``time.time`` says during a request, for the same signatures on both sides.
NOW = 1_750_000_000.25
#: All applications are called this, so that logger and error texts are the same.
APP_NAME = "differential_app"
LOGGER = logging.getLogger(APP_NAME)

_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
_CLOCK = re.compile(r"(Expires=\w+, \d\d \w+ )(20\d\d) \d\d:\d\d:\d\d")


class Blow(BaseException):
    """An error that no handler of errors may stop."""


class Odd(Exception):
    """An error of the applications' own."""


class OddChild(Odd):
    """One that a handler for its base gets."""


def make_error(kind: str) -> BaseException:
    """Return the exception that a plan names."""
    errors: dict[str, Callable[[], BaseException]] = {
        "value": lambda: ValueError("planned", 1),
        "key": lambda: KeyError("planned"),
        "odd": lambda: Odd("planned"),
        "child": lambda: OddChild("planned"),
        "400": BadRequest,
        "403": lambda: Forbidden("planned <b>"),
        "404": NotFound,
        "405": lambda: MethodNotAllowed(["PUT"]),
        "413": RequestEntityTooLarge,
        "500": InternalServerError,
        "teapot": lambda: HTTPException("no code"),
        "response": lambda: HTTPException(response=PlainResponse("of the error", 409)),
        "blow": lambda: Blow("planned"),
        "exit": lambda: SystemExit(3),
        "interrupt": KeyboardInterrupt,
        "generator": lambda: GeneratorExit("planned"),
        "memory": lambda: MemoryError("planned"),
        "recursion": lambda: RecursionError("planned"),
        "cancelled": lambda: asyncio.CancelledError("planned"),
    }
    return errors[kind]()


ERRORS = (
    "value",
    "key",
    "odd",
    "child",
    "400",
    "403",
    "404",
    "405",
    "413",
    "500",
    "teapot",
    "response",
    "blow",
    "exit",
    "interrupt",
    "generator",
    "memory",
    "recursion",
    "cancelled",
)


def plain(value: t.Any) -> t.Any:
    """Return a value in a form that is equal for both frameworks if it means the same."""
    if value is None or isinstance(value, (bool, int, float, bytes)):
        return value
    if isinstance(value, str):
        return _same_words(str(value))
    if isinstance(value, BaseException):
        return type(value).__name__, plain(getattr(value, "args", ())), _same_words(str(value))
    if isinstance(value, (list, tuple)):
        return tuple(plain(item) for item in value)
    if isinstance(value, (set, frozenset)):
        return tuple(sorted(repr(plain(item)) for item in value))
    if isinstance(value, dict):
        return tuple((plain(key), plain(item)) for key, item in value.items())
    return _same_words(repr(value))


def _same_words(text: str) -> str:
    return _ADDRESS.sub("0x", text).replace("fastflask", "flask")


def chain(error: BaseException | None) -> tuple[str, ...]:
    """Return the types of an exception and of those that a traceback shows with it."""
    found = []
    while error is not None and len(found) < 10:
        found.append(type(error).__name__)
        if error.__cause__ is not None:
            found.append("from")
            error = error.__cause__
        else:
            error = None if error.__suppress_context__ else error.__context__
    return tuple(found)


class Recorder:
    """What an application reports to, and what tells it where to fail."""

    def __init__(self, framework: ModuleType) -> None:
        self.framework = framework
        self.events: list[t.Any] = []
        self.plan: dict[str, str] = {}

    def note(self, *what: t.Any) -> None:
        """Write something down."""
        self.events.append(plain(what))

    def stage(self, name: str, *seen: t.Any) -> t.Any:
        """Write down that a stage is reached, and do there what the plan says.

        :return: what the plan wants the stage to return, or ``None``.
        """
        error = sys.exc_info()[1]
        self.note(name, *seen, *(() if error is None else ("while", chain(error))))
        action = self.plan.get(name)

        if action is None:
            return None
        if action.startswith("return:"):
            return action.partition(":")[2]
        raise make_error(action)


class _Records(logging.Handler):
    """Puts log records among the events."""

    recorder: Recorder | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if self.recorder is not None:
            info = record.exc_info
            error = info[1] if isinstance(info, tuple) else None
            self.recorder.note("log", record.levelname, record.getMessage(), chain(error))
            self.recorder.stage("log handler")


_records = _Records()
LOGGER.addHandler(_records)
LOGGER.propagate = False


class Input(io.BytesIO):
    """A body that may break off with an error."""

    breaks = False

    def read(self, *args: t.Any) -> bytes:
        if self.breaks:
            raise OSError("the client is gone")
        return super().read(*args)

    def readinto(self, buffer: t.Any) -> int:
        if self.breaks:
            raise OSError("the client is gone")
        return super().readinto(buffer)


class FileWrapper:
    """What a server offers for sending files."""

    def __init__(self, file: t.Any, size: int = 8192) -> None:
        self.file = file
        self.size = size
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        while data := self.file.read(self.size):
            yield data

    def close(self) -> None:
        self.closed = True
        self.file.close()


@dataclass
class Case:
    """One request: the environ, the settings it is made with, and how the server behaves."""

    environ: dict[str, t.Any]
    body: bytes = b""
    breaks: bool = False
    #: Configuration, and attributes of the application, for this request.
    settings: dict[str, t.Any] = field(default_factory=dict)
    #: Where to fail; see :class:`Recorder`.
    plan: dict[str, str] = field(default_factory=dict)
    #: How many items the server takes; all by default.
    takes: int | None = None
    closes: int = 1
    #: The server's function refuses the headers.
    refuses: bool = False
    #: A debugger wants to keep the contexts.
    preserve: bool = False

    def make_environ(self) -> dict[str, t.Any]:
        environ = dict(self.environ)
        if "wsgi.input" in environ:
            body = Input(self.body)
            body.breaks = self.breaks
            environ["wsgi.input"] = body
        if "wsgi.errors" in environ:
            environ["wsgi.errors"] = io.StringIO()
        if "wsgi.file_wrapper" in environ:
            environ["wsgi.file_wrapper"] = FileWrapper
        return environ


@contextmanager
def _settings(app: t.Any, settings: dict[str, t.Any]) -> Iterator[None]:
    before = dict(app.config)
    app.config.update(settings)
    try:
        yield
    finally:
        app.config.clear()
        app.config.update(before)


def send(app: t.Any, recorder: Recorder, case: Case) -> dict[str, t.Any]:
    """Send a request to an application and return what came of it."""
    recorder.events = []
    recorder.plan = case.plan
    _records.recorder = recorder
    real_time, time.time = time.time, lambda: NOW

    try:
        with _settings(app, case.settings):
            # Flask leaves contexts behind after some errors; the next request gets none of them.
            return copy_context().run(_send, app, recorder, case)
    finally:
        time.time = real_time
        _records.recorder = None


def _send(app: t.Any, recorder: Recorder, case: Case) -> dict[str, t.Any]:
    starts: list[t.Any] = []
    written: list[bytes] = []
    outcome: dict[str, t.Any] = {"starts": starts, "events": recorder.events}
    environ = case.make_environ()
    contexts = recorder.framework.globals

    def start_response(status: str, headers: t.Any, exc_info: t.Any = None) -> t.Any:
        assert type(headers) is list
        assert all(type(item) is tuple and len(item) == 2 for item in headers)
        recorder.stage("start response")
        starts.append((status, [_header(*item) for item in headers], exc_info is None))
        if case.refuses:
            raise OSError("no more")
        return written.append

    if case.preserve:
        environ["werkzeug.debug.preserve_context"] = lambda context: recorder.note(
            "preserve", type(context).__name__
        )

    try:
        body = app(environ, start_response)
    except BaseException as error:
        outcome["escaped"] = (*plain(error), chain(error))
    else:
        _consume(body, case, outcome, recorder)

    outcome["left"] = (
        contexts._cv_request.get(None) is None,
        contexts._cv_app.get(None) is None,
        plain(environ.get("werkzeug.request", "absent")),
        sorted(environ),
    )
    return outcome


def _header(name: str, value: str) -> tuple[t.Any, t.Any]:
    assert type(name) is str and type(value) is str
    if name == "Allow":
        return name, sorted(value.split(", "))
    if name == "Set-Cookie":
        return name, _CLOCK.sub(r"\1\2 CLOCK", value)
    return name, _same_words(value)


def _consume(body: t.Any, case: Case, outcome: dict[str, t.Any], recorder: Recorder) -> None:
    outcome["wrapper"] = type(body) is FileWrapper
    chunks: list[t.Any] = []

    try:
        if case.takes != 0:
            for chunk in body:
                chunks.append(chunk)
                if len(chunks) == case.takes:
                    break
    except BaseException as error:
        outcome["body error"] = (*plain(error), chain(error))

    outcome["chunks"] = [plain_body(chunk) for chunk in chunks]

    for _ in range(case.closes):
        recorder.note("close")
        _close(body, outcome)

    if not case.closes:
        # Otherwise the end of a generator would come at the next garbage collection.
        outcome["events"] = list(recorder.events)
        _close(body, {})


def _close(body: t.Any, outcome: dict[str, t.Any]) -> None:
    try:
        if hasattr(body, "close"):
            body.close()
    except BaseException as error:
        outcome["close error"] = (*plain(error), chain(error))


def plain_body(chunk: t.Any) -> t.Any:
    """Return an item of a body, as text if it is bytes, as another thing if it is not."""
    if isinstance(chunk, str):
        return "text", chunk
    return _same_words(chunk.decode("latin-1")) if isinstance(chunk, bytes) else plain(chunk)
