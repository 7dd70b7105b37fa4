# What of an application is the framework's own: the classes, and the stages of its class.
#
# The engines know what the stock classes do, and may defer or skip their work where nobody can
# see it. The pure twin is _pure/stock.py.

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
cdef type _stock_globals_class = None
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
    # All that decides what url_for() returns before the adapter is asked.
    _OWN_URLS = 1 << 30

cdef extern from *:
    """
    #define FF_OWN_CLASSIC_HOOKS 0x80000000u
    """
    # The methods that earlier releases called, all of them. (No enum goes up to the last bit.)
    const unsigned int _OWN_CLASSIC_HOOKS "FF_OWN_CLASSIC_HOOKS"


def configure(
    *,
    map_class,
    session_interface_class,
    app_context_class,
    request_context_class,
    request_class,
    response_class,
    globals_class,
    config_class,
    secret_key,
    classic_hooks,
    auto_pop,
):
    """Tell the cycle which classes are the stock ones.

    It knows what these do, and may defer or skip their work where nobody can see it. Classes
    derived from them are asked each time.

    :param map_class: the URL map.
    :param session_interface_class: the session interface.
    :param app_context_class: what :meth:`RequestCycle.app_context` makes.
    :param request_context_class: what :meth:`RequestCycle.request_context` makes.
    :param request_class: the request.
    :param response_class: the response.
    :param globals_class: the namespace of an application context.
    :param config_class: the configuration.
    :param secret_key: the attribute of the application that reads the secret key.
    :param classic_hooks: methods of the application that are called only if overridden.
    :param auto_pop: the method of a request context that is called only if overridden.
    """
    global _stock_map_class, _stock_session_class, _stock_app_context_class
    global _stock_request_context_class, _stock_globals_class, _split_blueprint_path
    from fastflask.helpers import _split_blueprint_path

    _note_urls(map_class)
    _know_request_class(request_class, LeanRequest)
    _know_response_class(response_class, LeanResponse)
    _know_app_context_class(app_context_class, AppContextBase)
    _know_request_context_class(request_context_class, RequestContextBase)
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
    _classic_hooks[:] = classic_hooks.items()
    _stage_bits.update(dict.fromkeys(classic_hooks, _OWN_CLASSIC_HOOKS))
    _request_context_stages[9:] = [("auto_pop", auto_pop)]
    _request_stages[6:] = [
        (name, request_class.__dict__[name])
        for name in ("endpoint", "blueprint", "blueprints", *_REQUEST_FIELDS)
    ]
    _request_stages.extend(
        (name, _inspect.getattr_static(request_class, name)) for name in _FORM_NAMES
    )


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
    if _stock_of(interface, &_last_session) != (1 << len(_SESSION_METHODS)) - 1:
        return False
    return not _vars(interface)


cdef object _as_cycle(object app):
    """Return an application as what it is, if it comes as a proxy to one."""
    if not isinstance(app, RequestCycle) and hasattr(type(app), "_get_current_object"):
        return app._get_current_object()
    return app


cdef RequestContextBase _current_request_context():
    context = _read_var(_request_var)
    if context is None:
        raise RuntimeError(_no_req_msg) from None
    return context


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
    )
]
# The last of the fields concerns only url_for(), which has a bit of its own.
_app_stages += _app_fields[:11]
cdef dict _stage_bits = {name: 1 << i for i, (name, _) in enumerate(_app_stages)}
_stage_bits["secret_key"] = _OWN_SECRET_KEY
_stage_bits["request_class"] = _OWN_REQUEST_CLASS
_stage_bits["response_class"] = _OWN_RESPONSE_CLASS
_stage_bits["session_interface"] = _OWN_SESSION_INTERFACE
_stage_bits["app_ctx_globals_class"] = _OWN_GLOBALS_CLASS
_stage_bits["url_for"] = _stage_bits["inject_url_defaults"] = _OWN_URLS


cdef inline unsigned int _own(RequestCycle app) except? 0:
    """Return the bits of the stages that are the framework's own."""
    cdef unsigned int tag = _tag_of_class(app)
    if tag and tag == app._tag and _is_as_seen(app, &app._attributes):
        return app._stock
    return _look_again(app)


cdef unsigned int _look_again(RequestCycle app) except? 0:
    cdef _Notes notes = _notes_of(type(app), &_last_app)
    if notes.request_class is None:
        cls = type(app)
        notes.request_class = _plain_attribute(cls, "request_class")
        notes.response_class = _plain_attribute(cls, "response_class")
        notes.session_interface = _plain_attribute(cls, "session_interface")
        notes.globals_class = _plain_attribute(cls, "app_ctx_globals_class")
        if _PyType_Lookup(cls, "__getattribute__") == _PyType_Lookup(object, "__getattribute__"):
            notes.stock |= _PLAIN_LOOKUP
        if _has_own_urls(cls):
            notes.stock |= _OWN_URLS
        if _stock_bits(cls, _classic_hooks) == (1 << len(_classic_hooks)) - 1:
            notes.stock |= _OWN_CLASSIC_HOOKS
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
    _look_at(attributes, &app._attributes)
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


cdef enum:
    # Known of a configuration: values that are None, and whether there is a secret key.
    _NO_SERVER_NAME = 1
    _NO_TRUSTED_HOSTS = 2
    _SECRET_KEY_KNOWN = 4
    _SECRET_KEY_SET = 8


cdef inline unsigned int _settings_of(RequestCycle app) except? 0:
    """Return the bits of what is known of the configuration.

    PERF: the values are looked up four times in a request; this saves 500 instructions of it.
    """
    cdef unsigned int tag
    config = _config_of(app)
    tag = _tag_of_class(config)
    if tag and tag == app._settings_tag and _is_unchanged(config, &app._settings_seen):
        return app._settings
    return _look_at_settings(app, config)


cdef unsigned int _look_at_settings(RequestCycle app, object config) except? 0:
    cdef unsigned int bits = 0
    cdef PyObject *value
    app._settings_tag = 0
    if isinstance(config, dict) and (
        _stock_of(config, &_last_config) & 1
    ):
        if _find(<dict>config, "SERVER_NAME") == <PyObject *>None:
            bits |= _NO_SERVER_NAME
        if _find(<dict>config, "TRUSTED_HOSTS") == <PyObject *>None:
            bits |= _NO_TRUSTED_HOSTS
        value = _find(<dict>config, "SECRET_KEY")
        # Of anything else, whether it is true may change.
        if value is not NULL and (<object>value is None or type(<object>value) in (str, bytes)):
            bits |= _SECRET_KEY_KNOWN
            if <object>value:
                bits |= _SECRET_KEY_SET
        _look_at(<dict>config, &app._settings_seen)
        app._settings_tag = _tag_of_class(config)
    app._settings = bits
    return bits


cdef object _setting(object config, str key):
    """Return a value of the configuration."""
    cdef PyObject *value
    if _stock_of(config, &_last_config) & 1:
        value = _find(<dict>config, key)
        if value is not NULL:
            return <object>value
    return config[key]
