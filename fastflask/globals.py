"""The proxies to what is current: the application, the request, and what belongs to them."""

from __future__ import annotations

import typing as t

from . import _vars
from ._classic import classic_names
from ._impl import LocalProxy

if t.TYPE_CHECKING:
    from .app import Flask
    from .ctx import AppContext, RequestContext, _AppCtxGlobals
    from .sessions import SessionMixin
    from .wrappers import Request

_cv_app, _cv_request = _vars.cv_app, _vars.cv_request
_no_app_msg, _no_req_msg = _vars.no_app_msg, _vars.no_req_msg

# Typed as what they stand for, since that is how they are used.
app_ctx: AppContext = LocalProxy(  # type: ignore[assignment]
    _cv_app, unbound_message=_no_app_msg
)
current_app: Flask = LocalProxy(  # type: ignore[assignment]
    _cv_app, "app", unbound_message=_no_app_msg
)
g: _AppCtxGlobals = LocalProxy(  # type: ignore[assignment]
    _cv_app, "g", unbound_message=_no_app_msg
)
request_ctx: RequestContext = LocalProxy(  # type: ignore[assignment]
    _cv_request, unbound_message=_no_req_msg
)
request: Request = LocalProxy(  # type: ignore[assignment]
    _cv_request, "request", unbound_message=_no_req_msg
)
session: SessionMixin = LocalProxy(  # type: ignore[assignment]
    _cv_request, "session", unbound_message=_no_req_msg
)

if not t.TYPE_CHECKING:
    __getattr__ = classic_names(__name__)
