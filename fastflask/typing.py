"""Types for the annotations of views and of functions registered with an application."""

# The aliases exist at run time, where a name in quotes cannot be joined by "|".
# ruff: noqa: UP007, UP045

from __future__ import annotations

import collections.abc as cabc
import typing as t

if t.TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from werkzeug.datastructures import Headers
    from werkzeug.sansio.response import Response

# Views

#: A body: what a view returns, or the first item of the tuple that it returns.
ResponseValue = t.Union[
    "Response",
    str,
    bytes,
    list[t.Any],
    # At run time it has to be a dict. TypedDict classes are mappings to a type checker.
    t.Mapping[str, t.Any],
    t.Iterator[str],
    t.Iterator[bytes],
    # Not for WSGI: lets annotations be shared with ASGI frameworks of the same interface.
    cabc.AsyncIterable[str],
    cabc.AsyncIterable[bytes],
]

#: What a header is set to; a list or tuple adds it once for each of its values.
HeaderValue = t.Union[str, list[str], tuple[str, ...]]

#: All headers that come with a body.
HeadersValue = t.Union[
    "Headers",
    t.Mapping[str, HeaderValue],
    t.Sequence[tuple[str, HeaderValue]],
]

#: Anything that a view may return.
ResponseReturnValue = t.Union[
    ResponseValue,
    tuple[ResponseValue, HeadersValue],
    tuple[ResponseValue, int],
    tuple[ResponseValue, int, HeadersValue],
    "WSGIApplication",
]

#: A view, plain or async.
RouteCallable = t.Union[
    t.Callable[..., ResponseReturnValue],
    t.Callable[..., t.Awaitable[ResponseReturnValue]],
]

# Around the view

#: Key of the registries: the name of a blueprint, or ``None`` for the application.
AppOrBlueprintKey = t.Optional[str]

# A variable, not a class: a function annotated with any subclass of the response is accepted.
ResponseClass = t.TypeVar("ResponseClass", bound="Response")

AfterRequestCallable = t.Union[
    t.Callable[[ResponseClass], ResponseClass],
    t.Callable[[ResponseClass], t.Awaitable[ResponseClass]],
]
BeforeFirstRequestCallable = t.Union[
    t.Callable[[], None],
    t.Callable[[], t.Awaitable[None]],
]
BeforeRequestCallable = t.Union[
    t.Callable[[], t.Optional[ResponseReturnValue]],
    t.Callable[[], t.Awaitable[t.Optional[ResponseReturnValue]]],
]
TeardownCallable = t.Union[
    t.Callable[[t.Optional[BaseException]], None],
    t.Callable[[t.Optional[BaseException]], t.Awaitable[None]],
]
# The argument stays open: handlers name the one exception that they are for, and a parameter
# of type Exception would not accept them.
ErrorHandlerCallable = t.Union[
    t.Callable[[t.Any], ResponseReturnValue],
    t.Callable[[t.Any], t.Awaitable[ResponseReturnValue]],
]

# URLs, templates, shell

URLDefaultCallable = t.Callable[[str, dict[str, t.Any]], None]
URLValuePreprocessorCallable = t.Callable[[t.Optional[str], t.Optional[dict[str, t.Any]]], None]
TemplateContextProcessorCallable = t.Union[
    t.Callable[[], dict[str, t.Any]],
    t.Callable[[], t.Awaitable[dict[str, t.Any]]],
]
TemplateFilterCallable = t.Callable[..., t.Any]
TemplateGlobalCallable = t.Callable[..., t.Any]
TemplateTestCallable = t.Callable[..., bool]
ShellContextProcessorCallable = t.Callable[[], dict[str, t.Any]]
