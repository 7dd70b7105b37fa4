"""Errors as a page for people and as JSON for programs."""

from __future__ import annotations

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from fastflask import Flask, json, render_template, request

from .formats import size_limit

_TITLES = {
    400: "That did not work",
    403: "Not allowed",
    404: "Page not found",
    405: "Not possible here",
    413: "Too much at once",
    500: "Something went wrong",
    503: "Not ready yet",
}
_MESSAGES = {
    404: "There is nothing at this address. It may have been deleted, or the link may be wrong.",
    405: "This address does not answer that kind of request.",
    500: "The fault is ours, and it has been written down. Please try again in a moment.",
}


def init_app(app: Flask) -> None:
    """Answer every HTTP error, and every unexpected exception, with a page of our own."""
    app.register_error_handler(HTTPException, show_error)


def show_error(error: HTTPException) -> Response:
    """The response for an error. Headers such as ``Allow`` stay as they were.

    :param error: what was raised; an unexpected exception arrives as a plain 500.
    """
    response = error.get_response()
    if request.path.startswith("/api/"):
        problem = {"code": error.code, "message": _message(error)}
        response.set_data(json.dumps({"error": problem}) + "\n")
        response.content_type = "application/json"
    else:
        title = _TITLES.get(error.code or 500, error.name)
        page = render_template("error.html", code=error.code, title=title, message=_message(error))
        response.set_data(page)
        response.content_type = "text/html; charset=utf-8"
    return response


def _message(error: HTTPException) -> str:
    if error.code == 413:
        return f"A note with its files may have at most {size_limit()}, its text much less."
    return _MESSAGES.get(error.code or 500) or error.description or error.name
