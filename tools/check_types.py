"""Check the types of the package and of the examples in tests/typing: ``make types``.

mypy checks the package strictly and the examples, pyright both, stubtest the stub of the compiled
module if there is one. What ``reveal_type`` reports must be what the comment beside it says, for
mypy and for pyright alike.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = "tests/typing"
EXPECTED = re.compile(r"^ *reveal_type\(.*\)  # revealed: (.+)$")
# Names of modules, and an optional type's place, are written in different ways.
_MODULES = re.compile(r"\b(?:\w+\.)+(?=\w)")
_UNION = re.compile(r"Union\[(.+)\]$")


def plain(written: str) -> str:
    """Return a type as both checkers and a person would write it."""
    text = _MODULES.sub("", written)
    if union := _UNION.match(text):
        text = union[1].replace(", ", " | ")
    return " | ".join(sorted(text.split(" | ")))


def expected() -> dict[tuple[str, int], str]:
    """The types in the comments, by file and line."""
    found = {}
    for path in sorted((ROOT / EXAMPLES).glob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if "reveal_type(" not in line:
                continue
            wanted = EXPECTED.match(line)
            if wanted is None:
                sys.exit(f"{path.name}:{number}: no comment tells the type")
            found[path.name, number] = plain(wanted[1])
    return found


def compare(checker: str, found: dict[tuple[str, int], str]) -> list[str]:
    """Say where the types that a checker reports are not those of the comments."""
    wanted = expected()
    assert wanted
    return [
        f"{name}:{number}: {checker} reveals {found.get((name, number))}, expected {written}"
        for (name, number), written in wanted.items()
        if found.get((name, number)) != written
    ]


def run(*command: str) -> str:
    """Run a checker, and return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True
    )
    return done.stdout + done.stderr


def mypy() -> list[str]:
    said = run("mypy", "--no-error-summary", "fastflask", EXAMPLES)
    revealed = re.findall(r'([\w.]+):(\d+): note: Revealed type is "(.+)"', said)
    notes = re.compile(r": note: (Revealed type|\")")
    problems = [line for line in said.splitlines() if line and not notes.search(line)]
    types = {(name, int(number)): plain(text) for name, number, text in revealed}
    return problems + compare("mypy", types)


def pyright() -> list[str]:
    # Whatever environment runs this is the one to look for packages in.
    said = run("pyright", "--outputjson", "--pythonpath", sys.executable)
    try:
        diagnostics = json.loads(said[said.index("{") :])["generalDiagnostics"]
    except ValueError:
        return [f"pyright reports no result: {said}"]
    problems, types = [], {}
    for each in diagnostics:
        name = os.path.basename(each["file"])
        number = each["range"]["start"]["line"] + 1
        revealed = re.match(r'Type of ".*" is "(.+)"$', each["message"], re.S)
        if revealed:
            types[name, number] = plain(revealed[1])
        elif each["severity"] != "information":
            problems.append(f"{each['file']}:{number}: {each['message']} ({each.get('rule')})")
    return problems + compare("pyright", types)


def stubtest() -> list[str]:
    if not any((ROOT / "fastflask" / f"_speedups{end}").exists() for end in EXTENSION_SUFFIXES):
        print("stubtest: there is no compiled module")
        return []
    said = run(
        "mypy.stubtest",
        "fastflask._speedups",
        "--mypy-config-file=pyproject.toml",
        "--allowlist",
        "tools/stubtest.txt",
    )
    return [] if said.startswith("Success") else said.splitlines()


def main(wanted: list[str]) -> None:
    failed = False
    for check in (mypy, pyright, stubtest):
        if wanted and check.__name__ not in wanted:
            continue
        problems = check()
        failed |= bool(problems)
        print("\n".join(problems) or f"{check.__name__}: clean")
    sys.exit(failed)


if __name__ == "__main__":
    main(sys.argv[1:])
