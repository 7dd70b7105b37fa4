"""What the end-to-end tests need of the machine, and a clear word about what is missing.

    python needed.py

Exit status: 0 if all is there.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

#: Program, and the package of Debian that has it.
PROGRAMS = {
    "chromium": "chromium",
    "chromedriver": "chromium-driver",
    "initdb": "postgresql",
    "postgres": "postgresql",
    "redis-server": "redis-server",
    "nginx": "nginx-light",
}


def find(program: str) -> str | None:
    """The path of a program. Debian keeps those of PostgreSQL out of ``PATH``."""
    newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True)
    return (
        shutil.which(program)
        or shutil.which(program, path="/usr/sbin")
        or next((str(path) for path in newest), None)
    )


def main() -> int:
    """Say what is missing."""
    missing = [program for program in PROGRAMS if not find(program)]
    if missing:
        packages = sorted({PROGRAMS[program] for program in missing})
        print(
            f"The end-to-end tests need {', '.join(missing)}.\n"
            f"On Debian: apt-get update && apt-get install -y {' '.join(packages)}",
            file=sys.stderr,
        )
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main())
