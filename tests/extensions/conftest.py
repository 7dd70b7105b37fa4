"""These need the distributions of the group ``extensions``; ``make test-extensions`` has them."""

from __future__ import annotations

import os
import shutil
from importlib import metadata
from pathlib import Path

import pytest
from environments import Environment, make_environment, with_requirements

# The application under test, which runs its own tests.
collect_ignore = ["shop"]

NEEDED = (
    "flask-login",
    "flask-sqlalchemy",
    "flask-wtf",
    "gunicorn",
    "opentelemetry-instrumentation-flask",
    "opentelemetry-sdk",
    "sentry-sdk",
)


def missing() -> list[str]:
    found = {(d.metadata["Name"] or "").lower() for d in metadata.distributions()}
    return [name for name in NEEDED if name not in found]


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with Flask, the extensions, and fastflask."""
    if missing() and os.environ.get("FASTFLASK_TEST_EXTENSIONS") != "1":
        pytest.skip(f"not installed: {', '.join(missing())}; see make test-extensions")

    made = make_environment(
        tmp_path_factory.mktemp("place"),
        *with_requirements(*NEEDED, *with_requirements("pytest"), "flask"),
    )
    made.add_script("flask", "flask.cli", "main")
    made.add_script("gunicorn", "gunicorn.app.wsgiapp", "run")
    made.add_script("pytest", "pytest", "main")
    return made


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with the shop in it, closed as yet."""
    return Path(shutil.copytree(Path(__file__).parent / "shop", tmp_path / "shop"))
