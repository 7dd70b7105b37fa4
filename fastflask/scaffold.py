"""The common base of applications and blueprints, where Flask 2 had it.

It is in :mod:`fastflask.sansio.scaffold`.
"""

from __future__ import annotations

from ._classic import warn_classic
from .sansio.scaffold import F as F
from .sansio.scaffold import Scaffold as Scaffold
from .sansio.scaffold import T_after_request as T_after_request
from .sansio.scaffold import T_before_request as T_before_request
from .sansio.scaffold import T_error_handler as T_error_handler
from .sansio.scaffold import T_route as T_route
from .sansio.scaffold import T_teardown as T_teardown
from .sansio.scaffold import T_template_context_processor as T_template_context_processor
from .sansio.scaffold import T_url_defaults as T_url_defaults
from .sansio.scaffold import T_url_value_preprocessor as T_url_value_preprocessor
from .sansio.scaffold import _endpoint_from_view_func as _endpoint_from_view_func
from .sansio.scaffold import _find_package_path as _find_package_path
from .sansio.scaffold import _sentinel as _sentinel
from .sansio.scaffold import find_package as find_package
from .sansio.scaffold import setupmethod as setupmethod

warn_classic(__name__, f"'{__package__}.sansio.scaffold'", ImportError)
