"""The defects that the tests have to notice.

Each breaks one line of ``tests/fidelity.md``. An edit names a file, a text that is in it once, and
what to put in its place. In a part of the extension that is either whole statements, from the
indentation of the first line on, or an expression; see ``switched`` in ``run.py``.
"""

from __future__ import annotations

from . import answering, calling, security_output, security_requests, security_sessions
from .notation import Defect, Edit

__all__ = ["DEFECTS", "Defect", "Edit"]

SECURITY = [
    *security_requests.DEFECTS,
    *security_sessions.DEFECTS,
    *security_output.DEFECTS,
]
OTHERS = [*calling.DEFECTS, *answering.DEFECTS]

DEFECTS = [defect._replace(security=True) for defect in SECURITY] + OTHERS
