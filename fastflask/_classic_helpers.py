"""What the classic names of functions stand for. Loaded when one of them is asked for."""

from __future__ import annotations

import os
import socket
import typing as t
from threading import RLock

import werkzeug.utils
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join as _safe_join

from ._impl import app_ctx_stack, request_ctx_stack
from .globals import _no_app_msg, _no_req_msg

if t.TYPE_CHECKING:
    from .app import Flask
    from .testing import EnvironBuilder

T = t.TypeVar("T")


def find_app() -> Flask:
    """Return the application of the current context.

    :raises RuntimeError: outside of one.
    """
    return lookup_app_object("app")  # type: ignore[no-any-return]


def lookup_app_object(name: str) -> t.Any:
    """Return an attribute of the current application context.

    :param name: the attribute.
    :raises RuntimeError: outside of one.
    """
    return _lookup(app_ctx_stack.top, name, _no_app_msg)


def lookup_req_object(name: str) -> t.Any:
    """Return an attribute of the current request context.

    :param name: the attribute.
    :raises RuntimeError: outside of one.
    """
    return _lookup(request_ctx_stack.top, name, _no_req_msg)


def _lookup(context: t.Any, name: str, message: str) -> t.Any:
    if context is None:
        raise RuntimeError(message)
    return getattr(context, name)


def safe_join(directory: str, *pathnames: str) -> str:
    """Join paths from a client to a trusted one.

    :param directory: the trusted path.
    :param pathnames: paths below it.
    :raises ~werkzeug.exceptions.NotFound: if they lead out of it.
    """
    path = _safe_join(directory, *pathnames)
    if path is None:
        raise NotFound()
    return path


def get_env() -> str:
    """Return the name that :envvar:`FLASK_ENV` gives the environment, ``"production"`` by default.

    It is a name only: no value of it switches debug mode on.
    """
    return os.environ.get("FLASK_ENV") or "production"


def is_ip(value: str) -> bool:
    """Tell whether a text is an IP address, of version 4 or 6.

    :param value: the text.
    """
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, value)
        except OSError:
            continue
        return True
    return False


def make_test_environ_builder(
    app: Flask, path: str = "/", *args: t.Any, **kwargs: t.Any
) -> EnvironBuilder:
    """Make what makes environs for tests.

    :param app: the application.
    :param path: the path, or a whole URL.
    :param args: further arguments of :class:`fastflask.testing.EnvironBuilder`.
    :param kwargs: the same by name.
    """
    from .testing import EnvironBuilder

    return EnvironBuilder(app, path, *args, **kwargs)


class locked_cached_property(werkzeug.utils.cached_property[T]):
    """A cached property that one thread at a time computes, sets or deletes.

    :param fget: computes the value.
    :param name: name of the attribute, if it is not that of the function.
    :param doc: docstring, if it is not that of the function.
    """

    def __init__(
        self, fget: t.Callable[[t.Any], T], name: str | None = None, doc: str | None = None
    ) -> None:
        super().__init__(fget, name=name, doc=doc)
        # The computation may read the property of another object.
        self.lock = RLock()

    def __get__(self, obj: t.Any, type: t.Any = None) -> t.Any:
        with self.lock:
            return super().__get__(obj, type)

    def __set__(self, obj: object, value: T) -> None:
        with self.lock:
            super().__set__(obj, value)

    def __delete__(self, obj: object) -> None:
        with self.lock:
            super().__delete__(obj)
