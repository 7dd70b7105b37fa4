"""What of an application is the framework's own.

The engines know what the stock classes do, and may defer or skip their work where nobody can
see it. Classes derived from them are asked each time.

The compiled twin is ``_cython/stock.pxi``.
"""

from __future__ import annotations

import typing as t

# What ``configure`` sets: classes from modules that themselves need the engines.
stock_map_class: t.Any = None
_session_interface_class: t.Any = None
_session_methods: tuple[t.Any, ...] = ()
stock_app_context_class: t.Any = None
stock_request_context_class: t.Any = None
map_binding: tuple[t.Any, ...] = ()
# The module that offers ``url_for``, and which of its names that is about.
helpers: t.Any = None
current_app: t.Any = None


def configure(
    *,
    map_class: type,
    session_interface_class: type,
    app_context_class: type,
    request_context_class: type,
    request_class: type,
    globals_class: type,
    config_class: type,
    secret_key: t.Any,
) -> None:
    """Tell the cycle which classes are the stock ones.

    It knows what these do, and may defer or skip their work where nobody can see it. Classes
    derived from them are asked each time.

    :param map_class: the URL map.
    :param session_interface_class: the session interface.
    :param app_context_class: what :meth:`RequestCycle.app_context` makes.
    :param request_context_class: what :meth:`RequestCycle.request_context` makes.
    :param request_class: the request.
    :param globals_class: the namespace of an application context.
    :param config_class: the configuration.
    :param secret_key: the attribute of the application that reads the secret key.
    """
    # The last four serve the compiled twin only, which goes round their attribute reads.
    global stock_map_class, _session_interface_class, _session_methods
    global stock_app_context_class, stock_request_context_class
    global map_binding, helpers, current_app
    from .. import globals as current
    from .. import helpers as stock_helpers

    helpers, current_app = stock_helpers, current.current_app
    map_binding = (map_class.bind, map_class.adapter_class, map_class.update)  # type: ignore[attr-defined]
    stock_map_class = map_class
    _session_interface_class = session_interface_class
    _session_methods = _methods_of_session(session_interface_class)
    stock_app_context_class = app_context_class
    stock_request_context_class = request_context_class


def _methods_of_session(cls: t.Any) -> tuple[t.Any, ...]:
    return (
        cls.open_session,
        cls.get_signing_serializer,
        cls.get_cookie_name,
        cls.is_null_session,
        cls.save_session,
        cls.should_set_cookie,
    )


def is_stock_session(interface: t.Any) -> bool:
    """Whether the interface opens and saves as the stock one does, unpatched."""
    cls = type(interface)
    return (
        cls is _session_interface_class
        and not interface.__dict__
        and _methods_of_session(cls) == _session_methods
    )
