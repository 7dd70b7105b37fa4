"""The unit tests, on each framework and on each set of services."""

from __future__ import annotations

import re

import pytest
from application import Place


@pytest.fixture(params=["fastflask", "fastflask-pure", "flask"])
def framework(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The framework; fastflask in both implementations."""
    name, _, pure = str(request.param).partition("-")
    monkeypatch.setenv("FASTFLASK_SPEEDUPS", "0" if pure else "1")
    return name


def test_unit_tests_pass(place: Place) -> None:
    place.run("flask --app notes db check")
    # They make the tables themselves.
    place.run("flask --app notes db downgrade base")
    said = place.run("python -m pytest -q -p no:cacheprovider tests")
    assert re.search(r"^\d+ passed in", said, re.MULTILINE), said
