"""Each server behind nginx: pages, files, addresses, and an end that no request notices."""

from __future__ import annotations

import json
import re
import signal
import threading
import time

import pytest
from application import NOTES, SERVERS, Place, behind_nginx, serving
from client import Client
from processes import wait_until

BEHIND = {"NOTES_PROXIES": "1", "NOTES_X_ACCEL": "true"}
FAILING = "end_to_end.failing:create_app"

# The development server is for development, and waitress ends at once: see the README.
GRACEFUL = [name for name in SERVERS if name not in ("development", "waitress")]


# Several processes want services that they share.
pytestmark = pytest.mark.parametrize("kind", ["services"], indirect=True)


@pytest.mark.parametrize("server", [name for name in SERVERS if name != "development"])
def test_behind_nginx(place: Place, server: str) -> None:
    with serving(place, server, **BEHIND) as site, behind_nginx(site) as url:
        client = Client(url, source="127.0.0.2")
        client.sign_up("anna")
        path = client.write("Groceries", "Milk")
        for _ in range(20):
            assert "Milk" in client.get(path).text

        # What the client says of itself is not believed, what nginx says is.
        token = client.make_token()
        answer = client.get(
            f"/api{path}",
            Authorization=f"Bearer {token}",
            Host="notes.test",
            X_Forwarded_For="192.0.2.7",
            X_Forwarded_Host="evil.test",
        )
        assert answer.json["url"] == f"http://notes.test/api{path}"
        number = answer.headers["X-Request-ID"]
        lines = [json.loads(x) for x in site.log.read_text().splitlines() if x.startswith("{")]
        [line] = [x for x in lines if x.get("request_id") == number and "status" in x]
        assert line["remote"] == "127.0.0.2"

        # nginx sends the file; the application has only named it.
        style = (NOTES / "notes" / "static" / "style.css").read_bytes()
        answer = client.get("/static/style.css")
        assert answer.body == style
        assert answer.headers["Content-Type"].startswith("text/css")
        assert "X-Accel-Redirect" not in answer.headers
        direct = Client(site.url).get("/static/style.css")
        assert direct.body == b""
        assert direct.headers["X-Accel-Redirect"] == "/_static/style.css"
        assert client.get("/_static/style.css").status == 404
        assert client.get("/static/../settings.py").status in (400, 404)

        # Whichever worker answers, it tells of all of them, if these share a folder for it.
        assert client.get("/metrics").status == 404
        shown = Client(site.url).get("/metrics").text
        [count] = re.findall(
            r'duration_seconds_count\{endpoint="pages.show",[^}]*"200"\} (\d+)', shown
        )
        several = server in ("granian", "uwsgi")
        assert 0 < int(count) <= 20 if several else int(count) == 20


@pytest.mark.parametrize("server", GRACEFUL)
def test_stop_lets_requests_end(place: Place, server: str) -> None:
    line = SERVERS[server].replace("notes:create_app", FAILING)
    with serving(place, server, line=line) as site:
        answers = []

        def wait() -> None:
            answers.append(Client(site.url).get("/slow/3.0").text)

        threads = [threading.Thread(target=wait) for _ in range(2)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        site.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()
        assert answers == ["done", "done"]
        wait_until(lambda: site.process.poll() is not None, "the end", site.log)


def test_dump_on_signal_tells_what_is_served(place: Place) -> None:
    if not place.on_fastflask:
        pytest.skip("this is fastflask's own")
    line = SERVERS["gunicorn-gthread"].replace("notes:create_app", FAILING)
    with serving(place, line=line, options=["--dump-on", "SIGUSR1"]) as site:
        thread = threading.Thread(target=Client(site.url).get, args=("/slow/5.0",))
        thread.start()
        time.sleep(1)
        for worker in site.workers:
            worker.send_signal(signal.SIGUSR1)
        wait_until(lambda: "'GET' '/slow/5.0', endpoint 'slow'" in site.log.read_text(), "a dump")
        thread.join()
        assert Client(site.url).get("/health").status == 200
