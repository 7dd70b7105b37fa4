"""Methods of an application that the stages of a request called in earlier releases of Flask.

A subclass may override them, or a program patch them, and they are called where they were. The
engines know whether that is so from one note (``classic_hooks`` of their ``configure``), so an
application without them pays nothing for a look.
"""

from __future__ import annotations

import typing as t
from threading import RLock

from ._classic import Classic, ClassicValue, warn_classic
from .sansio.scaffold import setupmethod

if t.TYPE_CHECKING:
    from .sessions import SessionMixin
    from .wrappers import Request, Response

F = t.TypeVar("F", bound=t.Callable[..., t.Any])

#: What to use today.
FIRST_REQUEST = "Do it when the application is made."
SESSIONS = "'Flask.session_interface'"


class ClassicHooks(Classic):
    """Hooks that open and save sessions, and functions that run before the first request."""

    session_interface: t.Any
    _got_first_request: bool

    # Sessions

    def open_session(self, request: Request) -> SessionMixin | None:
        """Open the session of a request.

        :param request: the request.
        """
        warn_classic("Flask.open_session", SESSIONS)
        return self.session_interface.open_session(self, request)  # type: ignore[no-any-return]

    def save_session(self, session: SessionMixin, response: Response) -> None:
        """Save the session of a request.

        :param session: what :meth:`open_session` returned.
        :param response: the response, to set a cookie on.
        """
        warn_classic("Flask.save_session", SESSIONS)
        self.session_interface.save_session(self, session, response)

    def make_null_session(self) -> SessionMixin:
        """Make what stands for a session that could not be opened."""
        warn_classic("Flask.make_null_session", SESSIONS)
        return self.session_interface.make_null_session(self)  # type: ignore[no-any-return]

    # What the engines call where a hook is overridden.

    def _open_session_by_hooks(self, request: Request) -> SessionMixin:
        interface = self.session_interface
        hook = _overridden(self, "open_session")
        session = interface.open_session(self, request) if hook is None else hook(request)

        if session is None:
            hook = _overridden(self, "make_null_session")
            session = interface.make_null_session(self) if hook is None else hook()

        return session  # type: ignore[no-any-return]

    def _save_session_by_hooks(self, session: SessionMixin, response: Response) -> None:
        interface = self.session_interface

        if interface.is_null_session(session):
            return

        hook = _overridden(self, "save_session")

        if hook is None:
            interface.save_session(self, session, response)
        else:
            hook(session, response)

    # The first request

    @ClassicValue
    def got_first_request(self) -> bool:
        """Whether a request has been handled."""
        warn_classic("Flask.got_first_request", "a note of your own", level=2)
        return self._got_first_request

    @property
    def before_first_request_funcs(self) -> list[t.Callable[[], t.Any]]:
        """Functions to run before the first request."""
        warn_classic("Flask.before_first_request_funcs", FIRST_REQUEST)
        return first_request_functions(self)

    @before_first_request_funcs.setter
    def before_first_request_funcs(self, value: list[t.Callable[[], t.Any]]) -> None:
        warn_classic("Flask.before_first_request_funcs", FIRST_REQUEST, None)
        vars(self)["_first_request_functions"] = value

    @setupmethod
    def before_first_request(self, f: F) -> F:
        """Register a function to run before the first request, in its context.

        :param f: a function without parameters, whose result is ignored.
        """
        warn_classic("Flask.before_first_request", FIRST_REQUEST, level=2)
        first_request_functions(self).append(f)
        return f

    def try_trigger_before_first_request_functions(self) -> None:
        """Run the functions of :meth:`before_first_request`, unless they have run.

        If one of them raises, all run again for the next request.
        """
        warn_classic("Flask.try_trigger_before_first_request_functions", FIRST_REQUEST)
        _trigger(self)

    def _begin_request(self) -> None:
        """Do what comes before the first stage of a request.

        The engines call it until a request has been handled, and for each request if the method
        above is overridden.
        """
        hook = _overridden(self, "try_trigger_before_first_request_functions")

        if hook is None:
            _trigger(self)
            return

        hook()

        if not vars(self).get("_triggering"):
            self._got_first_request = True


#: What the methods are that nobody overrides.
HOOKS: dict[str, t.Any] = {
    name: getattr(ClassicHooks, name)
    for name in (
        "open_session",
        "save_session",
        "make_null_session",
        "try_trigger_before_first_request_functions",
    )
}


def warn_of_hook(name: str, level: int = 1) -> None:
    """Warn that a hook is overridden, which is no error.

    :param name: name of the hook.
    :param level: how many frames above the caller the code is that overrides it.
    """
    modern = SESSIONS if "session" in name else FIRST_REQUEST
    warn_classic(f"Flask.{name}", modern, None, level=level + 1)


def _overridden(app: t.Any, name: str) -> t.Callable[..., t.Any] | None:
    """Return a hook that somebody overrides, or ``None``.

    :param app: the application.
    :param name: name of the hook.
    """
    hook = getattr(app, name)

    if getattr(hook, "__func__", None) is HOOKS[name]:
        return None

    warn_of_hook(name)
    return hook  # type: ignore[no-any-return]


def first_request_functions(app: t.Any) -> list[t.Callable[[], t.Any]]:
    """Return the list of functions that an application runs for its first request.

    :param app: the application.
    """
    found: list[t.Callable[[], t.Any]]
    found = vars(app).setdefault("_first_request_functions", [])
    return found


def _trigger(app: t.Any) -> None:
    """Run the functions for the first request, unless they have run, and note it.

    :param app: the application.
    """
    if app._got_first_request:
        return

    attributes = vars(app)
    functions = attributes.get("_first_request_functions")

    if not functions:
        app._got_first_request = True
        return

    # Requests of other threads wait. One that a function makes by itself goes on.
    with attributes.setdefault("_first_request_lock", RLock()):
        if app._got_first_request or attributes.get("_triggering"):
            return

        attributes["_triggering"] = True

        try:
            for function in functions:
                app.ensure_sync(function)()

            app._got_first_request = True
        finally:
            del attributes["_triggering"]
