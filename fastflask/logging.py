"""The logger of an application, and where it writes if nothing else is set up."""

from __future__ import annotations

import logging
import sys
import typing as t

from werkzeug.local import LocalProxy

from .globals import request

if t.TYPE_CHECKING:
    from .sansio.app import App


@LocalProxy
def wsgi_errors_stream() -> t.TextIO:
    """Return the server's error stream in a request, ``sys.stderr`` elsewhere.

    It is looked up for each use, so a :class:`logging.StreamHandler` can keep
    it. A logging configuration written as data names it
    ``ext://fastflask.logging.wsgi_errors_stream``.

    .. versionadded:: 0.1
    """
    if request:
        return t.cast("t.TextIO", request.environ["wsgi.errors"])
    return sys.stderr


def has_level_handler(logger: logging.Logger) -> bool:
    """Return whether a message at the logger's effective level reaches a handler.

    :param logger: where the message starts. Its ancestors are asked as well,
        as far as messages propagate.

    .. versionadded:: 0.1
    """
    threshold = logger.getEffectiveLevel()
    source: logging.Logger | None = logger
    while source:
        for handler in source.handlers:
            if handler.level <= threshold:
                return True
        source = source.parent if source.propagate else None
    return False


#: Writes to :data:`wsgi_errors_stream`: time, level, module and message.
default_handler = logging.StreamHandler(t.cast("t.TextIO", wsgi_errors_stream))
default_handler.setFormatter(
    logging.Formatter("[%(asctime)s] %(levelname)s in %(module)s: %(message)s")
)


def create_logger(app: App) -> logging.Logger:
    """Return the logger named like the application, ready to be used.

    What the program has set up is left alone: a debug application gets the
    ``DEBUG`` level only if its logger has none, and :data:`default_handler` is
    added only if messages would reach no handler.

    :param app: the application.

    .. versionadded:: 0.1
    """
    logger = logging.getLogger(app.name)
    if logger.level == logging.NOTSET and app.debug:
        logger.setLevel(logging.DEBUG)
    if not has_level_handler(logger):
        logger.addHandler(default_handler)
    return logger
