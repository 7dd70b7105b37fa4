"""The books, as an API: nested blueprints, and views that are classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from flask import Blueprint, abort, current_app, g, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask.views import MethodView


@dataclass
class Book:
    id: int
    title: str
    all: ClassVar[dict[int, Book]] = {}


Book.all.update({1: Book(1, "Emma"), 2: Book(2, "Momo")})

api = Blueprint("api", __name__, url_prefix="/api", cli_group="books")
books = Blueprint("books", __name__, url_prefix="/books")


class Shelf(MethodView):
    init_every_request = False

    def get(self) -> ResponseReturnValue:
        return jsonify(list(Book.all.values()))

    def post(self) -> ResponseReturnValue:
        title = request.get_json()["title"]
        book = Book(max(Book.all) + 1, title)
        Book.all[book.id] = book
        return jsonify(book), 201, {"Location": url_for(".book", id=book.id)}


class One(MethodView):
    decorators: ClassVar = [lambda view: current_app.ensure_sync(view) if False else view]

    def __init__(self, kind: type[Book]) -> None:
        self.kind = kind

    def get(self, id: int) -> Any:
        return self.find(id)

    def delete(self, id: int) -> ResponseReturnValue:
        del self.kind.all[self.find(id).id]
        return "", 204

    def find(self, id: int) -> Book:
        return self.kind.all.get(id) or abort(404)


books.add_url_rule("/", view_func=Shelf.as_view("shelf"))
books.add_url_rule("/<int:id>", view_func=One.as_view("book", Book))


@books.before_request
def note() -> None:
    g.seen.append("books")


@api.errorhandler(KeyError)
def missing(error: KeyError) -> ResponseReturnValue:
    return {"missing": str(error)}, 422


@api.cli.command("titles")
def titles() -> None:
    """Print the titles."""
    for book in Book.all.values():
        print(book.title)


api.register_blueprint(books)
