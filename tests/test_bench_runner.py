"""The runner of ``bench/``: in which order it measures, when it stops, and what it keeps."""

from __future__ import annotations

import itertools
import os
import sys
import threading
import time

import pytest

import fastflask
from bench import answers, operations, results, run, sweeps, worker
from bench.contenders import CONTENDERS


def empty() -> results.Results:
    return results.Results({}, {})


class Stub:
    """A worker that answers at once.

    :param costs: what its batches take, one after the other. The last goes on.
    """

    def __init__(self, tag: str, order: list[str] | None = None, costs: tuple[float, ...] = (1,)):
        self.side = CONTENDERS[tag]
        self.order = [] if order is None else order
        self.costs = [*costs]
        self.asked: list[str] = []
        self.is_closed = False

    def ask(self, do: str, **arguments: object) -> dict[str, object]:
        self.send(do, **arguments)
        return self.receive()

    def send(self, do: str, **arguments: object) -> None:
        self.asked.append(do)

    def receive(self) -> dict[str, object]:
        if self.asked[-1] == "answers":
            return {"whole": [self.side.tag], "meaning": ["same"]}
        if self.asked[-1] != "batch":
            return {}
        self.order.append(self.side.tag)
        cost = self.costs.pop(0) if len(self.costs) > 1 else self.costs[0]
        return {"cpu": cost, "wall": cost}

    def close(self) -> None:
        self.is_closed = True


def an_operation(name: str, *marks: str) -> operations.Operation:
    return operations.Operation(name, lambda: None, {}, frozenset(marks))


def visits(*visited: sweeps.Visited, seconds: float = 60) -> list[int]:
    """Sweep, and return how often each was visited."""
    end = time.monotonic() + seconds
    for _ in sweeps.sweep(visited, empty(), end, lambda doing: None):
        pass
    return [len(each.ready[0].asked) for each in visited]  # type: ignore[attr-defined]


@pytest.fixture
def no_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "SPREAD", 0.0)


@pytest.mark.usefixtures("no_spread")
def test_contenders_take_turns() -> None:
    order: list[str] = []
    stubs = {tag: Stub(tag, order) for tag in ("flask", "pure", "raw")}
    made = empty()
    (visited,) = sweeps.prepare([an_operation("cycle/hello")], stubs, made, print)  # type: ignore[arg-type]
    for _ in sweeps.sweep([visited], made, time.monotonic() + 60, lambda doing: None):
        pass
    rounds = [order[start : start + 3] for start in range(0, len(order), 3)]
    assert len(rounds) == sweeps.ENOUGH
    assert all(sorted(each) == ["flask", "pure", "raw"] for each in rounds)
    assert {each[0] for each in rounds} == {"flask", "pure", "raw"}
    assert len(made.operations["cycle/hello"].samples["pure"][0]) == sweeps.ENOUGH


@pytest.mark.usefixtures("no_spread")
def test_operation_that_has_not_settled_is_visited_more_often() -> None:
    disturbed = Stub("flask", costs=tuple(1.1**n for n in range(5 * sweeps.ENOUGH, -1, -1)))
    calm, restless = visits(
        sweeps.Visited(an_operation("cycle/hello"), [Stub("flask")]),  # type: ignore[list-item]
        sweeps.Visited(an_operation("cycle/rest"), [disturbed]),  # type: ignore[list-item]
    )
    assert restless == 5 * sweeps.ENOUGH + 5
    assert sweeps.ENOUGH < calm < restless / 2


def test_operation_is_not_settled_before_its_batches_are_spread() -> None:
    visited = sweeps.Visited(an_operation("cycle/hello"), [Stub("flask")])  # type: ignore[list-item]
    for _ in range(2 * sweeps.ENOUGH):
        visited.visit(empty())
    assert visited.measured.is_settled()
    assert not visited.is_settled()


def test_least_sweeps_take_place_when_the_time_is_up() -> None:
    visited = sweeps.Visited(an_operation("cycle/hello"), [Stub("flask")])  # type: ignore[list-item]
    assert visits(visited, seconds=-1) == [sweeps.LEAST]


def test_heavy_operation_is_visited_once() -> None:
    visited = sweeps.Visited(an_operation("startup/a", "heavy"), [Stub("flask")])  # type: ignore[list-item]
    assert visits(visited) == [1]


def test_operations_of_a_quick_run_are_measured_together() -> None:
    quick, full, heavy = an_operation("a"), an_operation("b", "full"), an_operation("c", "heavy")
    assert sweeps.share_sweeps([full, quick, heavy, quick]) == [[quick, quick], [full], [heavy]]
    assert sweeps.share_sweeps([heavy]) == [[], [heavy]]


def test_run_that_is_ended_keeps_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended(Stub):
        def receive(self) -> dict[str, object]:
            if self.asked.count("batch") > 5:
                raise KeyboardInterrupt
            return super().receive()

    stubs = [Ended("flask")]
    saved: list[results.Results] = []
    monkeypatch.setattr(run, "Process", lambda side: stubs[0])
    monkeypatch.setattr(run, "present", lambda tags: ([CONTENDERS["flask"]], {}))
    monkeypatch.setattr(results.Results, "save", lambda self: saved.append(self))
    with pytest.raises(KeyboardInterrupt):
        run.run([an_operation("cycle/hello")], ["flask"], passes=1, minutes=1, save=True)
    assert stubs[0].is_closed
    assert saved[-1].operations["cycle/hello"].samples == {"flask": [[1.0] * 5]}
    assert not saved[-1].is_complete


@pytest.mark.usefixtures("no_spread")
def test_slow_operations_are_measured_in_the_last_pass_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "Process", lambda side: Stub("flask"))
    monkeypatch.setattr(run, "present", lambda tags: ([CONTENDERS["flask"]], {}))
    both = [an_operation("startup/a", "heavy"), an_operation("cycle/hello")]
    made = run.run(both, ["flask"], passes=3, minutes=1)
    passes = {name: measured.samples["flask"] for name, measured in made.operations.items()}
    assert [*passes] == ["startup/a", "cycle/hello"]
    assert passes == {"cycle/hello": [[1.0] * sweeps.ENOUGH] * 3, "startup/a": [[1.0]]}
    assert made.is_complete


def test_answers_that_differ_from_those_of_flask() -> None:
    both = [an_operation("cycle/hello")]
    falcon = {tag: Stub(tag) for tag in ("flask", "falcon")}
    answers.check_answers(both, falcon, lambda doing: None)  # type: ignore[arg-type]
    compiled = {tag: Stub(tag) for tag in ("flask", "compiled")}
    with pytest.raises(answers.Differ, match="fastflask answers\n  compiled\nwhere Flask"):
        answers.check_answers(both, compiled, lambda doing: None)  # type: ignore[arg-type]


def test_prepared_operations_do_not_see_what_others_have_entered() -> None:
    implementation = fastflask._impl.implementation  # type: ignore[attr-defined]
    working = worker.Worker(CONTENDERS[implementation])
    for name in ("urls/relative", "local/g_attribute", "context/lookup"):
        working.prepare(name)
    assert not fastflask.has_app_context()
    assert len(fastflask.active_requests()) == 2
    # Each would fail in the context of another: an endpoint, an attribute that it lacks.
    for name in ("urls/relative", "local/g_attribute", "urls/relative", "context/lookup"):
        assert working.batch(name)["cpu"] > 0
    working.forget()
    assert not working.prepared
    assert fastflask.active_requests() == []


def test_cheapest_part_of_a_batch_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.accumulate([0, 9_000, 0, 2_000, 0, worker.BATCH])
    monkeypatch.setattr(worker, "cpu_time", clock.__next__)
    prepared = worker.Prepared(int, each=10, count=20)
    assert prepared.run()["cpu"] == 2_000 / 20 / 10


@pytest.mark.skipif(sys.platform != "linux", reason="done on Linux only")
def test_batch_and_its_threads_stay_on_one_core() -> None:
    cores = os.sched_getaffinity(0)
    seen: list[set[int]] = []
    with worker.on_one_core():
        thread = threading.Thread(target=lambda: seen.append(os.sched_getaffinity(0)))
        thread.start()
        thread.join()
    assert len(seen[0]) == 1
    assert seen[0] <= cores
    assert os.sched_getaffinity(0) == cores
