"""Runs at the start of each Python below ``fastflask exec``, since this folder is on its path.

It only adds a finder; fastflask is imported when the program imports ``flask``. Then it runs the
``sitecustomize`` that would have run without it. Any Python may come by here, also one that has
no fastflask, so this has to be harmless there.
"""

import os
import sys


def add_finder():
    from importlib import util

    package = None if sys.version_info < (3, 10) else util.find_spec("fastflask")
    if package is None or not package.submodule_search_locations:
        return  # The folder "flask" beside this file says so when it matters.

    # Under the name it will have in the package, so that there is one of it.
    name = "fastflask._alias"
    file = os.path.join(package.submodule_search_locations[0], "_alias.py")
    spec = util.spec_from_file_location(name, file)
    module = sys.modules[name] = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.add_finder()


def run_the_hidden_one():
    from importlib import machinery, util

    here = os.path.dirname(os.path.abspath(__file__))
    path = [entry for entry in sys.path if os.path.abspath(entry) != here]
    spec = machinery.PathFinder.find_spec("sitecustomize", path)
    if spec is not None and spec.loader is not None:
        module = sys.modules["sitecustomize"] = util.module_from_spec(spec)
        spec.loader.exec_module(module)


try:
    add_finder()
finally:
    run_the_hidden_one()
