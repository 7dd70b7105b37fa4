"""Command groups that exist once somebody asks for them.

Serving requests needs no command line. With this descriptor an application or blueprint that
registers no commands never imports the command line's modules.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .cli import AppGroup


class LazyGroup:
    """Descriptor for an attribute ``cli`` that is created on first use.

    Only the class holds the descriptor. The group itself, or whatever is assigned, lives in the
    object's ``__dict__`` like any other attribute, so later reads do not come here.

    The group is named like its owner was when ``_cli_name`` was set, which constructors should do.

    .. versionadded:: 0.1
    """

    @t.overload
    def __get__(self, obj: None, owner: type | None = None) -> LazyGroup: ...

    @t.overload
    def __get__(self, obj: object, owner: type | None = None) -> AppGroup: ...

    def __get__(self, obj: t.Any, owner: type | None = None) -> LazyGroup | AppGroup:
        if obj is None:
            return self

        from .cli import AppGroup

        attributes = vars(obj)
        name = attributes["_cli_name"] if "_cli_name" in attributes else obj.name
        # Of two threads that come here at once, both get the same group.
        return t.cast("AppGroup", attributes.setdefault("cli", AppGroup(name)))

    @staticmethod
    def peek(obj: t.Any) -> t.Any:
        """Return an object's group, or ``None`` if it has not been asked for yet.

        :param obj: an application or blueprint; one with an ordinary ``cli`` attribute, too.
        """
        if "cli" not in vars(obj) and isinstance(getattr(type(obj), "cli", None), LazyGroup):
            return None

        return obj.cli
