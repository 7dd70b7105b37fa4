"""Random maps and requests, answered by Werkzeug's routing and by ours.

``FUZZ_MATCHER`` and ``FUZZ_URLS`` say how many; see ``fuzzing``.
"""

from __future__ import annotations

import random
import typing as t

import pytest
import werkzeug.routing as reference
from fuzzing import by_seed
from hypothesis import note
from strategies_routing import (
    BATCH,
    build_map,
    make_fitting,
    make_map,
    make_request,
    make_values,
    our_classes,
    same,
)
from werkzeug.exceptions import MethodNotAllowed

BINDINGS: list[dict[str, t.Any]] = [
    {"server_name": "example.com"},
    {"server_name": "example.com", "subdomain": "www"},
    {"server_name": "example.com:8000", "subdomain": "x12", "script_name": "/root"},
    {"server_name": "ab.api", "url_scheme": "https", "default_method": "POST"},
    {"server_name": "www", "url_scheme": "wss", "query_args": "bound=1"},
    {"server_name": "example.com", "subdomain": "x/y"},
]


def outcome(rules: list[t.Any], call: t.Any, *args: t.Any, **kwargs: t.Any) -> tuple[t.Any, ...]:
    """What a call comes to, in a form that can be compared between maps."""
    try:
        result = call(*args, **kwargs)
    except reference.RequestRedirect as error:
        return "redirect", error.new_url
    except reference.RequestPath as error:
        return "path", error.path_info
    except reference.RequestAliasRedirect as error:
        return "alias", error.matched_values, error.endpoint
    except reference.NoMatch as error:
        return "no match", error.have_match_for, error.websocket_mismatch
    except MethodNotAllowed as error:
        return "method", set(error.valid_methods or ())
    except Exception as error:
        return type(error), str(error)
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[0], reference.Rule):
        return next(i for i, rule in enumerate(rules) if rule is result[0]), result[1]
    return "value", result


def bind(url_map: t.Any, binding: dict[str, t.Any]) -> t.Any:
    if url_map.host_matching:
        binding = {name: value for name, value in binding.items() if name != "subdomain"}
    return url_map.bind(**binding)


def bind_both(rnd: random.Random, expected: t.Any, actual: t.Any) -> tuple[t.Any, t.Any]:
    binding = rnd.choice(BINDINGS)
    note(f"bound to: {binding}")
    return bind(expected, binding), bind(actual, binding)


def both_maps(rnd: random.Random, impl: t.Any) -> tuple[t.Any, ...]:
    spec = make_map(rnd)
    note(f"map: {spec[0]}")
    for rule in spec[1]:
        note(f"rule: {rule}")
    expected, expected_rules = build_map(reference.Map, reference.Rule, spec)
    map_class, rule_class = our_classes(impl)
    # Rules of the reference are welcome in our map.
    foreign = rnd.random() < 0.15
    actual, actual_rules = build_map(map_class, reference.Rule if foreign else rule_class, spec)
    for left, right in zip(expected_rules, actual_rules, strict=True):
        if isinstance(left, tuple) or isinstance(right, tuple):
            assert left == right
        else:
            assert left._trace == right._trace
            assert left._parts == right._parts
            assert left.arguments == right.arguments
            assert repr(left) == repr(right)
    return spec, expected, expected_rules, actual, actual_rules


def change_rules(rnd: random.Random, *lists: list[t.Any]) -> None:
    """Change a rule after set-up, the same way in all maps."""
    at = rnd.randrange(len(lists[0]))
    name, value = rnd.choice(
        [
            ("methods", {"PUT"}),
            ("methods", None),
            ("strict_slashes", False),
            ("strict_slashes", True),
            ("merge_slashes", False),
            ("websocket", True),
            ("alias", True),
            ("defaults", {"z": 5}),
            ("redirect_to", "elsewhere"),
        ]
    )
    note(f"change rule {at}: {name} = {value!r}")
    for rules in lists:
        if isinstance(rules[at], reference.Rule):
            setattr(rules[at], name, value)


@by_seed("matcher", BATCH)
def test_matching_is_the_reference(impl: t.Any, seed: int) -> None:
    rnd = random.Random(seed)
    spec, expected, expected_rules, actual, actual_rules = both_maps(rnd, impl)
    patterns = [rule["string"] for rule in spec[1]]
    left, right = bind_both(rnd, expected, actual)

    change_at = rnd.randrange(BATCH)
    for turn in range(BATCH):
        if turn == change_at:
            change_rules(rnd, expected_rules, actual_rules)
        request = make_request(rnd, patterns)
        note(f"request: {request}")

        wanted = outcome(expected_rules, left.match, return_rule=True, **request)
        found = outcome(actual_rules, right.match, return_rule=True, **request)
        assert same(wanted, found), (wanted, found)

        where = left.subdomain if not expected.host_matching else left.server_name
        path = "/" + request["path_info"].lstrip("/") if request["path_info"] else ""
        raw = (
            where,
            path,
            (request["method"] or left.default_method).upper(),
            bool(request["websocket"]),
        )
        wanted = outcome(expected_rules, expected._matcher.match, *raw)
        found = outcome(actual_rules, actual._matcher.match, *raw)
        assert same(wanted, found), (wanted, found)

        again = {**request, "websocket": raw[3]}
        wanted = outcome(expected_rules, left.match, return_rule=True, **again)
        found = outcome(actual_rules, actual.match_plain, *raw)
        if found != ("value", None):
            assert same(wanted, found), (wanted, found)


@by_seed("urls", BATCH)
def test_building_is_the_reference(impl: t.Any, seed: int) -> None:
    rnd = random.Random(seed)
    spec, expected, expected_rules, actual, actual_rules = both_maps(rnd, impl)
    left, right = bind_both(rnd, expected, actual)

    change_at = rnd.randrange(BATCH)
    for turn in range(BATCH):
        if turn == change_at:
            change_rules(rnd, expected_rules, actual_rules)
        values, endpoint = make_values(rnd), rnd.choice("eeffgghhi")
        # For one rule values that fit, for another one whatever there is.
        chosen = rnd.sample(range(len(spec[1])), min(2, len(spec[1])))
        if rnd.random() < 0.75:
            rule = spec[1][chosen[0]]
            values, endpoint = dict(values or {}) | make_fitting(rnd, rule), rule["endpoint"]
        options = {
            "endpoint": endpoint,
            "values": values,
            "method": rnd.choice([None] * 4 + ["GET", "POST"]),
            "force_external": rnd.random() < 0.2,
            "append_unknown": rnd.random() > 0.2,
            "url_scheme": rnd.choice([None] * 4 + ["https", "ws", ""]),
        }
        note(f"build: {options}")
        wanted = outcome([], left.build, **options)
        found = outcome([], right.build, **options)
        assert same(wanted, found), (wanted, found)

        for one, other in ((expected_rules[at], actual_rules[at]) for at in chosen):
            if isinstance(one, reference.Rule):
                arguments = dict(values or {}), options["append_unknown"]
                wanted = outcome([], one.build, *arguments)
                found = outcome([], other.build, *arguments)
                assert same(wanted, found), (wanted, found)


@pytest.mark.parametrize("odd", [{1: "x"}, {".self": 1}])
def test_building_from_odd_names_fails_as_in_the_reference(
    impl: t.Any, odd: dict[t.Any, t.Any]
) -> None:
    map_class, rule_class = our_classes(impl)
    rules = reference.Rule("/a/<b>", endpoint="e"), rule_class("/a/<b>", endpoint="e")
    for make, rule in zip((reference.Map, map_class), rules, strict=True):
        make([rule])
    wanted, found = (outcome([], rule.build, {"b": "x", **odd}) for rule in rules)
    assert wanted == found
