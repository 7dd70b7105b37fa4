"""Choose between the compiled engines and their pure-Python twins.

This is the only place that decides. ``FASTFLASK_SPEEDUPS`` in the environment says how:

* unset or empty: the compiled module if it can be loaded, else the pure one;
* ``1``: the compiled module, and an :exc:`ImportError` if it cannot be loaded;
* ``0``: the pure one.

:data:`implementation` is ``"compiled"`` or ``"pure"`` and :data:`reason` says why.
"""

from __future__ import annotations

import os
import typing as t

#: What an implementation offers, and all that the rest of the package takes from it.
NAMES = (
    "AppContextBase",
    "BodyIterator",
    "ContextStack",
    "GlobalsBase",
    "LeanRequest",
    "LeanResponse",
    "LocalProxy",
    "MapBase",
    "RequestContextBase",
    "RequestCycle",
    "RouteMatcher",
    "RuleBuilder",
    "app_ctx_stack",
    "build_rule",
    "build_url",
    "configure",
    "current_blueprints",
    "make_error_page",
    "make_redirect",
    "match_url",
    "new_response",
    "request_ctx_stack",
    "update_map",
    "url_for",
)

implementation: str
reason: str


def _choose() -> tuple[t.Any, str, str]:
    """Return the module to use, what it is, and why it was taken."""
    wish = os.environ.get("FASTFLASK_SPEEDUPS", "").strip()

    if wish not in {"", "0", "1"}:
        raise ImportError(
            f"FASTFLASK_SPEEDUPS is {wish!r}: use 1 to require the compiled module,"
            " 0 to do without it, or leave it unset."
        )

    if wish == "0":
        from . import _pure

        return _pure, "pure", "FASTFLASK_SPEEDUPS=0"

    try:
        from . import _speedups
    except ImportError as error:
        if wish == "1":
            raise ImportError(
                f"FASTFLASK_SPEEDUPS=1 requires the compiled module: {error}"
            ) from error

        from . import _pure

        return _pure, "pure", _explain(error)

    why = "FASTFLASK_SPEEDUPS=1" if wish else "the compiled module is present"
    return _speedups, "compiled", why


def _explain(error: ImportError) -> str:
    """Tell a module that was never built from one that does not load, and warn of the latter."""
    from importlib.machinery import EXTENSION_SUFFIXES

    folder = os.path.dirname(__file__)
    present = [
        name
        for name in (f"_speedups{suffix}" for suffix in EXTENSION_SUFFIXES)
        if os.path.exists(os.path.join(folder, name))
    ]

    if not present:
        return "the compiled module was not built"

    import warnings

    text = f"{present[0]} does not load: {error}"
    warnings.warn(f"fastflask runs in pure Python, as {text}", RuntimeWarning, stacklevel=2)
    return text


_module, implementation, reason = _choose()

if t.TYPE_CHECKING:
    # The twins are checked against one another by the tests, so one set of types serves both.
    from ._pure import AppContextBase as AppContextBase
    from ._pure import BodyIterator as BodyIterator
    from ._pure import ContextStack as ContextStack
    from ._pure import GlobalsBase as GlobalsBase
    from ._pure import LeanRequest as LeanRequest
    from ._pure import LeanResponse as LeanResponse
    from ._pure import LocalProxy as LocalProxy
    from ._pure import MapBase as MapBase
    from ._pure import RequestContextBase as RequestContextBase
    from ._pure import RequestCycle as RequestCycle
    from ._pure import RouteMatcher as RouteMatcher
    from ._pure import RuleBuilder as RuleBuilder
    from ._pure import app_ctx_stack as app_ctx_stack
    from ._pure import build_rule as build_rule
    from ._pure import build_url as build_url
    from ._pure import configure as configure
    from ._pure import current_blueprints as current_blueprints
    from ._pure import make_error_page as make_error_page
    from ._pure import make_redirect as make_redirect
    from ._pure import match_url as match_url
    from ._pure import new_response as new_response
    from ._pure import request_ctx_stack as request_ctx_stack
    from ._pure import update_map as update_map
    from ._pure import url_for as url_for
else:
    globals().update((name, getattr(_module, name)) for name in NAMES)
