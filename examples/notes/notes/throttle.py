"""Guessing passwords is slow: after some failures a name, and later all names, have to wait.

The counters live in the cache, so with Redis all workers and hosts count together.
"""

from __future__ import annotations

import hashlib
from ipaddress import ip_address, ip_network
from time import time

from flask import current_app, request

from .extensions import cache

SECONDS = 15 * 60
MESSAGE = "Too many attempts. Wait a quarter of an hour, then try again."


def must_wait(username: str) -> bool:
    """Whether this visitor has failed too often, with this name or with all names together."""
    most = current_app.config["LOGIN_TRIES"]
    name, all_names = ((cache.get(key) or 0) for key in _keys(username))
    return bool(name >= most or all_names >= most * 10)


def note_failure(username: str) -> None:
    """Count one more failure."""
    for key in _keys(username):
        # Not "get, then set": two failures at the same moment are two.
        cache.add(key, 0, timeout=SECONDS)
        cache.cache.inc(key)


def forget(username: str) -> None:
    """Start afresh after a success. Other names have their failures still to answer for."""
    cache.delete(_keys(username)[0])


def _keys(username: str) -> list[str]:
    # They hold the quarter of an hour: caches differ in how long they keep what was counted up.
    seen = f"{int(time() // SECONDS)} {_network()}"
    digests = (
        hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
        for text in (f"{seen} {username.casefold()}", seen)
    )
    return [f"login-{digest}" for digest in digests]


def _network() -> str:
    """Where the visitor comes from: one with IPv6 has more addresses than could be counted."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return str(request.remote_addr)
    return str(ip_network((address, 64), strict=False) if address.version == 6 else address)
