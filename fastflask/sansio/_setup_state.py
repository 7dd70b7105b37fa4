"""One registration of a blueprint: what its functions get to know."""

from __future__ import annotations

import typing as t

from .. import typing as ft
from .scaffold import _endpoint_from_view_func

if t.TYPE_CHECKING:
    from .app import App
    from .blueprints import Blueprint


class BlueprintSetupState:
    """Passed to each function that a blueprint recorded, when it is registered.

    :param blueprint: the blueprint.
    :param app: the application it is registered on.
    :param options: what was passed to ``register_blueprint``.
    :param first_registration: whether the application has not seen this blueprint before.

    .. versionadded:: 0.1
    """

    def __init__(
        self, blueprint: Blueprint, app: App, options: t.Any, first_registration: bool
    ) -> None:
        #: The application.
        self.app = app
        #: The blueprint being registered.
        self.blueprint = blueprint
        #: Everything that was passed to ``register_blueprint``.
        self.options = options
        #: False if the blueprint is already on this application, under another name.
        self.first_registration = first_registration

        subdomain = options.get("subdomain")
        #: Subdomain of the rules, or ``None``.
        self.subdomain = blueprint.subdomain if subdomain is None else subdomain

        url_prefix = options.get("url_prefix")
        #: Prefix of the rules, or ``None``.
        self.url_prefix = blueprint.url_prefix if url_prefix is None else url_prefix

        #: Name of this registration, without those of outer blueprints.
        self.name = options.get("name", blueprint.name)
        #: Full name of the outer blueprint, or an empty text.
        self.name_prefix = options.get("name_prefix", "")

        #: Values that every rule gets as defaults.
        self.url_defaults = dict(blueprint.url_values_defaults)
        self.url_defaults.update(options.get("url_defaults", ()))

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: ft.RouteCallable | None = None,
        **options: t.Any,
    ) -> None:
        """Add a rule to the application, below the prefix and name of the blueprint.

        :param rule: URL pattern below the prefix.
        :param endpoint: name within the blueprint, by default that of the view function.
        :param view_func: what to call.
        :param options: passed on to the application's ``add_url_rule``.
        """
        prefix = self.url_prefix

        if prefix is not None:
            rule = f"{prefix.rstrip('/')}/{rule.lstrip('/')}" if rule else prefix

        if endpoint is None:
            endpoint = _endpoint_from_view_func(view_func)  # type: ignore[arg-type]

        options.setdefault("subdomain", self.subdomain)

        if "defaults" in options:
            options["defaults"] = dict(self.url_defaults, **options["defaults"])
        else:
            options["defaults"] = self.url_defaults

        full_name = f"{self.name_prefix}.{self.name}.{endpoint}".lstrip(".")
        self.app.add_url_rule(rule, full_name, view_func, **options)
