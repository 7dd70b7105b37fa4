"""Fail if fastflask has lost speed beside Flask and Falcon: ``python -m bench.gate --help``.

``gate.json`` says what was reached: for each operation how many times faster than Flask, and than
Falcon, once by time and once by instructions. Time is what counts, and needs a wide margin.
Instructions come out the same each time, so that a small loss shows.
"""

from __future__ import annotations

import argparse
import json
import sys
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import counts
from .answers import Differ
from .contenders import COMPILED, CONTENDERS, PURE
from .operations import collect
from .processes import Failed, Skipped
from .run import run

TABLE = Path(__file__).with_name("gate.json")
#: What may be lost before it counts: by time, and by instructions.
MARGINS = {"time": 0.20, "instructions": 0.04}
REFERENCES = ("flask", "falcon")
SIDES = (COMPILED.tag, PURE.tag)
#: By time, these groups.
_GROUPS = ("cycle/", "local/request_method", "routing/api", "urls/")
#: What seems lost by time is measured again, so often.
_RETRIES = 2
#: Seeds of hashes. What seems lost by instructions with the first is counted with the others too.
_SEEDS = (0, 1, 2)

#: Side, operation, reference: ratio.
Ratios = dict[str, dict[str, dict[str, float]]]


def measure_time(names: t.Sequence[str]) -> Ratios:
    """Return the ratios of the operations by time."""
    operations = [operation for name, operation in collect().items() if name in names]
    results = run(operations, [*SIDES, *REFERENCES], passes=1, minutes=0.08 * len(operations))
    _require(results.missing)
    if results.failed:
        raise Failed(f"these operations failed: {results.failed}")
    ratios: Ratios = {}
    for name, measured in results.operations.items():
        for side in SIDES:
            for reference in REFERENCES:
                ratio = measured.ratio(side, reference)
                if ratio is not None:
                    ratios.setdefault(side, {}).setdefault(name, {})[reference] = ratio
    return ratios


class Instructions:
    """The least instructions that each contender needed for each operation."""

    def __init__(self) -> None:
        if not counts.is_possible():
            raise Failed("valgrind is needed to count instructions; --only time does without")
        _require({tag: why for tag in SIDES if (why := CONTENDERS[tag].missing()) is not None})
        self.least: dict[str, dict[str, float]] = {}

    def count(self, tags: t.Iterable[str], seeds: t.Iterable[int]) -> None:
        """Count once more, with each of the seeds of hashes."""
        jobs = [(tag, seed) for seed in seeds for tag in tags if not CONTENDERS[tag].missing()]
        print("counting instructions, which takes minutes", file=sys.stderr)
        with ThreadPoolExecutor(max_workers=2) as pool:
            found = pool.map(lambda job: counts.count(CONTENDERS[job[0]], job[1]), jobs)
            for (tag, _), numbers in zip(jobs, found, strict=True):
                least = self.least.setdefault(tag, numbers)
                for name, number in numbers.items():
                    least[name] = min(number, least[name])

    def ratios(self) -> Ratios:
        return {
            side: {
                name: {
                    reference: self.least[reference][name] / own
                    for reference in REFERENCES
                    if name in self.least.get(reference, ())
                }
                for name, own in self.least[side].items()
            }
            for side in SIDES
        }


def measure_instructions() -> Ratios:
    """Return the ratios of some operations by instructions."""
    found = Instructions()
    found.count((*SIDES, *REFERENCES), _SEEDS)
    return found.ratios()


def _require(missing: t.Mapping[str, str]) -> None:
    for tag in (*SIDES, "flask"):
        if tag in missing:
            raise Failed(f"{CONTENDERS[tag].title} is not there to be measured: {missing[tag]}")


def find_lost(reached: Ratios, found: Ratios, margin: float) -> dict[str, list[str]]:
    """Return what was lost, as texts by operation.

    :param reached: ratios that may not be lost.
    :param found: those of now.
    :param margin: the part of a ratio that may be missing.
    """
    lost: dict[str, list[str]] = {}
    for side, names in reached.items():
        for name, references in names.items():
            for reference, ratio in references.items():
                now = found.get(side, {}).get(name, {}).get(reference)
                text = f"{name} ({side}): {ratio:.3g}× {CONTENDERS[reference].title} was reached"
                if now is None:
                    lost.setdefault(name, []).append(f"{text}, now it is not measured")
                elif now < ratio * (1 - margin):
                    lost.setdefault(name, []).append(f"{text}, now it is {now:.3g}×")
    return lost


def check(reached: dict[str, Ratios], kinds: t.Iterable[str]) -> list[str]:
    """Measure, and return what was lost."""
    texts = []
    for kind in kinds:
        if kind == "instructions":
            lost = _check_instructions(reached[kind])
        else:
            lost = _check_time(reached[kind])
        texts += [f"{kind}: {text}" for found in lost.values() for text in found]
    return texts


def _check_instructions(reached: Ratios) -> dict[str, list[str]]:
    found, margin = Instructions(), MARGINS["instructions"]
    found.count((*SIDES, *REFERENCES), _SEEDS[:1])
    lost = find_lost(reached, found.ratios(), margin)
    if lost:
        print(f"counting again: {', '.join(lost)}", file=sys.stderr)
        found.count(SIDES, _SEEDS[1:])
        lost = find_lost(reached, found.ratios(), margin)
    return lost


def _check_time(reached: Ratios) -> dict[str, list[str]]:
    names: t.Collection[str] = {name for of_side in reached.values() for name in of_side}
    lost: dict[str, list[str]] = {}
    for attempt in range(1 + _RETRIES):
        if attempt:
            print(f"measuring again: {', '.join(names)}", file=sys.stderr)
        wanted = {
            side: {name: ratios for name, ratios in of_side.items() if name in names}
            for side, of_side in reached.items()
        }
        lost = find_lost(wanted, measure_time(sorted(names)), MARGINS["time"])
        names = lost.keys()
        if not lost:
            break
    return lost


def _rounded(ratios: Ratios) -> Ratios:
    return {
        side: {
            name: {reference: float(f"{ratio:.3g}") for reference, ratio in references.items()}
            for name, references in names.items()
        }
        for side, names in ratios.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.gate", description=__doc__)
    parser.add_argument("--only", choices=list(MARGINS), help="only by this")
    parser.add_argument("--update", action="store_true", help="take what is found for reached")
    options = parser.parse_args()
    kinds = [options.only] if options.only else ["instructions", "time"]

    # What an interpreter specialises differs from release to release, so each has its own table.
    python = ".".join(map(str, sys.version_info[:2]))
    tables = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    try:
        if options.update:
            table = tables.setdefault(python, {})
            if "instructions" in kinds:
                table["instructions"] = _rounded(measure_instructions())
            if "time" in kinds:
                names = [name for name in collect() if name.startswith(_GROUPS)]
                table["time"] = _rounded(measure_time(names))
            TABLE.write_text(json.dumps(tables, indent=1) + "\n")
            print(f"wrote {TABLE}")
            return 0
        unknown = [kind for kind in kinds if kind not in tables.get(python, {})]
        if unknown:
            what = " and ".join(unknown)
            print(f"bench: {TABLE.name} has no {what} for Python {python}: --update writes it")
            return 1
        lost = check(tables[python], kinds)
    except (Failed, Differ, Skipped) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1

    for text in lost:
        print(f"LOST {text}")
    margins = " and ".join(f"{MARGINS[kind]:.0%} of {kind}" for kind in kinds)
    print(f"{len(lost)} ratios lost" if lost else f"nothing lost beyond {margins}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
