"""What a blueprint can do for the whole application rather than for itself."""

from __future__ import annotations

import typing as t

from .. import typing as ft
from ._types import (
    T_after_request,
    T_before_request,
    T_error_handler,
    T_teardown,
    T_template_context_processor,
    T_template_filter,
    T_template_global,
    T_template_test,
    T_url_defaults,
    T_url_value_preprocessor,
)
from .scaffold import F, Scaffold, setupmethod

if t.TYPE_CHECKING:
    from ._setup_state import BlueprintSetupState


class AppWideScaffold(Scaffold):
    """The methods of a blueprint that reach beyond it.

    Each leaves a note that is carried out when the blueprint is first registered on an
    application, and not for a second registration.

    .. versionadded:: 0.1
    """

    def record_once(self, func: t.Callable[[BlueprintSetupState], None]) -> None:
        """Have a function called at the first registration.

        :param func: takes the state of the registration.
        """
        raise NotImplementedError

    def _add_to_app(self, registry: str, f: F) -> F:
        """Have a function added to what an application runs for all requests.

        :param registry: name of the application's dict of functions by scope.
        :param f: the function.
        """

        def add(state: BlueprintSetupState) -> None:
            getattr(state.app, registry).setdefault(None, []).append(f)

        self.record_once(add)
        return f

    def _add_to_jinja(self, registry: str, f: t.Callable[..., t.Any], name: str | None) -> None:
        """Have a function added to an application's Jinja environment.

        :param registry: name of the environment's dict.
        :param f: the function.
        :param name: what templates call it, by default the function's name.
        """

        def add(state: BlueprintSetupState) -> None:
            getattr(state.app.jinja_env, registry)[name or f.__name__] = f

        self.record_once(add)

    # Hooks

    @setupmethod
    def before_app_request(self, f: T_before_request) -> T_before_request:
        """Like :meth:`before_request`, for every request of the application.

        :param f: the function, which is returned as it is.
        """
        return self._add_to_app("before_request_funcs", f)

    @setupmethod
    def after_app_request(self, f: T_after_request) -> T_after_request:
        """Like :meth:`after_request`, for every request of the application.

        :param f: the function, which is returned as it is.
        """
        return self._add_to_app("after_request_funcs", f)

    @setupmethod
    def teardown_app_request(self, f: T_teardown) -> T_teardown:
        """Like :meth:`teardown_request`, for every request of the application.

        :param f: the function, which is returned as it is.
        """
        return self._add_to_app("teardown_request_funcs", f)

    @setupmethod
    def app_context_processor(
        self, f: T_template_context_processor
    ) -> T_template_context_processor:
        """Like :meth:`context_processor`, for the templates of every view.

        :param f: the function, which is returned as it is.
        """
        return self._add_to_app("template_context_processors", f)

    @setupmethod
    def app_url_value_preprocessor(self, f: T_url_value_preprocessor) -> T_url_value_preprocessor:
        """Like :meth:`url_value_preprocessor`, for every request of the application.

        :param f: the function, which is returned as it is.
        """
        return self._add_to_app("url_value_preprocessors", f)

    @setupmethod
    def app_url_defaults(self, f: T_url_defaults) -> T_url_defaults:
        """Like :meth:`url_defaults`, for every URL of the application.

        :param f: the function, which is returned as it is.
        """
        return self._add_to_app("url_default_functions", f)

    @setupmethod
    def app_errorhandler(
        self, code: type[Exception] | int
    ) -> t.Callable[[T_error_handler], T_error_handler]:
        """Like :meth:`errorhandler`, for every request of the application.

        :param code: HTTP status code, or exception class.
        """

        def decorator(f: T_error_handler) -> T_error_handler:
            def add(state: BlueprintSetupState) -> None:
                state.app.errorhandler(code)(f)

            self.record_once(add)
            return f

        return decorator

    # Templates

    @t.overload
    def app_template_filter(self, name: T_template_filter) -> T_template_filter: ...

    @t.overload
    def app_template_filter(
        self, name: str | None = None
    ) -> t.Callable[[T_template_filter], T_template_filter]: ...

    @setupmethod
    def app_template_filter(
        self, name: T_template_filter | str | None = None
    ) -> T_template_filter | t.Callable[[T_template_filter], T_template_filter]:
        """Decorate a function to be a filter in all templates of the application.

        :param name: what templates call it, by default the function's name; or the function.
        """

        if callable(name):
            self.add_app_template_filter(name)
            return name

        def decorator(f: T_template_filter) -> T_template_filter:
            self.add_app_template_filter(f, name=name)
            return f

        return decorator

    @setupmethod
    def add_app_template_filter(
        self, f: ft.TemplateFilterCallable, name: str | None = None
    ) -> None:
        """Add a template filter; :meth:`app_template_filter` as a plain call.

        :param f: the function.
        :param name: what templates call it, by default the function's name.
        """
        self._add_to_jinja("filters", f, name)

    @t.overload
    def app_template_test(self, name: T_template_test) -> T_template_test: ...

    @t.overload
    def app_template_test(
        self, name: str | None = None
    ) -> t.Callable[[T_template_test], T_template_test]: ...

    @setupmethod
    def app_template_test(
        self, name: T_template_test | str | None = None
    ) -> T_template_test | t.Callable[[T_template_test], T_template_test]:
        """Decorate a function to be a test in all templates of the application.

        :param name: what templates call it, by default the function's name; or the function.
        """

        if callable(name):
            self.add_app_template_test(name)
            return name

        def decorator(f: T_template_test) -> T_template_test:
            self.add_app_template_test(f, name=name)
            return f

        return decorator

    @setupmethod
    def add_app_template_test(self, f: ft.TemplateTestCallable, name: str | None = None) -> None:
        """Add a template test; :meth:`app_template_test` as a plain call.

        :param f: the function.
        :param name: what templates call it, by default the function's name.
        """
        self._add_to_jinja("tests", f, name)

    @t.overload
    def app_template_global(self, name: T_template_global) -> T_template_global: ...

    @t.overload
    def app_template_global(
        self, name: str | None = None
    ) -> t.Callable[[T_template_global], T_template_global]: ...

    @setupmethod
    def app_template_global(
        self, name: T_template_global | str | None = None
    ) -> T_template_global | t.Callable[[T_template_global], T_template_global]:
        """Decorate a function that all templates of the application may call.

        :param name: what templates call it, by default the function's name; or the function.
        """

        if callable(name):
            self.add_app_template_global(name)
            return name

        def decorator(f: T_template_global) -> T_template_global:
            self.add_app_template_global(f, name=name)
            return f

        return decorator

    @setupmethod
    def add_app_template_global(
        self, f: ft.TemplateGlobalCallable, name: str | None = None
    ) -> None:
        """Add a function for all templates; :meth:`app_template_global` as a plain call.

        :param f: the function.
        :param name: what templates call it, by default the function's name.
        """
        self._add_to_jinja("globals", f, name)
