"""Send requests and commands to an application without a server."""

from __future__ import annotations

import typing as t
from contextlib import ExitStack, contextmanager
from copy import copy
from types import TracebackType
from urllib.parse import urlsplit

import werkzeug.test
from click.testing import CliRunner, Result
from werkzeug.test import Client
from werkzeug.wrappers import Request as BaseRequest

from ._classic import classic_names
from .cli import ScriptInfo
from .sessions import SessionMixin

if t.TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.test import TestResponse

    from .app import Flask


class EnvironBuilder(werkzeug.test.EnvironBuilder):
    """Makes WSGI environs, with defaults from an application's configuration.

    :param app: the application that the request is for.
    :param path: the path, or a whole URL, to request.
    :param base_url: where the application is mounted. By default put together from
        ``PREFERRED_URL_SCHEME``, ``SERVER_NAME`` and ``APPLICATION_ROOT``.
    :param subdomain: goes before ``SERVER_NAME`` in the default of ``base_url``.
    :param url_scheme: takes the place of ``PREFERRED_URL_SCHEME`` there.
    :param args: more arguments of :class:`werkzeug.test.EnvironBuilder`.
    :param kwargs: the same by name, such as ``method``, ``data`` or ``json``.

    .. versionadded:: 0.1
    """

    def __init__(
        self,
        app: Flask,
        path: str = "/",
        base_url: str | None = None,
        subdomain: str | None = None,
        url_scheme: str | None = None,
        *args: t.Any,
        **kwargs: t.Any,
    ) -> None:
        assert base_url is None or not (subdomain or url_scheme), (
            'Cannot pass "subdomain" or "url_scheme" with "base_url".'
        )

        if base_url is None:
            target = urlsplit(path)
            scheme = app.config["PREFERRED_URL_SCHEME"] if url_scheme is None else url_scheme
            host = app.config.get("SERVER_NAME") or "localhost"
            if subdomain:
                host = f"{subdomain}.{host}"
            root = app.config["APPLICATION_ROOT"].lstrip("/")

            base_url = f"{target.scheme or scheme}://{target.netloc or host}/{root}"
            path = f"{target.path}?{target.query}" if target.query else target.path

        self.app = app
        super().__init__(path, base_url, *args, **kwargs)

    def json_dumps(self, obj: t.Any, **kwargs: t.Any) -> str:
        """Serialize the ``json`` argument with the application's JSON provider.

        :param obj: the data.
        :param kwargs: passed to the provider's ``dumps``.
        """
        return self.app.json.dumps(obj, **kwargs)


_werkzeug_version = ""


def _get_werkzeug_version() -> str:
    """Get Werkzeug's version, which is part of the client's ``User-Agent``."""
    global _werkzeug_version

    if not _werkzeug_version:
        from importlib import metadata

        _werkzeug_version = metadata.version("werkzeug")
    return _werkzeug_version


class FlaskClient(Client):
    """Sends requests to an application and keeps cookies between them.

    In a ``with`` block, the contexts of the last request stay active after it, so that
    ``request``, ``session`` and ``g`` can be looked at. The next request, or the end of the
    block, removes them. Otherwise as :class:`werkzeug.test.Client`.

    ``environ_base`` holds what every environ starts with. Change it in place to send another
    address or user agent.

    .. versionadded:: 0.1
    """

    application: Flask

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        self.environ_base = {
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_USER_AGENT": f"Werkzeug/{_get_werkzeug_version()}",
        }
        self.preserve_context = False
        # What the running request handed over, and what is active now because of it.
        self._new_contexts: list[t.ContextManager[t.Any]] = []
        self._context_stack = ExitStack()

    @contextmanager
    def session_transaction(self, *args: t.Any, **kwargs: t.Any) -> t.Iterator[SessionMixin]:
        """Open the session of this client in a ``with`` block, and store it at the end::

            with client.session_transaction() as session:
                session["user_id"] = 7

        Nothing is stored if the block raises.

        :param args: arguments of ``Flask.test_request_context``, where the session depends on
            the request.
        :param kwargs: the same by name.
        :raises TypeError: if the client keeps no cookies.
        :raises RuntimeError: if the application has no session, for want of a secret key.
        """
        if self._cookies is None:
            raise TypeError("Cookies are disabled. Create a client with 'use_cookies=True'.")

        app = self.application
        store = app.session_interface
        context = app.test_request_context(*args, **kwargs)
        request = context.request
        self._add_cookies_to_wsgi(request.environ)

        with context:
            session = store.open_session(app, request)
        if session is None:
            raise RuntimeError("Session backend did not open a session.")

        yield session

        response = app.response_class()
        if store.is_null_session(session):
            return
        with context:
            store.save_session(app, session, response)
        cookies = response.headers.getlist("Set-Cookie")
        self._update_cookies_from_response(request.host.partition(":")[0], request.path, cookies)

    def _copy_environ(self, other: WSGIEnvironment) -> WSGIEnvironment:
        """Put an environ on top of ``environ_base``, and ask for the contexts if wanted."""
        environ = {**self.environ_base, **other}
        if self.preserve_context:
            environ["werkzeug.debug.preserve_context"] = self._new_contexts.append
        return environ

    def _request_from_builder_args(
        self, args: tuple[t.Any, ...], kwargs: dict[str, t.Any]
    ) -> BaseRequest:
        """Make the request that arguments of :class:`EnvironBuilder` describe."""
        kwargs["environ_base"] = self._copy_environ(kwargs.get("environ_base", {}))
        builder = EnvironBuilder(self.application, *args, **kwargs)
        try:
            return builder.get_request()
        finally:
            builder.close()

    def _request_from(self, args: tuple[t.Any, ...], kwargs: dict[str, t.Any]) -> BaseRequest:
        """Make the request to send. What the caller passed in is copied, never changed."""
        source = args[0] if args else None

        if isinstance(source, werkzeug.test.EnvironBuilder):
            builder = copy(source)
            builder.environ_base = self._copy_environ(builder.environ_base or {})  # type: ignore[arg-type]
            return builder.get_request()

        if isinstance(source, dict):
            return EnvironBuilder.from_environ(
                source, app=self.application, environ_base=self._copy_environ({})
            ).get_request()

        if isinstance(source, BaseRequest):
            request = copy(source)
            request.environ = self._copy_environ(request.environ)
            return request

        return self._request_from_builder_args(args, kwargs)

    def open(
        self,
        *args: t.Any,
        buffered: bool = False,
        follow_redirects: bool = False,
        **kwargs: t.Any,
    ) -> TestResponse:
        """Send a request.

        :param args: arguments of :class:`EnvironBuilder` without the application; or one
            environ builder, environ or request.
        :param buffered: whether to read the body and close the response at once.
        :param follow_redirects: whether to go on until the answer is no redirect. The earlier
            answers are in the response's ``history``.
        :param kwargs: arguments of :class:`EnvironBuilder` by name.
        """
        request = self._request_from(args, kwargs)

        # Each step of a redirect comes here too, so only the last request's contexts are kept.
        self._context_stack.close()
        response = super().open(request, buffered=buffered, follow_redirects=follow_redirects)
        response.json_module = self.application.json  # type: ignore[assignment]

        for context in self._new_contexts:
            self._context_stack.enter_context(context)
        self._new_contexts.clear()
        return response

    def __enter__(self) -> FlaskClient:
        if self.preserve_context:
            raise RuntimeError("Cannot nest client invocations")
        self.preserve_context = True
        return self

    def __exit__(
        self,
        exc_type: type | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.preserve_context = False
        self._context_stack.close()


class FlaskCliRunner(CliRunner):
    """Runs commands of an application and catches what they print.

    :param app: the application.
    :param kwargs: arguments of :class:`click.testing.CliRunner`.

    .. versionadded:: 0.1
    """

    def __init__(self, app: Flask, **kwargs: t.Any) -> None:
        self.app = app
        super().__init__(**kwargs)

    def invoke(  # type: ignore[override]
        self, cli: t.Any = None, args: t.Any = None, **kwargs: t.Any
    ) -> Result:
        """Run a command in isolation.

        :param cli: the command; by default the application's ``cli`` group.
        :param args: its arguments, as a list or as one text.
        :param kwargs: arguments of :meth:`click.testing.CliRunner.invoke`. Without ``obj``, the
            command gets a :class:`~fastflask.cli.ScriptInfo` with the application.
        """
        kwargs.setdefault("obj", ScriptInfo(create_app=lambda: self.app))
        return super().invoke(self.app.cli if cli is None else cli, args, **kwargs)


if not t.TYPE_CHECKING:
    __getattr__ = classic_names(__name__)
