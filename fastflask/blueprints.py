"""Blueprints that serve: registration comes from :mod:`.sansio.blueprints`."""

from __future__ import annotations

import os
import typing as t

from ._classic_app import ClassicBlueprint
from ._lazy_cli import LazyGroup
from ._resources import PackageFiles
from .sansio.blueprints import Blueprint as SansioBlueprint
from .sansio.blueprints import BlueprintSetupState as BlueprintSetupState
from .sansio.scaffold import _sentinel


class Blueprint(SansioBlueprint, PackageFiles, ClassicBlueprint):
    __doc__ = SansioBlueprint.__doc__

    #: Commands of the blueprint. They are added to the application's when it is registered.
    cli = LazyGroup()  # pyright: ignore[reportAssignmentType]

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
        super().__init__(
            name,
            import_name,
            static_folder,
            static_url_path,
            template_folder,
            url_prefix,
            subdomain,
            url_defaults,
            root_path,
            cli_group,
        )
        self._cli_name = self.name
