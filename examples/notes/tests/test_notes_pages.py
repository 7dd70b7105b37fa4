"""Writing, finding, attaching, exporting, and the error pages."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from notes import files, store
from notes.extensions import db
from notes.files import display_name
from notes.models import FilePart, StoredFile
from notes_visitor import Visitor


def test_welcome_page_is_public(visitor: Visitor) -> None:
    response = visitor.get("/")
    assert response.status_code == 200
    assert "Create an account" in response.text


@pytest.mark.parametrize(
    "path", ["/notes/new", "/notes/1", "/exports/", "/exports/1.csv", "/notes/1/files/1"]
)
def test_private_pages_ask_to_log_in(visitor: Visitor, path: str) -> None:
    response = visitor.get(path)
    assert response.status_code == 302
    assert response.location.startswith("/auth/login?next=")


def test_note_is_written_read_changed_and_deleted(anna: Visitor) -> None:
    path = anna.write("Groceries", "milk\r\n<b>bread</b> https://example.test/a")
    page = anna.get(path).text
    assert "The note is saved" in page
    assert "milk\n&lt;b&gt;bread&lt;/b&gt;" in page
    assert 'href="https://example.test/a"' in page

    assert "milk" in anna.get(f"{path}/edit").text
    anna.post(f"{path}/edit", {"title": "Shopping", "body": "tea"})
    page = anna.get("/").text
    assert "Shopping" in page
    assert "Groceries" not in page

    anna.post(f"{path}/delete")
    assert "“Shopping” is deleted" in anna.get("/").text
    assert anna.get(path).status_code == 404


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"title": "  "}, "Give the note a title"),
        ({"title": "x" * 121}, "at most 120"),
        ({"title": "a\nb"}, "single line"),
        ({"title": "a\x00b"}, "cannot be stored"),
        ({"title": "fine", "body": "x" * 20_001}, "at most 20,000"),
    ],
)
def test_note_form_names_what_is_wrong(anna: Visitor, form: dict[str, str], message: str) -> None:
    response = anna.post("/notes/new", {"body": "what I wrote", **form})
    assert response.status_code == 422
    assert message in response.text
    assert "body" in form or "what I wrote" in response.text
    path = anna.write("first")
    assert anna.post(f"{path}/edit", form).status_code == 422
    assert "first" in anna.get(path).text


def test_others_notes_do_not_exist(anna: Visitor, otto: Visitor) -> None:
    path = anna.write("Diary", "secret", files=(io.BytesIO(b"x"), "x.txt"))
    [file] = anna.files(path)
    assert "0 notes found" in otto.get("/?q=Diary").text
    for where in (path, f"{path}/edit", file):
        assert otto.get(where).status_code == 404
    for where in (f"{path}/edit", f"{path}/delete", f"{file}/delete"):
        assert otto.post(where, {"title": "mine"}).status_code == 404
    own = otto.write("Mine")
    assert otto.get(file.replace(path, own)).status_code == 404
    assert anna.get(file).data == b"x"


def test_list_is_cut_into_pages(anna: Visitor) -> None:
    for number in range(1, 8):
        anna.write(f"Note number {number}")
    first = anna.get("/").text
    assert "Page 1 of 3" in first
    assert "number 7" in first
    assert "number 4" not in first
    assert "?page=2" in first
    last = anna.get("/?page=3").text
    assert "number 1" in last
    assert "Older" not in last
    assert "Page 3 of 3" in anna.get(f"/?page={10**30}").text
    for odd in ("0", "-1", "x", ""):
        assert "Page 1 of 3" in anna.get(f"/?page={odd}").text


def test_search_wants_every_word_in_any_case(anna: Visitor) -> None:
    anna.write("Äpfel kaufen", "auf dem MARKT")
    anna.write("Birnen", "100% reif_")
    assert "1 note found" in anna.get("/?q=markt+äpfel").text
    assert "0 notes found" in anna.get("/?q=markt+birnen").text
    assert "1 note found" in anna.get("/?q=100%25").text
    assert "1 note found" in anna.get("/?q=f_").text
    assert "0 notes found" in anna.get("/?q=%25r").text
    assert "0 notes found" in anna.get("/?q='+OR+1=1").text
    assert "0 notes found" in anna.get("/?q=a%00b").text


def test_search_is_kept_while_paging(anna: Visitor) -> None:
    for number in range(4):
        anna.write(f"Same {number}")
    assert "/?q=same&amp;page=2" in anna.get("/?q=same").text


def test_attachments_are_stored_downloaded_and_removed(app: Flask, anna: Visitor) -> None:
    uploads = [(io.BytesIO(b"<script>"), "../../página.html"), (io.BytesIO(b"two"), "b.txt")]
    path = anna.write("Trip", files=uploads)
    page = anna.get(path).text
    assert "página.html" in page
    assert ".." not in page
    first, second = anna.files(path)

    response = anna.get(first)
    assert response.data == b"<script>"
    assert response.mimetype == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''p%C3%A1gina.html" in response.headers["Content-Disposition"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"

    anna.post(f"{first}/delete")
    assert anna.get(first).status_code == 404
    assert anna.get(second).data == b"two"
    anna.post(f"{path}/edit", {"title": "Trip", "files": (io.BytesIO(b"3"), "c.txt")})
    assert [anna.get(file).data for file in anna.files(path)] == [b"two", b"3"]
    anna.post(f"{path}/delete")
    with app.app_context():
        assert not db.session.query(StoredFile).count()
        assert not db.session.query(FilePart).count()


def test_large_attachment_is_kept_in_parts(
    app: Flask, anna: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PART", 1000)
    content = bytes(range(250)) * 8 + b"the rest"
    path = anna.write("Trip", files=(io.BytesIO(content), "x.bin"))
    with app.app_context():
        sizes = db.session.scalars(db.select(db.func.length(FilePart.content))).all()
    assert sizes == [1000, 1000, 8]
    [file] = anna.files(path)
    response = anna.get(file, buffered=False)
    assert response.is_streamed
    assert response.content_length == len(content)
    assert response.data == content
    response.close()


def test_empty_attachment_is_an_empty_file(anna: Visitor) -> None:
    path = anna.write("Trip", files=(io.BytesIO(b""), "x.bin"))
    [file] = anna.files(path)
    assert anna.get(file).data == b""


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("report.pdf", "report.pdf"),
        ("/etc/passwd", "passwd"),
        ("C:\\Users\\me\\cv.doc", "cv.doc"),
        ("..", "attachment"),
        ("a\r\nb\x00.txt", "ab.txt"),
        (".bashrc", "bashrc"),
        ("отчёт.txt", "отчёт.txt"),
        ("n" * 200 + ".jpeg", "n" * 95 + ".jpeg"),
        ("n" * 200, "n" * 100),
        ("a." + "n" * 200, "a." + "n" * 98),
    ],
)
def test_display_name_keeps_what_is_harmless(sent: str, shown: str) -> None:
    assert display_name(sent) == shown


def test_unknown_page_is_a_page_of_ours(anna: Visitor, visitor: Visitor) -> None:
    for who in (anna, visitor):
        response = who.get("/nowhere")
        assert response.status_code == 404
        assert "Page not found" in response.text
        assert "style.css" in response.text
    for number in (2**31 - 1, 2**31, 10**17, 10**30):
        assert anna.get(f"/notes/{number}").status_code == 404


def test_too_large_upload_is_refused(anna: Visitor) -> None:
    file = (io.BytesIO(b"x" * 200_000), "big.bin")
    response = anna.post("/notes/new", {"title": "Big", "files": file})
    assert response.status_code == 413
    assert "Too much at once" in response.text
    assert "Nothing here yet" in anna.get("/").text


def test_wrong_method_names_the_right_ones(anna: Visitor) -> None:
    response = anna.post("/")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]


def test_failure_is_a_500_without_detail(
    app: Flask, anna: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("a detail nobody needs")

    monkeypatch.setattr(store, "find_notes", fail)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    response = anna.get("/")
    assert response.status_code == 500
    assert "Something went wrong" in response.text
    assert "detail" not in response.text
    response = anna.get("/api/notes")
    assert response.status_code == 500
    assert response.json["error"]["code"] == 500
    assert "detail" not in response.text
