"""From what ``--app`` names to an application object.

The public names are part of :mod:`fastflask.cli` and documented there. A module is imported
under the name that its place in a package gives it, then searched for an application, for a
factory that takes no arguments, or for the one expression that the user wrote.
"""

from __future__ import annotations

import ast
import inspect
import os
import sys
import traceback
import typing as t
from types import ModuleType

import click

if t.TYPE_CHECKING:
    from .app import Flask

_APP_NAMES = ("app", "application")
_FACTORY_NAMES = ("create_app", "make_app")


class NoAppException(click.UsageError):
    """No application was found, or the one that was named cannot be loaded."""


def find_best_app(module: ModuleType) -> Flask:
    """Pick the application of a module when no name was given.

    In order: a variable called ``app`` or ``application``, the only application among the
    module's values, the result of ``create_app()`` or ``make_app()``.

    :param module: an imported module, or anything with attributes and a ``__name__``.
    :raises NoAppException: if there is nothing to pick, or more than one thing.

    .. versionadded:: 0.1
    """
    from . import Flask

    for name in _APP_NAMES:
        value = getattr(module, name, None)
        if isinstance(value, Flask):
            return value

    apps = [value for value in vars(module).values() if isinstance(value, Flask)]
    if len(apps) > 1:
        raise NoAppException(
            f"Detected multiple Flask applications in module '{module.__name__}'."
            f" Use '{module.__name__}:name' to specify the correct one."
        )
    if apps:
        return apps[0]

    for name in _FACTORY_NAMES:
        factory = getattr(module, name, None)
        if not inspect.isfunction(factory):
            continue
        misuse = (
            f"Detected factory '{name}' in module '{module.__name__}', but could not call it"
            f" without arguments. Use '{module.__name__}:{name}(args)' to specify arguments."
        )
        value = _call_factory(misuse, factory)
        if isinstance(value, Flask):
            return value

    raise NoAppException(
        f"Failed to find Flask application or factory in module '{module.__name__}'."
        f" Use '{module.__name__}:name' to specify one."
    )


def find_app_by_string(module: ModuleType, app_name: str) -> Flask:
    """Get the application that an expression names in a module.

    :param module: the imported module.
    :param app_name: a variable, a factory, or a call of a factory with literal arguments.
    :raises NoAppException: if the expression has another form or does not give an application.

    .. versionadded:: 0.1
    """
    from . import Flask

    name, args, kwargs = _parse_reference(app_name)

    try:
        value = getattr(module, name)
    except AttributeError as error:
        raise NoAppException(
            f"Failed to find attribute {name!r} in {module.__name__!r}."
        ) from error

    if inspect.isfunction(value):
        misuse = (
            f"The factory {app_name!r} in module {module.__name__!r} could not be called with"
            " the specified arguments."
        )
        value = _call_factory(misuse, value, *args, **kwargs)

    if not isinstance(value, Flask):
        raise NoAppException(
            f"A valid Flask application was not obtained from '{module.__name__}:{app_name}'."
        )
    return value


def _parse_reference(text: str) -> tuple[str, list[t.Any], dict[str, t.Any]]:
    """Split ``name`` or ``name(1, key="value")`` into name and arguments.

    :param text: what the user wrote after the colon.
    :raises NoAppException: if it is neither form.
    """
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        node = None

    match node:
        case ast.Name(id=name):
            return name, [], {}
        case ast.Call(func=ast.Name(id=name)):
            try:
                args = [ast.literal_eval(value) for value in node.args]
                kwargs = {k.arg: ast.literal_eval(k.value) for k in node.keywords if k.arg}
            except ValueError:
                # What literal_eval says of a bad argument means nothing on a command line.
                raise NoAppException(
                    f"Failed to parse arguments as literal values: {text!r}."
                ) from None
            return name, args, kwargs
        case ast.Call():
            raise NoAppException(f"Function reference must be a simple name: {text!r}.")

    raise NoAppException(f"Failed to parse {text!r} as an attribute name or function call.")


def _call_factory(
    misuse: str, factory: t.Callable[..., t.Any], /, *args: t.Any, **kwargs: t.Any
) -> t.Any:
    """Call an application factory.

    :param misuse: what to say if the factory does not accept the arguments.
    :raises NoAppException: in that case; a ``TypeError`` from inside the factory goes through.
    """
    try:
        return factory(*args, **kwargs)
    except TypeError as error:
        if _called_with_wrong_args(factory):
            raise NoAppException(misuse) from error
        raise


def _called_with_wrong_args(f: t.Callable[..., t.Any]) -> bool:
    """Tell, while a ``TypeError`` of ``f(...)`` is handled, whether ``f`` was never entered.

    :param f: the Python function that was called.
    """
    frames = traceback.walk_tb(sys.exc_info()[2])
    return all(frame.f_code is not f.__code__ for frame, _ in frames)


def prepare_import(path: str) -> str:
    """Make a file or dotted name importable and return the module name to import it by.

    The folder that holds the outermost package, or the module itself, comes first on
    ``sys.path``.

    :param path: a path with or without ``.py``; ``__init__`` stands for its folder.

    .. versionadded:: 0.1
    """
    location = os.path.realpath(path)
    stem, extension = os.path.splitext(location)
    if extension == ".py":
        location = stem
    if os.path.basename(location) == "__init__":
        location = os.path.dirname(location)

    folder, name = os.path.split(location)
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder, package = os.path.split(folder)
        name = f"{package}.{name}"

    if sys.path[:1] != [folder]:
        sys.path.insert(0, folder)
    return name


@t.overload
def locate_app(
    module_name: str, app_name: str | None, raise_if_not_found: t.Literal[True] = True
) -> Flask: ...


@t.overload
def locate_app(
    module_name: str, app_name: str | None, raise_if_not_found: t.Literal[False] = ...
) -> Flask | None: ...


def locate_app(
    module_name: str, app_name: str | None, raise_if_not_found: bool = True
) -> Flask | None:
    """Import a module and get its application.

    :param module_name: the dotted name to import.
    :param app_name: an expression as :func:`find_app_by_string` takes it; ``None`` searches.
    :param raise_if_not_found: whether a module that does not exist is an error; otherwise
        the answer is ``None``.
    :raises NoAppException: if nothing was found, or if the module itself fails to import
        something, with the traceback in the message.

    .. versionadded:: 0.1
    """
    try:
        __import__(module_name)
    except ImportError as error:
        # The import system takes its own frames out, so a second frame is the module's code.
        if error.__traceback__ is not None and error.__traceback__.tb_next is not None:
            raise NoAppException(
                f"While importing {module_name!r}, an ImportError was raised:\n\n"
                f"{traceback.format_exc()}"
            ) from None
        if raise_if_not_found:
            raise NoAppException(f"Could not import {module_name!r}.") from None
        return None

    module = sys.modules[module_name]
    return find_best_app(module) if app_name is None else find_app_by_string(module, app_name)
