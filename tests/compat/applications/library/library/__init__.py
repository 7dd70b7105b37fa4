"""A library, written for Flask 3.1: what its author finds in the documentation of that."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import click
from flask import (
    Flask,
    Response,
    abort,
    after_this_request,
    copy_current_request_context,
    current_app,
    flash,
    g,
    json,
    redirect,
    render_template,
    request,
    session,
    stream_template,
    stream_with_context,
    url_for,
)
from flask.json.provider import DefaultJSONProvider
from flask.sessions import SecureCookieSessionInterface
from flask.signals import got_request_exception, request_finished, template_rendered
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Aborter, HTTPException

from .books import Book, api

#: What the signals told, for the page that shows it.
told: list[str] = []


class PaymentRequired(HTTPException):
    code = 402
    description = "Membership has ended."


class Provider(DefaultJSONProvider):
    sort_keys = False
    compact = True

    @staticmethod
    def default(o: Any) -> Any:
        if isinstance(o, Book):
            return {"id": o.id, "title": o.title}
        return DefaultJSONProvider.default(o)


class Sessions(SecureCookieSessionInterface):
    def should_set_cookie(self, app: Flask, session: Any) -> bool:
        return super().should_set_cookie(app, session) and not request.args.get("silent")


class Library(Flask):
    json_provider_class = Provider
    session_interface = Sessions()

    def make_aborter(self) -> Aborter:
        return Aborter(extra={402: PaymentRequired})

    def make_response(self, rv: ResponseReturnValue) -> Response:
        if isinstance(rv, Book):
            rv = {"book": rv}
        return super().make_response(rv)


def create_app(**settings: Any) -> Library:
    app = Library(__name__)
    app.config.from_mapping(SECRET_KEY="today", SECRET_KEY_FALLBACKS=["yesterday"])
    app.config.from_file("settings.json", load=json.load)
    app.config.from_prefixed_env("LIBRARY")
    app.config.update(settings)
    app.register_blueprint(api)
    app.register_error_handler(HTTPException, explain)
    add_pages(app)
    add_streams(app)
    add_commands(app)

    @app.before_request
    def begin() -> None:
        g.setdefault("seen", []).append("before")

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Seen"] = ",".join(g.seen)
        return response

    @app.teardown_appcontext
    def forget(error: BaseException | None) -> None:
        told.append(f"torn down after {g.pop('seen', None)}")

    @app.context_processor
    def names() -> dict[str, Any]:
        return {"library": app.config["NAME"]}

    @app.url_defaults
    def language(endpoint: str, values: dict[str, Any]) -> None:
        if app.url_map.is_endpoint_expecting(endpoint, "lang"):
            values.setdefault("lang", g.get("lang", "en"))

    @app.url_value_preprocessor
    def take_language(endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.lang = (values or {}).pop("lang", "en")

    request_finished.connect(lambda app, response: told.append(response.status), app, weak=False)
    template_rendered.connect(tell_template, app)
    got_request_exception.connect(tell_error, app)
    return app


def tell_template(app: Flask, template: Any, context: dict[str, Any]) -> None:
    told.append(f"template {template.name}")


def tell_error(app: Flask, exception: BaseException) -> None:
    told.append(f"error {exception!r}")


def explain(error: HTTPException) -> ResponseReturnValue:
    response = error.get_response()
    response.set_data(json.dumps({"code": error.code, "name": error.name}))
    response.content_type = "application/json"
    return response


def add_pages(app: Flask) -> None:
    @app.template_filter("shout")
    def shout(text: str) -> str:
        return text.upper()

    @app.get("/<lang>/")
    def index() -> ResponseReturnValue:
        return render_template("index.html", lang=g.lang)

    @app.route("/login", methods=["GET", "POST"])
    def login() -> ResponseReturnValue:
        if request.method == "POST":
            session["name"] = request.form["name"]
            session.permanent = True
            flash("welcome", "info")
            return redirect(url_for("index", lang="de"), code=303)
        return {"name": session.get("name"), "permanent": session.permanent}

    @app.post("/upload")
    def upload() -> ResponseReturnValue:
        request.max_content_length = 2_000
        file = request.files["file"]
        return {"name": file.filename, "size": len(file.read()), **request.form}

    @app.get("/slowly")
    async def slowly() -> ResponseReturnValue:
        first, second = await asyncio.gather(named("a"), named("b"))
        return [first, second], 203, {"X-Kind": "async"}

    async def named(text: str) -> str:
        await asyncio.sleep(0)
        return f"{text} for {request.path}"

    @app.get("/pay/<int:code>")
    def pay(code: int) -> ResponseReturnValue:
        abort(code)

    @app.get("/break")
    def fail() -> ResponseReturnValue:
        raise LookupError("nothing here")

    @app.get("/told")
    def what_was_told() -> ResponseReturnValue:
        found, told[:] = list(told), []
        return found

    @app.get("/later")
    def later() -> ResponseReturnValue:
        @after_this_request
        def mark(response: Response) -> Response:
            response.headers["X-Later"] = "yes"
            return response

        @copy_current_request_context
        def path() -> str:
            return f"{request.path} {session.get('name')} {g.get('lang')}"

        return {"copied": path(), "on": str(date(2025, 1, 2)), "when": date(2025, 1, 2)}


def add_streams(app: Flask) -> None:
    @app.get("/stream")
    def stream() -> ResponseReturnValue:
        @stream_with_context
        def lines() -> Any:
            yield f"{request.path}\n"
            yield f"{g.get('seen')} {g.lang}\n"

        return lines(), {"X-Kind": "stream"}

    @app.get("/stream/template")
    def stream_page() -> ResponseReturnValue:
        return stream_template("index.html", lang="fr")


def add_commands(app: Flask) -> None:
    @app.cli.command("count")
    @click.option("--twice", is_flag=True)
    def count(twice: bool) -> None:
        """Count the books."""
        click.echo(len(current_app.view_functions) and len(Book.all) * (2 if twice else 1))
