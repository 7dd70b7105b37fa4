"""The stages of a request, from the first hook to the teardown.

Each is a method of the application, and calls the next one as such.

The compiled twin is ``_cython/stages.pxi``.
"""

from __future__ import annotations

import sys
import typing as t
from collections.abc import Iterator
from inspect import iscoroutinefunction
from types import FunctionType

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response as BaseResponse

from .._vars import cv_request, no_req_msg
from ..signals import (
    appcontext_tearing_down,
    request_finished,
    request_started,
    request_tearing_down,
)
from . import stock
from .context import _sentinel
from .pages import kept_pages
from .request_context import _PendingSession
from .response import LeanResponse
from .response_making import make_plain
from .stock import calls_no_hooks, names_blueprints_as_stock, saves_as_stock

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from ..json.provider import JSONProvider
    from ..sessions import SessionInterface
    from ..wrappers import Response

_CO_COROUTINE = 0x80
# Whether a plain function can be marked as a coroutine's, in its dict.
_HAS_MARKS = sys.version_info >= (3, 12)
_init = LeanResponse.__init__
_new = object.__new__


def _current_request_context() -> t.Any:
    context = cv_request.get(None)
    if context is None:
        raise RuntimeError(no_req_msg) from None
    return context


def current_blueprints() -> list[str]:
    """Return the names of the current request's blueprints, innermost first."""
    return _current_request_context().request.blueprints  # type: ignore[no-any-return]


_ONLY_APP = (None,)


def _scopes_of(functions: dict[str | None, t.Any], request: t.Any) -> tuple[str | None, ...]:
    """Return the keys of a registry that concern a request, innermost first."""
    # Where nothing is registered for a blueprint, those of the request do not matter.
    if len(functions) == 1 and None in functions and names_blueprints_as_stock(request):
        return _ONLY_APP
    return (*request.blueprints, None)


def _split_result(rv: tuple[t.Any, ...]) -> tuple[t.Any, t.Any, t.Any]:
    """Tell body, status and headers of a view's result apart."""
    match len(rv):
        case 3:
            return rv
        case 2 if isinstance(rv[1], (Headers, dict, tuple, list)):
            return rv[0], None, rv[1]
        case 2:
            return rv[0], rv[1], None

    raise TypeError(
        "The view function did not return a valid response tuple."
        " The tuple must have the form (body, status, headers),"
        " (body, status), or (body, headers)."
    )


def _wanted_instead_of(rv: t.Any) -> str:
    return (
        "The view function did not return a valid response. The return type must be a"
        " string, dict, list, tuple with headers or status, Response instance, or WSGI"
        f" callable, but it was a {type(rv).__name__}."
    )


class Stages:
    """The methods of an application that are the stages of a request."""

    # Set by the application.
    json: JSONProvider
    view_functions: dict[str, t.Any]
    before_request_funcs: dict[str | None, list[t.Any]]
    after_request_funcs: dict[str | None, list[t.Any]]
    teardown_request_funcs: dict[str | None, list[t.Any]]
    teardown_appcontext_funcs: list[t.Any]
    url_value_preprocessors: dict[str | None, list[t.Any]]
    session_interface: SessionInterface
    response_class: type[Response]
    _got_first_request: bool

    def full_dispatch_request(self) -> Response:
        """Run the hooks and the view, turn errors and results into a response, and finish it."""
        if not self._got_first_request or (
            type(self).try_trigger_before_first_request_functions is not stock.first_step  # type: ignore[attr-defined]
            or "try_trigger_before_first_request_functions" in self.__dict__
        ):
            self._begin_request()  # type: ignore[attr-defined]

        try:
            if request_started.receivers:
                request_started.send(self, _async_wrapper=self.ensure_sync)

            result = self.preprocess_request()
            result = self.dispatch_request() if result is None else result
        except Exception as e:
            result = self.handle_user_exception(e)  # type: ignore[attr-defined]

        try:
            return self.finalize_request(result)
        finally:
            # An HTTP exception without a handler is the result; its traceback has this frame.
            del result

    def preprocess_request(self) -> t.Any | None:
        """Run the URL value preprocessors and then the functions registered to run before.

        Those of the application come first, then those of the blueprints from the outermost
        inward. The first result of the latter that is not ``None`` is taken for the view's.
        """
        preprocessors = self.url_value_preprocessors
        functions = self.before_request_funcs

        if not preprocessors and not functions:
            return None

        request = _current_request_context().request
        if preprocessors:
            names: tuple[str | None, ...] = (None, *reversed(request.blueprints))
        else:
            names = _scopes_of(functions, request)[::-1]

        if preprocessors:
            for name in names:
                if name in preprocessors:
                    for func in preprocessors[name]:
                        func(request.endpoint, request.view_args)

        for name in names:
            if name in functions:
                for func in functions[name]:
                    rv = self.ensure_sync(func)()
                    if rv is not None:
                        return rv

        return None

    def dispatch_request(self) -> t.Any:
        """Call the view that the URL was matched to and return its result.

        Raises the error of the matching, if there was one, and answers ``OPTIONS`` where the
        rule wants that.
        """
        request: t.Any = (cv_request.get(None) or _current_request_context()).request

        if request.routing_exception is not None:
            try:
                self.raise_routing_exception(request)  # type: ignore[attr-defined]
            except BaseException:
                # The request refers to the error, and its traceback to this frame.
                del request
                raise

        rule: t.Any = request.url_rule

        if request.method == "OPTIONS" and getattr(rule, "provide_automatic_options", False):
            return self.make_default_options_response()  # type: ignore[attr-defined]

        view = self.view_functions[rule.endpoint]
        return self.ensure_sync(view)(**request.view_args)

    def ensure_sync(self, func: Callable[..., t.Any]) -> Callable[..., t.Any]:
        """Return a function to be called like a plain one, for a plain one or a coroutine's.

        Override this to run ``async def`` functions another way.

        :param func: a view, a hook, a handler.

        .. versionadded:: 0.1
        """
        # What ``iscoroutinefunction`` finds out about a plain function, without its detours.
        if type(func) is FunctionType and not (_HAS_MARKS and func.__dict__):
            if not func.__code__.co_flags & _CO_COROUTINE:
                return func
        elif not iscoroutinefunction(func):
            return func

        return self.async_to_sync(func)  # type: ignore[attr-defined,no-any-return]

    def make_response(self, rv: t.Any) -> Response:
        """Turn what a view returned into an object of :attr:`response_class`.

        :param rv: text, bytes, an iterator of these, a dict or list for JSON, a response,
            a WSGI application; or a tuple of one of these with a status, headers, or both.
        :raises TypeError: for anything else, ``None`` among it.
        """
        response_class = self.response_class
        status = headers = None

        # PERF: asked first, as to find out that text is no instance of something takes longest.
        if type(rv) is not str and isinstance(rv, tuple):
            rv, status, headers = _split_result(rv)

        if type(rv) is str and headers is None:
            response = make_plain(response_class, rv, status, None)
            if response is not None:
                return response  # type: ignore[no-any-return]

        if not isinstance(rv, response_class):
            if isinstance(rv, (str, bytes, bytearray)) or (
                # PERF: asking an abstract class takes long, and these are the usual ones.
                type(rv) is not dict
                and type(rv) is not list
                and type(rv) not in kept_pages
                and isinstance(rv, Iterator)
            ):
                # PERF: a constructor that is ours is called in half of the time by position.
                if response_class.__init__ is _init and response_class.__new__ is _new:
                    return response_class(rv, status, headers)
                # The class sees status and headers too, in case it does something with them.
                return response_class(rv, status=status, headers=headers)

            rv = self._convert_result(rv)

        if isinstance(status, (str, bytes, bytearray)):
            rv.status = status
        elif status is not None:
            rv.status_code = status

        if headers:
            rv.headers.update(headers)

        return rv  # type: ignore[no-any-return]

    def _convert_result(self, rv: t.Any) -> t.Any:
        if rv is None:
            request = _current_request_context().request
            raise TypeError(
                f"The view function for {request.endpoint!r} did not"
                " return a valid response. The function either returned"
                " None or ended without a return statement."
            )

        if isinstance(rv, (dict, list)):
            return self.json.response(rv)

        if not (isinstance(rv, BaseResponse) or callable(rv)):
            raise TypeError(_wanted_instead_of(rv))

        environ = _current_request_context().request.environ

        try:
            return self.response_class.force_type(rv, environ)  # pyright: ignore[reportArgumentType]
        except TypeError as e:
            text = f"{e}\n{_wanted_instead_of(rv)}"
            raise TypeError(text).with_traceback(e.__traceback__) from None

    def finalize_request(self, rv: t.Any, from_error_handler: bool = False) -> Response:
        """Make the response and run what comes after the view.

        :param rv: what the view or an error handler returned.
        :param from_error_handler: log errors instead of raising them, as an error is being
            answered already.
        """
        response = self.make_response(rv)

        try:
            response = self.process_response(response)

            if request_finished.receivers:
                request_finished.send(self, _async_wrapper=self.ensure_sync, response=response)
        except Exception:
            if not from_error_handler:
                raise
            self._log_failed_finalizing()  # type: ignore[attr-defined]

        return response

    def process_response(self, response: Response) -> Response:
        """Run the functions registered to run after a request, then save the session.

        :param response: the response so far.
        :return: the response to send, which may be another one.
        """
        context = cv_request.get(None) or _current_request_context()

        if context._after:
            for func in context._after:
                response = self.ensure_sync(func)(response)

        functions = self.after_request_funcs

        if functions:
            for name in _scopes_of(functions, context.request):
                if name in functions:
                    for func in reversed(functions[name]):
                        response = self.ensure_sync(func)(response)

        interface: t.Any = self.session_interface

        # Nobody has opened the session, so there is nothing to save.
        if type(context._opened_session) is _PendingSession and saves_as_stock(interface):
            return response

        if not calls_no_hooks(self):
            self._save_session_by_hooks(context._session, response)  # type: ignore[attr-defined]
        elif not interface.is_null_session(context._session):
            interface.save_session(self, context._session, response)

        return response

    def do_teardown_request(
        self,
        exc: BaseException | None = _sentinel,  # type: ignore[assignment]
    ) -> None:
        """Run the functions registered for the teardown of requests.

        Those of the blueprint come first, then those of the application, each in reverse
        order. Happens when the request context is popped.

        :param exc: the error that the request ended with; by default the one being handled.
        """
        if exc is _sentinel:
            exc = sys.exc_info()[1]

        functions = self.teardown_request_funcs

        if functions:
            for name in _scopes_of(functions, _current_request_context().request):
                if name in functions:
                    for func in reversed(functions[name]):
                        self.ensure_sync(func)(exc)

        if request_tearing_down.receivers:
            request_tearing_down.send(self, _async_wrapper=self.ensure_sync, exc=exc)

    def do_teardown_appcontext(
        self,
        exc: BaseException | None = _sentinel,  # type: ignore[assignment]
    ) -> None:
        """Run the functions registered for the teardown of application contexts.

        Happens when the application context is popped, after a request's context if there
        was a request.

        :param exc: the error that the context ended with; by default the one being handled.

        .. versionadded:: 0.1
        """
        if exc is _sentinel:
            exc = sys.exc_info()[1]

        if self.teardown_appcontext_funcs:
            for func in reversed(self.teardown_appcontext_funcs):
                self.ensure_sync(func)(exc)

        if appcontext_tearing_down.receivers:
            appcontext_tearing_down.send(self, _async_wrapper=self.ensure_sync, exc=exc)
