"""What of an application is the framework's own.

The engines know what the stock classes do, and may defer or skip their work where nobody can
see it. Classes derived from them are asked each time.

The compiled twin is ``_cython/stock.pxi``.
"""

from __future__ import annotations

import typing as t
from operator import attrgetter

from .reading import note_request_class

# What ``configure`` sets: classes from modules that themselves need the engines.
stock_map_class: t.Any = None
_session_interface_class: t.Any = None
_opening_methods: tuple[t.Any, ...] = ()
_saving_methods: tuple[t.Any, ...] = ()
stock_app_context_class: t.Any = None
stock_request_context_class: t.Any = None
map_binding: tuple[t.Any, ...] = ()
# The module that offers ``url_for``, and which of its names that is about.
helpers: t.Any = None
current_app: t.Any = None
_naming: tuple[t.Any, ...] = ()
_hooks: tuple[t.Any, ...] = ()
first_step: t.Any = None
stock_auto_pop: t.Any = None


def configure(
    *,
    map_class: type,
    session_interface_class: type,
    app_context_class: type,
    request_context_class: type,
    request_class: type,
    response_class: type,
    globals_class: type,
    config_class: type,
    secret_key: t.Any,
    classic_hooks: dict[str, t.Any],
    auto_pop: t.Any,
) -> None:
    """Tell the cycle which classes are the stock ones.

    It knows what these do, and may defer or skip their work where nobody can see it. Classes
    derived from them are asked each time.

    :param map_class: the URL map.
    :param session_interface_class: the session interface.
    :param app_context_class: what :meth:`RequestCycle.app_context` makes.
    :param request_context_class: what :meth:`RequestCycle.request_context` makes.
    :param request_class: the request.
    :param response_class: the response.
    :param globals_class: the namespace of an application context.
    :param config_class: the configuration.
    :param secret_key: the attribute of the application that reads the secret key.
    :param classic_hooks: methods of the application that are called only if overridden.
    :param auto_pop: the method of a request context that is called only if overridden.
    """
    # Some serve the compiled twin only, which goes round reading and making them.
    global stock_map_class, _session_interface_class, _opening_methods, _saving_methods
    global stock_app_context_class, stock_request_context_class
    global map_binding, helpers, current_app, _naming
    global _hooks, first_step, stock_auto_pop
    from .. import globals as current
    from .. import helpers as stock_helpers

    note_request_class(request_class)
    helpers, current_app = stock_helpers, current.current_app
    map_binding = (map_class.bind, map_class.adapter_class, map_class.update)  # type: ignore[attr-defined]
    _naming = _get_naming(request_class)
    stock_map_class = map_class
    _session_interface_class = session_interface_class
    _opening_methods = _get_opening_methods(session_interface_class)
    _saving_methods = _get_saving_methods(session_interface_class)
    stock_app_context_class = app_context_class
    stock_request_context_class = request_context_class
    _hooks = tuple(classic_hooks[name] for name in _HOOK_NAMES)
    first_step = classic_hooks["try_trigger_before_first_request_functions"]
    stock_auto_pop = auto_pop


# The hooks of sessions.
_HOOK_NAMES = "open_session", "save_session", "make_null_session"
_get_hooks = attrgetter(*_HOOK_NAMES)
_get_naming = attrgetter("blueprints", "blueprint", "endpoint")
_get_opening_methods = attrgetter("open_session", "get_signing_serializer", "get_cookie_name")
_get_saving_methods = attrgetter("is_null_session", "save_session", "should_set_cookie")


def names_blueprints_as_stock(request: t.Any) -> bool:
    """Whether nothing takes place when a request is asked for its blueprints."""
    try:
        return _get_naming(type(request)) == _naming
    except AttributeError:
        return False


def opens_as_stock(app: t.Any, interface: t.Any) -> bool:
    """Whether the interface opens a session as the stock one does, unpatched and without hooks."""
    attributes = app.__dict__
    return (
        type(interface) is _session_interface_class
        and not interface.__dict__
        and _get_opening_methods(_session_interface_class) == _opening_methods
        # PERF: what ``calls_no_hooks`` finds out, without the call, as in each request.
        and _get_hooks(type(app)) == _hooks
        and "open_session" not in attributes
        and "save_session" not in attributes
        and "make_null_session" not in attributes
    )


def saves_as_stock(interface: t.Any) -> bool:
    """Whether the interface saves a session as the stock one does, unpatched."""
    return (
        type(interface) is _session_interface_class
        and not interface.__dict__
        and _get_saving_methods(_session_interface_class) == _saving_methods
    )


def calls_no_hooks(app: t.Any) -> bool:
    """Whether nobody overrides the hooks of sessions that earlier releases had."""
    attributes = app.__dict__
    return (
        _get_hooks(type(app)) == _hooks
        and "open_session" not in attributes
        and "save_session" not in attributes
        and "make_null_session" not in attributes
    )


def leave(context: t.Any, exc: BaseException | None) -> None:
    """Pop a request context at its end, by ``auto_pop`` if somebody overrides that."""
    if getattr(type(context), "auto_pop", stock_auto_pop) is stock_auto_pop:
        context.pop(exc)
    else:
        context.auto_pop(exc)
