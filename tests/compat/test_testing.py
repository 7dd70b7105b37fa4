"""The test client, its environ builder, and the runner for commands."""

from __future__ import annotations

import importlib.metadata
import sys
from io import BytesIO

import click
import pytest
from werkzeug.test import EnvironBuilder as PlainBuilder
from werkzeug.wrappers import Request as PlainRequest

import fastflask
from fastflask import Blueprint, Flask, current_app, g, request, session
from fastflask.cli import ScriptInfo
from fastflask.globals import _cv_app, _cv_request
from fastflask.sessions import SessionInterface
from fastflask.testing import EnvironBuilder, FlaskClient, FlaskCliRunner


@pytest.fixture
def app():
    app = Flask("shop")
    app.config.update(TESTING=True, SECRET_KEY="not so secret")

    @app.route("/", methods=["GET", "POST"])
    def index():
        g.visited = True
        return request.url

    @app.route("/who")
    def who():
        return f"{request.remote_addr} {request.user_agent}"

    @app.route("/count")
    def count():
        session["count"] = session.get("count", 0) + 1
        return str(session["count"])

    @app.route("/away")
    def away():
        session["left"] = True
        return fastflask.redirect("/count")

    return app


@pytest.fixture
def client(app):
    return app.test_client()


# EnvironBuilder


@pytest.mark.parametrize(
    ("config", "arguments", "url"),
    [
        ({}, {}, "http://localhost/"),
        ({}, {"path": "/a?b=c"}, "http://localhost/a?b=c"),
        ({}, {"path": "https://other.example/a"}, "https://other.example/a"),
        ({}, {"url_scheme": "https"}, "https://localhost/"),
        ({}, {"subdomain": "api"}, "http://api.localhost/"),
        ({}, {"base_url": "http://here.example/sub", "path": "/a"}, "http://here.example/sub/a"),
        ({"SERVER_NAME": "shop.example:81"}, {"subdomain": "a"}, "http://a.shop.example:81/"),
        ({"APPLICATION_ROOT": "/sub"}, {"path": "/a"}, "http://localhost/sub/a"),
        ({"PREFERRED_URL_SCHEME": "https"}, {}, "https://localhost/"),
    ],
)
def test_builder_url(app, config, arguments, url):
    app.config.update(config)
    builder = EnvironBuilder(app, **arguments)
    try:
        assert builder.get_request().url == url
    finally:
        builder.close()


@pytest.mark.parametrize("extra", [{"subdomain": "api"}, {"url_scheme": "https"}])
def test_builder_base_url_excludes_its_parts(app, extra):
    with pytest.raises(AssertionError) as caught:
        EnvironBuilder(app, base_url="http://localhost", **extra)
    assert str(caught.value) == 'Cannot pass "subdomain" or "url_scheme" with "base_url".'


def test_builder_json_by_provider_of_application(app):
    app.json.ensure_ascii = False
    builder = EnvironBuilder(app, json={"city": "Köln"})
    assert builder.input_stream.read().decode() == '{"city": "Köln"}'
    assert builder.content_type == "application/json"
    builder.close()


def test_builder_positional_arguments_go_on(app):
    builder = EnvironBuilder(app, "/", None, None, None, "a=b")
    assert builder.query_string == "a=b"
    builder.close()


# Sending


def test_client_defaults(client):
    version = importlib.metadata.version("werkzeug")
    assert client.get("/who").text == f"127.0.0.1 Werkzeug/{version}"


def test_client_environ_base_can_be_changed(client):
    client.environ_base["REMOTE_ADDR"] = "10.0.0.1"
    assert client.get("/who", headers={"User-Agent": "me"}).text == "10.0.0.1 me"


def test_client_environ_base_of_one_request(client):
    sent = client.get("/who", environ_base={"REMOTE_ADDR": "10.0.0.2"})
    assert sent.text.startswith("10.0.0.2 Werkzeug/")
    assert client.get("/who").text.startswith("127.0.0.1 ")


def test_client_sends_ready_made_request(app, client):
    builder = EnvironBuilder(app, "/who")
    plain = PlainBuilder("/who")
    environ = builder.get_environ()
    ready = PlainRequest(dict(environ))
    client.environ_base["REMOTE_ADDR"] = "10.0.0.3"

    for source in (builder, plain):
        assert client.open(source).text.startswith("10.0.0.3 ")
        assert source.environ_base is None
    environ.pop("REMOTE_ADDR", None)
    assert client.open(environ).text.startswith("10.0.0.3 ")
    ready.environ.pop("REMOTE_ADDR", None)
    assert client.open(ready).text.startswith("10.0.0.3 ")

    assert "REMOTE_ADDR" not in environ
    assert "REMOTE_ADDR" not in ready.environ
    builder.close()
    plain.close()


def test_client_follows_redirects(client):
    response = client.get("/away", follow_redirects=True)
    assert response.text == "1"
    assert [step.status_code for step in response.history] == [302]
    assert response.history[0].location == "/count"


def test_client_response_json_by_provider_of_application(app, client):
    class Provider(type(app.json)):
        def loads(self, s, **kwargs):
            return ["mine", super().loads(s, **kwargs)]

    app.add_url_rule("/data", view_func=lambda: {"a": 1})
    app.json = Provider(app)
    assert client.get("/data").json == ["mine", {"a": 1}]


def test_client_posts_json_and_files(app, client):
    @app.post("/data")
    def data():
        if request.is_json:
            return request.json
        return {"file": request.files["file"].read().decode(), **request.form}

    assert client.post("/data", json={"a": [1, None]}).json == {"a": [1, None]}
    form = {"file": (BytesIO(b"content"), "name.txt"), "b": "2"}
    assert client.post("/data", data=form).json == {"file": "content", "b": "2"}


def test_client_subdomain(app):
    app = Flask("shop", subdomain_matching=True)
    app.config["SERVER_NAME"] = "shop.example"
    blueprint = Blueprint("api", __name__, subdomain="api")
    blueprint.add_url_rule("/", view_func=lambda: request.host)
    app.register_blueprint(blueprint)
    assert app.test_client().get("/", subdomain="api").text == "api.shop.example"
    assert app.test_client().get("http://api.shop.example/").text == "api.shop.example"
    assert app.test_client().get("/").status_code == 404


def test_client_error_of_application_escapes_in_testing(app, client):
    app.add_url_rule("/bad", view_func=lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        client.get("/bad")
    app.testing = False
    assert client.get("/bad").status_code == 500


def test_client_class_of_application(app):
    class Client(FlaskClient):
        def __init__(self, *args, **kwargs):
            self.extra = kwargs.pop("extra")
            super().__init__(*args, **kwargs)

    app.test_client_class = Client
    assert app.test_client(extra=1).extra == 1
    assert app.test_client(extra=1).application is app


# Keeping contexts


def test_client_block_keeps_contexts(client):
    with client:
        client.get("/?a=1")
        assert request.args["a"] == "1"
        assert g.visited
        client.get("/who")
        assert request.path == "/who"
        assert "visited" not in g
    assert _cv_request.get(None) is None
    assert _cv_app.get(None) is None


def test_client_outside_block_keeps_nothing(client):
    client.get("/")
    assert not request
    assert not current_app


def test_client_block_keeps_contexts_of_last_redirect(client):
    with client:
        client.get("/away", follow_redirects=True)
        assert request.path == "/count"
        assert dict(session) == {"left": True, "count": 1}


def test_client_block_keeps_contexts_after_handled_error(app, client):
    app.testing = False
    app.add_url_rule("/bad", view_func=lambda: 1 / 0)
    with client:
        assert client.get("/bad").status_code == 500
        assert request.path == "/bad"


def test_client_block_tears_down_kept_contexts_once_more(app, client):
    # The contexts end with the request, as on a server, and are pushed again for the block.
    order = []
    app.teardown_request(lambda error: order.append("request"))
    app.teardown_appcontext(lambda error: order.append("app"))
    with client:
        client.get("/")
        assert order == ["request", "app"]
        client.get("/")
        assert order == ["request", "app"] * 3
    assert order == ["request", "app"] * 4


def test_client_block_closes_contexts_when_it_raises(client):
    with pytest.raises(LookupError):
        with client:
            client.get("/")
            raise LookupError
    assert not request


def test_client_block_returns_client_and_can_be_repeated(client):
    for _ in range(2):
        with client as same:
            assert same is client
            client.get("/")


def test_client_block_inside_itself(client):
    with client:
        with pytest.raises(RuntimeError, match="^Cannot nest client invocations$"):
            client.__enter__()


def test_client_block_with_streamed_body(app, client):
    @app.route("/stream")
    def stream():
        return fastflask.stream_with_context(iter(["a", "b"]))

    with app.test_request_context("/outer") as outer:
        with client:
            response = client.get("/stream")
            assert response.text == "ab"
            response.close()
        assert _cv_request.get() is outer


# Sessions


def test_session_transaction_round_trip(client):
    with client.session_transaction() as stored:
        assert "count" not in stored
        stored["count"] = 41
    assert client.get("/count").text == "42"
    with client.session_transaction() as stored:
        assert stored["count"] == 42


def test_session_transaction_leaves_current_context(app, client):
    with app.test_request_context("/here"):
        with client.session_transaction() as stored:
            stored["a"] = 1
            assert request.path == "/here"
        assert request.path == "/here"


def test_session_transaction_that_raises_stores_nothing(client):
    with pytest.raises(LookupError):
        with client.session_transaction() as stored:
            stored["count"] = 41
            raise LookupError
    assert client.get("/count").text == "1"


def test_session_transaction_for_another_host(app, client):
    with client.session_transaction(base_url="http://a.example/") as stored:
        stored["count"] = 41
    assert client.get("/count").text == "1"
    assert client.get("/count", base_url="http://a.example/").text == "42"


def test_session_transaction_without_secret_key(app, client):
    app.secret_key = None
    with pytest.raises(RuntimeError, match="^Session backend did not open a session.$"):
        with client.session_transaction():
            pass


def test_session_transaction_without_cookies(app):
    client = app.test_client(use_cookies=False)
    with pytest.raises(TypeError) as caught:
        with client.session_transaction():
            pass
    assert str(caught.value) == "Cookies are disabled. Create a client with 'use_cookies=True'."


def test_session_transaction_of_null_session(app, client):
    class Backend(SessionInterface):
        def open_session(self, app, request):
            return self.make_null_session(app)

        def save_session(self, app, session, response):
            raise AssertionError("there is nothing to save")

    app.session_interface = Backend()
    with client.session_transaction() as stored:
        assert len(stored) == 0


# Commands


def test_runner_runs_commands_of_application(app):
    @app.cli.command()
    @click.argument("word")
    def say(word):
        click.echo(f"{current_app.name}: {word}")

    runner = app.test_cli_runner()
    assert isinstance(runner, FlaskCliRunner)
    assert runner.invoke(args=["say", "hi"]).output == "shop: hi\n"
    assert runner.invoke(args="say 'two words'").output == "shop: two words\n"
    assert runner.invoke(say, ["hi"]).output == "shop: hi\n"


def test_runner_passes_on_options(app):
    @app.cli.command()
    def ask():
        click.echo(sys.stdin.read())

    runner = app.test_cli_runner(env={"COLOUR": "red"})
    assert runner.env == {"COLOUR": "red"}
    assert runner.invoke(ask, input="text").output == "text\n"


def test_runner_takes_another_object(app):
    made = []

    def create_app():
        made.append(app)
        return app

    app.cli.command("nothing")(lambda: None)
    result = app.test_cli_runner().invoke(args=["nothing"], obj=ScriptInfo(create_app=create_app))
    assert result.exit_code == 0
    assert made == [app]


def test_runner_class_of_application(app):
    class Runner(FlaskCliRunner):
        pass

    app.test_cli_runner_class = Runner
    assert isinstance(app.test_cli_runner(), Runner)
