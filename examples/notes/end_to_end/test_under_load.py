"""While many requests come: reloads, a worker that dies, a host that is taken out."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from application import Place, Site, behind_nginx, serving
from client import Client
from load import Load, page
from processes import wait_until

BEHIND = {"NOTES_PROXIES": "1", "NOTES_X_ACCEL": "true", "NOTES_SECRET_KEY": "of all hosts"}
REQUESTS = 20_000


# Several processes want services that they share.
pytestmark = pytest.mark.parametrize("kind", ["services"], indirect=True)


def load_of(client: Client, url: str, requests: int) -> Load:
    """What a user's browser and program ask for."""
    client.sign_up("anna")
    path = client.write("Groceries", "Milk")
    token = f"Bearer {client.make_token()}"
    visits = [
        page("/", Cookie=client.cookie),
        page(path, Cookie=client.cookie),
        page("/api/notes", Authorization=token),
        page(f"/api{path}", Authorization=token),
        page("/static/style.css"),
        page("/"),
    ]
    return Load(url, visits, requests)


@contextmanager
def loaded(place: Place, server: str, requests: int) -> Iterator[tuple[Site, Client, Load]]:
    """The site under load."""
    with serving(place, server, **BEHIND) as site, behind_nginx(site) as url:
        client = Client(url)
        load = load_of(client, url, requests).start()
        try:
            yield site, client, load
        finally:
            load.finish()


# The first is the one of the README; the others are tried with less.
@pytest.mark.parametrize(
    ("server", "requests"),
    [
        ("gunicorn-gthread", REQUESTS),
        ("gunicorn-sync", 2000),
        ("gunicorn-gevent", 2000),
        ("granian", 2000),
        ("uwsgi", 2000),
    ],
)
def test_reload_loses_no_request(place: Place, server: str, requests: int) -> None:
    with loaded(place, server, requests) as (site, client, load):
        before = {worker.pid for worker in site.workers}
        reloads = 0
        while load.done < requests * 0.9 and load.runs:
            mark = load.done + requests // 5
            wait_until(lambda mark=mark: load.done >= mark or not load.runs, "answers", site.log)
            if load.runs:
                site.reload()
                reloads += 1
        load.finish()
        wait_until(lambda: not before & {worker.pid for worker in site.workers}, "new workers")
    assert load.failures == []
    assert load.done == requests
    assert reloads >= 3
    print(f"{server} on {place.framework}: {requests} requests, {reloads} reloads, 0 failed")


def test_worker_that_is_killed_takes_only_its_own_requests(place: Place) -> None:
    with loaded(place, "gunicorn-gthread", 2000) as (site, client, load):
        wait_until(lambda: load.done > 200, "answers", site.log)
        killed = site.workers[0]
        killed.send_signal(signal.SIGKILL)
        mark = load.done
        wait_until(lambda: load.done > mark + 200, "answers of others", site.log)
        wait_until(lambda: len(site.workers) == 2, "a new worker", site.log)
        assert killed.pid not in {worker.pid for worker in site.workers}
        assert client.knows_me
    # At most what its four threads had in hand.
    assert len(load.failures) <= 4, load.failures[:10]
    print(f"killed one of two: {len(load.failures)} of {load.count} failed")


def test_host_is_replaced_and_sessions_stay(place: Place) -> None:
    """Two hosts; one goes without a word, which nginx notices, and comes back."""
    with serving(place, "gunicorn-sync", **BEHIND) as stays:
        with serving(place, "waitress", **BEHIND) as leaves, behind_nginx(stays, leaves) as url:
            client = Client(url)
            load = load_of(client, url, 2000).start()
            wait_until(lambda: load.done > 100, "answers")
            leaves.process.send_signal(signal.SIGSTOP)
            time.sleep(0.5)
            leaves.process.send_signal(signal.SIGKILL)
            load.finish()
            assert load.failures == []
            assert client.knows_me
            assert Client(stays.url).get("/health").status == 200
