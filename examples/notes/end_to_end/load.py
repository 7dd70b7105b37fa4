"""Many requests at once: bounded in number and time, and to this machine alone."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

#: Does what it does on a connection, and returns what is wrong with the answer.
Visit = Callable[[http.client.HTTPConnection], str | None]


def page(path: str, **headers: str) -> Visit:
    """Read a page, and expect a 200."""

    def visit(connection: http.client.HTTPConnection) -> str | None:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.read()
        return None if response.status == 200 else f"{path}: {response.status}"

    return visit


@dataclass
class Load:
    """Visits by several threads, each of which keeps its connection open.

    :param url: the site.
    :param visits: they take turns.
    :param count: how many in all.
    :param seconds: when it ends, done or not.
    """

    url: str
    visits: Sequence[Visit]
    count: int
    threads: int = 4
    seconds: float = 500
    #: Seconds that each of the good ones took.
    latencies: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    took: float = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = 0
        self._since = time.perf_counter()
        self._threads = [threading.Thread(target=self._work) for _ in range(self.threads)]

    def start(self) -> Load:
        """Begin."""
        self._since = time.perf_counter()
        for thread in self._threads:
            thread.start()
        return self

    def finish(self) -> Load:
        """Wait for the end."""
        for thread in self._threads:
            thread.join()
        self.took = time.perf_counter() - self._since
        return self

    @property
    def runs(self) -> bool:
        """Whether it is at work."""
        return any(thread.is_alive() for thread in self._threads)

    @property
    def done(self) -> int:
        """How many have succeeded."""
        return len(self.latencies)

    def percentile(self, share: float) -> float:
        """Milliseconds within which such a share of the visits was done."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000

    def _next(self) -> Visit | None:
        with self._lock:
            if self._begun == self.count or time.perf_counter() - self._since > self.seconds:
                return None
            self._begun += 1
            return self.visits[self._begun % len(self.visits)]

    def _work(self) -> None:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        while visit := self._next():
            began = time.perf_counter()
            try:
                wrong = visit(connection)
            except (OSError, http.client.HTTPException) as error:
                wrong = repr(error)
                connection.close()
            if wrong is None:
                self.latencies.append(time.perf_counter() - began)
            else:
                self.failures.append(wrong)
        connection.close()
