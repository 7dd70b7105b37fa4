# The stages of a request, from the first hook to the teardown.
#
# Each function here is what the method of that name calls, and what the stage before calls in
# its place where nobody overrides it. The pure twin is _pure/stages.py.

from collections import defaultdict as _defaultdict_class

cdef type _defaultdict = _defaultdict_class

cdef extern from *:
    """
    /* The one value of a dict, if that has this key; borrowed. */
    static CYTHON_INLINE PyObject *ff_only_value(PyObject *dict, PyObject *key) {
        PyObject *found, *value;
        Py_ssize_t position = 0;
        if (PyDict_GET_SIZE(dict) != 1) return NULL;
        if (!PyDict_Next(dict, &position, &found, &value)) return NULL;
        return found == key ? value : NULL;
    }
    """
    PyObject *_only_value "ff_only_value"(object mapping, object key) noexcept

cdef extern from "Python.h":
    bint PyGen_CheckExact(object value) noexcept
    # PERF: what Cython makes of a call looks first at what is called: 40 instructions each.
    object PyObject_CallNoArgs(object func)
    object PyObject_CallOneArg(object func, object argument)


cdef object _full_dispatch(RequestCycle app):
    cdef object rv

    if app._got_first_request is not True or not _own(app) & _OWN_CLASSIC_HOOKS:
        (<object>app)._begin_request()

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


cdef object _call_backwards(RequestCycle app, object functions, object argument, bint hand_on):
    """Call functions with an argument, the last first, and return it.

    If they hand it on, each gets what the one before returned, and that of the last is returned.
    """
    if type(functions) is list:
        # PERF: without an iterator, which is made by calling a class: 600 instructions.
        for func in reversed(<list>functions):
            result = PyObject_CallOneArg(_sync(app, func), argument)
            if hand_on:
                argument = result
    else:
        for func in reversed(functions):
            result = PyObject_CallOneArg(_sync(app, func), argument)
            if hand_on:
                argument = result
    return argument


cdef object _blueprints_of(object request):
    """Return the names of the request's blueprints, innermost first."""
    if _is_request(request):
        if (
            _stock_of(request, &_last_request) & _REQUEST_BLUEPRINTS
            == _REQUEST_BLUEPRINTS
        ):
            rule = (<LeanRequest>request)._url_rule
            if rule is None:
                return ()
            endpoint = rule.endpoint
            if type(endpoint) is str:
                if "." not in <str>endpoint:
                    return ()
                return _split_blueprint_path((<str>endpoint).rpartition(".")[0])
    return request.blueprints


def current_blueprints():
    """Return the names of the current request's blueprints, innermost first."""
    names = _blueprints_of(_current_request_context().request)
    return [] if type(names) is tuple else names


cdef object _only_of_app(object registry, object request):
    """Return the application's functions if a registry has no others, or ``None``.

    The blueprints of the request do not matter then.
    """
    cdef PyObject *found
    if type(registry) is _defaultdict or type(registry) is dict:
        # Others want to be asked.
        if _is_request(request) and (
            _stock_of(request, &_last_request) & _REQUEST_BLUEPRINTS
            == _REQUEST_BLUEPRINTS
        ):
            found = _only_value(registry, None)
            if found is not NULL:
                return <object>found
    return None


cdef object _call_after(
    RequestCycle app, object registry, object request, object argument, bint hand_on
):
    """Call what is registered for a request, from the innermost blueprint to the application.

    See :func:`_call_backwards`.
    """
    functions = _only_of_app(registry, request)
    if functions is not None:
        return _call_backwards(app, functions, argument, hand_on)
    for name in (*_blueprints_of(request), None):
        if name in registry:
            argument = _call_backwards(app, registry[name], argument, hand_on)
    return argument


cdef object _call_before(RequestCycle app, object functions):
    """Call functions until one has an answer, and return that."""
    for func in functions:
        rv = PyObject_CallNoArgs(_sync(app, func))
        if rv is not None:
            return rv
    return None


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

    if not preprocessors:
        of_app = _only_of_app(functions, request)
        if of_app is not None:
            return _call_before(app, of_app)

    cdef tuple names = (None, *reversed(_blueprints_of(request)))

    if preprocessors:
        for name in names:
            if name in preprocessors:
                for func in preprocessors[name]:
                    func(request.endpoint, request.view_args)

    for name in names:
        if name in functions:
            rv = _call_before(app, functions[name])
            if rv is not None:
                return rv

    return None


cdef object _dispatch(RequestCycle app):
    cdef object rule, routing_exception, view_args
    request = _current_request_context().request

    if (
        _is_request(request)
        and _stock_of(request, &_last_request) & _REQUEST_OWN_FIELDS
        == _REQUEST_OWN_FIELDS
    ):
        routing_exception = (<LeanRequest>request)._routing_exception
        rule = (<LeanRequest>request)._url_rule
        view_args = (<LeanRequest>request)._view_args
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

    if _is_text(method, "OPTIONS") and getattr(rule, "provide_automatic_options", False):
        return (<object>app).make_default_options_response()

    views = app.view_functions if _fields_are_own(app) else (<object>app).view_functions
    view = _sync(app, _item(views, _endpoint_of(rule)))

    if type(view_args) is dict:
        if not <dict>view_args:
            return PyObject_CallNoArgs(view)
        return PyObject_Call(view, (), <dict>view_args)
    return view(**view_args)


cdef object _make_response(RequestCycle app, object rv):
    cdef object status = None
    cdef object headers = None
    response_class = _response_class_of(app)

    if isinstance(rv, tuple):
        rv, status, headers = _split_result(<tuple>rv)

    if type(rv) is str:
        return _new_response(response_class, rv, status, headers)

    if not isinstance(rv, response_class):
        # PERF: asking an abstract class takes long, and these are the usual ones.
        if PyGen_CheckExact(rv) or isinstance(rv, (str, bytes, bytearray)) or (
            type(rv) is not dict
            and type(rv) is not list
            and type(rv) not in _error_pages
            and isinstance(rv, _Iterator)
        ):
            return _new_response(response_class, rv, status, headers)

        rv = _convert_result(app, response_class, rv)

    if isinstance(status, (str, bytes, bytearray)):
        rv.status = status
    elif status is not None:
        _set_status_code(rv, status)

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
            response = PyObject_CallOneArg(_sync(app, func), response)

    functions = (
        app.after_request_funcs if _fields_are_own(app) else (<object>app).after_request_funcs
    )

    if functions:
        response = _call_after(app, functions, context.request, response, True)

    interface = _session_interface_of(app)

    # Nobody has opened the session, so there is nothing to save.
    if context._session_interface is not None and _is_stock_session(interface):
        return response

    session = _session_of(context)

    if not _own(app) & _OWN_CLASSIC_HOOKS:
        (<object>app)._save_session_by_hooks(session, response)
    elif not interface.is_null_session(session):
        interface.save_session(app, session, response)

    return response


cdef int _call_teardown_request(RequestCycle app, object exc) except -1:
    if _own(app) & _OWN_TEARDOWN_REQUEST:
        _teardown_request(app, exc)
    else:
        (<object>app).do_teardown_request(exc)
    return 0


cdef int _teardown_request(RequestCycle app, object exc) except -1:
    functions = (
        app.teardown_request_funcs
        if _fields_are_own(app)
        else (<object>app).teardown_request_funcs
    )

    if functions:
        _call_after(app, functions, _current_request_context().request, exc, False)

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
        _call_backwards(app, functions, exc, False)

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
