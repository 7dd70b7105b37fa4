"""The request cycle: the steps from the server's call to the server's answer.

Each step is a method of the application, found by attribute and so open to overriding in a
subclass, on the instance, or by patching the class later. There is one way through. Skipped is
only work whose result nobody could see: a signal without receivers, an empty list of hooks,
an adapter nobody asked for, a session that no cookie carries and nobody opened.

The compiled twin is ``_cython/cycle.pxi``.
"""

from __future__ import annotations

import typing as t
from contextlib import suppress

from .._vars import cv_app, cv_request
from . import stack, stock
from .intake import Intake
from .stages import Stages
from .urls import UrlBuilding

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class RequestCycle(Intake, Stages, UrlBuilding):
    """The stage methods of an application; a base of :class:`~fastflask.Flask`."""

    def __call__(
        self, environ: dict[str, t.Any], start_response: Callable[..., t.Any]
    ) -> Iterable[bytes]:
        """Answer a request of the server, by way of :meth:`wsgi_app`.

        Middleware is applied by wrapping that, so that the application object stays the same.
        """
        return self.wsgi_app(environ, start_response)

    def wsgi_app(
        self, environ: dict[str, t.Any], start_response: Callable[..., t.Any]
    ) -> Iterable[bytes]:
        """The WSGI application proper. To add a middleware, wrap this method::

            app.wsgi_app = MyMiddleware(app.wsgi_app)

        Whatever happens, the contexts are popped and teardown functions run.

        :param environ: the WSGI environment.
        :param start_response: takes the status line, the list of headers, and optionally
            what :func:`sys.exc_info` returns.
        """
        outer = cv_app.get(None), cv_request.get(None)
        context = self.request_context(environ)
        error: BaseException | None = None

        try:
            try:
                context.push()
                response = self.full_dispatch_request()
            except Exception as e:
                error = e
                response = self.handle_exception(e)  # type: ignore[attr-defined]
            except BaseException as e:
                error = e
                raise
            return response(environ, start_response)
        finally:
            try:
                if "werkzeug.debug.preserve_context" in environ:
                    preserve = environ["werkzeug.debug.preserve_context"]
                    preserve(cv_app.get())
                    preserve(cv_request.get())

                if error is not None:
                    try:
                        if self.should_ignore_error(error):  # type: ignore[attr-defined]
                            error = None
                    except MemoryError:
                        # Up to 3.10 every call of a Python function takes some.
                        if context._entries:
                            stock.leave(context, error)
                        raise

                    if isinstance(error, MemoryError) and not context._entries:
                        # There was none for the push, so there is nothing to pop.
                        with suppress(LookupError):
                            stock.leave(context, error)
                        raise error

                # PERF: what stock.leave() does, without the call: 0.4 % of a small request.
                if getattr(type(context), "auto_pop", stock.stock_auto_pop) is stock.stock_auto_pop:
                    context.pop(error)
                else:
                    context.auto_pop(error)
            except BaseException as e:
                # An interrupt, or no memory: who knows how far the pop has come.
                if isinstance(e, MemoryError) or not isinstance(e, Exception):
                    stack.unpopped = context
                    stack.forget_unpopped(*outer)
                raise
            finally:
                # The error's traceback refers to this frame, and the request may to the error.
                del context, error
