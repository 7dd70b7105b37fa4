"""The context of an application: what belongs to it, push and pop.

Pushing and popping never leave a reference cycle behind.

The compiled twin is ``_cython/context.pxi``.
"""

from __future__ import annotations

import sys
import typing as t

from ..signals import appcontext_popped, appcontext_pushed
from .stack import Entry, app_ctx_stack

if t.TYPE_CHECKING:
    from contextvars import Token
    from types import TracebackType

    from werkzeug.routing import MapAdapter

# Default of the parameter ``exc``, where ``None`` means that there was no error.
_sentinel = object()
# Stands for an adapter or a session that nobody has asked for yet.
_PENDING: t.Any = object()


class AppContextBase:
    """State and life cycle of an application context.

    :param app: the application.
    """

    #: The namespace for the data of this context.
    g: t.Any
    # References to the generators that push this context while they run.
    _streams: tuple[t.Any, ...] = ()

    # A request makes it a context of the kind that the next release of Flask has.
    def __init__(
        self, app: t.Any, *, request: t.Any | None = None, session: t.Any | None = None
    ) -> None:
        self.app = app
        self._entries: list[Entry] = []
        self._url_adapter = app.create_url_adapter(None)
        self.g = app.app_ctx_globals_class()

        if request is not None:
            self._take_request(request, session)  # type: ignore[attr-defined]

    # For copies, which are not pushed.
    def __getstate__(self) -> dict[str, t.Any]:
        return {**vars(self), "_entries": []}

    @property
    def url_adapter(self) -> MapAdapter | None:
        """Builds URLs outside of requests; ``None`` unless ``SERVER_NAME`` is configured."""
        return self._url_adapter  # type: ignore[no-any-return]

    @url_adapter.setter
    def url_adapter(self, value: MapAdapter | None) -> None:
        self._url_adapter = value

    @property
    def _cv_tokens(self) -> list[Token[t.Any]]:
        return [token for _, token, _, _, _ in self._entries]

    def push(self) -> None:
        """Make this the current application context."""
        app_ctx_stack._enter(self, self._entries)

        if appcontext_pushed.receivers:
            appcontext_pushed.send(self.app, _async_wrapper=self.app.ensure_sync)

    def pop(self, exc: BaseException | None = _sentinel) -> None:  # type: ignore[assignment]
        """Stop being the current application context.

        The last pop runs the functions registered for the teardown of application contexts.

        :param exc: the error the context ends with; by default the one being handled.
        """
        try:
            if len(self._entries) == 1:
                if exc is _sentinel:
                    exc = sys.exc_info()[1]
                self.app.do_teardown_appcontext(exc)
        finally:
            current = app_ctx_stack._leave(self._entries)

        if current is not self:
            raise AssertionError(f"Popped wrong app context. ({current!r} instead of {self!r})")

        if appcontext_popped.receivers:
            appcontext_popped.send(self.app, _async_wrapper=self.app.ensure_sync)

    def __enter__(self) -> t.Any:
        self.push()
        return self

    def __exit__(
        self,
        exc_type: type | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.pop(exc_value)
