"""Input from someone who means harm, at the size that ``make test`` has time for.

* ``inputs``: what to put into an environ, and an application that reads all of a request;
* ``cookies``: session cookies that must not be accepted;
* ``traffic``: what to do to a server on its socket, and the servers.

``HOSTILE_TIMES`` in the environment multiplies the number of tries.
"""

from __future__ import annotations

import os

TIMES = int(os.environ.get("HOSTILE_TIMES", "1"))
