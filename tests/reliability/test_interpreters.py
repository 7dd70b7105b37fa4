"""Several interpreters, processes that are forked or spawned, and the end of the interpreter."""

from __future__ import annotations

import multiprocessing
import os
import sys
import typing as t

import pytest
from processes import run_python

if t.TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue

ASK = """
from fastflask import Flask, _impl, request, session
app = Flask("asked")
app.secret_key = "a key"
@app.get("/<int:n>")
def view(n):
    session["n"] = n
    return f"{n} {request.path}"
answer = app.test_client().get("/7")
assert (answer.status_code, answer.text) == (200, "7 /7"), answer
"""

SUB_INTERPRETERS = """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
def in_another(code):
    number = make()
    error = interpreters.run_string(number, code)
    assert error is None, error
    interpreters.destroy(number)
"""
#: One that has its own memory and lock from 3.12 on, and one that shares both, as of mod_wsgi.
ISOLATED = "make = interpreters.create"
SHARING = """
import sys
how = {"config": "legacy"} if sys.version_info >= (3, 13) else {"isolated": False}
make = lambda: interpreters.create(**how)
"""
# A module that knows one interpreter only is replaced by its twin, with a warning.
QUIET = "import warnings; warnings.simplefilter('ignore')\n"


def loads_again() -> bool:
    """Whether an extension can be loaded after one in an interpreter that has ended was first.

    CPython 3.12.1 crashes there with its own ``datetime``, at the end of the process at the latest.
    """
    twice = "in_another('import datetime')\n" * 2
    try:
        run_python("-c", f"{SUB_INTERPRETERS}{ISOLATED}\n{twice}")
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("first", ["sub", "main"])
@pytest.mark.parametrize("kind", [ISOLATED, SHARING], ids=["isolated", "sharing"])
def test_sub_interpreters_serve_in_some_mode(kind: str, first: str) -> None:
    sub, main = "in_another(quiet + asked)\n", "exec(quiet + asked)\n"
    steps = sub * 2 + main if first == "sub" else main + sub * 2
    end = ""
    if kind == ISOLATED and first == "sub" and not loads_again():
        steps, end = sub, "import os; os._exit(0)"
    # An interpreter that has to have the compiled module may not.
    mode = os.environ.get("FASTFLASK_SPEEDUPS", "")
    said = run_python(
        "-c",
        f"{SUB_INTERPRETERS}{kind}\nasked, quiet = {ASK!r}, {QUIET!r}\n"
        f"{steps}print('fine', flush=True)\n{end}",
        FASTFLASK_SPEEDUPS="" if mode == "1" else mode,
    )
    # No error is told of at the end of an interpreter.
    assert said == "fine\n", said


ENDS = {
    "pushed": "app.app_context().push(); app.test_request_context('/1').push()",
    "kept": "client = app.test_client(); client.__enter__(); client.get('/1')",
    "in a thread": (
        "import threading, time\n"
        "def wait():\n"
        "    app.test_request_context('/1').push()\n"
        "    ready.set()\n"
        "    time.sleep(60)\n"
        "ready = threading.Event()\n"
        "threading.Thread(target=wait, daemon=True).start()\n"
        "ready.wait()"
    ),
    "in a stream": (
        "from fastflask import stream_with_context\n"
        "app.view_functions['view'] = lambda n: stream_with_context(iter('abc'))\n"
        "body = iter(app.test_client().get('/1', buffered=False).iter_encoded())\n"
        "next(body)"
    ),
    "in a cycle": (
        "context = app.test_request_context('/1'); context.push()\n"
        "context.myself = context; context.request.context = context"
    ),
    "at exit": "import atexit; atexit.register(lambda: app.test_client().get('/1'))",
    "in a finalizer": (
        "class Late:\n"
        "    def __del__(self, app=app): app.test_client().get('/1')\n"
        "import sys; sys.late = Late()"
    ),
}


@pytest.mark.parametrize("kind", ENDS)
def test_interpreter_ends_with_contexts_that_live(kind: str) -> None:
    said = run_python("-X", "dev", "-X", "faulthandler", "-c", f"{ASK}\n{ENDS[kind]}\nprint('end')")
    assert said.startswith("end\n")
    assert "Fatal" not in said


def serve(results: SimpleQueue[str]) -> None:
    names: dict[str, t.Any] = {}
    exec(ASK, names)
    results.put(f"{names['answer'].text} {names['_impl'].implementation}")


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_processes_serve_however_they_are_started(method: str) -> None:
    from fastflask import _impl

    code = (
        "import multiprocessing\n"
        "from reliability.test_interpreters import ASK, serve\n"
        "if __name__ == '__main__':\n"
        "    exec(ASK)\n"
        f"    context = multiprocessing.get_context({method!r})\n"
        "    results = context.SimpleQueue()\n"
        "    workers = [context.Process(target=serve, args=(results,)) for _ in range(2)]\n"
        "    for worker in workers: worker.start()\n"
        "    print([results.get() for _ in workers])\n"
        "    for worker in workers: worker.join()\n"
        "    print([worker.exitcode for worker in workers])\n"
    )
    said = run_python("-c", code)
    assert said == f"{[f'7 /7 {_impl.implementation}'] * 2}\n[0, 0]\n", sys.version
