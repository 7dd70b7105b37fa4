"""The JSON API."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from notes_visitor import Visitor


@pytest.fixture
def bearer(anna: Visitor) -> dict[str, str]:
    """Headers of a program that works for Anna."""
    return {"Authorization": f"Bearer {anna.make_token()}"}


@pytest.fixture
def client(app: Flask) -> Any:
    """A client without session."""
    return app.test_client()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("sent", [None, "Bearer wrong", "Bearer", "Basic YTpi", "Bearer \xe9"])
def test_request_of_nobody_is_refused(client: Any, method: str, sent: str | None) -> None:
    headers = {"Authorization": sent} if sent else {}
    response = client.open("/api/notes", method=method, headers=headers)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert response.json["error"]["code"] == 401


def test_note_is_created_read_listed_and_deleted(client: Any, bearer: dict[str, str]) -> None:
    note = {"title": "From a script", "body": "über\n"}
    response = client.post("/api/notes", json=note, headers=bearer)
    assert response.status_code == 201
    path = response.location
    assert path == f"/api/notes/{response.json['id']}"
    assert response.json["url"].endswith(path)
    assert (response.json["title"], response.json["body"]) == ("From a script", "über")
    assert response.json["attachments"] == []

    assert client.get(path, headers=bearer).json == response.json
    listed = client.get("/api/notes", headers=bearer).json
    assert [note["id"] for note in listed["notes"]] == [response.json["id"]]
    assert listed["notes"][0]["attachments"] == 0

    response = client.put(path, json={"title": "New", "body": ""}, headers=bearer)
    assert (response.status_code, response.json["title"]) == (200, "New")
    assert client.put(path, json={"title": ""}, headers=bearer).status_code == 422
    assert client.get(path, headers=bearer).json == response.json

    response = client.delete(path, headers=bearer)
    assert (response.status_code, response.data) == (204, b"")
    assert client.get(path, headers=bearer).status_code == 404
    assert client.delete(path, headers=bearer).status_code == 404


def test_list_is_paged_and_searched(client: Any, bearer: dict[str, str]) -> None:
    for number in range(5):
        client.post("/api/notes", json={"title": f"Note {number}"}, headers=bearer)
    page = client.get("/api/notes?page=2", headers=bearer).json
    assert (page["page"], page["pages"], page["total"]) == (2, 2, 5)
    assert [note["title"] for note in page["notes"]] == ["Note 1", "Note 0"]
    found = client.get("/api/notes?q=note+3", headers=bearer).json
    assert [note["title"] for note in found["notes"]] == ["Note 3"]


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"data": "{}"}, 415),
        ({"data": "{", "content_type": "application/json"}, 400),
        ({"json": ["title"]}, 400),
        ({"json": {}}, 422),
        ({"json": {"title": 5}}, 422),
        ({"json": {"title": "a", "body": None}}, 422),
        ({"json": {"title": "\ud800"}}, 422),
        ({"json": {"title": "a", "body": "x" * 200_000}}, 413),
    ],
)
def test_bad_note_is_answered_in_json(
    client: Any, bearer: dict[str, str], options: dict[str, Any], status: int
) -> None:
    response = client.post("/api/notes", headers=bearer, **options)
    assert response.status_code == status
    assert response.json["error"]["code"] == status
    assert ("fields" in response.json["error"]) == (status == 422)
    assert client.get("/api/notes", headers=bearer).json["total"] == 0


def test_unknown_address_and_method_are_answered_in_json(
    client: Any, bearer: dict[str, str]
) -> None:
    response = client.get("/api/nothing", headers=bearer)
    assert (response.status_code, response.json["error"]["code"]) == (404, 404)
    response = client.put("/api/notes", headers=bearer)
    assert (response.status_code, response.json["error"]["code"]) == (405, 405)
    assert "POST" in response.headers["Allow"]
    assert client.get("/api/notes/1", headers=bearer).json["error"]["code"] == 404


def test_others_notes_do_not_exist(client: Any, bearer: dict[str, str], otto: Visitor) -> None:
    path = otto.write("Diary")
    assert client.get("/api/notes", headers=bearer).json["total"] == 0
    assert client.get(f"/api{path}", headers=bearer).status_code == 404
    assert client.delete(f"/api{path}", headers=bearer).status_code == 404
    assert otto.get(path).status_code == 200


def test_session_reads_and_needs_the_form_token_to_write(anna: Visitor) -> None:
    path = anna.write("Mine", files=(io.BytesIO(b"abc"), "a.txt"))
    [file] = anna.get(f"/api{path}").json["attachments"]
    assert (file["filename"], file["size"]) == ("a.txt", 3)

    assert anna.client.delete(f"/api{path}").status_code == 400
    assert anna.client.post("/api/notes", json={"title": "x"}).status_code == 400
    headers = {"X-CSRF-Token": anna.token}
    assert anna.client.delete(f"/api{path}", headers={"X-CSRF-Token": "x"}).status_code == 400
    assert anna.client.post("/api/notes", json={"title": "x"}, headers=headers).status_code == 201
    assert anna.client.delete(f"/api{path}", headers=headers).status_code == 204


def test_token_opens_no_page(client: Any, bearer: dict[str, str]) -> None:
    assert client.get("/account/", headers=bearer).status_code == 302


def test_wrong_token_is_not_helped_by_a_session(anna: Visitor) -> None:
    response = anna.get("/api/notes", headers={"Authorization": "Bearer wrong"})
    assert response.status_code == 401


def test_token_request_leaves_no_cookie(client: Any, bearer: dict[str, str]) -> None:
    response = client.get("/api/notes", headers=bearer)
    assert "Set-Cookie" not in response.headers
