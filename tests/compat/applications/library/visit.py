"""A visit to the library. Prints what was answered, as JSON."""

from __future__ import annotations

import io
import json
import re

import flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from library import create_app

app = create_app(LIMIT=flask.Flask.default_config["MAX_FORM_MEMORY_SIZE"])
client = app.test_client()
assert isinstance(client, FlaskClient)
answers: list[object] = [app.config["LIMIT"], app.config["FROM_ENVIRONMENT"]]


def note(response: flask.Response) -> flask.Response:
    if "Allow" in response.headers:
        response.headers["Allow"] = ", ".join(sorted(response.allow))
    headers = sorted((k, v) for k, v in response.headers if k not in ("Date", "Set-Cookie"))
    # The value of a session's cookie has a time in it.
    cookies = [re.sub("=[^;]+", "", c, count=1) for c in response.headers.getlist("Set-Cookie")]
    cookies = [re.sub("Expires=[^;]+", "Expires", c) for c in cookies]
    answers.append([response.status, headers, cookies, response.get_data(as_text=True)])
    return response


secure = {"base_url": "https://localhost"}
for path in ("/en/", "/api/books/", "/api/books/2", "/api/books/7", "/missing", "/pay/402"):
    note(client.get(path))
note(client.get("/pay/418"))
note(client.post("/api/books/", json={"title": "Faust"}))
note(client.post("/api/books/", json={"name": "?"}))
note(client.post("/api/books/", data="{", content_type="application/json"))
note(client.delete("/api/books/1"))
note(client.options("/api/books/2"))
note(client.head("/api/books/2"))
note(client.get("/en/", base_url="http://elsewhere.org"))
note(client.get("/en/", base_url="http://a.example.org"))
note(client.post("/login", data={"name": "Ada"}, **secure))
note(client.get("/en/", **secure))
note(client.get("/login", **secure))
note(client.get("/login?silent=1", **secure))
note(client.get("/later", **secure))
file = {"file": (io.BytesIO(b"x" * 1200), "a.txt"), "note": "n"}
note(client.post("/upload", data=file))
note(client.post("/upload", data={"file": (io.BytesIO(b"x" * 3000), "a.txt")}))
parts = {str(number): "n" for number in range(5)}
note(client.post("/upload", data={**parts, "file": (io.BytesIO(b"x"), "a.txt")}))
note(client.post("/login", data={"name": "x" * 2000}, **secure))
for path in ("/slowly", "/stream", "/stream/template", "/told"):
    note(client.get(path))

app.testing = True
try:
    client.get("/break")
except LookupError as error:
    answers.append(repr(error))
app.testing = False
app.logger.disabled = True
note(client.get("/break"))
note(client.get("/told"))

# A session that was signed with yesterday's key is read, and signed anew.
app.secret_key, today = "yesterday", app.secret_key
serializer = SecureCookieSessionInterface().get_signing_serializer(app)
client.set_cookie("session", serializer.dumps({"name": "Eve"}), domain="localhost")
app.secret_key = today
note(client.get("/login", **secure))
with client.session_transaction(**secure) as session:
    session["name"] = "Bob"
with client:
    note(client.get("/login", **secure))
    answers.append([flask.session["name"], flask.request.endpoint, flask.g.lang])

with app.test_request_context("/en/?a=1", json={"b": 2}):
    app.preprocess_request()
    answers.append([flask.request.args["a"], flask.request.json, flask.url_for("index")])
    answers.append(app.dispatch_request())
with app.app_context():
    answers.append(flask.json.dumps({"when": None, "book": 1}))
    try:
        flask.url_for("index")
    except RuntimeError as error:
        answers.append(str(error))

runner = app.test_cli_runner()
for arguments in (["count", "--twice"], ["books", "titles"], ["routes"], ["count", "--nothing"]):
    result = runner.invoke(args=arguments)
    answers.append([result.exit_code, result.output])

print(json.dumps([flask.__name__, *answers]))
