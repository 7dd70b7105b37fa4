"""Explanations for mistakes that are hard to see, used in debug mode or on request."""

from __future__ import annotations

import typing as t

from jinja2.loaders import BaseLoader
from werkzeug.routing import RequestRedirect

from .blueprints import Blueprint
from .ctx import has_request_context
from .globals import request_ctx
from .sansio.app import App

if t.TYPE_CHECKING:
    from .sansio.scaffold import Scaffold
    from .wrappers import Request


class UnexpectedUnicodeError(AssertionError, UnicodeError):
    """Text was given where bytes belong, or bytes where text does.

    .. versionadded:: 0.1
    """


class DebugFilesKeyError(KeyError, AssertionError):
    """A key is not in ``request.files`` because the form was sent without its files.

    :param request: the request.
    :param key: the key that was asked for.

    .. versionadded:: 0.1
    """

    def __init__(self, request: Request, key: str) -> None:
        self.msg = (
            f"You tried to access the file {key!r} in the request.files dictionary but it does"
            f" not exist. The mimetype for the request is {request.mimetype!r} instead of"
            " 'multipart/form-data' which means that no file contents were transmitted. To fix"
            ' this error you should provide enctype="multipart/form-data" in your form.'
        )
        names = request.form.getlist(key)
        if names:
            self.msg += (
                "\n\nThe browser instead transmitted some file names. This was submitted: "
                + ", ".join(map(repr, names))
            )

    def __str__(self) -> str:
        # KeyError would show the repr of the message.
        return self.msg


class FormDataRoutingRedirect(AssertionError):
    """Routing answers a request that has a body with a redirect that makes browsers drop it.

    Raised in debug mode only, for methods other than GET, HEAD and OPTIONS, unless the redirect
    keeps method and body (307 and 308).

    :param request: the request, with the redirect as its ``routing_exception``.

    .. versionadded:: 0.1
    """

    def __init__(self, request: Request) -> None:
        redirect = request.routing_exception
        assert isinstance(redirect, RequestRedirect)

        slash_hint = ""
        if redirect.new_url.partition("?")[0] == f"{request.base_url}/":
            slash_hint = (
                " The URL was defined with a trailing slash. Flask will redirect to the URL with"
                " a trailing slash if it was accessed without one."
            )
        super().__init__(
            f"A request was sent to '{request.url}', but routing issued a redirect to the"
            f" canonical URL '{redirect.new_url}'.{slash_hint} Send requests to the canonical"
            " URL, or use 307 or 308 for routing redirects. Otherwise, browsers will drop form"
            " data.\n\nThis exception is only raised in debug mode."
        )


def attach_enctype_error_multidict(request: Request) -> None:
    """Let ``request.files`` explain itself when a key is asked for that is a form field instead.

    :param request: the request; its ``files`` object gets a class of its own.

    .. versionadded:: 0.1
    """
    plain: type[t.Any] = type(request.files)

    def getitem(files: t.Any, key: str) -> t.Any:
        try:
            return plain.__getitem__(files, key)
        except KeyError as error:
            if key in request.form:
                explained = DebugFilesKeyError(request, key)
                raise explained.with_traceback(error.__traceback__) from None
            raise

    namespace = {"__getitem__": getitem, "__module__": plain.__module__}
    request.files.__class__ = type(plain.__name__, (plain,), namespace)  # pyright: ignore[reportAttributeAccessIssue]


def _dump_loader_info(loader: BaseLoader) -> t.Iterator[str]:
    """Describe a template loader: its class, and those settings that read well."""
    cls = type(loader)
    yield f"class: {cls.__module__}.{cls.__name__}"

    for name, value in sorted(vars(loader).items()):
        if name.startswith("_"):
            continue
        if isinstance(value, (str, int, float)):
            yield f"{name}: {value!r}"
        elif isinstance(value, (tuple, list)) and all(isinstance(x, str) for x in value):
            yield f"{name}:"
            yield from (f"  - {item}" for item in value)


def _name_owner(owner: Scaffold) -> str:
    """Name the application or blueprint that a template loader belongs to."""
    if isinstance(owner, App):
        return f"application {owner.import_name!r}"
    if isinstance(owner, Blueprint):
        return f"blueprint {owner.name!r} ({owner.import_name})"
    return repr(owner)


def explain_template_loading_attempts(
    app: App,
    template: str,
    attempts: list[
        tuple[
            BaseLoader,
            Scaffold,
            tuple[str, str | None, t.Callable[[], bool] | None] | None,
        ]
    ],
) -> None:
    """Log where a template was looked for, and what was found there.

    :param app: the application, whose logger is used.
    :param template: the name of the template.
    :param attempts: for each loader in turn: the loader, whose it is, and its answer or ``None``.

    .. versionadded:: 0.1
    """
    lines = [f"Locating template {template!r}:"]
    for number, (loader, owner, answer) in enumerate(attempts, 1):
        lines.append(f"{number:5}: trying loader of {_name_owner(owner)}")
        lines += [f"       {line}" for line in _dump_loader_info(loader)]
        verdict = "no match" if answer is None else f"found ({answer[1] or '<string>'!r})"
        lines.append(f"       -> {verdict}")

    found = sum(answer is not None for _, _, answer in attempts)
    if found == 0:
        lines.append("Error: the template could not be found.")
    elif found > 1:
        lines.append("Warning: multiple loaders returned a match for the template.")

    blueprint = request_ctx.request.blueprint if has_request_context() else None
    if found != 1 and blueprint is not None:
        lines += [
            "  The template was looked up from an endpoint that belongs to the blueprint"
            f" {blueprint!r}.",
            "  Maybe you did not place a template in the right folder?",
            "  See https://flask.palletsprojects.com/blueprints/#templates",
        ]

    app.logger.info("\n".join(lines))
