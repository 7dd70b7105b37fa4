# Reading one dynamic part of a path.
#
# Part of routing.pxi. A dynamic part of a rule arrives as the text of a regular expression. Where
# that text is one of the forms the built-in converters produce, the part is read character by
# character, accepting exactly the same texts; anything else keeps its pattern, compiled once, when
# a request first gets there. The pure twin is ``_pure/routing_segments.py``.

from cpython.mem cimport PyMem_Calloc, PyMem_Free
from cpython.unicode cimport (
    PyUnicode_DATA,
    PyUnicode_FromObject,
    PyUnicode_KIND,
    PyUnicode_Substring,
)
from libc.stdint cimport uint32_t
from libc.string cimport memchr, memcmp

cdef extern from "Python.h":
    # Not as a character, which Cython would turn into a string to calculate with it.
    uint32_t _route_read "PyUnicode_READ"(int kind, const void *data, Py_ssize_t index) noexcept
    bint _route_is_decimal "Py_UNICODE_ISDECIMAL"(uint32_t character) noexcept


cdef enum _RouteKind:
    _ROUTE_PATTERN
    _ROUTE_TEXT
    _ROUTE_DIGITS
    _ROUTE_FRACTION
    _ROUTE_REST
    _ROUTE_UUID
    _ROUTE_CHOICE


cdef str _ROUTE_LITERAL = r"(?:\\[^A-Za-z0-9]|[^\\.^$*+?{}\[\]|()])*"
cdef str _ROUTE_HEX = "[A-Fa-f0-9]"
cdef str _ROUTE_KNOWN = (
    r"(?P<text>\[\^/\](?:(?P<some>\+)|\{(?P<low>\d{1,9})(?P<comma>,)?(?P<high>\d{1,9})?\}))"
    r"|(?P<digits>(?P<sign>-\?)?\\d\+(?P<point>\\\.\\d\+)?)"
    r"|(?P<rest>\[\^/\]\.\*\?)"
    r"|(?P<uuid>"
    + _route_re.escape("-".join([_ROUTE_HEX + "{%d}" % n for n in (8, 4, 4, 4, 12)]))
    + r")|\(\?:(?P<choice>" + _ROUTE_LITERAL + r"(?:\|" + _ROUTE_LITERAL + r")*)\)"
)
cdef object _route_one_group = _route_re.compile(
    r"(?P<prefix>" + _ROUTE_LITERAL + r")\(\?P<__werkzeug_0>(?:" + _ROUTE_KNOWN
    + r")\)(?P<suffix>" + _ROUTE_LITERAL + r")(?P<slash>\(\?<!/\)\(/\?\))?\\Z",
    _route_re.ASCII,
).fullmatch
cdef object _route_any_group = _route_re.compile(
    r"(?P<prefix>" + _ROUTE_LITERAL + r")\(\?P<__werkzeug_0>(?P<regex>.*)\)(?:" + _ROUTE_LITERAL
    + r")(?:\(\?<!/\)\(/\?\))?\\Z",
    _route_re.ASCII | _route_re.DOTALL,
).fullmatch
cdef object _route_group_border = _route_re.compile(
    r"\)(?:" + _ROUTE_LITERAL + r")\(\?P<__werkzeug_\d+>"
).split
cdef object _route_global_flags = _route_re.compile(r"\(\?[A-Za-z]+\)").search
cdef object _route_escape = _route_re.compile(r"\\(.)", _route_re.DOTALL).sub
cdef object _route_character = _route_re.compile(r"\\(.)|(.)", _route_re.DOTALL).findall


cdef struct _RouteText:
    # A string under search, which its owner keeps alive.
    int kind
    const void *data
    Py_ssize_t size


cdef inline _RouteText _route_text(str text) noexcept:
    cdef _RouteText view
    view.kind = PyUnicode_KIND(text)
    view.data = PyUnicode_DATA(text)
    view.size = len(text)
    return view


cdef inline bint _route_has(_RouteText text, Py_ssize_t start, str literal) noexcept:
    """Whether a literal, which must not be longer than what is left, is found at this place."""
    cdef int kind = PyUnicode_KIND(literal)
    cdef const void *data = PyUnicode_DATA(literal)
    cdef Py_ssize_t size = len(literal)
    cdef Py_ssize_t i
    if kind == text.kind:
        return memcmp(<const char *>text.data + start * kind, data, size * kind) == 0
    if kind > text.kind:  # has a character the text has no room for
        return False
    for i in range(size):
        if _route_read(kind, data, i) != _route_read(text.kind, text.data, start + i):
            return False
    return True


cdef inline bint _route_decimals(_RouteText text, Py_ssize_t start, Py_ssize_t end) noexcept:
    """Whether all characters of a text that is not empty are decimal digits."""
    cdef Py_ssize_t i
    cdef uint32_t character
    if start >= end:
        return False
    for i in range(start, end):
        character = _route_read(text.kind, text.data, i)
        if not (c"0" <= character <= c"9"):
            if character < 128 or not _route_is_decimal(character):
                return False
    return True


cdef inline Py_ssize_t _route_find(
    _RouteText text, Py_ssize_t start, Py_ssize_t end, char wanted
) noexcept:
    """Return the first place of an ASCII character, or -1."""
    cdef Py_ssize_t i
    cdef const char *found
    if text.kind == 1:
        found = <const char *>memchr(<const char *>text.data + start, wanted, end - start)
        return -1 if found is NULL else found - <const char *>text.data
    for i in range(start, end):
        if _route_read(text.kind, text.data, i) == wanted:
            return i
    return -1


@cython.final
cdef class _RoutePart:
    """A dynamic part, identified by pattern text, flags and weight."""

    cdef int kind
    cdef bint final
    cdef bint suffixed
    cdef bint signed
    cdef Py_ssize_t low
    cdef Py_ssize_t high
    cdef str content
    cdef str prefix
    cdef str suffix
    cdef readonly object weight
    # The texts a choice has, and with what is around them.
    cdef frozenset items
    cdef tuple choices
    # The method of the compiled pattern, and the groups to take values from.
    cdef object pattern
    cdef tuple groups

    cdef bint scan(
        self, str path, _RouteText text, Py_ssize_t start, Py_ssize_t end, Py_ssize_t *span
    ) except -1:
        """Whether a part of the path fits. Where its value begins and ends goes into *span*."""
        cdef Py_ssize_t before = len(self.prefix)
        cdef Py_ssize_t after = len(self.suffix)
        cdef Py_ssize_t i

        if self.suffixed and end > start:
            if _route_read(text.kind, text.data, end - 1) == c"/":
                end -= 1
        if self.suffixed and end > start:
            if _route_read(text.kind, text.data, end - 1) == c"/":
                return False
        if end - start < before + after:
            return False
        if before and not _route_has(text, start, self.prefix):
            return False
        if after and not _route_has(text, end - after, self.suffix):
            return False

        start += before
        end -= after
        span[0] = start
        span[1] = end

        if self.kind == _ROUTE_TEXT:
            return self.low <= end - start and (self.high < 0 or end - start <= self.high)
        if self.kind == _ROUTE_REST:
            if start >= end or _route_read(text.kind, text.data, start) == c"/":
                return False
            return _route_find(text, start + 1, end, c"\n") < 0
        if self.kind == _ROUTE_CHOICE:
            return PyUnicode_Substring(path, start, end) in self.items
        if self.kind == _ROUTE_UUID:
            return end - start == 36 and _route_is_uuid(text, start)

        if self.signed and start < end and _route_read(text.kind, text.data, start) == c"-":
            start += 1
        if self.kind == _ROUTE_DIGITS:
            return _route_decimals(text, start, end)
        i = _route_find(text, start, end, c".")
        return i >= 0 and _route_decimals(text, start, i) and _route_decimals(text, i + 1, end)

    cdef object search(self, str text):
        """Return the match of the pattern, or ``None``."""
        if self.pattern is None:
            # A pattern that is malformed must fail here, for the requests that get this far.
            pattern = _route_re.compile(self.content)
            self.groups = tuple([
                index
                for _, index in sorted([
                    (int(name[11:]), index)
                    for name, index in pattern.groupindex.items()
                    if name.startswith("__werkzeug_")
                ])
            ])
            self.pattern = pattern.match
        return self.pattern(text)

    cdef settle_prefix(self):
        """Find the literal text in front of the first value, if it is certain to be one."""
        form = _route_any_group(self.content)
        if form is None or not form["prefix"] or _route_global_flags(self.content):
            return
        for regex in _route_group_border(form["regex"]):
            try:
                # Complete in itself, so that no alternative reaches as far as the prefix.
                _route_re.compile(regex)
            except Exception:
                return
        self.prefix = _route_plain(form["prefix"])


cdef bint _route_is_uuid(_RouteText text, Py_ssize_t start) noexcept:
    cdef Py_ssize_t i
    cdef uint32_t character
    for i in range(36):
        character = _route_read(text.kind, text.data, start + i)
        if i == 8 or i == 13 or i == 18 or i == 23:
            if character != c"-":
                return False
        elif not (
            c"0" <= character <= c"9" or c"a" <= character <= c"f" or c"A" <= character <= c"F"
        ):
            return False
    return True


cdef str _route_plain(str escaped):
    return _route_escape(r"\1", escaped)


cdef _RoutePart _route_make_part(tuple key, bint domain):
    """Return the cheapest reader for a dynamic part. One for the host name may meet slashes."""
    cdef _RoutePart part = _RoutePart.__new__(_RoutePart)
    part.content, part.final, part.suffixed, part.weight = key
    part.prefix = part.suffix = ""
    part.kind = _ROUTE_PATTERN
    form = None if domain else _route_one_group(part.content)
    if form is not None and (form["slash"] is not None) == part.suffixed:
        _route_settle_kind(part, form)
    if part.kind != _ROUTE_PATTERN:
        part.prefix = _route_plain(form["prefix"])
        part.suffix = _route_plain(form["suffix"])
        if part.kind == _ROUTE_CHOICE and not part.final:
            part.choices = tuple([part.prefix + item + part.suffix for item in part.items])
    return part


cdef _route_settle_kind(_RoutePart part, form):
    cdef list items
    if form["rest"]:
        part.kind = _ROUTE_REST
    elif form["slash"]:
        return
    elif form["text"]:
        part.low = 1 if form["some"] else int(form["low"])
        part.high = -1
        if form["high"]:
            part.high = int(form["high"])
            if not form["comma"] or part.high < part.low:
                return
        elif not form["some"] and not form["comma"]:
            part.high = part.low
        if not part.final:
            part.kind = _ROUTE_TEXT
    elif form["digits"]:
        part.signed = form["sign"] is not None
        part.kind = _ROUTE_FRACTION if form["point"] else _ROUTE_DIGITS
    elif form["uuid"]:
        part.kind = _ROUTE_UUID
    else:
        items = [""]
        for literal, bare in _route_character(form["choice"]):
            if bare == "|":
                items.append("")
            else:
                items[-1] += literal or bare
        part.items = frozenset(items)
        part.kind = _ROUTE_CHOICE
