"""The application that the servers of ``traffic`` serve. It tells of what went wrong in it."""

from __future__ import annotations

import os
import time
import typing as t
from contextlib import suppress

from fastflask import (
    Flask,
    Response,
    active_requests,
    g,
    got_request_exception,
    has_request_context,
    request,
    session,
    stream_with_context,
)

app = Flask("served", static_folder=None)
app.secret_key = "a key"
app.config["MAX_CONTENT_LENGTH"] = 1_000_000
#: What must not happen: an error of the server, a request that sees another one's values.
troubles: list[str] = []


with suppress(ImportError):
    # An error of no common kind, which so is one of the application, with Flask as well.
    from gunicorn.http.errors import ParseException

    app.register_error_handler(ParseException, lambda error: ("no HTTP", 400))


@got_request_exception.connect_via(app)
def note_error(sender: Flask, exception: BaseException, **_: t.Any) -> None:
    troubles.append(repr(exception))


def check(token: str) -> None:
    found = g.token, session.get("token"), request.view_args
    if found != (token, token, {**(request.view_args or {}), "token": token}):
        troubles.append(f"{token} sees {found}")


@app.before_request
def begin() -> None:
    if "token" in g or "token" in session:
        troubles.append(f"{request.path} begins with {g.get('token')!r}")
    if request.view_args and "token" in request.view_args:
        g.token = session["token"] = request.view_args["token"]


@app.get("/health")
def health() -> str:
    return "fine"


@app.get("/state")
def state() -> dict[str, t.Any]:
    return {"pid": os.getpid(), "troubles": troubles[:5], "active": len(active_requests())}


@app.route("/token/<token>", methods=["GET", "PUT"])
def token(token: str) -> str:
    time.sleep(0.001)
    check(token)
    return f"<{token}>"


@app.post("/body/<token>")
def body(token: str) -> str:
    size = len(request.get_data())
    check(token)
    return f"<{token}> {size}"


@app.post("/form/<token>")
def form(token: str) -> str:
    size = len(request.form) + len(request.files)
    check(token)
    return f"<{token}> {size}"


@app.get("/stream/<token>/<int:count>")
def stream(token: str, count: int) -> Response:
    @stream_with_context
    def items() -> t.Iterator[str]:
        for _ in range(count):
            check(token)
            yield f"<{token}>" * 100
            time.sleep(0.001)

    return Response(items())


@app.get("/plain/<token>/<int:count>")
def plain(token: str, count: int) -> Response:
    def items() -> t.Iterator[str]:
        for _ in range(count):
            if has_request_context() and request.view_args.get("token") != token:
                troubles.append(f"the stream of {token} is in {request.path}")
            yield f"<{token}>" * 100
            time.sleep(0.001)

    return Response(items())
