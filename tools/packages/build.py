"""Make what a release consists of, in dist/: ``make dist``.

One source distribution; from it, as everybody would, a binary wheel for each Python of this
machine (or those in PYTHONS), with the compiled module required, and one wheel without it,
``py3-none-any``.
Wheels for other systems are made by cibuildwheel, see pyproject.toml.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pythons import find_pythons

ROOT = Path(__file__).resolve().parent.parent.parent
DIST = ROOT / "dist"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
BUILD_SDIST = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"


def run(*command: str, cwd: Path = ROOT, **variables: str) -> None:
    """Run a command with neither of the package's variables but those given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FASTFLASK_")}
    subprocess.run(command, cwd=cwd, env={**kept, **variables}, check=True)


def build_sdist(folder: Path) -> Path:
    """Make the source distribution from the files that are under version control."""
    checkout = folder / "checkout"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    # What lies around in a working tree, and an old list of files, must not get in.
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            target = checkout / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
            target.chmod((ROOT / name).stat().st_mode)
    command = [sys.executable, "-W", "ignore", "-c", BUILD_SDIST, str(DIST)]
    made = subprocess.run(command, cwd=checkout, capture_output=True, text=True)
    if made.returncode:
        sys.exit(made.stdout + made.stderr)
    (sdist,) = DIST.glob("fastflask-*.tar.gz")
    return sdist


def build_wheel(python: str, source: Path, speedups: str) -> None:
    """Make a wheel with this interpreter, with the build requirements that pip gets for it."""
    with tempfile.TemporaryDirectory() as name:
        environment = Path(name)
        run(python, "-m", "venv", "--without-pip", name)
        inside = str(environment / ("Scripts" if os.name == "nt" else "bin") / "python")
        options = ["wheel", "--no-deps", "--no-cache-dir", "--wheel-dir", str(DIST), str(source)]
        run(*PIP, "--python", inside, *options, FASTFLASK_SPEEDUPS=speedups)


def main() -> None:
    DIST.mkdir(exist_ok=True)
    for old in DIST.glob("fastflask-*"):
        old.unlink()

    with tempfile.TemporaryDirectory() as name:
        sdist = build_sdist(Path(name))
    print(f"== {sdist.name}", flush=True)

    pythons = find_pythons()
    for version, python in pythons.items():
        before = set(DIST.iterdir())
        build_wheel(python, sdist, "1")
        (made,) = set(DIST.iterdir()) - before
        print(f"== {made.name}, with Python {version}", flush=True)

    build_wheel(list(pythons.values())[-1], sdist, "0")
    (pure,) = DIST.glob("*-py3-none-any.whl")
    print(f"== {pure.name}", flush=True)


if __name__ == "__main__":
    main()
