"""Writing, finding, attaching, exporting, and the error pages."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from notes import store
from notes.attachments import display_name
from notes.db import get_db
from notes_visitor import Visitor

from fastflask import Flask


def test_welcome_page_is_public(visitor: Visitor) -> None:
    response = visitor.get("/")
    assert response.status_code == 200
    assert "Create an account" in response.text


@pytest.mark.parametrize("path", ["/notes/new", "/notes/1", "/export.csv", "/notes/1/files/1"])
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
    assert anna.get(f"{path}/files/1").status_code == 200
    assert "0 notes found" in otto.get("/?q=Diary").text
    for where in (path, f"{path}/edit", f"{path}/files/1"):
        assert otto.get(where).status_code == 404
    for where in (f"{path}/edit", f"{path}/delete", f"{path}/files/1/delete"):
        assert otto.post(where, {"title": "mine"}).status_code == 404
    own = otto.write("Mine")
    assert otto.get(f"{own}/files/1").status_code == 404
    assert anna.get(f"{path}/files/1").data == b"x"


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


def test_search_is_kept_while_paging(anna: Visitor) -> None:
    for number in range(4):
        anna.write(f"Same {number}")
    assert "/?q=same&amp;page=2" in anna.get("/?q=same").text


def test_attachments_are_stored_downloaded_and_removed(app: Flask, anna: Visitor) -> None:
    folder = Path(app.config["UPLOAD_FOLDER"])
    files = [(io.BytesIO(b"<script>"), "../../página.html"), (io.BytesIO(b"two"), "b.txt")]
    path = anna.write("Trip", files=files)
    page = anna.get(path).text
    assert "página.html" in page
    assert ".." not in page
    stored = sorted(file.name for file in folder.iterdir())
    assert len(stored) == 2
    assert all(len(name) == 32 and name.isalnum() for name in stored)

    response = anna.get(f"{path}/files/1")
    assert response.data == b"<script>"
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''p%C3%A1gina.html" in response.headers["Content-Disposition"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"

    anna.post(f"{path}/files/1/delete")
    assert anna.get(f"{path}/files/1").status_code == 404
    assert anna.get(f"{path}/files/2").data == b"two"
    anna.post(f"{path}/edit", {"title": "Trip", "files": (io.BytesIO(b"3"), "c.txt")})
    assert anna.get(f"{path}/files/3").data == b"3"
    anna.post(f"{path}/delete")
    assert not list(folder.iterdir())


def test_attachment_whose_file_is_gone_is_a_404(app: Flask, anna: Visitor) -> None:
    path = anna.write("Trip", files=(io.BytesIO(b"x"), "x.txt"))
    for file in Path(app.config["UPLOAD_FOLDER"]).iterdir():
        file.unlink()
    assert anna.get(f"{path}/files/1").status_code == 404


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


def test_export_is_a_streamed_spreadsheet(app: Flask, anna: Visitor, otto: Visitor) -> None:
    otto.write("Not hers")
    with app.app_context(), get_db() as db:
        many = [(1, f"Note {number}", "") for number in range(230)]
        db.executemany("INSERT INTO note (user_id, title, body) VALUES (?, ?, ?)", many)
    anna.write("=HYPERLINK(1)", 'a "quoted"\nline', files=(io.BytesIO(b"x"), "x"))
    response = anna.get("/export.csv", buffered=False)
    assert response.is_streamed
    assert response.mimetype == "text/csv"
    assert response.headers["Content-Disposition"].startswith("attachment; filename=notes-")
    chunks = list(response.iter_encoded())
    response.close()
    assert len(chunks) == 3

    rows = list(csv.DictReader(io.StringIO(b"".join(chunks).decode("utf-8-sig"))))
    assert len(rows) == 231
    assert rows[0]["title"] == "'=HYPERLINK(1)"
    assert rows[0]["body"] == 'a "quoted"\nline'
    assert rows[0]["attachments"] == "1"
    assert rows[-1]["title"] == "Note 0"


def test_unknown_page_is_a_page_of_ours(anna: Visitor, visitor: Visitor) -> None:
    for who in (anna, visitor):
        response = who.get("/nowhere")
        assert response.status_code == 404
        assert "Page not found" in response.text
        assert "style.css" in response.text
    assert anna.get(f"/notes/{10**17}").status_code == 404
    assert anna.get(f"/notes/{10**30}").status_code == 404


def test_too_large_upload_is_refused(app: Flask, anna: Visitor) -> None:
    file = (io.BytesIO(b"x" * 200_000), "big.bin")
    response = anna.post("/notes/new", {"title": "Big", "files": file})
    assert response.status_code == 413
    assert "Too much at once" in response.text
    assert "Nothing here yet" in anna.get("/").text
    assert not list(Path(app.config["UPLOAD_FOLDER"]).iterdir())


def test_wrong_method_names_the_right_ones(anna: Visitor) -> None:
    response = anna.post("/export.csv")
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
