"""Print the lowest versions that pyproject.toml allows, as constraints for pip.

python tools/packages/lowest.py > lowest.txt && pip install -c lowest.txt ".[async,dotenv,json]"
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent.parent / "pyproject.toml"
BOUND = re.compile(r"^([\w.-]+)>=([\w.]+)")


def lowest(text: str) -> dict[str, str]:
    """Return name to version, for what an installation needs, with each of its extras.

    :param text: the content of pyproject.toml. It is searched for lists of requirements, as
        Python 3.10 cannot read TOML.
    """
    parts = re.findall(r"^dependencies = \[(.*?)^\]", text, re.M | re.S)
    parts += re.findall(r"^\[project.optional-dependencies\]\n(.*?)^\[", text, re.M | re.S)
    assert len(parts) == 2, "pyproject.toml looks different from what was expected"

    found = {}
    for requirement in re.findall(r'"([^"]+)"', "".join(parts)):
        bound = BOUND.match(requirement)
        if bound is None:
            sys.exit(f"{requirement!r} has no lower bound")
        found[bound[1]] = bound[2]
    return found


if __name__ == "__main__":
    for name, version in lowest(PYPROJECT.read_text(encoding="utf-8")).items():
        print(f"{name}=={version}")
