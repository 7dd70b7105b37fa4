"""Views written as classes."""

from __future__ import annotations

import typing as t

from . import typing as ft
from .globals import current_app, request

F = t.TypeVar("F", bound=t.Callable[..., t.Any])

#: The names of methods by which :class:`MethodView` answers requests.
http_method_funcs = frozenset({"delete", "get", "head", "options", "patch", "post", "put", "trace"})


class View:
    """Base of a view that is a class.

    Override :meth:`dispatch_request`, and register what :meth:`as_view`
    returns. ::

        class Greeting(View):
            def __init__(self, word):
                self.word = word

            def dispatch_request(self, name):
                return f"{self.word}, {name}!"

        app.add_url_rule("/hello/<name>", view_func=Greeting.as_view("hello", "Hello"))

    .. versionadded:: 0.1
    """

    #: The HTTP methods of the view; ``None`` leaves them to the rule.
    methods: t.ClassVar[t.Collection[str] | None] = None

    #: Whether ``OPTIONS`` is answered without the view; ``None`` leaves that
    #: to the rule.
    provide_automatic_options: t.ClassVar[bool | None] = None

    #: Decorators for the view function, the innermost first. Those written
    #: above the class change the class and not its view functions.
    decorators: t.ClassVar[list[t.Callable[..., t.Any]]] = []

    #: Whether each request gets an instance of its own. If ``False``, one
    #: made by :meth:`as_view` serves all: quicker, but then ``self`` is no
    #: place for what belongs to a request.
    init_every_request: t.ClassVar[bool] = True

    def dispatch_request(self) -> ft.ResponseReturnValue:
        """Answer the request; for subclasses to write.

        It receives the variable parts of the URL as keyword arguments and
        returns what any view may return.
        """
        raise NotImplementedError()

    @classmethod
    def as_view(cls, name: str, *class_args: t.Any, **class_kwargs: t.Any) -> ft.RouteCallable:
        """Return a view function that lets the class answer.

        The class is on the function as ``view_class``, where it may be
        replaced.

        :param name: name of the function, and so the endpoint unless the rule
            is given another.
        :param class_args: passed to the class for each instance.
        :param class_kwargs: passed to the class for each instance.

        .. versionadded:: 0.1
        """
        shared = None if cls.init_every_request else cls(*class_args, **class_kwargs)

        # The name `view` ends up bound to the decorated function. The inner one reads the class
        # from there, which makes a replaced view_class count under decorators too.
        def view(**kwargs: t.Any) -> ft.ResponseReturnValue:
            instance = shared
            if instance is None:
                instance = view.view_class(*class_args, **class_kwargs)  # type: ignore[attr-defined]
            answer = current_app.ensure_sync(instance.dispatch_request)
            return answer(**kwargs)  # type: ignore[no-any-return]

        # Decorators see the final name; what they return gets it as well.
        view.__name__ = name
        view.__module__ = cls.__module__
        for decorate in cls.decorators or ():
            view = decorate(view)
        view.__name__ = name
        view.__module__ = cls.__module__
        view.__doc__ = cls.__doc__
        view.view_class = cls  # type: ignore[attr-defined]
        view.methods = cls.methods  # type: ignore[attr-defined]
        view.provide_automatic_options = cls.provide_automatic_options  # type: ignore[attr-defined]
        return view


class MethodView(View):
    """Base of a view with a method for each HTTP method that it answers.

    They are named in lower case. ``get`` answers ``HEAD`` too, unless there is
    a ``head``. :attr:`methods` follows from them and from the base classes,
    if the class does not set it. ::

        class Counter(MethodView):
            def get(self):
                return str(session.get("count", 0))

            def post(self):
                session["count"] = session.get("count", 0) + 1
                return redirect(url_for("counter"))

        app.add_url_rule("/counter", view_func=Counter.as_view("counter"))

    .. versionadded:: 0.1
    """

    def __init_subclass__(cls, **kwargs: t.Any) -> None:
        super().__init_subclass__(**kwargs)
        if "methods" in vars(cls):
            return
        found = {name.upper() for name in http_method_funcs if hasattr(cls, name)}
        for base in cls.__bases__:
            found.update(getattr(base, "methods", None) or ())
        if found:
            cls.methods = found

    def dispatch_request(self, **kwargs: t.Any) -> ft.ResponseReturnValue:
        """Call the method named like that of the request.

        :param kwargs: the variable parts of the URL.
        """
        verb = request.method
        handler = getattr(self, verb.lower(), None)
        if handler is None and verb == "HEAD":
            handler = getattr(self, "get", None)
        assert handler is not None, f"Unimplemented method {verb!r}"
        return current_app.ensure_sync(handler)(**kwargs)  # type: ignore[no-any-return]
