"""Views written as classes."""

from __future__ import annotations

import functools

import pytest

from fastflask import Flask, g, request
from fastflask.views import MethodView, View, http_method_funcs


@pytest.fixture
def app():
    app = Flask(__name__)
    app.testing = True
    return app


def allowed(client, url):
    return set(client.options(url).allow)


def test_view_answers_with_the_url_variables(app):
    class Show(View):
        def dispatch_request(self, name, number):
            return f"{name} {number + 1}"

    app.add_url_rule("/<name>/<int:number>", view_func=Show.as_view("show"))
    assert app.test_client().get("/a/1").text == "a 2"


def test_view_without_an_answer_of_its_own():
    with pytest.raises(NotImplementedError):
        View().dispatch_request()


def test_as_view_names_the_function():
    class Show(View):
        """Shows."""

    view = Show.as_view("show_it")
    assert view.__name__ == "show_it"
    assert view.__doc__ == "Shows."
    assert view.__module__ == __name__
    assert view.view_class is Show
    assert view.methods is None
    assert view.provide_automatic_options is None


def test_as_view_passes_arguments_to_each_instance(app):  # B-04
    made = []

    class Show(View):
        def __init__(self, first, *, second):
            made.append((first, second))

        def dispatch_request(self):
            return "x"

    app.add_url_rule("/", view_func=Show.as_view("show", 1, second=2))
    assert made == []
    client = app.test_client()
    client.get("/")
    client.get("/")
    assert made == [(1, 2), (1, 2)]


def test_single_instance_serves_all_requests(app):  # B-04
    class Count(View):
        init_every_request = False

        def __init__(self, start):
            self.value = start

        def dispatch_request(self):
            self.value += 1
            return str(self.value)

    app.add_url_rule("/", view_func=Count.as_view("count", 5))
    client = app.test_client()
    assert [client.get("/").text for _ in range(2)] == ["6", "7"]


def test_single_instance_is_made_by_as_view():
    class Broken(View):
        init_every_request = False

        def __init__(self):
            raise ValueError("at registration")

    with pytest.raises(ValueError, match="at registration"):
        Broken.as_view("broken")


def test_view_class_can_be_replaced(app):
    class Show(View):
        def dispatch_request(self):
            return "original"

    class Other(View):
        def dispatch_request(self):
            return "other"

    view = Show.as_view("show")
    app.add_url_rule("/", view_func=view)
    view.view_class = Other
    assert app.test_client().get("/").text == "other"


def test_decorators_are_applied_first_one_innermost(app):
    def mark(text):
        def decorate(func):
            seen.append((func.__name__, func.__module__))

            @functools.wraps(func)
            def decorated(**kwargs):
                return func(**kwargs) + text

            return decorated

        return decorate

    seen = []

    class Show(View):
        decorators = [mark("1"), mark("2")]

        def dispatch_request(self):
            return "x"

    app.add_url_rule("/", view_func=Show.as_view("show"))
    assert app.test_client().get("/").text == "x12"
    assert seen == [("show", __name__), ("show", __name__)]


def test_decorated_view_keeps_name_and_class(app):
    def plain(func):
        return lambda **kwargs: func(**kwargs)

    class Show(View):
        decorators = (plain,)
        methods = ["PUT"]
        provide_automatic_options = False

        def dispatch_request(self):
            return "original"

    class Other(View):
        def dispatch_request(self):
            return "other"

    view = Show.as_view("show")
    assert (view.__name__, view.view_class, view.methods) == ("show", Show, ["PUT"])
    assert view.provide_automatic_options is False
    app.add_url_rule("/", view_func=view)
    view.view_class = Other
    assert app.test_client().put("/").text == "other"


def test_methods_of_the_class_reach_the_rule(app):  # U-03
    class Show(View):
        methods = {"get", "POST"}

        def dispatch_request(self):
            return request.method

    app.add_url_rule("/", view_func=Show.as_view("show"))
    client = app.test_client()
    assert client.post("/").text == "POST"
    assert client.put("/").status_code == 405
    assert allowed(client, "/") == {"GET", "HEAD", "OPTIONS", "POST"}


def test_automatic_options_can_be_switched_off(app):  # U-04
    class Off(View):
        provide_automatic_options = False

        def dispatch_request(self):
            return "x"

    class Own(View):
        methods = ["GET", "OPTIONS"]

        def dispatch_request(self):
            return "own " + request.method

    app.add_url_rule("/off", view_func=Off.as_view("off"))
    app.add_url_rule("/own", view_func=Own.as_view("own"))
    client = app.test_client()
    assert client.options("/off").status_code == 405
    assert client.options("/own").text == "own OPTIONS"


def test_method_view_calls_by_method(app):
    class Thing(MethodView):
        def get(self, key):
            return f"get {key}"

        def delete(self, key):
            return f"delete {key}"

    assert Thing.methods == {"GET", "DELETE"}
    app.add_url_rule("/<key>", view_func=Thing.as_view("thing"))
    client = app.test_client()
    assert client.get("/a").text == "get a"
    assert client.delete("/a").text == "delete a"
    assert client.post("/a").status_code == 405
    assert allowed(client, "/a") == {"GET", "HEAD", "OPTIONS", "DELETE"}


def test_method_view_answers_head_with_get(app):
    class Thing(MethodView):
        def get(self):
            return "body", {"X-Method": request.method}

    app.add_url_rule("/", view_func=Thing.as_view("thing"))
    response = app.test_client().head("/")
    assert response.headers["X-Method"] == "HEAD"
    assert response.content_length == 4
    assert response.data == b""


def test_method_view_prefers_its_own_head(app):
    class Thing(MethodView):
        def get(self):
            return "get"

        def head(self):
            return "", {"X-Own": "yes"}

    app.add_url_rule("/", view_func=Thing.as_view("thing"))
    assert app.test_client().head("/").headers["X-Own"] == "yes"


def test_method_view_without_a_method_for_the_request(app):
    class Thing(MethodView):
        methods = ["GET", "PUT"]

        def get(self):
            return ""

    app.add_url_rule("/", view_func=Thing.as_view("thing"))
    with pytest.raises(AssertionError, match="^Unimplemented method 'PUT'$"):
        app.test_client().put("/")


@pytest.mark.parametrize("name", sorted(http_method_funcs))
def test_method_view_knows_the_method(name):
    cls = type("Thing", (MethodView,), {name: lambda self: ""})
    assert cls.methods == {name.upper()}


def test_method_view_without_methods():
    class Nothing(MethodView):
        def search(self):
            return ""

    assert Nothing.methods is None


def test_method_view_collects_from_its_bases():
    class Get(MethodView):
        def get(self):
            return ""

    class Listed(MethodView):
        methods = ["PROPFIND"]

    class Plain:
        def put(self):
            return ""

    class All(Get, Listed, Plain, MethodView):
        def post(self):
            return ""

    class Fixed(All):
        methods = ["GET"]

    assert All.methods == {"GET", "PROPFIND", "PUT", "POST"}
    assert Fixed.methods == ["GET"]


def test_subclass_arguments_reach_other_bases():
    class Keyed:
        def __init_subclass__(cls, key=None, **kwargs):
            super().__init_subclass__(**kwargs)
            cls.key = key

    class Thing(MethodView, Keyed, key="k"):
        def get(self):
            return ""

    assert (Thing.key, Thing.methods) == ("k", {"GET"})


def test_base_class_is_not_changed_by_its_subclass():
    class Base(MethodView):
        def get(self):
            return ""

    class Child(Base):
        def put(self):
            return ""

    assert Base.methods == {"GET"}
    assert Child.methods == {"GET", "PUT"}
    assert MethodView.methods is None


def test_async_view_is_bridged(app):  # Y-01
    pytest.importorskip("asgiref")

    class Show(View):
        async def dispatch_request(self):
            g.seen = True
            return f"show {request.path}"

    class Thing(MethodView):
        async def get(self):
            return "get"

        def post(self):
            return "post"

    app.add_url_rule("/show", view_func=Show.as_view("show"))
    app.add_url_rule("/thing", view_func=Thing.as_view("thing"))
    client = app.test_client()
    assert client.get("/show").text == "show /show"
    assert client.get("/thing").text == "get"
    assert client.post("/thing").text == "post"


def test_view_asks_the_application_to_bridge():  # Y-02
    class App(Flask):
        def ensure_sync(self, func):
            asked.append(getattr(func, "__name__", ""))
            return super().ensure_sync(func)

    class Thing(MethodView):
        def get(self):
            return ""

    asked = []
    app = App(__name__)
    app.add_url_rule("/", view_func=Thing.as_view("thing"))
    app.test_client().get("/")
    assert asked == ["thing", "dispatch_request", "get"]


def test_error_in_the_view_names_the_users_frame(app):
    class Show(View):
        def dispatch_request(self):
            raise LookupError

    app.add_url_rule("/", view_func=Show.as_view("show"))
    with pytest.raises(LookupError) as caught:
        app.test_client().get("/")
    assert caught.traceback[-1].name == "dispatch_request"
