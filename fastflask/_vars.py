"""The two context variables, in a module of their own.

Both implementations of the engines and :mod:`fastflask.globals` need them, and none of
these may import another one to get at them.
"""

from __future__ import annotations

import typing as t
from contextvars import ContextVar

if t.TYPE_CHECKING:
    from .ctx import AppContext, RequestContext

# The names carry over from Flask: debuggers and snapshots of contexts show them.
cv_app: ContextVar[AppContext] = ContextVar("flask.app_ctx")
cv_request: ContextVar[RequestContext] = ContextVar("flask.request_ctx")


def _place(var: ContextVar[t.Any]) -> int:
    """Return where a variable is at the first level of the tree that CPython keeps them in."""
    return (hash(var) ^ hash(var) >> 32) & 31


# PERF: two in one place, as by chance in one of 32 processes, make that tree a level deeper, and a
# request 8 % longer. One that does not fit is kept until then, or the next would lie where it does.
_others: list[ContextVar[t.Any]] = []
while _place(cv_request) == _place(cv_app):
    _others.append(cv_request)
    cv_request = ContextVar("flask.request_ctx")
del _others

# Applications and tests look for these texts.
no_app_msg = "\n".join(
    (
        "Working outside of application context.",
        "",
        "This typically means that you attempted to use functionality that needed",
        "the current application. To solve this, set up an application context",
        "with app.app_context(). See the documentation for more information.",
    )
)
no_req_msg = "\n".join(
    (
        "Working outside of request context.",
        "",
        "This typically means that you attempted to use functionality that needed",
        "an active HTTP request. Consult the documentation on testing for",
        "information about how to avoid this problem.",
    )
)
