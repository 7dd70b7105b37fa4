"""Objects that are local to a context, and proxies to what is current in it.

The names are those of :mod:`werkzeug.local`. The proxies are this package's, also those that a
:class:`Local` or :class:`LocalStack` makes when it is called.
"""

from __future__ import annotations

import typing as t

from werkzeug.local import Local as _Local
from werkzeug.local import LocalManager as LocalManager
from werkzeug.local import LocalStack as _LocalStack
from werkzeug.local import release_local as release_local

from ._impl import LocalProxy as LocalProxy

T = t.TypeVar("T")


class Local(_Local):
    """A namespace whose attributes each context has for itself.

    :param context_var: a context variable to keep the attributes in, a new one by default.
        It should exist for as long as the program, as contexts do not let go of it.

    .. versionadded:: 0.1
    """

    __slots__ = ()

    def __call__(self, name: str, *, unbound_message: str | None = None) -> LocalProxy[t.Any]:
        """Return a proxy to an attribute.

        :param name: the attribute.
        :param unbound_message: text of the error while the attribute is not set.
        """
        return LocalProxy(self, name, unbound_message=unbound_message)


class LocalStack(_LocalStack[T]):
    """A stack that each context has for itself.

    :param context_var: a context variable to keep the items in, a new one by default.
        It should exist for as long as the program, as contexts do not let go of it.

    .. versionadded:: 0.1
    """

    __slots__ = ()

    def __call__(
        self, name: str | None = None, *, unbound_message: str | None = None
    ) -> LocalProxy[t.Any]:
        """Return a proxy to the item on top.

        :param name: stand for this attribute of the item instead.
        :param unbound_message: text of the error while the stack is empty.
        """
        return LocalProxy(self, name, unbound_message=unbound_message)
