"""``fastflask exec --dump-on SIGNAL``: a signal that has each process tell what it is serving."""

from __future__ import annotations

import os
import signal
import threading
import typing as t

from ._active import active_requests

if t.TYPE_CHECKING:
    from types import FrameType

#: Set below ``fastflask exec --dump-on``: the number of the signal.
VARIABLE = "FASTFLASK_DUMP_ON"

_installed: set[int] = set()


def install_from_environment() -> None:
    """Handle the signal that the environment names, if there is one and nothing handles it yet.

    What handled it before is called as well, after this. So it matters to come late: servers set
    handlers of their own when a worker starts, and load the application after that.
    """
    number = int(os.environ.get(VARIABLE) or 0)
    if not number or number in _installed:
        return
    if threading.current_thread() is not threading.main_thread():
        _write("fastflask: --dump-on has no effect, as Flask is imported in a thread\n")
        return

    before = signal.getsignal(number)

    def dump(signum: int, frame: FrameType | None) -> None:
        _write(report())
        if callable(before):
            before(signum, frame)

    signal.signal(number, dump)
    _installed.add(number)


def report() -> str:
    """Write down what the process is serving, one line for each request."""
    active = active_requests()
    lines = [f"fastflask {os.getpid()}: {len(active)} active"]
    for one in active:
        # As text that cannot be mistaken for a line of its own.
        lines.append(
            f"  {one.age:.3f} s {one.method!a} {one.path!a}, endpoint {one.endpoint!a},"
            f" thread {one.thread!a} ({one.ident})"
        )
    return "\n".join(lines) + "\n"


def _write(text: str) -> None:
    # Past sys.stderr, which may be in the middle of writing when a signal comes.
    os.write(2, text.encode())
