"""The list of the applications, and what they have in common."""

from __future__ import annotations

import typing as t
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from .environs import KEY, OLD_KEY
from .harness import APP_NAME, Recorder

Builder = t.Callable[[ModuleType, Recorder], t.Any]
#: Name to the function that builds the application, and to hints for the requests to make.
APPS: dict[str, tuple[Builder, dict[str, t.Any]]] = {}
FILES = Path(__file__).parent / "files"

#: Settings that may be worth changing for any application.
ERROR_SETTINGS: dict[str, t.Any] = {
    "PROPAGATE_EXCEPTIONS": [True, False],
    "TESTING": [True],
    "DEBUG": [True],
    "TRAP_HTTP_EXCEPTIONS": [True],
    "TRAP_BAD_REQUEST_ERRORS": [True, False],
}
SESSION_SETTINGS: dict[str, t.Any] = {
    "SECRET_KEY": [None, "", KEY, "a new key"],
    "SECRET_KEY_FALLBACKS": [None, [], [OLD_KEY], [KEY, OLD_KEY]],
    "SESSION_COOKIE_NAME": ["session", "other"],
    "SESSION_COOKIE_DOMAIN": [None, ".example.com"],
    "SESSION_COOKIE_PATH": [None, "/sub"],
    "SESSION_COOKIE_HTTPONLY": [False],
    "SESSION_COOKIE_SECURE": [True],
    "SESSION_COOKIE_PARTITIONED": [True],
    "SESSION_COOKIE_SAMESITE": [None, "lax", "Strict", "wrong"],
    "SESSION_REFRESH_EACH_REQUEST": [False],
    "APPLICATION_ROOT": ["/", "/app"],
    "MAX_COOKIE_SIZE": [0, 5000],
}
HOST_SETTINGS: dict[str, t.Any] = {
    "TRUSTED_HOSTS": [None, [], ["example.com"], [".example.com"], ["[::1]"], "localhost"],
    "SERVER_NAME": [None, "example.com", "example.com:8080", "localhost"],
    "PREFERRED_URL_SCHEME": ["https"],
    "APPLICATION_ROOT": ["/root"],
}


def application(**hints: t.Any) -> Callable[[Builder], Builder]:
    """Enter the function that builds an application in :data:`APPS`."""

    def enter(build: Builder) -> Builder:
        APPS[build.__name__.removeprefix("build_")] = build, hints
        return build

    return enter


def make_app(cls: t.Any, **options: t.Any) -> t.Any:
    """Return a new application with the settings of all these applications."""
    options.setdefault("root_path", str(FILES))
    app = cls(APP_NAME, **options)
    app.config["SECRET_KEY"] = KEY
    return app
