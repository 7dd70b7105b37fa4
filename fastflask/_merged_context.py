"""One context for application and request, as in the next release of Flask.

Here they are two, and one that has both keeps them together. What its users call is there:
``AppContext(app, request=…)``, ``from_environ``, ``has_request``, ``request`` and ``session``.
"""

from __future__ import annotations

import typing as t

from ._classic import ClassicValue
from ._vars import cv_app, cv_request

if t.TYPE_CHECKING:  # pragma: no cover
    from _typeshed.wsgi import WSGIEnvironment

    from .app import Flask


def _request_context_of(context: t.Any) -> t.Any:
    """Return the request context that belongs to an application context, or ``None``."""
    current = cv_request.get(None)
    return current if current is not None and cv_app.get(None) is context else None


def _required(context: t.Any) -> t.Any:
    found = _request_context_of(context)

    if found is None:
        raise RuntimeError("There is no request in this context.")

    return found


class MergedContext:
    """What application contexts know of requests; a base of :class:`~fastflask.ctx.AppContext`."""

    __slots__ = ()

    @classmethod
    def from_environ(cls, app: Flask, environ: WSGIEnvironment, /) -> t.Any:
        """Make a context for a request.

        :param app: the application.
        :param environ: the WSGI environment of the request.
        """
        request = app.request_class(environ)
        request.json_module = app.json
        return t.cast(t.Any, cls)(app, request=request)

    # Any of these names may be an attribute that a program sets.

    @ClassicValue
    def has_request(self) -> bool:
        """Whether there is a request in this context."""
        return _request_context_of(self) is not None

    @ClassicValue
    def request(self) -> t.Any:
        """The request in this context."""
        return _required(self).request

    @ClassicValue
    def session(self) -> t.Any:
        """The session of the request in this context."""
        return _required(self).session

    def _take_request(self, request: t.Any, session: t.Any) -> None:
        """Become a context that has a request."""
        from ._request_app_context import RequestAppContext
        from .ctx import AppContext, RequestContext

        if type(self) is not AppContext:
            raise TypeError(f"{type(self).__name__} does not take a request.")

        app, environ = self.app, request.environ
        self.__dict__["_request_context"] = RequestContext(app, environ, request, session)
        self.__class__ = RequestAppContext


class OneArgument:
    """The signature that a class of contexts shows, which is today's."""

    def __get__(self, obj: t.Any, owner: t.Any) -> t.Any:
        from inspect import Parameter, Signature

        derived = owner.__mro__[: owner.__mro__.index(self.owner)]

        if any("__init__" in vars(cls) or "__new__" in vars(cls) for cls in derived):
            raise AttributeError("__signature__")

        return Signature([Parameter("app", Parameter.POSITIONAL_OR_KEYWORD)])

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner = owner
