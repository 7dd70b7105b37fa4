# What a request begins with: its contexts, the URL adapter, the match, the session.
#
# The adapter is made at once only if that may fail or somebody may see it; the session is opened
# at once only if a cookie carries it or its interface is not the stock one. The pure twin is
# _pure/intake.py.

# PERF: objects are made without the detour of calling their class, which finds and calls
# ``__new__`` and ``__init__``: 300 instructions less for each of four.

cdef RequestContextBase _new_request_context(RequestCycle app, object environ):
    cdef type cls = _stock_request_context_class
    cdef RequestContextBase context
    if _stock_of_class(cls, &_last_request_context) & _CONTEXT_MAKING == _CONTEXT_MAKING:
        context = _make(&_request_contexts, cls)
        _init_request_context(context, app, environ, None, None)
        return context
    return cls(app, environ)


cdef AppContextBase _new_app_context(RequestCycle app):
    cdef type cls = _stock_app_context_class
    cdef AppContextBase context
    if _stock_of_class(cls, &_last_app_context) & _CONTEXT_MAKING == _CONTEXT_MAKING:
        context = _make(&_app_contexts, cls)
        _init_app_context(context, app)
        return context
    return cls(app)


cdef object _make_request(RequestCycle app, object environ, bint *as_sent):
    """Make the request. Tell whether nothing that may have changed the environ has run since."""
    cdef object request
    cdef unsigned int stock = 0
    cls = _request_class_of(app)

    if type(cls) is type:
        stock = _notes_of(<type>cls, &_last_request).stock

    if stock & _REQUEST_MAKING == _REQUEST_MAKING:
        request = _make(&_requests, <type>cls)
        as_sent[0] = _init_request(<LeanRequest>request, environ, True, False)
    else:
        request = cls(environ)

    if _fields_are_own(app):
        json = app.json
    else:
        json = (<object>app).json
        as_sent[0] = False

    if (
        _is_request(request)
        and stock & _REQUEST_OWN_FIELDS == _REQUEST_OWN_FIELDS
    ):
        (<LeanRequest>request)._json_module = json
    else:
        request.json_module = json
        as_sent[0] = False
    return request


cdef object _call_app_context(RequestCycle app):
    if _own(app) & _OWN_APP_CONTEXT:
        return _new_app_context(app)
    return (<object>app).app_context()


cdef object _adapter_for_app(RequestCycle app):
    if _own(app) & _OWN_CREATE_ADAPTER and _settings_of(app) & _NO_SERVER_NAME:
        return None
    return (<object>app).create_url_adapter(None)


# The URL adapter, and matching.

cdef extern from *:
    """
    /* Whether a host, which is ASCII, has no dot at its beginning and none behind another. */
    static CYTHON_INLINE int ff_has_no_empty_label(PyObject *host) {
        const char *text = (const char *)PyUnicode_1BYTE_DATA(host);
        const char *end = text + PyUnicode_GET_LENGTH(host);
        if (text < end && *text == '.') return 0;
        while ((text = memchr(text, '.', (size_t)(end - text))) != NULL) {
            if (++text < end && *text == '.') return 0;
        }
        return 1;
    }
    """
    bint _has_no_empty_label "ff_has_no_empty_label"(object host) noexcept


cdef inline bint _is_for_any_host(RequestCycle app, dict attributes) except -1:
    """Whether the URL map, whose attributes these are, leaves hosts alone."""
    if _is_unchanged(attributes, &app._map_seen):
        return app._any_host
    return _dict_get(attributes, "host_matching") is False


cdef int _note_map(
    RequestCycle app, object url_map, dict attributes, object matcher, object domain
) except -1:
    """Note what a request needs of the URL map, as long as it stays what it is.

    PERF: four values that are looked up otherwise, 500 instructions of a request.
    """
    _look_away(&app._map_seen)
    if (
        _is_seen_changing(url_map)
        and type(matcher) is RouteMatcher
        and type(domain) is str
        and _dict_get(attributes, "_remap") is False
    ):
        app._matcher = matcher
        app._subdomain = domain
        app._any_host = _dict_get(attributes, "host_matching") is False
        _look_at(attributes, &app._map_seen)
    return 0


cdef bint _is_simple_host(object host) except -1:
    """Whether binding an adapter to the host cannot fail, whatever else it does with it."""
    if host is None:
        return True
    return (
        type(host) is str
        and PyUnicode_IS_ASCII(host)
        and PyUnicode_GET_LENGTH(host) <= _MAX_LABEL
        and _has_no_empty_label(host)
    )


cdef bint _can_defer_adapter(RequestCycle app, object request, bint as_sent) except -1:
    """Whether making the adapter cannot fail, has no effect, and reads nothing else.

    As far as method and scheme are known to be as they were sent, they are not looked up again.
    """
    cdef dict environ
    cdef LeanRequest lean

    if not _is_request(request) or not _own(app) & _OWN_CREATE_ADAPTER:
        return False

    lean = <LeanRequest>request
    url_map = _url_map_of(app)

    if (
        type(lean.environ) is not dict
        or type(url_map) is not _stock_map_class
        or app.subdomain_matching is not False
        or not _is_for_any_host(app, _vars(url_map))
        or ~_settings_of(app) & (_NO_SERVER_NAME | _NO_TRUSTED_HOSTS)
        or not _stock_of(request, &_last_request) & _REQUEST_TRUSTED_HOSTS
        or (_attribute_count(request) > 0 and "trusted_hosts" in _vars(request))
    ):
        return False

    environ = <dict>lean.environ
    host = _dict_get(environ, "HTTP_HOST")
    lean._host_header = host
    # An adapter has the method as it was sent.
    return (
        (as_sent or _dict_get(environ, "REQUEST_METHOD") == lean._raw_method)
        and (_is_text(lean._raw_scheme, "http") or _is_text(lean._raw_scheme, "https"))
        and (as_sent or _has(environ, "wsgi.url_scheme"))
        and not _has(environ, "HTTP_UPGRADE")
        and _is_simple_host(lean._server_name if host is None else host)
    )


cdef int _bind_url_adapter(
    RequestCycle app, RequestContextBase context, bint as_sent
) except -1:
    """Give a new request context its adapter, or note that it can be made later."""
    request = context.request

    if _can_defer_adapter(app, request, as_sent):
        context._adapter_pending = True
        (<LeanRequest>request)._any_host = True
        return 0

    try:
        context._url_adapter = (<object>app).create_url_adapter(request)
    except _HTTPException as e:
        request.routing_exception = e
    return 0


cdef object _make_pending_adapter(RequestContextBase context):
    """Make the adapter from what the environ said when the request began."""
    cdef LeanRequest request = <LeanRequest?>context.request
    cdef object query = request._raw_query
    cdef object path = request._raw_path
    cdef object script_name = request._raw_script_name
    url_map = _url_map_of(context._app)
    host = _get_host(request._raw_scheme, request._host_header, request.server, None)
    return url_map.bind(
        host.lower(),
        None if script_name is None else _decode(script_name),
        url_map.default_subdomain or "",
        request._raw_scheme,
        request._raw_method,
        None if path is None else _decode(path),
        query_args=None if query is None else _decode(query),
    )


cdef int _match_request(RequestContextBase self) except -1:
    cdef object result = None
    cdef int found
    cdef _RouteSearch search
    cdef LeanRequest lean
    cdef dict attributes
    request = self.request

    try:
        if self._adapter_pending and _is_request(request):
            lean = <LeanRequest>request
            url_map = _url_map_of(self._app)
            attributes = _vars(url_map)
            # The server's empty path is not the root's, which it is redirected to.
            if lean._raw_path is None:
                path = "/"
            elif _is_text(lean._raw_path, ""):
                path = ""
            else:
                path = _with_one_slash(_decode(lean._raw_path))
            if _is_unchanged(attributes, &self._app._map_seen):
                domain = self._app._subdomain
                matcher = self._app._matcher
            else:
                if _dict_get(attributes, "_remap") is not False:
                    url_map.update()
                domain = _dict_get(attributes, "default_subdomain") or ""
                matcher = _dict_get(attributes, "_matcher")
                _note_map(self._app, url_map, attributes, matcher, domain)
            self._subdomain = domain
            if type(matcher) is RouteMatcher and type(domain) is str:
                search = _route_new_search(path, lean._raw_method, False)
                found = (<RouteMatcher>matcher)._settle(search, <str>domain)
                if found == _ROUTE_MISSED:
                    # PERF: kept for the dispatch to raise, and so not raised here: 2 µs of a 404.
                    request.routing_exception = search.error
                    return _route_let_go_of(search)
                if found == _ROUTE_FOUND:
                    _take_match(request, search.rule, search.arguments)
                    return _route_let_go_of(search)
            else:
                result = matcher.match_plain(domain, path, lean._raw_method, False)

        if result is None:
            result = _adapter_of(self).match(return_rule=True)

        rule, view_args = result
    except _HTTPException as e:
        request.routing_exception = e
        return 0

    return _take_match(request, rule, view_args)


cdef int _take_match(object request, object rule, object view_args) except -1:
    """Give the request what it was matched to."""
    if _is_request(request):
        if (
            _stock_of(request, &_last_request) & _REQUEST_OWN_FIELDS
            == _REQUEST_OWN_FIELDS
        ):
            (<LeanRequest>request)._url_rule = rule
            (<LeanRequest>request)._view_args = view_args
            return 0

    request.url_rule = rule
    request.view_args = view_args
    return 0


# The session.

cdef int _open_session(RequestCycle app, RequestContextBase context) except -1:
    """Open the session, or note that it can be opened later with the same result."""
    cdef unsigned int settings
    interface = _session_interface_of(app)
    request = context.request

    if not _own(app) & _OWN_CLASSIC_HOOKS:
        context._opened_session = (<object>app)._open_session_by_hooks(request)
        return 0

    if _is_stock_session(interface) and _is_request(request):
        cookies = _environ_get((<LeanRequest>request).environ, "HTTP_COOKIE", None)
        if not cookies or _carries_no_session(
            cookies, _setting(_config_of(app), "SESSION_COOKIE_NAME")
        ):
            context._session_interface = interface
            if _own(app) & _OWN_SECRET_KEY:
                settings = _settings_of(app)
                if settings & _SECRET_KEY_KNOWN:
                    context._session_signed = (settings & _SECRET_KEY_SET) != 0
                else:
                    context._session_signed = bool(_setting(_config_of(app), "SECRET_KEY"))
            else:
                context._session_signed = bool((<object>app).secret_key)
            return 0

    session = interface.open_session(app, request)
    if session is None:
        session = interface.make_null_session(app)
    context._opened_session = session
    return 0


cdef bint _carries_no_session(object cookies, object name) except -1:
    return (
        type(name) is str
        and PyUnicode_IS_ASCII(name)
        and type(cookies) is str
        and <str>name not in <str>cookies
    )
