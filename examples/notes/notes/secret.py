"""The key that signs session cookies."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret_key(folder: Path, debug: bool) -> str:
    """The signing key for an application that was not given one.

    Debug mode uses a fixed key, so that a reload keeps everyone logged in. Otherwise a random
    key is made once and kept in the instance folder, readable by its owner alone.

    :param folder: the instance folder.
    :param debug: whether the application runs in debug mode.
    """
    if debug:
        return "for development only"

    path = folder / "secret_key"
    if not path.exists():
        _write_once(path, secrets.token_hex(32))
    return path.read_text("ascii")


def _write_once(path: Path, key: str) -> None:
    # Several workers may start at the same moment. A link either appears whole or not at all,
    # so the first one wins and the others read its key, never half of it.
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
