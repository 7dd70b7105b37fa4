"""An application written for Flask 0.12 and one for Flask 3.1, both as they are, under ``exec``.

The first uses every classic name; what they are is taken from the framework, so that a name that
is added there has to be used here and told of in the documentation.
"""

from __future__ import annotations

import json
import re
import shutil
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
from environments import NEEDED, Environment, make_environment
from serving import serving

from fastflask import _classic_config, _classic_names
from fastflask._classic import Classic
from fastflask._classic_app import ClassicApp, ClassicBlueprint, ClassicJSON
from fastflask._classic_ctx import ClassicRequestContext
from fastflask._classic_hooks import ClassicHooks

APPLICATIONS = Path(__file__).parent / "applications"
TABLE = Path(__file__).parents[2] / "docs" / "migrating-names.md"
#: Members of the classes that are no names for applications, and one that is not warned of.
INTERNAL = {"_open_session_by_hooks", "_save_session_by_hooks", "_begin_request", "has_request"}
#: Arguments that have other names today.
ARGUMENTS = {
    "send_file": ("add_etags", "attachment_filename", "cache_timeout", "filename_or_fp"),
    "send_from_directory": ("add_etags", "attachment_filename", "cache_timeout", "filename"),
}


def members(cls: type, owner: str) -> set[str]:
    assert Classic in cls.__bases__
    return {f"{owner}.{name}" for name in vars(cls) if name[:2] != "__" and name not in INTERNAL}


def classic_names() -> set[str]:
    """All classic names, as their warnings call them."""
    names = {
        ".".join(filter(None, ("fastflask", module, name)))
        for module, found in _classic_names.NAMES.items()
        for name in found
    }
    names |= members(ClassicApp, "Flask") | members(ClassicHooks, "Flask")
    names |= members(ClassicJSON, "Flask") | members(ClassicJSON, "Blueprint")
    names |= members(ClassicBlueprint, "Blueprint")
    names |= members(ClassicRequestContext, "RequestContext")
    names |= {f"app.config[{key!r}]" for key in _classic_config._KEYS}
    names |= {f"{f}({name}=…)" for f, found in ARGUMENTS.items() for name in found}
    return names | {"Config.from_json", "fastflask.scaffold"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with Flask and what it needs for coroutines."""
    made = make_environment(tmp_path_factory.mktemp("place"), *NEEDED, "flask", "asgiref")
    made.add_script("flask", "flask.cli", "main")
    return made


def copy_of(name: str, folder: Path) -> Path:
    return Path(shutil.copytree(APPLICATIONS / name, folder / name))


def test_application_of_012_passes_its_tests(place: Environment, tmp_path: Path) -> None:
    folder = copy_of("guestbook", tmp_path)
    command = ("fastflask", "exec", "python", "-m", "unittest", "tests")
    done = place.run(*command, cwd=folder, PYTHONWARNINGS="always::DeprecationWarning")
    assert done.returncode == 0 and done.stderr.endswith("\nOK\n"), done.stderr

    # Each of the names was used, and warned once.
    warned = re.findall(r"DeprecationWarning: (['\"])(.*?)\1 is a name of", done.stderr)
    assert sorted(name for _, name in warned) == sorted(classic_names())


def test_application_of_012_is_served(place: Environment, tmp_path: Path) -> None:
    folder = copy_of("guestbook", tmp_path)
    opener = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(CookieJar()), urllib.request.ProxyHandler({})
    )

    with serving(place, folder, "flask", "--app", "guestbook", "run", "--port", "{port}") as server:
        assert "nobody&#39;s &lt;book&gt;" in server.get("/")

        def ask(path: str, data: bytes | None = None, kind: str = "") -> tuple[int, str]:
            headers = {"Content-Type": kind} if kind else {}
            try:
                answer = opener.open(urllib.request.Request(server.url + path, data, headers))
            except urllib.error.HTTPError as error:
                answer = error
            with answer:
                return answer.status, answer.read().decode()

        fields = urllib.parse.urlencode({"text": "Grüße", "guest": "<Ada>"}).encode()
        status, page = ask("/sign", fields)
        assert status == 200 and "<i>Thank you, &lt;Ada&gt;</i>" in page
        assert "<p>Grüße, <b>&lt;Ada&gt;</b></p>" in page
        more = b'[{"text": "Hi", "guest": "Bob"}]'
        assert ask("/entries.json", more, "application/json") == (200, '{"imported":2}\n')
        status, text = ask("/entries.json")
        assert text.startswith('{"entries":[{"guest":"<Ada>","text":"Grüße"},{"guest":"Bob"')
        assert ask("/admin/guests") == (200, '{"guests":["<Ada>","Bob"]}\n')
        assert ask("/admin/echo", b'{"b": 1, "a": 2}', "application/json")[1] == '{"a":2,"b":1}\n'
        assert json.loads(ask("/admin/about")[1]) == {
            "address": True,
            "client": "127.0.0.1",
            "endpoint": "admin.about",
            "env": "production",
            "guest": "<Ada>",
            "sessions": ["save", "open"],
            "triggered": True,
        }
        assert json.loads(ask("/reports/behind")[1]) == {
            "endpoint": "behind",
            "guest": "<Ada>",
            "path": "/reports/behind",
            "rule": "/reports/behind",
            "running": "report",
            "same_app": True,
        }
        assert ask("/reports/script")[1] == (
            '<script>var data = {"tag": "\\u003c/script\\u003e"};</script>'
        )
        assert ask("/divide") == (500, "nothing is divided by zero")
        assert ask("/files/logo.txt") == ask("/logo") == (200, "a flower\n")
        assert ask("/files/size/logo.txt") == (200, "9")
        assert ask("/files/size/..%2f__init__.py")[0] == ask("/files/nothing")[0] == 404
        assert json.loads(ask("/started")[1]) == {
            "started": ["administration", "application"],
            "got_first_request": True,
        }

    log = server.log.read_text()
    assert "Traceback" not in log and "DeprecationWarning" not in log
    said = place.says(
        *("fastflask", "exec", "flask", "--app", "guestbook", "guests"),
        cwd=folder,
        PYTHONWARNINGS="ignore",
    )
    assert said == "2 guests"


def test_application_of_31_answers_as_on_flask(place: Environment, tmp_path: Path) -> None:
    folder = copy_of("library", tmp_path)
    variables = {"LIBRARY_FROM_ENVIRONMENT": '{"a": [1]}'}
    on_flask = json.loads(place.says("python", "visit.py", cwd=folder, **variables))
    strict = ("fastflask", "exec", "python", "-W", "error", "visit.py")
    on_ours = json.loads(place.says(*strict, cwd=folder, **variables))
    assert (on_flask[0], on_ours[0]) == ("flask", "fastflask")

    for theirs, ours in zip(on_flask[1:], on_ours[1:], strict=True):
        assert ours == theirs

    # It is not that nothing was answered.
    answers = [found for found in on_flask if isinstance(found, list) and len(found) == 4]
    statuses = {status[:3] for status, *_ in answers}
    assert {"200", "201", "203", "204", "303", "400", "402", "404", "413", "422"} <= statuses


def test_application_of_31_is_served(place: Environment, tmp_path: Path) -> None:
    folder = copy_of("library", tmp_path)
    command = ("flask", "--app", "library", "run", "--port", "{port}")

    with serving(place, folder, *command) as server:
        assert server.get("/api/books/2") == '{"book":{"id":2,"title":"Momo"}}\n'
        assert server.get("/slowly") == '["a for /slowly","b for /slowly"]\n'
        assert server.get("/stream").startswith("/stream\n")

    said = place.says(
        "fastflask", "exec", "flask", "--app", "library", "books", "titles", cwd=folder
    )
    assert said == "Emma\nMomo"


def test_every_name_is_in_the_table() -> None:
    table = TABLE.read_text()

    for name in classic_names():
        told = re.sub(r"^fastflask\b", "flask", name).replace("=…)", ")")
        assert f"`{told}`" in table, told
