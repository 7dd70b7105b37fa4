"""Behind nginx: who the client is, and files that nginx sends in our place."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response
from werkzeug.middleware.proxy_fix import ProxyFix


def init_app(app: Flask) -> None:
    """Believe as many proxies as ``PROXIES`` says; with ``X_ACCEL``, nginx sends static files."""
    proxies = app.config["PROXIES"]
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)
    if app.config["X_ACCEL"]:
        folder = Path(app.static_folder or "")

        @app.after_request
        def name_for_nginx(response: Response) -> Response:
            """Turn the path of a file into the address that nginx has for it, and nobody else."""
            path = response.headers.pop("X-Sendfile", None)
            if path is not None:
                inside = Path(path).relative_to(folder).as_posix()
                response.headers["X-Accel-Redirect"] = f"/_static/{inside}"
                # The file's; nginx sets it again, and what is sent from here is empty.
                response.headers.pop("Content-Length", None)
            return response
