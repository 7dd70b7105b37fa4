"""Go the way of a newcomer: every command of the quickstart and of the page about deploying.

    python tools/docs/try_commands.py

In a new folder, one after the other, as the pages have them: from making an environment and
installing to two workers behind each server. Commands of pip find wheels that were made and
downloaded before; from then on there is no network, where the system can take it away. A command
below a comment ``<!-- try: URL -->`` is a server: it has to answer again and again, and to end when
it is asked to. All others have to end well. With ``FASTFLASK_SPEEDUPS=1`` in the environment that
means: compiled. Exit status: 0 if all do so.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = ("quickstart", "deploying")
SAVED = re.compile(r"Save this as `([\w.]+)`:\n\n```python\n(.*?)```", re.S)
COMMANDS = re.compile(r"(?:<!-- try: (\S+) -->\n)?```console\n(.*?)^```", re.S | re.M)
ACTIVATE = ". .venv/bin/activate"
OFFLINE = ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "-"]
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


def serve(url: str, line: str, folder: Path) -> None:
    """Run a server, ask it, and stop it."""
    log = folder / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(shlex.split(line), cwd=folder, stdout=output, stderr=output)
    try:
        answers = {fetch(url, 20) for _ in range(TIMES)}
        if answers != {"Hello, World!"}:
            raise RuntimeError(f"it answers {answers}")
        server.terminate()
        server.wait(20)
    except Exception as error:
        raise SystemExit(f"{line}: {error!r}\n{log.read_text()}") from error
    finally:
        if server.poll() is None:
            server.kill()


def follow(page: str, folder: Path) -> None:
    """Do in *folder* what a page says, from top to bottom."""
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    for name, code in SAVED.findall(text):
        (folder / name).write_text(code, encoding="utf-8")

    for url, block in COMMANDS.findall(text):
        for line in re.findall(r"^\$ (.+)$", block, re.M):
            if line == ACTIVATE:
                os.environ["PATH"] = os.pathsep.join(
                    [str(folder / ".venv" / "bin"), os.environ["PATH"]]
                )
            if url:
                serve(url, line, folder)
            elif subprocess.run(
                ["sh", "-c", line], cwd=folder, stdout=subprocess.DEVNULL
            ).returncode:
                raise SystemExit(f"docs/{page}.md: this fails: {line}")
            print(f"works: {line}", flush=True)


def collect(wheels: Path) -> None:
    """Make a wheel of the checkout, and get all others that the pages install."""
    installed = set()
    for page in PAGES:
        text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
        for line in re.findall(r"^\$ \S*pip install ((?:\w+ ?)+)$", text, re.M):
            installed.update(line.split())
    assert "fastflask" in installed, "the pages install nothing"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "wheel"]
    names = sorted(installed - {"fastflask"})
    subprocess.run([*pip, "--wheel-dir", str(wheels), str(ROOT), *names], check=True)


def main(arguments: list[str]) -> None:
    # The pages say "python".
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    if arguments:
        for page in PAGES:
            follow(page, Path(arguments[0]))
        return

    with tempfile.TemporaryDirectory(prefix="fastflask-") as name:
        wheels, folder = Path(name, "wheels"), Path(name, "newcomer")
        folder.mkdir()
        collect(wheels)
        os.environ.update(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheels))
        os.environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
        able = subprocess.run([*OFFLINE, "true"], stderr=subprocess.DEVNULL).returncode == 0
        print("without network" if able else "pip uses no index; the network stays", flush=True)
        command = [sys.executable, __file__, str(folder)]
        sys.exit(subprocess.run([*OFFLINE, *command] if able else command).returncode)


if __name__ == "__main__":
    main(sys.argv[1:])
