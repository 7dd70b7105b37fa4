"""The code in the pages of docs/ is run, page by page, and shows what it says."""

from __future__ import annotations

import doctest
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
#: Pages with code that goes on where the quickstart ends.
AFTER_QUICKSTART = {"deploying"}
# migrating.md shows lines out of applications that are not here.
PAGES = ["quickstart", "request", "compiled", "json", "deploying"]

pytestmark = pytest.mark.skipif(not DOCS.exists(), reason="there is no checkout")


def blocks(page: str) -> list[tuple[str, str]]:
    """The kind and text of each piece of code on a page."""
    return BLOCK.findall((DOCS / f"{page}.md").read_text(encoding="utf-8"))


def run(page: str, names: dict[str, object]) -> int:
    """Run the code of a page, then compare the results it shows; return how many there are.

    A page may add a view after it has shown an answer. An application would refuse that.
    """
    numbered = [(f"{page}.md, block {n}", *block) for n, block in enumerate(blocks(page), 1)]
    for place, kind, code in numbered:
        if kind == "python":
            exec(compile(code, place, "exec"), names)

    compared = 0
    for place, kind, code in numbered:
        if kind == "pycon":
            test = doctest.DocTestParser().get_doctest(code, names, place, place, 0)
            said: list[str] = []
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
            outcome = runner.run(test, out=said.append, clear_globs=False)
            assert not outcome.failed, "".join(said)
            names.update(test.globs)
            compared += outcome.attempted
    return compared


@pytest.mark.parametrize("page", PAGES)
def test_code_of_a_page_shows_what_it_says(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("hello")
    module.__file__ = str(tmp_path / "hello.py")
    # The application finds its files by the module, and another block may import it.
    monkeypatch.setitem(sys.modules, "hello", module)
    names = vars(module)
    if page in AFTER_QUICKSTART:
        (first, *_) = (code for kind, code in blocks("quickstart") if kind == "python")
        exec(first, names)

    assert run(page, names) > 0


def test_every_page_with_code_is_run() -> None:
    with_results = {
        path.stem for path in DOCS.glob("*.md") if "```pycon" in path.read_text(encoding="utf-8")
    }
    # contributing.md writes about such blocks.
    assert with_results - {"contributing"} <= set(PAGES)
