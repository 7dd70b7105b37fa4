"""Send many requests of each kind, and look whether anything is left of them.

    python -m reliability.soak [--requests 1000000] [--seconds 600] [--kinds hello,json]

After a warm-up the memory of the process may grow by 1 MiB at most, the number of allocated blocks
stays where it is, and each of the application's long-lived objects is referred to as often as
before. Where the interpreter counts all references, their total neither grows nor falls. At the
limit of seconds for a kind it ends early, and says after how many requests.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
import time
import typing as t

import markupsafe
from markupsafe import _native

from .service import KINDS, ask, make_app

WARM_UP = 2000
#: Parts that a run is measured in; one that grows does so in each of them.
PARTS = 5
#: What a part may leave behind by chance: frames and objects kept for reuse.
BLOCKS = 60
#: Whether memory is what Python has: a sanitizer and valgrind keep of what is freed.
MEMORY_IS_OURS = os.environ.get("PYTHONMALLOC") != "malloc"


def memory() -> int:
    """Return the bytes of memory that the process has in use."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def lasting(app: t.Any, framework: t.Any) -> dict[str, t.Any]:
    """Return objects that outlive requests, by name."""
    objects = {
        "app": app,
        "config": app.config,
        "url_map": app.url_map,
        "view_functions": app.view_functions,
        "session_interface": app.session_interface,
        "json": app.json,
        "logger": app.logger,
        "request": framework.request,
        "g": framework.g,
        "NotImplemented": NotImplemented,
        "Ellipsis": ...,
    }
    for rule in app.url_map.iter_rules():
        objects[f"rule {rule.rule}"] = rule
    for name in ("Flask", "Request", "Response"):
        objects[name] = getattr(framework, name)
    for name in ("AppContext", "RequestContext", "_AppCtxGlobals"):
        objects[name] = getattr(framework.ctx, name)
    return objects


def counts(objects: dict[str, t.Any]) -> dict[str, int]:
    return {name: sys.getrefcount(value) for name, value in objects.items()}


COUNTS_ALL = hasattr(sys, "gettotalrefcount")


def total_references() -> int:
    return sys.gettotalrefcount() if COUNTS_ALL else 0  # type: ignore[attr-defined]


def count_all() -> None:
    """Leave out what takes references without counting them: MarkupSafe's wheel.

    It is built for an interpreter that does not count, and loads in one that does. There its
    ``escape()`` of a text without markup adds a reference to it that only Python, when it lets go
    of the text, counts: the total falls by one.
    """
    markupsafe._escape_inner = _native._escape_inner


class Run:
    """Requests of one kind, and what they leave."""

    def __init__(self, framework: str, kind: str) -> None:
        self.module = importlib.import_module(framework)
        importlib.import_module(f"{framework}.ctx")
        self.app, self.records = make_app(self.module)
        self.name, self.kind = kind, KINDS[kind]
        self.right = ask(self.app, self.kind)
        assert (self.right.status or "").startswith(str(self.kind.status)), self.right

    def send(self, times: int) -> None:
        app, kind, right, errors = self.app, self.kind, self.right, self.records.errors
        for _ in range(times):
            answer = ask(app, kind)
            assert answer == right, answer
            errors.clear()

    def measure(self, requests: int, seconds: float) -> list[str]:
        """Send the requests, print what was measured, and return what is wrong."""
        self.send(min(WARM_UP, requests))
        objects = lasting(self.app, self.module)
        # Flask's contexts of some requests are in cycles.
        gc.collect()
        before = counts(objects)
        limit = time.monotonic() + seconds
        sent, blocks, references, sizes = 0, [], [], []
        start = memory()
        for part in range(PARTS):
            gc.collect()
            blocks_before, references_before = sys.getallocatedblocks(), total_references()
            goal = requests * (part + 1) // PARTS
            while sent < goal and time.monotonic() < limit:
                step = min(1000, goal - sent)
                self.send(step)
                sent += step
            gc.collect()
            references.append(total_references() - references_before)
            blocks.append(sys.getallocatedblocks() - blocks_before)
            sizes.append(memory() - start)
        after = counts(objects)
        print(
            f"{self.name:8} {sent:9,} requests: memory {sizes[-1] / 1024:+.0f} KiB, blocks {blocks}"
            + (f", references {references}" if any(references) else ""),
            flush=True,
        )
        changed = {
            name: after[name] - count for name, count in before.items() if after[name] != count
        }
        wrong = []
        if sizes[-1] > 2**20 and MEMORY_IS_OURS:
            wrong.append(f"{self.name}: memory grew by {sizes[-1]} bytes")
        if min(blocks) > BLOCKS or min(references) > BLOCKS or max(references) < -BLOCKS:
            wrong.append(f"{self.name}: blocks {blocks}, references {references}")
        if changed:
            wrong.append(f"{self.name}: references to {changed}")
        return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description="Look for what requests leave behind.")
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=600, help="limit for each kind")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--framework", default="fastflask", help="or flask, to compare")
    options = parser.parse_args()
    if COUNTS_ALL:
        count_all()
    wrong = [
        text
        for kind in options.kinds.split(",")
        for text in Run(options.framework, kind).measure(options.requests, options.seconds)
    ]
    if wrong:
        sys.exit("\n".join(["not as it should be:", *wrong]))


if __name__ == "__main__":
    main()
