"""What of an application goes the short way through a request, and what takes longer and why.

Nothing here is wrong with an application: whatever it replaces is called, as in Flask. It only
tells where the time goes that fastflask could have saved. For ``fastflask doctor``.
"""

from __future__ import annotations

import inspect
import typing as t
from collections import Counter

from . import signals
from ._impl import LeanRequest, LeanResponse, RequestCycle
from ._pure.routing_segments import _one_group
from .routing import Map
from .sessions import SecureCookieSessionInterface
from .wrappers import Request, Response

if t.TYPE_CHECKING:
    from .app import Flask

#: The stages of a request that the engine calls without looking them up, while they are its own.
STAGES = (
    "wsgi_app",
    "request_context",
    "app_context",
    "create_url_adapter",
    "full_dispatch_request",
    "preprocess_request",
    "dispatch_request",
    "ensure_sync",
    "make_response",
    "finalize_request",
    "process_response",
    "do_teardown_request",
    "do_teardown_appcontext",
    "url_for",
)
_MAKING = ("__init__", "__new__", "__getattribute__", "__setattr__")
_SESSION = (
    "open_session",
    "get_signing_serializer",
    "get_cookie_name",
    "is_null_session",
    "save_session",
    "should_set_cookie",
)
_HOOKS = (
    ("URL value preprocessors", "url_value_preprocessors"),
    ("before-request functions", "before_request_funcs"),
    ("after-request functions", "after_request_funcs"),
    ("teardown functions", "teardown_request_funcs"),
    ("teardown functions of the context", "teardown_appcontext_funcs"),
)


class Finding(t.NamedTuple):
    """A part of an application, and how it is handled."""

    part: str
    #: Whether it goes the short way; ``None`` if that is no question of it.
    short: bool | None
    text: str


def examine(app: Flask) -> list[Finding]:
    """Look at an application as it is now, and return what there is to say.

    :param app: the application.
    """
    return [
        *_stages(app),
        *_session(app),
        *_class("request class", app.request_class, Request, LeanRequest, "trusted_hosts"),
        *_class("response class", app.response_class, Response, LeanResponse, "headers"),
        *_adapter(app),
        *_rules(app),
        *_hooks(app),
    ]


def _name(obj: t.Any) -> str:
    cls = obj if isinstance(obj, type) else type(obj)
    return f"{cls.__module__}.{cls.__qualname__}"


def _stages(app: Flask) -> t.Iterator[Finding]:
    replaced = []
    for name in STAGES:
        stock = inspect.getattr_static(RequestCycle, name)
        if name in vars(app):
            replaced.append((name, "set on the instance"))
        elif inspect.getattr_static(type(app), name) is not stock:
            owner = next(cls for cls in type(app).__mro__ if name in vars(cls))
            replaced.append((name, f"by {_name(owner)}"))

    for name, how in replaced:
        text = f"replaced, {how}: called as it is"
        if name == "create_url_adapter":
            text += "; the URL adapter is made for every request"
        yield Finding(f"stage {name}", False, text)
    if not replaced:
        yield Finding("stages", True, "all of them are fastflask's own")


def _session(app: Flask) -> t.Iterator[Finding]:
    interface = app.session_interface
    cls = type(interface)
    later = "opened for every request, not when it is first used"

    if cls is not SecureCookieSessionInterface:
        yield Finding("session", False, f"{_name(cls)} is an interface of its own: {later}")
    elif vars(interface) or (changed := [n for n in _SESSION if not _is_of(cls, n, "sessions")]):
        names = ", ".join(vars(interface) or changed)  # pyright: ignore[reportPossiblyUnboundVariable]
        yield Finding("session", False, f"the interface is changed ({names}): {later}")
    else:
        yield Finding("session", True, "signed cookie, opened when it is first used")


def _is_of(cls: type, name: str, module: str) -> bool:
    return bool(getattr(cls, name).__module__ == f"{__package__}.{module}")


def _class(part: str, cls: t.Any, stock: type, lean: type, *special: str) -> t.Iterator[Finding]:
    if cls is stock:
        yield Finding(part, True, "fastflask's own")
        return
    if not (isinstance(cls, type) and issubclass(cls, lean)):
        shown = cls if isinstance(cls, type) else type(cls)
        yield Finding(part, False, f"{_name(shown)} is not derived from fastflask's: nothing waits")
        return

    changed = [
        name
        for name in (*_MAKING, *special)
        if inspect.getattr_static(cls, name) is not inspect.getattr_static(stock, name)
    ]
    if type(cls) is not type:
        changed.append("the metaclass")
    text = f"{_name(cls)}, derived from fastflask's"
    if changed:
        text += f", but with {', '.join(changed)} of its own"
    yield Finding(part, not changed, text)


def _adapter(app: Flask) -> t.Iterator[Finding]:
    reasons = []
    if type(app.url_map) is not Map:
        reasons.append(f"the map is a {_name(app.url_map)}")
    elif app.url_map.host_matching:
        reasons.append("hosts are matched")
    if app.subdomain_matching:
        reasons.append("subdomains are matched")
    reasons += [f"{key} is set" for key in ("SERVER_NAME", "TRUSTED_HOSTS") if app.config[key]]

    if reasons:
        yield Finding("URL adapter", False, f"made for every request: {', '.join(reasons)}")
    else:
        yield Finding("URL adapter", True, "made when it is first used")


def _rules(app: Flask) -> t.Iterator[Finding]:
    url_map = app.url_map
    if not hasattr(url_map, "matcher_class"):
        text = "matched by Werkzeug, as its map knows no other matcher"
        yield Finding("rules", False, text)
        return

    rules = list(url_map.iter_rules())
    slow = [rule for rule in rules if _takes_regex(rule)]
    yield Finding("rules", True, f"{len(rules)}, of which {len(rules) - len(slow)} without re")
    for rule in slow:
        converters = sorted({_name(c) for c in rule._converters.values() if not _is_known(c)})
        why = f"converter {', '.join(converters)}" if converters else "several values in one part"
        yield Finding(f"rule {rule.rule}", False, f"read with a regular expression: {why}")

    views = [view for view in app.view_functions.values() if inspect.iscoroutinefunction(view)]
    if views:
        text = f"{len(views)} of {len(app.view_functions)}: each call runs an event loop"
        yield Finding("async views", False, text)


def _is_known(converter: t.Any) -> bool:
    return type(converter).__module__ == "werkzeug.routing.converters"


def _takes_regex(rule: t.Any) -> bool:
    return any(
        not part.static and _one_group.fullmatch(part.content) is None
        for part in getattr(rule, "_parts", ())
    )


def _hooks(app: Flask) -> t.Iterator[Finding]:
    for title, name in _HOOKS:
        registry = getattr(app, name)
        count: Counter[str] = Counter()
        if isinstance(registry, dict):
            for scope, functions in registry.items():
                count["for all" if scope is None else f"in blueprint {scope!r}"] += len(functions)
        else:
            count["for all"] = len(registry)
        if +count:
            text = ", ".join(f"{number} {where}" for where, number in (+count).items())
            yield Finding(title, None, text)

    for name, signal in sorted(vars(signals).items()):
        if getattr(signal, "receivers", None):
            yield Finding(f"signal {name}", None, f"{len(signal.receivers)} receivers")
