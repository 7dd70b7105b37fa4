"""Settings of Sphinx. ``make docs`` builds the pages into ``build/docs``; warnings are errors."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
# The pure twins: their signatures can be read, and the docstrings are the same.
os.environ["FASTFLASK_SPEEDUPS"] = "0"
sys.path.insert(0, str(ROOT))

from sphinx.application import Sphinx  # noqa: E402

from fastflask import FLASK_VERSION  # noqa: E402

project = "fastflask"
author = "The fastflask contributors"
copyright = author
release = version = re.findall('^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.M)[0]

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["README.md"]

html_theme = "furo"
html_title = f"fastflask {release}"
html_static_path: list[str] = []
html_show_copyright = False

myst_enable_extensions = ["colon_fence", "deflist", "substitution"]
myst_heading_anchors = 3
myst_substitutions = {"flask": FLASK_VERSION}

autodoc_member_order = "bysource"
autodoc_typehints = "both"
autodoc_typehints_description_target = "documented"
autodoc_typehints_format = "short"
autodoc_class_signature = "mixed"
# Names of Flask, Werkzeug, Jinja and Click that docstrings mention are not defined here.
nitpicky = False

#: What pages link to outside of this folder, for readers of the repository, and the page to read
#: instead of it here.
OUTSIDE = {
    "README.md": "quickstart.md",
    "CONTRIBUTING.md": "contributing.md",
    "bench/README.md": "contributing.md",
}


def link_inside(app: Sphinx, docname: str, source: list[str]) -> None:
    """Turn links to files above this folder into links to pages."""
    source[0] = re.sub(
        r"\]\(\.\./([\w/]+\.md)(#[\w-]*)?\)",
        lambda link: f"]({OUTSIDE[link[1]]})" if link[1] in OUTSIDE else link[0],
        source[0],
    )


def setup(app: Sphinx) -> None:
    app.connect("source-read", link_inside)
