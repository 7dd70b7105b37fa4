"""Stages whose override takes the context first, as the next release of Flask calls them.

Such overrides are found once, when the class is made: by a first parameter that is called ``ctx``
or annotated as an ``AppContext``. They are then called with the current context, may pass it on
to ``super()``, and may pass it to other stages. Applications without them are not affected.
"""

from __future__ import annotations

import typing as t
from functools import update_wrapper
from types import FunctionType

from ._impl import AppContextBase, RequestContextBase
from ._vars import cv_app, cv_request

#: The stages that take the context first.
STAGES = (
    "dispatch_request",
    "do_teardown_appcontext",
    "do_teardown_request",
    "finalize_request",
    "full_dispatch_request",
    "handle_exception",
    "handle_http_exception",
    "handle_user_exception",
    "log_exception",
    "make_default_options_response",
    "preprocess_request",
    "process_response",
    "update_template_context",
)

_CONTEXTS = (AppContextBase, RequestContextBase)


class ContextFirst:
    """Stages that may be given the context and do without it.

    A base of the classes that have such overrides, before those of this package. (Not without a
    ``__dict__``: only a class that is laid out like the others can come among the bases later.)
    """


def _drop_context(name: str) -> t.Callable[..., t.Any]:
    def stage(self: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
        if args and isinstance(args[0], _CONTEXTS):
            args = args[1:]

        return getattr(super(ContextFirst, self), name)(*args, **kwargs)

    stage.__name__ = name
    stage.__qualname__ = f"ContextFirst.{name}"
    return stage


for _name in STAGES:
    setattr(ContextFirst, _name, _drop_context(_name))


def _add_context(override: t.Callable[..., t.Any], name: str) -> t.Callable[..., t.Any]:
    of_app = name == "do_teardown_appcontext"

    def stage(self: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
        if not args or not isinstance(args[0], _CONTEXTS):
            context: t.Any = None if of_app else cv_request.get(None)
            args = (cv_app.get(None) if context is None else context, *args)

        return override(self, *args, **kwargs)

    return update_wrapper(stage, override)


def _takes_context(function: t.Any) -> bool:
    """Whether a method is one whose first parameter is the context."""
    while hasattr(function, "__wrapped__"):
        # One that has been dealt with for a base of the class.
        if getattr(function, "__code__", None) is _STAGE_CODE:
            return False
        function = function.__wrapped__

    if type(function) is not FunctionType or function.__code__.co_argcount < 2:
        return False

    name = function.__code__.co_varnames[1]
    annotation = function.__annotations__.get(name, "")

    if isinstance(annotation, str):
        return name == "ctx" or annotation.rpartition(".")[2] == "AppContext"

    return name == "ctx" or isinstance(annotation, type) and issubclass(annotation, _CONTEXTS)


_STAGE_CODE = _add_context(_drop_context(""), "").__code__


def adapt(cls: type, framework: type) -> None:
    """Have the overrides of a new class that take the context called with it.

    :param cls: the class of applications.
    :param framework: the class whose stages are called without it.
    """
    found = [name for name in STAGES if _takes_context(getattr(cls, name))]

    if not found:
        return

    for name in found:
        setattr(cls, name, _add_context(getattr(cls, name), name))

    if ContextFirst not in cls.__mro__:
        bases = list(cls.__bases__)
        # Behind mix-ins, which also pass the context on.
        place = next(i for i, base in enumerate(bases) if issubclass(base, framework))
        cls.__bases__ = (*bases[:place], ContextFirst, *bases[place:])
