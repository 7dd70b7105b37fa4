"""Build of the one extension module, ``fastflask._speedups``; everything else is in pyproject.toml.

``FASTFLASK_SPEEDUPS``
    Unset: build the module if that is possible, install in pure mode otherwise.
    ``1``: fail with the reasons if it cannot be built. ``0``: do not try.

``FASTFLASK_BUILD``
    For work on the extension, separated by commas: ``debug`` (assertions, symbols, not optimised),
    ``trace`` (line tracing for coverage), ``sanitize`` (address and undefined-behaviour checks),
    ``annotate`` (HTML that shows which lines use the Python API), ``strict`` (warnings of Cython,
    and of pointers of another type, are errors).

The generated C goes into the build folder and is never packaged.
"""

from __future__ import annotations

import os
import platform
from glob import glob
from pathlib import Path

from setuptools import setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError, CCompilerError

MODES = {"debug", "trace", "sanitize", "annotate", "strict"}
wanted = os.environ.get("FASTFLASK_SPEEDUPS", "").strip()
modes = {mode for mode in os.environ.get("FASTFLASK_BUILD", "").split(",") if mode}
obstacles = []

if wanted not in {"", "0", "1"}:
    raise RuntimeError(f"FASTFLASK_SPEEDUPS must be 0, 1 or unset, not {wanted!r}")
if modes - MODES:
    raise RuntimeError(f"FASTFLASK_BUILD knows {sorted(MODES)}, not {sorted(modes - MODES)}")


def refuse(*reasons: object) -> RuntimeError:
    return RuntimeError(
        "FASTFLASK_SPEEDUPS=1 requires fastflask._speedups, which cannot be built here:\n"
        + "".join(f"  - {reason}\n" for reason in reasons)
        + "Unset FASTFLASK_SPEEDUPS to install in pure mode."
    )


class BuildSpeedups(build_ext):
    """Build the extension, or say why the installation goes on without it."""

    def build_extension(self, ext) -> None:
        try:
            super().build_extension(ext)
        except (BaseError, CCompilerError) as error:
            reason = f"no working C compiler, or no Python headers ({error})"
            if not ext.optional:
                raise refuse(reason) from error
            # What an earlier build left must not pass for the result of this one.
            Path(self.get_ext_fullpath(ext.name)).unlink(missing_ok=True)
            print("*" * 72, f"fastflask is installed in pure mode: {reason}", "*" * 72, sep="\n")
            raise  # setuptools only warns, as the extension is optional


def speedups(extension_class):
    macros, directives, compile_args, link_args, include_dirs = [], {}, [], [], []

    if os.name != "nt" and not modes & {"debug", "sanitize"}:
        # Many Pythons hand on their own -g, which makes the module six times as large.
        compile_args = ["-g0"]
    if platform.system() == "Linux" and not modes & {"debug", "sanitize"}:
        # The unit is a large one, where GCC stops putting small functions in their places before
        # it comes to those of the request: 1,100 of 54,500 instructions with hooks on 3.13.
        compile_args += ["--param", "inline-unit-growth=100"]
        # Calls of the interpreter go straight to where it is, not by way of a table of jumps: 85 of
        # 24,600 instructions of the shortest request on 3.13.
        compile_args += ["-fno-plt"]
    if "trace" in modes:
        macros += [("CYTHON_TRACE_NOGIL", "1"), ("CYTHON_USE_SYS_MONITORING", "0")]
        directives["linetrace"] = True
    if "debug" in modes:
        compile_args += ["-O0", "-g3", "-UNDEBUG"]
    if "strict" in modes and os.name != "nt":
        # As GCC 14 has it.
        compile_args += ["-Werror=incompatible-pointer-types"]
    if "sanitize" in modes:
        link_args = ["-fsanitize=address,undefined"]
        compile_args += [*link_args, "-O1", "-g", "-fno-omit-frame-pointer"]

    if "annotate" in modes:
        # Parts that a part includes are left out if they are not found from here.
        include_dirs = [os.path.abspath("fastflask/_cython")]

    return extension_class(
        "fastflask._speedups",
        ["fastflask/_speedups.pyx"],
        depends=sorted(glob("fastflask/_cython/*.pxi")),
        define_macros=macros,
        extra_compile_args=compile_args,
        extra_link_args=link_args,
        cython_c_in_temp=True,
        cython_include_dirs=include_dirs,
        cython_directives=directives,
        # Not through cythonize(), which returns an extension that is no longer optional.
        optional=wanted != "1",
    )


if platform.python_implementation() != "CPython":
    obstacles.append(f"it is made for CPython, this is {platform.python_implementation()}")

try:
    from Cython.Compiler import Options
    from Cython.Distutils.extension import Extension
except ImportError as error:
    obstacles.append(f"Cython is not installed ({error})")
else:
    Options.warning_errors = "strict" in modes
    Options.annotate = "annotate" in modes

if wanted == "1" and obstacles:
    raise refuse(*obstacles)

setup(
    cmdclass={"build_ext": BuildSpeedups},
    ext_modules=[] if wanted == "0" or obstacles else [speedups(Extension)],
)
