# cython: language_level=3, binding=True, embedsignature=False
# cython: auto_pickle=False
"""The engines, compiled. One part for each; the readable twins are in ``_pure``."""

# A part uses those before it, and these classes of later ones.
cdef class RequestCycle
cdef class LeanRequest
cdef class LeanResponse

include "_cython/lookup.pxi"
include "_cython/tracebacks.pxi"
include "_cython/dicts.pxi"
include "_cython/common.pxi"
include "_cython/making.pxi"
include "_cython/local.pxi"
include "_cython/stack.pxi"
include "_cython/globals.pxi"
include "_cython/context.pxi"
include "_cython/request_context.pxi"
include "_cython/request.pxi"
include "_cython/request_attributes.pxi"
include "_cython/reading.pxi"
include "_cython/response.pxi"
include "_cython/response_sending.pxi"
include "_cython/response_making.pxi"
include "_cython/routing.pxi"
include "_cython/calling.pxi"
include "_cython/cycle.pxi"
include "_cython/stock.pxi"
include "_cython/intake.pxi"
include "_cython/stages.pxi"
include "_cython/urls.pxi"
include "_cython/redirects.pxi"
include "_cython/pages.pxi"
