"""Find the interpreters of this machine that fastflask supports, one for each minor version.

    python tools/packages/pythons.py            one path a line
    PYTHONS="python3.12 /opt/py/bin/python" …    these and no others

Looked for in the folders of pyenv first, which come with headers, then in ``PATH``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

MINORS = range(10, 15)
_ASK = """\
import sys, ensurepip, platform, venv
if platform.python_implementation() != "CPython" or sys.version_info[0] != 3: sys.exit(1)
if getattr(sys, "_base_executable", sys.executable) != sys.executable: sys.exit(1)
print(sys.version_info[1], sys.executable)
"""


def _candidates() -> list[str]:
    named = os.environ.get("PYTHONS", "").split()
    if named:
        return named
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = [str(path) for path in sorted(root.glob("versions/3.*/bin/python"), reverse=True)]
    return found + [f"python3.{minor}" for minor in MINORS] + ["python3"]


def find_pythons() -> dict[str, str]:
    """Return paths by version, such as ``{"3.12": "/usr/bin/python3.12"}``, the oldest first."""
    found: dict[int, str] = {}
    for candidate in _candidates():
        if not shutil.which(candidate):
            continue
        # A shim of pyenv may stand for nothing, and an environment is no interpreter of its own.
        asked = subprocess.run([candidate, "-c", _ASK], capture_output=True, text=True)
        if asked.returncode == 0:
            minor, path = asked.stdout.strip().split(" ", 1)
            if int(minor) in MINORS:
                found.setdefault(int(minor), path)
    return {f"3.{minor}": found[minor] for minor in sorted(found)}


if __name__ == "__main__":
    print("\n".join(find_pythons().values()))
