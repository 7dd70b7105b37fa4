"""Sessions in Redis, by Flask-Session. Without ``REDIS_URL`` they are Flask's signed cookies."""

from __future__ import annotations

from flask import Flask, Request, Response, request, session
from flask_session.base import ServerSideSession
from flask_session.redis import RedisSessionInterface
from redis import Redis, RedisError

# These tell of the state of things, and need no session for it.
FREE = ("health.health", "prometheus_metrics", "static")


class LostSession(ServerSideSession):
    """Stands for a session that cannot be read at the moment."""


class RedisSessions(RedisSessionInterface):
    """Flask-Session's store, which outlives an outage of Redis.

    A session is opened before any error handler can be reached. So a failure is only noted then,
    and raised when the request begins.
    """

    def open_session(self, app: Flask, request: Request) -> ServerSideSession:
        """Read the session, or put another object in its place."""
        try:
            return super().open_session(app, request)
        except RedisError as error:
            app.logger.error("the session store fails: %s", error)
            return LostSession()

    def save_session(self, app: Flask, session: ServerSideSession, response: Response) -> None:
        """Write the session, unless it could not be read: the browser keeps its number."""
        if not isinstance(session, LostSession):
            super().save_session(app, session, response)


def init_app(app: Flask) -> None:
    """Put the sessions where the settings say."""
    url = app.config["REDIS_URL"]
    if url:
        app.session_interface = RedisSessions(
            app, client=Redis.from_url(url), key_prefix="notes-session:", permanent=False
        )
        app.before_request(refuse_without_session)


def refuse_without_session() -> None:
    """Raise what opening the session could not."""
    if isinstance(session._get_current_object(), LostSession) and request.endpoint not in FREE:
        raise RedisError("the session could not be read")
