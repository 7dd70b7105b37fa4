"""What request contexts had in earlier releases of Flask."""

from __future__ import annotations

import typing as t

from ._classic import Classic, warn_classic
from ._context_first import ContextFirst
from .globals import app_ctx

if t.TYPE_CHECKING:
    from .app import Flask
    from .ctx import _AppCtxGlobals


class ClassicRequestContext(Classic):
    """A base of :class:`~fastflask.ctx.RequestContext`."""

    __slots__ = ()

    #: Whether there is a request, for code that expects one kind of context.
    has_request = True

    if t.TYPE_CHECKING:
        app: Flask

        def pop(self, exc: BaseException | None = ...) -> None: ...

    @property
    def g(self) -> _AppCtxGlobals:
        """The namespace of the application context."""
        # Where stages take the context first, it is an attribute of today.
        if not isinstance(self.app, ContextFirst):
            warn_classic("RequestContext.g", "'g'")

        return app_ctx.g

    @g.setter
    def g(self, value: _AppCtxGlobals) -> None:
        warn_classic("RequestContext.g", "'g' of the application context", None)
        app_ctx.g = value

    def auto_pop(self, exc: BaseException | None) -> None:
        """Pop the context at the end of its request. A subclass may override it.

        :param exc: the error that the request ended with.
        """
        warn_classic("RequestContext.auto_pop", "'RequestContext.pop'")
        self.pop(exc)
