"""Which files are sent, and which parts of them."""

from __future__ import annotations

import os
import random
import typing as t
from pathlib import Path
from urllib.parse import quote

import flask
import pytest
import werkzeug
from hostile import TIMES
from hostile.inputs import ENVIRON, ask

import fastflask
from fastflask import send_from_directory

TRAVERSAL = (
    *("..", "../secret.txt", "../../etc/passwd", "a/../../secret.txt", "./../secret.txt", "a/.."),
    *("....//secret.txt", "..../secret.txt", "..;/secret.txt", "../", "/..", "//etc/passwd"),
    *(
        "/etc/passwd",
        "//secret.txt",
        "///etc/passwd",
        "a//../../secret.txt",
        "~root",
        "~/secret.txt",
    ),
    *(
        "..\\secret.txt",
        "a\\..\\..\\secret.txt",
        "\\secret.txt",
        "\\\\host\\share",
        "..%5csecret.txt",
    ),
    *("%2e%2e/secret.txt", "..%2fsecret.txt", "%2e%2e%2fsecret.txt", "%252e%252e/secret.txt"),
    *(
        "..%c0%afsecret.txt",
        "%c0%ae%c0%ae/secret.txt",
        "\xc0\xae\xc0\xae/secret.txt",
        "..%00/secret.txt",
    ),
    *("ok.txt\0", "\0", "a\0/../ok.txt", "ok.txt%00.png", "../secret.txt\0.png", "ok.txt\0.png"),
    *("", ".", "./", "folder", "folder/", "folder/.", "missing", "ok.txt/", "ok.txt/.", "ok.txt/x"),
    *("a" * 300, "a/" * 3000, "\xff\xfe", "\xed\xa0\x80", "\u202e", "..\u2215secret.txt"),
    *(
        "..\uff0fsecret.txt",
        "\uff0e\uff0e/secret.txt",
        "link",
        "linked/secret.txt",
        "loop",
        "loop/x",
    ),
    *(
        "CON",
        "NUL",
        "aux.txt",
        "COM1",
        "LPT1.txt",
        "CONIN$",
        "con .txt",
        "com\xb9",
        "C:",
        "C:ok.txt",
    ),
    *("C:\\secret.txt", "C:/secret.txt", "ok.txt::$DATA", "ok.txt:stream", "ok.txt.", "ok.txt "),
    *("prn.", "NUL:", "folder/NUL", "folder/COM1.txt", ".hidden/../../secret.txt", "OK.TXT"),
)
SECRET = b"what nobody may see"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to send from, beside what may not be sent."""
    public = tmp_path / "public"
    (public / "folder").mkdir(parents=True)
    (public / "ok.txt").write_bytes(b"fine")
    (tmp_path / "secret.txt").write_bytes(SECRET)
    (public / "loop").symlink_to("loop")
    return public


def sending(module: t.Any, folder: Path) -> t.Any:
    app = module.Flask(
        "sending",
        root_path=str(folder.parent),
        static_folder=str(folder),
        static_url_path="/static",
    )

    @app.route("/files/<path:name>")
    @app.route("/files/")
    def files(name: str = "") -> t.Any:
        return module.send_from_directory(folder, name)

    return app


@pytest.mark.parametrize("prefix", ["/files/", "/static/", "/static/folder/../", "/files//"])
def test_nothing_outside_of_a_folder_is_sent(folder: Path, prefix: str) -> None:
    old, new = sending(flask, folder), sending(fastflask, folder)
    for name in TRAVERSAL:
        for text in (name, quote(name, safe="/%"), name.replace("/", "//")):
            path = prefix + text.encode("utf-8", "surrogatepass").decode("latin-1")
            for method in ("GET", "HEAD"):
                environ = {**ENVIRON, "REQUEST_METHOD": method, "PATH_INFO": path}
                expected, actual = ask(old, environ), ask(new, environ)
                assert (actual[0], actual[2]) == (expected[0], expected[2]), path
                assert actual[0][:3] in {"200", "308", "404"}, path
                assert SECRET.decode() not in actual[2]
                if actual[0][:3] == "200":
                    assert actual[2] == ("fine" if method == "GET" else "")


def test_link_is_followed_as_in_flask(folder: Path) -> None:
    """Who may make links in the folder decides what is in it."""
    (folder / "link").symlink_to("../secret.txt")
    answers = [
        ask(sending(module, folder), {**ENVIRON, "PATH_INFO": "/files/link"})
        for module in (flask, fastflask)
    ]
    assert [answer[2] for answer in answers] == [SECRET.decode()] * 2
    (folder / "out").symlink_to("..")
    for path in ("/files/out/../secret.txt", "/static/out/../secret.txt", "/files/out/"):
        app = sending(fastflask, folder)
        assert ask(app, {**ENVIRON, "PATH_INFO": path})[0] == "404 NOT FOUND"


@pytest.mark.parametrize(
    "name", ["CON", "NUL.txt", "com1", "a/LPT1", "C:x", "x::$DATA", "conin$", "..\\x"]
)
def test_names_that_windows_reserves(
    folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Werkzeug's join decides, and it is asked."""
    monkeypatch.setattr("werkzeug.security.os.name", "nt", raising=False)
    monkeypatch.setattr("werkzeug.security._os_alt_seps", ["\\"])
    for file in (folder / "CON", folder / "NUL.txt", folder / "com1", folder / "C:x"):
        file.write_bytes(b"x")
    for prefix in ("/files/", "/static/"):
        expected = ask(sending(flask, folder), {**ENVIRON, "PATH_INFO": prefix + name})
        actual = ask(sending(fastflask, folder), {**ENVIRON, "PATH_INFO": prefix + name})
        assert actual[0] == expected[0]
        if "\\" in name:
            assert actual[0] == "404 NOT FOUND"


def test_random_names_of_files(folder: Path) -> None:
    rnd = random.Random(1)
    signs = [
        "..",
        ".",
        "/",
        "\\",
        "%2e",
        "%2f",
        "\0",
        "ok.txt",
        "folder",
        "secret.txt",
        "~",
        ":",
        " ",
    ]
    app = sending(fastflask, folder)
    for _ in range(600 * TIMES):
        path = rnd.choice(("/files/", "/static/")) + "".join(rnd.choices(signs, k=rnd.randrange(8)))
        status, _, text = ask(app, {**ENVIRON, "PATH_INFO": path})
        assert status[:3] in {"200", "308", "404"}, path
        assert text == "fine" or status[:3] != "200", path


def test_overlong_name_and_unreadable_folder(folder: Path) -> None:
    app = sending(fastflask, folder)
    for name in ("a" * 256, "a" * 5_000, "b/" * 2_500, "\udcff", "x" * (1 << 20)):
        with app.test_request_context("/"):
            with pytest.raises(werkzeug.exceptions.NotFound):
                send_from_directory(folder, name)
    with app.test_request_context("/"):
        with pytest.raises(werkzeug.exceptions.NotFound):
            send_from_directory(os.devnull, "x")


RANGES = (
    *("bytes=0-0", "bytes=-1", "bytes=1-", "bytes=3-3", "bytes=0-999", "bytes= 0-1", "BYTES=0-1"),
    *(
        "bytes=-0",
        "bytes=4-",
        "bytes=2-1",
        "bytes=0-1,2-3",
        "bytes=",
        "bytes",
        "bytes=a-b",
        "x=0-1",
    ),
    *(
        "bytes=-",
        "bytes=--1",
        "bytes=+0-1",
        "bytes=0-1;",
        "bytes=0-\xb2",
        "bytes=" + "9" * 5000 + "-",
    ),
    *(
        "bytes=" + ",".join(["0-1"] * 5000),
        "bytes=0-1,",
        "bytes=0x0-1",
        "bytes=1-" + "9" * 400,
        "0-1",
    ),
)


@pytest.mark.parametrize("unit", RANGES, ids=lambda value: value[:20])
def test_odd_ranges(folder: Path, unit: str) -> None:
    for prefix in ("/files/", "/static/"):
        environ = {**ENVIRON, "PATH_INFO": prefix + "ok.txt", "HTTP_RANGE": unit}
        expected, actual = (ask(sending(module, folder), environ) for module in (flask, fastflask))
        assert (actual[0], actual[2]) == (expected[0], expected[2])
        assert actual[0][:3] in {"200", "206", "416"}
