"""Builds and interpreters that must not be measured."""

from __future__ import annotations

import sys
import typing as t
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "fastflask"

#: What special builds leave in a binary: the option that the compiler notes beside the debugging
#: information (such a build always has it), and the run time of the sanitizers.
_MARKS = {b" -O0 ": "is a debug build", b"__asan_init": "is a build with sanitizers"}


class Unfit(Exception):
    """What is to be measured is not what users run."""


def binaries() -> list[Path]:
    """Return the compiled modules that this interpreter could load from this checkout."""
    candidates = (PACKAGE / f"_speedups{suffix}" for suffix in EXTENSION_SUFFIXES)
    return [path for path in candidates if path.exists()]


def check_interpreter() -> None:
    """Refuse an interpreter that does more than run programs."""
    if hasattr(sys, "gettotalrefcount"):
        raise Unfit("this is a debug build of Python")
    if sys.gettrace() is not None or sys.getprofile() is not None:
        raise Unfit("a tracer or profiler is active, perhaps for coverage")
    if sys.flags.dev_mode:
        raise Unfit("Python is in development mode")
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is not None and any(monitoring.get_tool(tool) for tool in range(6)):
        raise Unfit("a tool of sys.monitoring is active, perhaps for coverage")


def check_module(wanted: str) -> None:
    """Refuse engines of fastflask other than those that are to be measured.

    :param wanted: ``"compiled"`` or ``"pure"``.
    """
    import fastflask
    from fastflask import _impl

    if Path(fastflask.__file__).parent != PACKAGE:
        raise Unfit(f"fastflask comes from {fastflask.__file__}, not from this checkout")
    if _impl.implementation != wanted:
        raise Unfit(f"the {wanted} engines are not in use: {_impl.reason}")

    home = "fastflask._speedups" if wanted == "compiled" else "fastflask._pure"
    for engine in ("LocalProxy", "RequestCycle", "RouteMatcher"):
        where = getattr(_impl, engine).__module__
        if where != home and not where.startswith(f"{home}."):
            raise Unfit(f"{engine} comes from {where}")

    if wanted == "compiled":
        from fastflask import _speedups

        binary = Path(_speedups.__file__)
        check_binary(binary)
        check_age(binary)
        if is_traced(fastflask):
            raise Unfit(f"{binary.name} is a build with line tracing")


def check_binary(binary: Path) -> None:
    """Refuse a special build of the extension."""
    content = binary.read_bytes()
    for mark, what in _MARKS.items():
        if mark in content:
            raise Unfit(f"{binary.name} {what}")


def check_age(binary: Path) -> None:
    """Refuse a module that was built from other sources than the present ones."""
    sources = [*PACKAGE.glob("_speedups.pyx"), *PACKAGE.glob("_cython/*.pxi")]
    built = binary.stat().st_mtime
    newer = sorted(path.name for path in sources if path.stat().st_mtime > built)
    if newer:
        raise Unfit(f"{', '.join(newer)} changed since {binary.name} was built: run make build")


def is_traced(flask: t.Any) -> bool:
    """Tell whether compiled functions report to a tracer, which a released build does not."""
    seen = []

    def tracer(frame: t.Any, event: str, argument: t.Any) -> None:
        if frame.f_code.co_filename.endswith((".pyx", ".pxi")):
            seen.append(frame)

    app = flask.Flask(__name__)
    client = app.test_client()
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        client.get("/")
    finally:
        sys.settrace(before)
    return bool(seen)
