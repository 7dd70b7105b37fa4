"""Charts as SVG, drawn without any library, in colours that read on light and dark pages alike."""

from __future__ import annotations

import math
import re
import typing as t
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .results import show_time

#: fastflask stands out; the others are told apart and stay in the background.
COLOURS = {
    "compiled": "#2f81f7",
    "pure": "#69aef5",
    "flask": "#8b949e",
    "falcon": "#e3873a",
    "bottle": "#b08bd0",
    "pyramid": "#c76b7a",
    "wheezy": "#4fae7c",
    "raw": "#b5a642",
}
_INK = "#7d8590"
_FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"


@dataclass
class Row:
    """One line of bars: nanoseconds by contender, and a remark at its end."""

    title: str
    values: dict[str, float]
    remark: str = ""


class Drawing:
    """Collects the elements of one picture."""

    def __init__(self, title: str, subtitle: str, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' width="{width}" height="{height}" font-family="{_FONT}" font-size="13" role="img">',
            f"<title>{escape(title)}</title>",
        ]
        self.text(16, 28, title, size=18, weight=600)
        self.text(16, 48, subtitle)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: int = 13,
        weight: int = 400,
        anchor: str = "start",
        colour: str = _INK,
    ) -> None:
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}"'
            f' text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'
        )

    def box(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1.0):.1f}" height="{height:.1f}"'
            f' rx="1.5" fill="{colour}"/>'
        )

    def rule(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """Draw a line of the grid."""
        self.parts.append(
            f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{_INK}" stroke-opacity=".25"/>'
        )

    def line(self, points: t.Sequence[tuple[float, float]], colour: str, width: float) -> None:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"'
            ' stroke-linejoin="round" stroke-linecap="round"/>'
        )

    def dot(self, x: float, y: float, colour: str) -> None:
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>')

    def legend(self, x: float, y: float, names: dict[str, str]) -> None:
        for tag, name in names.items():
            self.box(x, y - 10, 12, 12, COLOURS[tag])
            self.text(x + 18, y, name)
            x += 44 + 6.6 * len(name)

    def finish(self) -> str:
        return "\n".join([*self.parts, "</svg>"]) + "\n"


def bars(title: str, subtitle: str, rows: t.Sequence[Row], names: dict[str, str]) -> str:
    """Return a chart of horizontal bars. Those too long for the page end in a break.

    :param title: what the chart says.
    :param subtitle: what is measured, and which way is better.
    :param rows: from top to bottom.
    :param names: the contenders, in their order within a row.
    """
    thick, gap, left, width, top = 8, 10, 140, 860, 112
    bottom = top + sum(thick * len(row.values) + gap for row in rows)
    right = width - 120
    drawing = Drawing(title, subtitle, width, bottom + 14)
    drawing.legend(16, 74, names)

    # The longest bars of a few rows must not make all others too short to compare.
    longest = sorted(max(row.values.values()) for row in rows)
    scale = 1.05 * longest[int((len(longest) - 1) * 0.8)]
    for tick in _ticks(scale):
        x = left + (right - left) * tick / scale
        drawing.rule(x, top - 8, x, bottom)
        drawing.text(x, top - 12, _round(tick), size=11, anchor="middle")

    y = float(top)
    for row in rows:
        middle = y + thick * len(row.values) / 2 + 4
        drawing.text(left - 10, middle, row.title, anchor="end")
        for tag in names:
            value = row.values.get(tag)
            if value is None:
                continue
            length = (right - left) * value / scale
            if length > right - left:
                drawing.box(left, y, right - left - 9, thick - 1, COLOURS[tag])
                drawing.box(right - 6, y, 6, thick - 1, COLOURS[tag])
                drawing.text(right + 4, y + 7, show_time(value), size=8)
            else:
                drawing.box(left, y, length, thick - 1, COLOURS[tag])
            y += thick
        colour = COLOURS["compiled"]
        drawing.text(width - 14, middle, row.remark, weight=600, anchor="end", colour=colour)
        y += gap
    return drawing.finish()


def _round(nanoseconds: float) -> str:
    """Return a round time without a fraction."""
    return re.sub(r"\.0+ ", " ", show_time(nanoseconds))


def _ticks(scale: float) -> list[float]:
    """Return round numbers for about five lines of a grid."""
    power = 10 ** math.floor(math.log10(scale))
    step = next(step for step in (power / 5, power / 2, power, power * 2) if scale / step <= 6)
    return [step * number for number in range(1, int(scale / step) + 1)]


def lines(
    title: str,
    subtitle: str,
    series: dict[str, list[tuple[float, float]]],
    names: dict[str, str],
    unit: str,
) -> str:
    """Return a chart of lines, with both axes logarithmic.

    :param title: what the chart says.
    :param subtitle: what is measured, and which way is better.
    :param series: points by contender: a number, and nanoseconds.
    :param names: the contenders, and how to call them at the end of their line.
    :param unit: what the number counts.
    """
    width, height, left, top, right, bottom = 720, 400, 74, 76, 540, 348
    drawing = Drawing(title, subtitle, width, height)
    points = [point for line in series.values() for point in line]
    low_x, high_x = (round(f(math.log10(x) for x, _ in points)) for f in (min, max))
    low_y = math.floor(min(math.log10(y) for _, y in points))
    high_y = math.ceil(max(math.log10(y) for _, y in points))

    def place(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - low_x) / max(high_x - low_x, 1)
        up = (math.log10(y) - low_y) / max(high_y - low_y, 1)
        return left + (right - left) * across, bottom - (bottom - top) * up

    for power in range(low_y, high_y + 1):
        _, y = place(1, 10**power)
        drawing.rule(left, y, right, y)
        drawing.text(left - 10, y + 4, _round(10**power), anchor="end")
    for power in range(low_x, high_x + 1):
        x, _ = place(10**power, 1)
        drawing.text(x, bottom + 20, f"{10**power:,}", anchor="middle")
    drawing.text((left + right) / 2, bottom + 40, unit, anchor="middle")

    ends = []
    for tag, line in series.items():
        drawing.line([place(*point) for point in line], COLOURS[tag], 3 if tag == "compiled" else 2)
        for point in line:
            drawing.dot(*place(*point), COLOURS[tag])
        ends.append((place(*line[-1])[1] + 4, tag, line[-1][1]))

    # Labels of lines that end close together move apart.
    last = -100.0
    for y, tag, value in sorted(ends):
        last = max(y, last + 17)
        weight = 600 if tag == "compiled" else 400
        label = f"{names[tag]} {show_time(value)}"
        drawing.text(right + 12, last, label, weight=weight, colour=COLOURS[tag])
    return drawing.finish()
