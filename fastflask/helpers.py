"""Functions that views, templates and set-up code call: responses, URLs, flashes, files, streams.

Most of them ask the current application to do the work, so an application class that overrides
the method of the same name decides for all callers.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import typing as t
from datetime import datetime
from functools import cache, update_wrapper
from weakref import ref

from werkzeug.exceptions import abort as _wz_abort
from werkzeug.utils import redirect as _wz_redirect
from werkzeug.wrappers import Response as BaseResponse

from . import _files
from ._classic import classic_names
from ._classic_arguments import takes_classic
from ._impl import app_ctx_stack, request_ctx_stack
from ._impl import url_for as url_for
from .globals import _cv_app, _cv_request, current_app, request, request_ctx, session
from .signals import message_flashed

if t.TYPE_CHECKING:
    from .ctx import AppContext, RequestContext
    from .wrappers import Response

# An engine's function, that is found here.
url_for.__module__ = __name__

_NEGATIVE = frozenset({"0", "false", "no"})


def get_debug_flag() -> bool:
    """Tell whether :envvar:`FLASK_DEBUG` asks for debug mode. Unset or empty means no.

    .. versionadded:: 0.1
    """
    wanted = os.environ.get("FLASK_DEBUG", "")
    return wanted != "" and wanted.lower() not in _NEGATIVE


def get_load_dotenv(default: bool = True) -> bool:
    """Tell whether ``.env`` files may be loaded: yes, unless :envvar:`FLASK_SKIP_DOTENV` is on.

    :param default: the answer when the variable is unset or empty.

    .. versionadded:: 0.1
    """
    skip = os.environ.get("FLASK_SKIP_DOTENV")
    return skip.lower() in _NEGATIVE if skip else default


@t.overload
def stream_with_context(
    generator_or_function: t.Iterator[t.AnyStr],
) -> t.Iterator[t.AnyStr]: ...


@t.overload
def stream_with_context(
    generator_or_function: t.Callable[..., t.Iterator[t.AnyStr]],
) -> t.Callable[[t.Iterator[t.AnyStr]], t.Iterator[t.AnyStr]]: ...


def stream_with_context(
    generator_or_function: t.Iterator[t.AnyStr] | t.Callable[..., t.Iterator[t.AnyStr]],
) -> t.Iterator[t.AnyStr] | t.Callable[[t.Iterator[t.AnyStr]], t.Iterator[t.AnyStr]]:
    """Keep the contexts of this request for a body that is produced after the view has returned.

    Without it, :data:`request`, :data:`session` and :data:`g` are gone by the time the server
    asks for the first item. Wrap an iterator, or decorate a generator function::

        @app.get("/export")
        def export():
            @stream_with_context
            def rows():
                for row in query(request.args["name"]):
                    yield f"{row}\\n"

            return Response(rows())

    The contexts are those current when the iterator is wrapped or the decorated function is
    called. They are pushed when the first item is asked for, and popped at the end.

    :param generator_or_function: an iterable, or a function that returns one.
    :raises RuntimeError: outside of a request.

    .. versionadded:: 0.1
    """
    try:
        body = iter(generator_or_function)  # type: ignore[arg-type]
    except TypeError:
        return _stream_results_of(generator_or_function)  # type: ignore[arg-type]

    req_ctx = _cv_request.get(None)
    if req_ctx is None:
        raise RuntimeError(
            "'stream_with_context' can only be used when a request"
            " context is active, such as in a view function."
        )
    app_ctx: AppContext = _cv_app.get()
    stream = _stream_in(app_ctx, req_ctx, body)
    # What is served while the stream waits in the same thread does not share its ``g``.
    app_ctx._streams = (*(app_ctx._streams or ()), ref(stream))
    return stream


def _stream_results_of(function: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
    """The decorator form: wrap what each call of the function returns."""

    def streamed(*args: t.Any, **kwargs: t.Any) -> t.Any:
        return stream_with_context(function(*args, **kwargs))

    return update_wrapper(streamed, function)


def _stream_in(
    app_ctx: AppContext, req_ctx: RequestContext, body: t.Iterator[t.AnyStr]
) -> t.Iterator[t.AnyStr]:
    """Yield the items of the body inside of both contexts.

    A generator runs nothing before its first item, so the pushes happen in the thread and task
    that iterate, which need not be those of the view. The application context goes first: the
    request context would otherwise make one of its own, with another ``g``.
    """
    outer_app, outer_request = app_ctx_stack.top, request_ctx_stack.top
    entered, error = False, None
    try:
        with app_ctx, req_ctx:
            entered = True
            try:
                yield from body
            except BaseException as e:
                error = e
                raise
            finally:
                # Closing again what ``yield from`` has closed does no harm; WSGI iterables that
                # are no generators are closed here only.
                close = getattr(body, "close", None)
                if close is not None:
                    close()
    except BaseException as e:
        # An error of matching, no memory, or an interrupt: a push or pop may be half done.
        if not entered or (
            e is not error and (isinstance(e, MemoryError) or not isinstance(e, Exception))
        ):
            request_ctx_stack.let_go(req_ctx, outer_request)
            app_ctx_stack.let_go(app_ctx, outer_app)
        raise
    finally:
        # Its traceback refers to this frame.
        del error


def make_response(*args: t.Any) -> Response:
    """Turn what a view could return into a response object, to change it before returning it.

    ::

        response = make_response(render_template("missing.html"), 404)
        response.headers["X-Hint"] = "elsewhere"

    :param args: nothing for an empty response; one value that a view may return; or the parts
        of the tuple that a view may return.

    .. versionadded:: 0.1
    """
    if not args:
        return current_app.response_class()
    return current_app.make_response(args[0] if len(args) == 1 else args)


def redirect(
    location: str, code: int = 302, Response: type[BaseResponse] | None = None
) -> BaseResponse:
    """Make a response that sends the client to another URL.

    The current application's ``redirect`` makes it, Werkzeug's if there is none.

    :param location: where to.
    :param code: status of the response.
    :param Response: class of the response; an application uses its own instead.

    .. versionadded:: 0.1
    """
    if current_app:
        return current_app.redirect(location, code=code)
    return _wz_redirect(location, code=code, Response=Response)


def abort(code: int | BaseResponse, *args: t.Any, **kwargs: t.Any) -> t.NoReturn:
    """Leave the view with an HTTP error.

    The current application's ``aborter`` raises it, Werkzeug's if there is none.

    :param code: a registered status code, or a response to answer with.
    :param args: passed to the exception.
    :param kwargs: passed to the exception.
    :raises LookupError: for a code nobody has registered.

    .. versionadded:: 0.1
    """
    if current_app:
        current_app.aborter(code, *args, **kwargs)
    _wz_abort(code, *args, **kwargs)


def get_template_attribute(template_name: str, attribute: str) -> t.Any:
    """Fetch a macro or variable that a template exports, to use it from Python.

    ::

        hello = get_template_attribute("_macros.html", "hello")
        return hello("World")

    :param template_name: name of the template.
    :param attribute: name of the macro or variable in it.

    .. versionadded:: 0.1
    """
    template = current_app.jinja_env.get_template(template_name)
    return getattr(template.module, attribute)


def flash(message: str, category: str = "message") -> None:
    """Store a message in the session, for :func:`get_flashed_messages` to show once.

    :param message: the text.
    :param category: any name; usual ones are ``message``, ``info``, ``warning`` and ``error``.

    .. versionadded:: 0.1
    """
    pending = session.get("_flashes", [])
    pending.append((category, message))
    # Assigned even if it is the stored list: sessions notice assignments, not appends, and a
    # session kept elsewhere may have handed out a copy.
    session["_flashes"] = pending

    if message_flashed.receivers:
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        message_flashed.send(
            app, _async_wrapper=app.ensure_sync, message=message, category=category
        )


def get_flashed_messages(
    with_categories: bool = False, category_filter: t.Iterable[str] = ()
) -> list[str] | list[tuple[str, str]]:
    """Take the flashed messages out of the session. Later calls in this request see them too.

    :param with_categories: return pairs of category and message, not just messages.
    :param category_filter: categories to return, all of them if empty.

    .. versionadded:: 0.1
    """
    pairs = request_ctx.flashes
    if pairs is None:
        pairs = session.pop("_flashes") if "_flashes" in session else []
        request_ctx.flashes = pairs

    if category_filter:
        pairs = [pair for pair in pairs if pair[0] in category_filter]
    return pairs if with_categories else [pair[1] for pair in pairs]


def _prepare_send_file_kwargs(**kwargs: t.Any) -> dict[str, t.Any]:
    """Add to the arguments of a file helper what Werkzeug wants to know from us."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if kwargs.get("max_age") is None:
        kwargs["max_age"] = app.get_send_file_max_age
    # Outside of a request the proxy says so.
    context = _cv_request.get(None)
    kwargs["environ"] = (request if context is None else context.request).environ
    kwargs["use_x_sendfile"] = app.config["USE_X_SENDFILE"]
    kwargs["response_class"] = app.response_class
    kwargs["_root_path"] = app.root_path
    return kwargs


@takes_classic(
    add_etags="etag",
    attachment_filename="download_name",
    cache_timeout="max_age",
    filename_or_fp="path_or_file",
)
def send_file(
    path_or_file: os.PathLike[t.AnyStr] | str | t.IO[bytes],
    mimetype: str | None = None,
    as_attachment: bool = False,
    download_name: str | None = None,
    conditional: bool = True,
    etag: bool | str = True,
    last_modified: datetime | int | float | None = None,
    max_age: None | (int | t.Callable[[str | None], int | None]) = None,
) -> Response:
    """Answer with the content of a file.

    The path is trusted. For names that come from a client use :func:`send_from_directory`.

    :param path_or_file: a path, taken from the application's root path if relative, or a file
        opened in binary mode and positioned at its start.
    :param mimetype: media type; guessed from the name if not given.
    :param as_attachment: ask the browser to save the file rather than to show it.
    :param download_name: name under which the browser saves it.
    :param conditional: answer conditional and range requests.
    :param etag: whether to compute an entity tag from the path, or the tag itself.
    :param last_modified: time of the last change; that of the path if not given.
    :param max_age: seconds for which clients may keep it, or a function of the path that returns
        them; :meth:`Flask.get_send_file_max_age` if not given.
    :raises ValueError: for a file opened in text mode.

    .. versionadded:: 0.1
    """
    arguments = _prepare_send_file_kwargs(
        mimetype=mimetype,
        as_attachment=as_attachment,
        download_name=download_name,
        conditional=conditional,
        etag=etag,
        last_modified=last_modified,
        max_age=max_age,
    )
    return _files.send_file(path_or_file, arguments)  # type: ignore[return-value]


@takes_classic(
    add_etags="etag",
    attachment_filename="download_name",
    cache_timeout="max_age",
    filename="path",
)
def send_from_directory(
    directory: os.PathLike[str] | str,
    path: os.PathLike[str] | str,
    **kwargs: t.Any,
) -> Response:
    """Answer with a file below a directory, refusing names that lead out of it.

    ::

        @app.get("/uploads/<path:name>")
        def uploaded(name):
            return send_from_directory(app.config["UPLOADS"], name)

    :param directory: a trusted directory, taken from the application's root path if relative.
    :param path: the file in it; may come from the client.
    :param kwargs: further arguments of :func:`send_file`.
    :raises ~werkzeug.exceptions.NotFound: unless it is a regular file in the directory.

    .. versionadded:: 0.1
    """
    arguments = _prepare_send_file_kwargs(**kwargs)
    return _files.send_from_directory(directory, path, arguments)  # type: ignore[return-value]


def get_root_path(import_name: str) -> str:
    """Find the folder of a module or package, without importing it if that can be avoided.

    :param import_name: name of the module. One that cannot be found, or that has no loader as an
        interactive session, lives in the current working directory.
    :raises RuntimeError: for a module that knows no file, such as a namespace package.

    :meta private:
    """
    filename = getattr(sys.modules.get(import_name), "__file__", None)
    if filename is None:
        try:
            spec = importlib.util.find_spec(import_name)
        except (ImportError, ValueError):
            spec = None
        loader = None if spec is None else spec.loader
        if loader is None:
            return os.getcwd()
        filename = _filename_from_loader(loader, import_name)
    return os.path.dirname(os.path.abspath(filename))


def _filename_from_loader(loader: t.Any, import_name: str) -> str:
    """Ask a loader for the file of its module, or import the module and look."""
    if hasattr(loader, "get_filename"):
        return loader.get_filename(import_name)  # type: ignore[no-any-return]

    __import__(import_name)
    filename: str | None = getattr(sys.modules[import_name], "__file__", None)
    if filename is None:
        raise RuntimeError(
            f"No root path can be found for the provided module {import_name!r}. This can happen"
            " because the module came from an import hook that does not provide file name"
            " information or because it's a namespace package. In this case the root path needs"
            " to be explicitly provided."
        )
    return filename


@cache
def _split_blueprint_path(name: str) -> list[str]:
    """List a dotted blueprint name and those it is nested in, innermost first."""
    path = [name]
    while "." in name:
        name = name.rpartition(".")[0]
        path.append(name)
    return path


if not t.TYPE_CHECKING:
    __getattr__ = classic_names(__name__)
