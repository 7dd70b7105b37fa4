"""One context for application and request, as in the next release of Flask.

Here they are two, and one that was made with a request keeps them together. That one, and the
context of an application whose stages take it (see ``_context_first``), has what its users call:
``has_request``, ``request`` and ``session``. Any other has none of it, since extensions tell the
releases apart by these names.
"""

from __future__ import annotations

import typing as t

from ._classic import Classic
from ._context_first import ContextFirst
from ._vars import cv_app, cv_request

if t.TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from .app import Flask


def _request_context_of(context: t.Any) -> t.Any:
    """Return the request context that belongs to an application context, or ``None``."""
    if "_request_context" in context.__dict__:
        return context.__dict__["_request_context"]

    current = cv_request.get(None)
    return current if current is not None and cv_app.get(None) is context else None


class _OfRequest:
    """An attribute of the request's context. Where there is one context more, it is any name.

    :param name: its name in the request's context.
    :param settable: whether setting it sets it there.
    """

    def __init__(self, name: str, *, settable: bool = False) -> None:
        self.name = name
        self.settable = settable

    def __set_name__(self, owner: type, name: str) -> None:
        self.own_name = name

    def __get__(self, obj: t.Any, owner: t.Any = None) -> t.Any:
        if obj is None:
            return self

        attributes = obj.__dict__

        if self.own_name in attributes:
            return attributes[self.own_name]

        if not _is_merged(obj):
            text = f"{type(obj).__name__!r} object has no attribute {self.own_name!r}"
            raise AttributeError(text, name=self.own_name, obj=obj)

        found = _request_context_of(obj)

        if self.own_name == "has_request":
            return found is not None

        if found is None:
            raise RuntimeError("There is no request in this context.")

        return getattr(found, self.name)

    def __set__(self, obj: t.Any, value: t.Any) -> None:
        found = _request_context_of(obj) if self.settable and _is_merged(obj) else None

        if found is None:
            obj.__dict__[self.own_name] = value
        else:
            setattr(found, self.name, value)

    def __delete__(self, obj: t.Any) -> None:
        if obj.__dict__.pop(self.own_name, self) is self:
            raise AttributeError(self.own_name)


def _is_merged(context: t.Any) -> bool:
    return "_request_context" in context.__dict__ or isinstance(context.app, ContextFirst)


class MergedContext(Classic):
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

    has_request = _OfRequest("")
    request = _OfRequest("request")
    session = _OfRequest("session")
    _request = _OfRequest("request", settable=True)
    _session = _OfRequest("_session", settable=True)
    _flashes = _OfRequest("flashes", settable=True)
    _after_request_functions = _OfRequest("_after_request_functions", settable=True)

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
