"""Guessing passwords is slow: after some failures a name and an address have to wait.

The counters live in the cache, so with Redis all workers and hosts count together.
"""

from __future__ import annotations

import hashlib

from flask import current_app, request

from .extensions import cache


def must_wait(username: str) -> bool:
    """Whether this visitor has failed too often with this name."""
    failures = cache.get(_key(username)) or 0
    return bool(failures >= current_app.config["LOGIN_TRIES"])


def note_failure(username: str) -> None:
    """Count one more failure. The wait begins with the first of them."""
    key = _key(username)
    wait = int(current_app.config["LOGIN_WAIT"].total_seconds())
    # Not "get, then set": two failures at the same moment are two.
    if not cache.add(key, 1, timeout=wait):
        cache.cache.inc(key)


def forget(username: str) -> None:
    """Start afresh after a success."""
    cache.delete(_key(username))


def _key(username: str) -> str:
    seen = f"{request.remote_addr} {username.casefold()}"
    return "login-" + hashlib.sha256(seen.encode("utf-8", "replace")).hexdigest()
