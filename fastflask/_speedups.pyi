# The compiled module offers what the pure one does, so the types of that one serve both.
from ._pure import AppContextBase as AppContextBase
from ._pure import BodyIterator as BodyIterator
from ._pure import ContextStack as ContextStack
from ._pure import LeanRequest as LeanRequest
from ._pure import LeanResponse as LeanResponse
from ._pure import LocalProxy as LocalProxy
from ._pure import RequestContextBase as RequestContextBase
from ._pure import RequestCycle as RequestCycle
from ._pure import RouteMatcher as RouteMatcher
from ._pure import RuleBuilder as RuleBuilder
from ._pure import app_ctx_stack as app_ctx_stack
from ._pure import build_rule as build_rule
from ._pure import build_url as build_url
from ._pure import configure as configure
from ._pure import match_url as match_url
from ._pure import request_ctx_stack as request_ctx_stack
from ._pure import update_map as update_map
