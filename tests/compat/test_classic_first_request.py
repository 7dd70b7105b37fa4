"""What ran before the first request, by the names it had."""

from __future__ import annotations

import threading
import typing as t
import warnings
from unittest import mock

import pytest
import werkzeug.serving
from classic import index, new_app

import fastflask
from fastflask import Blueprint, Flask

TRIGGER = "try_trigger_before_first_request_functions"


class TestFirstRequest:
    def test_names_warn_once(self) -> None:
        app = new_app()

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in range(2):
                assert app.before_first_request(index) is index
                app.try_trigger_before_first_request_functions()
                app._got_first_request = False

        assert [(w.category, w.filename) for w in caught] == [(DeprecationWarning, __file__)] * 2
        assert "'Flask.before_first_request'" in str(caught[0].message)
        assert f"'Flask.{TRIGGER}'" in str(caught[1].message)

    def test_blueprint_warns(self) -> None:
        blueprint = Blueprint("b", "b")

        with pytest.warns(DeprecationWarning, match="before_app_first_request") as caught:
            assert blueprint.before_app_first_request(index) is index

        assert caught[0].filename == __file__

    def test_name_is_missing_where_warnings_are_errors(self) -> None:
        with pytest.raises(AttributeError):
            new_app().before_first_request(index)

    @pytest.mark.usefixtures("quiet")
    def test_functions_run_once_in_the_first_requests_context(self) -> None:
        app = new_app()
        blueprint = Blueprint("b", "b")
        ran: list[t.Any] = []

        @app.before_first_request
        def first() -> str:
            ran.append(("app", fastflask.request.path, app._got_first_request))
            return "not the response"

        @blueprint.before_app_first_request
        def second() -> None:
            ran.append(("blueprint", fastflask.current_app.name))

        app.before_request(lambda: ran.append("before"))
        fastflask.request_started.connect(started := lambda app: ran.append("started"), app)
        app.register_blueprint(blueprint)
        app.register_blueprint(blueprint, name="again")
        app.before_first_request_funcs.append(lambda: ran.append("list"))
        assert first in app.before_first_request_funcs
        client = app.test_client()
        assert client.get("/missing").status_code == 404
        assert client.get("/").text == "index"
        del started
        assert ran == [
            ("app", "/missing", False),
            ("blueprint", "app"),
            "list",
            "started",
            "before",
            "started",
            "before",
        ]

    @pytest.mark.usefixtures("quiet")
    def test_functions_may_still_set_up(self) -> None:
        app = new_app()

        @app.before_first_request
        def set_up() -> None:
            app.before_request(lambda: "set up")

        assert app.test_client().get("/").text == "set up"

        with pytest.raises(AssertionError, match="before_first_request"):
            app.before_first_request(index)

    @pytest.mark.usefixtures("quiet")
    def test_list_may_be_replaced(self) -> None:
        app = new_app()
        ran: list[int] = []
        app.before_first_request_funcs = [lambda: ran.append(1)]
        app.test_client().get("/")
        assert ran == [1]

    @pytest.mark.usefixtures("quiet")
    def test_coroutine_is_run(self) -> None:
        pytest.importorskip("asgiref")
        app = new_app()
        ran: list[str] = []

        @app.before_first_request
        async def first() -> None:
            ran.append(fastflask.request.path)

        app.test_client().get("/")
        assert ran == ["/"]

    @pytest.mark.usefixtures("quiet")
    def test_functions_run_again_after_an_error(self) -> None:
        app = new_app()
        app.testing = False
        ran: list[int] = []

        @app.before_first_request
        def fail_once() -> None:
            ran.append(1)
            if len(ran) == 1:
                raise ValueError("not yet")

        client = app.test_client()
        assert client.get("/").status_code == 500
        assert not app._got_first_request
        assert client.get("/").text == "index"
        assert client.get("/").text == "index"
        assert ran == [1, 1]

    @pytest.mark.usefixtures("quiet")
    def test_function_may_send_a_request(self) -> None:
        app = new_app()
        ran: list[str] = []

        @app.before_first_request
        def ask() -> None:
            ran.append(app.test_client().get("/").text)
            assert not app._got_first_request

        assert app.test_client().get("/").text == "index"
        assert ran == ["index"]
        assert app._got_first_request

    @pytest.mark.usefixtures("quiet")
    def test_other_threads_wait(self) -> None:
        app = new_app()
        began, go = threading.Event(), threading.Event()
        order: list[str] = []

        @app.before_first_request
        def slow() -> None:
            began.set()
            assert go.wait(5)
            order.append("first")

        app.before_request(lambda: order.append("request"))

        def ask() -> None:
            app.test_client().get("/")

        threads = [threading.Thread(target=ask)]
        threads[0].start()
        assert began.wait(5)
        threads += [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads[1:]:
            thread.start()
        threads[1].join(0.05)
        assert order == []
        go.set()
        for thread in threads:
            thread.join()
        assert order == ["first", *["request"] * 4]

    @pytest.mark.usefixtures("quiet")
    def test_triggered_by_hand(self) -> None:
        app = new_app()
        ran: list[int] = []
        app.before_first_request(lambda: ran.append(1))

        with app.test_request_context():
            app.try_trigger_before_first_request_functions()
            assert ran == [1]
            assert app._got_first_request
            app.preprocess_request()

        app.test_client().get("/")
        assert ran == [1]

    @pytest.mark.usefixtures("quiet")
    @pytest.mark.parametrize("how", ["subclass", "mixin", "instance", "patched", "instance dict"])
    def test_trigger_overridden(self, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
        calls: list[t.Any] = []
        original = Flask.try_trigger_before_first_request_functions

        def trigger(self: Flask) -> None:
            calls.append((fastflask.request.path, self._got_first_request))
            original(self)

        class Mixin:
            try_trigger_before_first_request_functions = trigger

        class Sub(Flask):
            try_trigger_before_first_request_functions = trigger

        cls = Sub if how == "subclass" else Flask
        cls = type("Mixed", (Mixin, Flask), {}) if how == "mixin" else cls
        app = new_app(cls)
        ran: list[int] = []
        app.before_first_request(lambda: ran.append(1))
        client = app.test_client()
        expected: list[t.Any] = [("/", False), ("/", True)]

        if how in {"subclass", "mixin"}:
            client.get("/")
        else:
            # Late, when the class has been seen as it is.
            client.get("/")
            app._got_first_request = False
            ran.clear()

            if how == "instance":
                monkeypatch.setattr(app, TRIGGER, lambda: trigger(app))
            elif how == "instance dict":
                vars(app)[TRIGGER] = lambda: trigger(app)
            else:
                monkeypatch.setattr(Flask, TRIGGER, trigger)

            client.get("/")

        client.get("/")
        assert calls == expected
        assert ran == [1]

    @pytest.mark.usefixtures("quiet")
    def test_override_that_does_nothing_ends_the_setup_too(self) -> None:
        class App(Flask):
            def try_trigger_before_first_request_functions(self) -> None:
                pass

        app = new_app(App)
        app.test_client().get("/")
        assert app._got_first_request

    @pytest.mark.usefixtures("quiet")
    def test_run_makes_the_next_request_the_first_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = new_app()
        ran: list[int] = []
        app.before_first_request(lambda: ran.append(1))
        serve = mock.Mock(side_effect=lambda *args, **options: app.test_client().get("/"))
        monkeypatch.setattr(werkzeug.serving, "run_simple", serve)
        monkeypatch.delenv("FLASK_RUN_FROM_CLI", raising=False)
        app.run(load_dotenv=False)
        app.run(load_dotenv=False)
        assert ran == [1, 1]
