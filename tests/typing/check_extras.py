"""What Flask does not have."""

from __future__ import annotations

from typing_extensions import reveal_type

from fastflask import Flask, active_requests, install_as_flask
from fastflask.json.fast import FastJSONProvider


class App(Flask):
    json_provider_class = FastJSONProvider


app = App(__name__)
app.json = FastJSONProvider(app)

for active in active_requests():
    reveal_type(active.age)  # revealed: float
    reveal_type(active.thread)  # revealed: str | None
    reveal_type(active.endpoint)  # revealed: str | None

install_as_flask()
reveal_type(app.test_client().get("/").json)  # revealed: Any | None
reveal_type(app.test_client().get("/").text)  # revealed: str
