"""Answering with files."""

import functools
import io
import os
import pathlib

import pytest
from werkzeug.exceptions import NotFound

import fastflask
from fastflask import Flask, send_file, send_from_directory

TEXT = b"0123456789" * 10


@pytest.fixture
def app(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.txt").write_bytes(TEXT)
    (folder / "page.html").write_text("<p>")
    (tmp_path / "secret.txt").write_text("secret")
    app = Flask(__name__, root_path=os.fspath(tmp_path), static_folder="files")
    app.testing = True
    app.add_url_rule("/file", view_func=lambda: send_file("files/a.txt"), endpoint="file")
    app.add_url_rule(
        "/dir/<path:name>",
        view_func=lambda name: send_from_directory("files", name),
        endpoint="dir",
    )
    return app


@pytest.fixture
def get(app):
    """GET a path. Buffered, so that the file is closed."""
    return functools.partial(app.test_client().get, buffered=True)


def test_relative_path_is_taken_from_the_root_path(get, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path.parent)
    response = get("/file")
    assert response.data == TEXT
    assert response.mimetype == "text/plain"
    assert response.content_length == len(TEXT)
    assert response.last_modified is not None
    assert response.get_etag()[0]


def test_response_class_of_the_app(app):
    class Mine(fastflask.Response):
        pass

    app.response_class = Mine
    with app.test_request_context():
        with send_file("files/a.txt") as response:
            assert type(response) is Mine
            assert response.direct_passthrough


def test_path_objects(app, tmp_path):
    class Path:
        def __fspath__(self):
            return "a.txt"

    with app.test_request_context():
        for response in (
            send_file(tmp_path / "files" / "a.txt"),
            send_from_directory(tmp_path / "files", Path()),
            send_from_directory(pathlib.Path("files"), "a.txt"),
        ):
            with response:
                response.direct_passthrough = False
                assert response.data == TEXT


def test_max_age(app):
    with app.test_request_context():

        def age(**kwargs):
            with send_file("files/a.txt", **kwargs) as response:
                control = response.cache_control
                return control.max_age, bool(control.no_cache)

        assert age() == (None, True)
        app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 60
        assert age() == (60, False)
        assert age(max_age=5) == (5, False)
        assert age(max_age=0) == (0, True)
        assert age(max_age=lambda name: 7 if name.endswith("a.txt") else 8) == (7, False)


def test_max_age_method_of_the_app(tmp_path):
    class App(Flask):
        def get_send_file_max_age(self, filename):
            return 10 if filename.endswith(".txt") else None

    (tmp_path / "a.txt").touch()
    app = App(__name__, root_path=os.fspath(tmp_path))
    with app.test_request_context(), send_file("a.txt") as response:
        assert response.cache_control.max_age == 10


def test_attachment_and_names(app):
    with app.test_request_context():
        with send_file("files/a.txt", as_attachment=True) as response:
            assert response.headers["Content-Disposition"] == "attachment; filename=a.txt"
        with send_file("files/a.txt", download_name="é.csv") as response:
            assert response.mimetype == "text/csv"
            assert "filename*=UTF-8''%C3%A9.csv" in response.headers["Content-Disposition"]


def test_files_in_memory(app):
    with app.test_request_context():
        with send_file(io.BytesIO(b"abc"), mimetype="text/x-y", etag="tag") as response:
            response.direct_passthrough = False
            assert response.data == b"abc"
            assert response.content_length == 3
            assert response.get_etag() == ("tag", False)
        with pytest.raises(ValueError):
            send_file(io.StringIO("abc"), mimetype="text/plain")
        with pytest.raises(TypeError, match="MIME type"):
            send_file(io.BytesIO(b"abc"))


def test_conditional_request(get):
    etag = get("/file").headers["ETag"]
    response = get("/file", headers={"If-None-Match": etag})
    assert response.status_code == 304
    assert response.data == b""
    assert get("/file", headers={"If-Match": '"other"'}).status_code == 412


@pytest.mark.parametrize(
    ("wanted", "status", "body"),
    [
        ("bytes=0-4", 206, TEXT[:5]),
        ("bytes=-3", 206, TEXT[-3:]),
        ("bytes=95-1000", 206, TEXT[95:]),
        ("bytes=200-", 416, None),
        ("bytes=0-1,3-4", 416, None),
        ("bytes=nonsense", 416, None),
    ],
)
def test_range_request(get, wanted, status, body):
    response = get("/file", headers={"Range": wanted})
    assert response.status_code == status
    if body is not None:
        assert response.data == body


def test_unconditional(app):
    with app.test_request_context(headers={"Range": "bytes=0-1"}):
        with send_file("files/a.txt", conditional=False, etag=False) as response:
            assert response.status_code == 200
            assert "ETag" not in response.headers


def test_sendfile_header_only_if_configured(app, get, tmp_path):
    assert "X-Sendfile" not in get("/file").headers
    app.config["USE_X_SENDFILE"] = True
    response = get("/file")
    assert response.headers["X-Sendfile"] == os.fspath(tmp_path / "files" / "a.txt")
    assert response.data == b""


@pytest.mark.parametrize(
    "name",
    [
        "missing.txt",
        "../secret.txt",
        "x/../../secret.txt",
        "..",
        ".",
        "/etc/passwd",
        "a.txt\x00",
        "n" * 5000,
    ],
)
def test_directory_refuses(app, name):
    with app.test_request_context(), pytest.raises(NotFound):
        send_from_directory("files", name)


def test_directory_answers_404(get):
    assert get("/dir/a.txt").data == TEXT
    assert get("/dir/none").status_code == 404
    assert get("/dir/%2e%2e/secret.txt").status_code == 404


def test_static_route(get):
    assert get("/files/page.html").mimetype == "text/html"
    assert get("/files/..%2fsecret.txt").status_code == 404


def test_outside_of_a_request(app):
    with app.app_context(), pytest.raises(RuntimeError, match="request context"):
        send_file("files/a.txt")
    with pytest.raises(RuntimeError):
        send_file("files/a.txt")


def test_replaced_library_function_is_used(app, monkeypatch):
    calls = []

    def fake(**kwargs):
        calls.append(kwargs)
        return "sent"

    monkeypatch.setattr("werkzeug.utils.send_file", fake)
    with app.test_request_context():
        assert send_file("p", mimetype="m") == "sent"
        environ = fastflask.request.environ
    [arguments] = calls
    assert arguments == {
        "path_or_file": "p",
        "mimetype": "m",
        "as_attachment": False,
        "download_name": None,
        "conditional": True,
        "etag": True,
        "last_modified": None,
        "max_age": app.get_send_file_max_age,
        "environ": environ,
        "use_x_sendfile": False,
        "response_class": app.response_class,
        "_root_path": app.root_path,
    }
