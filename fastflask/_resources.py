"""Files of a package: what applications and blueprints serve and open in the same way."""

from __future__ import annotations

import os
import typing as t
from datetime import timedelta

from .globals import _cv_app, current_app
from .helpers import send_from_directory

if t.TYPE_CHECKING:
    from .wrappers import Response


class PackageFiles:
    """Methods for the files beside the module that creates an application or blueprint.

    .. versionadded:: 0.1
    """

    if t.TYPE_CHECKING:
        root_path: str
        cli: t.Any

        @property
        def has_static_folder(self) -> bool: ...

        @property
        def static_folder(self) -> str | None: ...

    def __reduce_ex__(self, protocol: t.SupportsIndex) -> t.Any:
        # A copy shares the command group, as it does all that hangs on the object.
        self.cli  # noqa: B018 - it is made on first use.
        return super().__reduce_ex__(protocol)

    def get_send_file_max_age(self, filename: str | None) -> int | None:
        """Tell for how many seconds a browser may keep a file without asking again.

        By default ``SEND_FILE_MAX_AGE_DEFAULT`` of the current application, where ``None`` has
        the browser ask each time.

        :param filename: path of the file.
        """
        # Outside of a context the proxy says so.
        context = _cv_app.get(None)
        config = (current_app if context is None else context.app).config
        age: timedelta | int | None = config["SEND_FILE_MAX_AGE_DEFAULT"]
        return int(age.total_seconds()) if isinstance(age, timedelta) else age

    def send_static_file(self, filename: str) -> Response:
        """Serve a file from the static folder; the view behind the static route.

        :param filename: path below the static folder.
        """
        if not self.has_static_folder:
            raise RuntimeError("'static_folder' must be set to serve static_files.")

        # Left to itself, sending would ask the application even for a blueprint's files.
        max_age = self.get_send_file_max_age(filename)
        return send_from_directory(t.cast(str, self.static_folder), filename, max_age=max_age)

    def open_resource(
        self, resource: str, mode: str = "rb", encoding: str | None = "utf-8"
    ) -> t.IO[t.AnyStr]:
        """Open a file of the package for reading.

        :param resource: path below :attr:`root_path`.
        :param mode: ``"rb"`` for bytes, ``"r"`` or ``"rt"`` for text.
        :param encoding: encoding of text.
        """
        if mode not in {"r", "rt", "rb"}:
            raise ValueError("Resources can only be opened for reading.")

        path = os.path.join(self.root_path, resource)
        return open(path, mode, encoding=None if mode == "rb" else encoding)
