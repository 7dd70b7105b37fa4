"""What the process is doing right now, told from the outside of its threads."""

from __future__ import annotations

import threading
import typing as t

from ._impl import request_ctx_stack


class ActiveRequest(t.NamedTuple):
    """A request that a thread is serving.

    .. versionadded:: 0.1
    """

    #: The thread's identifier, as of :func:`threading.get_ident`.
    ident: int
    #: The thread's name, or ``None`` if the :mod:`threading` module does not know the thread.
    thread: str | None
    #: The method, such as ``GET``.
    method: str
    #: The path below the application's root.
    path: str
    #: The endpoint, or ``None`` if none has been matched.
    endpoint: str | None
    #: Seconds since the context was pushed.
    age: float


def active_requests() -> list[ActiveRequest]:
    """Return the requests that are being served in this process, the oldest first.

    Can be called from any thread at any time, such as by a health check or a signal handler. A
    request that is streamed with its context counts as long as the stream runs.

    .. versionadded:: 0.1
    """
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    found = []

    for ident, context, age in request_ctx_stack.entries():
        request = getattr(context, "request", None)
        # Anything may have been pushed on the stack by its classic name.
        if request is not None:
            found.append(
                ActiveRequest(
                    ident, names.get(ident), request.method, request.path, request.endpoint, age
                )
            )

    return sorted(found, key=lambda active: -active.age)
