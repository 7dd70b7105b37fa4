"""Bodies that are produced after the view, with the contexts of the request."""

import contextvars
import threading

import pytest

import fastflask
from fastflask import Response, g, request, session, stream_with_context


def test_wrapped_iterator_sees_the_request(app):
    @app.route("/")
    def index():
        g.word = "g"

        def body():
            yield request.args["name"]
            yield g.word
            yield session.get("missing", "-")

        return Response(stream_with_context(body()))

    assert app.test_client().get("/?name=n").text == "ng-"


def test_decorated_function_takes_arguments(app):
    @app.route("/")
    def index():
        @stream_with_context
        def body(first, *, last):
            """Documented."""
            yield first
            yield request.args["name"]
            yield last

        assert body.__name__ == "body"
        assert body.__doc__ == "Documented."
        return Response(body("<", last=">"))

    assert app.test_client().get("/?name=n").text == "<n>"


def test_list_is_accepted(app):
    with app.test_request_context():
        assert list(stream_with_context(["a", "b"])) == ["a", "b"]


def test_outside_of_a_request(app):
    def body():
        yield "x"

    text = (
        "'stream_with_context' can only be used when a request"
        " context is active, such as in a view function."
    )
    with pytest.raises(RuntimeError) as error:
        stream_with_context(body())
    assert str(error.value) == text

    decorated = stream_with_context(body)
    with pytest.raises(RuntimeError):
        decorated()
    with app.app_context(), pytest.raises(RuntimeError):
        decorated()


def names():
    yield request.args["name"]
    yield request.args["name"]


def test_contexts_are_pushed_while_iterating_only(app):
    with app.test_request_context("/?name=n"):
        items = stream_with_context(names)()
        assert fastflask.has_request_context()

    assert not fastflask.has_request_context()
    assert next(items) == "n"
    assert fastflask.has_request_context()
    assert next(items) == "n"
    assert list(items) == []
    assert not fastflask.has_request_context()
    assert not fastflask.has_app_context()


def test_contexts_are_popped_when_closed_early(app):
    closed = []
    with app.test_request_context():

        @stream_with_context
        def body():
            try:
                yield "a"
                yield "b"
            finally:
                closed.append(fastflask.has_request_context())

        items = body()
    next(items)
    items.close()
    assert closed == [True]
    assert not fastflask.has_request_context()


def test_contexts_are_popped_after_an_error(app):
    with app.test_request_context():

        @stream_with_context
        def body():
            yield "a"
            raise KeyError("late")

        items = body()
    next(items)
    with pytest.raises(KeyError, match="late"):
        next(items)
    assert not fastflask.has_request_context()
    assert not fastflask.has_app_context()


class Items:
    """A WSGI iterable that is no generator."""

    def __init__(self):
        self.closed = 0
        self.left = ["a", "b"]

    def __iter__(self):
        return self

    def __next__(self):
        if not self.left:
            raise StopIteration
        return self.left.pop(0)

    def close(self):
        self.closed += 1


def test_iterator_with_close_is_closed_at_the_end(app):
    items = Items()
    app.add_url_rule("/", view_func=lambda: Response(stream_with_context(items)), endpoint="index")
    assert app.test_client().get("/").text == "ab"
    assert items.closed == 1


def test_iterator_never_asked_pushes_nothing(app):
    pushed = []
    fastflask.appcontext_pushed.connect(lambda app: pushed.append(1), app, weak=False)
    items = Items()
    with app.test_request_context():
        pushed.clear()
        stream_with_context(items).close()
    assert pushed == []
    assert items.closed == 0


def test_teardown_runs_after_dispatch_and_after_the_stream(app):
    events = []
    app.teardown_request(lambda e: events.append("request"))
    app.teardown_appcontext(lambda e: events.append("app"))

    @app.route("/")
    def index():
        @stream_with_context
        def body():
            events.append("first item")
            yield "x"

        return Response(body())

    response = app.test_client().get("/", buffered=False)
    assert events == ["request", "app", "first item"]
    response.close()
    assert events == ["request", "app", "first item", "request", "app"]


def test_session_is_the_same_object_and_not_saved_again(app):
    sessions = []

    @app.route("/")
    def index():
        session["before"] = 1
        sessions.append(session._get_current_object())

        @stream_with_context
        def body():
            sessions.append(session._get_current_object())
            session["while"] = 1
            yield "x"

        return Response(body())

    client = app.test_client()
    assert client.get("/").text == "x"
    assert sessions[0] is sessions[1]
    with client.session_transaction() as stored:
        assert dict(stored) == {"before": 1}


def test_iteration_in_another_thread_and_context(app):
    body = stream_with_context(names)

    with app.test_request_context("/?name=n"):
        items = body()

    got = []
    thread = threading.Thread(target=lambda: got.extend(items))
    thread.start()
    thread.join()
    assert got == ["n", "n"]

    with app.test_request_context("/?name=m"):
        items = body()
    assert contextvars.Context().run(list, items) == ["m", "m"]


def test_async_view_read_and_abandoned(app):
    pytest.importorskip("asgiref")

    @app.route("/")
    async def index():
        session["word"] = "w"

        @stream_with_context
        def body():
            yield session["word"]

        return Response(body())

    client = app.test_client()
    client.get("/").close()
    assert client.get("/").text == "w"
    with client:
        client.get("/").close()
    with client:
        assert client.get("/").text == "w"
