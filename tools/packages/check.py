"""Install each artefact of dist/ in an environment of its own and test what is installed.

    make test-dist                          everything, on every Python of this machine
    make test-dist ARGS="-k session"        with options for pytest
    PYTHONS=python3.12 make test-dist       on one Python

For each Python: its binary wheel, the wheel without a compiled module, and the source distribution
with and without a C compiler. Looked at are the files in each, the implementation that runs, and
the results of the suite, which is run from a folder that has the tests and not the package.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from pythons import find_pythons

ROOT = Path(__file__).resolve().parent.parent.parent
DIST = ROOT / "dist"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
GENERATED = (".c", ".cpp", ".o", ".so", ".pyd", ".pyc")
EXTRAS = "[async,dotenv,json]"


class Wrong(Exception):
    """An artefact is not what it should be."""


@dataclass(frozen=True)
class Trial:
    """One artefact on one Python."""

    version: str
    python: str
    artefact: Path
    implementation: str
    #: What is in the environment when it is installed.
    variables: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        how = " ".join(f"{name}={value}" for name, value in self.variables)
        return f"Python {self.version}, {self.artefact.name}, {self.implementation} {how}".strip()


def trials() -> list[Trial]:
    """List what is to be tried, the source distribution last."""
    (sdist,) = DIST.glob("fastflask-*.tar.gz")
    (pure,) = DIST.glob("fastflask-*-py3-none-any.whl")
    found = []
    for version, python in find_pythons().items():
        tag = f"cp{version.replace('.', '')}"
        binary = list(DIST.glob(f"fastflask-*-{tag}-{tag}-*.whl"))
        if len(binary) != 1:
            raise Wrong(f"dist/ has {len(binary)} binary wheels for Python {version}: make dist")
        found += [
            Trial(version, python, binary[0], "compiled"),
            Trial(version, python, pure, "pure"),
            Trial(version, python, sdist, "compiled", (("FASTFLASK_SPEEDUPS", "1"),)),
            Trial(version, python, sdist, "pure", (("CC", "false"),)),
        ]
    return found


def check_contents(artefact: Path) -> None:
    """Raise if there is too much or too little in an artefact."""
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "fastflask").rglob("*")
        if path.suffix in {".py", ".pyi", ".pyx", ".pxi", ".typed"} or path.name == "py.typed"
    }
    if artefact.suffix == ".whl":
        with zipfile.ZipFile(artefact) as wheel:
            held = {name for name in wheel.namelist() if ".dist-info/" not in name}
        binaries = {
            name for name in held if re.fullmatch(r"fastflask/_speedups\..+\.(so|pyd)", name)
        }
        if len(binaries) != ("none-any" not in artefact.name):
            raise Wrong(f"{artefact.name} has {sorted(binaries)}")
        wanted = {name for name in package if not name.endswith((".pyx", ".pxi"))}
        if held - binaries != wanted:
            raise Wrong(f"{artefact.name}: {sorted((held - binaries) ^ wanted)}")
        return

    with tarfile.open(artefact) as archive:
        held = {member.name.partition("/")[2] for member in archive if member.isfile()}
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout
    lacking = (package | set(listed.splitlines())) - held - {".gitignore"}
    generated = {name for name in held if name.endswith(GENERATED)}
    if lacking or generated:
        raise Wrong(f"{artefact.name} lacks {sorted(lacking)}, has {sorted(generated)}")


def environment(trial: Trial | None = None) -> dict[str, str]:
    """Return this process's environment without what could lead to the checkout."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FASTFLASK_", "FLASK_", "PYTHON", "VIRTUAL_ENV"))
    }
    return {**kept, **dict(trial.variables if trial else ())}


def attempt(trial: Trial, folder: Path, suite: Path, options: list[str]) -> None:
    """Install one artefact, and test it."""
    python = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    subprocess.run([trial.python, "-m", "venv", "--without-pip", str(folder)], check=True)
    install = [*PIP, "--python", python, "install", "--no-cache-dir", f"{trial.artefact}{EXTRAS}"]
    subprocess.run(install, check=True, env=environment(trial), cwd=folder)

    def ask(*command: str) -> str:
        done = subprocess.run(
            [python, *command], cwd=folder, env=environment(), capture_output=True, text=True
        )
        if done.returncode or done.stderr:
            raise Wrong(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    said = ask("-m", "fastflask", "--version")
    if f"({trial.implementation}: " not in said:
        raise Wrong(f"fastflask --version: {said}")
    place = ask("-c", "import fastflask; print(fastflask.__file__)").strip()
    if not Path(place).is_relative_to(folder):
        raise Wrong(f"fastflask comes from {place}")

    # The tests are the same as those of the wheels; that it runs has just been seen.
    if trial.artefact.suffix != ".whl":
        return
    groups = [*PIP, "--python", python, "install"]
    for group in ("test", "example"):
        groups += ["--group", f"{ROOT / 'pyproject.toml'}:{group}"]
    subprocess.run(groups, check=True, env=environment(), cwd=folder)
    switch = {"FASTFLASK_SPEEDUPS": str(int(trial.implementation == "compiled"))}
    run = ["-m", "pytest", "-q", "-p", "no:cacheprovider"]
    # The benches measure a checkout, and refuse anything else.
    own = [python, *run, "--ignore-glob=*test_bench_*", *options]
    # The example says "import flask".
    example = [python, "-m", "fastflask", "exec", python, *run, "tests"]
    for where, command in ((suite, own), (suite / "examples" / "notes", example)):
        done = subprocess.run(command, cwd=where, env={**environment(), **switch})
        if done.returncode:
            raise Wrong(f"pytest, exit status {done.returncode}, in {where.relative_to(suite)}")


def main(options: list[str]) -> None:
    failed = []
    with tempfile.TemporaryDirectory(prefix="fastflask-") as name:
        suite = Path(name) / "suite"
        for part in ("docs", "examples", "tests"):
            shutil.copytree(ROOT / part, suite / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", suite)

        todo = trials()
        for artefact in dict.fromkeys(trial.artefact for trial in todo):
            check_contents(artefact)
        for number, trial in enumerate(todo):
            print(f"== {trial}", flush=True)
            try:
                attempt(trial, Path(name) / f"environment-{number}", suite, options)
            except (Wrong, subprocess.CalledProcessError) as error:
                failed.append(f"{trial}: {error}")
                print(f"FAILED: {error}", flush=True)
            shutil.rmtree(Path(name) / f"environment-{number}", ignore_errors=True)

    print("\n".join([*failed, f"{len(todo) - len(failed)} of {len(todo)} trials passed"]))
    sys.exit(bool(failed))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Wrong as error:
        sys.exit(f"check: {error}")
