"""What the documents name is there: tests, files, commands, and the parts of the engines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
MAKEFILE = ROOT / "Makefile"
PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGES.md", "bench/README.md"]
#: Files that these pages tell the reader to make, or that measuring writes.
MADE = {"app.py", "wsgi.py", "hello.py", "latest.json"}

pytestmark = pytest.mark.skipif(not MAKEFILE.exists(), reason="there is no checkout")


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def rows() -> Iterator[tuple[str, str]]:
    """The ids and the last cell of each line of ``fidelity.md``."""
    for line in text_of(TESTS / "fidelity.md").splitlines():
        cells = line.strip("|").split(" | ")
        if len(cells) == 3 and re.match(r"[A-Z]+-\d", cells[0].strip()):
            yield cells[0].strip(), cells[2]


def files_of(name: str, folder: Path) -> list[Path]:
    """The files of tests that a name stands for, beside the ones named before or at the top."""
    found = [path for place in (folder, TESTS) for path in place.glob(name)]
    found += [path for place in (folder, TESTS) for path in place.glob(f"{name}.py")]
    return [file for path in found for file in ([path] if path.is_file() else path.glob("*.py"))]


def missing_in(cell: str) -> Iterator[str]:
    """What a cell of ``fidelity.md`` names that is not there."""
    folder, files = TESTS, [TESTS / "test_differential_cycle.py"]
    sources = "".join(
        text_of(path)
        for pattern in ("tests/differential/*.py", "fastflask/**/*.py", "setup.py")
        for path in ROOT.glob(pattern)
    )
    for clause in cell.split("; "):
        if applications := re.match(r"(?:.*: )?dc ((?:`\w+`(?:, )?)+)", clause):
            for name in re.findall(r"\w+", applications[1]):
                if f"def build_{name}(" not in sources:
                    yield f"application {name}"

        for span in re.findall(r"`([^`]+)`", clause):
            name, _, test = span.partition("::")
            if found := files_of(name, folder):
                folder, files = found[0].parent, found
            elif not test and name.startswith(("test_", "…")):
                test = name
            elif not test and not span.startswith("["):
                words = re.findall(r"\w+", span)
                here = sources + "".join(map(text_of, files))
                if not all(re.search(rf"(?<![A-Za-z]){word}", here) for word in words):
                    yield span
                continue
            elif not span.startswith("["):
                yield f"file {name}"
                continue

            test, _, parameters = (span if span.startswith("[") else test).partition("[")
            here = "".join(map(text_of, files))
            pattern = re.escape(test).replace("…", ".*").replace(r"\*", ".*")
            if test and not re.search(rf"def {pattern}\(", here):
                yield f"test {test}"
            for word in re.findall(r"[\w ]+", parameters):
                if word.strip() not in here:
                    yield f"parameter {word}"


@pytest.mark.parametrize("cell", [pytest.param(cell, id=line) for line, cell in rows()])
def test_tests_that_fidelity_names(cell: str) -> None:
    assert list(missing_in(cell)) == []


@pytest.mark.parametrize("cell", ["`test_local::test_none`", "dc `nowhere`", "`nofile.py`"])
def test_what_is_not_there_is_noticed(cell: str) -> None:
    assert list(missing_in(cell))


def test_fidelity_has_lines() -> None:
    assert len(list(rows())) > 80


def pages() -> list[str]:
    return PAGES + sorted(f"docs/{path.name}" for path in ROOT.glob("docs/*.md"))


@pytest.mark.parametrize("page", pages())
def test_commands_and_files_that_a_page_names(page: str) -> None:
    text = text_of(ROOT / page)
    targets = set(re.findall(r"^([a-z-]+):", text_of(MAKEFILE), re.M))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.M))
    assert named <= targets

    known = {str(path.relative_to(ROOT)) for path in ROOT.glob("[a-z]*/**/*.*")} | {
        path.name for path in ROOT.iterdir()
    }
    paths = re.findall(r"`([\w./-]+\.(?:py|pyx|pxi|pyi|md))`", text)
    assert [
        path
        for path in paths
        if path not in MADE and not any(f"/{one}".endswith(f"/{path}") for one in known)
    ] == []


def test_every_command_is_on_a_page() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", text_of(MAKEFILE), re.M))
    named = {
        name for page in pages() for name in re.findall(r"`make ([a-z-]+)", text_of(ROOT / page))
    }
    assert targets - named == set()


def test_functions_that_the_page_on_the_extension_names() -> None:
    table = text_of(ROOT / "docs/compiled.md").partition("| Where | What | Why |")[2]
    sources = "".join(map(text_of, ROOT.glob("fastflask/_cython/*.pxi")))
    named = re.findall(r"`(?:\w+\.)?(\w+)`", "".join(re.findall(r"^\| (.+?) \|", table, re.M)))
    assert len(named) > 15
    assert [name for name in named if not re.search(rf"\bc?def .*\b{name}\(", sources)] == []


def test_engines_that_the_page_on_requests_names() -> None:
    page = " ".join(text_of(ROOT / "docs/request.md").split())
    lists = re.findall(r"engines? ((?:`\w+`(?:, | and )?)+)", page)
    named = set(re.findall(r"\w+", " ".join(lists))) - {"and"}
    assert len(named) > 7
    for name in named:
        assert (ROOT / f"fastflask/_pure/{name}.py").exists(), name
        assert (ROOT / f"fastflask/_cython/{name}.pxi").exists(), name


def test_tests_that_the_page_on_reliability_names() -> None:
    table = text_of(ROOT / "docs/reliability.md").partition("## Defects found")[2]
    named = set(re.findall(r"`(test_\w+)", table))
    sources = "".join(map(text_of, TESTS.glob("**/test_*.py")))
    assert len(named) > 10
    assert [name for name in sorted(named) if f"def {name}(" not in sources] == []


def test_contributing_names_every_part_of_the_engines() -> None:
    """A part that nobody finds in the table of engines might as well not be readable."""
    table = text_of(ROOT / "CONTRIBUTING.md").partition("## Where a line belongs")[2]
    named = re.findall(r"`(?:_cython/|_pure/)?([\w*]+\.(?:pxi|py))`", table)
    parts = [*ROOT.glob("fastflask/_cython/*.pxi"), *ROOT.glob("fastflask/_pure/[a-z]*.py")]
    assert [p.name for p in parts if not any(p.match(name) for name in named)] == []
