"""What was measured: samples of each operation and contender, and what they come to.

A batch costs more when another program had the core, its sibling or the caches meanwhile, and
never less. So within a pass the cheapest batches tell the cost, and with short batches there always
are some that nothing disturbed. Each pass runs all contenders in turn in fresh processes and gives
one ratio; what is told is the median over the passes.
"""

from __future__ import annotations

import json
import math
import typing as t
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean, median

from .processes import ROOT

#: Not under version control.
LATEST = ROOT / ".benchmarks" / "latest.json"


#: How many of a pass's batches tell the cost, and how many have to agree that it is found.
_UNDISTURBED, _AGREEING = 3, 5
#: How far those are apart at the most.
_APART = 1.025


@dataclass
class Measured:
    """One operation: for each contender a list of samples for each pass."""

    unit: str = "ns"
    samples: dict[str, list[list[float]]] = field(default_factory=dict)
    #: The same by the clock on the wall, for those who doubt processor time.
    wall: dict[str, list[list[float]]] = field(default_factory=dict)

    def begin(self, tags: t.Iterable[str]) -> None:
        """Begin a pass."""
        for tag in tags:
            self.samples.setdefault(tag, []).append([])
            self.wall.setdefault(tag, []).append([])

    def add(self, tag: str, sample: dict[str, float]) -> None:
        """Take a worker's answer in."""
        if "bytes" in sample:
            self.unit = "bytes"
            self.samples[tag][-1].append(sample["bytes"])
        else:
            self.samples[tag][-1].append(sample["cpu"])
            self.wall[tag][-1].append(sample["wall"])

    def is_settled(self) -> bool:
        """Whether each contender has had enough batches that nothing disturbed."""
        for passes in self.samples.values():
            cheapest = sorted(passes[-1])[:_AGREEING]
            if len(cheapest) < _AGREEING or cheapest[-1] > cheapest[0] * _APART:
                return False
        return True

    def costs(self, tag: str) -> list[float]:
        """Return what one operation costs a contender, pass by pass."""
        return [fmean(sorted(each)[:_UNDISTURBED]) for each in self.samples.get(tag, ()) if each]

    def cost(self, tag: str) -> float | None:
        costs = self.costs(tag)
        return median(costs) if costs else None

    def ratios(self, tag: str, reference: str) -> list[float]:
        """Return how many times cheaper *tag* is than *reference*, pass by pass."""
        pairs = zip(self.costs(tag), self.costs(reference), strict=False)
        return [theirs / ours for ours, theirs in pairs if ours]

    def ratio(self, tag: str, reference: str) -> float | None:
        ratios = self.ratios(tag, reference)
        return median(ratios) if ratios else None


@dataclass
class Results:
    """A whole run."""

    machine: dict[str, t.Any]
    options: dict[str, t.Any]
    missing: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, dict[str, str]] = field(default_factory=dict)
    failed: dict[str, dict[str, str]] = field(default_factory=dict)
    operations: dict[str, Measured] = field(default_factory=dict)
    stack: list[dict[str, t.Any]] = field(default_factory=list)
    #: False while the run goes on, and for good if it was ended before.
    is_complete: bool = True

    def group(self, name: str) -> dict[str, Measured]:
        """Return the operations of one file, by the rest of their name."""
        return {
            key.partition("/")[2]: measured
            for key, measured in self.operations.items()
            if key.startswith(f"{name}/")
        }

    def mean_ratio(self, group: str, tag: str, reference: str) -> float | None:
        """Return the geometric mean of the ratios of a group."""
        ratios = [
            ratio
            for measured in self.group(group).values()
            if (ratio := measured.ratio(tag, reference)) is not None
        ]
        return math.prod(ratios) ** (1 / len(ratios)) if ratios else None

    def save(self, path: Path = LATEST) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whoever ends the run meanwhile finds what was saved before.
        part = path.with_suffix(".part")
        part.write_text(json.dumps(asdict(self)) + "\n")
        part.replace(path)


def load(path: Path = LATEST) -> Results:
    """Return what a run has saved."""
    data = json.loads(path.read_text())
    operations = {name: Measured(**value) for name, value in data.pop("operations").items()}
    return Results(**data, operations=operations)


def show_time(nanoseconds: float) -> str:
    """Return a time with three digits that count, and its unit."""
    for unit, factor in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= factor:
            return f"{three_digits(nanoseconds / factor)} {unit}"
    return f"{three_digits(nanoseconds)} ns"


def show_bytes(number: float) -> str:
    for unit, factor in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if number >= factor:
            return f"{three_digits(number / factor)} {unit}"
    return f"{number:.0f} B"


def show(measured: Measured, tag: str) -> str:
    """Return the cost of a contender as people write it, or nothing."""
    value = measured.cost(tag)
    if value is None:
        return ""
    return show_bytes(value) if measured.unit == "bytes" else show_time(value)


def three_digits(number: float) -> str:
    """Return a number as short as three digits allow."""
    decimals = max(0, 2 - math.floor(math.log10(number))) if number > 0 else 0
    return f"{number:.{min(decimals, 3)}f}"
