"""Proxies are typed as what they stand for."""

from __future__ import annotations

from typing_extensions import reveal_type

from fastflask import current_app, g, request, session, url_for
from fastflask.globals import app_ctx, request_ctx

reveal_type(request)  # revealed: Request
reveal_type(session)  # revealed: SessionMixin
reveal_type(current_app)  # revealed: Flask
reveal_type(g)  # revealed: _AppCtxGlobals
reveal_type(app_ctx)  # revealed: AppContext
reveal_type(request_ctx)  # revealed: RequestContext

reveal_type(request.args.get("page", type=int))  # revealed: int | None
reveal_type(request.method)  # revealed: str
reveal_type(request.endpoint)  # revealed: str | None
reveal_type(request.view_args)  # revealed: dict[str, Any] | None
reveal_type(session.permanent)  # revealed: bool
reveal_type(current_app.debug)  # revealed: bool
reveal_type(url_for("index"))  # revealed: str

g.user = "anything may be set"
session["name"] = "as in a dict"
