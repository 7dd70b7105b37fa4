"""An extension as they were written: one connection for each context, kept on top of the stack."""

import sqlite3

from flask import _app_ctx_stack, current_app

from .coding import Entry


class Store(object):
    def __init__(self, app=None):
        self.closed = 0
        if app is not None:
            self.init_app(app)

    def init_app(self, app):
        app.config.setdefault("DATABASE", ":memory:")
        app.teardown_appcontext(self.close)
        app.extensions["store"] = self

    def close(self, error):
        top = _app_ctx_stack.top
        if hasattr(top, "store_connection"):
            top.store_connection.close()
            self.closed += 1

    @property
    def connection(self):
        top = _app_ctx_stack.top
        if top is None:
            raise RuntimeError("There is no application to keep entries for.")
        if not hasattr(top, "store_connection"):
            top.store_connection = sqlite3.connect(current_app.config["DATABASE"])
        return top.store_connection

    def create(self):
        self.connection.execute("CREATE TABLE IF NOT EXISTS entry (text TEXT, guest TEXT)")

    def add(self, entry):
        with self.connection:
            self.connection.execute("INSERT INTO entry VALUES (?, ?)", (entry.text, entry.guest))

    def entries(self):
        return [Entry(*row) for row in self.connection.execute("SELECT text, guest FROM entry")]
