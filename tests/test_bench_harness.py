"""The harness of ``bench/``: what it collects, what it makes of samples, what it refuses."""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree

import pytest

import fastflask
from bench import apps, charts, gate, guards, load, operations, report, results, tables
from bench.contenders import CONTENDERS
from bench.environs import VARIETY
from bench.workloads import WORKLOADS


def measured(**samples: list[list[float]]) -> results.Measured:
    return results.Measured(samples=samples, wall=samples)


def filled() -> results.Results:
    machine = {"processor": "a", "cores": 2, "system": "b", "load": 0, "python": "c", "date": "d"}
    machine |= {"compiler": "e", "commit": "f", "versions": {"flask": "3"}}
    return results.Results(machine, {"passes": 1})


@pytest.mark.parametrize("name", WORKLOADS)
def test_application_of_each_workload_gives_the_status_that_is_expected(name: str) -> None:
    workload = WORKLOADS[name]
    answers = workload.answers(getattr(apps, name)(fastflask))
    assert len(answers) == VARIETY
    assert {answer.code for answer in answers} == {workload.code}


def test_environs_of_a_workload_are_the_same_each_time_and_differ_from_call_to_call() -> None:
    first, second = WORKLOADS["path_int"].environs(), WORKLOADS["path_int"].environs()

    def paths(made: list[tuple[dict[str, str], bytes]]) -> list[str]:
        return [environ["PATH_INFO"] for environ, _ in made]

    assert paths(first) == paths(second)
    assert len(set(paths(first))) > VARIETY // 2


def test_request_with_a_body_can_be_repeated_beyond_the_environs() -> None:
    seen = []

    def application(environ, start_response):
        seen.append(environ["wsgi.input"].read())
        return [b""]

    request = WORKLOADS["form"].request(application)
    for _ in range(VARIETY + 1):
        request()
    assert seen[0] == seen[-1] != b""


def test_request_closes_what_the_application_returns() -> None:
    class Body:
        closed = False

        def __iter__(self):
            return iter([b"part"])

        def close(self):
            self.closed = True

    body = Body()
    WORKLOADS["hello"].request(lambda environ, start_response: body)()
    assert body.closed


def test_operations_of_the_cycle_are_the_workloads() -> None:
    pytest.importorskip("bench.bench_cycle")
    found = operations.collect()
    assert [name.removeprefix("cycle/") for name in found if name.startswith("cycle/")] == [
        *WORKLOADS
    ]


def test_operation_for_each_combination_of_parameters() -> None:
    @pytest.mark.parametrize("size", [1, pytest.param(2, marks=pytest.mark.full)])
    @pytest.mark.parametrize("kind", ["a", "b"])
    def bench_it(benchmark, side, size, kind):
        benchmark.extra_info["operations"] = 7
        benchmark(lambda: (size, kind))

    found = {operation.name: operation for operation in operations._expand("g/it", bench_it)}
    assert list(found) == ["g/it[1-a]", "g/it[1-b]", "g/it[2-a]", "g/it[2-b]"]
    assert [operation.is_quick for operation in found.values()] == [True, True, False, False]
    call, each = found["g/it[2-b]"].prepare(CONTENDERS["raw"])
    assert (call(), each) == ((2, "b"), 7)


def test_repeated_statement_runs_as_often_as_said() -> None:
    seen: list[int] = []
    operations.repeat("add(1)", {"add": seen.append}, 30)()
    assert len(seen) == 30


@pytest.mark.parametrize("kind", tables.KINDS)
def test_table_has_a_path_for_each_rule(kind: str) -> None:
    table = tables.KINDS[kind](50)
    find = tables.finder(CONTENDERS["pure"], table)
    endpoints = [find(path, "GET")[0] for path in table.paths]
    assert endpoints == [f"endpoint{number}" for number in range(50)]


def test_ratio_when_other_programs_disturb_most_batches() -> None:
    quiet = measured(flask=[[10.0] * 9], compiled=[[2.0] * 9])
    busy = measured(flask=[[10.0] * 3 + [31.0] * 6], compiled=[[9.0] * 6 + [2.0] * 3])
    assert quiet.ratio("compiled", "flask") == busy.ratio("compiled", "flask") == 5.0


def test_ratio_is_the_median_of_the_passes() -> None:
    several = measured(flask=[[10.0], [10.0], [10.0]], compiled=[[2.0], [1.0], [5.0]])
    assert several.ratio("compiled", "flask") == 5.0


def test_ratio_to_a_contender_that_was_not_measured() -> None:
    assert measured(flask=[[10.0]]).ratio("flask", "falcon") is None


def test_operation_is_settled_once_the_cheapest_batches_agree() -> None:
    assert not measured(flask=[[10.0] * 4]).is_settled()
    assert not measured(flask=[[10.0, 10.0, 10.0, 10.0, 11.0]]).is_settled()
    assert measured(flask=[[10.0, 30.0, 10.0, 10.1, 10.0, 10.0]]).is_settled()


def test_results_when_saved_and_loaded(tmp_path: Path) -> None:
    made = filled()
    made.operations["cycle/hello"] = measured(flask=[[1.0, 2.0]])
    made.save(tmp_path / "saved.json")
    assert results.load(tmp_path / "saved.json") == made


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [(7.25, "7.25 ns"), (812, "812 ns"), (2_500, "2.50 µs"), (63_210, "63.2 µs"), (2e9, "2.00 s")],
)
def test_time_as_people_write_it(nanoseconds: float, text: str) -> None:
    assert results.show_time(nanoseconds) == text


def test_report_has_a_row_for_each_operation_and_charts_that_are_xml() -> None:
    made = filled()
    made.operations["cycle/hello"] = measured(flask=[[50e3]], compiled=[[2e3]], falcon=[[3e3]])
    made.operations["cycle/async_view"] = measured(flask=[[900e3]], compiled=[[20e3]])
    for size in (1, 10, 100):
        made.operations[f"routing/match[mixed-{size}-hit]"] = measured(flask=[[size * 1e3]])
    drawn = report.draw(made)
    page = report.write(made, drawn)
    assert set(drawn) == {"requests.svg", "matching.svg"}
    assert "| hello | **2.00 µs (25.0×)** | 50.0 µs | 3.00 µs (16.7×) |" in page
    for text in drawn.values():
        assert ElementTree.fromstring(text).tag.endswith("svg")


def test_report_tells_requests_with_other_interpreters() -> None:
    made, other = filled(), filled()
    for of, cost in (made, 2e3), (other, 1e3):
        of.operations["cycle/hello"] = measured(flask=[[50e3]], compiled=[[cost]])
        of.operations["local/call"] = measured(compiled=[[cost]])
    other.machine = {**made.machine, "python": "CPython 3.99"}
    page = report.write(made, [], [other])
    first, _, rest = page.partition("### On CPython 3.99")
    assert "| hello | **2.00 µs (25.0×)** | 50.0 µs |" in first
    assert "| hello | **1.00 µs (50.0×)** | 50.0 µs |" in rest
    assert page.count("| call |") == 1


def test_report_of_a_run_that_was_ended() -> None:
    made = filled()
    assert "was ended" not in report.write(made, [])
    made.is_complete = False
    assert "was ended" in report.write(made, [])


def test_chart_escapes_titles() -> None:
    text = charts.bars("<&>", "", [charts.Row("a < b", {"flask": 1e3})], {"flask": "Flask"})
    assert ElementTree.fromstring(text) is not None


def test_gate_when_less_than_the_margin_is_lost() -> None:
    reached = {"compiled": {"cycle/hello": {"flask": 20.0}}}
    assert gate.find_lost(reached, {"compiled": {"cycle/hello": {"flask": 19.3}}}, 0.04) == {}


def test_gate_when_a_tenth_is_lost_by_instructions() -> None:
    reached = {"compiled": {"cycle/hello": {"flask": 20.0}}}
    slower = {"compiled": {"cycle/hello": {"flask": 20.0 / 1.1}}}
    lost = gate.find_lost(reached, slower, gate.MARGINS["instructions"])
    assert list(lost) == ["cycle/hello"]


def test_gate_when_an_operation_is_not_measured_any_more() -> None:
    lost = gate.find_lost({"pure": {"urls/static": {"flask": 2.0}}}, {}, 0.2)
    assert "not measured" in lost["urls/static"][0]


def test_gate_table_names_operations_that_exist() -> None:
    known = set(operations.collect())
    for kinds in json.loads(gate.TABLE.read_text()).values():
        for sides in kinds.values():
            for names in sides.values():
                assert set(names) <= known


@pytest.mark.parametrize("mark", guards._MARKS)
def test_special_build_is_refused(tmp_path: Path, mark: bytes) -> None:
    binary = tmp_path / "_speedups.so"
    binary.write_bytes(b"\x7fELF..." + mark + b"...")
    with pytest.raises(guards.Unfit):
        guards.check_binary(binary)


def test_module_older_than_its_sources_is_refused(tmp_path: Path) -> None:
    binary = tmp_path / "_speedups.so"
    binary.touch()
    guards.check_age(binary)
    import os

    os.utime(binary, (0, 0))
    with pytest.raises(guards.Unfit, match=r"_speedups\.pyx"):
        guards.check_age(binary)


def test_module_other_than_the_one_wanted_is_refused() -> None:
    from fastflask import _impl

    other = "pure" if _impl.implementation == "compiled" else "compiled"
    with pytest.raises(guards.Unfit, match=f"the {other} engines are not in use"):
        guards.check_module(other)


def test_interpreter_with_a_tracer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "gettrace", lambda: print)
    with pytest.raises(guards.Unfit, match="tracer"):
        guards.check_interpreter()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        code = 200 if self.path == "/" else 404
        self.send_response(code)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def port():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_client_measures_a_server(port: int) -> None:
    pressed = load.press(port, ["/"], 2, 0.1)
    assert pressed.rate > 0
    assert 0 < pressed.p50 <= pressed.p99


def test_client_fails_on_another_answer(port: int) -> None:
    with pytest.raises(load.BadAnswer, match="404"):
        load.press(port, ["/none"], 1, 0.1)


def test_output_of_wrk_is_read() -> None:
    text = "  50%  612.00us\n  90% 1.1ms\n  99%    1.20ms\nRequests/sec:  5123.40\n"
    assert load.read_wrk(text) == load.Load(5123.4, 0.612, 1.2)
