"""``python -m fastflask`` is the ``fastflask`` command."""

from __future__ import annotations

from .cli import main

main()
