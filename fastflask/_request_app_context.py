"""An application context that was given a request. Loaded when one is made."""

from __future__ import annotations

import typing as t

from .ctx import AppContext, RequestContext

if t.TYPE_CHECKING:
    from werkzeug.routing import MapAdapter


class RequestAppContext(AppContext):
    """Pushes and pops the request's context with itself, and passes for it otherwise."""

    _request_context: RequestContext

    @property  # type: ignore[misc]
    def url_adapter(self) -> MapAdapter | None:
        """Matches and builds URLs for the request."""
        return self._request_context.url_adapter

    def push(self) -> None:
        """Make this the current context."""
        super().push()
        self._request_context.push()

    def pop(self, *exc: t.Any) -> None:
        """Stop being the current context.

        :param exc: the error that the context ends with; by default the one being handled.
        """
        try:
            self._request_context.pop(*exc)
        finally:
            super().pop(*exc)

    def copy(self) -> AppContext:
        """Return a new context with the same request and session objects."""
        inner = self._request_context
        return AppContext(self.app, request=inner.request, session=inner._session)  # type: ignore[call-arg]

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._request_context, name)
