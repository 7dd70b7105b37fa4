"""Time that grows with hostile input; ``reliability/growth.py`` at a small size."""

from __future__ import annotations

from processes import run_module


def test_time_grows_with_long_paths_as_it_has_to() -> None:
    said = run_module("reliability.growth", "--doublings", "3", "--only", "path: many")
    assert "1000 sibling patterns" in said
