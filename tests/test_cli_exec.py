"""``fastflask exec``: programs of all kinds, and what they start, get fastflask for ``flask``."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from environments import NEEDED, Environment, make_environment, with_requirements
from serving import serving, wait_for

APP = """
import flask
from flask import Flask
app = Flask(__name__)

@app.get("/")
def index():
    return f"{flask.__name__} one"
"""
NAME = "import flask; print(flask.__name__)"


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment without Flask, so without its script too."""
    return make_environment(tmp_path_factory.mktemp("bare"), *NEEDED)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with Flask, its script, and pytest."""
    made = make_environment(
        tmp_path_factory.mktemp("both"), *NEEDED, *with_requirements("pytest"), "flask"
    )
    made.add_script("flask", "flask.cli", "main")
    made.add_script("pytest", "pytest", "main")
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


def test_without_exec_it_is_flask(both: Environment) -> None:
    assert both.says("python", "-c", NAME) == "flask"


def test_python(both: Environment, folder: Path) -> None:
    (folder / "main.py").write_text(NAME)
    (folder / "pkg").mkdir()
    (folder / "pkg/__init__.py").write_text("")
    (folder / "pkg/__main__.py").write_text(NAME)
    for arguments in (["-c", NAME], ["main.py"], ["-m", "main"], ["-m", "pkg"], ["-S", "main.py"]):
        path = str(both.packages) if "-S" in arguments else ""
        command = ("fastflask", "exec", "python", *arguments)
        assert both.says(*command, cwd=folder, PYTHONPATH=path) == "fastflask", arguments
    # As documented: these turn off what it is made of.
    for switch in "-I", "-E":
        assert both.says("fastflask", "exec", "python", switch, "-c", NAME) == "flask"


def test_whole_tree(both: Environment, folder: Path) -> None:
    (folder / "inner.py").write_text(NAME)
    (folder / "main.py").write_text(
        "import multiprocessing, os, subprocess, sys\n"
        "def work(): import flask; print('spawned', flask.__name__, flush=True)\n"
        "if __name__ == '__main__':\n"
        "    subprocess.run([sys.executable, 'inner.py'], check=True)\n"
        "    subprocess.run('python inner.py', shell=True, check=True)\n"
        "    p = multiprocessing.get_context('spawn').Process(target=work); p.start(); p.join()\n"
        "    if not os.fork(): import flask; print('forked', flask.__name__); os._exit(0)\n"
        "    os.wait()\n"
        # A sanitizer has to be loaded first.
        "    own = {k: v for k, v in os.environ.items() if k in ('LD_PRELOAD', 'ASAN_OPTIONS')}\n"
        "    own['PYTHONPATH'] = os.pathsep.join(sys.path)\n"
        "    subprocess.run([sys.executable, 'inner.py'], env=own, check=True)\n"
    )
    path = f"{both.scripts}:{os.environ['PATH']}"
    said = both.says("fastflask", "exec", "python", "main.py", cwd=folder, PATH=path)
    assert said.split() == (
        "fastflask fastflask spawned fastflask forked fastflask fastflask".split()
    )


@pytest.mark.parametrize("name", ["bare", "both"])
def test_flask_command(name: str, folder: Path, request: pytest.FixtureRequest) -> None:
    environment: Environment = request.getfixturevalue(name)
    for command in (["flask"], ["python", "-m", "flask"]):
        said = environment.says("fastflask", "exec", *command, "routes", cwd=folder)
        assert "static" in said and "index" in said
        said = environment.says("fastflask", "exec", *command, "--help", cwd=folder)
        assert said.startswith("Usage:") and "Run commands on a Flask" in said
        # What only fastflask has could be in the way of an application's own commands.
        assert not re.search(r"^  (exec|doctor) ", said, re.M)
    (folder / "app.py").write_text(APP.replace("flask", "fastflask"))
    said = environment.says("fastflask", "--help", cwd=folder)
    assert re.search(r"^  exec ", said, re.M)


def test_own_command_of_an_application(bare: Environment, folder: Path) -> None:
    (folder / "app.py").write_text(
        APP + "\n@app.cli.command('exec')\ndef mine(): print('of the application')\n"
    )
    assert bare.says("fastflask", "exec", "flask", "exec", cwd=folder) == "of the application"


def test_pytest(both: Environment, folder: Path) -> None:
    (folder / "test_app.py").write_text(
        "import app, fastflask, flask, os\n"
        "def test_index():\n"
        "    assert app.app.test_client().get('/').text == 'fastflask one'\n"
        "    assert flask is fastflask and type(app.app) is fastflask.Flask\n"
        "    assert 'FLASK_RUN_FROM_CLI' not in os.environ\n"
    )
    for command in (["pytest"], ["python", "-m", "pytest"]):
        said = both.says("fastflask", "exec", *command, "-q", "-p", "no:cacheprovider", cwd=folder)
        assert "1 passed" in said


def test_script_of_another_environment(bare: Environment, both: Environment, folder: Path) -> None:
    both.add_script("tool", "app", "index")
    tool = str(both.scripts / "tool")
    done = bare.run("fastflask", "exec", tool, cwd=folder, PYTHONPATH=str(folder))
    # sys.exit() of a text prints it.
    assert done.stderr == "fastflask one\n"
    # A name is looked for beside fastflask, then in PATH.
    path = f"{both.scripts}:{os.environ['PATH']}"
    said = bare.says(
        "fastflask", "exec", "python", "-c", "import sys; print(sys.prefix)", PATH=path
    )
    assert said == str(bare.folder)
    done = bare.run("fastflask", "exec", "tool", cwd=folder, PYTHONPATH=str(folder), PATH=path)
    assert done.stderr == "fastflask one\n"


def test_python_without_fastflask(bare: Environment, tmp_path: Path) -> None:
    import venv

    venv.EnvBuilder(symlinks=True, with_pip=False).create(tmp_path / "none")
    python = str(tmp_path / "none/bin/python")
    assert bare.says("fastflask", "exec", python, "-c", "print('harmless')") == "harmless"
    done = bare.run("fastflask", "exec", python, "-c", "import flask.views")
    assert f"'flask' means fastflask here, which is not installed for {python}" in done.stderr


def test_environment_of_the_program(bare: Environment, folder: Path) -> None:
    (folder / ".flaskenv").write_text("FLASK_APP=other\n")
    show = "import json, os; print(sorted(k for k in os.environ if 'FLASK' in k))"
    assert bare.says("fastflask", "exec", "python", "-c", show, cwd=folder) in (
        "[]",
        "['FASTFLASK_SPEEDUPS']",
    )
    show = "import os; print(os.environ['PYTHONPATH'].split(':')[1:])"
    command = ("fastflask", "exec", "python", "-c", show)
    assert bare.says(*command) == "[]"
    assert bare.says(*command, PYTHONPATH="/x:/y") == "['/x', '/y']"
    # Once is enough.
    assert bare.says("fastflask", "exec", *command, PYTHONPATH="/x:/y") == "['/x', '/y']"


def test_options_and_arguments(bare: Environment) -> None:
    show = "import sys; print(sys.argv[1:])"
    code = ("python", "-c", show, "--help", "-x", "--", "--dump-on", "a b")
    for between in ([], ["--"]):
        said = bare.says("fastflask", "exec", *between, *code)
        assert said == "['--help', '-x', '--', '--dump-on', 'a b']"
    assert "Run COMMAND" in bare.says("fastflask", "exec", "--help")


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["exec"], 2, "Missing argument 'COMMAND...'"),
        (["exec", "no-such-command"], 127, "exec: command not found: no-such-command"),
        (["exec", "./no-such-file"], 127, "exec: ./no-such-file: No such file or directory"),
        (["exec", "./app.py"], 126, "exec: ./app.py: Permission denied"),
        (["exec", "--nonsense", "ls"], 127, "command not found: --nonsense"),
        (["exec", "--dump-on", "SIGNO", "ls"], 2, "There is no signal 'SIGNO' here"),
        (["exec", "--dump-on", "9", "ls"], 2, "SIGKILL cannot be handled"),
        (["--app", "x", "exec", "ls"], 2, "write them after the COMMAND"),
    ],
)
def test_wrong_call(
    bare: Environment, folder: Path, arguments: list[str], status: int, told: str
) -> None:
    done = bare.run("fastflask", *arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (status, "") and told in done.stderr


def test_status_and_signals(bare: Environment) -> None:
    assert bare.run("fastflask", "exec", "sh", "-c", "exit 7").returncode == 7
    assert bare.run("fastflask", "exec", "sh", "-c", "kill -TERM $$").returncode == -15
    # It is the program itself that has the process, so whatever is sent to it arrives.
    command = [str(bare.scripts / "fastflask"), "exec", "sh", "-c", "echo $$; exec sleep 60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) == process.pid
        process.send_signal(signal.SIGALRM)
    assert process.returncode == -signal.SIGALRM


def test_sitecustomize_is_chained(bare: Environment, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.there = __name__")
    code = f"import sys, sitecustomize; print(sys.there, sitecustomize.__file__); {NAME}"
    said = bare.says("fastflask", "exec", "python", "-c", code, PYTHONPATH=str(tmp_path))
    assert said.splitlines() == [f"sitecustomize {tmp_path}/sitecustomize.py", "fastflask"]
    (tmp_path / "sitecustomize.py").write_text("1 / 0")
    done = bare.run("fastflask", "exec", "python", "-c", NAME, PYTHONPATH=str(tmp_path))
    assert done.stdout == "fastflask\n" and "ZeroDivisionError" in done.stderr


def test_sitecustomize_of_a_launcher_in_front(both: Environment, tmp_path: Path) -> None:
    """Launchers put their own folder first, and may not run what it hides."""
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.there = True")
    (tmp_path / "launch.py").write_text(
        "import os, sys\nos.environ['PYTHONPATH'] = "
        f"{str(tmp_path)!r} + os.pathsep + os.environ['PYTHONPATH']\n"
        "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])\n"
    )
    code = """
import sys, threading; assert sys.there
import flask.views, fastflask
from flask import cli, Flask
assert flask is sys.modules['flask'] is fastflask
assert flask.views is sys.modules['fastflask.views'] and Flask is fastflask.Flask
print(flask.__spec__.name)
"""
    launch = str(tmp_path / "launch.py")
    assert both.says("fastflask", "exec", "python", launch, "-c", code) == "fastflask"
    said = both.says("fastflask", "exec", "python", launch, "-m", "flask", "--version")
    assert "fastflask 0" in said or "fastflask unknown" in said


@pytest.mark.parametrize("name", ["bare", "both"])
def test_reloader(name: str, folder: Path, request: pytest.FixtureRequest) -> None:
    environment: Environment = request.getfixturevalue(name)
    command = ("flask", "run", "--debug", "--port", "{port}")
    with serving(environment, folder, *command) as server:
        assert server.get("/") == "fastflask one"
        (folder / "app.py").write_text(APP.replace("one", "two"))
        wait_for(lambda: server.get("/") == "fastflask two")


def test_app_run(bare: Environment, folder: Path) -> None:
    (folder / "app.py").write_text(
        APP + "\nif __name__ == '__main__': import sys; app.run(port=int(sys.argv[1]))\n"
    )
    with serving(bare, folder, "python", "app.py", "{port}") as server:
        assert server.get("/") == "fastflask one"
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == -signal.SIGTERM


DUMPED = re.compile(
    rb"fastflask (\d+): 1 active\n"
    rb"  \d+\.\d{3} s 'GET' '/slow\\n', endpoint 'slow', thread '[^']+' \(\d+\)\n"
)
SLOW = """
import os, signal, sys, time
if len(sys.argv) > 1:
    signal.signal(signal.SIGUSR1, lambda *_: print("handled before", flush=True))
import flask
app = flask.Flask(__name__)
@app.get("/slow\\n")
def slow():
    os.kill(os.getpid(), signal.SIGUSR1)
    return "done"
if __name__ == "__main__": print(app.test_client().get("/slow%0A").text)
"""


def test_dump_on_a_signal(bare: Environment, tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    command = ["fastflask", "exec", "--dump-on", "usr1", "python", "slow.py"]
    done = bare.run(*command, cwd=tmp_path)
    assert done.stdout == "done\n" and DUMPED.fullmatch(done.stderr.encode())
    done = bare.run(*command, "chained", cwd=tmp_path)
    assert done.stdout == "handled before\ndone\n" and DUMPED.fullmatch(done.stderr.encode())
    # Without the option the signal keeps its meaning.
    assert bare.run("fastflask", "exec", "python", "slow.py", cwd=tmp_path).returncode == -10


def test_dump_of_a_server(bare: Environment, folder: Path) -> None:
    command = ("flask", "run", "--port", "{port}")
    with serving(bare, folder, *command, options=("--dump-on", "SIGUSR2")) as server:
        server.get("/")
        server.process.send_signal(signal.SIGUSR2)
        line = f"fastflask {server.process.pid}: 0 active\n"
        wait_for(lambda: line in server.log.read_text())
        assert server.get("/") == "fastflask one"


def test_dump_where_flask_is_imported_in_a_thread(bare: Environment) -> None:
    code = "import threading; t = threading.Thread(target=__import__, args=('flask',)); t.start()"
    done = bare.run("fastflask", "exec", "--dump-on", "USR1", "python", "-c", code)
    assert done.returncode == 0 and "--dump-on has no effect" in done.stderr
