"""What the tests of the proxies stand proxies for; imported by them as ``proxied``."""

from __future__ import annotations

import contextvars
import types
from collections.abc import Iterator
from typing import Any

import pytest

# At module level, as context variables that come and go are never freed.
VARIABLE: contextvars.ContextVar[Any] = contextvars.ContextVar("tests.local.value")
STORAGE: contextvars.ContextVar[Any] = contextvars.ContextVar("tests.local.storage")


@pytest.fixture(autouse=True)
def own_values() -> Iterator[None]:
    """No test sees what another has put into the shared variables."""
    tokens = [(STORAGE, STORAGE.set({})), (VARIABLE, VARIABLE.set(None))]
    yield
    for variable, token in tokens:
        variable.reset(token)


def never() -> Any:
    raise RuntimeError("no object")


def to(impl: Any, target: Any) -> Any:
    return impl.LocalProxy(lambda: target)


class Thing:
    """A thing."""

    kind = "thing"

    def __init__(self) -> None:
        self.inner = types.SimpleNamespace(value=5)

    @property
    def broken(self) -> None:
        raise AttributeError("raised by the property")
