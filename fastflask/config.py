"""Application configuration: a dictionary that knows how to fill itself."""

from __future__ import annotations

import errno
import json
import os
import types
import typing as t

from werkzeug.utils import import_string

from ._classic_config import ClassicConfig

if t.TYPE_CHECKING:
    import typing_extensions as te

    from .sansio.app import App

T = t.TypeVar("T")


class ConfigAttribute(t.Generic[T]):
    """An attribute of the application that is kept in its config.

    :param name: the config key to read and write.
    :param get_converter: applied to the stored value at each read.

    .. versionadded:: 0.1
    """

    def __init__(self, name: str, get_converter: t.Callable[[t.Any], T] | None = None) -> None:
        self.__name__ = name
        self.get_converter = get_converter

    @t.overload
    def __get__(self, obj: None, owner: None) -> te.Self: ...

    @t.overload
    def __get__(self, obj: App, owner: type[App]) -> T: ...

    def __get__(self, obj: App | None, owner: type[App] | None = None) -> T | te.Self:
        if obj is None:
            return self
        value = obj.config[self.__name__]
        convert = self.get_converter
        return value if convert is None else convert(value)

    def __set__(self, obj: App, value: t.Any) -> None:
        obj.config[self.__name__] = value


class Config(ClassicConfig):
    """A dictionary of settings, with methods that read them from elsewhere.

    It behaves as a plain ``dict`` in every other way. Of what the ``from_*``
    methods find, only upper-case names count (those of
    :meth:`from_prefixed_env` count whatever their case), so a configuration
    file can use lower-case names for its own purposes. ::

        app.config.from_object("yourapplication.defaults")
        app.config.from_envvar("YOURAPPLICATION_SETTINGS", silent=True)
        app.config["TESTING"] = True

    :param root_path: folder that relative file names start from, for an
        application its :attr:`~fastflask.Flask.root_path`.
    :param defaults: settings to begin with.

    .. versionadded:: 0.1
    """

    def __init__(
        self,
        root_path: str | os.PathLike[str],
        defaults: dict[str, t.Any] | None = None,
    ) -> None:
        super().__init__(defaults or {})
        self.root_path = root_path
        self._notice()

    def from_envvar(self, variable_name: str, silent: bool = False) -> bool:
        """Run the Python file that an environment variable points to.

        :param variable_name: the environment variable that holds the path.
        :param silent: return ``False`` if the variable is unset or empty, or
            the file is missing, instead of raising an error.
        :return: whether a file was loaded.
        :raises RuntimeError: if the variable is unset or empty.

        .. versionadded:: 0.1
        """
        if filename := os.environ.get(variable_name):
            return self.from_pyfile(filename, silent=silent)
        if silent:
            return False
        raise RuntimeError(
            f"The environment variable {variable_name!r} is not set and as such configuration"
            " could not be loaded. Set this variable and make it point to a configuration file"
        )

    def from_prefixed_env(
        self, prefix: str = "FLASK", *, loads: t.Callable[[str], t.Any] = json.loads
    ) -> bool:
        """Take over the environment variables whose names begin with a prefix.

        ``FLASK_NAME`` sets ``NAME``. A double underscore leads into a nested
        dictionary, made if it is missing: ``FLASK_A__B`` sets ``B`` in the
        dictionary ``A``. Variables are handled in the order of their names.

        :param prefix: what the names begin with, without the underscore that
            follows.
        :param loads: turns the text of a variable into a value. Text that it
            rejects, by any error, is stored as it is.
        :return: always ``True``.

        .. versionadded:: 0.1
        """
        start = f"{prefix}_"
        for variable in sorted(name for name in os.environ if name.startswith(start)):
            value: t.Any = os.environ[variable]
            try:
                value = loads(value)
            except Exception:
                pass  # not written in the loader's format: plain text then

            *outer, key = variable[len(start) :].split("__")
            target: t.Any = self
            for name in outer:
                if name not in target:
                    target[name] = {}
                target = target[name]
            target[key] = value

        return True

    def from_pyfile(self, filename: str | os.PathLike[str], silent: bool = False) -> bool:
        """Run a Python file and take over its upper-case variables.

        :param filename: absolute, or relative to :attr:`root_path`.
        :param silent: return ``False`` if the file is missing, instead of
            raising an error.
        :return: whether the file was loaded.
        :raises OSError: if the file cannot be read.

        .. versionadded:: 0.1
        """
        path = os.path.join(self.root_path, filename)
        module = types.ModuleType("config")
        module.__file__ = path
        try:
            with open(path, "rb") as source:
                exec(compile(source.read(), path, "exec"), vars(module))
        except OSError as error:
            if _is_harmless(error, silent, errno.ENOENT, errno.EISDIR, errno.ENOTDIR):
                return False
            raise
        self.from_object(module)
        return True

    def from_object(self, obj: object | str) -> None:
        """Take over the upper-case attributes of an object.

        That is mostly a module or a class. Properties are evaluated only on
        instances, so make one of a class that has them. A ``dict`` does not
        work, its items are not attributes: see :meth:`from_mapping`.

        :param obj: the object, or the name to import it by.

        .. versionadded:: 0.1
        """
        source = import_string(obj) if isinstance(obj, str) else obj
        for name in dir(source):
            if name.isupper():
                self[name] = getattr(source, name)

    def from_file(
        self,
        filename: str | os.PathLike[str],
        load: t.Callable[[t.IO[t.Any]], t.Mapping[str, t.Any]],
        silent: bool = False,
        text: bool = True,
    ) -> bool:
        """Read a data file, such as JSON or TOML. ::

            app.config.from_file("config.toml", load=tomllib.load, text=False)

        :param filename: absolute, or relative to :attr:`root_path`.
        :param load: receives the open file and returns a mapping, which goes
            through :meth:`from_mapping`.
        :param silent: return ``False`` if the file is missing, instead of
            raising an error.
        :param text: open the file as text, otherwise as bytes.
        :return: whether the file was loaded.
        :raises OSError: if the file cannot be read.

        .. versionadded:: 0.1
        """
        path = os.path.join(self.root_path, filename)
        try:
            with open(path, "r" if text else "rb") as source:
                settings = load(source)
        except OSError as error:
            if _is_harmless(error, silent, errno.ENOENT, errno.EISDIR):
                return False
            raise
        return self.from_mapping(settings)

    def from_mapping(self, mapping: t.Mapping[str, t.Any] | None = None, **kwargs: t.Any) -> bool:
        """Do as ``update`` does, with the upper-case keys only.

        :param mapping: settings, as a mapping or as pairs.
        :param kwargs: more settings, which win over those of the mapping.
        :return: always ``True``.

        .. versionadded:: 0.1
        """
        settings = dict(() if mapping is None else mapping, **kwargs)
        for key in settings:
            if key.isupper():
                self[key] = settings[key]
        return True

    def get_namespace(
        self, namespace: str, lowercase: bool = True, trim_namespace: bool = True
    ) -> dict[str, t.Any]:
        """Return the settings whose keys begin with a prefix, as a new dictionary.

        With the settings ``MAIL_HOST`` and ``MAIL_PORT``, the namespace
        ``MAIL_`` has ``host`` and ``port``: ready to be passed to a function
        as keyword arguments.

        :param namespace: the prefix.
        :param lowercase: change the keys to lower case.
        :param trim_namespace: cut the prefix off the keys.

        .. versionadded:: 0.1
        """
        skip = len(namespace) if trim_namespace else 0
        found = ((key[skip:], value) for key, value in self.items() if key.startswith(namespace))
        return {key.lower() if lowercase else key: value for key, value in found}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {super().__repr__()}>"


def _is_harmless(error: OSError, silent: bool, *absent: int) -> bool:
    """Return whether to go on without the file; if not, make the error say what failed.

    :param error: why the file could not be loaded.
    :param silent: whether the caller accepts a missing file.
    :param absent: the error numbers that stand for a missing file.
    """
    if silent and error.errno in absent:
        return True
    error.strerror = f"Unable to load configuration file ({error.strerror})"
    return False
