"""The application that a server is told to serve, ``bench.served:application``.

``BENCH_CONTENDER`` names the contender and ``BENCH_WORKLOAD`` the workload.
"""

from __future__ import annotations

import os

from .contenders import CONTENDERS
from .workloads import WORKLOADS

_side = CONTENDERS[os.environ["BENCH_CONTENDER"]]
_side.check()
application = _side.application(WORKLOADS[os.environ["BENCH_WORKLOAD"]])
