"""The session: what it is, how an application opens and saves it, and the signed cookie."""

from __future__ import annotations

import collections.abc as c
import typing as t
from collections.abc import MutableMapping
from datetime import datetime, timezone

from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.datastructures import CallbackDict, Headers
from werkzeug.sansio.response import Response as _SansIOResponse

from ._signing import _lazy_sha1, kept_serializer
from .json.tag import TaggedJSONSerializer

if t.TYPE_CHECKING:
    from .app import Flask
    from .wrappers import Request, Response


class SessionMixin(MutableMapping[str, t.Any]):
    """What a session has beyond being a dictionary.

    .. versionadded:: 0.1
    """

    @property
    def permanent(self) -> bool:
        """Whether the session outlives the browser's. Stored in it, as ``"_permanent"``."""
        return self.get("_permanent", False)  # type: ignore[no-any-return]

    @permanent.setter
    def permanent(self, value: bool) -> None:
        self["_permanent"] = bool(value)

    #: Whether the session was made for this request. Not every kind can tell; by default no.
    new = False

    #: Whether the session was changed. A kind that cannot tell says yes, as here.
    modified = True

    #: Whether the session was used in this request, be it only to read. The request context sets
    #: it when it hands out the session; the response then varies by cookie.
    accessed = False


def _set_modified(session: SecureCookieSession) -> None:
    session.modified = True


class SecureCookieSession(CallbackDict[str, t.Any], SessionMixin):
    """The session in a signed cookie. Cannot tell new from empty: :attr:`new` stays false.

    :param initial: the content.

    .. versionadded:: 0.1
    """

    #: Set by each change of an item, and only then is the cookie written. A change inside of a
    #: value, say an append to a list in the session, is not noticed: set this by hand.
    modified = False

    def __init__(self, initial: c.Mapping[str, t.Any] | None = None) -> None:
        super().__init__(initial, _set_modified)


class NullSession(SecureCookieSession):
    """The session of an application without a secret key: empty, and an error to write to.

    .. versionadded:: 0.1
    """

    def _fail(self, *args: t.Any, **kwargs: t.Any) -> t.NoReturn:
        raise RuntimeError(
            "The session is unavailable because no secret key was set.  Set the secret_key on the"
            " application to something unique and secret."
        )

    __setitem__ = __delitem__ = _fail
    update = setdefault = _fail
    pop = popitem = clear = _fail
    del _fail


class SessionInterface:
    """How an application opens and saves sessions. Derive from it to keep them elsewhere.

    :meth:`open_session` and :meth:`save_session` have to be written. What the first returns must
    act like a dict and have what :class:`SessionMixin` has; deriving from both is the easy way.
    An instance assigned to :attr:`Flask.session_interface <fastflask.Flask.session_interface>`
    is used from the next request on.

    Requests that carry the same session may run at the same time, and are opened and saved in
    the order in which they begin and end. A store that is written to may need a lock.

    .. versionadded:: 0.1
    """

    #: Made by :meth:`make_null_session`, and recognised by :meth:`is_null_session`.
    null_session_class = NullSession

    #: Whether sessions are pickled. Nothing here asks, extensions may.
    pickle_based = False

    def make_null_session(self, app: Flask) -> NullSession:
        """Make what stands for the session when :meth:`open_session` returns ``None``.

        It can be read, and fails with a helpful text when written to.
        """
        return self.null_session_class()

    def is_null_session(self, obj: object) -> bool:
        """Say whether an object is such a stand-in, which is not saved."""
        return isinstance(obj, self.null_session_class)

    def get_cookie_name(self, app: Flask) -> str:
        """Name of the cookie: ``SESSION_COOKIE_NAME``."""
        return app.config["SESSION_COOKIE_NAME"]  # type: ignore[no-any-return]

    def get_cookie_domain(self, app: Flask) -> str | None:
        """Domain of the cookie: ``SESSION_COOKIE_DOMAIN``. ``None`` stands for the host alone."""
        return app.config["SESSION_COOKIE_DOMAIN"]  # type: ignore[no-any-return]

    def get_cookie_path(self, app: Flask) -> str:
        """Path of the cookie: ``SESSION_COOKIE_PATH``, or else ``APPLICATION_ROOT``."""
        config = app.config
        return config["SESSION_COOKIE_PATH"] or config["APPLICATION_ROOT"]  # type: ignore[no-any-return]

    def get_cookie_httponly(self, app: Flask) -> bool:
        """Whether the cookie is hidden from scripts: ``SESSION_COOKIE_HTTPONLY``."""
        return app.config["SESSION_COOKIE_HTTPONLY"]  # type: ignore[no-any-return]

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether the cookie needs HTTPS: ``SESSION_COOKIE_SECURE``."""
        return app.config["SESSION_COOKIE_SECURE"]  # type: ignore[no-any-return]

    def get_cookie_samesite(self, app: Flask) -> str | None:
        """``"Lax"``, ``"Strict"`` or ``None``: ``SESSION_COOKIE_SAMESITE``."""
        return app.config["SESSION_COOKIE_SAMESITE"]  # type: ignore[no-any-return]

    def get_cookie_partitioned(self, app: Flask) -> bool:
        """Whether the cookie is kept apart by top-level site: ``SESSION_COOKIE_PARTITIONED``."""
        return app.config["SESSION_COOKIE_PARTITIONED"]  # type: ignore[no-any-return]

    def get_expiration_time(self, app: Flask, session: SessionMixin) -> datetime | None:
        """When the cookie of a session ends, or ``None`` if together with the browser's session.

        A permanent session lives for ``PERMANENT_SESSION_LIFETIME`` from now.
        """
        if not session.permanent:
            return None
        return datetime.now(timezone.utc) + app.permanent_session_lifetime

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Whether a session that is not empty is written to the response.

        It is if modified. A permanent one is always, unless ``SESSION_REFRESH_EACH_REQUEST`` is
        switched off.
        """
        if session.modified:
            return session.modified
        return session.permanent and app.config["SESSION_REFRESH_EACH_REQUEST"]

    def open_session(self, app: Flask, request: Request) -> SessionMixin | None:
        """Return the session of a request, at its beginning.

        The request context is pushed by then, the URL not yet matched.

        :param app: the application.
        :param request: the request.
        :returns: the session, or ``None`` for one that cannot be used (see
            :meth:`make_null_session`).
        """
        raise NotImplementedError()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Store the session of a request, after all functions that run after it.

        Not called for what :meth:`is_null_session` recognises.

        :param app: the application.
        :param session: what :meth:`open_session` returned.
        :param response: the response, to set a cookie on.
        """
        raise NotImplementedError()


session_json_serializer = TaggedJSONSerializer()


class SecureCookieSessionInterface(SessionInterface):
    """The default: the whole session in a cookie, signed with ItsDangerous. Clients can read it
    but not change it.

    .. versionadded:: 0.1
    """

    #: Mixed into the secret key, so that signatures made for other purposes are no sessions.
    salt = "cookie-session"
    #: The hash of the signature.
    digest_method = staticmethod(_lazy_sha1)
    #: How the key of the signature is made from secret key and salt; see ItsDangerous.
    key_derivation = "hmac"
    #: Turns the content into text and back. By default it is compact JSON, with tags for the
    #: types that JSON does not have.
    serializer = session_json_serializer
    #: The class of sessions.
    session_class = SecureCookieSession

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Make what signs and verifies with the keys of an application.

        :returns: the serializer, or ``None`` if the application has no secret key.
        """
        current = app.secret_key
        if not current:
            return None
        # The last key signs, all of them verify.
        keys = [*(app.config["SECRET_KEY_FALLBACKS"] or ()), current]
        how = {"key_derivation": self.key_derivation, "digest_method": self.digest_method}
        return URLSafeTimedSerializer(
            keys, salt=self.salt, serializer=self.serializer, signer_kwargs=how
        )

    def _signing(self, app: Flask) -> URLSafeTimedSerializer | None:
        """What :meth:`get_signing_serializer` returns, without building it for each request."""
        method = self.get_signing_serializer
        if (
            getattr(method, "__func__", None) is _get_signing_serializer
            and URLSafeTimedSerializer is _signing_class
        ):
            return kept_serializer(self, app)
        return method(app)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the session from the cookie. One that cannot be verified is an empty session.

        :param app: the application.
        :param request: the request.
        :returns: the session, or ``None`` if the application has no secret key.
        """
        signing = self._signing(app)
        if signing is None:
            return None
        cookie = request.cookies.get(self.get_cookie_name(app))
        if cookie:
            lifetime = app.permanent_session_lifetime
            try:
                content = signing.loads(cookie, max_age=int(lifetime.total_seconds()))
                return self.session_class(content)
            except BadSignature:
                pass
        return self.session_class()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the session to a cookie if it needs to be, or delete one that was emptied.

        :param app: the application.
        :param session: the session.
        :param response: the response, whose cookies and ``Vary`` header are changed.
        """
        name = self.get_cookie_name(app)
        options: dict[str, t.Any] = {
            "domain": self.get_cookie_domain(app),
            "path": self.get_cookie_path(app),
            "secure": self.get_cookie_secure(app),
            "partitioned": self.get_cookie_partitioned(app),
            "samesite": self.get_cookie_samesite(app),
            "httponly": self.get_cookie_httponly(app),
        }
        if session.accessed:
            _vary_by_cookie(response)

        if session:
            if not self.should_set_cookie(app, session):
                return
            options["expires"] = self.get_expiration_time(app, session)
            value = self._signing(app).dumps(dict(session))  # type: ignore[union-attr]
            response.set_cookie(name, value, **options)
        elif session.modified:
            response.delete_cookie(name, **options)
        else:
            return
        _vary_by_cookie(response)


# To tell whether a program has put something else in their places.
_get_signing_serializer = SecureCookieSessionInterface.get_signing_serializer
_signing_class = URLSafeTimedSerializer
_vary = _SansIOResponse.vary


def _vary_by_cookie(response: Response) -> None:
    """Add ``Cookie`` to the ``Vary`` header.

    PERF: a header that is missing or says just this needs no parsing into a set and back.
    """
    # What is no response at all has the error of the last line.
    stock = getattr(type(response), "vary", None) is _vary

    if stock and type(headers := response.headers) is Headers:
        items = headers._list
        found = [value for name, value in items if name.lower() == "vary"]

        if not found:
            items.append(("Vary", "Cookie"))
            return
        if found == ["Cookie"]:
            return

    response.vary.add("Cookie")
