"""What ``import fastflask`` loads: nothing that can wait, and nothing that Flask does not load."""

import os
import subprocess
import sys

import pytest

_SHOW = "import sys; before = {*sys.modules}; import %s; print(*{*sys.modules} - before)"


def loaded_by(module: str, speedups: str = "0") -> set[str]:
    """Return the modules that an import loads into a new interpreter."""
    command = [sys.executable, "-c", _SHOW % module]
    environment = {**os.environ, "FASTFLASK_SPEEDUPS": speedups}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("speedups", ["", "0"], ids=["compiled", "pure"])
def test_import_loads_only_what_flask_loads(speedups):
    loaded = loaded_by("fastflask", speedups)
    others = {
        name
        for name in loaded
        if name.partition(".")[0] != "fastflask" and not name.startswith(("_cython_", "cython_"))
    }
    assert others <= loaded_by("flask")


@pytest.mark.parametrize(
    "name",
    ["asgiref", "asyncio", "click", "decimal", "flask", "orjson", "werkzeug.debug"],
)
def test_import_leaves_for_later(name):
    loaded = loaded_by("fastflask", "")
    assert name not in loaded
    assert not {"fastflask.cli", "fastflask.testing", "fastflask._async"} & loaded
