"""An application that says ``import flask`` everywhere, on extensions that do: run unchanged.

The shop itself asserts that Flask is never imported, in each request and in each file that is
executed.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest
from environments import Environment
from serving import serving

COMMANDS = {
    "flask run": ("flask", "run", "--port", "{port}"),
    "flask run with reloader": ("flask", "--debug", "run", "--port", "{port}"),
    "gunicorn": ("gunicorn", "-w", "2", "-b", "127.0.0.1:{port}", "--no-control-socket", "app:app"),
    "gunicorn with threads": (
        *("gunicorn", "--threads", "4", "-b", "127.0.0.1:{port}"),
        *("--no-control-socket", "app:create_app()"),
    ),
    "gunicorn that preloads": (
        *("gunicorn", "-w", "2", "--preload", "-b", "127.0.0.1:{port}"),
        *("--no-control-socket", "app:app"),
    ),
}


def visit_over_http(folder: Path, url: str) -> None:
    opener = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(CookieJar()), urllib.request.ProxyHandler({})
    )

    def ask(path: str, fields: dict[str, str] | None = None) -> tuple[int, Any, str]:
        data = None if fields is None else urllib.parse.urlencode(fields).encode()
        try:
            answer = opener.open(url + path, data)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.headers, answer.read().decode()

    sys.path.insert(0, str(folder))
    try:
        from visit import visit
    finally:
        sys.path.remove(str(folder))
    visit(ask, ask)


@pytest.fixture
def open_shop(place: Environment, shop: Path) -> Path:
    """The shop with its tables, which are made before several workers come."""
    assert place.says("fastflask", "exec", "flask", "init-db", cwd=shop) == ""
    return shop


@pytest.mark.parametrize("name", COMMANDS)
def test_served(place: Environment, open_shop: Path, name: str) -> None:
    with serving(place, open_shop, *COMMANDS[name]) as server:
        assert server.get("/items/") == '{"items":[]}\n'
        visit_over_http(open_shop, server.url)
    assert "Traceback" not in server.log.read_text()


def test_workers_are_several(place: Environment, open_shop: Path) -> None:
    seen: set[str] = set()
    with serving(place, open_shop, *COMMANDS["gunicorn"]) as server:
        server.get("/items/")
        for _ in range(200):
            with urllib.request.urlopen(server.url + "/items/") as answer:
                seen.add(answer.headers["X-Checked"])
            if len(seen) == 2:
                break
    assert len(seen) == 2


def test_pytest(place: Environment, shop: Path) -> None:
    said = place.says("fastflask", "exec", "pytest", "-q", "-p", "no:cacheprovider", cwd=shop)
    assert "1 passed" in said


def test_command(place: Environment, open_shop: Path) -> None:
    assert place.says("fastflask", "exec", "flask", "count", cwd=open_shop) == "0 items"


def test_it_would_notice_flask(place: Environment, shop: Path) -> None:
    """What the shop asserts can fail: it does on Flask."""
    done = place.run("pytest", "-q", "-p", "no:cacheprovider", cwd=shop)
    assert done.returncode == 2 and "KeyError: 'fastflask'" in done.stdout
    (shop / "app.py").write_text((shop / "app.py").read_text() + "\nimport real")
    (shop / "real.py").write_text(
        "import importlib.util, os, sys\n"
        "from importlib.metadata import distribution\n"
        "file = str(distribution('flask').locate_file('flask/signals.py'))\n"
        "spec = importlib.util.spec_from_file_location('other', file)\n"
        "spec.loader.exec_module(importlib.util.module_from_spec(spec))\n"
    )
    done = place.run("fastflask", "exec", "python", "-c", "import app", cwd=shop)
    assert "AssertionError: " in done.stderr and "flask/signals.py" in done.stderr
