"""Logs: a JSON object on each line, or plain text for a person at a terminal.

Every line of a request, whoever logs it, carries the request's number. nginx may give the number,
then its own log has the same one.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import uuid

from flask import Flask, Response, g, has_request_context, request

from .security import known_user

_GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}")
_requests = logging.getLogger("notes.requests")


class JsonLines(logging.Formatter):
    """One JSON object for each record; what is in its attribute ``fields`` is added."""

    converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{record.msecs:03.0f}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if has_request_context():
            line["request_id"] = g.get("request_id")
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def init_app(app: Flask) -> None:
    """Set up the log, and note each request."""
    app.before_request(number_request)
    app.after_request(log_request)
    wanted = app.config["LOG_FORMAT"] or ("text" if sys.stderr.isatty() else "json")
    if wanted not in ("text", "json"):
        raise ValueError(f"LOG_FORMAT is {wanted!r}; it can be 'text' or 'json'")
    # At a terminal the development server shows each request already.
    _requests.setLevel(logging.INFO if wanted == "json" else logging.WARNING)
    if wanted == "json" and not app.testing:
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines())
        logging.basicConfig(level=logging.INFO, handlers=[handler])


def number_request() -> None:
    """Give the request its number, and start its clock."""
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _GIVEN.fullmatch(given) else uuid.uuid4().hex
    g.started = time.perf_counter()


def log_request(response: Response) -> Response:
    """Write one line about the request."""
    # A failure before the first step, such as that of the session store, has neither.
    if "request_id" not in g:
        number_request()
    response.headers["X-Request-ID"] = g.request_id
    if _requests.isEnabledFor(logging.INFO):
        _requests.info(
            "%s %s",
            request.method,
            request.path,
            extra={
                "fields": {
                    "method": request.method,
                    "path": request.path,
                    "endpoint": request.endpoint,
                    "status": response.status_code,
                    "ms": round((time.perf_counter() - g.started) * 1000, 1),
                    "remote": request.remote_addr,
                    "user": getattr(known_user(), "id", None),
                }
            },
        )
    return response
