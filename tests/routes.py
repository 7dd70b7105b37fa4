"""Maps and rules to match with; imported by the tests of routing as ``routes``."""

from __future__ import annotations

import typing as t

import pytest
import werkzeug.routing as reference
from strategies_routing import our_classes


def routing_of(impl: t.Any) -> t.Any:
    """``Map`` and ``Rule`` on the implementation under test, as attributes."""

    class Classes:
        Map, Rule = our_classes(impl)

    return Classes


def found(url_map: t.Any, path: str, method: str = "GET", **binding: t.Any) -> t.Any:
    return url_map.bind("example.com", **binding).match(path, method)


def make(r: t.Any, *patterns: str, **options: t.Any) -> t.Any:
    """A map with a rule for each pattern, which is its endpoint too."""
    return r.Map([r.Rule(pattern, endpoint=pattern) for pattern in patterns], **options)


def redirect(url_map: t.Any, path: str, **binding: t.Any) -> str:
    with pytest.raises(reference.RequestRedirect) as error:
        found(url_map, path, **binding)
    return error.value.new_url
