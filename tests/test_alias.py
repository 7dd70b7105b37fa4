"""``flask`` means fastflask: in one process, asked for in all the ways there are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from environments import NEEDED, Environment, make_environment


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment without Flask."""
    return make_environment(tmp_path_factory.mktemp("bare"), *NEEDED)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with Flask."""
    return make_environment(tmp_path_factory.mktemp("both"), *NEEDED, "flask")


INSTALL = "import fastflask, sys; fastflask.install_as_flask()\n"
#: Each of these must hold once the alias is in place.
USES = {
    "module": "assert sys.modules['flask'] is fastflask; import flask; assert flask is fastflask",
    "loaded": "assert sys.modules['flask.app'] is sys.modules['fastflask.app']",
    "submodule": """
import flask.json.provider, fastflask.json.provider
assert flask.json.provider is sys.modules['fastflask.json.provider']
""",
    "not loaded yet": """
assert 'fastflask.testing' not in sys.modules
import flask.testing
assert flask.testing is sys.modules['fastflask.testing'] is sys.modules['flask.testing']
""",
    "from": """
from flask import cli
from flask.sansio.app import App
import fastflask.sansio.app, fastflask.cli
assert cli is fastflask.cli and App is fastflask.sansio.app.App
""",
    "classes": """
from flask import Flask, request; from flask.globals import _cv_app
import fastflask.globals
assert Flask is fastflask.Flask and request is fastflask.request
assert _cv_app is fastflask.globals._cv_app
""",
    "import_module": """
import importlib
assert importlib.import_module('flask.testing') is importlib.import_module('fastflask.testing')
assert importlib.import_module('.views', 'flask') is sys.modules['fastflask.views']
""",
    "find_spec": """
import importlib.util
spec = importlib.util.find_spec('flask.testing')
assert spec.name == 'flask.testing' and spec.origin.endswith('fastflask/testing.py')
assert spec.has_location and not spec.loader.is_package('flask.testing')
assert 'flask.testing' not in sys.modules
assert importlib.util.find_spec('flask').submodule_search_locations == fastflask.__path__
assert importlib.util.find_spec('flask.nosuch') is None
""",
    "source": """
import importlib.util, inspect
loader = importlib.util.find_spec('flask.testing').loader
source = loader.get_source('flask.testing')
assert 'class FlaskClient' in source and loader.get_code('flask.testing').co_consts
assert loader.get_data(loader.get_filename('flask.testing')).decode() == source
import flask.testing
assert inspect.getsource(flask.testing) == source
""",
    "pkgutil": """
import importlib, pkgutil
names = [m.name for m in pkgutil.walk_packages(fastflask.__path__, 'flask.')]
assert {'flask.json.tag', 'flask.sansio.scaffold', 'flask._impl'} <= set(names)
for name in names:
    # The first runs, the others need an extra.
    if name not in {'flask.__main__', 'flask._async', 'flask.json.fast'}:
        module = importlib.import_module(name)
        assert module is sys.modules['fast' + name], name
        assert module.__name__ == module.__spec__.name == 'fast' + name
assert pkgutil.resolve_name('flask.json:dumps') is fastflask.json.dumps
""",
    "spec and loader unharmed": """
before = {n: (m.__spec__, m.__loader__, m.__package__, m.__file__)
          for n, m in sys.modules.items() if n.partition('.')[0] == 'fastflask'}
for name in before: __import__(name.replace('fastflask', 'flask', 1))
for name, kept in before.items():
    m = sys.modules[name]
    assert kept == (m.__spec__, m.__loader__, m.__package__, m.__file__), name
    assert not getattr(m.__spec__, '_initializing', False)
""",
    "pickle": """
import pickle
from flask.sessions import SecureCookieSession
from fastflask.sessions import SecureCookieSession as Ours
old = b'cflask.sessions\\nSecureCookieSession\\n.'
assert pickle.loads(old) is Ours is SecureCookieSession
assert pickle.loads(pickle.dumps(SecureCookieSession)) is Ours
""",
    "reload": """
import importlib, flask, flask.views
assert importlib.reload(flask.views) is flask.views is sys.modules['fastflask.views']
assert importlib.reload(flask) is fastflask is sys.modules['flask']
""",
    "forgotten and imported again": """
for name in [n for n in sys.modules if n.partition('.')[0] == 'flask']: del sys.modules[name]
import flask, flask.views
assert flask is fastflask and flask.views is sys.modules['fastflask.views']
""",
    "twice": "fastflask.install_as_flask(); assert sum('_alias' in type(f).__module__"
    " for f in sys.meta_path) == 1",
    "resources": """
from importlib import resources
assert resources.files('flask').joinpath('app.py').is_file()
""",
    "threads": """
import threading
found = []
def work():
    import flask.testing
    found.append(flask.testing.FlaskClient)
threads = [threading.Thread(target=work) for _ in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
assert len(found) == 8 and len(set(found)) == 1
""",
    "private": "import flask._impl, fastflask._impl; assert flask._impl is fastflask._impl",
    "version": "import flask, warnings; warnings.simplefilter('ignore');"
    " assert flask.__version__ == '3.1.3'",
}


#: Runs each piece of code in a process of its own, forked when fastflask has been imported.
IN_FORKS = """
import json, os, sys, traceback
import fastflask
statuses = {}
for name, code in json.loads(sys.argv[1]).items():
    child = os.fork()
    if not child:
        try:
            exec(code, {"__name__": "__main__"})
        except BaseException:
            print(name, traceback.format_exc(), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    statuses[name] = os.waitpid(child, 0)[1]
print(json.dumps(statuses))
"""


@pytest.fixture(scope="module")
def used(both: Environment) -> tuple[dict[str, int], str]:
    """The exit statuses of all uses, and what they complained about."""
    code = json.dumps({name: INSTALL + use for name, use in USES.items()})
    done = both.run("python", "-c", IN_FORKS, code)
    return json.loads(done.stdout), done.stderr


@pytest.mark.parametrize("name", USES)
def test_alias_used(used: tuple[dict[str, int], str], name: str) -> None:
    statuses, complaints = used
    assert statuses[name] == 0, complaints


def test_alias_used_says_nothing(used: tuple[dict[str, int], str]) -> None:
    assert used[1] == ""


@pytest.mark.parametrize("name", ["not loaded yet", "find_spec", "pkgutil", "threads", "reload"])
def test_alias_below_exec(both: Environment, name: str) -> None:
    code = "import sys, flask, fastflask\n" + USES[name]
    assert both.says("fastflask", "exec", "python", "-c", code) == ""


def test_module_that_is_not_there(bare: Environment, both: Environment) -> None:
    for environment in bare, both:
        done = environment.run("python", "-c", INSTALL + "import flask.ext.admin")
        assert "ModuleNotFoundError: No module named 'flask.ext': 'flask' means" in done.stderr
    code = """
try: import flask.nosuch.deeper
except ModuleNotFoundError as error: print(error.name)
"""
    assert both.says("python", "-c", INSTALL + code) == "flask.nosuch"


def test_import_stays_light(bare: Environment) -> None:
    code = "import sys, fastflask; print([m for m in ('click', 'importlib.metadata', 'inspect',"
    code += " 'fastflask._alias_late', 'fastflask._dump') if m in sys.modules])"
    assert "click" not in bare.says("python", "-c", code)
    assert "fastflask._" not in bare.says("python", "-c", code)


ASK = """
from importlib import metadata
print(metadata.version('flask'), metadata.version('Flask'))
print(metadata.distribution('FLASK').metadata['Name'])
print([d.version for d in metadata.distributions() if d.metadata['Name'] == 'Flask'])
print(any(r.startswith('werkzeug>=') for r in metadata.requires('flask')))
print([e.value for e in metadata.distribution('flask').entry_points])
print(list(metadata.distributions(path=['/nowhere'])))
try: metadata.version('flask-login')
except metadata.PackageNotFoundError: print('no other')
"""
ANSWER = """3.1.3 3.1.3
Flask
['3.1.3']
True
['flask.cli:main']
[]
no other"""


def test_metadata_without_flask(bare: Environment) -> None:
    assert bare.says("python", "-c", INSTALL + ASK) == ANSWER
    # Here before anything imports flask, and without fastflask imported for it.
    asked = ASK + "import sys\nprint('fastflask' in sys.modules)"
    assert bare.says("fastflask", "exec", "python", "-c", asked) == ANSWER + "\nFalse"


def test_metadata_are_those_of_what_is_installed(both: Environment, tmp_path: Path) -> None:
    assert both.says("python", "-c", INSTALL + ASK) == ANSWER
    info = tmp_path / "flask-2.3.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: Flask\nVersion: 2.3.3\n")
    code = "from importlib.metadata import version; print(version('flask'))"
    assert both.says("python", "-c", INSTALL + code, PYTHONPATH=str(tmp_path)) == "2.3.3"


LATE = {
    "itself": ({}, "import flask", "first by '__main__'"),
    "a part": ({}, "import flask.sansio.scaffold", "'flask' has been imported from"),
    "a proxy": ({}, "from flask import g", "first by '__main__'"),
    "an extension": ({"ext.py": "import flask"}, "import ext, flask", "first by 'ext' ("),
    "itself, then one": ({"ext.py": "import flask"}, "import flask, ext", "first by '__main__'"),
    "by name only": (
        {"ext.py": "from flask import request\ndef view(): return request.path"},
        "from ext import view",
        "first by 'ext' (",
    ),
    "deep in a package": (
        {"pkg/__init__.py": "from . import a, b", "pkg/a.py": "", "pkg/b.py": "import flask.views"},
        "import pkg",
        "first by 'pkg.b' (",
    ),
    "nobody any more": ({"ext.py": "import flask; del flask"}, "import ext", "imported from"),
}


@pytest.mark.parametrize("name", LATE)
def test_too_late(both: Environment, tmp_path: Path, name: str) -> None:
    files, code, told = LATE[name]
    for file, text in files.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)
    (tmp_path / "main.py").write_text(code + "\n" + INSTALL)

    done = both.run("python", str(tmp_path / "main.py"))
    message = done.stderr.splitlines()[-1]
    assert message.startswith("RuntimeError: Too late to install fastflask as 'flask'")
    assert told in message and "install_as_flask() before" in message
    # Nothing is half done.
    (tmp_path / "main.py").write_text(
        f"{code}\nimport fastflask, sys\ntry: fastflask.install_as_flask()\n"
        "except RuntimeError: pass\nimport flask; assert flask is not fastflask\n"
    )
    assert both.says("python", str(tmp_path / "main.py")) == ""


def test_names_of_other_packages_are_left_alone(both: Environment, tmp_path: Path) -> None:
    (tmp_path / "flask_login.py").write_text("import flask")
    (tmp_path / "flaskr.py").write_text("name = __name__")
    code = INSTALL + "import flask_login, flaskr; assert flask_login.flask is fastflask"
    assert both.says("python", "-c", code, PYTHONPATH=str(tmp_path)) == ""


def test_application_says_flask_everywhere(both: Environment) -> None:
    code = """
import flask
from flask import Blueprint, Flask, jsonify, request, url_for
from flask.json.provider import DefaultJSONProvider
from flask.testing import FlaskClient
from flask.views import MethodView

class Item(MethodView):
    def get(self, id): return jsonify(id=id, url=url_for("items.item", id=id), q=request.args["q"])

items = Blueprint("items", __name__, url_prefix="/items")
items.add_url_rule("/<int:id>", view_func=Item.as_view("item"))
app = Flask(__name__)
app.register_blueprint(items)
client = app.test_client()
assert type(client) is FlaskClient and type(app.json) is DefaultJSONProvider
print(client.get("/items/7?q=x").get_json())
files = [getattr(m, '__file__', None) or '' for m in list(sys.modules.values())]
assert not [file for file in files if '/flask/' in file]
"""
    answer = "{'id': 7, 'q': 'x', 'url': '/items/7'}"
    assert both.says("python", "-c", INSTALL + code) == answer
    assert both.says("fastflask", "exec", "python", "-c", "import sys\n" + code) == answer
