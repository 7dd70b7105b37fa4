"""Servers under attack on their sockets: none dies, no answers cross, and all stay well.

``make traffic`` sends more, to more servers.
"""

from __future__ import annotations

import contextvars
import gc
import io
import os
import typing as t
from itertools import chain
from pathlib import Path

import flask
import pytest
from hostile.inputs import ENVIRON
from hostile.traffic import DEATHS, SERVERS, Prober, charge, is_installed, serving

import fastflask
from fastflask import Flask, active_requests, g, has_request_context, request, stream_with_context

ATTACKS = int(os.environ.get("TRAFFIC_ATTACKS", "150"))
FULL = "TRAFFIC_ATTACKS" in os.environ


@pytest.mark.parametrize("name", SERVERS if FULL else ["gunicorn-gthread", "waitress"])
def test_server_under_attack(name: str, tmp_path: Path) -> None:
    if not FULL and not is_installed(name):
        pytest.skip(f"{name} is not installed")
    with serving(name, tmp_path) as server:
        before = server.states()
        prober = Prober(server)
        prober.start()
        wrong = charge(server, ATTACKS, 8, seed=1)
        prober.ended.set()
        prober.join(40)
        after = server.states()
        log = server.log.read_text(errors="replace")
        assert wrong == [], wrong[:5]
        assert prober.failures == [] and prober.probes > 3
        assert server.process.poll() is None
        # No worker has ended and another one has taken its place.
        workers = 3 if name == "gunicorn-sync" else 1
        assert len(before.keys() | after.keys()) <= workers
        assert log.count("Booting worker") in {0, workers}
        assert [state["troubles"] for state in after.values()] == [[]] * len(after)
        assert not DEATHS.search(log), log[-3000:]


# A server that does not do its part.


def stream_app(module: t.Any) -> t.Any:
    app = module.Flask("streams")

    @app.get("/<token>")
    def view(token: str) -> t.Any:
        module.g.token = token

        @module.stream_with_context
        def items() -> t.Iterator[str]:
            while True:
                yield f"{module.request.path} {module.g.token}"

        return module.Response(items())

    @app.get("/plain/<token>")
    def plain(token: str) -> str:
        seen = module.g.get("token", "none")
        module.g.token = token
        return f"{module.request.path} {seen} {module.g.token}"

    return app


def send(app: t.Any, path: str) -> t.Any:
    environ = {**ENVIRON, "PATH_INFO": path, "wsgi.input": io.BytesIO(), "wsgi.errors": None}
    return app(environ, lambda status, headers, exc_info=None: None)


def test_stream_that_is_never_closed_poisons_no_worker() -> None:
    """The thread of a worker goes on with requests, whatever became of the streams before."""

    def work() -> None:
        app = stream_app(fastflask)
        left = []
        for number in range(50):
            body = send(app, f"/{number}")
            items = iter(body)
            assert next(items) == f"/{number} {number}".encode()
            left.append((body, items))
            # Flask would have it share the stream's ``g``.
            answer = b"".join(send(app, f"/plain/{number}"))
            assert answer == f"/plain/{number} none {number}".encode()
            assert next(items) == f"/{number} {number}".encode()
        # Dropped all at once, in any order, by whoever collects them.
        del body, items
        left.clear()
        gc.collect()
        assert b"".join(send(app, "/plain/x")).endswith(b" x")

    contextvars.Context().run(work)
    gc.collect()
    assert active_requests() == []
    assert not has_request_context()


def test_request_inside_of_a_stream_shares_its_application_context() -> None:
    """As with Flask: only what is served between two items is another matter."""
    seen = []
    for module in (flask, fastflask):
        app = stream_app(module)

        @app.get("/outer")
        def outer(app: t.Any = app, module: t.Any = module) -> t.Any:
            module.g.token = "outer"

            @module.stream_with_context
            def items() -> t.Iterator[bytes]:
                yield b"".join(send(app, "/plain/1"))
                yield b"".join(send(app, "/plain/2"))
                yield module.g.token.encode()

            inside = b"".join(send(app, "/plain/0"))
            return module.Response(chain([inside], items()))

        seen.append(list(send(app, "/outer")))
    assert seen[0] == seen[1]
    assert seen[1] == [b"/plain/0 outer 0", b"/plain/1 0 1", b"/plain/2 1 2", b"2"]


def test_stream_dropped_in_the_thread_that_served_it_leaves_nothing() -> None:
    app = stream_app(fastflask)
    for number in range(200):
        body = send(app, f"/{number}")
        assert next(iter(body)) == f"/{number} {number}".encode()
        # Neither closed nor read to its end, as if the server had forgotten about it.
        del body
        assert not has_request_context()
        assert b"".join(send(app, f"/plain/{number}")) == f"/plain/{number} none {number}".encode()
    assert active_requests() == []


def test_worker_that_is_left_by_an_exit_in_a_stream() -> None:
    app = Flask("exits")

    @app.get("/")
    def view() -> t.Any:
        @stream_with_context
        def items() -> t.Iterator[str]:
            yield request.path
            raise SystemExit

        g.token = "exit"
        return items()

    for _ in range(20):
        body = send(app, "/")
        with pytest.raises(SystemExit):
            list(body)
        body.close()
        assert not has_request_context()
    assert active_requests() == []
