"""Exports: asked for, written by a job, fetched."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta, timezone

import pytest
from flask import Flask
from kombu.exceptions import OperationalError
from notes import exports, files
from notes.extensions import db
from notes.models import Export, Note, User
from notes_visitor import Visitor


def links(visitor: Visitor) -> list[str]:
    return re.findall(r'href="(/exports/\d+\.csv)"', visitor.get("/exports/").text)


def test_export_is_a_spreadsheet_of_all_notes(
    app: Flask, anna: Visitor, otto: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PART", 4096)
    otto.write("Not hers")
    long_ago = datetime(2020, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    with app.app_context():
        user = db.session.scalars(db.select(User).where(User.username == "anna")).one()
        for number in range(230):
            db.session.add(
                Note(
                    user_id=user.id,
                    title=f"Note {number}",
                    body="",
                    search_text="",
                    created_at=long_ago,
                    updated_at=long_ago,
                )
            )
        db.session.commit()
    anna.write("=HYPERLINK(1)", 'a "quoted"\nline', files=(io.BytesIO(b"x"), "x"))

    assert anna.post("/exports/").status_code == 302
    [link] = links(anna)
    response = anna.get(link, buffered=False)
    assert response.is_streamed
    assert response.mimetype == "text/csv"
    assert re.search(r"attachment; filename=notes-[\d-]{10}\.csv", str(response.headers))
    parts = list(response.iter_encoded())
    response.close()
    assert len(parts) > 2
    assert response.content_length == sum(map(len, parts))

    rows = list(csv.DictReader(io.StringIO(b"".join(parts).decode("utf-8-sig"))))
    assert len(rows) == 231
    assert rows[0]["title"] == "'=HYPERLINK(1)"
    assert rows[0]["body"] == 'a "quoted"\nline'
    assert rows[0]["attachments"] == "1"
    assert rows[-1]["title"] == "Note 0"
    assert rows[-1]["created_at"] == "2020-01-02T03:04:05Z"


def test_export_belongs_to_its_user(anna: Visitor, otto: Visitor) -> None:
    anna.post("/exports/")
    [link] = links(anna)
    assert otto.get(link).status_code == 404
    assert links(otto) == []


def test_only_the_latest_exports_are_kept(app: Flask, anna: Visitor, otto: Visitor) -> None:
    otto.post("/exports/")
    for _ in range(5):
        anna.post("/exports/")
    assert len(links(anna)) == 3
    assert len(links(otto)) == 1
    with app.app_context():
        assert db.session.query(Export).count() == 4


def test_waiting_export_is_looked_at_again(
    app: Flask, anna: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports.write_export, "delay", lambda number: None)
    anna.post("/exports/")
    page = anna.get("/exports/").text
    assert "Being written" in page
    assert 'http-equiv="refresh"' in page
    with app.app_context():
        [waiting] = db.session.scalars(db.select(Export.id)).all()
    assert anna.get(f"/exports/{waiting}.csv").status_code == 404
    with app.app_context():
        exports.write_export.run(waiting)
        # As after a worker that died on it.
        exports.write_export.run(waiting)
        exports.write_export.run(waiting + 1)
    assert len(links(anna)) == 1
    assert "refresh" not in anna.get("/exports/").text


def test_export_that_waits_is_not_asked_for_again_until_it_may_be_lost(
    app: Flask, anna: Visitor, otto: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(exports.write_export, "delay", asked.append)
    for visitor in (anna, anna, otto):
        assert visitor.post("/exports/").status_code == 302
    assert len(asked) == 2
    later = exports.now() + timedelta(seconds=app.config["JOB_PATIENCE"] + 1)
    monkeypatch.setattr(exports, "now", lambda: later)
    anna.post("/exports/")
    assert len(asked) == 3


def test_job_that_fails_says_so(
    anna: Visitor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(user_id: int) -> None:
        raise RuntimeError("no room left")

    monkeypatch.setattr(exports, "csv_pieces", fail)
    anna.post("/exports/")
    page = anna.get("/exports/").text
    assert "This one failed" in page
    assert "no room left" not in page
    assert "no room left" in caplog.text
    assert links(anna) == []


def test_job_done_twice_at_once_succeeds_once(
    app: Flask, anna: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = files.write

    def write_after_another(*args: object) -> None:
        """Store the file, when another worker has done so."""
        monkeypatch.setattr(files, "write", write)
        with app.app_context():
            exports.write_export.run(db.session.scalars(db.select(Export.id)).one())
        write(*args)

    monkeypatch.setattr(files, "write", write_after_another)
    anna.post("/exports/")
    assert len(links(anna)) == 1
    assert "failed" not in anna.get("/exports/").text


def test_queue_that_is_down_is_a_503(anna: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(number: int) -> None:
        raise OperationalError("refused")

    monkeypatch.setattr(exports.write_export, "delay", fail)
    response = anna.post("/exports/")
    assert response.status_code == 503
    assert "try later" in response.text
    assert "This one failed" in anna.get("/exports/").text
