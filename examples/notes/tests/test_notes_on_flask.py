"""The application is an ordinary Flask application: with another import it runs on Flask."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve()
_IMPORT = re.compile(r"^from fastflask import\b", re.MULTILINE)


def _copy_for_flask(target: Path) -> None:
    """Copy application and tests; the import is all that changes."""
    leave = shutil.ignore_patterns("__pycache__", "instance", _HERE.name)
    for name in ("notes", "tests"):
        shutil.copytree(_HERE.parents[1] / name, target / name, ignore=leave)
    for path in target.rglob("*.py"):
        text = _IMPORT.sub("from flask import", path.read_text("utf-8"))
        assert not re.search(r"^\s*(from|import) fastflask\b", text, re.MULTILINE), path
        path.write_text(text, "utf-8")


def test_tests_pass_on_flask_with_only_the_import_changed(tmp_path: Path) -> None:
    if find_spec("flask") is None:
        pytest.skip("Flask is not installed here; this test compares with it")
    _copy_for_flask(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    environ = {
        **os.environ,
        "NOTES_TEST_FRAMEWORK": "flask",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": "",
    }
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"^\d+ passed in", result.stdout, re.MULTILINE), result.stdout
