"""The tests of the shop, as its author would run them."""

import flask
from app import app, assert_flask_was_never_imported
from visit import visit


def test_visit_and_commands():
    run = app.test_cli_runner().invoke
    assert run(args=["init-db"]).exit_code == 0
    client = app.test_client()
    assert isinstance(client, flask.testing.FlaskClient)

    def answer(response):
        return response.status_code, response.headers, response.text

    visit(
        lambda path: answer(client.get(path, follow_redirects=True)),
        lambda path, fields: answer(client.post(path, data=fields, follow_redirects=True)),
    )
    assert run(args=["count"]).output == "1 items\n"
    assert_flask_was_never_imported()
