"""The hooks of sessions, and the flow of a request by name."""

from __future__ import annotations

import typing as t
import warnings
from unittest import mock

import pytest
import werkzeug.serving
from classic import new_app
from werkzeug.test import run_wsgi_app

import fastflask
from fastflask import Flask
from fastflask.ctx import RequestContext
from fastflask.sessions import SecureCookieSession


class TestSessions:
    @pytest.mark.usefixtures("quiet")
    def test_hooks_call_the_interface(self) -> None:
        app = new_app()
        app.session_interface = mock.Mock(app.session_interface)
        request, session, response = object(), object(), object()
        app.open_session(request)  # type: ignore[arg-type]
        app.save_session(session, response)  # type: ignore[arg-type]
        app.make_null_session()
        assert app.session_interface.mock_calls == [
            mock.call.open_session(app, request),
            mock.call.save_session(app, session, response),
            mock.call.make_null_session(app),
        ]

    def test_hooks_warn_once(self) -> None:
        app = new_app()
        app.session_interface = mock.Mock(app.session_interface)

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in range(2):
                app.open_session(None)  # type: ignore[arg-type]
                app.save_session(None, None)  # type: ignore[arg-type]
                app.make_null_session()

        assert ["session_interface" in str(w.message) for w in caught] == [True] * 3
        assert {w.filename for w in caught} == {__file__}

    def test_override_warns_when_the_class_is_made(self) -> None:
        with pytest.warns(DeprecationWarning, match="Flask.open_session") as caught:

            class App(Flask):
                def open_session(self, request: t.Any) -> t.Any:
                    return None

        assert caught[0].filename == __file__

    def test_override_raises_nothing_where_warnings_are_errors(self) -> None:
        """On Flask 3 a class may have methods of any name."""

        class App(Flask):
            def make_null_session(self) -> t.Any:
                return SecureCookieSession({"null": True})

        app = new_app(App)
        app.add_url_rule("/read", view_func=lambda: dict(fastflask.session))
        assert app.test_client().get("/read").json == {"null": True}

    @pytest.mark.usefixtures("quiet")
    @pytest.mark.parametrize("how", ["subclass", "instance", "patched"])
    @pytest.mark.parametrize("key", [None, "key"])
    def test_hooks_overridden(
        self, how: str, key: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls: list[t.Any] = []

        def open_session(self: Flask, request: t.Any) -> t.Any:
            calls.append(("open", request.path))
            return None if request.path == "/null" else SecureCookieSession({"a": 1})

        def save_session(self: Flask, session: t.Any, response: t.Any) -> None:
            calls.append(("save", dict(session), response.status_code))
            response.headers["X-Saved"] = "yes"

        def make_null_session(self: Flask) -> t.Any:
            calls.append(("null",))
            return SecureCookieSession({"null": True})

        hooks = {f.__name__: f for f in (open_session, save_session, make_null_session)}
        app = new_app(type("App", (Flask,), hooks) if how == "subclass" else Flask)
        app.secret_key = key
        app.add_url_rule("/session", view_func=lambda: dict(fastflask.session))
        app.add_url_rule("/null", endpoint="null", view_func=lambda: dict(fastflask.session))
        client = app.test_client()

        if how != "subclass":
            client.get("/")
            for name, hook in hooks.items():
                if how == "patched":
                    monkeypatch.setattr(Flask, name, hook)
                else:
                    monkeypatch.setattr(app, name, hook.__get__(app))

        assert client.get("/session").json == {"a": 1}
        response = client.get("/")
        assert response.headers["X-Saved"] == "yes"
        assert client.get("/null").json == {"null": True}
        assert calls == [
            ("open", "/session"),
            ("save", {"a": 1}, 200),
            ("open", "/"),
            ("save", {"a": 1}, 200),
            ("open", "/null"),
            ("null",),
            ("save", {"null": True}, 200),
        ]

        if how != "subclass":
            monkeypatch.undo()
            calls.clear()
            assert client.get("/session").json == {}
            assert calls == []

    @pytest.mark.usefixtures("quiet")
    def test_one_hook_overridden_leaves_the_others(self) -> None:
        saved: list[t.Any] = []

        class App(Flask):
            def save_session(self, session: t.Any, response: t.Any) -> None:
                saved.append(dict(session))
                super().save_session(session, response)

        app = new_app(App)
        app.secret_key = "key"

        @app.route("/set")
        def set_value() -> str:
            fastflask.session["a"] = 1
            return "set"

        app.add_url_rule("/get", view_func=lambda: dict(fastflask.session))
        client = app.test_client()
        assert client.get("/set").text == "set"
        assert client.get("/get").json == {"a": 1}
        assert saved == [{"a": 1}, {"a": 1}]
        # Null sessions are not saved, and never were.
        app.secret_key = None
        client.get("/get")
        assert len(saved) == 2


class TestFlow:
    """The steps that walk-throughs of the classic source name, in their order."""

    STEPS = (
        (Flask, "__call__"),
        (Flask, "wsgi_app"),
        (Flask, "request_context"),
        (RequestContext, "push"),
        (Flask, "full_dispatch_request"),
        (Flask, "try_trigger_before_first_request_functions"),
        (Flask, "preprocess_request"),
        (Flask, "dispatch_request"),
        (Flask, "finalize_request"),
        (RequestContext, "auto_pop"),
    )

    @staticmethod
    def traced(calls: list[str], name: str, original: t.Any) -> t.Any:
        def step(*args: t.Any, **kwargs: t.Any) -> t.Any:
            calls.append(name)
            return original(*args, **kwargs)

        return step

    @pytest.mark.usefixtures("quiet")
    def test_every_step_patched(self, monkeypatch: pytest.MonkeyPatch) -> None:
        app = new_app()
        app.test_client().get("/")
        calls: list[str] = []

        for cls, name in self.STEPS:
            monkeypatch.setattr(cls, name, self.traced(calls, name, getattr(cls, name)))

        def serve(host: str, port: int, application: t.Any, **options: t.Any) -> None:
            calls.append("run_simple")
            environ = werkzeug.test.create_environ()
            body, status, headers = run_wsgi_app(application, environ)
            assert b"".join(body) == b"index"

        monkeypatch.setattr(werkzeug.serving, "run_simple", serve)
        monkeypatch.delenv("FLASK_RUN_FROM_CLI", raising=False)
        app.run(load_dotenv=False)
        assert calls == ["run_simple", *(name for _, name in self.STEPS)]
        monkeypatch.undo()
        calls.clear()
        assert app.test_client().get("/").text == "index"
        assert calls == []

    @pytest.mark.usefixtures("quiet")
    def test_every_step_overridden(self) -> None:
        calls: list[str] = []

        def override(cls: type, of: type) -> dict[str, t.Any]:
            return {
                name: self.traced(calls, name, getattr(of, name))
                for owner, name in self.STEPS
                if owner is cls
            }

        context_class = type("Context", (RequestContext,), override(RequestContext, RequestContext))
        members = override(Flask, Flask)
        traced = members["request_context"]

        def request_context(self: Flask, environ: t.Any) -> t.Any:
            traced(self, environ)
            return context_class(self, environ)

        members["request_context"] = request_context
        app = new_app(type("App", (Flask,), members))
        assert app.test_client().get("/").text == "index"
        assert calls == [name for _, name in self.STEPS]

    @pytest.mark.parametrize("path", ["/", "/missing", "/fail"])
    def test_auto_pop_gets_the_error(self, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
        errors: list[t.Any] = []
        torn: list[t.Any] = []
        app = new_app()
        app.testing = False
        app.add_url_rule("/fail", view_func=lambda: 1 / 0)
        app.teardown_request(torn.append)

        class Context(RequestContext):
            def auto_pop(self, exc: t.Any) -> None:
                errors.append(exc)
                super().pop(exc)

        monkeypatch.setattr(app, "request_context", lambda environ: Context(app, environ))
        app.test_client().get(path)
        assert errors == torn
        assert [type(error) for error in errors] == [
            ZeroDivisionError if path == "/fail" else type(None)
        ]
        assert not fastflask.has_request_context()

    def test_auto_pop_called(self, app: Flask) -> None:
        torn: list[t.Any] = []
        app.teardown_request(torn.append)
        context = app.test_request_context()
        context.push()

        with pytest.warns(DeprecationWarning, match=r"RequestContext\.pop") as caught:
            context.auto_pop(None)

        assert caught[0].filename == __file__
        assert not fastflask.has_request_context()
        context.push()
        error = ValueError()
        context.auto_pop(error)
        assert torn == [None, error]

    def test_auto_pop_ends_a_with_block(self, app: Flask) -> None:
        calls: list[t.Any] = []

        class Context(RequestContext):
            def auto_pop(self, exc: t.Any) -> None:
                calls.append(exc)
                self.pop(exc)

        with Context(app, werkzeug.test.create_environ()):
            assert fastflask.has_request_context()

        assert calls == [None]
        assert not fastflask.has_request_context()
