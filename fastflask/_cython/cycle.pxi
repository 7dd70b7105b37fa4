# The request cycle: the steps from the server's call to the server's answer.
#
# Each step is a method of the application and open to overriding in a subclass, on the
# instance, or by patching the class later. There is one way through: a step that nobody
# overrides is called as the C function that its method calls too; the notes on the class say
# which these are. Skipped is only work whose result nobody could see: a signal without
# receivers, an empty list of hooks, an adapter nobody asked for, a session that no cookie
# carries and nobody opened. The pure twin is _pure/cycle.py.

from cpython.object cimport PyObject_Call

import inspect as _inspect
from collections import abc as _abc

from werkzeug import exceptions as _exceptions

from fastflask import signals as _signals

cdef object _Iterator = _abc.Iterator
cdef object _iscoroutinefunction = _inspect.iscoroutinefunction
cdef object _HTTPException = _exceptions.HTTPException

cdef extern from *:
    """
    /* Whether calling a Python function certainly makes no coroutine: 1, or 0 if it is for
       inspect to find out. Marks of inspect.markcoroutinefunction are in the function's dict. */
    static CYTHON_INLINE int ff_is_plain_function(PyObject *func, PyObject *mark) {
        PyObject *dict;
        if (PyMethod_Check(func)) func = PyMethod_GET_FUNCTION(func);
        if (!PyFunction_Check(func)) return 0;
        if (((PyCodeObject *)PyFunction_GET_CODE(func))->co_flags & CO_COROUTINE) return 0;
        dict = ((PyFunctionObject *)func)->func_dict;
        if (dict == NULL || PyDict_Size(dict) == 0) return 1;
        return !PyDict_Contains(dict, mark);
    }
    """
    int _is_plain_function "ff_is_plain_function"(object func, object mark) except -1

cdef object _request_started = _signals.request_started
cdef object _request_finished = _signals.request_finished
cdef object _request_tearing_down = _signals.request_tearing_down
cdef object _appcontext_pushed = _signals.appcontext_pushed
cdef object _appcontext_popped = _signals.appcontext_popped
cdef object _appcontext_tearing_down = _signals.appcontext_tearing_down
# PERF: blinker keeps one dict for the life of a signal; asking it saves six attribute reads.
cdef dict _started_receivers = _request_started.receivers
cdef dict _finished_receivers = _request_finished.receivers
cdef dict _request_tearing_receivers = _request_tearing_down.receivers
cdef dict _pushed_receivers = _appcontext_pushed.receivers
cdef dict _popped_receivers = _appcontext_popped.receivers
cdef dict _app_tearing_receivers = _appcontext_tearing_down.receivers

# What configure() sets: classes from modules that themselves need the engines.
cdef object _stock_map_class = None
cdef object _stock_session_class = None
cdef type _stock_app_context_class = None
cdef type _stock_request_context_class = None
cdef object _stock_globals_class = None
cdef object _split_blueprint_path = None

cdef enum:
    # An IDNA label has at most 63 characters. A shorter host has no longer label.
    _MAX_LABEL = 63

cdef enum:
    _OWN_WSGI_APP = 1 << 0
    _OWN_REQUEST_CONTEXT = 1 << 1
    _OWN_APP_CONTEXT = 1 << 2
    _OWN_CREATE_ADAPTER = 1 << 3
    _OWN_FULL_DISPATCH = 1 << 4
    _OWN_PREPROCESS = 1 << 5
    _OWN_DISPATCH = 1 << 6
    _OWN_ENSURE_SYNC = 1 << 7
    _OWN_MAKE_RESPONSE = 1 << 8
    _OWN_FINALIZE = 1 << 9
    _OWN_PROCESS = 1 << 10
    _OWN_TEARDOWN_REQUEST = 1 << 11
    _OWN_TEARDOWN_APP = 1 << 12
    # The attributes that are fields of the C base, all of them.
    _OWN_FIELDS = 0x7FF << 13
    _OWN_SECRET_KEY = 1 << 24
    # Attributes of the class; the bit says that no instance has its own.
    _OWN_REQUEST_CLASS = 1 << 25
    _OWN_RESPONSE_CLASS = 1 << 26
    _OWN_SESSION_INTERFACE = 1 << 27
    _OWN_GLOBALS_CLASS = 1 << 28
    # Attributes are looked up as in any object.
    _PLAIN_LOOKUP = 1 << 29


def configure(
    *,
    map_class,
    session_interface_class,
    app_context_class,
    request_context_class,
    request_class,
    globals_class,
    config_class,
    secret_key,
):
    """Tell the cycle which classes are the stock ones.

    It knows what these do, and may defer or skip their work where nobody can see it. Classes
    derived from them are asked each time.

    :param map_class: the URL map.
    :param session_interface_class: the session interface.
    :param app_context_class: what :meth:`RequestCycle.app_context` makes.
    :param request_context_class: what :meth:`RequestCycle.request_context` makes.
    :param request_class: the request.
    :param globals_class: the namespace of an application context.
    :param config_class: the configuration.
    :param secret_key: the attribute of the application that reads the secret key.
    """
    global _stock_map_class, _stock_session_class, _stock_app_context_class
    global _stock_request_context_class, _stock_globals_class, _split_blueprint_path
    from fastflask.helpers import _split_blueprint_path

    _stock_map_class = map_class
    _stock_session_class = session_interface_class
    _stock_app_context_class = app_context_class
    _stock_request_context_class = request_context_class
    _stock_globals_class = globals_class
    _session_stages[:] = [
        (name, getattr(session_interface_class, name)) for name in _SESSION_METHODS
    ]
    _config_stages[:] = [("__getitem__", config_class.__getitem__)]
    _app_stages[24:] = [("secret_key", secret_key)]
    _request_stages[9:] = [
        ("json_module", request_class.__dict__["json_module"]),
        ("endpoint", request_class.__dict__["endpoint"]),
        ("blueprint", request_class.__dict__["blueprint"]),
        ("blueprints", request_class.__dict__["blueprints"]),
    ]


# What opens a session and decides whether it is saved.
cdef tuple _SESSION_METHODS = (
    "open_session",
    "get_signing_serializer",
    "get_cookie_name",
    "is_null_session",
    "save_session",
    "should_set_cookie",
)


cdef bint _is_stock_session(object interface) except -1:
    """Whether the interface opens and saves as the stock one does, unpatched."""
    if type(interface) is not _stock_session_class:
        return False
    if _stock_of(interface, &_last_session, _session_stages) != (1 << len(_SESSION_METHODS)) - 1:
        return False
    return not _vars(interface)


cdef object _as_cycle(object app):
    """Return an application as what it is, if it comes as a proxy to one."""
    if not isinstance(app, RequestCycle) and hasattr(type(app), "_get_current_object"):
        return app._get_current_object()
    return app


cdef RequestContextBase _current_request_context():
    context = _read_var(_cv_request, None)
    if context is None:
        raise RuntimeError(_no_req_msg) from None
    return context


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
    cdef public object subdomain_matching
    cdef public object _got_first_request
    # The notes on the class, less what the instance has of its own. They hold as long as the
    # class has this tag, and the instance this many attributes.
    cdef unsigned int _tag
    cdef unsigned int _stock
    cdef Py_ssize_t _attributes
    cdef _Notes _notes
    cdef dict __dict__
    cdef object __weakref__

    # One attribute may come as another one goes.

    def __setattr__(self, name, value):
        PyObject_GenericSetAttr(self, name, value)
        self._tag = 0

    def __delattr__(self, name):
        _set_or_delete(self, name, NULL)
        self._tag = 0

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

    def do_teardown_request(self, exc=_sentinel):
        """Run the functions registered for the teardown of requests.

        Those of the blueprint come first, then those of the application, each in reverse
        order. Happens when the request context is popped.

        :param exc: the error that the request ended with; by default the one being handled.
        """
        _teardown_request(self, None, sys.exc_info()[1] if exc is _no_exc else exc)

    def do_teardown_appcontext(self, exc=_sentinel):
        """Run the functions registered for the teardown of application contexts.

        Happens when the application context is popped, after a request's context if there
        was a request.

        :param exc: the error that the context ended with; by default the one being handled.

        .. versionadded:: 0.1
        """
        _teardown_appcontext(self, sys.exc_info()[1] if exc is _no_exc else exc)


_app_stages += [
    (name, RequestCycle.__dict__[name])
    for name in (
        "wsgi_app",
        "request_context",
        "app_context",
        "create_url_adapter",
        "full_dispatch_request",
        "preprocess_request",
        "dispatch_request",
        "ensure_sync",
        "make_response",
        "finalize_request",
        "process_response",
        "do_teardown_request",
        "do_teardown_appcontext",
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
    )
]
cdef dict _stage_bits = {name: 1 << i for i, (name, _) in enumerate(_app_stages)}
_stage_bits["secret_key"] = _OWN_SECRET_KEY
_stage_bits["request_class"] = _OWN_REQUEST_CLASS
_stage_bits["response_class"] = _OWN_RESPONSE_CLASS
_stage_bits["session_interface"] = _OWN_SESSION_INTERFACE
_stage_bits["app_ctx_globals_class"] = _OWN_GLOBALS_CLASS


cdef inline unsigned int _own(RequestCycle app) except? 0:
    """Return the bits of the stages that are the framework's own."""
    cdef unsigned int tag = _tag_of_class(app)
    if tag and tag == app._tag and _attribute_count(app) == app._attributes:
        return app._stock
    return _look_again(app)


cdef unsigned int _look_again(RequestCycle app) except? 0:
    cdef _Notes notes = _notes_of(type(app), _app_stages)
    if notes.request_class is None:
        cls = type(app)
        notes.request_class = _plain_attribute(cls, "request_class")
        notes.response_class = _plain_attribute(cls, "response_class")
        notes.session_interface = _plain_attribute(cls, "session_interface")
        notes.globals_class = _plain_attribute(cls, "app_ctx_globals_class")
        if _PyType_Lookup(cls, "__getattribute__") == _PyType_Lookup(object, "__getattribute__"):
            notes.stock |= _PLAIN_LOOKUP
        for value, bit in (
            (notes.request_class, _OWN_REQUEST_CLASS),
            (notes.response_class, _OWN_RESPONSE_CLASS),
            (notes.session_interface, _OWN_SESSION_INTERFACE),
            (notes.globals_class, _OWN_GLOBALS_CLASS),
        ):
            if value is not None:
                notes.stock |= <unsigned int>bit
    app._notes = notes
    app._stock = notes.stock
    if not notes.stock & _PLAIN_LOOKUP:
        app._stock = 0
    attributes = _vars(app)
    for name, bit in _stage_bits.items():
        if name in attributes:
            app._stock &= ~<unsigned int>bit
    app._attributes = len(attributes)
    app._tag = notes.tag
    return app._stock


cdef object _plain_attribute(type cls, str name):
    """Return an attribute of a class, or ``None`` if instances find something else there."""
    cdef PyObject *found = _PyType_Lookup(cls, name)
    if found is NULL or hasattr(type(<object>found), "__get__"):
        return None
    return <object>found


cdef inline object _request_class_of(RequestCycle app):
    if _own(app) & _OWN_REQUEST_CLASS:
        return app._notes.request_class
    return (<object>app).request_class


cdef inline object _response_class_of(RequestCycle app):
    if _own(app) & _OWN_RESPONSE_CLASS:
        return app._notes.response_class
    return (<object>app).response_class


cdef inline object _session_interface_of(RequestCycle app):
    if _own(app) & _OWN_SESSION_INTERFACE:
        return app._notes.session_interface
    return (<object>app).session_interface


cdef inline object _globals_class_of(RequestCycle app):
    if _own(app) & _OWN_GLOBALS_CLASS:
        return app._notes.globals_class
    return (<object>app).app_ctx_globals_class


# A field whose name a subclass uses for something of its own is read as an attribute.

cdef inline bint _fields_are_own(RequestCycle app) except -1:
    return _own(app) & _OWN_FIELDS == _OWN_FIELDS


cdef inline object _config_of(RequestCycle app):
    return app.config if _fields_are_own(app) else (<object>app).config


cdef inline object _url_map_of(RequestCycle app):
    return app.url_map if _fields_are_own(app) else (<object>app).url_map


cdef object _setting(object config, str key):
    """Return a value of the configuration."""
    cdef PyObject *value
    if _stock_of(config, &_last_config, _config_stages) & 1:
        value = PyDict_GetItemWithError(<dict>config, key)
        if value is not NULL:
            return <object>value
    return config[key]


cdef object _answer(RequestCycle app, object environ, object start_response):
    cdef RequestContextBase context
    cdef object error = None
    cdef object response

    if _own(app) & _OWN_REQUEST_CONTEXT:
        context = _new_request_context(app, environ)
    else:
        context = (<object>app).request_context(environ)

    try:
        try:
            if _stock_of(context, &_last_request_context, _request_context_stages) & _CONTEXT_PUSH:
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

        if isinstance(response, LeanResponse):
            if _stock_of(response, &_last_response, _response_stages) & _RESPONSE_CALL:
                return _send_response(<LeanResponse>response, environ, start_response)

        return response(environ, start_response)
    finally:
        if "werkzeug.debug.preserve_context" in environ:
            preserve = environ["werkzeug.debug.preserve_context"]
            preserve(_cv_app.get())
            preserve(_cv_request.get())

        if error is not None and (<object>app).should_ignore_error(error):
            error = None

        if _stock_of(context, &_last_request_context, _request_context_stages) & _CONTEXT_POP:
            _pop_request_context(context, error)
        else:
            (<object>context).pop(error)


# PERF: objects are made without the detour of calling their class, which finds and calls
# ``__new__`` and ``__init__``: 300 instructions less for each of four.

cdef RequestContextBase _new_request_context(RequestCycle app, object environ):
    cdef type cls = _stock_request_context_class
    cdef RequestContextBase context
    if (
        _notes_of(cls, _request_context_stages).stock & _CONTEXT_MAKING == _CONTEXT_MAKING
    ):
        context = _new_object(cls)
        _init_request_context(context, app, environ, None, None)
        return context
    return cls(app, environ)


cdef AppContextBase _new_app_context(RequestCycle app):
    cdef type cls = _stock_app_context_class
    cdef AppContextBase context
    if _notes_of(cls, _app_context_stages).stock & _CONTEXT_MAKING == _CONTEXT_MAKING:
        context = _new_object(cls)
        _init_app_context(context, app)
        return context
    return cls(app)


cdef object _make_request(RequestCycle app, object environ):
    cdef object request
    cdef unsigned int stock = 0
    cls = _request_class_of(app)

    if type(cls) is type:
        stock = _notes_of(<type>cls, _request_stages).stock

    if stock & _REQUEST_MAKING == _REQUEST_MAKING:
        request = _new_object(<type>cls)
        _init_request(<LeanRequest>request, environ, True, False)
    else:
        request = cls(environ)

    json = app.json if _fields_are_own(app) else (<object>app).json

    if (
        isinstance(request, LeanRequest)
        and stock & (_REQUEST_DICT | _REQUEST_JSON) == _REQUEST_DICT | _REQUEST_JSON
    ):
        _vars(request)["json_module"] = json
    else:
        request.json_module = json
    return request


cdef object _new_response(object cls, object body):
    """Make a response of a body and nothing else."""
    cdef object response
    if type(cls) is type and _notes_of(<type>cls, _response_stages).stock & (
        _RESPONSE_INIT | _RESPONSE_NEW
    ) == _RESPONSE_INIT | _RESPONSE_NEW:
        response = _new_object(<type>cls)
        _init_response(<LeanResponse>response, body, None, None, None, None, False)
        return response
    # A constructor of another kind is called as Flask calls it.
    return cls(body, status=None, headers=None)


cdef object _call_app_context(RequestCycle app):
    if _own(app) & _OWN_APP_CONTEXT:
        return _new_app_context(app)
    return (<object>app).app_context()


cdef object _adapter_for_app(RequestCycle app):
    if _own(app) & _OWN_CREATE_ADAPTER and _setting(_config_of(app), "SERVER_NAME") is None:
        return None
    return (<object>app).create_url_adapter(None)


# The URL adapter, and matching.

cdef bint _is_simple_host(object host) except -1:
    """Whether binding an adapter to the host cannot fail, whatever else it does with it."""
    if host is None:
        return True
    return (
        type(host) is str
        and PyUnicode_IS_ASCII(host)
        and PyUnicode_GET_LENGTH(host) <= _MAX_LABEL
        and not (<str>host).startswith(".")
        and ".." not in <str>host
    )


cdef bint _can_defer_adapter(RequestCycle app, object request) except -1:
    """Whether making the adapter cannot fail, has no effect, and reads nothing else."""
    cdef dict environ, attributes
    cdef LeanRequest lean

    if not isinstance(request, LeanRequest) or not _own(app) & _OWN_CREATE_ADAPTER:
        return False

    lean = <LeanRequest>request
    url_map = _url_map_of(app)
    config = _config_of(app)

    if (
        type(lean.environ) is not dict
        or type(url_map) is not _stock_map_class
        or app.subdomain_matching is not False
        or _dict_get(_vars(url_map), "host_matching") is not False
        or _setting(config, "SERVER_NAME") is not None
        or _setting(config, "TRUSTED_HOSTS") is not None
        or not _stock_of(request, &_last_request, _request_stages) & _REQUEST_TRUSTED_HOSTS
        or _dict_get(_vars(request), "trusted_hosts") is not None
    ):
        return False

    environ = <dict>lean.environ
    host = _dict_get(environ, "HTTP_HOST")
    lean._host_header = host
    return (
        (lean._raw_scheme == "http" or lean._raw_scheme == "https")
        and "wsgi.url_scheme" in environ
        and "REQUEST_METHOD" in environ
        and "HTTP_UPGRADE" not in environ
        and _is_simple_host(lean._server_name if host is None else host)
    )


cdef int _bind_url_adapter(RequestCycle app, RequestContextBase context) except -1:
    """Give a new request context its adapter, or note that it can be made later."""
    request = context.request

    if _can_defer_adapter(app, request):
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
    cdef LeanRequest request = <LeanRequest>context.request
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
    cdef LeanRequest lean
    cdef dict attributes
    request = self.request

    try:
        if self._adapter_pending and isinstance(request, LeanRequest):
            lean = <LeanRequest>request
            url_map = _url_map_of(self._app)
            attributes = _vars(url_map)
            # The server's empty path is not the root's, which it is redirected to.
            if lean._raw_path == "":
                path = ""
            elif lean._raw_path is None:
                path = "/"
            else:
                path = _with_one_slash(_decode(lean._raw_path))
            if _dict_get(attributes, "_remap") is not False:
                url_map.update()
            domain = _dict_get(attributes, "default_subdomain") or ""
            matcher = _dict_get(attributes, "_matcher")
            if type(matcher) is RouteMatcher and type(domain) is str:
                result = (<RouteMatcher>matcher)._plain(domain, path, lean._raw_method, False)
                if result is not None and type(result) is not tuple:
                    # PERF: kept for the dispatch to raise, and so not raised here: 2 µs of a 404.
                    request.routing_exception = result
                    return 0
            else:
                result = matcher.match_plain(domain, path, lean._raw_method, False)

        if result is None:
            result = _adapter_of(self).match(return_rule=True)

        rule, view_args = result
    except _HTTPException as e:
        request.routing_exception = e
        return 0

    if isinstance(request, LeanRequest):
        if _stock_of(request, &_last_request, _request_stages) & _REQUEST_DICT == _REQUEST_DICT:
            attributes = _vars(request)
            attributes["url_rule"] = rule
            attributes["view_args"] = view_args
            return 0

    request.url_rule = rule
    request.view_args = view_args
    return 0


# The session.

cdef int _open_session(RequestCycle app, RequestContextBase context) except -1:
    """Open the session, or note that it can be opened later with the same result."""
    interface = _session_interface_of(app)
    request = context.request

    if _is_stock_session(interface) and isinstance(request, LeanRequest):
        config = _config_of(app)
        cookies = _environ_get((<LeanRequest>request).environ, "HTTP_COOKIE", None)
        if not cookies or _carries_no_session(cookies, _setting(config, "SESSION_COOKIE_NAME")):
            context._session_interface = interface
            if _own(app) & _OWN_SECRET_KEY:
                context._session_signed = bool(_setting(config, "SECRET_KEY"))
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


# The stages of a request.

cdef object _full_dispatch(RequestCycle app):
    cdef object rv
    app._got_first_request = True

    if not _fields_are_own(app):
        (<object>app)._got_first_request = True

    try:
        if _started_receivers:
            _request_started.send(app, _async_wrapper=app.ensure_sync)

        if _own(app) & _OWN_PREPROCESS:
            rv = _preprocess(app)
        else:
            rv = (<object>app).preprocess_request()

        if rv is None:
            if _own(app) & _OWN_DISPATCH:
                rv = _dispatch(app)
            else:
                rv = (<object>app).dispatch_request()
    except Exception as e:
        rv = (<object>app).handle_user_exception(e)

    if _own(app) & _OWN_FINALIZE:
        return _finalize(app, rv, False)
    return (<object>app).finalize_request(rv)


cdef inline object _sync(RequestCycle app, object func):
    """Return a function as it is to be called."""
    if _own(app) & _OWN_ENSURE_SYNC and _is_plain_function(func, "_is_coroutine_mark"):
        return func
    return (<object>app).ensure_sync(func)


cdef object _blueprints_of(object request):
    """Return the names of the request's blueprints, innermost first."""
    if isinstance(request, LeanRequest):
        if (
            _stock_of(request, &_last_request, _request_stages) & _REQUEST_BLUEPRINTS
            == _REQUEST_BLUEPRINTS
        ):
            rule = _dict_get(_vars(request), "url_rule")
            if rule is None:
                return ()
            endpoint = rule.endpoint
            if type(endpoint) is str:
                if "." not in <str>endpoint:
                    return ()
                return _split_blueprint_path((<str>endpoint).rpartition(".")[0])
    return request.blueprints


cdef object _preprocess(RequestCycle app):
    if _fields_are_own(app):
        preprocessors = app.url_value_preprocessors
        functions = app.before_request_funcs
    else:
        preprocessors = (<object>app).url_value_preprocessors
        functions = (<object>app).before_request_funcs

    if not preprocessors and not functions:
        return None

    request = _current_request_context().request
    cdef tuple names = (None, *reversed(_blueprints_of(request)))

    if preprocessors:
        for name in names:
            if name in preprocessors:
                for func in preprocessors[name]:
                    func(request.endpoint, request.view_args)

    for name in names:
        if name in functions:
            for func in functions[name]:
                rv = _sync(app, func)()
                if rv is not None:
                    return rv

    return None


cdef object _dispatch(RequestCycle app):
    cdef object rule, routing_exception, view_args
    cdef dict attributes
    request = _current_request_context().request

    if (
        isinstance(request, LeanRequest)
        and _stock_of(request, &_last_request, _request_stages) & _REQUEST_DICT == _REQUEST_DICT
    ):
        attributes = _vars(request)
        routing_exception = _dict_get(attributes, "routing_exception")
        rule = _dict_get(attributes, "url_rule")
        view_args = _dict_get(attributes, "view_args")
        method = (<LeanRequest>request).method
    else:
        routing_exception = request.routing_exception
        rule = request.url_rule
        view_args = request.view_args
        method = request.method

    if routing_exception is not None:
        (<object>app).raise_routing_exception(request)
        # An override that does not raise leaves it to what has been matched.
        rule = request.url_rule
        view_args = request.view_args

    if method == "OPTIONS" and getattr(rule, "provide_automatic_options", False):
        return (<object>app).make_default_options_response()

    views = app.view_functions if _fields_are_own(app) else (<object>app).view_functions
    view = _sync(app, views[rule.endpoint])

    if type(view_args) is dict:
        return PyObject_Call(view, (), <dict>view_args)
    return view(**view_args)


cdef object _make_response(RequestCycle app, object rv):
    cdef object status = None
    cdef object headers = None
    response_class = _response_class_of(app)

    if isinstance(rv, tuple):
        rv, status, headers = _split_result(<tuple>rv)

    if type(rv) is str:
        if status is None and headers is None:
            return _new_response(response_class, rv)
        return response_class(rv, status=status, headers=headers)

    if not isinstance(rv, response_class):
        if isinstance(rv, (str, bytes, bytearray)) or (
            type(rv) is not dict and type(rv) is not list and isinstance(rv, _Iterator)
        ):
            # The class sees status and headers too, in case it does something with them.
            return response_class(rv, status=status, headers=headers)

        rv = _convert_result(app, response_class, rv)

    if isinstance(status, (str, bytes, bytearray)):
        rv.status = status
    elif status is not None:
        rv.status_code = status

    if headers:
        rv.headers.update(headers)

    return rv


cdef tuple _split_result(tuple rv):
    """Tell body, status and headers of a view's result apart."""
    cdef Py_ssize_t size = len(rv)

    if size == 3:
        return rv

    if size == 2:
        if isinstance(rv[1], (_Headers, dict, tuple, list)):
            return rv[0], None, rv[1]
        return rv[0], rv[1], None

    raise TypeError(
        "The view function did not return a valid response tuple."
        " The tuple must have the form (body, status, headers),"
        " (body, status), or (body, headers)."
    )


cdef object _convert_result(RequestCycle app, object response_class, object rv):
    if rv is None:
        request = _current_request_context().request
        raise TypeError(
            f"The view function for {request.endpoint!r} did not"
            " return a valid response. The function either returned"
            " None or ended without a return statement."
        )

    if isinstance(rv, (dict, list)):
        return (<object>app).json.response(rv)

    wanted = (
        "The view function did not return a valid response. The return type must be a"
        " string, dict, list, tuple with headers or status, Response instance, or WSGI"
        f" callable, but it was a {type(rv).__name__}."
    )

    if not (isinstance(rv, _BaseResponse) or callable(rv)):
        raise TypeError(wanted)

    environ = _current_request_context().request.environ

    try:
        return response_class.force_type(rv, environ)
    except TypeError as e:
        raise TypeError(f"{e}\n{wanted}").with_traceback(e.__traceback__) from None


cdef object _finalize(RequestCycle app, object rv, object from_error_handler):
    cdef object response

    if _own(app) & _OWN_MAKE_RESPONSE:
        response = _make_response(app, rv)
    else:
        response = (<object>app).make_response(rv)

    try:
        if _own(app) & _OWN_PROCESS:
            response = _process(app, response)
        else:
            response = (<object>app).process_response(response)

        if _finished_receivers:
            _request_finished.send(app, _async_wrapper=app.ensure_sync, response=response)
    except Exception:
        if not from_error_handler:
            raise
        (<object>app)._log_failed_finalizing()

    return response


cdef object _process(RequestCycle app, object response):
    cdef RequestContextBase context = _current_request_context()

    if context._after:
        for func in context._after:
            response = _sync(app, func)(response)

    functions = (
        app.after_request_funcs if _fields_are_own(app) else (<object>app).after_request_funcs
    )

    if functions:
        for name in (*_blueprints_of(context.request), None):
            if name in functions:
                for func in reversed(functions[name]):
                    response = _sync(app, func)(response)

    interface = _session_interface_of(app)

    # Nobody has opened the session, so there is nothing to save.
    if context._session_interface is not None and _is_stock_session(interface):
        return response

    session = _session_of(context)

    if not interface.is_null_session(session):
        interface.save_session(app, session, response)

    return response


cdef int _call_teardown_request(
    RequestCycle app, RequestContextBase context, object exc
) except -1:
    if _own(app) & _OWN_TEARDOWN_REQUEST:
        _teardown_request(app, context, exc)
    else:
        (<object>app).do_teardown_request(exc)
    return 0


cdef int _teardown_request(RequestCycle app, RequestContextBase context, object exc) except -1:
    functions = (
        app.teardown_request_funcs
        if _fields_are_own(app)
        else (<object>app).teardown_request_funcs
    )

    if functions:
        for name in (*_blueprints_of(_current_request_context().request), None):
            if name in functions:
                for func in reversed(functions[name]):
                    _sync(app, func)(exc)

    if _request_tearing_receivers:
        _request_tearing_down.send(app, _async_wrapper=app.ensure_sync, exc=exc)
    return 0


cdef int _call_teardown_appcontext(RequestCycle app, object exc) except -1:
    if _own(app) & _OWN_TEARDOWN_APP:
        _teardown_appcontext(app, exc)
    else:
        (<object>app).do_teardown_appcontext(exc)
    return 0


cdef int _teardown_appcontext(RequestCycle app, object exc) except -1:
    if _fields_are_own(app):
        functions = app.teardown_appcontext_funcs
    else:
        functions = (<object>app).teardown_appcontext_funcs

    if functions:
        for func in reversed(functions):
            _sync(app, func)(exc)

    if _app_tearing_receivers:
        _appcontext_tearing_down.send(app, _async_wrapper=app.ensure_sync, exc=exc)
    return 0


cdef int _send_pushed(RequestCycle app) except -1:
    if _pushed_receivers:
        _appcontext_pushed.send(app, _async_wrapper=app.ensure_sync)
    return 0


cdef int _send_popped(RequestCycle app) except -1:
    if _popped_receivers:
        _appcontext_popped.send(app, _async_wrapper=app.ensure_sync)
    return 0
