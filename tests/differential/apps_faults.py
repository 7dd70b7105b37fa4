"""Applications that can fail where no hook is: in converters, sessions, bodies, uploads."""

from __future__ import annotations

import io
import typing as t
from types import ModuleType

from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter

from .harness import Recorder
from .registry import ERROR_SETTINGS, application, make_app

FAULT_STAGES = (
    "converter",
    "endpoint",
    "view",
    "coercion",
    "session open",
    "session save",
    "response",
    "start response",
    "first item",
    "middle item",
    "body close",
    "upload read",
    "upload close",
    "log handler",
    "url build",
)
PATHS = ["/view/1", "/stream/1", "/upload/1", "/fail/1", "/kept/1"]
UPLOAD = (
    b'--end\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\ntext\r\n--end--\r\n'
)
HINTS: dict[str, t.Any] = {
    "paths": PATHS,
    "settings": ERROR_SETTINGS,
    "stages": FAULT_STAGES,
    "environ": {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": "multipart/form-data; boundary=end",
        "CONTENT_LENGTH": str(len(UPLOAD)),
    },
    "body": UPLOAD,
}


def _faults(fw: ModuleType, rec: Recorder) -> t.Any:
    class Number(BaseConverter):
        def to_python(self, value: str) -> t.Any:
            rec.stage("converter", value)
            return int(value)

        def to_url(self, value: t.Any) -> str:
            rec.stage("url build", value)
            return str(value)

    class Upload(io.BytesIO):
        def read(self, *args: t.Any) -> bytes:
            rec.stage("upload read")
            return super().read(*args)

        def close(self) -> None:
            if not self.closed:
                super().close()
                rec.stage("upload close")

        def __del__(self) -> None:
            # Python would close it by the method above. When it does, is left to the collector.
            super().close()

    class OwnRequest(fw.Request):  # type: ignore[misc]
        def _get_file_stream(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
            return Upload()

    class OwnSessions(fw.sessions.SecureCookieSessionInterface):  # type: ignore[misc]
        def open_session(self, app: t.Any, request: t.Any) -> t.Any:
            rec.stage("session open")
            return super().open_session(app, request)

        def save_session(self, app: t.Any, session: t.Any, response: t.Any) -> None:
            rec.stage("session save", dict(session))
            super().save_session(app, session, response)

    class OwnFlask(fw.Flask):  # type: ignore[misc]
        request_class = OwnRequest
        session_interface = OwnSessions()

        def make_response(self, rv: t.Any) -> t.Any:
            rec.stage("coercion")
            return super().make_response(rv)

    class Body:
        """Items for the server, and what is to be closed in the end."""

        def __init__(self) -> None:
            self.items = iter(("first", "middle", "last"))

        def __iter__(self) -> t.Any:
            return self

        def __next__(self) -> t.Any:
            item = next(self.items)
            rec.stage(f"{item} item", bool(fw.request), bool(fw.current_app))
            return item

        def close(self) -> None:
            rec.stage("body close", bool(fw.request))

    class KeptBody(Body):
        # Where nobody closes the stream its generator does, and nobody could catch the error.
        def close(self) -> None:
            rec.note("kept body closes", bool(fw.request))

    app = make_app(OwnFlask)
    app.url_map.converters["number"] = Number

    def view(n: int) -> t.Any:
        rec.stage("view", n)
        fw.session["n"] = n
        return fw.url_for("view", n=n)

    def upload(n: int) -> t.Any:
        return fw.request.files["a"].read()

    def stream(n: int) -> t.Any:
        response = app.response_class(Body())
        rec.stage("response")
        return response

    def fail(n: int) -> t.Any:
        rec.stage("endpoint", fw.request.endpoint)
        raise ValueError("planned", n)

    views = {
        "view": view,
        "upload": upload,
        "stream": stream,
        "kept": lambda n: fw.stream_with_context(KeptBody()),
        "fail": fail,
    }
    for name, func in views.items():
        app.add_url_rule(
            f"/{name}/<number:n>", endpoint=name, view_func=func, methods=["GET", "POST"]
        )
    app.teardown_request(lambda error: rec.note("teardown", error))
    app.teardown_appcontext(lambda error: rec.note("teardown app", error))
    return app


@application(**HINTS)
def build_faults(fw: ModuleType, rec: Recorder) -> t.Any:
    """No handlers."""
    return _faults(fw, rec)


@application(**HINTS)
def build_faults_handled(fw: ModuleType, rec: Recorder) -> t.Any:
    """Handlers for all that may be handled."""
    app = _faults(fw, rec)
    app.register_error_handler(Exception, lambda error: (f"handled {type(error).__name__}", 500))
    app.register_error_handler(HTTPException, lambda error: (f"http {error.code}", 499))
    return app
