"""What applications of frameworks without templates or sessions take from Flask's libraries."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, Template

from ..workloads import session_serializer as session_serializer

_FOLDER = Path(__file__).parent.parent
STYLE = _FOLDER / "static" / "style.css"


@cache
def _page() -> Template:
    loader = FileSystemLoader(_FOLDER / "templates")
    return Environment(loader=loader, autoescape=True).get_template("page.html")


def page(name: str) -> str:
    """Return the small template, rendered."""
    return _page().render(title="A page", name=name, items=range(5))
