"""The application's side of templates: the Jinja environment and what templates may call."""

from __future__ import annotations

import typing as t

from werkzeug.utils import cached_property

from .. import typing as ft
from ..templating import DispatchingJinjaLoader, Environment
from ._types import T_template_filter, T_template_global, T_template_test
from .scaffold import Scaffold, setupmethod


class TemplateScaffold(Scaffold):
    """The part of an application that concerns templates.

    .. versionadded:: 0.1
    """

    #: Class of the Jinja environment.
    jinja_environment = Environment

    #: Options for the Jinja environment. They have no effect once it exists.
    jinja_options: dict[str, t.Any] = {}

    @cached_property
    def jinja_env(self) -> Environment:
        """The Jinja environment, created on first use."""
        return self.create_jinja_environment()

    def create_jinja_environment(self) -> Environment:
        """Create the Jinja environment."""
        raise NotImplementedError()

    def create_global_jinja_loader(self) -> DispatchingJinjaLoader:
        """Create the loader that asks the application first and then each blueprint.

        To change where an application's own templates come from, override
        :attr:`jinja_loader` instead.
        """
        return DispatchingJinjaLoader(self)  # type: ignore[arg-type]

    def select_jinja_autoescape(self, filename: str | None) -> bool:
        """Decide whether a template's values are escaped.

        :param filename: name of the template; ``None``, for one made from a string, means yes.
        """
        return filename is None or filename.endswith((".html", ".htm", ".xml", ".xhtml", ".svg"))

    @t.overload
    def template_filter(self, name: T_template_filter) -> T_template_filter: ...

    @t.overload
    def template_filter(
        self, name: str | None = None
    ) -> t.Callable[[T_template_filter], T_template_filter]: ...

    @setupmethod
    def template_filter(
        self, name: T_template_filter | str | None = None
    ) -> T_template_filter | t.Callable[[T_template_filter], T_template_filter]:
        """Decorate a function to be a template filter.

        ::

            @app.template_filter()
            def backwards(text):
                return text[::-1]

        :param name: what templates call it, by default the function's name; or the function.
        """

        if callable(name):
            self.add_template_filter(name)
            return name

        def decorator(f: T_template_filter) -> T_template_filter:
            self.add_template_filter(f, name=name)
            return f

        return decorator

    @setupmethod
    def add_template_filter(self, f: ft.TemplateFilterCallable, name: str | None = None) -> None:
        """Add a template filter; :meth:`template_filter` as a plain call.

        :param f: the function.
        :param name: what templates call it, by default the function's name.
        """
        self.jinja_env.filters[name or f.__name__] = f

    @t.overload
    def template_test(self, name: T_template_test) -> T_template_test: ...

    @t.overload
    def template_test(
        self, name: str | None = None
    ) -> t.Callable[[T_template_test], T_template_test]: ...

    @setupmethod
    def template_test(
        self, name: T_template_test | str | None = None
    ) -> T_template_test | t.Callable[[T_template_test], T_template_test]:
        """Decorate a function to be a template test, used as ``{% if value is name %}``.

        :param name: what templates call it, by default the function's name; or the function.
        """

        if callable(name):
            self.add_template_test(name)
            return name

        def decorator(f: T_template_test) -> T_template_test:
            self.add_template_test(f, name=name)
            return f

        return decorator

    @setupmethod
    def add_template_test(self, f: ft.TemplateTestCallable, name: str | None = None) -> None:
        """Add a template test; :meth:`template_test` as a plain call.

        :param f: the function.
        :param name: what templates call it, by default the function's name.
        """
        self.jinja_env.tests[name or f.__name__] = f

    @t.overload
    def template_global(self, name: T_template_global) -> T_template_global: ...

    @t.overload
    def template_global(
        self, name: str | None = None
    ) -> t.Callable[[T_template_global], T_template_global]: ...

    @setupmethod
    def template_global(
        self, name: T_template_global | str | None = None
    ) -> T_template_global | t.Callable[[T_template_global], T_template_global]:
        """Decorate a function that every template may call.

        :param name: what templates call it, by default the function's name; or the function.
        """

        if callable(name):
            self.add_template_global(name)
            return name

        def decorator(f: T_template_global) -> T_template_global:
            self.add_template_global(f, name=name)
            return f

        return decorator

    @setupmethod
    def add_template_global(self, f: ft.TemplateGlobalCallable, name: str | None = None) -> None:
        """Add a function for all templates; :meth:`template_global` as a plain call.

        :param f: the function.
        :param name: what templates call it, by default the function's name.
        """
        self.jinja_env.globals[name or f.__name__] = f
