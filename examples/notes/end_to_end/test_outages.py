"""When a part is gone for a while: the queue's worker, connections to the database, Redis."""

from __future__ import annotations

import os
import re
import signal
import time
from urllib.parse import urlsplit

import psycopg
import pytest
from application import Place, serving, working
from client import Client
from processes import wait_until
from services import redis

# Without services there is nothing to be gone.
pytestmark = pytest.mark.parametrize("kind", ["services"], indirect=True)


def test_job_of_a_worker_that_dies_is_done_by_another(place: Place) -> None:
    patience = {"NOTES_JOB_PATIENCE": "2"}
    database = place.services["DATABASE_URL"]

    with serving(place, "gunicorn-sync", **patience) as site:
        client = Client(site.url)
        client.sign_up("anna")
        client.write("Groceries")

        with working(place, **patience) as worker:
            # The job waits for this lock until its worker is gone.
            with psycopg.connect(database) as lock:
                lock.execute("LOCK TABLE stored_file IN ACCESS EXCLUSIVE MODE")
                client.post("/exports/", {})
                log = place.folder / "worker.log"
                wait_until(lambda: "received" in log.read_text(), "the job", log)
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()
        assert "Being written" in client.get("/exports/").text

        # A worker looks for such jobs when it starts, and every 100 seconds.
        time.sleep(3)
        with working(place, **patience):
            wait_until(lambda: ".csv" in client.get("/exports/").text, "the export", log)


def test_lost_connections_to_the_database_fail_no_request(place: Place) -> None:
    with serving(place, "gunicorn-gthread") as site:
        client = Client(site.url)
        client.sign_up("anna")
        path = client.write("Groceries")
        for _ in range(3):
            with psycopg.connect(place.services["DATABASE_URL"], autocommit=True) as other:
                ended = other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid != pg_backend_pid()"
                ).fetchall()
            assert ended
            for _ in range(10):
                assert client.get(path).status == 200


def test_redis_that_comes_back(place: Place) -> None:
    with redis() as first:
        place.services = {**place.services, "REDIS_URL": first.url}
        with serving(place, "gunicorn-gthread") as site:
            client = Client(site.url)
            client.sign_up("anna")
            os.kill(first.pid, signal.SIGKILL)
            answer = client.get("/")
            assert answer.status == 503
            assert "does not answer" in answer.text
            assert re.search(r'"redis": ?"failing"', client.get("/health").text)
            with redis(urlsplit(first.url).port):
                wait_until(lambda: client.get("/health").status == 200, "Redis")
                # This one knows nothing of the sessions of the other.
                assert client.get("/account/").status == 302
                client.log_in("anna")
                assert client.knows_me
