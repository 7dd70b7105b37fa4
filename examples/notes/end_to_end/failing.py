"""The application with a view that fails and one that takes its time, for looking at both."""

from __future__ import annotations

import time

from flask import Flask
from notes import create_app as create_notes


def create_app() -> Flask:
    """Build it."""
    app = create_notes()

    @app.get("/fail")
    def fail() -> str:
        """Fail with a value in a local variable."""
        answer = 6 * 7
        return str(answer // (answer - 42))

    @app.get("/slow/<float:seconds>")
    def slow(seconds: float) -> str:
        """Be busy for a while, ten seconds at most."""
        time.sleep(min(seconds, 10))
        return "done"

    return app
