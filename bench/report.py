"""Turn what was measured into docs/performance.md and its charts: ``python -m bench.report``."""

from __future__ import annotations

import argparse
import re
import sys
import typing as t
from pathlib import Path

from . import charts
from .contenders import CONTENDERS
from .processes import ROOT
from .results import LATEST, Measured, Results, load, show, show_bytes, three_digits
from .workloads import WORKLOADS

#: Those of the chart of requests, from slow to fast. The table has all.
_DRAWN = ("flask", "falcon", "pure", "compiled")
_ROUTERS = ("flask", "falcon", "pure", "compiled")
#: What the groups of operations are about, in the order in which they are told.
_GROUPS = {
    "cycle": "A request",
    "local": "Proxies",
    "context": "Contexts",
    "routing": "Routes",
    "urls": "URLs",
    "startup": "Before the first request",
}
_REMARKS = {
    "cycle": "From the call of the application to the close of its answer. The means are over the"
    "\nrows that both have. Of an upload, a session and a template, bare WSGI shows what the"
    "\nlibrary takes that Flask has for it: Werkzeug's parser of forms, ItsDangerous, Jinja.",
    "local": "One use of what is current. Without a framework: the same use of the object itself.",
    "context": "Entering and leaving what is current, and looking it up.",
    "routing": "From a path to a rule and its arguments: kind of rules, their number, and whether"
    " the\npath is found, is not, or is for another method. `api n`: n arguments, in an API of 302"
    " rules.",
    "urls": "From an endpoint to a URL, in a request.",
    "startup": "Until the first answer with so many rules. Importing and memory: a fresh"
    " interpreter,\nwhose own part stands under bare WSGI.",
}


def _name(name: str) -> str:
    if name in WORKLOADS:
        return WORKLOADS[name].title
    return re.sub(r"[_\[\]-]+", " ", name).strip()


def _present(group: dict[str, Measured]) -> list[str]:
    return [tag for tag in CONTENDERS if any(tag in each.samples for each in group.values())]


def _cell(measured: Measured, tag: str) -> str:
    """Return a cost, and how many times less it is than Flask's."""
    text = show(measured, tag)
    if not text:
        return "–"
    ratio = measured.ratio(tag, "flask")
    if ratio is not None and tag != "flask":
        text += f" ({three_digits(ratio)}×)"
    return f"**{text}**" if tag == "compiled" else text


def table(results: Results, name: str) -> list[str]:
    """Return the Markdown table of a group, a row for each operation."""
    group = results.group(name)
    tags = _present(group)
    lines = [
        f"| | {' | '.join(CONTENDERS[tag].title for tag in tags)} |",
        f"| --- |{' ---: |' * len(tags)}",
    ]
    for key, measured in group.items():
        cells = [_cell(measured, tag) for tag in tags]
        lines.append(f"| {_name(key)} | {' | '.join(cells)} |")
    if name == "cycle":
        for reference in ("flask", "falcon"):
            means = [results.mean_ratio(name, tag, reference) for tag in tags]
            cells = ["–" if mean is None else f"{three_digits(mean)}×" for mean in means]
            title = CONTENDERS[reference].title
            lines.append(f"| *geometric mean, to {title}* | {' | '.join(cells)} |")
    return lines


def _requests_chart(results: Results) -> str | None:
    rows = []
    for name, measured in results.group("cycle").items():
        costs = {tag: cost for tag in _DRAWN if (cost := measured.cost(tag)) is not None}
        ratio = measured.ratio("compiled", "flask")
        if costs:
            remark = "" if ratio is None else f"{ratio:.0f}×" if ratio > 9.5 else f"{ratio:.1f}×"
            rows.append(charts.Row(_name(name), costs, remark))
    if not rows:
        return None
    names = {tag: CONTENDERS[tag].title for tag in _DRAWN}
    subtitle = (
        "processor time of one request, shorter is better; at the right: times faster than Flask"
    )
    return charts.bars("What a request costs", subtitle, rows, names)


def _lines_chart(
    results: Results, group: str, pattern: str, title: str, subtitle: str
) -> str | None:
    """Return a chart over the number of rules, which stands for ``{}`` in the pattern."""
    series: dict[str, list[tuple[float, float]]] = {}
    for size in (1, 10, 100, 1_000, 10_000):
        measured = results.group(group).get(pattern.format(size))
        for tag in _ROUTERS:
            if measured is not None and (cost := measured.cost(tag)) is not None:
                series.setdefault(tag, []).append((size, cost))
    if not series:
        return None
    names = {tag: CONTENDERS[tag].title for tag in _ROUTERS}
    return charts.lines(title, subtitle, series, names, "rules")


def draw(results: Results) -> dict[str, str]:
    """Return the charts by the names of their files."""
    drawn = {
        "requests.svg": _requests_chart(results),
        "matching.svg": _lines_chart(
            results,
            "routing",
            "match[mixed-{}-hit]",
            "Finding a route among many",
            "time to match a path, by the number of rules; lower is better",
        ),
        "starting.svg": _lines_chart(
            results,
            "startup",
            "start[int-{}]",
            "Starting with many routes",
            "time to add the rules and give the first answer; lower is better",
        ),
    }
    return {name: text for name, text in drawn.items() if text is not None}


def _stack(stack: t.Sequence[dict[str, t.Any]]) -> list[str]:
    lines = [
        "## The whole stack",
        "",
        "One worker process on one core, the client on another; the client is part of the limit.",
        "",
        "| server | application | requests/s | p50 | p99 | memory |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for row in stack:
        lines.append(
            f"| {row['server']} | {row['application']} | {row['rate']:,.0f} |"
            f" {row['p50']:.2f} ms | {row['p99']:.2f} ms | {show_bytes(row['memory'])} |"
        )
    return [*lines, ""]


def _elsewhere(results: Results) -> list[str]:
    """Return what requests cost with another interpreter."""
    machine = results.machine
    return [
        f"### On {machine['python']}",
        "",
        f"Revision {machine['commit']}, {machine['date']}; {machine['processor']}, load"
        f" {machine['load']} at the start; passes: {results.options['passes']}.",
        "",
        *table(results, "cycle"),
        "",
    ]


def write(results: Results, drawn: t.Iterable[str], others: t.Iterable[Results] = ()) -> str:
    """Return the page.

    :param others: runs with other interpreters, whose requests are told, too.
    """
    machine = results.machine
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    lines = [
        "# Performance",
        "",
        "Written by `make bench-report`; [bench/README.md](../bench/README.md) tells how this is",
        "measured and how to repeat it. Times depend on the machine; trust the ratios, which"
        " compare",
        "with Flask in the same run (2× is half the time).",
        "",
        f"- Machine: {machine['processor']}, {machine['cores']} cores, {machine['system']};"
        f" load {machine['load']} at the start",
        f"- {machine['python']} ({machine['compiler']})",
        f"- {versions}",
        f"- Revision {machine['commit']}, {machine['date']},"
        f" {len(results.operations)} operations, passes: {results.options['passes']}",
        *(() if results.is_complete else ("- The run was ended before all was measured",)),
        *(f"- Left out: {CONTENDERS[tag].title}, {why}" for tag, why in results.missing.items()),
        "",
    ]
    for name in drawn:
        title = name.removesuffix(".svg")
        lines += [f"![{title}]({name})", ""]
    for name, title in _GROUPS.items():
        if results.group(name):
            lines += [f"## {title}", "", _REMARKS[name], "", *table(results, name), ""]
        if name == "cycle":
            for other in others:
                lines += _elsewhere(other)
    if results.stack:
        lines += _stack(results.stack)
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.report", description=__doc__)
    parser.add_argument("--results", type=Path, default=LATEST, help="what a run has saved")
    parser.add_argument(
        "--others",
        type=Path,
        nargs="*",
        default=(),
        metavar="RESULTS",
        help="copies of what runs with other interpreters have saved",
    )
    parser.add_argument("--into", type=Path, default=ROOT / "docs", help="folder to write to")
    options = parser.parse_args()

    for path in (options.results, *options.others):
        if not path.exists():
            print(f"bench: there is no {path}: run make bench", file=sys.stderr)
            return 1
    results = load(options.results)
    options.into.mkdir(parents=True, exist_ok=True)
    drawn = draw(results)
    for name, text in drawn.items():
        (options.into / name).write_text(text)
    (options.into / "performance.md").write_text(write(results, drawn, map(load, options.others)))
    print(f"wrote {options.into}/performance.md and {', '.join(drawn)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
