"""Tables of rules of a given size, with paths to look for in them."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from .contenders import Contender

SIZES = (1, 10, 100, 1_000, 10_000)
#: Falcon compares each rule that is added with all that are there. Ten thousand take it minutes.
FALCON_IS_SLOW = "its router takes minutes to add so many rules"
#: How many questions are asked in one go. They are spread over the whole table.
QUESTIONS = 60

_WORDS = ("users", "orders", "files", "teams", "notes", "tags", "jobs", "logs")


@dataclass(frozen=True)
class Table:
    """Rules, and for each of them a path that it matches."""

    rules: tuple[str, ...]
    paths: tuple[str, ...]

    def hits(self) -> list[str]:
        """Return paths of the first rule, the last, and those between at equal distances."""
        last = len(self.paths) - 1
        return [self.paths[round(last * n / (QUESTIONS - 1))] for n in range(QUESTIONS)]

    def misses(self) -> list[str]:
        """Return paths that begin like those of rules, and then match none."""
        return [f"{path}/none" for path in self.hits()]


def static(size: int) -> Table:
    rules = tuple(f"/api/{_name(n)}/list" for n in range(size))
    return Table(rules, rules)


def integer(size: int) -> Table:
    names = [_name(n) for n in range(size)]
    return Table(
        tuple(f"/api/{name}/<int:item>" for name in names),
        tuple(f"/api/{name}/{n * 7 + 1}" for n, name in enumerate(names)),
    )


def mixed(size: int) -> Table:
    """Half of the rules static, the rest with one or two variables at different depths."""
    random = Random(size)
    rules, paths = [], []
    for n in range(size):
        name, item = _name(n), random.randrange(10_000)
        rule, path = (
            (f"/{name}", f"/{name}"),
            (f"/{name}/<int:item>", f"/{name}/{item}"),
            (f"/{name}/all/recent", f"/{name}/all/recent"),
            (f"/{name}/<item>/edit/<int:part>", f"/{name}/x{item}/edit/{n}"),
        )[n % 4]
        rules.append(rule)
        paths.append(path)
    return Table(tuple(rules), tuple(paths))


def siblings(size: int) -> Table:
    """Rules that differ within the one segment that also has the variable."""
    return Table(
        tuple(f"/p-{n}-<int:item>" for n in range(size)),
        tuple(f"/p-{n}-{n * 3 + 1}" for n in range(size)),
    )


KINDS: dict[str, t.Callable[[int], Table]] = {
    "static": static,
    "int": integer,
    "mixed": mixed,
    "siblings": siblings,
}

_API_RULES = (
    "/v1/{name}",
    "/v1/{name}/<int:a>",
    "/v1/{name}/<int:a>/parts/<int:b>",
    "/v1/{name}/<int:a>/parts/<int:b>/on/<int:c>/at/<int:d>",
)


def api(arguments: int) -> Table:
    """The 302 rules of a larger API, and paths with so many arguments."""
    names = [f"{_WORDS[n % 8]}{n}" for n in range(75)]
    rules = [rule.format(name=name) for name in names for rule in _API_RULES]
    wanted = next(rule for rule in _API_RULES if rule.count("<") == arguments)
    numbers = iter(Random(arguments).choices(range(100_000), k=75 * 4))
    paths = [
        re.sub("<[^>]*>", lambda found: str(next(numbers)), wanted.format(name=name))
        for name in names
    ]
    return Table(("/", "/health", *rules), tuple(paths))


def _name(n: int) -> str:
    return f"{_WORDS[n % 8]}{n}"


# One table of 10,000 rules is enough to keep.
@lru_cache(maxsize=1)
def finder(side: Contender, table: Table) -> t.Callable[[str, str], t.Any]:
    """Return the contender's function from path and method to what is to be called."""
    if side.tag == "falcon":
        return _falcon_finder(table)

    routing = side.part("routing")
    rules = [
        routing.Rule(rule, endpoint=f"endpoint{n}", methods=["GET"])
        for n, rule in enumerate(table.rules)
    ]
    adapter = routing.Map(rules).bind("example.com")
    adapter.map.update()
    return t.cast("t.Callable[[str, str], t.Any]", adapter.match)


def _falcon_finder(table: Table) -> t.Callable[[str, str], t.Any]:
    """Return the router's own function, which leaves the method to the application."""
    from falcon.routing import CompiledRouter

    class Resource:
        def on_get(self, req: t.Any, resp: t.Any, **arguments: t.Any) -> None: ...

    router, resource = CompiledRouter(), Resource()
    for rule in table.rules:
        router.add_route(to_falcon(rule), resource)
    # The second argument is the request, for routers that want it. This one does not.
    router.find(table.paths[0], None)
    return t.cast("t.Callable[[str, str], t.Any]", router.find)


def to_falcon(rule: str) -> str:
    """Return a rule in Falcon's notation."""
    return re.sub(r"<int:(\w+)>", r"{\1:int}", re.sub(r"<(\w+)>", r"{\1}", rule))
