"""Work in the background. The worker is started with ``celery -A notes.worker worker``.

Without Redis there is no worker: jobs are done at once, by the process that asks for them.
"""

from __future__ import annotations

from typing import Any

from celery import Celery, Task
from flask import Flask


def init_app(app: Flask) -> None:
    """Make the application's Celery, for the jobs that the modules share."""

    class JobInContext(Task):
        abstract = True

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            with app.app_context():
                return self.run(*args, **kwargs)

    celery = Celery(app.name, task_cls=JobInContext)
    celery.config_from_object(app.config["CELERY"])
    celery.set_default()
    app.extensions["celery"] = celery


def __getattr__(name: str) -> Any:
    # What "celery -A notes.worker" looks for. Importing this module alone builds no application.
    if name == "app":
        from . import create_app

        return create_app().extensions["celery"]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
