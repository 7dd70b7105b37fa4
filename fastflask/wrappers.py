"""The request and response classes that views work with."""

from __future__ import annotations

import typing as t

from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.utils import cached_property
from werkzeug.wrappers import Request as RequestBase
from werkzeug.wrappers import Response as ResponseBase

from . import json
from ._conditional import answer_plainly
from ._impl import LeanRequest, LeanResponse, make_error_page
from .globals import _cv_app, current_app
from .helpers import _split_blueprint_path

if t.TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.routing import Rule


# PERF: in place of ``super().full_path``, which would keep the value once more.
_join_full_path: t.Callable[[t.Any], str] = RequestBase.full_path.fget  # type: ignore[attr-defined]


def _limit(name: str, config_key: str, text: str) -> property:
    """Make a property for a limit of the body: the request's own, the configured, the default.

    :param name: name of the property.
    :param config_key: configuration key to read while there is an application.
    :param text: the property's docstring.
    """
    own = f"_{name}"

    def fget(self: Request) -> int | None:
        value: int | None = getattr(self, own)
        if value is not None:
            return value
        context = _cv_app.get(None)
        if context is None:
            return getattr(RequestBase, name)  # type: ignore[no-any-return]
        return context.app.config[config_key]  # type: ignore[no-any-return]

    def fset(self: Request, value: int | None) -> None:
        setattr(self, own, value)

    return property(fget, fset, doc=text)


class Request(LeanRequest, RequestBase):
    """A request, behind :data:`.request` while it is being answered.

    It has all that Werkzeug's request has, and what the application knows of the request:
    the rule, the endpoint, the blueprint. To use another class, derive it from this one and
    set it as :attr:`.Flask.request_class`.

    .. versionadded:: 0.1
    """

    json_module: t.Any = json

    #: The rule that the URL was matched to. Its ``methods`` are those allowed for the URL; after
    #: a mismatch look at ``routing_exception.valid_methods``.
    url_rule: Rule | None = None

    #: The arguments from the URL, or ``None`` if matching failed.
    view_args: dict[str, t.Any] | None = None

    #: The error of the matching, usually :exc:`~werkzeug.exceptions.NotFound`.
    routing_exception: HTTPException | None = None

    _max_content_length: int | None = None
    _max_form_memory_size: int | None = None
    _max_form_parts: int | None = None

    max_content_length = _limit(  # pyright: ignore[reportAssignmentType]
        "max_content_length",
        "MAX_CONTENT_LENGTH",
        """Most bytes of the body that may be read, or ``None`` for no limit. More make a 413
        error. The default is the configuration's ``MAX_CONTENT_LENGTH``; a view can set
        another limit before reading. Without a limit, and without a length from a server that
        does not end the stream itself, nothing is read.""",
    )
    max_form_memory_size = _limit(  # pyright: ignore[reportAssignmentType]
        "max_form_memory_size",
        "MAX_FORM_MEMORY_SIZE",
        """Most bytes of a part of a ``multipart/form-data`` body that is not a file, or
        ``None``. More make a 413 error. The default is the configuration's
        ``MAX_FORM_MEMORY_SIZE``; a view can set another limit before reading.""",
    )
    max_form_parts = _limit(
        "max_form_parts",
        "MAX_FORM_PARTS",
        """Most parts of a ``multipart/form-data`` body, or ``None``. More make a 413 error. The
        default is the configuration's ``MAX_FORM_PARTS``; a view can set another limit before
        reading.""",
    )

    @property
    def endpoint(self) -> str | None:
        """The endpoint that the URL was matched to, or ``None``.

        With :attr:`view_args` it can be used to build the URL again, or one like it.
        """
        rule = self.url_rule
        return None if rule is None else rule.endpoint

    @property
    def blueprint(self) -> str | None:
        """The name under which the endpoint's blueprint is registered, or ``None``."""
        parent, dot, _ = (self.endpoint or "").rpartition(".")
        return parent if dot else None

    @property
    def blueprints(self) -> list[str]:
        """The names of the endpoint's blueprint and those it is nested in, innermost first.

        .. versionadded:: 0.1
        """
        name = self.blueprint
        return [] if name is None else _split_blueprint_path(name)

    def _load_form_data(self) -> None:
        super()._load_form_data()

        # A file missing because of the form's encoding is explained to the developer.
        context = _cv_app.get(None)
        if context is not None and context.app.debug:
            if self.mimetype != "multipart/form-data" and not self.files:
                from .debughelpers import attach_enctype_error_multidict

                attach_enctype_error_multidict(self)

    @cached_property
    def full_path(self) -> str:
        """The path with the query, which is there even if it is empty.

        A query with bytes that are not UTF-8 is answered with a 400.
        """
        try:
            return _join_full_path(self)
        except UnicodeDecodeError as e:
            raise BadRequest() from e

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> t.Any:
        """Return the body as read by the application's JSON provider.

        :param force: read it whatever its content type says.
        :param silent: return ``None`` for JSON that is broken or not declared. Without this,
            :meth:`on_json_loading_failed` answers it, also if it is nested too deeply to read.
        :param cache: keep the result for further calls.
        """
        try:
            return super().get_json(force, silent, cache)
        except RecursionError:
            pass
        result = None
        if not silent:
            result = self.on_json_loading_failed(ValueError("JSON is nested too deeply"))
        if cache:
            normal, silenced = self._cached_json
            self._cached_json = (normal, result) if silent else (result, silenced)
        return result

    def on_json_loading_failed(self, e: ValueError | None) -> t.Any:
        """Answer JSON that is broken, or not declared, with an error.

        What is wrong is told in debug mode only.

        :param e: the decoder's error; ``None`` if the content type is not JSON.
        """
        try:
            return super().on_json_loading_failed(e)
        except BadRequest as error:
            if current_app and current_app.debug:
                raise

            raise BadRequest() from error


class Response(LeanResponse, ResponseBase):
    """A response; HTML unless told otherwise.

    It has all that Werkzeug's response has. Views seldom make one themselves, as
    :meth:`.Flask.make_response` does it for them. To use another class, derive it from this
    one and set it as :attr:`.Flask.response_class`.

    .. versionadded:: 0.1
    """

    default_mimetype: str | None = "text/html"

    json_module = json

    autocorrect_location_header = False

    @property
    def max_cookie_size(self) -> int:  # type: ignore[override]
        """Size of a cookie in bytes from which on a warning is given: ``MAX_COOKIE_SIZE``."""
        context = _cv_app.get(None)

        if context is None:
            return ResponseBase.max_cookie_size

        return context.app.config["MAX_COOKIE_SIZE"]  # type: ignore[no-any-return]

    def make_conditional(
        self,
        request_or_environ: WSGIEnvironment | RequestBase,
        accept_ranges: bool | str = False,
        complete_length: int | None = None,
    ) -> Response:
        """Answer with 304 or 412, or with the part that is asked for, if the request says so.

        Does nothing unless the method is ``GET`` or ``HEAD``. The response's ``ETag`` and
        ``Last-Modified`` are what conditions are compared with. ``Date`` is added.

        :param request_or_environ: the request, or its WSGI environment.
        :param accept_ranges: value of ``Accept-Ranges``; ``True`` stands for ``"bytes"``, and
            nothing is said about ranges by default.
        :param complete_length: length of the whole body in bytes. Without it no part is sent.
        :returns: the response itself.
        :raises ~werkzeug.exceptions.RequestedRangeNotSatisfiable: if the range is none.
        """
        environ = getattr(request_or_environ, "environ", request_or_environ)

        if not answer_plainly(self, environ, accept_ranges):
            super().make_conditional(request_or_environ, accept_ranges, complete_length)

        return self

    @classmethod
    def force_type(cls, response: ResponseBase, environ: WSGIEnvironment | None = None) -> Response:
        """Return a response of this class in place of another one, or of a WSGI application.

        A response of Werkzeug's own class has another memory layout, so the result is a new
        object for it, which shares headers, body and callbacks with the old one.

        :param response: a response or a WSGI application.
        :param environ: the WSGI environment that the application is called with.
        """
        if isinstance(response, HTTPException) and environ is not None:
            page: Response | None = make_error_page(cls, response, environ)
            if page is not None:
                return page

        if not isinstance(response, LeanResponse):
            plain = ResponseBase.force_type(response, environ)
            adopted = cls.__new__(cls)
            adopted.__setstate__(plain.__dict__)
            return adopted

        response.__class__ = cls  # type: ignore[assignment]
        return t.cast(Response, response)
