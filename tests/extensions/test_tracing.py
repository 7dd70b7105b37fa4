"""Tracing and error tools record on fastflask what they record on Flask."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from environments import Environment


@pytest.fixture
def traced(tmp_path: Path) -> Path:
    return Path(shutil.copytree(Path(__file__).parent / "traced", tmp_path / "traced"))


def record(place: Environment, folder: Path, prefix: list[str], *script: str) -> list[Any]:
    done = place.run(*prefix, "python", *script, cwd=folder)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout.splitlines()[-1]))


def both(place: Environment, folder: Path, *script: str) -> tuple[list[Any], list[Any]]:
    """Run a script on Flask and on fastflask, and return what each printed but its name."""
    on_flask = record(place, folder, [], *script)
    on_ours = record(place, folder, ["fastflask", "exec"], *script)
    assert (on_flask[0], on_ours[0]) == ("flask", "fastflask")
    return on_flask[1:], on_ours[1:]


def assert_equal_lists(ours: list[Any], theirs: list[Any]) -> None:
    for one, other in zip(ours, theirs, strict=False):
        assert one == other
    assert len(ours) == len(theirs)


@pytest.mark.parametrize("style", ["endpoint", "url"])
def test_sentry(place: Environment, traced: Path, style: str) -> None:
    flask, ours = both(place, traced, "with_sentry.py", style)
    answers, recorded, integrations = flask
    assert_equal_lists(ours[0], answers)
    assert_equal_lists(ours[1], recorded)
    assert ours[2] == integrations and "flask" in integrations

    # It is not that nothing was recorded.
    events = [event for kind, event in recorded if kind == "event"]
    errors = [event["exception"]["values"] for event in events if "exception" in event]
    raised = [error["type"] for values in errors for error in values]
    assert {"Broken", "KeyError", "TypeError"} <= set(raised) and "Handled" not in raised
    names = [event["transaction"] for kind, event in recorded if kind == "transaction"]
    # Sentry does not trace HEAD and OPTIONS.
    assert len(names) == len(answers) - 2
    assert ("item" if style == "endpoint" else "/items/<int:id>") in names


@pytest.mark.parametrize("conventions", ["old", "new"])
@pytest.mark.parametrize("way", ["class", "application"])
def test_opentelemetry(place: Environment, traced: Path, way: str, conventions: str) -> None:
    flask, ours = both(place, traced, "with_opentelemetry.py", way, conventions)
    answers, spans, metrics = flask
    assert_equal_lists(ours[0], answers)
    assert_equal_lists(ours[1], spans)
    assert_equal_lists(ours[2], metrics)

    served = [span for span in spans if span["kind"] == "SERVER"]
    # One request is excluded, and one may fail before the tool's own function is called.
    assert len(served) == len(answers) - (1 if way == "class" else 2)
    assert {"GET /items/<int:id>", "GET /error"} <= {span["name"] for span in served}
    assert [span for span in served if span["parent"] == f"{'1' * 32} {'2' * 16}"]
    assert [span for span in served if span["status"][0] == "ERROR"]
    assert [span for span in spans if span["name"] == "inner"] and metrics
