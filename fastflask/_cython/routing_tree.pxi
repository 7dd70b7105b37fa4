# The tree of rules that the matcher walks: places, and the literal and dynamic parts between them.
#
# Part of routing.pxi; the pure twins are in ``_pure/routing.py`` and ``_pure/routing_segments.py``.

# Up to this number of siblings, trying all is as good as an index.
cdef enum:
    _ROUTE_MANY = 8
    # Up to this number of literal siblings, comparing all is cheaper than hashing.
    _ROUTE_FEW = 3

cdef object _route_order = _route_attrgetter("order")

cdef class _RouteNode


@cython.final
cdef class _RouteEdge:
    """A dynamic part that leads from one place to another."""

    cdef _RoutePart part
    cdef _RouteNode node
    cdef readonly Py_ssize_t order

    @property
    def weight(self):
        return self.part.weight


@cython.final
cdef class _RouteChoices:
    """An index of the dynamic parts that can follow at one place, for places that have many.

    Parts are found by their literal beginning and end, or by their whole text where that is known,
    so that a thousand siblings like ``/p-17-<int:id>`` cost no more than a few.
    """

    cdef dict edges
    cdef bint settled
    cdef dict whole
    # Edges by the lengths of the texts at both ends, then by these texts.
    cdef dict single
    cdef dict final

    cdef settle(self, list edges):
        """Build the index of these edges, which are in the order in which they are tried."""
        cdef _RouteEdge edge
        cdef _RoutePart part
        cdef dict whole = {}
        cdef dict single = {}
        cdef dict final = {}
        cdef dict shape

        for edge in edges:
            part = edge.part
            if part.choices is not None:
                for text in part.choices:
                    whole.setdefault(text, []).append(edge)
                continue
            if part.kind == _ROUTE_PATTERN and not part.prefix:
                part.settle_prefix()
            suffix = "" if part.suffixed else part.suffix
            shape = final if part.final else single
            shape = shape.setdefault((len(part.prefix), len(suffix)), {})
            shape.setdefault(part.prefix + suffix, []).append(edge)

        self.whole, self.single, self.final = whole, single, final
        self.settled = True

    cdef list candidates(self, str path, Py_ssize_t start, Py_ssize_t end):
        """Return the edges that may fit the path from this part on, in the order to try them."""
        cdef str text = PyUnicode_Substring(path, start, end)
        cdef list found = []
        cdef list edges
        hit = _dict_get(self.whole, text)
        if hit is not None:
            found.append(hit)
        _route_lookup(self.single, text, found)
        if self.final:
            _route_lookup(self.final, PyUnicode_Substring(path, start, len(path)), found)
        if len(found) < 2:
            return found[0] if found else found
        edges = []
        for hit in found:
            edges += <list>hit
        edges.sort(key=_route_order)
        return edges


cdef _route_lookup(dict affixes, str text, list found):
    cdef Py_ssize_t size = len(text)
    cdef Py_ssize_t before
    cdef Py_ssize_t after
    cdef str ends
    for shape, edges in affixes.items():
        before = (<tuple>shape)[0]
        after = (<tuple>shape)[1]
        if before + after > size:
            continue
        ends = PyUnicode_Substring(text, 0, before)
        if after:
            ends = ends + PyUnicode_Substring(text, size - after, size)
        hit = _dict_get(<dict>edges, ends)
        if hit is not None:
            found.append(hit)


@cython.final
cdef class _RouteTable:
    """The literal parts that can follow at one place: a hash table that is asked with a piece of a
    path, without making a string of it."""

    cdef list keys
    cdef list nodes
    cdef uint32_t *hashes
    # Positions in the lists, counted from one.
    cdef uint32_t *slots
    cdef uint32_t mask

    def __cinit__(self):
        self.keys = []
        self.nodes = []
        self._resize(4)

    def __dealloc__(self):
        PyMem_Free(self.hashes)
        PyMem_Free(self.slots)

    cdef int _resize(self, uint32_t size) except -1:
        # Room for `size` keys, and twice as many slots.
        cdef uint32_t *hashes = <uint32_t *>PyMem_Calloc(size, sizeof(uint32_t))
        cdef uint32_t *slots = <uint32_t *>PyMem_Calloc(2 * size, sizeof(uint32_t))
        cdef uint32_t i
        if hashes is NULL or slots is NULL:
            PyMem_Free(hashes)
            PyMem_Free(slots)
            raise MemoryError
        for i in range(<uint32_t>len(self.keys)):
            hashes[i] = self.hashes[i]
        PyMem_Free(self.hashes)
        PyMem_Free(self.slots)
        self.hashes, self.slots, self.mask = hashes, slots, 2 * size - 1
        for i in range(<uint32_t>len(self.keys)):
            self._enter(i)
        return 0

    cdef void _enter(self, uint32_t index) noexcept:
        cdef uint32_t slot = self.hashes[index] & self.mask
        while self.slots[slot]:
            slot = (slot + 1) & self.mask
        self.slots[slot] = index + 1

    cdef int add(self, str key, _RouteNode node) except -1:
        cdef uint32_t index = <uint32_t>len(self.keys)
        if 2 * index > self.mask:
            self._resize(self.mask + 1)
        self.keys.append(key)
        self.nodes.append(node)
        self.hashes[index] = _route_hash(_route_text(key), 0, len(key))
        self._enter(index)
        return 0

    # The indices are those of the list.
    @cython.boundscheck(False)
    @cython.wraparound(False)
    cdef _RouteNode find(self, _RouteText text, Py_ssize_t start, Py_ssize_t end):
        cdef uint32_t hashed
        cdef uint32_t slot
        cdef uint32_t index
        cdef str key

        if len(self.keys) <= _ROUTE_FEW:
            for index in range(<uint32_t>len(self.keys)):
                key = <str>self.keys[index]
                if len(key) == end - start and _route_has(text, start, key):
                    return <_RouteNode>self.nodes[index]
            return None

        hashed = _route_hash(text, start, end)
        slot = hashed & self.mask
        while True:
            index = self.slots[slot]
            if not index:
                return None
            index -= 1
            if self.hashes[index] == hashed:
                key = <str>self.keys[index]
                if len(key) == end - start and _route_has(text, start, key):
                    return <_RouteNode>self.nodes[index]
            slot = (slot + 1) & self.mask


cdef inline uint32_t _route_hash(_RouteText text, Py_ssize_t start, Py_ssize_t end) noexcept:
    # FNV-1a by code points, so that it does not depend on how a string is stored.
    cdef uint32_t hashed = 2166136261u
    cdef Py_ssize_t i
    for i in range(start, end):
        hashed = (hashed ^ _route_read(text.kind, text.data, i)) * 16777619u
    return hashed ^ (hashed >> 15)


@cython.final
@cython.trashcan(True)
cdef class _RouteNode:
    """A place in the tree: the rules that end here, and where the next part leads."""

    cdef _RouteTable literal
    # Where the path that ends with a slash here goes on.
    cdef _RouteNode slash
    cdef list edges
    # An index of the edges, where there are many.
    cdef _RouteChoices choices
    cdef list rules

    cdef _RouteNode literal_child(self, str text):
        """Return the node for a literal part, a new one if need be."""
        cdef _RouteText view = _route_text(text)
        cdef _RouteNode node = None
        if self.literal is None:
            self.literal = _RouteTable()
        else:
            node = self.literal.find(view, 0, view.size)
        if node is None:
            node = _RouteNode.__new__(_RouteNode)
            self.literal.add(text, node)
            if not view.size:
                self.slash = node
        return node
