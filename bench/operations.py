"""The operations that the ``bench_*`` functions name, made ready to be timed outside of pytest.

A bench function takes the fixtures ``benchmark`` and ``side`` and gives ``benchmark`` what is to be
timed. Under pytest that is pytest-benchmark's. Here it is a fixture that only takes note of it, so
that one definition serves both: people who look at one operation, and the runner, which interleaves
contenders.
"""

from __future__ import annotations

import importlib
import itertools
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from .contenders import Contender

_PREFIX = "bench_"


class Bytes(int):
    """What an operation returns that measures memory, not time."""


@dataclass
class Recorder:
    """Stands for the fixture ``benchmark``."""

    call: t.Callable[[], t.Any] | None = None
    extra_info: dict[str, t.Any] = field(default_factory=dict)

    def __call__(self, function: t.Callable[..., t.Any], *args: t.Any, **kwargs: t.Any) -> None:
        self.call = (lambda: function(*args, **kwargs)) if args or kwargs else function


@dataclass(frozen=True)
class Operation:
    """One bench function with one set of its parameters."""

    name: str
    function: t.Callable[..., t.Any]
    arguments: dict[str, t.Any]
    marks: frozenset[str]

    @property
    def group(self) -> str:
        return self.name.partition("/")[0]

    @property
    def is_heavy(self) -> bool:
        """Whether one call is a batch."""
        return "heavy" in self.marks

    @property
    def is_quick(self) -> bool:
        return not self.marks & {"heavy", "full"}

    def prepare(self, side: Contender) -> tuple[t.Callable[[], t.Any], int]:
        """Return what is timed, and how many operations a call of it does.

        Raises what :func:`pytest.skip` raises if the contender has no such operation.
        """
        recorder = Recorder()
        self.function(benchmark=recorder, side=side, **self.arguments)
        assert recorder.call is not None, f"{self.name} gave nothing to be timed"
        return recorder.call, recorder.extra_info.get("operations", 1)


def collect() -> dict[str, Operation]:
    """Return all operations by name, in the order in which the files have them."""
    found: dict[str, Operation] = {}
    folder = Path(__file__).parent
    for path in sorted(folder.glob(f"{_PREFIX}*.py")):
        module = importlib.import_module(f"{__package__}.{path.stem}")
        group = path.stem.removeprefix(_PREFIX)
        for name, function in vars(module).items():
            if name.startswith(_PREFIX) and callable(function):
                for operation in _expand(f"{group}/{name.removeprefix(_PREFIX)}", function):
                    found[operation.name] = operation
    return found


def _expand(name: str, function: t.Callable[..., t.Any]) -> t.Iterator[Operation]:
    """Yield an operation for each combination of parameters, as pytest does."""
    marks = list(getattr(function, "pytestmark", ()))
    axes = [_axis(mark) for mark in reversed(marks) if mark.name == "parametrize"]
    own = {mark.name for mark in marks if mark.name != "parametrize"}

    for combination in itertools.product(*axes):
        arguments = {key: value for key, value, _ in combination}
        suffix = "-".join(str(value) for value in arguments.values())
        yield Operation(
            f"{name}[{suffix}]" if suffix else name,
            function,
            arguments,
            frozenset(own.union(*(extra for _, _, extra in combination))),
        )


def _axis(mark: t.Any) -> list[tuple[str, t.Any, set[str]]]:
    key, values = mark.args
    axis = []
    for value in values:
        # Values with marks of their own come wrapped, as pytest.param makes them.
        extra = {mark.name for mark in getattr(value, "marks", ())}
        axis.append((key, value.values[0] if hasattr(value, "values") else value, extra))
    return axis


def repeat(statement: str, names: dict[str, t.Any], times: int = 100) -> t.Callable[[], None]:
    """Return a function that runs a statement many times, without a loop around it.

    For operations that cost less than calling a function does. Names are looked up as globals,
    as those of a module are.
    """
    source = f"def run():\n{f'    {statement}{chr(10)}' * times}"
    namespace = dict(names)
    exec(compile(source, "<bench>", "exec"), namespace)
    return t.cast("t.Callable[[], None]", namespace["run"])
