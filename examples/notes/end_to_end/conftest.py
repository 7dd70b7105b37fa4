"""Fixtures. Each test runs on fastflask and on Flask, on the embedded services and on real ones."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import needed
from application import Place
from browser import Browser
from services import postgresql, redis

FRAMEWORKS = ("fastflask", "flask")


def pytest_sessionstart(session: pytest.Session) -> None:
    if needed.main():
        pytest.exit("programs are missing", 1)
    # What was started is to be stopped, also when we are asked to end.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def real_services() -> Iterator[dict[str, str]]:
    """PostgreSQL and Redis, as the variables that lead to them."""
    with postgresql() as database, redis() as store:
        yield {"DATABASE_URL": database.url, "REDIS_URL": store.url}


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
    request: pytest.FixtureRequest, framework: str, kind: str, tmp_path: Path
) -> Iterator[Place]:
    """The framework and services of the test, with empty tables."""
    services = request.getfixturevalue("real_services") if kind == "services" else {}
    made = Place(framework, tmp_path, services)
    made.run("flask --app notes db upgrade")
    yield made
    if services:
        made.run("flask --app notes db downgrade base")


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
