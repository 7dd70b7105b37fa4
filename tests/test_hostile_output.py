"""What leaves the server: the head of a response, cookies, pages of errors, data in pages."""

from __future__ import annotations

import io
import typing as t

import flask
import pytest
import werkzeug
from hostile.inputs import ENVIRON
from werkzeug.datastructures import Headers

import fastflask
from fastflask import Flask, Response, redirect, request

BREAKS = ["\r", "\n", "\0", "\r\n"]


# -- the head of a response


def head_of(app: t.Any) -> tuple[t.Any, ...]:
    """Return what a server would get to send, or the text of the error."""
    app.config["PROPAGATE_EXCEPTIONS"] = True
    starts: list[t.Any] = []
    environ = {**ENVIRON, "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO()}
    try:
        items = app(
            environ, lambda status, headers, exc_info=None: starts.append((status, headers))
        )
        items.close()
    except (ValueError, TypeError) as error:
        assert not starts
        return type(error).__name__, str(error)
    return starts[0]  # type: ignore[no-any-return]


class Own(Response):
    """A response that makes its head by itself."""

    def get_wsgi_response(self, environ: t.Any) -> t.Any:
        items, status, headers = super().get_wsgi_response(environ)
        return items, status, [*headers, ("X-Own", "1")]


def _listed(response: Response, name: str) -> Response:
    response.headers.extend([(name, "1")])
    return response


NAMED: dict[str, t.Callable[[str], t.Any]] = {
    "result": lambda name: ("x", {name: "1"}),
    "list": lambda name: ("x", [(name, "1")]),
    "triple": lambda name: ("x", 201, Headers([(name, "1")])),
    "response": lambda name: Response("x", headers={name: "1"}),
    "item": lambda name: Response("x").headers.__setitem__(name, "1"),
    "204": lambda name: ("", 204, {name: "1"}),
    "304": lambda name: ("", 304, {name: "1"}),
    "foreign": lambda name: werkzeug.Response("x", headers={name: "1"}),
    "own": lambda name: Own("x", headers={name: "1"}),
    "redirect": lambda name: _listed(t.cast(Response, redirect("/to")), name),
    "location": lambda name: ("x", {"Location": "/to", name: "1"}),
    "stream": lambda name: (iter("x"), {name: "1"}),
    "wsgi": lambda name: lambda environ, start: (start("200 OK", [(name, "1")]), [b"x"])[1],
    "error": lambda name: werkzeug.exceptions.HTTPException(
        response=werkzeug.Response("x", 400, {name: "1"})
    ),
}


def serve(make: t.Callable[..., t.Any], *arguments: t.Any) -> tuple[t.Any, ...]:
    app = Flask(__name__)

    @app.get("/")
    def view() -> t.Any:
        made = make(*arguments)
        if isinstance(made, Exception):
            raise made
        return made

    return head_of(app)


@pytest.mark.parametrize("kind", set(NAMED) - {"item"})
def test_line_break_in_the_name_of_a_header_is_refused(kind: str) -> None:
    for text in BREAKS:
        for name in (f"X{text}A", f"X-A{text}", f"{text}X-A", f"X-\u20ac{text}"):
            error, message = serve(NAMED[kind], name)
            assert error == "ValueError"
            assert message == f"Header names must not contain newline or null characters: {name!r}"
    for name in ("X-A", "x_\xe9"):
        status, headers = serve(NAMED[kind], name)
        assert (name, "1") in headers


STATUSES: dict[str, t.Callable[[str], t.Any]] = {
    "result": lambda status: ("x", status),
    "bytes": lambda status: ("x", status.encode()),
    "response": lambda status: Response("x", status),
    "assigned": lambda status: setattr(Response("x"), "status", status),
    "foreign": lambda status: werkzeug.Response("x", status),
    "own": lambda status: Own("x", status),
    "wsgi": lambda status: lambda environ, start: (start(status, []), [b"x"])[1],
}


@pytest.mark.parametrize("kind", STATUSES)
@pytest.mark.parametrize("text", BREAKS)
def test_line_break_in_a_status_is_refused(kind: str, text: str) -> None:
    for status in (f"200 OK{text}Set-Cookie: a=1", f"404{text} NO", f"{text}no number{text}."):
        error, message = serve(STATUSES[kind], status)
        if kind == "bytes":
            assert error == "TypeError"  # as in Flask
            continue
        assert error == "ValueError", kind
        assert message.startswith("The status must not contain newline or null characters: '")
    if kind not in {"bytes", "assigned"}:
        assert serve(STATUSES[kind], "299 Fine")[0] == "299 Fine"


def test_response_whose_head_is_refused_is_closed() -> None:
    closed = []

    def view() -> Response:
        response = Response(iter("x"), headers={"X\n": "1"})
        response.call_on_close(lambda: closed.append(1))
        return response

    assert serve(view)[0] == "ValueError"
    assert closed == [1]


def test_names_and_statuses_that_were_seen_before() -> None:
    """What is kept of them is bounded, and they are checked beyond the bound too."""
    for number in range(1_000):
        result = "x", f"299 N{number}", {f"X-{number}": "1"}
        assert serve(tuple, result)[0] == f"299 N{number}"
    for _ in range(2):
        assert serve(lambda: ("x", {"X-1\n": "1"}))[0] == "ValueError"
        assert serve(lambda: ("x", "299 N1\n."))[0] == "ValueError"
        assert serve(lambda: ("x", {"X-" + "a" * 5_000 + "\0": "1"}))[0] == "ValueError"


VALUES: dict[str, t.Callable[[t.Any, str], t.Any]] = {
    "result": lambda module, value: ("x", {"X-A": value}),
    "list": lambda module, value: ("x", [("X-A", value)]),
    "several": lambda module, value: ("x", {"X-A": ["1", value]}),
    "constructor": lambda module, value: module.Response("x", headers={"X-A": value}),
    "update": lambda module, value: module.Response().headers.update({"X-A": value}),
    "item": lambda module, value: module.Response().headers.__setitem__("X-A", value),
    "add": lambda module, value: module.Response().headers.add("X-A", value),
    "add option": lambda module, value: module.Response().headers.add("X-A", "1", name=value),
    "setdefault": lambda module, value: module.Response().headers.setdefault("X-A", value),
    "extend": lambda module, value: module.Response().headers.extend([("X-A", value)]),
    "set_cookie name": lambda module, value: module.Response().set_cookie(value, "1"),
    "set_cookie path": lambda module, value: module.Response().set_cookie("a", "1", path=value),
    "set_cookie domain": lambda module, value: module.Response().set_cookie("a", domain=value),
    "location": lambda module, value: setattr(module.Response(), "location", value),
    "redirect": lambda module, value: module.redirect(value),
    "mimetype": lambda module, value: module.Response("x", mimetype=value),
    "content type": lambda module, value: module.Response("x", content_type=value),
    "assigned type": lambda module, value: setattr(module.Response("x"), "content_type", value),
    "download": lambda module, value: module.send_file(
        io.BytesIO(b"x"), download_name=f"{value}.txt", as_attachment=True
    ),
    "file type": lambda module, value: module.send_file(io.BytesIO(b"x"), mimetype=value),
    "etag": lambda module, value: module.Response().set_etag(value),
    "vary": lambda module, value: module.Response().vary.add(value),
}


@pytest.mark.parametrize("kind", VALUES)
def test_no_value_gets_a_line_break_onto_the_wire(kind: str) -> None:
    for value in ("a\r\nX-Evil: 1", "a\nb", "\ra", "a\r", "\u20ac\n"):
        outcomes = []
        for module in (flask, fastflask):
            app: t.Any = module.Flask(__name__)
            app.add_url_rule("/", view_func=lambda: VALUES[kind](module, value) or "fine")  # noqa: B023
            outcomes.append(head_of(app))
        assert outcomes[0] == outcomes[1]
        status, rest = outcomes[1]
        if status != "ValueError":
            assert not any({"\r", "\n"} & {*name, *text} for name, text in rest)


def test_cookies_cannot_add_headers() -> None:
    app = Flask(__name__)
    app.secret_key = "a key"

    @app.get("/")
    def view() -> Response:
        response = Response("x")
        response.set_cookie("a", request.args["v"])
        return response

    for value in ("1\r\nX-Evil: 1", "1; Path=/evil", "1, b=2", '"\\"', "\u20ac\n\0"):
        answer = app.test_client().get("/", query_string={"v": value})
        [cookie] = answer.headers.getlist("Set-Cookie")
        assert cookie.count(";") == 1 and cookie.endswith("; Path=/")
        assert "X-Evil" not in answer.headers


# -- pages and data


@pytest.mark.parametrize("propagate", [None, False])
def test_pages_of_errors_tell_nothing(propagate: bool | None) -> None:
    app = Flask(__name__)
    app.config["PROPAGATE_EXCEPTIONS"] = propagate
    app.logger.disabled = True

    @app.route("/<name>", methods=["GET", "POST"])
    def view(name: str) -> t.Any:
        if name == "form":
            return request.form["<secret>"]
        if name == "json":
            return request.json
        if name == "abort":
            fastflask.abort(400, "<script>")
        if name == "named":
            error = werkzeug.exceptions.NotFound("<script>")
            error.code = 404
            raise error
        raise RuntimeError("secret")

    client = app.test_client()
    texts = [
        client.get("/fail").text,
        client.get("/form").text,
        client.post("/json", data="{secret", content_type="application/json").text,
        client.get("/abort").text,
        client.get("/named").text,
        client.get("/<script>/secret").text,
        client.open("/fail", method="SECRET").text,
    ]
    app.logger.disabled = False
    for text in texts:
        assert "secret" not in text and "<script>" not in text
        assert "Traceback" not in text and "RuntimeError" not in text
        # What the decoder of JSON has to say.
        assert "Expecting" not in text and "column" not in text


def test_data_in_a_page_cannot_leave_its_script() -> None:
    app = Flask(__name__)
    value = "</script><!--&'\u2028"
    with app.app_context():
        text = fastflask.render_template_string("<script>{{ v|tojson }}</script>{{ v }}", v=value)
    inside, outside = text[len("<script>") :].split("</script>", 1)
    assert not {"<", ">", "&", "'"} & set(inside)
    assert "<" not in outside and ">" not in outside
    assert "&#39;" in outside
