"""The application under a server, on either framework and on either set of services."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from processes import answers, free_port, running, wait_until
from services import nginx

NOTES = Path(__file__).resolve().parent.parent
SCRIPTS = Path(sys.executable).parent

#: The command of each server. gunicorn's other settings are in deploy/gunicorn.conf.py.
_GUNICORN = "gunicorn -c deploy/gunicorn.conf.py --bind 127.0.0.1:{port} --no-control-socket"
SERVERS = {
    "development": "flask --app notes run --port {port}",
    "gunicorn-sync": f"{_GUNICORN} --worker-class sync --threads 1 notes:create_app()",
    "gunicorn-gthread": f"{_GUNICORN} notes:create_app()",
    "gunicorn-gevent": f"{_GUNICORN} --worker-class gevent notes:create_app()",
    "granian": "granian --interface wsgi --workers 2 --blocking-threads 4 --host 127.0.0.1"
    " --port {port} --factory notes:create_app",
    "uwsgi": "uwsgi --ini deploy/uwsgi.ini --http-socket 127.0.0.1:{port}"
    " --master-fifo {folder}/uwsgi.fifo"
    " --module notes:create_app()",
    # It would take away what nginx says of the client, which the application wants to know.
    "waitress": "waitress-serve --listen 127.0.0.1:{port} --threads 4"
    " --no-clear-untrusted-proxy-headers --call notes:create_app",
}


@dataclass
class Place:
    """A framework, services, and a folder for what is left."""

    framework: str
    folder: Path
    services: dict[str, str] = field(default_factory=dict)

    def command(self, line: str, *options: str, **values: object) -> list[str]:
        """A command line that runs on the framework of this place."""
        program, *rest = [part.format(**values) for part in line.split(" ")]
        words = [str(SCRIPTS / program), *rest]
        # This is all that it takes to change the framework.
        return (
            [str(SCRIPTS / "fastflask"), "exec", *options, *words] if self.on_fastflask else words
        )

    @property
    def on_fastflask(self) -> bool:
        return self.framework == "fastflask"

    @property
    def environment(self) -> dict[str, str]:
        """The variables for the application."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("FASTFLASK_DUMP", "FLASK_", "NOTES_", "PYTHON", "PROMETHEUS_"))
        }
        return {
            **kept,
            **self.services,
            "NOTES_INSTANCE_PATH": str(self.folder),
            "NOTES_TEST_FRAMEWORK": self.framework,
            "PYTHONPATH": str(NOTES),
            "PYTHONUNBUFFERED": "1",
        }

    def run(self, line: str, **values: object) -> str:
        """Run a command to its end, and return what it said."""
        done = subprocess.run(
            self.command(line, **values),
            cwd=NOTES,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@dataclass(frozen=True)
class Worker:
    """A worker process of a server."""

    pid: int

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)


@dataclass
class Site:
    """A site that answers."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def reload(self) -> None:
        """Have the server replace its workers, each when it has ended its requests."""
        fifo = self.log.with_name("uwsgi.fifo")
        if fifo.exists():
            # One worker after the other.
            fifo.write_text("c")
        else:
            self.process.send_signal(signal.SIGHUP)

    @property
    def workers(self) -> list[Worker]:
        """The processes that the server's first one has started."""
        first = self.process.pid
        found = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [Worker(int(pid)) for pid in found]


@contextmanager
def serving(
    place: Place,
    server: str = "development",
    *,
    line: str = "",
    options: Sequence[str] = (),
    **variables: str,
) -> Iterator[Site]:
    """The application under a server.

    :param server: one of :data:`SERVERS`.
    :param line: another command in its place.
    :param options: for ``fastflask exec``.
    :param variables: more variables for the environment.
    """
    port = free_port()
    log = place.folder / f"{server}.log"
    command = place.command(line or SERVERS[server], *options, port=port, folder=place.folder)
    environment = {**place.environment, **variables}
    with running(command, log, cwd=NOTES, env=environment) as process:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{url}/health") or process.poll() is not None, server, log)
        assert process.poll() is None, log.read_text()
        yield Site(url, process, log)


@contextmanager
def working(place: Place, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """Celery's worker, where there is Redis."""
    log = place.folder / "worker.log"
    log.write_text("")
    command = place.command("celery -A notes.worker worker --concurrency 1 --loglevel INFO")
    environment = {**place.environment, **variables}
    with running(command, log, cwd=NOTES, env=environment) as process:
        wait_until(lambda: "ready." in log.read_text(), "the worker", log)
        yield process


@contextmanager
def behind_nginx(*sites: Site) -> Iterator[str]:
    """nginx in front of the sites, set up by ``deploy/nginx.conf``; its URL."""
    port = free_port()
    text = (NOTES / "deploy" / "nginx.conf").read_text()
    upstream = "\n".join(f"server {site.url.removeprefix('http://')};" for site in sites)
    for old, new in (
        ("server 127.0.0.1:8000;", upstream),
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("/srv/notes/", f"{NOTES}/"),
    ):
        assert old in text
        text = text.replace(old, new)
    with nginx(text):
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{url}/health"), "nginx")
        yield url
