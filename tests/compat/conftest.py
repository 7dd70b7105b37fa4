"""Fixtures for the tests of Flask's behaviour."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import failing
import pytest

from fastflask import Flask, _classic
from fastflask.ctx import AppContext, RequestContext
from fastflask.testing import FlaskClient, FlaskCliRunner


@pytest.fixture(autouse=True)
def nothing_has_warned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Classic names warn once in a process; here, once in each test."""
    monkeypatch.setattr(_classic, "_warned", set())


@pytest.fixture
def quiet() -> Iterator[None]:
    """For tests of what is done, where others have tested that it warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture
def app() -> Flask:
    """An application with a key, in testing mode, rooted beside the tests."""
    app = Flask("compat_app", root_path=str(Path(__file__).parent))
    app.config.update(TESTING=True, SECRET_KEY="a key for tests")
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


@pytest.fixture
def app_ctx(app: Flask) -> Iterator[AppContext]:
    with app.app_context() as context:
        yield context


@pytest.fixture
def req_ctx(app: Flask) -> Iterator[RequestContext]:
    with app.test_request_context() as context:
        yield context


@pytest.fixture
def records() -> Iterator[list[logging.LogRecord]]:
    """What the applications of ``failing`` log as errors."""

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            collected.append(record)

    collected: list[logging.LogRecord] = []
    handler = Collector(logging.ERROR)
    logger = logging.getLogger(failing.__name__)
    logger.addHandler(handler)
    yield collected
    logger.removeHandler(handler)
