"""PostgreSQL, Redis and nginx of our own: in a temporary folder, on the loopback interface."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from needed import find
from processes import accepts, free_port, running, wait_until


def _program(name: str) -> str:
    path = find(name)
    if path is None:
        raise RuntimeError(f"{name} is not installed; see needed.py")
    return path


@dataclass(frozen=True)
class Service:
    """A server that runs."""

    url: str
    pid: int


@contextmanager
def postgresql() -> Iterator[Service]:
    """A server with an empty database."""
    folder = Path(tempfile.mkdtemp(prefix="notes-postgresql-"))
    data, log, port = folder / "data", folder / "log", free_port()
    password = secrets.token_hex(16)
    (folder / "password").write_text(password)

    # The server refuses to run as root. Debian's package has made a user for it.
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        for path in (folder, folder / "password"):
            os.chown(path, user.pw_uid, user.pw_gid)

    try:
        subprocess.run(
            [_program("initdb"), "--pgdata", str(data), "--username", "notes", "--encoding", "UTF8"]
            + ["--locale", "C.UTF-8", "--auth", "scram-sha-256", "--pwfile", f"{folder}/password"],
            check=True,
            cwd=folder,
            capture_output=True,
            **who,
        )
        # Nothing here has to outlive the machine.
        settings = [f"port={port}", "listen_addresses=127.0.0.1", "fsync=off", "max_connections=60"]
        settings.append(f"unix_socket_directories={folder}")
        command = [_program("postgres"), "-D", str(data)]
        for setting in settings:
            command += ["-c", setting]
        # SIGINT: without waiting for clients.
        with running(command, log, signal.SIGINT, cwd=folder, **who) as process:
            wait_until(lambda: accepts(port), "PostgreSQL", log)
            url = f"postgresql://notes:{password}@127.0.0.1:{port}/postgres"
            yield Service(url, process.pid)
    finally:
        shutil.rmtree(folder)


def new_database(server: str, name: str, like: str = "template1") -> str:
    """Make a database, in place of an earlier one of this name; its URL.

    :param server: the URL of another database there.
    :param like: what it is a copy of.
    """
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
    return f"{server.rpartition('/')[0]}/{name}"


@contextmanager
def redis(port: int | None = None) -> Iterator[Service]:
    """An empty server.

    :param port: where it listens, if it is to take the place of an earlier one.
    """
    with tempfile.TemporaryDirectory(prefix="notes-redis-") as name:
        port, log = port or free_port(), Path(name) / "log"
        command = [_program("redis-server"), "--port", str(port), "--bind", "127.0.0.1"]
        command += ["--dir", name, "--save", "", "--appendonly", "no"]
        with running(command, log) as process:
            wait_until(lambda: accepts(port), "Redis", log)
            yield Service(f"redis://127.0.0.1:{port}/0", process.pid)


@contextmanager
def nginx(site: str) -> Iterator[None]:
    """nginx with a configuration for one site, as it is written for ``sites-enabled``."""
    with tempfile.TemporaryDirectory(prefix="notes-nginx-") as name:
        log = Path(name) / "log"
        # Started by root, its workers would be somebody who cannot read a home folder.
        user = "user root;" if os.geteuid() == 0 else ""
        folders = "\n".join(
            f"{kind}_temp_path {name}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (Path(name) / "nginx.conf").write_text(
            f"{user} worker_processes 1; daemon off; pid {name}/pid; error_log stderr;\n"
            "events { worker_connections 256; }\n"
            f"http {{ include /etc/nginx/mime.types; access_log off;\n{folders}\n{site}\n}}\n"
        )
        command = [_program("nginx"), "-p", name, "-c", f"{name}/nginx.conf"]
        subprocess.run([*command, "-t"], check=True, capture_output=True)
        with running(command, log, signal.SIGQUIT):
            yield
