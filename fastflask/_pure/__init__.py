"""The engines in pure Python: the readable reference of what the compiled module does."""

from .context import AppContextBase as AppContextBase
from .context import ContextStack as ContextStack
from .context import RequestContextBase as RequestContextBase
from .context import app_ctx_stack as app_ctx_stack
from .context import request_ctx_stack as request_ctx_stack
from .cycle import RequestCycle as RequestCycle
from .cycle import configure as configure
from .local import LocalProxy as LocalProxy
from .routing import RouteMatcher as RouteMatcher
from .routing import match_url as match_url
from .routing import update_map as update_map
from .routing_urls import RuleBuilder as RuleBuilder
from .routing_urls import build_rule as build_rule
from .routing_urls import build_url as build_url
from .wrappers import BodyIterator as BodyIterator
from .wrappers import LeanRequest as LeanRequest
from .wrappers import LeanResponse as LeanResponse
