"""Run the tests of a Flask release on fastflask, compiled and pure, and count the outcomes.

    python tools/conformance/run.py
    python tools/conformance/run.py --mode pure -- tests/test_basic.py -k cookie
    python tools/conformance/run.py --newest

The release is the one that fastflask follows, or with ``--newest`` the last one, to see what a
later release of Flask will ask for.

Needs the test group of pyproject.toml, and the network the first time. Exit status: 0 if every
failure is listed in allowed_failures.json, 1 if one is not, 2 if the tests could not be run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VERSION = "3.1.3"
SHA256 = "0ef0e52b8a9cd932855379197dd8f94047b359ca0a78695144304cb45f87c9eb"
TOTAL = 490
SWITCH = {"compiled": "1", "pure": "0"}
OUTCOMES = ("passed", "failed", "error", "skipped")
MINUTES = 10


class CannotRun(Exception):
    """There is no result, good or bad."""


def download(folder: Path, requirement: str) -> Path:
    """Have pip put a source archive of Flask into *folder*."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "-qq"]
    only_source = ["--no-deps", "--no-binary=:all:", f"--dest={folder}", requirement]
    # The archive is what counts: pip goes on to read its metadata, for which it needs more.
    status = subprocess.run([*pip, *only_source], cwd=ROOT).returncode
    archives = list(folder.glob("flask-*.tar.gz"))
    if len(archives) != 1:
        raise CannotRun(f"pip could not download {requirement} (status {status})")
    return archives[0]


def fetch(cache: Path) -> Path:
    """Return the source archive of the release that is followed; downloaded once."""
    archive = cache / f"flask-{VERSION}.tar.gz"

    if not archive.exists():
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            download(Path(folder), f"flask=={VERSION}").replace(archive)

    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        raise CannotRun(f"{archive} is not the released archive; remove it and try again")
    return archive


def unpack(archive: Path, folder: Path) -> Path:
    """Lay out the tests and their settings in *folder*, without Flask's own sources."""
    with tarfile.open(archive) as tar:
        for member in tar:
            top, _, path = member.name.partition("/")
            if member.isfile() and (path == "pyproject.toml" or path.startswith("tests/")):
                source = tar.extractfile(member)
                assert source is not None
                target = folder.joinpath(path)
                if ".." in target.parts:
                    raise CannotRun(f"suspicious path in the archive: {member.name}")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(source.read())
    return folder


def run(mode: str, suite: Path, pytest_args: list[str]) -> dict:
    """Run the tests once and return what the plug-in has written down."""
    results = suite / f"results-{mode}.json"
    environment = {
        **os.environ,
        "FASTFLASK_SPEEDUPS": SWITCH[mode],
        "FASTFLASK_CONFORMANCE_RESULTS": str(results),
        "PYTHONPATH": os.pathsep.join((str(HERE), str(ROOT))),
        # The caller's plug-ins and options must not decide the outcome.
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": "",
    }
    options = ["-p", "flask_alias", "-p", "no:cacheprovider", "-q", "--tb=short", "--no-header"]
    hang = ["-o", "faulthandler_timeout=60"]
    command = [sys.executable, "-m", "pytest", *options, *hang, *(pytest_args or ["tests"])]

    try:
        status = subprocess.run(
            command, cwd=suite, env=environment, timeout=MINUTES * 60
        ).returncode
    except subprocess.TimeoutExpired:
        raise CannotRun(f"{mode}: not finished after {MINUTES} minutes") from None

    if not results.exists():
        raise CannotRun(f"{mode}: pytest ended without a result (status {status})")
    found = json.loads(results.read_text("utf-8"))
    if not found["finished"]:
        raise CannotRun(f"{mode}: died (status {status}) in or after {found['running']}")
    if found["implementation"] != mode:
        raise CannotRun(f"{mode}: the tests ran on the {found['implementation']} implementation")
    return found


def judge(found: dict, allowed: dict[str, str], complete: bool) -> list[str]:
    """Say what is wrong with the results."""
    outcomes: dict[str, str] = found["outcomes"]
    bad = [
        f"{outcome}: {name}"
        for name, outcome in outcomes.items()
        if outcome in {"failed", "error"} and name not in allowed
    ]
    if complete and len(outcomes) != TOTAL:
        bad.append(f"{len(outcomes)} tests were collected, expected {TOTAL}")
    return bad


def table(version: str, rows: dict[str, dict], allowed: dict[str, str]) -> str:
    lines = [f"{'Flask ' + version:<14}" + "".join(f"{name:>9}" for name in (*OUTCOMES, "total"))]
    for mode, found in rows.items():
        count = Counter(found["outcomes"].values())
        numbers = [*(count[name] for name in OUTCOMES), count.total()]
        lines.append(f"{mode:<14}" + "".join(f"{number:>9}" for number in numbers))
    expected = {name for found in rows.values() for name in found["outcomes"] if name in allowed}
    lines += [f"allowed to fail: {name} ({allowed[name]})" for name in sorted(expected)]
    return "\n".join(lines)


def modes_here() -> list[str]:
    """Both, unless the environment asks for pure mode or there is no compiled module."""
    switch = os.environ.get("FASTFLASK_SPEEDUPS", "")
    built = any((ROOT / "fastflask" / f"_speedups{end}").exists() for end in EXTENSION_SUFFIXES)
    if switch == "0" or (switch != "1" and not built):
        print("no compiled module, or FASTFLASK_SPEEDUPS=0: pure mode only")
        return ["pure"]
    return ["compiled", "pure"]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mode", action="append", choices=SWITCH, help="default: both")
    parser.add_argument("--newest", action="store_true", help="the tests of the last release")
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache", help="for the download")
    parser.add_argument("pytest_args", nargs="*", metavar="-- ARGUMENT", help="to select tests")
    options = parser.parse_args()
    allowed = json.loads((HERE / "allowed_failures.json").read_text("utf-8"))
    rows: dict[str, dict] = {}
    problems: list[str] = []

    try:
        options.cache.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as newest:
            if options.newest:
                archive = download(Path(newest), "flask")
            else:
                archive = fetch(options.cache.resolve())
            version = archive.name.removeprefix("flask-").removesuffix(".tar.gz")
            for mode in options.mode or modes_here():
                print(f"== Flask {version}'s tests, {mode}", flush=True)
                with tempfile.TemporaryDirectory() as folder:
                    found = run(mode, unpack(archive, Path(folder)), options.pytest_args)
                rows[mode] = found
                complete = version == VERSION and not options.pytest_args
                problems += [f"{mode}: {text}" for text in judge(found, allowed, complete)]
    except CannotRun as error:
        print(error, file=sys.stderr)
        return 2

    print(table(version, rows, allowed))
    print("\n".join(problems) or "no failure that is not allowed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
