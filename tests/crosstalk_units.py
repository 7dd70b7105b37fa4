"""The units of work of ``crosstalk.py``, each with a token that nobody else may see.

A unit is a request with its token in the path, in ``g`` and in the session. Wherever it was
suspended, and other units went on, it compares what is current with its token: one check for each
of ``request``, ``g``, ``session`` and ``current_app``. Another unit's value is foreign; an old
value of its own, or none, is stale.
"""

from __future__ import annotations

import time
import typing as t
from _thread import get_ident
from dataclasses import dataclass, field
from itertools import count

from fastflask import Flask, current_app, g, request, session, stream_with_context

Due = tuple[str, str, str, str]
NOTHING = ("no request",) * 4
# Problems are counted; of so many the text is kept.
KEPT = 20


def view(number: int) -> t.Any:
    unit: Unit = request.environ["crosstalk.unit"]
    unit.mark(unit.app, "v")
    if unit.streams:
        return stream_with_context(unit.body())
    for _ in unit.steps():
        unit.suspend()
    return unit.path


def make_app(name: str) -> Flask:
    app = Flask(name)
    app.secret_key = name
    app.add_url_rule("/<int:number>", view_func=view)
    # A teardown still sees the request that it ends.
    app.teardown_request(lambda error: request.environ["crosstalk.unit"].look())
    return app


# None is a prefix of another, so that their names are never taken for one another's.
APPS = [make_app(f"app-{letter}") for letter in "abc"]


@dataclass
class Tally:
    """What one thread has counted; summed when the thread has ended."""

    units: int = 0
    looks: int = 0
    checks: int = 0
    foreign: int = 0
    stale: int = 0
    watched: int = 0
    wrong: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        for name in ("units", "looks", "checks", "foreign", "stale", "watched", "wrong"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.problems += other.problems[: KEPT - len(self.problems)]

    def note(self, kind: str, text: str) -> None:
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.problems) < KEPT:
            self.problems.append(f"{kind}: {text}")

    @property
    def good(self) -> bool:
        return not (self.foreign or self.stale or self.wrong or self.problems)


class Flight:
    """The units that are under way, for the watcher to compare with."""

    def __init__(self) -> None:
        self.numbers = count(1)
        self.units: dict[int, Unit] = {}
        # Those that have ended not long ago, and when.
        self.late: dict[int, tuple[Unit, float]] = {}
        self.threads: dict[int, str] = {}

    def begin(self, unit: Unit) -> None:
        self.units[unit.number] = unit

    def end(self, unit: Unit) -> None:
        self.late[unit.number] = unit, time.monotonic()
        del self.units[unit.number]

    def find(self, number: int) -> Unit | None:
        unit = self.units.get(number)
        if unit is None:
            unit, _ = self.late.get(number, (None, 0.0))
        return unit

    def prune(self, now: float) -> None:
        """Forget what ended before this moment: whoever looks from now on must not find it."""
        for number, (_, ended) in list(self.late.items()):
            if ended < now:
                del self.late[number]


class Unit:
    """One unit of work: a request with a token of its own.

    :param outer: the unit inside whose request it is made, whose values it finds and leaves.
    """

    streams = False
    # The unit inside this one's request, while there is one.
    inner: Unit | None = None

    def __init__(
        self,
        flight: Flight,
        tally: Tally,
        suspend: t.Callable[[], object] | None = None,
        outer: Unit | None = None,
    ) -> None:
        self.flight, self.tally, self.outer = flight, tally, outer
        # Only a unit that goes the whole way through the application suspends itself.
        self.suspend = suspend or (lambda: None)
        self.number = number = next(flight.numbers)
        self.path = f"/{number}"
        # A context of the same application would share the outer one's ``g``.
        apps = [app for app in APPS if outer is None or app.name != outer.due[3]]
        self.app, self.other = apps[number % len(apps)], apps[(number + 1) % len(apps)]
        self.ident = get_ident()
        self.due: Due = NOTHING

    def environ(self) -> dict[str, t.Any]:
        return {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
            "crosstalk.unit": self,
        }

    def serve(self) -> None:
        """Go the whole way through the application, as under a server."""
        self.begin()
        self.streams = self.number % 4 == 0
        body: t.Any = self.app(self.environ(), lambda status, headers, exc_info=None: None)
        text = b"".join(body).decode()
        body.close()
        if text != self.path:
            self.tally.note("foreign", f"{self.path} was answered {text!r}")
        self.end()

    def steps_in_context(self) -> t.Iterator[None]:
        """Do the work in a context pushed by hand; a ``yield`` is a suspension."""
        self.begin()
        with self.app.request_context(self.environ()):
            yield from self.steps()
        self.end()

    def body(self) -> t.Iterator[str]:
        yield self.path[0]
        for _ in self.steps():
            self.suspend()
            yield ""
        yield self.path[1:]

    def steps(self) -> t.Iterator[None]:
        """Look again and again, in this context and in others over it."""
        self.mark(self.app, "a")
        yield
        self.look()

        with self.other.app_context():
            kept = self.due
            self.mark(self.other, "b")
            yield
            self.look()
            if self.outer is None and self.number % 8 == 1:
                self.inner = Unit(self.flight, self.tally, outer=self)
                yield from self.inner.steps_in_context()
                self.inner = None
                self.look()
        # The session is the request's, so its newer mark stays.
        self.due = kept[0], kept[1], self.due[2], kept[3]
        self.look()

        self.mark(self.app, "c")
        yield
        self.look()

    def mark(self, app: Flask, step: str) -> None:
        mark = f"{self.number}{step}"
        g.mark = session["mark"] = mark
        self.due = self.path, mark, mark, app.name

    def begin(self) -> None:
        self.look_outside()
        self.flight.begin(self)

    def end(self) -> None:
        self.flight.end(self)
        self.tally.units += 1
        self.look_outside()

    def look_outside(self) -> None:
        if self.outer is not None:
            # Under the tally of this unit's thread.
            self.compare(self.outer.due)
        else:
            self.compare(NOTHING)

    def look(self) -> None:
        self.compare(self.due)

    def compare(self, due: Due) -> None:
        tally = self.tally
        tally.looks += 1
        tally.checks += 4
        if due is NOTHING and not (request or g or session or current_app):
            return
        try:
            if (request.path, g.mark, session["mark"], current_app.name) == due:
                return
        except (AttributeError, KeyError, RuntimeError):
            pass
        seen = (
            read(lambda: request.path),
            read(lambda: g.mark),
            read(lambda: session["mark"]),
            read(lambda: current_app.name),
        )
        names = ("request", "g", "session", "current_app")
        for name, have, want in zip(names, seen, due, strict=True):
            if have != want:
                # The tokens are digits, and those of one unit are the same in all values.
                kind = "stale" if have.startswith("no ") or is_own(have, due) else "foreign"
                tally.note(kind, f"{name} is {have}, not {want}")


def read(value: t.Callable[[], str]) -> str:
    try:
        return value()
    except RuntimeError:
        return NOTHING[0]
    except (AttributeError, KeyError):
        return "no mark"


def is_own(have: str, due: Due) -> bool:
    return have.strip("/abcv") == due[0].strip("/")
