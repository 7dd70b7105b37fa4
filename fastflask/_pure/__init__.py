"""The engines in pure Python: the readable reference of what the compiled module does."""

from .context import AppContextBase as AppContextBase
from .cycle import RequestCycle as RequestCycle
from .globals import GlobalsBase as GlobalsBase
from .local import LocalProxy as LocalProxy
from .pages import make_error_page as make_error_page
from .redirects import make_redirect as make_redirect
from .request import LeanRequest as LeanRequest
from .request_context import RequestContextBase as RequestContextBase
from .response import LeanResponse as LeanResponse
from .response_making import new_response as new_response
from .response_sending import BodyIterator as BodyIterator
from .routing import MapBase as MapBase
from .routing import RouteMatcher as RouteMatcher
from .routing import match_url as match_url
from .routing import update_map as update_map
from .routing_builder import RuleBuilder as RuleBuilder
from .routing_builder import build_rule as build_rule
from .routing_urls import build_url as build_url
from .stack import ContextStack as ContextStack
from .stack import app_ctx_stack as app_ctx_stack
from .stack import request_ctx_stack as request_ctx_stack
from .stages import current_blueprints as current_blueprints
from .stock import configure as configure
from .urls import url_for as url_for
