"""Blueprints: parts of an application, recorded first and registered later."""

from __future__ import annotations

import functools
import os
import typing as t
from collections import defaultdict

from .. import typing as ft
from .._lazy_cli import LazyGroup
from ._app_wide import AppWideScaffold
from ._setup_state import BlueprintSetupState as BlueprintSetupState
from ._types import T_after_request as T_after_request
from ._types import T_before_request as T_before_request
from ._types import T_error_handler as T_error_handler
from ._types import T_teardown as T_teardown
from ._types import T_template_context_processor as T_template_context_processor
from ._types import T_template_filter as T_template_filter
from ._types import T_template_global as T_template_global
from ._types import T_template_test as T_template_test
from ._types import T_url_defaults as T_url_defaults
from ._types import T_url_value_preprocessor as T_url_value_preprocessor
from .scaffold import Scaffold as Scaffold
from .scaffold import _endpoint_from_view_func as _endpoint_from_view_func
from .scaffold import _sentinel, setupmethod

if t.TYPE_CHECKING:
    from .app import App

#: What :meth:`Blueprint.record` takes.
DeferredSetupFunction = t.Callable[[BlueprintSetupState], None]


class Blueprint(AppWideScaffold):
    """A collection of routes and hooks for applications to register.

    :param name: put before the names of the blueprint's endpoints.
    :param import_name: name of the blueprint's module or package, usually ``__name__``.
    :param static_folder: folder with static files, relative to ``root_path``.
    :param static_url_path: URL prefix of those, below ``url_prefix``. By default the name of
        their folder. Without ``url_prefix`` the application's own static files come first.
    :param template_folder: folder with templates. Those of the application take precedence.
    :param url_prefix: put before the blueprint's URLs.
    :param subdomain: subdomain for the blueprint's rules.
    :param url_defaults: values that every view of the blueprint gets.
    :param root_path: where relative folders start; found through ``import_name`` if not given.
    :param cli_group: where the blueprint's commands appear. By default in a group called like
        the blueprint; with ``None``, beside those of the application.

    .. versionadded:: 0.1
    """

    _got_registered_once = False

    def __init__(
        self,
        name: str,
        import_name: str,
        static_folder: str | os.PathLike[str] | None = None,
        static_url_path: str | None = None,
        template_folder: str | os.PathLike[str] | None = None,
        url_prefix: str | None = None,
        subdomain: str | None = None,
        url_defaults: dict[str, t.Any] | None = None,
        root_path: str | None = None,
        cli_group: str | None = _sentinel,  # type: ignore[assignment]
    ) -> None:
        super().__init__(import_name, static_folder, static_url_path, template_folder, root_path)

        self.cli_group = cli_group
        self.subdomain = subdomain
        self.url_prefix = url_prefix
        self.url_values_defaults = {} if url_defaults is None else url_defaults
        #: Functions to call at each registration.
        self.deferred_functions: list[DeferredSetupFunction] = []
        # Inner blueprints with the options for registering them.
        self._blueprints: list[tuple[Blueprint, dict[str, t.Any]]] = []

        if not name:
            raise ValueError("'name' may not be empty.")

        # Dots separate the names of nested blueprints and their endpoints.
        if "." in name:
            raise ValueError("'name' may not contain a dot '.' character.")

        #: Name of the blueprint, without those of the blueprints around it.
        self.name = name

    def _check_setup_finished(self, f_name: str) -> None:
        if not self._got_registered_once:
            return

        raise AssertionError(
            f"The setup method '{f_name}' can no longer be called on the blueprint"
            f" '{self.name}'. It has already been registered at least once, any changes"
            " will not be applied consistently.\nMake sure all imports, decorators,"
            " functions, etc. needed to set up the blueprint are done before registering it."
        )

    # Recording

    @setupmethod
    def record(self, func: DeferredSetupFunction) -> None:
        """Have a function called at each registration.

        :param func: takes the :class:`BlueprintSetupState` of the registration.
        """
        self.deferred_functions.append(func)

    @setupmethod
    def record_once(self, func: DeferredSetupFunction) -> None:
        """Have a function called at the first registration on an application only.

        :param func: takes the :class:`BlueprintSetupState` of the registration.
        """

        def first_time(state: BlueprintSetupState) -> None:
            if state.first_registration:
                func(state)

        self.record(functools.update_wrapper(first_time, func))

    @setupmethod
    def register_blueprint(self, blueprint: Blueprint, **options: t.Any) -> None:
        """Put another blueprint inside this one.

        :param blueprint: the inner blueprint.
        :param options: as for registering it on an application.
        """
        if blueprint is self:
            raise ValueError("Cannot register a blueprint on itself")

        self._blueprints.append((blueprint, options))

    @setupmethod
    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: ft.RouteCallable | None = None,
        provide_automatic_options: bool | None = None,
        **options: t.Any,
    ) -> None:
        """Record a rule. Its URL and its endpoint get the prefixes of the registration.

        :param rule: URL pattern below the prefix.
        :param endpoint: name within the blueprint, without dots.
        :param view_func: what to call.
        :param provide_automatic_options: whether ``OPTIONS`` is answered by the framework.
        :param options: passed on to the rule class.
        """
        if endpoint and "." in endpoint:
            raise ValueError("'endpoint' may not contain a dot '.' character.")

        if view_func and "." in getattr(view_func, "__name__", ""):
            raise ValueError("'view_func' name may not contain a dot '.' character.")

        options["provide_automatic_options"] = provide_automatic_options
        self.record(lambda state: state.add_url_rule(rule, endpoint, view_func, **options))

    # Registration

    def make_setup_state(
        self, app: App, options: dict[str, t.Any], first_registration: bool = False
    ) -> BlueprintSetupState:
        """Create what the recorded functions get. Override it to give them more.

        :param app: the application.
        :param options: what was passed to ``register_blueprint``.
        :param first_registration: whether the application has not seen this blueprint before.
        """
        return BlueprintSetupState(self, app, options, first_registration)

    def register(self, app: App, options: dict[str, t.Any]) -> None:
        """Carry out everything that was recorded, then register the inner blueprints.

        Applications call this; a name can be registered only once on each.

        :param app: the application.
        :param options: what was passed to ``register_blueprint``.
        """
        own_name = options.get("name", self.name)
        full_name = f"{options.get('name_prefix', '')}.{own_name}".lstrip(".")
        others = app.blueprints

        if full_name in others:
            whose = "this" if others[full_name] is self else "a different"
            where = "" if own_name == full_name else f" '{full_name}'"
            raise ValueError(
                f"The name '{own_name}' is already registered for {whose} blueprint{where}."
                " Use 'name=' to provide a unique name."
            )

        first = all(other is not self for other in others.values())
        others[full_name] = self
        self._got_registered_once = True
        state = self.make_setup_state(app, options, first)

        if self.has_static_folder:
            state.add_url_rule(
                f"{self.static_url_path}/<path:filename>",
                endpoint="static",
                view_func=self.send_static_file,  # type: ignore[attr-defined]
            )

        self._merge_blueprint_funcs(app, full_name)

        for deferred in self.deferred_functions:
            deferred(state)

        self._merge_commands(app, full_name, options.get("cli_group", self.cli_group))

        for inner, inner_options in self._blueprints:
            inner.register(app, _nested_options(state, full_name, inner, inner_options))

    def _merge_blueprint_funcs(self, app: App, name: str) -> None:
        """Add the blueprint's registries to the application's, under a name as their scope.

        :param app: the application.
        :param name: full name of this registration.
        """

        def scoped(key: str | None) -> str:
            return name if key is None else f"{name}.{key}"

        for key, by_code in self.error_handler_spec.items():
            copied = {code: dict(handlers) for code, handlers in by_code.items()}
            app.error_handler_spec[scoped(key)] = defaultdict(dict, copied)

        app.view_functions.update(self.view_functions)

        registries: list[tuple[dict[t.Any, list[t.Any]], dict[t.Any, list[t.Any]]]] = [
            (self.before_request_funcs, app.before_request_funcs),
            (self.after_request_funcs, app.after_request_funcs),
            (self.teardown_request_funcs, app.teardown_request_funcs),
            (self.url_default_functions, app.url_default_functions),
            (self.url_value_preprocessors, app.url_value_preprocessors),
            (self.template_context_processors, app.template_context_processors),
        ]

        for ours, theirs in registries:
            for key, functions in ours.items():
                theirs.setdefault(scoped(key), []).extend(functions)

    def _merge_commands(self, app: App, name: str, cli_group: t.Any) -> None:
        """Add the blueprint's commands to the application's.

        :param app: the application.
        :param name: full name of this registration.
        :param cli_group: name of the group, ``None`` for no group, or the default.
        """
        own = LazyGroup.peek(self)

        if own is None or not own.commands:
            return

        if cli_group is None:
            app.cli.commands.update(own.commands)
            return

        own.name = name if cli_group is _sentinel else cli_group
        app.cli.add_command(own)


def _nested_options(
    outer: BlueprintSetupState, name: str, inner: Blueprint, options: dict[str, t.Any]
) -> dict[str, t.Any]:
    """Options for registering a blueprint inside another.

    :param outer: state of the outer registration.
    :param name: its full name.
    :param inner: the inner blueprint.
    :param options: what was passed when it was put inside.
    """
    subdomain = options.get("subdomain")
    subdomain = inner.subdomain if subdomain is None else subdomain
    prefix = options.get("url_prefix")
    prefix = inner.url_prefix if prefix is None else prefix
    found = {**options, "name_prefix": name}

    if outer.subdomain is not None:
        subdomain = outer.subdomain if subdomain is None else f"{subdomain}.{outer.subdomain}"

    if subdomain is not None:
        found["subdomain"] = subdomain

    if outer.url_prefix is not None:
        if prefix is None:
            prefix = outer.url_prefix
        else:
            prefix = f"{outer.url_prefix.rstrip('/')}/{prefix.lstrip('/')}"

    if prefix is not None:
        found["url_prefix"] = prefix

    return found
