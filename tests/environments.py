"""Virtual environments with a chosen part of what is installed here, made without a network."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import fastflask

NEEDED = ("blinker", "click", "itsdangerous", "jinja2", "markupsafe", "werkzeug")
PRIVATE = ("FLASK_", "FASTFLASK_", "PYTHON", "WERKZEUG_", "GUNICORN_", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Environment:
    folder: Path

    @property
    def scripts(self) -> Path:
        return self.folder / "bin"

    @property
    def python(self) -> str:
        return str(self.scripts / "python")

    @property
    def packages(self) -> Path:
        version = "python{}.{}".format(*sys.version_info)
        return self.folder / "lib" / version / "site-packages"

    def add_script(self, name: str, module: str, function: str) -> None:
        """Write what an installer writes for an entry point."""
        file = self.scripts / name
        file.write_text(
            f"#!{self.python}\nimport sys\nfrom {module} import {function}\n"
            f"if __name__ == '__main__':\n    sys.exit({function}())\n"
        )
        file.chmod(0o755)

    def variables(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(PRIVATE)}
        if "FASTFLASK_SPEEDUPS" in os.environ:
            kept["FASTFLASK_SPEEDUPS"] = os.environ["FASTFLASK_SPEEDUPS"]
        return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1", **more}

    def run(
        self, *command: str, cwd: Path | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a program, of this environment if it is given by name alone."""
        file, *rest = command
        if not os.path.dirname(file):
            file = str(self.scripts / file)
        return subprocess.run(
            [file, *rest],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=cwd or self.folder,
            env=self.variables(**variables),
        )

    def says(self, *command: str, cwd: Path | None = None, **variables: str) -> str:
        """Run a program that must succeed quietly, and return what it prints."""
        done = self.run(*command, cwd=cwd, **variables)
        assert done.returncode == 0 and not done.stderr, (done.stdout, done.stderr)
        return done.stdout.strip()


def with_requirements(*distributions: str) -> list[str]:
    """Return distributions and all that they require, as far as it is installed here."""
    from packaging.requirements import Requirement

    found: dict[str, str] = {}
    waiting = list(distributions)
    while waiting:
        name = waiting.pop()
        if name.lower() in found:
            continue
        try:
            requires = metadata.requires(name) or ()
        except metadata.PackageNotFoundError:
            assert name not in distributions
            continue
        found[name.lower()] = name
        for requirement in map(Requirement, requires):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return list(found.values())


def make_environment(folder: Path, *distributions: str) -> Environment:
    """Make an environment that has fastflask and the given distributions, by links."""
    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
    made = Environment(folder)
    _link(Path(fastflask.__file__).parent, made.packages)

    for name in distributions:
        distribution = metadata.distribution(name)
        roots = {Path(file).parts[0] for file in distribution.files or ()}
        for root in roots - {"..", "__pycache__"}:
            _link(Path(str(distribution.locate_file(root))), made.packages)

    made.add_script("fastflask", "fastflask.cli", "main")
    return made


def _link(source: Path, folder: Path) -> None:
    target = folder / source.name
    # Distributions may share a folder. The link made for the first shows what all have in it.
    if not target.exists():
        target.symlink_to(source, target_is_directory=source.is_dir())


assert sys.platform != "win32", "these tests start POSIX scripts"
