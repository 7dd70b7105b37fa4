"""Who is compared: fastflask in both modes, Flask, other frameworks, and no framework."""

from __future__ import annotations

import importlib
import importlib.util
import os
import typing as t
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from importlib import metadata

from .guards import binaries, check_interpreter, check_module
from .workloads import WORKLOADS, Workload


def _skip(reason: str) -> t.NoReturn:
    # Not imported above, so that applications behind a server do not carry it.
    import pytest

    pytest.skip(reason)


# Compared and hashed by identity, as it is a key of caches.
@dataclass(frozen=True, eq=False)
class Contender:
    """One way to answer requests. What it makes, it makes in the current process."""

    tag: str
    title: str
    #: What has to be importable. Also the distribution whose version is told.
    package: str
    #: Flask's interface: takes part in everything.
    is_flask: bool = False
    #: What its process needs in its environment.
    environment: dict[str, str] = field(default_factory=dict)
    #: Pops what operations have left pushed.
    entered: ExitStack = field(default_factory=ExitStack, repr=False)

    def __str__(self) -> str:
        return self.tag

    def missing(self) -> str | None:
        """Return why this contender cannot take part, or ``None``."""
        if self.package and importlib.util.find_spec(self.package.partition(".")[0]) is None:
            return f"{self.package} is not installed"
        if self.tag == "compiled" and not binaries():
            return "the compiled module was not built"
        return None

    @property
    def version(self) -> str:
        """The release, or nothing for what has none."""
        try:
            return metadata.version(self.package) if self.package else ""
        except metadata.PackageNotFoundError:
            return "checkout"

    def check(self) -> None:
        """Raise :exc:`.Unfit` if this process would measure something else."""
        check_interpreter()
        if self.tag in {"compiled", "pure"}:
            check_module(self.tag)

    @cached_property
    def module(self) -> t.Any:
        """The package with Flask's interface."""
        if not self.is_flask:
            _skip(f"{self.title} has not Flask's interface")
        return importlib.import_module(self.package)

    def part(self, name: str) -> t.Any:
        """Return ``fastflask``'s module of this name, or Werkzeug's in its stead."""
        home = "werkzeug" if self.module.__name__ == "flask" else "fastflask"
        return importlib.import_module(f"{home}.{name}")

    def enter(self, context: t.Any) -> t.Any:
        """Push a context that stays until :meth:`leave`."""
        context.push()
        self.entered.callback(context.pop)
        return context

    def leave(self) -> None:
        """Pop what operations have left pushed."""
        self.entered.close()

    def load(self) -> t.Any:
        """Return the module with the applications."""
        home = "apps" if self.is_flask else f"rivals.{self.tag}"
        return importlib.import_module(f"{__package__}.{home}")

    def application(self, workload: Workload) -> t.Any:
        """Return the application for a workload, or skip it."""
        make = getattr(self.load(), workload.name, None)
        if make is None:
            _skip(f"{self.title} has no application for {workload.name}")
        return make(self.module) if self.is_flask else make()

    def request(self, name: str) -> t.Callable[[], None]:
        """Return a function that has one request of a workload answered."""
        workload = WORKLOADS[name]
        return workload.request(self.application(workload))


COMPILED = Contender("compiled", "fastflask", "fastflask", True, {"FASTFLASK_SPEEDUPS": "1"})
PURE = Contender("pure", "fastflask, pure", "fastflask", True, {"FASTFLASK_SPEEDUPS": "0"})
FLASK = Contender("flask", "Flask", "flask", True)

CONTENDERS = {
    contender.tag: contender
    for contender in (
        COMPILED,
        PURE,
        FLASK,
        Contender("falcon", "Falcon", "falcon"),
        Contender("bottle", "Bottle", "bottle"),
        Contender("pyramid", "Pyramid", "pyramid"),
        Contender("wheezy", "wheezy.web", "wheezy.web"),
        Contender("raw", "bare WSGI", ""),
    )
}


def here() -> list[Contender]:
    """Return those that can take part in this process, where one mode of fastflask runs."""
    if os.environ.get("FASTFLASK_SPEEDUPS", "").strip() == "0" or not binaries():
        other = COMPILED
    else:
        other = PURE
    return [contender for contender in CONTENDERS.values() if contender is not other]
