"""What fastflask saves here: the application on Flask and on fastflask, on the same database.

    python savings.py [--rounds 60] [--requests 100]

The two take turns, a few requests each, so that what else the machine does hits both. Each is one
worker process of gunicorn with four threads, asked by four connections, with PostgreSQL and Redis
beside it. The seconds of processor time are those of the server's processes, and below them
PostgreSQL's; they depend less on what else the machine does than the times of answers. Rates and
seconds are medians of the rounds. What is saved is compared round by round: the median, and the
range that holds the middle half of the rounds.
"""

from __future__ import annotations

import argparse
import http.client
import re
import statistics
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from application import SERVERS, Place, Site, serving
from client import PASSWORD, Client
from load import Load, Visit, page
from services import postgresql, redis

FRAMEWORKS = ("flask", "fastflask")
NOTES = 100
SERVER = SERVERS["gunicorn-gthread"].replace("--no-control", "--workers 1 --no-control")


def log_in(connection: http.client.HTTPConnection) -> str | None:
    """Open the login page, and send its form: two requests."""
    connection.request("GET", "/auth/login")
    response = connection.getresponse()
    token = re.search(r'name="csrf_token" value="([^"]+)"', response.read().decode())
    cookie = response.headers["Set-Cookie"].partition(";")[0]
    assert token is not None
    form = {"username": "anna", "password": PASSWORD, "csrf_token": token[1]}
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    connection.request("POST", "/auth/login", urlencode(form), kind)
    response = connection.getresponse()
    response.read()
    return None if response.status == 302 else f"login: {response.status}"


def processor_seconds(pid: int) -> float:
    """What the threads of a process, and of its children, have used up."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        nanoseconds = sum(int((each / "schedstat").read_text().split()[0]) for each in threads)
        children = [pid for each in threads for pid in (each / "children").read_text().split()]
    except OSError:
        # It has just ended.
        return 0
    return nanoseconds / 1e9 + sum(processor_seconds(int(child)) for child in children)


@dataclass
class Measured:
    """What one framework needed for one kind of visit, round by round."""

    rates: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)

    def add(self, load: Load, server: float, database: float) -> None:
        """Add one round."""
        if load.failures:
            raise SystemExit(f"failed: {load.failures[:3]}")
        self.rates.append(load.done / load.took)
        self.latencies += load.latencies
        self.server.append(server / load.done * 10_000)
        self.database.append(database / load.done * 10_000)

    def row(self) -> list[float]:
        """Visits a second, p50 and p99 in ms, seconds of server and database for 10,000 visits."""
        ordered = sorted(self.latencies)
        p50, p99 = (ordered[int(len(ordered) * share)] * 1000 for share in (0.5, 0.99))
        rounds = (self.server, self.database)
        return [statistics.median(self.rates), p50, p99, *map(statistics.median, rounds)]


def measure(
    sites: dict[str, Site], visits: dict[str, Visit], database: int, rounds: int, requests: int
) -> dict[str, dict[str, Measured]]:
    """Let the frameworks take turns."""
    found: dict[str, dict[str, Measured]] = {
        name: {framework: Measured() for framework in FRAMEWORKS} for name in visits
    }
    for number in range(rounds + 1):
        for name, visit in visits.items():
            count = requests // 10 if name == "login" else requests
            # Every other round the other way about.
            for framework in FRAMEWORKS[:: -1 if number % 2 else 1]:
                site = sites[framework]
                processes = (site.process.pid, database)
                before = [processor_seconds(pid) for pid in processes]
                load = Load(site.url, [visit], count).start().finish()
                after = [processor_seconds(pid) for pid in processes]
                # The first round warms up.
                if number:
                    used = (late - early for early, late in zip(before, after, strict=True))
                    found[name][framework].add(load, *used)
    return found


def report(found: dict[str, dict[str, Measured]]) -> None:
    """Print the table: from Flask to fastflask."""
    heads = ("visits a second", "p50 ms", "p99 ms", "CPU s", "saved", "PostgreSQL's CPU s")
    print(f"| | {' | '.join(heads)} |")
    print("| --- |" + " ---: |" * len(heads))
    for name, of in found.items():
        rows = [of[framework].row() for framework in FRAMEWORKS]
        rate, p50, p99, server, database = (
            f"{before:.{digits}f} → {after:.{digits}f}"
            for before, after, digits in zip(*rows, (0, 1, 1, 1, 1), strict=True)
        )
        rounds = zip(*(of[framework].server for framework in FRAMEWORKS), strict=True)
        low, middle, high = statistics.quantiles(1 - after / before for before, after in rounds)
        saved = f"{middle:.0%} ({low * 100:.0f} to {high:.0%})"
        print(f"| {' | '.join([name, rate, p50, p99, server, saved, database])} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--requests", type=int, default=100, help="a round; login: a tenth")
    options = parser.parse_args()

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="notes-savings-")))
        database, store = (stack.enter_context(make()) for make in (postgresql, redis))
        services = {"DATABASE_URL": database.url, "REDIS_URL": store.url}
        places = {name: Place(name, folder, services) for name in FRAMEWORKS}
        places["flask"].run("flask --app notes db upgrade")
        sites = {
            name: stack.enter_context(serving(place, name, line=SERVER))
            for name, place in places.items()
        }

        client = Client(sites["flask"].url)
        client.sign_up("anna")
        for number in range(NOTES):
            path = client.write(f"Note {number}", "A thought from the train. " * 20)
        token = f"Bearer {client.make_token()}"
        visits = {
            "list of 12 notes, a page": page("/", Cookie=client.cookie),
            "one note, a page": page(path, Cookie=client.cookie),
            "list of 12 notes, API": page("/api/notes", Authorization=token),
            "one note, API": page(f"/api{path}", Authorization=token),
            "health, API": page("/health"),
            "login": log_in,
        }
        report(measure(sites, visits, database.pid, options.rounds, options.requests))


if __name__ == "__main__":
    main()
