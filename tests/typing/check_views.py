"""Whatever a view may return is accepted, and decorators keep the type of what they decorate."""

from __future__ import annotations

import typing as t
from http import HTTPStatus

from typing_extensions import reveal_type
from werkzeug.exceptions import HTTPException, NotFound

from fastflask import (
    Blueprint,
    Flask,
    Response,
    jsonify,
    make_response,
    redirect,
    render_template,
    stream_template,
)
from fastflask.typing import ResponseReturnValue
from fastflask.views import MethodView, View

app = Flask(__name__)
pages = Blueprint("pages", __name__)


class Status(t.TypedDict):
    ready: bool


@app.get("/text/<int:number>")
def text(number: int) -> str:
    return render_template("page.html", number=number)


reveal_type(text(1))  # revealed: str


@app.post("/data")
def data() -> bytes:
    return b"bytes"


@pages.route("/dict", methods=["GET", "PUT"])
def mapping() -> dict[str, int]:
    return {"one": 1}


reveal_type(mapping())  # revealed: dict[str, int]


@app.get("/list")
def items() -> list[str]:
    return ["one"]


@app.get("/typed")
def typed() -> Status:
    return {"ready": True}


@app.get("/status")
@app.get("/status/<int:code>")
def with_status(code: int = 200) -> tuple[str, int]:
    return "text", code


@app.get("/enum")
def with_enum() -> tuple[str, HTTPStatus]:
    return "text", HTTPStatus.CREATED


@app.get("/headers")
def with_headers() -> tuple[dict[str, str], dict[str, str]]:
    return {"a": "b"}, {"X-Name": "value"}


@app.get("/all")
def with_everything() -> tuple[str, int, list[tuple[str, str]]]:
    return "text", 201, [("X-Name", "value")]


@app.get("/stream")
def stream() -> t.Iterator[str]:
    return stream_template("page.html")


@app.get("/generator")
def generator() -> t.Generator[bytes, None, None]:
    yield b"bytes"


@app.get("/response")
def response() -> Response:
    answer = make_response("text", 201)
    reveal_type(answer)  # revealed: Response
    reveal_type(jsonify(1))  # revealed: Response
    return answer


@app.get("/any")
def anything() -> ResponseReturnValue:
    return redirect("/")


@app.get("/later")
async def later() -> str:
    return "text"


class Page(View):
    def __init__(self, name: str) -> None:
        self.name = name

    def dispatch_request(self) -> str:
        return self.name


class Item(MethodView):
    def get(self, number: int) -> str:
        return str(number)


app.add_url_rule("/page", view_func=Page.as_view("page", "name"))
app.add_url_rule("/item/<int:number>", view_func=Item.as_view("item"))


@app.before_request
def before() -> None: ...


@app.before_request
async def before_later() -> str | None: ...


@app.after_request
def after(response: Response) -> Response:
    return response


@pages.after_app_request
async def after_later(response: Response) -> Response:
    return response


@app.teardown_request
def teardown(error: BaseException | None) -> None: ...


@app.teardown_appcontext
async def teardown_later(error: BaseException | None) -> None: ...


@app.errorhandler(404)
@app.errorhandler(HTTPStatus.GONE)
@app.errorhandler(NotFound)
def missing(error: HTTPException) -> tuple[str, int]:
    return "not here", 404


@app.errorhandler(ValueError)
def wrong(error: ValueError) -> str:
    return str(error)


@app.context_processor
def variables() -> dict[str, t.Any]:
    return {"name": "value"}


@app.template_filter("double")
def double(value: int) -> int:
    return value * 2


reveal_type(double(2))  # revealed: int


@app.cli.command("make")
def make() -> None: ...
