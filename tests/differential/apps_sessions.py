"""Applications about sessions."""

from __future__ import annotations

import typing as t
from types import ModuleType

from .environs import OLD_KEY
from .harness import Recorder
from .registry import SESSION_SETTINGS, application, make_app


def _session_views(fw: ModuleType, rec: Recorder, app: t.Any) -> None:
    both = {"methods": ["GET", "POST"]}

    def show() -> t.Any:
        session = fw.session
        rec.note("session", dict(session), type(session._get_current_object()).__name__)
        return "shown"

    def count() -> t.Any:
        fw.session["n"] = fw.session.get("n", 0) + 1 if isinstance(fw.session, dict) else 1
        rec.note(fw.session.new, fw.session.modified, fw.session.accessed, fw.session.permanent)
        return "counted"

    def permanent() -> t.Any:
        fw.session.permanent = True
        return "kept"

    def clear() -> t.Any:
        fw.session.clear()
        return fw.make_response("cleared", 200, {"Vary": "Accept"})

    def nested() -> t.Any:
        fw.session.setdefault("list", []).append(1)
        return "nested"

    def deep() -> t.Any:
        value = fw.session.get("t")
        if isinstance(value, list):
            value.append(1)
        return str("n" in fw.session)

    def flash() -> t.Any:
        fw.flash("first")
        fw.flash("second <b>", "error")
        return {"messages": fw.get_flashed_messages(with_categories=True)}

    def quiet() -> t.Any:
        rec.note("quiet", fw.globals.request_ctx._get_current_object().__class__.__name__)
        return "quiet"

    def large() -> t.Any:
        fw.session["large"] = "x" * 5000
        return "large"

    def types() -> t.Any:
        fw.session["t"] = (1, b"\xff", {" t": 1})
        return "types"

    for view in (show, count, permanent, clear, nested, deep, flash, quiet, types):
        app.add_url_rule(f"/{view.__name__}", view_func=view, **both)

    app.add_url_rule("/static-like", endpoint="like", view_func=lambda: "like")

    @app.after_request
    def late(response: t.Any) -> t.Any:
        if "late" in fw.request.args:
            fw.session["late"] = 1
        return response


_NAMES = "show count permanent clear nested deep flash quiet types static-like missing"
SESSION_PATHS = [f"/{name}" for name in _NAMES.split()]


@application(
    paths=SESSION_PATHS,
    queries=["late=1"],
    settings={**SESSION_SETTINGS, "PROPAGATE_EXCEPTIONS": [True]},
    cookies=0.8,
)
def build_sessions(fw: ModuleType, rec: Recorder) -> t.Any:
    """Sessions of the stock interface, under all settings."""
    app = make_app(fw.Flask)
    app.config["SECRET_KEY_FALLBACKS"] = [OLD_KEY]
    _session_views(fw, rec, app)
    return app


@application(paths=SESSION_PATHS, queries=["late=1"], cookies=0.8, stages=("open", "save", "null"))
def build_own_sessions(fw: ModuleType, rec: Recorder) -> t.Any:
    """Sessions of interfaces of the application's own, which change while it serves."""
    app = make_app(fw.Flask)
    sessions = fw.sessions

    class Plain(dict, sessions.SessionMixin):  # type: ignore[misc,type-arg]
        pass

    class Own(sessions.SessionInterface):  # type: ignore[misc]
        def open_session(self, app: t.Any, request: t.Any) -> t.Any:
            answer = rec.stage("open", request.path, request.endpoint, bool(fw.request))
            return None if answer is not None else Plain(n=1)

        def save_session(self, app: t.Any, session: t.Any, response: t.Any) -> None:
            rec.stage("save", dict(session))
            response.headers["X-Saved"] = "yes"

        def is_null_session(self, obj: t.Any) -> bool:
            rec.stage("null")
            return bool(super().is_null_session(obj))

    class Derived(sessions.SecureCookieSessionInterface):  # type: ignore[misc]
        def should_set_cookie(self, app: t.Any, session: t.Any) -> bool:
            rec.note("should", session.modified)
            return True

    class Named(sessions.SecureCookieSessionInterface):  # type: ignore[misc]
        def get_cookie_name(self, app: t.Any) -> str:
            return "a"

    changed = sessions.SecureCookieSessionInterface()
    changed.save_session = lambda app, session, response: rec.note("changed", dict(session))
    interfaces = [Own(), Derived(), sessions.SecureCookieSessionInterface(), Named(), changed]
    inner = app.wsgi_app

    def turn(environ: t.Any, start_response: t.Any) -> t.Any:
        size = len(environ.get("QUERY_STRING", "")) + len(environ.get("HTTP_COOKIE", ""))
        app.session_interface = interfaces[size % len(interfaces)]
        return inner(environ, start_response)

    app.wsgi_app = turn
    _session_views(fw, rec, app)
    return app
