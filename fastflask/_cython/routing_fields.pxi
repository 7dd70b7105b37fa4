# Reading attributes of rules, maps and adapters.
#
# Part of routing.pxi. These are Python objects, and must be read when a request is served, as they
# may have changed. PERF: reading an attribute in the general way costs more than twice what a look
# into the instance's dict does, and a match needs a dozen. So for each class it is found out, and
# kept for as long as the class does not change, whether that dict is where its instances keep these
# attributes, and which methods are stock.

cdef extern from *:
    """
    static CYTHON_INLINE int ff_reads_plainly(PyTypeObject *cls) {
        return cls->tp_getattro == PyObject_GenericGetAttr;
    }
    static CYTHON_INLINE int ff_is_data(PyObject *obj) {
        return Py_TYPE(obj)->tp_descr_set != NULL;
    }
    """
    bint _route_reads_plainly "ff_reads_plainly"(type cls) noexcept
    bint _route_is_data "ff_is_data"(PyObject *obj) noexcept

cdef enum:
    # Of a class's bits: whether its instances' attributes are in their dicts.
    _ROUTE_FIELDS = 1
    # Whether methods of a rule are stock.
    _ROUTE_SUITABLE_FOR = 2
    _ROUTE_BUILD = 4
    _ROUTE_PROVIDES_DEFAULTS_FOR = 8
    _ROUTE_ENCODE_QUERY_VARS = 16
    # Those that build URLs.
    _ROUTE_STOCK_RULE = 2 | 4
    # Of a map.
    _ROUTE_UPDATE = 2
    # Of an adapter.
    _ROUTE_GET_DEFAULT_REDIRECT = 2
    _ROUTE_PARTIAL_BUILD = 4
    _ROUTE_GET_HOST = 8
    _ROUTE_BUILD_URL = 16

cdef tuple _route_rule_fields = (
    "methods", "websocket", "strict_slashes", "defaults", "alias", "redirect_to", "endpoint", "map",
    "arguments", "_converters", "_builder",
)
cdef tuple _route_map_fields = (
    "_remap", "_matcher", "_rules_by_endpoint", "host_matching", "redirect_defaults",
)
cdef tuple _route_adapter_fields = (
    "map", "server_name", "script_name", "subdomain", "url_scheme", "path_info", "default_method",
    "websocket",
)

# Methods and what they are in Werkzeug, or with us, in the order of the bits.
cdef list _route_rule_stages = []
cdef list _route_map_stages = []
cdef list _route_adapter_stages = []

cdef _Kind _route_last_rule, _route_last_map, _route_last_adapter


cdef unsigned int _route_look_at(
    object owner, _Kind *last, tuple fields, list stages
) except? 0xFFFFFFFF:
    cdef type cls = type(owner)
    cdef unsigned int bits = _stock_bits(cls, stages) << 1
    cdef PyObject *found
    if _route_reads_plainly(cls):
        for name in fields:
            found = _PyType_Lookup(cls, name)
            if found is not NULL and _route_is_data(found):
                break
        else:
            bits |= _ROUTE_FIELDS
    last.stock = bits
    # The lookups above gave the class a tag, if it can have one.
    last.tag = _tag_of(cls)
    return bits


cdef inline unsigned int _route_rule_bits(object rule) except? 0xFFFFFFFF:
    cdef unsigned int tag = _tag_of_class(rule)
    if tag and tag == _route_last_rule.tag:
        return _route_last_rule.stock
    return _route_look_at(rule, &_route_last_rule, _route_rule_fields, _route_rule_stages)


cdef inline object _endpoint_of(object rule):
    """Return the endpoint of what should be a rule. An object of any other class is asked."""
    cdef unsigned int tag = _tag_of_class(rule)
    if tag and tag == _route_last_rule.tag:
        return _route_get(rule, _route_vars(rule, _route_last_rule.stock), "endpoint")
    return rule.endpoint


cdef inline unsigned int _route_map_bits(object url_map) except? 0xFFFFFFFF:
    cdef unsigned int tag = _tag_of_class(url_map)
    if tag and tag == _route_last_map.tag:
        return _route_last_map.stock
    return _route_look_at(url_map, &_route_last_map, _route_map_fields, _route_map_stages)


cdef inline unsigned int _route_adapter_bits(object adapter) except? 0xFFFFFFFF:
    cdef unsigned int tag = _tag_of_class(adapter)
    if tag and tag == _route_last_adapter.tag:
        return _route_last_adapter.stock
    return _route_look_at(
        adapter, &_route_last_adapter, _route_adapter_fields, _route_adapter_stages
    )


cdef inline dict _route_vars(object owner, unsigned int bits):
    """Return the dict to read attributes from, or ``None`` if they have to be asked for."""
    return _vars(owner) if bits & _ROUTE_FIELDS else None


cdef inline object _route_get(object owner, dict attributes, str name):
    """Return an attribute."""
    cdef PyObject *value
    if attributes is not None:
        value = _find(attributes, name)
        if value is not NULL:
            return <object>value
    return getattr(owner, name)
