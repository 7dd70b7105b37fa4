"""Sessions with the names of the make targets, for those who know nox better, or have no make.

``nox -l`` lists them, ``nox -s tests-3.12`` runs one. The environments are nox's own.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import nox

nox.options.default_venv_backend = "venv"
nox.options.sessions = ["lint", "types", "docs", "test"]
PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14", "3.15"]
EXTRAS = ".[async,dotenv,json]"


def prepare(session: nox.Session, *groups: str, speedups: str = "1") -> None:
    """Install dependency groups, and the package in place."""
    session.install("pip>=25.1")
    for group in ("build", *groups):
        session.install("--group", group)
    environment = {"FASTFLASK_SPEEDUPS": "0"}
    session.install("--no-build-isolation", "--editable", EXTRAS, env=environment)
    if speedups == "1":
        build = ["setup.py", "-q", "build_ext", "--inplace"]
        session.run("python", *build, env={"FASTFLASK_SPEEDUPS": "1"})


def suite(session: nox.Session, speedups: str) -> None:
    """Run the tests, and those of the example."""
    environment = {"FASTFLASK_SPEEDUPS": speedups}
    session.run("python", "-m", "pytest", *session.posargs, env=environment)
    with session.chdir("examples/notes"):
        example = ["python", "-m", "pytest", "-q", "tests"]
        session.run("fastflask", "exec", *example, env=environment)


@nox.session(python=PYTHONS)
def test(session: nox.Session) -> None:
    """All tests on both implementations."""
    prepare(session, "test", "example")
    suite(session, "1")
    suite(session, "0")


@nox.session(name="test-compiled")
def test_compiled(session: nox.Session) -> None:
    """All tests on the compiled implementation."""
    prepare(session, "test", "example")
    suite(session, "1")


@nox.session(name="test-pure")
def test_pure(session: nox.Session) -> None:
    """All tests on the pure implementation."""
    prepare(session, "test", "example", speedups="0")
    suite(session, "0")


@nox.session(name="tests-min", python="3.10")
def tests_min(session: nox.Session) -> None:
    """All tests with the lowest versions that are allowed."""
    lowest = Path(session.create_tmp(), "lowest.txt").resolve()
    said = session.run("python", "tools/packages/lowest.py", silent=True)
    lowest.write_text(str(said), encoding="utf-8")
    session.env["PIP_CONSTRAINT"] = str(lowest)
    prepare(session, "test", "example")
    suite(session, "1")
    suite(session, "0")


@nox.session
def conformance(session: nox.Session) -> None:
    """Flask's own tests."""
    prepare(session, "test")
    session.run("python", "tools/conformance/run.py", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style."""
    session.install("pip>=25.1")
    session.install("--group", "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    sources = [str(path) for path in sorted(Path("fastflask/_cython").glob("*.pxi"))]
    session.run("cython-lint", "fastflask/_speedups.pyx", *sources)
    session.run("python", "tools/mutants/run.py", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Types, also as an application sees them."""
    prepare(session, "types")
    session.run("python", "tools/check_types.py", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The pages of docs/, into build/docs."""
    prepare(session, "docs", speedups="0")
    command = ["sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs", "build/docs"]
    session.run("python", "-m", *command, env={"FASTFLASK_SPEEDUPS": "0"})


@nox.session(venv_backend="none")
def dist(session: nox.Session) -> None:
    """Packages for every Python of this machine, installed elsewhere and tested."""
    if not shutil.which("make"):
        session.error("this needs make")
    session.run("make", "dist", "test-dist", external=True)
