# The request cycle: the steps from the server's call to the server's answer.
#
# Each step is a method of the application and open to overriding in a subclass, on the
# instance, or by patching the class later. There is one way through: a step that nobody
# overrides is called as the C function that its method calls too; the notes on the class say
# which these are. Skipped is only work whose result nobody could see: a signal without
# receivers, an empty list of hooks, an adapter nobody asked for, a session that no cookie
# carries and nobody opened. The pure twin is _pure/cycle.py.

cdef class RequestCycle:
    """The stage methods of an application; a base of :class:`~fastflask.Flask`."""

    # Set by the application.
    cdef public object config
    cdef public object url_map
    cdef public object json
    cdef public object view_functions
    cdef public object before_request_funcs
    cdef public object after_request_funcs
    cdef public object teardown_request_funcs
    cdef public object teardown_appcontext_funcs
    cdef public object url_value_preprocessors
    cdef public object url_default_functions
    cdef public object subdomain_matching
    cdef public object _got_first_request
    # The notes on the class, less what the instance has of its own. They hold as long as the
    # class has this tag, and the instance these attributes.
    cdef unsigned int _tag
    cdef unsigned int _stock
    cdef _Look _attributes
    cdef _Notes _notes
    # Notes on the configuration, which hold as long as it is the same dict, and unchanged.
    cdef unsigned int _settings_tag
    cdef unsigned int _settings
    cdef _Look _settings_seen
    # The same of a URL map that has no rules to take in: whether it leaves hosts alone.
    cdef bint _any_host
    cdef RouteMatcher _matcher
    cdef str _subdomain
    cdef _Look _map_seen
    # What it is called by.
    cdef _Vectorcall _call
    cdef dict __dict__
    cdef object __weakref__

    def __cinit__(self, *args, **kwargs):
        self._call = <_Vectorcall>_call_app

    # What a copy begins with: the attributes, and the fields as if they were slots.
    def __getstate__(self):
        return dict(_vars(self)), {name: field.__get__(self) for name, field in _app_fields}

    # The call, and the contexts.

    def __call__(self, environ, start_response):
        """Answer a request of the server, by way of :meth:`wsgi_app`.

        Middleware is applied by wrapping that, so that the application object stays the same.
        """
        if _own(self) & _OWN_WSGI_APP:
            return _answer(self, environ, start_response)
        return self.wsgi_app(environ, start_response)

    def wsgi_app(self, environ, start_response):
        """The WSGI application proper. To add a middleware, wrap this method::

            app.wsgi_app = MyMiddleware(app.wsgi_app)

        Whatever happens, the contexts are popped and teardown functions run.

        :param environ: the WSGI environment.
        :param start_response: takes the status line, the list of headers, and optionally
            what :func:`sys.exc_info` returns.
        """
        return _answer(self, environ, start_response)

    def request_context(self, environ):
        """Return a new :class:`~fastflask.ctx.RequestContext` for a WSGI environment.

        :param environ: the WSGI environment.
        """
        return _new_request_context(self, environ)

    def app_context(self):
        """Return a new :class:`~fastflask.ctx.AppContext`, to be used in a ``with`` block.

        Requests and commands have one of their own accord.

        .. versionadded:: 0.1
        """
        return _new_app_context(self)

    def create_url_adapter(self, request):
        """Return what matches and builds URLs for a request, or for the application.

        :param request: the request, or ``None`` outside of one. Then the result is ``None``
            unless ``SERVER_NAME`` is configured.
        """
        config = self.config

        if request is None:
            server_name = config["SERVER_NAME"]
            if server_name is None:
                return None
            return self.url_map.bind(
                server_name,
                script_name=config["APPLICATION_ROOT"],
                url_scheme=config["PREFERRED_URL_SCHEME"],
            )

        trusted_hosts = config["TRUSTED_HOSTS"]
        if trusted_hosts is not None:
            request.trusted_hosts = trusted_hosts

        # Refuses a host that is not trusted; binding to the environ does not.
        request.host = _wsgi.get_host(request.environ, request.trusted_hosts)

        url_map = self.url_map
        server_name = config["SERVER_NAME"]
        subdomain = None

        if url_map.host_matching:
            # With a name given, Werkzeug would look at that and not at the host.
            server_name = None
        elif not self.subdomain_matching:
            subdomain = url_map.default_subdomain or ""

        return url_map.bind_to_environ(
            request.environ, server_name=server_name, subdomain=subdomain
        )

    # The stages of a request.

    def full_dispatch_request(self):
        """Run the hooks and the view, turn errors and results into a response, and finish it."""
        return _full_dispatch(self)

    def preprocess_request(self):
        """Run the URL value preprocessors and then the functions registered to run before.

        Those of the application come first, then those of the blueprints from the outermost
        inward. The first result of the latter that is not ``None`` is taken for the view's.
        """
        return _preprocess(self)

    def dispatch_request(self):
        """Call the view that the URL was matched to and return its result.

        Raises the error of the matching, if there was one, and answers ``OPTIONS`` where the
        rule wants that.
        """
        return _dispatch(self)

    def ensure_sync(self, func):
        """Return a function to be called like a plain one, for a plain one or a coroutine's.

        Override this to run ``async def`` functions another way.

        :param func: a view, a hook, a handler.

        .. versionadded:: 0.1
        """
        if _is_plain_function(func, "_is_coroutine_mark") or not _iscoroutinefunction(func):
            return func

        return self.async_to_sync(func)

    def make_response(self, rv):
        """Turn what a view returned into an object of :attr:`response_class`.

        :param rv: text, bytes, an iterator of these, a dict or list for JSON, a response,
            a WSGI application; or a tuple of one of these with a status, headers, or both.
        :raises TypeError: for anything else, ``None`` among it.
        """
        return _make_response(self, rv)

    def finalize_request(self, rv, from_error_handler=False):
        """Make the response and run what comes after the view.

        :param rv: what the view or an error handler returned.
        :param from_error_handler: log errors instead of raising them, as an error is being
            answered already.
        """
        return _finalize(self, rv, from_error_handler)

    def process_response(self, response):
        """Run the functions registered to run after a request, then save the session.

        :param response: the response so far.
        :return: the response to send, which may be another one.
        """
        return _process(self, response)

    # URLs.

    def url_for(
        self,
        /,
        endpoint,
        *,
        _anchor=None,
        _method=None,
        _scheme=None,
        _external=None,
        **values,
    ):
        """Build the URL of an endpoint. See :func:`fastflask.url_for`.

        :param endpoint: the endpoint; one that begins with a dot belongs to the current
            blueprint.
        :param _anchor: appended after ``#``.
        :param _method: the method that the rule has to allow.
        :param _scheme: the scheme; implies an external URL.
        :param _external: with scheme and host. The default within a request is without.
        :param values: arguments of the rule; others go to the query.
        :raises RuntimeError: outside of a request if ``SERVER_NAME`` is not configured.
        """
        return _url_for(self, endpoint, _anchor, _method, _scheme, _external, values)

    # Teardown.

    def do_teardown_request(self, exc=_sentinel):
        """Run the functions registered for the teardown of requests.

        Those of the blueprint come first, then those of the application, each in reverse
        order. Happens when the request context is popped.

        :param exc: the error that the request ended with; by default the one being handled.
        """
        _teardown_request(self, sys.exc_info()[1] if exc is _no_exc else exc)

    def do_teardown_appcontext(self, exc=_sentinel):
        """Run the functions registered for the teardown of application contexts.

        Happens when the application context is popped, after a request's context if there
        was a request.

        :param exc: the error that the context ended with; by default the one being handled.

        .. versionadded:: 0.1
        """
        _teardown_appcontext(self, sys.exc_info()[1] if exc is _no_exc else exc)


_keep_dict_0(RequestCycle)

cdef list _app_fields = [
    (name, RequestCycle.__dict__[name])
    for name in (
        "config",
        "url_map",
        "json",
        "view_functions",
        "before_request_funcs",
        "after_request_funcs",
        "teardown_request_funcs",
        "teardown_appcontext_funcs",
        "url_value_preprocessors",
        "subdomain_matching",
        "_got_first_request",
        "url_default_functions",
    )
]


cdef object _answer(RequestCycle app, object environ, object start_response):
    cdef RequestContextBase context
    cdef object error = None
    cdef object response, answer

    if _own(app) & _OWN_REQUEST_CONTEXT:
        context = _new_request_context(app, environ)
    else:
        context = (<object>app).request_context(environ)

    try:
        try:
            if _stock_of(context, &_last_request_context) & _CONTEXT_PUSH:
                _push_request_context(context)
            else:
                (<object>context).push()

            if _own(app) & _OWN_FULL_DISPATCH:
                response = _full_dispatch(app)
            else:
                response = (<object>app).full_dispatch_request()
        except Exception as e:
            error = e
            response = (<object>app).handle_exception(e)
        except BaseException as e:
            error = e
            raise

        if _is_response(response) and _stock_of(response, &_last_response) & _RESPONSE_CALL:
            answer = _send_response(<LeanResponse>response, environ, start_response)
        else:
            answer = response(environ, start_response)
    finally:
        if _environ_has(environ, "werkzeug.debug.preserve_context"):
            preserve = environ["werkzeug.debug.preserve_context"]
            preserve(_cv_app.get())
            preserve(_cv_request.get())

        if error is not None and _is_ignored(app, context, error):
            error = None

        if context._last is None and isinstance(error, MemoryError):
            # There was none for the push, so there is nothing to pop.
            _leave_if_pushed(context, error)
            raise error

        _leave_request_context(context, error)

    # Not returned further up: where a ``finally`` fails, Cython loses what is being returned.
    return answer


cdef bint _is_ignored(RequestCycle app, RequestContextBase context, object error) except -1:
    try:
        return (<object>app).should_ignore_error(error)
    except MemoryError:
        # Up to 3.10 every call of a Python function takes some.
        _leave_if_pushed(context, error)
        raise


cdef int _leave_if_pushed(RequestContextBase context, object error) except -1:
    cdef bint pushed = context._last is not None
    try:
        _leave_request_context(context, error)
    except LookupError:
        if pushed:
            raise
    return 0
