"""Errors as a page for people and as JSON for programs."""

from __future__ import annotations

from flask import Flask, current_app, json, render_template, request
from flask_wtf.csrf import CSRFError
from redis import RedisError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, ServiceUnavailable
from werkzeug.wrappers import Response

from .formats import size_limit

_TITLES = {
    400: "That did not work",
    403: "Not allowed",
    404: "Page not found",
    405: "Not possible here",
    413: "Too much at once",
    500: "Something went wrong",
    503: "Not ready now",
}
_MESSAGES = {
    404: "There is nothing at this address. It may have been deleted, or the link may be wrong.",
    405: "This address does not answer that kind of request.",
    500: "The fault is ours, and it has been written down. Please try again in a moment.",
}
_OUTAGE = "The database or the session store does not answer. Please try again in a moment."


def init_app(app: Flask) -> None:
    """Answer every HTTP error, and every unexpected exception, with a page of our own."""
    app.register_error_handler(HTTPException, show_error)
    app.register_error_handler(CSRFError, show_expired)
    app.register_error_handler(OperationalError, show_outage)
    app.register_error_handler(RedisError, show_outage)


def show_expired(error: CSRFError) -> Response:
    """A form without its token: most often one that was open for too long."""
    error.description = "This form has expired. Go back, reload the page and send it again."
    return show_error(error)


def show_outage(error: Exception) -> Response:
    """A service that does not answer."""
    current_app.logger.error("outage: %s", error)
    return show_error(ServiceUnavailable(_OUTAGE))


def show_error(error: HTTPException) -> Response:
    """The response for an error. Headers such as ``Allow`` stay as they were.

    :param error: what was raised; an unexpected exception arrives as a plain 500.
    """
    # An outage that shows when the session is saved is past the other handlers.
    if isinstance(getattr(error, "original_exception", None), RedisError):
        error = ServiceUnavailable(_OUTAGE)
    response = error.get_response()
    if request.path.startswith("/api/"):
        problem = {"code": error.code, "message": _message(error)}
        response.set_data(json.dumps({"error": problem}) + "\n")
        response.content_type = "application/json"
    else:
        title = _TITLES.get(error.code or 500, error.name)
        # Without its services the page can tell nothing of who is asking.
        page = "outage.html" if error.code == 503 else "error.html"
        response.set_data(
            render_template(page, code=error.code, title=title, message=_message(error))
        )
        response.content_type = "text/html; charset=utf-8"
    return response


def _message(error: HTTPException) -> str:
    if error.code == 413:
        return f"A note with its files may have at most {size_limit()}, its text much less."
    return _MESSAGES.get(error.code or 500) or error.description or error.name
