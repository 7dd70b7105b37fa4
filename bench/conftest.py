"""Each bench once for each contender that can run in this process, and a check that it may."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .contenders import Contender, here
from .guards import Unfit


@pytest.fixture(params=here(), ids=str)
def side(request: pytest.FixtureRequest) -> Iterator[Contender]:
    """The contender that is measured."""
    contender: Contender = request.param
    if (why := contender.missing()) is not None:
        pytest.skip(why)
    yield contender
    contender.leave()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Show contenders of one operation together, and refuse what may not be measured."""
    for item in items:
        item.add_marker(pytest.mark.benchmark(group=getattr(item, "originalname", item.name)))
    for contender in here():
        if contender.missing() is None:
            try:
                contender.check()
            except Unfit as error:
                raise pytest.UsageError(f"not fit to be measured: {error}") from error


def pytest_report_header() -> str:
    names = []
    for contender in here():
        why = contender.missing()
        present = f"{contender.title} {contender.version}".strip()
        names.append(present if why is None else f"no {contender.title} ({why})")
    return f"contenders: {', '.join(names)}"
