"""What was measured: samples of each operation and contender, and what they come to.

Each round measures all contenders one right after the other. A ratio is the median of the ratios
within the rounds, so what disturbed a whole round, such as another program, cancels out.
"""

from __future__ import annotations

import json
import math
import typing as t
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from statistics import median

from .processes import ROOT

#: Not under version control.
LATEST = ROOT / ".benchmarks" / "latest.json"


@dataclass
class Measured:
    """One operation: for each contender one sample for each round."""

    unit: str = "ns"
    samples: dict[str, list[float]] = field(default_factory=dict)
    #: The same by the clock on the wall, for those who doubt processor time.
    wall: dict[str, list[float]] = field(default_factory=dict)

    def add(self, tag: str, sample: dict[str, float]) -> None:
        if "bytes" in sample:
            self.unit = "bytes"
            self.samples.setdefault(tag, []).append(sample["bytes"])
        else:
            self.samples.setdefault(tag, []).append(sample["cpu"])
            self.wall.setdefault(tag, []).append(sample["wall"])

    def median(self, tag: str) -> float | None:
        samples = self.samples.get(tag)
        return median(samples) if samples else None

    def ratio(self, tag: str, reference: str) -> float | None:
        """Return how many times cheaper *tag* is than *reference*: above one is better."""
        own, other = self.samples.get(tag), self.samples.get(reference)
        if not own or not other:
            return None
        return median(theirs / ours for ours, theirs in zip(own, other) if ours)

    def spread(self, tag: str) -> float:
        """Return the half of the middle half of the samples, as a part of their median."""
        samples = sorted(self.samples[tag])
        quarter = len(samples) // 4
        return (samples[-1 - quarter] - samples[quarter]) / 2 / median(samples)


@dataclass
class Results:
    """A whole run."""

    machine: dict[str, t.Any]
    options: dict[str, t.Any]
    missing: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, dict[str, str]] = field(default_factory=dict)
    operations: dict[str, Measured] = field(default_factory=dict)
    stack: list[dict[str, t.Any]] = field(default_factory=list)

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
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


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
    """Return the median of a contender as people write it, or nothing."""
    value = measured.median(tag)
    if value is None:
        return ""
    return show_bytes(value) if measured.unit == "bytes" else show_time(value)


def three_digits(number: float) -> str:
    """Return a number as short as three digits allow."""
    decimals = max(0, 2 - math.floor(math.log10(number))) if number > 0 else 0
    return f"{number:.{min(decimals, 3)}f}"
