"""What becomes of an error: an HTTP exception, one with a handler, one that nobody expected."""

from __future__ import annotations

import sys
import typing as t

from werkzeug.exceptions import BadRequestKeyError, HTTPException, InternalServerError
from werkzeug.routing import RequestRedirect, RoutingException

from ._impl import current_blueprints
from .signals import got_request_exception

if t.TYPE_CHECKING:
    from . import typing as ft
    from .config import Config
    from .wrappers import Request, Response

# Redirects with these codes make the client send its body again.
_BODY_KEEPING_CODES = frozenset({307, 308})
_BODILESS_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class ErrorHandling:
    """The stages of a request that deal with errors; a base of :class:`~fastflask.Flask`."""

    if t.TYPE_CHECKING:
        config: Config
        debug: bool
        testing: bool

        def ensure_sync(self, func: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]: ...
        def trap_http_exception(self, e: Exception) -> bool: ...
        def _find_error_handler(self, e: Exception, blueprints: list[str]) -> t.Any: ...
        def finalize_request(self, rv: t.Any, from_error_handler: bool = False) -> Response: ...
        def log_exception(self, exc_info: t.Any) -> None: ...

    def raise_routing_exception(self, request: Request) -> t.NoReturn:
        """Raise the error of the URL matching.

        In debug mode a redirect that would lose the body of the request is explained instead.

        :param request: the request that could not be matched.
        """
        error = request.routing_exception

        if (
            isinstance(error, RequestRedirect)
            and self.debug
            and error.code not in _BODY_KEEPING_CODES
            and request.method not in _BODILESS_METHODS
        ):
            from .debughelpers import FormDataRoutingRedirect

            raise FormDataRoutingRedirect(request)

        try:
            raise error  # type: ignore[misc]
        finally:
            # The request refers to the error, and its traceback to this frame.
            del error, request

    def handle_http_exception(self, e: HTTPException) -> HTTPException | ft.ResponseReturnValue:
        """Answer an HTTP exception with its handler's result, or with itself if it has none.

        Redirects of the URL matching, and exceptions that only carry a response, are no errors
        and have no handlers.

        :param e: the exception.
        """
        if e.code is None or isinstance(e, RoutingException):
            return e

        handler = self._find_error_handler(e, current_blueprints())
        return e if handler is None else self.ensure_sync(handler)(e)

    def handle_user_exception(self, e: Exception) -> HTTPException | ft.ResponseReturnValue:
        """Answer an exception with its handler's result, or raise it again if it has none.

        :param e: the exception, which is being handled.
        """
        if isinstance(e, HTTPException):
            if isinstance(e, BadRequestKeyError):
                if self.debug or self.config["TRAP_BAD_REQUEST_ERRORS"]:
                    e.show_exception = True

            if not self.trap_http_exception(e):
                return self.handle_http_exception(e)

        handler = self._find_error_handler(e, current_blueprints())

        if handler is None:
            raise

        return self.ensure_sync(handler)(e)  # type: ignore[no-any-return]

    def handle_exception(self, e: Exception) -> Response:
        """Answer an exception that has no handler, or that came from one, with a 500.

        :data:`.got_request_exception` is sent in any case. In debug mode and in tests the
        exception goes on to the debugger or the test, as ``PROPAGATE_EXCEPTIONS`` can ask for.
        Otherwise it is logged, and a handler for 500 gets an
        :exc:`~werkzeug.exceptions.InternalServerError` with it as ``original_exception``.

        :param e: the exception.
        """
        exc_info = sys.exc_info()

        if got_request_exception.receivers:
            got_request_exception.send(self, _async_wrapper=self.ensure_sync, exception=e)

        propagate = self.config["PROPAGATE_EXCEPTIONS"]

        if self.testing or self.debug if propagate is None else propagate:
            if exc_info[1] is e:
                # Keeps the traceback as it is.
                raise

            raise e

        self.log_exception(exc_info)
        error = InternalServerError(original_exception=e)
        handler = self._find_error_handler(error, current_blueprints())
        rv = error if handler is None else self.ensure_sync(handler)(error)
        return self.finalize_request(rv, from_error_handler=True)
