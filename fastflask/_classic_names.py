"""The classic names of each module: how to make them, and what to write today.

Loaded when a module is asked for a name that it does not have.
"""

from __future__ import annotations

import typing as t
from importlib import import_module

#: Makes what a name stands for.
Maker = t.Callable[[], t.Any]


def _from(module: str, name: str) -> Maker:
    """Take a name from a module, which is imported for it.

    :param module: the module; one that begins with a dot is of this package.
    :param name: the name in it.
    """
    return lambda: getattr(import_module(module, __package__), name)


def _moved(module: str, name: str) -> tuple[Maker, str]:
    """A name that is now another one, or in another module.

    :param module: the module; one that begins with a dot is of this package.
    :param name: the name in it.
    """
    return _from(module, name), f"'{module.removeprefix('.')}.{name}'"


_REQUEST_STACK = (
    _from("._impl", "request_ctx_stack"),
    "'globals.request_ctx', or 'g' for data of your own,",
)
_APP_STACK = (
    _from("._impl", "app_ctx_stack"),
    "'globals.app_ctx', or 'g' for data of your own,",
)
_SAFE_JOIN = (_from("._classic_helpers", "safe_join"), "'werkzeug.utils.safe_join'")
_GET_ENV = (_from("._classic_helpers", "get_env"), "a setting of your own, or 'app.debug'")
_SIGNALS = (lambda: True, "Signals are always available.")

#: By module, without the package: each name's maker, and what to use instead of it.
NAMES: dict[str, dict[str, tuple[Maker, str]]] = {
    "": {
        "Markup": _moved("markupsafe", "Markup"),
        "escape": _moved("markupsafe", "escape"),
        "safe_join": _SAFE_JOIN,
        "signals_available": _SIGNALS,
        "_request_ctx_stack": _REQUEST_STACK,
        "_app_ctx_stack": _APP_STACK,
    },
    "app": {
        "Scaffold": _moved(".sansio.scaffold", "Scaffold"),
        "_endpoint_from_view_func": _moved(".sansio.scaffold", "_endpoint_from_view_func"),
        "setupmethod": _moved(".sansio.scaffold", "setupmethod"),
    },
    "cli": {"get_env": _GET_ENV},
    "ctx": {"_RequestGlobals": _moved(".ctx", "_AppCtxGlobals")},
    "globals": {
        "LocalStack": _moved(".local", "LocalStack"),
        "_app_ctx_err_msg": _moved(".globals", "_no_app_msg"),
        "_app_ctx_stack": _APP_STACK,
        "_find_app": (_from("._classic_helpers", "find_app"), "'current_app'"),
        "_lookup_app_object": (_from("._classic_helpers", "lookup_app_object"), "'app_ctx'"),
        "_lookup_req_object": (_from("._classic_helpers", "lookup_req_object"), "'request_ctx'"),
        "_request_ctx_err_msg": _moved(".globals", "_no_req_msg"),
        "_request_ctx_stack": _REQUEST_STACK,
    },
    "helpers": {
        "_endpoint_from_view_func": _moved(".sansio.scaffold", "_endpoint_from_view_func"),
        "find_package": _moved(".sansio.scaffold", "find_package"),
        "get_env": _GET_ENV,
        "is_ip": (_from("._classic_helpers", "is_ip"), "the module 'ipaddress'"),
        "locked_cached_property": (
            _from("._classic_helpers", "locked_cached_property"),
            "'werkzeug.utils.cached_property', and a lock where it needs one,",
        ),
        "safe_join": _SAFE_JOIN,
    },
    "json": {
        "JSONDecoder": (
            _from("._classic_json", "JSONDecoder"),
            "a subclass of 'json.provider.DefaultJSONProvider'",
        ),
        "JSONEncoder": (
            _from("._classic_json", "JSONEncoder"),
            "a subclass of 'json.provider.DefaultJSONProvider'",
        ),
        "htmlsafe_dump": (
            _from("._classic_json", "htmlsafe_dump"),
            "'jinja2.utils.htmlsafe_json_dumps'",
        ),
        "htmlsafe_dumps": (
            _from("._classic_json", "htmlsafe_dumps"),
            "'jinja2.utils.htmlsafe_json_dumps'",
        ),
    },
    "signals": {"signals_available": _SIGNALS},
    "testing": {
        "make_test_environ_builder": (
            _from("._classic_helpers", "make_test_environ_builder"),
            "'EnvironBuilder'",
        ),
    },
}
