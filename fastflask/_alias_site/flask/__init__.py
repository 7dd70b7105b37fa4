"""Stands before Flask on the path below ``fastflask exec``, and becomes fastflask when imported.

It is there for interpreters in which ``sitecustomize`` did not run: started with ``-S``, or with
another program's ``sitecustomize`` in front of ours.
"""

import sys

__fastflask__ = True

try:
    import fastflask
except ModuleNotFoundError as error:
    if error.name != "fastflask":
        raise
    raise ModuleNotFoundError(
        f"'flask' means fastflask here, which is not installed for {sys.executable}", name="flask"
    ) from None

fastflask.install_as_flask()


def __getattr__(name):
    # For a thread that got hold of this module while another one was importing it.
    return getattr(fastflask, name)
