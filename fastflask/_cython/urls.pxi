# URLs that views and templates ask for: ``url_for``.
#
# A view builds URLs with the adapter of its request. That adapter is not made for it where what
# it would answer can be read from the request and the map. The pure twin is _pure/urls.py.

import typing as t

# The names of the module that offers url_for(), and which of them it is about.
cdef dict _helpers = {}
cdef object _current_app = None

# What binding a stock map to a request comes to; set by _note_urls().
cdef type _stock_adapter_class = None
cdef list _binding_stages = []
cdef list _adapter_stages = [
    ("__init__", _RouteAdapter.__init__),
    ("__getattribute__", object.__getattribute__),
    ("__setattr__", object.__setattr__),
    ("_partial_build", _RouteAdapter._partial_build),
    ("get_host", _RouteAdapter.get_host),
    ("build", build_url),
]
# How many attributes a map has that nobody has given one.
cdef Py_ssize_t _map_size = 0
cdef unsigned int _last_map_tag = 0
cdef unsigned int _last_adapter_tag = 0

# The stages of an application that make up url_for().
cdef object _stock_url_for = RequestCycle.__dict__["url_for"]
cdef object _stock_inject_url_defaults = None
cdef object _stock_url_defaults = RequestCycle.__dict__["url_default_functions"]


cdef int _note_urls(type map_class) except -1:
    # For configure(). The class of applications inherits what it has no C function for.
    global _stock_adapter_class, _stock_inject_url_defaults, _map_size, _helpers, _current_app
    from fastflask import globals as current, helpers
    from fastflask.sansio.app import App

    _helpers = vars(helpers)
    _current_app = current.current_app
    _stock_inject_url_defaults = App.__dict__["inject_url_defaults"]
    _stock_adapter_class = map_class.adapter_class
    _map_size = len(vars(map_class()))
    _binding_stages[:] = [
        ("bind", map_class.__dict__["bind"]), ("adapter_class", _stock_adapter_class)
    ]
    return 0


cdef bint _has_own_urls(type cls) noexcept:
    """Whether the steps of url_for() are the framework's own in a class of applications."""
    return (
        _PyType_Lookup(cls, "url_for") == <PyObject *>_stock_url_for
        and _PyType_Lookup(cls, "inject_url_defaults") == <PyObject *>_stock_inject_url_defaults
        and _PyType_Lookup(cls, "url_default_functions") == <PyObject *>_stock_url_defaults
    )


# The annotations are for people and tools, not for Cython to check.
@cython.annotation_typing(False)
def url_for(
    endpoint: str,
    *,
    _anchor: str | None = None,
    _method: str | None = None,
    _scheme: str | None = None,
    _external: bool | None = None,
    **values: t.Any,
) -> str:
    """Build the URL of an endpoint with :meth:`Flask.url_for <fastflask.Flask.url_for>`.

    :param endpoint: name of the endpoint; a leading dot stands for the current blueprint.
    :param _anchor: fragment to append after ``#``.
    :param _method: choose the rule of the endpoint that answers this method.
    :param _scheme: scheme of the URL, which makes it an external one.
    :param _external: whether to include scheme and host. In a request the default is no, outside
        of one it is yes.
    :param values: values of the variable parts; what is left over becomes the query string.

    .. versionadded:: 0.1
    """
    cdef RequestCycle app
    current_app = _dict_get(_helpers, "current_app")
    if current_app is _current_app:
        context = _read_var(_app_var)
        if (
            isinstance(context, AppContextBase)
            and _stock_of(context, &_last_app_context)
            & (_CONTEXT_APP | _APP_CONTEXT_PLAIN)
            == _CONTEXT_APP | _APP_CONTEXT_PLAIN
        ):
            app = (<AppContextBase>context)._app
            if app is not None and _own(app) & _OWN_URLS:
                return _url_for(app, endpoint, _anchor, _method, _scheme, _external, values)
    return current_app.url_for(
        endpoint,
        _anchor=_anchor,
        _method=_method,
        _scheme=_scheme,
        _external=_external,
        **values,
    )


cdef object _url_for(
    RequestCycle app,
    object endpoint,
    object anchor,
    object method,
    object scheme,
    object external,
    dict values,
):
    cdef RequestContextBase pending = None
    cdef object adapter = None
    current = _read_var(_request_var)

    if current is None:
        adapter = _adapter_outside_requests(app)
        if external is None:
            external = True
    else:
        if (
            isinstance(current, RequestContextBase)
            and (<RequestContextBase>current)._adapter_pending
            and _is_request((<RequestContextBase>current).request)
            and _stock_of(current, &_last_request_context)
            & _CONTEXT_ADAPTER
            == _CONTEXT_ADAPTER
        ):
            pending = <RequestContextBase>current
        else:
            adapter = current.url_adapter

        if _is_relative(endpoint):
            blueprint = _blueprint_of(current.request)
            endpoint = endpoint[_rest] if blueprint is None else f"{blueprint}{endpoint}"

        if external is None:
            external = scheme is not None

    if scheme is not None and not external:
        # Somebody wants https and would get a URL without.
        raise ValueError("When specifying '_scheme', '_external' must be True.")

    # Where nobody has registered a function there is nothing to inject.
    if app.url_default_functions or type(endpoint) is not str or not _own(app) & _OWN_URLS:
        (<object>app).inject_url_defaults(endpoint, values)

    try:
        if pending is not None:
            url = _url_of_request(pending, endpoint, values, method, external, scheme)
        else:
            url = _url_of_adapter(adapter, endpoint, values, method, external, scheme)
    except _RouteBuildError as error:
        values.update(_anchor=anchor, _method=method, _scheme=scheme, _external=external)
        return (<object>app).handle_url_build_error(error, endpoint, values)

    if anchor is not None:
        if type(anchor) is str:
            anchor = _route_quoted(<str>anchor, _ROUTE_IN_FRAGMENT)
        else:
            anchor = _route_quote(anchor, safe=_ROUTE_FRAGMENT_SAFE)
        return f"{url}#{anchor}"
    return url


cdef object _first = slice(None, 1)
cdef object _rest = slice(1, None)


cdef inline bint _is_relative(object endpoint) except -1:
    """Whether an endpoint begins with a dot."""
    if type(endpoint) is str:
        return PyUnicode_GET_LENGTH(endpoint) > 0 and PyUnicode_READ_CHAR(endpoint, 0) == c"."
    # As an item, since Cython refuses what has no slices in words of its own.
    return endpoint[_first] == "."


cdef object _blueprint_of(object request):
    """Return the name of the blueprint that a request's endpoint belongs to, or ``None``."""
    if _is_request(request):
        if (
            _stock_of(request, &_last_request) & _REQUEST_BLUEPRINTS
            == _REQUEST_BLUEPRINTS
        ):
            rule = (<LeanRequest>request)._url_rule
            if rule is None:
                return None
            endpoint = rule.endpoint
            if type(endpoint) is str:
                name, dot, _ = (<str>endpoint).rpartition(".")
                return name if dot else None
    return request.blueprint


cdef object _adapter_outside_requests(RequestCycle app):
    app_context = _read_var(_app_var)
    if app_context is None:
        adapter = (<object>app).create_url_adapter(None)
    else:
        adapter = app_context.url_adapter

    if adapter is None:
        raise RuntimeError(
            "Unable to build URLs outside an active request"
            " without 'SERVER_NAME' configured. Also configure"
            " 'APPLICATION_ROOT' and 'PREFERRED_URL_SCHEME' as"
            " needed."
        )
    return adapter


cdef object _url_of_adapter(
    object adapter, object endpoint, dict values, object method, object external, object scheme
):
    cdef dict attributes
    if adapter is not None and _route_adapter_bits(adapter) & _ROUTE_BUILD_URL:
        attributes = _vars(adapter)
        if "build" not in attributes:
            return _route_build_url(adapter, endpoint, values, method, external, True, scheme)

    return adapter.build(
        endpoint, values, method=method, url_scheme=scheme, force_external=external
    )


cdef bint _binds_plainly(object url_map, dict attributes) except -1:
    """Whether an adapter that the map makes is a stock one."""
    global _last_map_tag, _last_adapter_tag
    cdef type cls = type(url_map)
    cdef unsigned int map_tag = _tag_of(cls)
    cdef unsigned int adapter_tag = _tag_of(_stock_adapter_class)

    if not (
        map_tag and map_tag == _last_map_tag and adapter_tag and adapter_tag == _last_adapter_tag
    ):
        _last_map_tag = 0
        if _stock_bits(cls, _binding_stages) != (1 << len(_binding_stages)) - 1:
            return False
        if _stock_bits(_stock_adapter_class, _adapter_stages) != (1 << len(_adapter_stages)) - 1:
            return False
        _last_map_tag = _tag_of(cls)
        _last_adapter_tag = _tag_of(_stock_adapter_class)

    # PERF: looking for the names takes 25 ns.
    if len(attributes) == _map_size:
        return True
    return "bind" not in attributes and "adapter_class" not in attributes


cdef object _url_of_request(
    RequestContextBase context,
    object endpoint,
    dict values,
    object method,
    bint external,
    object scheme,
):
    """Build a URL as the adapter of a request would that is made of what the environ said."""
    cdef LeanRequest request = <LeanRequest>context.request
    cdef object url_map = _url_map_of(context._app)
    cdef unsigned int bits = _route_map_bits(url_map)
    cdef dict attributes = _route_vars(url_map, bits)
    cdef bint websocket = False
    cdef dict given
    cdef tuple built

    if attributes is None or not _binds_plainly(url_map, attributes):
        return _url_of_adapter(
            _adapter_of(context), endpoint, values, method, external, scheme
        )

    _route_update(url_map, attributes, bits)
    given = _route_given(values)
    built = _route_choose(
        _route_get(url_map, attributes, "_rules_by_endpoint"),
        endpoint,
        given,
        method,
        request._raw_method,
        True,
        None,
        &websocket,
    )
    if built is None:
        raise _RouteBuildError(endpoint, dict(given), method, _adapter_of(context))

    domain, path = built
    path = _route_one_slash(path)
    root = request._raw_script_name
    root = "/" if root is None or root == "" else _decode(root)
    if not external and not websocket:
        if context._subdomain is None:
            context._subdomain = _route_get(url_map, attributes, "default_subdomain") or ""
        if domain == context._subdomain:
            return path if root == "/" else root.rstrip("/") + path

    if context._host is None:
        host = _get_host(request._raw_scheme, request._host_header, request.server, None)
        context._host = host.lower()
    host = context._host
    if domain:
        host = f"{domain}.{host}"
    return _route_whole_url(
        request._raw_scheme if scheme is None else scheme,
        websocket,
        host,
        root if root.endswith("/") else root + "/",
        path,
    )
