"""Fixtures. Each test runs on fastflask and on Flask, on the embedded services and on real ones."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from redis import Redis

sys.path.insert(0, str(Path(__file__).resolve().parent))

import needed
from application import Place
from browser import Browser
from services import new_database, postgresql, redis

FRAMEWORKS = ("fastflask", "flask")


def pytest_sessionstart(session: pytest.Session) -> None:
    if needed.main():
        pytest.exit("programs are missing", 1)
    # What was started is to be stopped, also when we are asked to end.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def real_services() -> Iterator[dict[str, str]]:
    """PostgreSQL and Redis, as the variables that lead to them."""
    with postgresql() as server, redis() as store:
        yield {"DATABASE_URL": server.url, "REDIS_URL": store.url}


@pytest.fixture(scope="session")
def migrated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], Place]:
    """Make a place with empty tables, by the migrations, and the same one for the next test."""

    @cache
    def make(framework: str, kind: str) -> Place:
        made = Place(framework, tmp_path_factory.mktemp(f"{framework}-{kind}"))
        if kind == "services":
            services = request.getfixturevalue("real_services")
            url = new_database(services["DATABASE_URL"], framework)
            made.services = {**services, "DATABASE_URL": url}
        made.run("flask --app notes db upgrade")
        return made

    return make


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures of the pages go, to be looked at."""
    folder = Path(__file__).resolve().parents[3] / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest) -> str:
    """The framework that the test is about."""
    return str(request.param)


@pytest.fixture(params=["embedded", "services"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which services."""
    return str(request.param)


@pytest.fixture
def place(
    migrated: Callable[[str, str], Place], framework: str, kind: str, tmp_path: Path
) -> Place:
    """The framework and services of the test, with empty tables."""
    like = migrated(framework, kind)
    made = Place(framework, tmp_path, dict(like.services))
    if kind == "embedded":
        shutil.copytree(like.folder, tmp_path, dirs_exist_ok=True)
    else:
        url = new_database(like.services["DATABASE_URL"], "test", framework)
        made.services["DATABASE_URL"] = url
        with Redis.from_url(made.services["REDIS_URL"]) as store:
            store.flushdb()
    return made


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A desktop window with nothing in it."""
    with Browser.opened() as opened:
        yield opened


@pytest.fixture
def phone() -> Iterator[Browser]:
    """A window of a phone's size."""
    with Browser.opened(width=390, height=844, mobile=True) as opened:
        yield opened
