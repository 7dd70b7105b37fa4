"""The package as it is built and installed, from a copy of the checkout and without network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GENERATED = {".c", ".so", ".pyd", ".pyc", ".o"}
BUILD_SDIST = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"

SWITCH = os.environ.get("FASTFLASK_SPEEDUPS", "").strip()
BUILT = any((ROOT / "fastflask" / f"_speedups{end}").exists() for end in EXTENSION_SUFFIXES)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (ROOT / "setup.py").exists(), reason="there is no checkout"),
    # Builds do not depend on what runs here, so the second half of `make test` leaves them out.
    pytest.mark.skipif(SWITCH == "0" and BUILT, reason="the run with the compiled module does it"),
]


def names(folder: str | Path = "fastflask") -> set[str]:
    """Python modules, type information and the extension's sources in the checkout."""
    wanted = {".py", ".pyi", ".pyx", ".pxi", ".typed"}
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.suffix in wanted or path.name == "py.typed"
    }


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution."""
    folder = tmp_path_factory.mktemp("sdist")
    ignore = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "*.so", "__pycache__")
    copy = shutil.copytree(ROOT, folder / "checkout", ignore=ignore)
    command = [sys.executable, "-W", "ignore", "-c", BUILD_SDIST, str(folder)]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    (archive,) = folder.glob("*.tar.gz")
    return archive


@pytest.fixture
def source(sdist: Path, tmp_path: Path) -> Path:
    """The unpacked source distribution, as pip has it before it builds."""
    with tarfile.open(sdist) as tar:
        tar.extractall(tmp_path, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    (folder,) = tmp_path.glob("fastflask-*")
    return folder


def build_wheel(source: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Build a wheel into ``source/wheels``, with the build requirements installed here."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-cache-dir"]
    options = ["--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir=wheels", "."]
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in {"CC", "FASTFLASK_BUILD", "FASTFLASK_SPEEDUPS"}
    }
    return subprocess.run(
        [*pip, *options],
        cwd=source,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
    )


def wheel_of(source: Path) -> set[str]:
    """Names of the files in the wheel."""
    (wheel,) = (source / "wheels").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def run_wheel(source: Path, target: Path) -> str:
    """Unpack the wheel somewhere else and ask it which implementation runs."""
    (wheel,) = (source / "wheels").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    environment = {**os.environ, "PYTHONPATH": str(target)}
    environment.pop("FASTFLASK_SPEEDUPS", None)
    result = subprocess.run(
        [sys.executable, "-m", "fastflask", "--version"],
        cwd=target,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture
def no_compiler(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment in which no program can be found by name."""
    empty = tmp_path / "empty"
    empty.mkdir()
    yield {"PATH": str(empty)}


def test_sdist_holds_every_source_and_nothing_generated(sdist: Path) -> None:
    with tarfile.open(sdist) as tar:
        held = {member.name.partition("/")[2] for member in tar if member.isfile()}

    assert names() | names("tests") | names("tools") <= held
    assert {"setup.py", "pyproject.toml", "LICENSE", "README.md", "Makefile"} <= held
    assert not {name for name in held if Path(name).suffix in GENERATED}


def test_build_without_a_compiler_gives_pure_mode(
    source: Path, tmp_path: Path, no_compiler: dict[str, str]
) -> None:
    built = build_wheel(source, **no_compiler)

    assert built.returncode == 0, built.stderr
    held = wheel_of(source)
    python = {name for name in names() if not name.endswith((".pyx", ".pxi"))}
    assert {name for name in held if ".dist-info/" not in name} == python
    assert "pure" in run_wheel(source, tmp_path / "installed")


def test_build_with_a_failing_compiler_gives_pure_mode(source: Path) -> None:
    built = build_wheel(source, CC="false")

    assert built.returncode == 0, built.stderr
    assert not {name for name in wheel_of(source) if Path(name).suffix in GENERATED}


def test_build_without_a_compiler_fails_when_the_module_is_required(
    source: Path, no_compiler: dict[str, str]
) -> None:
    built = build_wheel(source, FASTFLASK_SPEEDUPS="1", **no_compiler)

    assert built.returncode != 0
    output = built.stdout + built.stderr
    assert "FASTFLASK_SPEEDUPS=1 requires fastflask._speedups" in output
    assert "no working C compiler" in output
    assert not (source / "wheels").exists() or not list((source / "wheels").iterdir())


def test_build_with_the_switch_off_does_not_need_a_compiler(source: Path) -> None:
    built = build_wheel(source, FASTFLASK_SPEEDUPS="0", CC="false")

    assert built.returncode == 0, built.stderr
    assert [path.name.endswith("-py3-none-any.whl") for path in (source / "wheels").iterdir()]


@pytest.mark.parametrize("name", ["FASTFLASK_SPEEDUPS", "FASTFLASK_BUILD"])
def test_build_with_an_unknown_setting_is_refused(source: Path, name: str) -> None:
    built = build_wheel(source, **{name: "fast"})

    assert built.returncode != 0
    assert f"RuntimeError: {name}" in built.stdout + built.stderr


@pytest.mark.skipif(SWITCH != "1", reason="the compiled module is not required here")
def test_compiled_wheel_holds_the_module_but_no_sources_and_no_tests(
    source: Path, tmp_path: Path
) -> None:
    # Speed does not matter here, so neither does optimisation: it only takes time.
    built = build_wheel(source, FASTFLASK_SPEEDUPS="1", CFLAGS="-O0")

    assert built.returncode == 0, built.stderr
    held = wheel_of(source)
    assert [name for name in held if name.startswith("fastflask/_speedups.") and ".pyi" not in name]
    assert not {name for name in held if name.endswith((".pyx", ".pxi", ".c"))}
    assert not {name for name in held if "test_" in name or name.startswith("tests/")}
    assert {"fastflask/py.typed", "fastflask/_pure/__init__.py"} <= held
    assert "compiled" in run_wheel(source, tmp_path / "installed")
