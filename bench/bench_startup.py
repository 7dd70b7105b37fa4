"""Before the first request: importing, adding rules, and the memory that stays."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from .environs import make_request
from .operations import Bytes
from .tables import FALCON_IS_SLOW, KINDS, SIZES, Table, to_falcon
from .workloads import WORKLOADS

_SIZES = [
    *SIZES[:-2],
    pytest.param(SIZES[-2], marks=pytest.mark.full),
    pytest.param(SIZES[-1], marks=pytest.mark.heavy),
]
_ROOT = Path(__file__).parent.parent
#: How many rules tell the memory of one.
_MANY = 4_000

#: What applications import where the package itself is empty.
_IMPORTS = {
    "pyramid": "pyramid.config, pyramid.response",
    "wheezy": "wheezy.http, wheezy.routing, wheezy.web.middleware",
}

_RESIDENT = "int(open('/proc/self/statm').read().split()[1]) * os.sysconf('SC_PAGE_SIZE')"
_PER_RULE = f"""\
import os
from bench.bench_startup import start
from bench.contenders import CONTENDERS
from bench.tables import KINDS
side = CONTENDERS["{{tag}}"]
kept = [start(side, KINDS["{{kind}}"](1))]
table = KINDS["{{kind}}"]({_MANY})
before = {_RESIDENT}
kept.append(start(side, table))
print(({_RESIDENT} - before) // {_MANY})
"""
_AFTER_IMPORT = f"import os\n{{load}}\nprint({_RESIDENT})"


def start(side: t.Any, table: Table) -> t.Any:
    """Return an application that has these rules and has answered once."""
    environs = WORKLOADS["hello"].environs()[:1]
    environs[0][0]["PATH_INFO"] = table.paths[-1]

    if side.tag == "falcon":
        import falcon

        class Resource:
            def on_get(self, req: t.Any, resp: t.Any, **arguments: t.Any) -> None:
                resp.text = "here"

        app = falcon.App()
        resource = Resource()
        for rule in table.rules:
            app.add_route(to_falcon(rule), resource)
    else:

        def view(**arguments: t.Any) -> str:
            return "here"

        app = side.module.Flask(__name__, static_folder=None)
        for number, rule in enumerate(table.rules):
            app.add_url_rule(rule, f"view{number}", view)

    make_request(app, environs)()
    return app


def _fresh(side: t.Any, code: str) -> str:
    """Run code in a new interpreter and return what it prints."""
    paths = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, **side.environment, "PYTHONPATH": paths}
    # An installation has its bytecode, so a checkout may keep its own.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=environment, cwd=_ROOT, check=True, capture_output=True, text=True
    ).stdout


def _load(side: t.Any) -> str:
    """Return the import that an application begins with."""
    wanted = _IMPORTS.get(side.tag, side.package)
    return f"import {wanted}" if wanted else "pass"


@pytest.mark.parametrize("kind", ["static", "int"])
@pytest.mark.parametrize("size", _SIZES)
def bench_start(benchmark, side, kind, size):
    """An application with so many rules made, until its first answer."""
    if side.tag == "falcon" and size == SIZES[-1]:
        pytest.skip(FALCON_IS_SLOW)
    if side.tag != "falcon":
        assert side.module
    table = KINDS[kind](size)
    benchmark(lambda: start(side, table) and None)


@pytest.mark.full
def bench_import(benchmark, side):
    """A new interpreter that imports the package and ends; the bare one shows its own part."""
    benchmark(lambda: _fresh(side, _load(side)) and None)


@pytest.mark.heavy
def bench_import_memory(benchmark, side):
    """Memory that a new interpreter has after importing the package."""
    code = _AFTER_IMPORT.format(load=_load(side))
    benchmark(lambda: Bytes(_fresh(side, code)))


@pytest.mark.heavy
@pytest.mark.parametrize("kind", ["static", "int"])
def bench_rule_memory(benchmark, side, kind):
    """Memory that one rule of many takes, after the first answer."""
    if side.tag != "falcon":
        assert side.module
    code = _PER_RULE.format(tag=side.tag, kind=kind)
    benchmark(lambda: Bytes(_fresh(side, code)))
