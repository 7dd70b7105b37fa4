"""What code of users, the machine and odd strings can do to the engines while a request runs."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import tracemalloc
import typing as t
from pathlib import Path
from types import SimpleNamespace

import flask
import pytest
from werkzeug.test import create_environ

import fastflask
from fastflask import _impl
from fastflask._impl import app_ctx_stack, request_ctx_stack

COMPILED_ONLY = pytest.mark.skipif(
    _impl.implementation == "pure", reason="it would be CPython's own code that is tested"
)


def run(script: str, speedups: str | None = None) -> str:
    """Run a script in a process of its own, as what goes wrong ends it, and return what it says."""
    environ = dict(os.environ)
    if speedups is not None:
        environ["FASTFLASK_SPEEDUPS"] = speedups
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(fastflask.__file__).parent.parent,
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def serve(app: t.Any, path: str = "/", **environ: t.Any) -> tuple[t.Any, ...]:
    """Return status, headers and body, or the type and text of the error that escapes."""
    started: list[t.Any] = []
    try:
        body = app({**create_environ(path), **environ}, lambda *args: started.extend(args))
        try:
            sent = b"".join(body)
            status, headers = started
            # Methods are in no order.
            shown = [(n, sorted(v.split(", ")) if n == "Allow" else v) for n, v in headers]
            return status, shown, sent
        finally:
            if hasattr(body, "close"):
                body.close()
    except Exception as error:
        return (type(error).__name__, str(error))


def compare(make: t.Callable[[t.Any], t.Any], path: str = "/", **environ: t.Any) -> t.Any:
    """Return what an application answers, if it is the same on Flask."""
    answers = [serve(make(module), path, **environ) for module in (fastflask, flask)]
    assert answers[0] == answers[1]
    return answers[0]


STARVE = """\
import _testcapi, io, logging, sys
import fastflask
from fastflask.globals import _cv_app, _cv_request

logging.disable(logging.CRITICAL)
app = fastflask.Flask("starved")
app.secret_key = "a key"
app.config["PROPAGATE_EXCEPTIONS"] = True

@app.get("/user/<int:n>")
def user(n):
    fastflask.g.n = n
    return f"{fastflask.g.n} {fastflask.request.path} {fastflask.request.args['a']}"

@app.get("/json")
def json():
    return {"a": [1]}

@app.get("/redirect")
def redirect():
    return fastflask.redirect(fastflask.url_for("user", n=3))

# Not an expression: CPython 3.12 and 3.13 free the code of an inner function, which that would
# make, once too often if there is no memory for the function.
@app.get("/stream")
def stream():
    yield "a"
    yield "b"

app.before_request(lambda: None)
app.after_request(lambda response: response)

def serve(path, allocation=0):
    environ = {
        "wsgi.url_scheme": "http", "REQUEST_METHOD": "GET", "PATH_INFO": path, "SCRIPT_NAME": "",
        "QUERY_STRING": "a=1", "SERVER_NAME": "a", "SERVER_PORT": "80", "HTTP_HOST": "a",
    }
    started, error = [], None
    if allocation:
        _testcapi.set_nomemory(allocation, allocation + 1)
    try:
        for _ in app(environ, lambda status, headers, exc_info=None: started.append(status)):
            pass
    except BaseException as e:
        # CPython itself loses the error of a Python function that has no room for a traceback, and
        # has the encoder return a result beside the error (3.12).
        error = MemoryError if str(e).startswith(("<function ", "<_json.Encoder ")) else type(e)
    _testcapi.remove_mem_hooks()
    # As in Flask, a push that fails half way leaves the context of the application.
    while _cv_app.get(None) is not None:
        _cv_app.set(None)
    while _cv_request.get(None) is not None:
        _cv_request.set(None)
    return error or started

failed = set()
for path in ("/user/5", "/json", "/redirect", "/stream", "/missing", "/user"):
    good = [serve(path) for _ in range(3)][-1]
    assert type(good) is list, good
    for allocation in range(1, 120):
        found = serve(path, allocation)
        if found != good:
            failed.add(found)
    assert serve(path) == good
print(sorted(error.__name__ for error in failed))
"""


@COMPILED_ONLY
def test_memory_that_runs_out_anywhere_is_told() -> None:
    pytest.importorskip("_testcapi")
    names = set(eval(run(STARVE)))
    # The two others are Flask's, too, where a push has failed.
    assert "MemoryError" in names <= {"MemoryError", "LookupError", "IndexError"}


def test_pushes_that_nobody_undoes(impl: t.Any) -> None:
    run(
        f"""
import threading
from contextvars import ContextVar
import {impl.module_name} as impl
threading.stack_size(512 * 1024)

def work():
    stack = impl.ContextStack(ContextVar("deep"))
    for _ in range(200_000):
        stack.push(None)
    del stack
    for _ in range(50_000):
        impl.app_ctx_stack.push(None)

thread = threading.Thread(target=work)
thread.start()
thread.join()
assert impl.app_ctx_stack.entries() == []
"""
    )


@COMPILED_ONLY
def test_other_interpreter_runs_in_pure_mode() -> None:
    name = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
    pytest.importorskip(name)
    told = run(
        f"""
import {name} as interpreters, fastflask, warnings
code = '''
import warnings
warnings.simplefilter("ignore")
import fastflask
app = fastflask.Flask("other")
app.add_url_rule("/", view_func=lambda: "answered")
print(fastflask._impl.implementation, app.test_client().get("/").text)
'''
interpreters.run_string(interpreters.create(), code)
""",
        speedups="",
    )
    assert told == "pure answered\n"


@pytest.mark.parametrize("where", ["before", "after", "teardown", "processor"])
@pytest.mark.parametrize("change", ["clear", "append", "forget", "replace"])
def test_registry_that_changes_while_it_is_gone_through(where: str, change: str) -> None:
    def make(module: t.Any) -> t.Any:
        app = module.Flask("changing")
        steps: list[str] = []
        registry = {
            "before": app.before_request_funcs,
            "after": app.after_request_funcs,
            "teardown": app.teardown_request_funcs,
            "processor": app.url_value_preprocessors,
        }[where]

        def first(*args: t.Any) -> t.Any:
            steps.append("first")
            if change == "clear":
                registry[None].clear()
            elif change == "append" and len(steps) < 5:
                registry[None].append(first)
            elif change == "forget":
                del registry[None]
            elif change == "replace":
                registry[None] = [last]
            return args[0] if where == "after" else None

        def last(*args: t.Any) -> t.Any:
            steps.append("last")
            return args[0] if where == "after" else None

        registry.setdefault(None, []).extend([first, first, last, first])
        app.add_url_rule("/", view_func=lambda: " ".join(steps))
        answers = [serve(app) for _ in range(2)]
        return lambda environ, start: [start("200 OK", []), repr((answers, steps)).encode()][1:]

    compare(make)


class Odd(str):
    """Text that is equal to nothing else of its class, and runs code to say so."""

    def __eq__(self, other: object) -> bool:
        gc.collect()
        return type(other) is str and str.__eq__(self, other)

    def __hash__(self) -> int:
        return str.__hash__(self)


def test_environ_with_keys_and_values_of_a_class() -> None:
    def make(module: t.Any) -> t.Any:
        app = module.Flask("odd")
        app.add_url_rule(
            "/<path:x>",
            view_func=lambda x: f"{x} {module.request.host} {module.request.method}",
            methods=["GET", "POST"],
        )
        return lambda environ, start: app(
            {Odd(key): Odd(v) if type(v) is str else v for key, v in environ.items()}, start
        )

    for method in ("GET", "POST", "PUT"):
        compare(make, "/a/b", REQUEST_METHOD=method)


def test_body_that_shrinks_while_it_is_sent() -> None:
    def make(module: t.Any) -> t.Any:
        app = module.Flask("shrinking")
        parts = ["a", "b", "c"]

        @app.route("/")
        def view() -> t.Any:
            response = module.Response(parts)
            response.automatically_set_content_length = False
            return response

        def application(environ: t.Any, start: t.Any) -> t.Any:
            body = app(environ, start)
            for item in body:
                yield item
                del parts[1:]
            body.close()

        return application

    assert compare(make)[-1] == b"a"


def test_namespace_emptied_by_what_it_holds() -> None:
    def make(module: t.Any) -> t.Any:
        app = module.Flask("emptied")

        class Emptying:
            def __eq__(self, other: object) -> bool:
                vars(module.g).clear()
                return False

            def __hash__(self) -> int:
                return hash("name")

        @app.route("/")
        def view() -> str:
            vars(module.g)[Emptying()] = 1
            module.g.name = 2
            return f"{module.g.get('name')} {sorted(map(str, module.g))} {'name' in module.g}"

        return app

    compare(make)


TEXTS = ["", "plain", "n\x00l", "\xe9", "日本", "😀", "\ud800", "a\udc80", "x" * 5000]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_text_of_each_width(text: str) -> None:
    def make(module: t.Any) -> t.Any:
        app = module.Flask("texts")

        @app.route("/body")
        def body() -> t.Any:
            return text

        @app.route("/stream")
        def stream() -> t.Any:
            return iter([text, text])

        @app.route("/redirect")
        def redirect() -> t.Any:
            return module.redirect(f"/{text}")

        @app.route("/named")
        def named() -> t.Any:
            setattr(module.g, text, 1)
            return {"g": getattr(module.g, text), text: text}

        @app.route("/abort")
        def abort() -> t.Any:
            module.abort(400, text)

        @app.route("/<path:rest>")
        def rest(rest: str) -> t.Any:
            return ascii((rest, module.request.path))

        return app

    for path in ("/body", "/stream", "/redirect", "/named", "/abort"):
        compare(make, path)
    as_sent = text.encode("utf-8", "surrogatepass").decode("latin-1")
    for value in (text, as_sent):
        compare(make, PATH_INFO=f"/{value}", REQUEST_METHOD="GET")
        compare(make, PATH_INFO="/body", REQUEST_METHOD=value or "GET")
        compare(make, PATH_INFO="/body", HTTP_HOST=value)


@pytest.fixture
def interruptible() -> t.Iterator[None]:
    """What is run in the background of a shell ignores the signal."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(not hasattr(signal, "raise_signal"), reason="needs raise_signal")
@pytest.mark.parametrize("where", ["before", "view", "after", "teardown", "body"])
def test_interrupt_leaves_no_context(where: str, interruptible: None) -> None:
    app = fastflask.Flask("interrupted")

    def interrupt(*args: t.Any) -> t.Any:
        signal.raise_signal(signal.SIGINT)
        for _ in range(100):
            pass

    def body() -> t.Iterator[str]:
        yield "first"
        interrupt()

    app.add_url_rule("/", view_func=body if where == "body" else lambda: "view")
    if where == "view":
        app.view_functions["<lambda>"] = interrupt
    elif where != "body":
        getattr(app, f"{where}_request")(interrupt)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            for _ in app(create_environ("/"), lambda *args: None):
                pass
        assert app_ctx_stack.top is request_ctx_stack.top is None
        assert app_ctx_stack.lookup(threading.get_ident()) == ()
        assert request_ctx_stack.lookup(threading.get_ident()) == ()


def setattr_lets_go() -> bool:
    """Whether the interpreter frees the name of an attribute; some releases of 3.12 never do."""
    name = "-".join(["attribute", "of", "nobody"])
    holder = SimpleNamespace()
    setattr(holder, name, 1)
    del holder
    return sys.getrefcount(name) < 1000


SETATTR_LETS_GO = setattr_lets_go()


def test_nothing_kept_by_what_clients_send(monkeypatch: pytest.MonkeyPatch) -> None:
    app = fastflask.Flask("kept")
    app.logger.disabled = True

    @app.route("/<path:rest>", methods=["GET", "POST"])
    def view(rest: str) -> t.Any:
        if rest.startswith("abort"):
            fastflask.abort(404, rest)
        if rest.startswith("go"):
            return fastflask.redirect(fastflask.url_for("view", rest=rest))
        response = fastflask.Response(rest, mimetype=f"text/{rest}")
        response.headers[f"X-{rest}"] = rest
        fastflask.g.setdefault(f"{rest}-default", fastflask.request.cookies)
        if SETATTR_LETS_GO:
            setattr(fastflask.g, rest, fastflask.request.cookies)
        return {rest: rest} if rest.startswith("json") else response

    def send(first: int) -> None:
        for n in range(first, first + 1500):
            for kind in ("", "abort", "go", "json"):
                word = f"{kind}{n:06}{'x' * 500}"
                serve(app, f"/{word}", HTTP_HOST=f"h{n}.example", HTTP_COOKIE=f"{word}={word}")
            serve(app, "/1", REQUEST_METHOD=word.upper())

    # The first ones find the bounded caches empty.
    send(0)
    grown = []
    tracemalloc.start()
    try:
        for first in (1500, 3000):
            gc.collect()
            before = tracemalloc.get_traced_memory()[0]
            send(first)
            gc.collect()
            grown.append(tracemalloc.get_traced_memory()[0] - before)
    finally:
        tracemalloc.stop()
    # Kept, the words alone of one kind would be 800 KiB each time. A table that was there before,
    # such as that of names, is seen when it is made anew, once.
    assert min(grown) < 100_000, grown
