"""Attributes that applications and blueprints had in earlier releases of Flask.

Each warns once, with what to write today, and then is what it was.
"""

from __future__ import annotations

import typing as t
from datetime import timedelta

from ._classic import Classic, ClassicValue, use_json, warn_classic
from ._classic_config import NOT_PRESERVED, OWN_SETTING
from ._classic_hooks import (
    FIRST_REQUEST,
    HOOKS,
    ClassicHooks,
    first_request_functions,
    warn_of_hook,
)
from ._context_first import adapt
from .config import Config, ConfigAttribute
from .sansio.app import _make_timedelta
from .sansio.scaffold import setupmethod

if t.TYPE_CHECKING:
    from .ctx import _AppCtxGlobals
    from .sansio._setup_state import BlueprintSetupState

F = t.TypeVar("F", bound=t.Callable[..., t.Any])
T = t.TypeVar("T")


class _SettingAlias(ConfigAttribute[T]):
    """An attribute for a setting that is read from the configuration today."""

    def __get__(self, obj: t.Any, owner: t.Any = None) -> t.Any:
        if obj is None:
            return self
        _warn_of_setting(self.__name__)
        return super().__get__(obj, owner)

    def __set__(self, obj: t.Any, value: t.Any) -> None:
        _warn_of_setting(self.__name__, None)
        super().__set__(obj, value)


def _warn_of_setting(
    key: str, kind: type[Exception] | None = AttributeError, *, level: int = 1
) -> None:
    warn_classic(f"Flask.{key.lower()}", f"""'app.config["{key}"]'""", kind, level=level + 1)


class _Coder:
    """An attribute for a class that writes or reads JSON.

    :param modern: the method of a provider to override today.
    """

    def __init__(self, modern: str) -> None:
        self.modern = f"a provider with its own {modern!r}, set as 'app.json',"

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, obj: t.Any, owner: t.Any = None) -> t.Any:
        warn_classic(f"{_kind(owner)}.{self.name}", self.modern)
        from ._classic_json import coder_of, default_coder

        found = coder_of(owner if obj is None else obj, self.name)
        return default_coder(owner, self.name) if found is None else found

    def __set__(self, obj: t.Any, value: t.Any) -> None:
        warn_classic(f"{_kind(type(obj))}.{self.name}", self.modern, None)
        vars(obj)[self.name] = value
        use_json()


def _kind(cls: type) -> str:
    return "Flask" if issubclass(cls, ClassicApp) else "Blueprint"


class ClassicJSON(Classic):
    """The classes that write and read JSON, of an application or a blueprint."""

    json_encoder = _Coder("default")
    json_decoder = _Coder("loads")

    def __init_subclass__(cls, **kwargs: t.Any) -> None:
        super().__init_subclass__(**kwargs)

        for name in ("json_encoder", "json_decoder"):
            # Asked of the classes as they are, as the attribute itself would warn.
            found = next(vars(base)[name] for base in cls.__mro__ if name in vars(base))

            if not isinstance(found, _Coder):
                warn_classic(f"{_kind(cls)}.{name}", vars(ClassicJSON)[name].modern, None, level=2)
                use_json()


class ClassicApp(ClassicHooks, ClassicJSON, Classic):
    """All that applications had; a base of :class:`~fastflask.Flask`."""

    config: Config
    debug: bool
    testing: bool
    app_ctx_globals_class: type[_AppCtxGlobals]
    error_handler_spec: dict[t.Any, t.Any]

    session_cookie_name = _SettingAlias[str]("SESSION_COOKIE_NAME")
    use_x_sendfile = _SettingAlias[bool]("USE_X_SENDFILE")
    send_file_max_age_default = _SettingAlias[timedelta](
        "SEND_FILE_MAX_AGE_DEFAULT",
        get_converter=_make_timedelta,  # type: ignore[arg-type]
    )

    @property
    def templates_auto_reload(self) -> bool:
        """Whether changed templates are loaded anew: the setting, or else debug mode."""
        _warn_of_setting("TEMPLATES_AUTO_RELOAD")
        value = self.config.get("TEMPLATES_AUTO_RELOAD")
        return self.debug if value is None else value

    @templates_auto_reload.setter
    def templates_auto_reload(self, value: bool) -> None:
        _warn_of_setting("TEMPLATES_AUTO_RELOAD", None)
        self.config["TEMPLATES_AUTO_RELOAD"] = value

    @ClassicValue
    def propagate_exceptions(self) -> bool:
        """Whether errors reach the server: the setting, or else testing or debug mode."""
        _warn_of_setting("PROPAGATE_EXCEPTIONS", level=2)
        value = self.config.get("PROPAGATE_EXCEPTIONS")
        return self.testing or self.debug if value is None else value

    @ClassicValue
    def preserve_context_on_exception(self) -> bool:
        """What the setting ``PRESERVE_CONTEXT_ON_EXCEPTION`` says, or else debug mode.

        It has no effect. A context that outlives its request would be seen by the next one; the
        debugger and the test client ask for those that they want to keep.
        """
        warn_classic("Flask.preserve_context_on_exception", NOT_PRESERVED, level=2)
        value = self.config.get("PRESERVE_CONTEXT_ON_EXCEPTION")
        return self.debug if value is None else value

    @property
    def env(self) -> str:
        """Name of the environment: the setting ``ENV``, or else that of :envvar:`FLASK_ENV`."""
        warn_classic("Flask.env", OWN_SETTING)
        from ._classic_helpers import get_env

        return self.config.get("ENV") or get_env()

    @env.setter
    def env(self, value: str) -> None:
        warn_classic("Flask.env", OWN_SETTING, None)
        self.config["ENV"] = value

    @property
    def request_globals_class(self) -> type[_AppCtxGlobals]:
        """The class of :data:`~fastflask.g`."""
        warn_classic("Flask.request_globals_class", "'Flask.app_ctx_globals_class'")
        return self.app_ctx_globals_class

    @request_globals_class.setter
    def request_globals_class(self, value: type[_AppCtxGlobals]) -> None:
        warn_classic("Flask.request_globals_class", "'Flask.app_ctx_globals_class'", None)
        self.app_ctx_globals_class = value

    def _register_error_handler(
        self, key: str | None, code_or_exception: type[Exception] | int, f: t.Callable[..., t.Any]
    ) -> None:
        """Set the function that answers an error.

        :param key: name of the blueprint that it is for, ``None`` for the application.
        :param code_or_exception: HTTP status code, or exception class.
        :param f: takes the exception and returns a response.
        """
        warn_classic("Flask._register_error_handler", "'Flask.register_error_handler'")
        cls, code = self._get_exc_class_and_code(code_or_exception)  # type: ignore[attr-defined]
        self.error_handler_spec[key][code][cls] = f

    def __init_subclass__(cls, **kwargs: t.Any) -> None:
        super().__init_subclass__(**kwargs)

        for name, stock in HOOKS.items():
            if getattr(cls, name) is not stock:
                warn_of_hook(name)

        if "request_globals_class" in vars(cls):
            warn_classic("Flask.request_globals_class", "'Flask.app_ctx_globals_class'", None)
            cls.app_ctx_globals_class = vars(cls)["request_globals_class"]

        adapt(cls, ClassicApp)


class ClassicBlueprint(ClassicJSON, Classic):
    """All that blueprints had; a base of :class:`~fastflask.Blueprint`."""

    @setupmethod
    def before_app_first_request(self, f: F) -> F:
        """Register a function to run before the first request of the application.

        :param f: a function without parameters, whose result is ignored.
        """
        warn_classic("Blueprint.before_app_first_request", FIRST_REQUEST, level=2)

        def add(state: BlueprintSetupState) -> None:
            first_request_functions(state.app).append(f)

        self.record_once(add)  # type: ignore[attr-defined]
        return f
