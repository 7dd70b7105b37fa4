"""Break fastflask on purpose, one small defect at a time, and see whether the tests notice.

    python tools/mutants/run.py [-k WORDS] [--jobs 2]
    python tools/mutants/run.py --check

``defects`` lists the defects. Each is applied in a temporary copy, for the line of
``tests/fidelity.md`` that it breaks, and the tests that stand for this line have to fail. Where a
line lives in both implementations, so does the defect, and both have to be noticed.

The extension is built once: it gets all its defects, each behind a switch that
``FASTFLASK_DEFECT`` in the environment turns on.
"""

from __future__ import annotations

import argparse
import os
import queue
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from defects import DEFECTS, Defect, Edit

ROOT = Path(__file__).resolve().parent.parent.parent
COPIED = ("fastflask", "tests", "examples", "docs", "pyproject.toml", "setup.py", "README.md")
SWITCH = "FASTFLASK_DEFECT"
MODES = {"compiled": "1", "pure": "0"}
#: A test that hangs has noticed something, too.
TIMEOUT = 300
#: Share of the defects that have to be noticed; those of security all.
LEAST = 0.95


class Failed(Exception):
    """A defect or its tests are not as they should be."""


class Copy:
    """A copy of the project, to be broken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                ignore = shutil.ignore_patterns("__pycache__", "*.so", "instance")
                shutil.copytree(source, folder / name, ignore=ignore)
            else:
                shutil.copy(source, folder / name)

    def run(
        self, mode: str, number: int, *command: str, timeout: int = TIMEOUT
    ) -> subprocess.CompletedProcess[str]:
        """Run Python in the copy."""
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.folder),
            "FASTFLASK_SPEEDUPS": MODES[mode],
            SWITCH: str(number),
        }
        return subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def test(self, mode: str, number: int, tests: str) -> tuple[bool | None, str]:
        """Run tests. Return whether they passed, or ``None`` if they did not run."""
        options = ["-m", "pytest", "-q", "-x", "--tb=no", "-p", "no:cacheprovider"]
        try:
            done = self.run(mode, number, *options, *shlex.split(tests))
        except subprocess.TimeoutExpired:
            return False, "hangs"
        lines = done.stdout.strip().splitlines() or [done.stderr.strip()[-300:]]
        failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
        told = failed[0].partition(" - ")[0] if failed else lines[-1]
        # Anything but 0 and 1: no tests, or an error of pytest's own. A crash is noticed.
        passed = {0: True, 1: False}.get(done.returncode, False if done.returncode < 0 else None)
        return passed, told

    def edit(self, edits: list[Edit]) -> dict[Path, str]:
        """Apply edits to Python files and return what these were."""
        before: dict[Path, str] = {}
        for edit in edits:
            path = self.folder / edit.file
            text = path.read_text()
            before.setdefault(path, text)
            write(path, text.replace(find(edit, text), edit.replacement, 1))
        return before

    def build(self) -> None:
        """Build the extension with all its defects, behind switches."""
        umbrella = self.folder / "fastflask/_speedups.pyx"
        text = umbrella.read_text()
        declared = f'cdef int _defect = int(__import__("os").environ.get("{SWITCH}") or "0")\n\n'
        umbrella.write_text(text.replace('include "', declared + 'include "', 1))
        for number, defect in enumerate(DEFECTS, 1):
            for edit in defect.edits:
                if edit.file.endswith(".pxi"):
                    path = self.folder / edit.file
                    text = path.read_text()
                    path.write_text(text.replace(find(edit, text), switched(edit, number), 1))
        build = "setup.py", "-q", "build_ext", "--inplace"
        done = self.run("compiled", 0, *build, timeout=10 * TIMEOUT)
        if done.returncode or not list(self.folder.glob("fastflask/_speedups*.so")):
            raise Failed(
                f"the extension was not built:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
            )


def write(path: Path, text: str) -> None:
    """Write a file of Python, so that its bytecode is known to be out of date."""
    changed = path.stat().st_mtime + 2
    path.write_text(text)
    os.utime(path, (changed, changed))


def find(edit: Edit, text: str) -> str:
    """Return the text to replace, which has to be there, and only once."""
    count = text.count(edit.search)
    if count != 1:
        raise Failed(f"{edit.file} has {edit.search!r} {count} times, not once")
    return edit.search


def switched(edit: Edit, number: int) -> str:
    """Return code of the extension that is as it was unless the defect is switched on."""
    if not edit.search.startswith(" "):
        return f"(({edit.replacement}) if _defect == {number} else ({edit.search}))"

    indent = re.match(" +", edit.search)[0]  # type: ignore[index]
    shift = "\n" + " " * 4
    broken, sound = (
        shift.join(text.rstrip("\n").split("\n")) for text in (edit.replacement, edit.search)
    )
    return f"{indent}if _defect == {number}:\n    {broken}\n{indent}else:\n    {sound}\n"


def check_texts(root: Path) -> None:
    """Make sure that each edit finds its text, after those of the same file before it."""
    stale = []
    texts: dict[Path, str] = {}
    for number, defect in enumerate(DEFECTS, 1):
        for edit in defect.edits:
            path = root / edit.file
            text = texts.get(path) or path.read_text()
            try:
                search = find(edit, text)
            except Failed as error:
                stale.append(f"{defect.line} {defect.what}: {error}")
                continue
            # Those of the extension are applied all at once.
            if edit.file.endswith(".pxi"):
                texts[path] = text.replace(search, switched(edit, number), 1)
    if stale:
        raise Failed("\n".join(stale))


def modes_of(defect: Defect) -> list[str]:
    """Return the implementations that a defect is in."""
    files = [edit.file for edit in defect.edits]
    pure = [file for file in files if "/_pure/" in file]
    compiled = [file for file in files if file.endswith(".pxi")]
    shared = len(pure) + len(compiled) < len(files)
    return [
        mode for mode, here in (("compiled", shared or compiled), ("pure", shared or pure)) if here
    ]


def try_out(copies: queue.Queue[Copy], number: int, defect: Defect) -> list[tuple[str, bool, str]]:
    """Return, for each implementation, whether its tests noticed a defect, and which."""
    copy = copies.get()
    found = []
    try:
        for mode in modes_of(defect):
            # The tests of the engines run on both, and have to notice it in this one.
            edits = [
                edit
                for edit in defect.edits
                if edit.file.endswith(".py") and (mode == "pure" or "/_pure/" not in edit.file)
            ]
            before = copy.edit(edits)
            try:
                passed, told = copy.test(mode, number, defect.tests)
            finally:
                for path, text in before.items():
                    write(path, text)
            if passed is None:
                raise Failed(f"{defect.line} {defect.what}, {mode}: {told}")
            found.append((mode, not passed, told))
    finally:
        copies.put(copy)
    return found


def groups_of(chosen: list[tuple[int, Defect]]) -> list[tuple[str, str]]:
    """Return the tests of all defects, with the implementations to run them on.

    PERF: tests of the same files together, as starting takes longer than most of them.
    """
    groups: dict[tuple[str, str], set[str]] = {}
    for _, defect in chosen:
        files, _, words = defect.tests.partition(" -k ")
        for mode in modes_of(defect):
            groups.setdefault((mode, files), set()).add(f"({words.strip(chr(39)) or '_'})")
    return [
        (mode, f"{files} -k '{' or '.join(sorted(words))}'")
        for (mode, files), words in sorted(groups.items())
    ]


def check_sound(copies: queue.Queue[Copy], mode: str, tests: str) -> None:
    """Make sure that tests pass where nothing is switched on."""
    copy = copies.get()
    try:
        done = copy.run(mode, 0, "-c", "import fastflask; print(fastflask.__file__)")
        if not done.stdout.startswith(str(copy.folder)):
            raise Failed(f"not the copy runs, but {done.stdout.strip()} {done.stderr[-300:]}")
        passed, told = copy.test(mode, 0, tests)
        if not passed:
            raise Failed(f"{mode}: {tests} fails without a defect: {told}")
    finally:
        copies.put(copy)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("-k", metavar="WORDS", default="", help="only defects with these words")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    parser.add_argument("--check", action="store_true", help="only look whether all apply")
    options = parser.parse_args()
    check_texts(ROOT)
    if options.check:
        return 0
    words = options.k.lower().split()
    chosen = [
        (number, defect)
        for number, defect in enumerate(DEFECTS, 1)
        if all(word in f"{defect.line} {defect.what}".lower() for word in words)
    ]
    began = time.monotonic()

    with tempfile.TemporaryDirectory(prefix="defects-") as folder:
        first = Copy(Path(folder, "1"))
        first.build()
        copies: queue.Queue[Copy] = queue.Queue()
        copies.put(first)
        for number in range(2, options.jobs + 1):
            copy = Copy(Path(folder, str(number)))
            for file in first.folder.glob("fastflask/_speedups*.so"):
                shutil.copy(file, copy.folder / "fastflask")
            copies.put(copy)
        survived = []
        tried = 0
        with ThreadPoolExecutor(options.jobs) as pool:
            for check in [pool.submit(check_sound, copies, *item) for item in groups_of(chosen)]:
                check.result()
            print(
                f"built, and sound without a defect, after {time.monotonic() - began:.0f} s",
                flush=True,
            )
            runs = [pool.submit(try_out, copies, *item) for item in chosen]
            for (_, defect), run in zip(chosen, runs, strict=True):
                for mode, noticed, told in run.result():
                    tried += 1
                    mark = "noticed " if noticed else "SURVIVED"
                    if not noticed:
                        survived.append(defect)
                    print(f"{mark} {defect.line:5} {defect.what} [{mode}] {told}", flush=True)

    share = 1 - len(survived) / max(tried, 1)
    print(
        f"{len(chosen)} defects, {tried} tried: {tried - len(survived)} noticed ({share:.1%}),"
        f" {sum(defect.security for defect in survived)} of security survived,"
        f" {time.monotonic() - began:.0f} s"
    )
    return int(share < LEAST or any(defect.security for defect in survived))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as error:
        sys.exit(f"mutants: {error}")
