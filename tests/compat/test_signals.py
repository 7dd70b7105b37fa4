"""The signals of an application: when they are sent, and with what."""

from __future__ import annotations

import contextlib

import pytest

import fastflask
from fastflask import Flask, signals

NAMES = [
    "appcontext_popped",
    "appcontext_pushed",
    "appcontext_tearing_down",
    "before_render_template",
    "got_request_exception",
    "message_flashed",
    "request_finished",
    "request_started",
    "request_tearing_down",
    "template_rendered",
]


@pytest.fixture
def app():
    app = Flask(__name__)
    app.secret_key = "key"
    return app


@contextlib.contextmanager
def recorded(app, *names):
    """Collect (name, keyword arguments) for what is sent by the application."""
    sent = []
    with contextlib.ExitStack() as stack:
        for name in names:

            def receive(sender, _name=name, **kwargs):
                assert sender is app
                sent.append((_name, kwargs))

            stack.enter_context(getattr(fastflask, name).connected_to(receive, app))
        yield sent


@pytest.mark.parametrize("name", NAMES)
def test_signal_is_public_and_named(name):
    signal = getattr(signals, name)
    assert getattr(fastflask, name) is signal
    assert signal.name == name.replace("_", "-")
    assert signals._signals.signal(signal.name) is signal


def test_namespace_has_these_ten_only():
    assert sorted(signals._signals) == [name.replace("_", "-") for name in NAMES]


def test_request_sends_in_order(app):  # C-05, Z-02
    @app.route("/")
    def index():
        return "x"

    with recorded(app, *NAMES) as sent:
        app.test_client().get("/")
    assert [name for name, _ in sent] == [
        "appcontext_pushed",
        "request_started",
        "request_finished",
        "request_tearing_down",
        "appcontext_tearing_down",
        "appcontext_popped",
    ]
    values = dict(sent)
    assert values["appcontext_pushed"] == values["request_started"] == {}
    assert values["request_finished"]["response"].data == b"x"
    assert values["request_tearing_down"] == {"exc": None}
    assert values["appcontext_tearing_down"] == {"exc": None}
    assert values["appcontext_popped"] == {}


def test_finished_sees_the_saved_session(app):  # V-05
    @app.route("/")
    def index():
        fastflask.session["a"] = 1
        return "x"

    with recorded(app, "request_finished") as sent:
        app.test_client().get("/")
    assert "Set-Cookie" in sent[0][1]["response"].headers


def test_exception_is_sent_once_and_reaches_teardown(app):  # X-05, Z-03
    error = ValueError("x")

    @app.route("/")
    def index():
        raise error

    names = ("got_request_exception", "request_tearing_down", "appcontext_tearing_down")
    with recorded(app, *names) as sent:
        assert app.test_client().get("/").status_code == 500
    assert sent == [
        ("got_request_exception", {"exception": error}),
        ("request_tearing_down", {"exc": error}),
        ("appcontext_tearing_down", {"exc": error}),
    ]


def test_exception_is_sent_before_it_propagates(app):
    app.testing = True

    @app.route("/")
    def index():
        raise ValueError

    with recorded(app, "got_request_exception") as sent:
        with pytest.raises(ValueError):
            app.test_client().get("/")
    assert len(sent) == 1


def test_handled_exception_is_not_sent(app):  # Z-03
    @app.route("/")
    def index():
        raise ValueError

    @app.errorhandler(ValueError)
    def handle(error):
        return "handled"

    with recorded(app, "got_request_exception", "request_tearing_down") as sent:
        app.test_client().get("/")
        app.test_client().get("/missing")
    assert sent == [("request_tearing_down", {"exc": None})] * 2


def test_flash_is_sent(app):
    @app.route("/")
    def index():
        fastflask.flash("saved", "info")
        return ""

    with recorded(app, "message_flashed") as sent:
        app.test_client().get("/")
    assert sent == [("message_flashed", {"message": "saved", "category": "info"})]


def test_receiver_of_another_application_is_left_alone(app):  # G-10
    @app.route("/")
    def index():
        return ""

    with recorded(Flask("other"), *NAMES) as sent:
        app.test_client().get("/")
    assert sent == []


def test_receiver_for_any_sender_is_called(app):  # G-10
    @app.route("/")
    def index():
        return ""

    senders = []

    def receive(sender):
        senders.append(sender)

    with signals.request_started.connected_to(receive):
        app.test_client().get("/")
    assert senders == [app]


def test_receiver_connected_during_the_request_is_called(app):  # G-10
    finished = []

    def receive(sender, response):
        finished.append(response.data)

    @app.route("/")
    def index():
        signals.request_finished.connect(receive, app)
        return "late"

    try:
        app.test_client().get("/")
    finally:
        signals.request_finished.disconnect(receive, app)
    assert finished == [b"late"]


def test_muted_signal_is_not_sent(app):
    @app.route("/")
    def index():
        return ""

    with recorded(app, "request_started") as sent, signals.request_started.muted():
        app.test_client().get("/")
    assert sent == []


def test_error_in_a_started_receiver_is_handled_as_one_of_the_view(app):  # B-03
    @app.route("/")
    def index():
        return "not reached"

    @app.errorhandler(KeyError)
    def handle(error):
        return "handled", 418

    def receive(sender):
        raise KeyError

    with signals.request_started.connected_to(receive, app):
        assert app.test_client().get("/").status_code == 418


@pytest.mark.parametrize("name", ["request_started", "request_finished", "template_rendered"])
def test_async_receiver_is_awaited(app, name):  # Y-01
    pytest.importorskip("asgiref")
    calls = []

    async def receive(sender, **kwargs):
        calls.append(sorted(kwargs))

    @app.route("/")
    def index():
        return fastflask.render_template_string("x")

    with getattr(signals, name).connected_to(receive, app):
        app.test_client().get("/")
    assert len(calls) == 1


def test_receiver_goes_through_ensure_sync(app):  # Y-02
    class Bridge(Flask):
        def async_to_sync(self, func):
            return lambda *args, **kwargs: bridged.append(func)

    async def receive(sender, **kwargs):
        raise AssertionError("not to be awaited")

    bridged = []
    app = Bridge(__name__)
    app.add_url_rule("/", "index", lambda: "x")
    with signals.request_started.connected_to(receive, app):
        app.test_client().get("/")
    assert bridged == [receive]
