"""Try the server commands of docs/deploying.md with the application of docs/quickstart.md.

    python tools/docs/try_deploying.py [server ...]

A command is tried if a comment ``<!-- try: URL -->`` stands before it. Each is started in a folder
that has only ``hello.py``, has to answer again and again, and to end when it is asked to. With
``FASTFLASK_SPEEDUPS=1`` in the environment that means: compiled. Exit status: 0 if all that are
named (or else all that are installed) do so.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
COMMANDS = re.compile(r"<!-- try: (\S+) -->\n```console\n\$ (.+)\n```")
APPLICATION = re.compile(r"`hello\.py`:\n\n```python\n(.*?)```", re.S)
TIMES = 50


def fetch(url: str, patience: float = 0) -> str:
    """Return what a URL answers, once something answers."""
    end = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                text: str = answer.read().decode()
                return text
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def attempt(url: str, command: list[str], folder: Path) -> None:
    """Run one server, ask it, and stop it."""
    log = folder / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
    try:
        answers = {fetch(url, 20) for _ in range(TIMES)}
        if answers != {"Hello, World!"}:
            raise RuntimeError(f"it answers {answers}")
        server.terminate()
        server.wait(20)
    except Exception as error:
        raise SystemExit(f"{shlex.join(command)}: {error!r}\n{log.read_text()}") from error
    finally:
        if server.poll() is None:
            server.kill()


def main(wanted: list[str]) -> None:
    (application,) = APPLICATION.findall((DOCS / "quickstart.md").read_text())
    commands = COMMANDS.findall((DOCS / "deploying.md").read_text())
    assert commands, "docs/deploying.md has no command to try"
    # What is installed beside this Python comes first.
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    unknown = set(wanted) - {line.split()[0] for _, line in commands}
    if unknown:
        raise SystemExit(f"docs/deploying.md has no command {', '.join(sorted(unknown))}")

    for url, line in commands:
        command = shlex.split(line)
        if wanted and command[0] not in wanted:
            continue
        if not shutil.which(command[0]):
            if wanted:
                raise SystemExit(f"{command[0]} is not installed")
            print(f"not installed: {command[0]}")
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "hello.py").write_text(application)
            attempt(url, command, folder)
        print(f"works: {line}")


if __name__ == "__main__":
    main(sys.argv[1:])
