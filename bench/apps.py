"""The applications that Flask and fastflask run: the same code, given the one module or the other.

Each function makes the application of the workload of its name.
"""

from __future__ import annotations

import typing as t

from .workloads import GREETING, RESOURCES, SECRET


def hello(flask: t.Any) -> t.Any:
    app = flask.Flask(__name__)

    @app.get("/")
    def index():
        return GREETING

    return app


def json_out(flask: t.Any) -> t.Any:
    app = flask.Flask(__name__)

    @app.get("/json")
    def document():
        return {"message": GREETING, "id": 42, "items": [1, 2, 3]}

    return app


def path_int(flask: t.Any) -> t.Any:
    app = flask.Flask(__name__)

    @app.get("/users/<int:user_id>")
    def user(user_id):
        return f"user {user_id + 1}"

    return app


def query_header(flask: t.Any) -> t.Any:
    app = flask.Flask(__name__)
    request = flask.request

    @app.get("/search")
    def search():
        page = request.args.get("page", 1, type=int)
        return f"{request.args['q']} {page} {request.headers['X-Tenant']}"

    return app


def json_echo(flask: t.Any) -> t.Any:
    app = flask.Flask(__name__)
    request = flask.request

    @app.post("/echo")
    def echo():
        return request.get_json()

    return app


def form(flask: t.Any) -> t.Any:
    app = flask.Flask(__name__)
    request = flask.request

    @app.post("/form")
    def submit():
        sent = request.form
        return f"{sent['name']} {sent['mail']} {sent['age']} {sent['text']}"

    return app


def upload(flask: t.Any) -> t.Any:
    app = flask.Flask(__name__)
    request = flask.request

    @app.post("/upload")
    def receive():
        file = request.files["file"]
        return f"{request.form['title']} {file.filename} {len(file.read())}"

    return app


def session(flask: t.Any) -> t.Any:
    app = flask.Flask(__name__)
    app.secret_key = SECRET
    session = flask.session

    @app.get("/visits")
    def visits():
        session["visits"] = session["visits"] + 1
        return f"{session['user']} {session['visits']}"

    return app


def template(flask: t.Any) -> t.Any:
    app = flask.Flask(__name__)
    request, render_template = flask.request, flask.render_template

    @app.get("/page")
    def page():
        name = request.args["name"]
        return render_template("page.html", title="A page", name=name, items=range(5))

    return app


def redirect(flask: t.Any) -> t.Any:
    app = flask.Flask(__name__)
    redirect, url_for = flask.redirect, flask.url_for

    @app.get("/old/<int:item_id>")
    def old(item_id):
        return redirect(url_for("new", item_id=item_id, page=2))

    @app.get("/new/<int:item_id>/<int:page>")
    def new(item_id, page):
        return GREETING

    return app


def not_found(flask: t.Any) -> t.Any:
    return hello(flask)


def wrong_method(flask: t.Any) -> t.Any:
    return hello(flask)


def cookies(flask: t.Any) -> t.Any:
    app = flask.Flask(__name__)
    request, make_response = flask.request, flask.make_response

    @app.get("/cookies")
    def taste():
        seen = int(request.cookies["seen"]) + 1
        response = make_response(f"{request.cookies['theme']} {seen}")
        response.set_cookie("seen", str(seen))
        response.set_cookie("theme", "dark", httponly=True)
        return response

    return app


def hooks(flask: t.Any) -> t.Any:
    app = hello(flask)
    g = flask.g

    def before():
        g.steps = g.get("steps", 0) + 1

    def after(response):
        g.steps += 1
        return response

    def teardown(error):
        g.steps += 1

    for _ in range(3):
        app.before_request(before)
        app.after_request(after)
        app.teardown_request(teardown)

    return app


def blueprint(flask: t.Any) -> t.Any:
    app = flask.Flask(__name__)
    api = flask.Blueprint("api", __name__, url_prefix="/api")
    v1 = flask.Blueprint("v1", __name__, url_prefix="/v1")

    @v1.get("/items/<int:item_id>")
    def item(item_id):
        return f"item {item_id}"

    api.register_blueprint(v1)
    app.register_blueprint(api)
    return app


class Conflict(Exception):
    """What goes wrong in the application of :func:`error_handler`."""


def error_handler(flask: t.Any) -> t.Any:
    app = flask.Flask(__name__)

    @app.errorhandler(Conflict)
    def conflict(error):
        return {"error": str(error)}, 409

    @app.get("/orders/<int:order_id>")
    def order(order_id):
        raise Conflict(f"order {order_id} is closed")

    return app


def static_file(flask: t.Any) -> t.Any:
    return flask.Flask(__name__)


def stream(flask: t.Any) -> t.Any:
    app = flask.Flask(__name__)

    @app.get("/stream")
    def lines():
        return (f"line {number}\n" for number in range(10))

    return app


def async_view(flask: t.Any) -> t.Any:
    app = flask.Flask(__name__)

    @app.get("/")
    async def index():
        return GREETING

    return app


def proxies(flask: t.Any) -> t.Any:
    app = flask.Flask(__name__)
    request, current_app, g = flask.request, flask.current_app, flask.g

    @app.get("/")
    def index():
        g.method = request.method
        address = f"{request.scheme} {request.path} {request.query_string} {request.remote_addr}"
        application = f"{current_app.name} {current_app.debug} {current_app.import_name}"
        return f"{g.method} {address} {request.endpoint} {application}"

    return app


def rest(flask: t.Any) -> t.Any:
    app = flask.Flask(__name__)

    def many():
        return "many"

    def one(number):
        return f"one {number}"

    def note(number, note):
        return f"note {number} {note}"

    for name in RESOURCES:
        app.add_url_rule(f"/api/{name}", f"{name}.many", many)
        app.add_url_rule(f"/api/{name}/<int:number>", f"{name}.one", one)
        app.add_url_rule(f"/api/{name}/<int:number>/notes/<int:note>", f"{name}.note", note)

    return app
