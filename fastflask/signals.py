"""The signals that an application sends while it serves.

Each is sent with the application as sender and is left out while nothing is
connected to it.
"""

from __future__ import annotations

import typing as t

from blinker import Namespace

from ._classic import classic_names

# An own namespace: names that extensions choose cannot clash with these.
_signals = Namespace()

# Contexts
appcontext_pushed = _signals.signal("appcontext-pushed")
appcontext_tearing_down = _signals.signal("appcontext-tearing-down")
appcontext_popped = _signals.signal("appcontext-popped")

# Requests
request_started = _signals.signal("request-started")
got_request_exception = _signals.signal("got-request-exception")
request_finished = _signals.signal("request-finished")
request_tearing_down = _signals.signal("request-tearing-down")

# What views do
before_render_template = _signals.signal("before-render-template")
template_rendered = _signals.signal("template-rendered")
message_flashed = _signals.signal("message-flashed")

if not t.TYPE_CHECKING:
    __getattr__ = classic_names(__name__)
