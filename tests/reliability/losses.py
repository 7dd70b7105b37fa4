"""What a failed allocation costs in memory, and whether that is the interpreter's own defect."""

from __future__ import annotations

import ctypes
import gc
import linecache
import sys
import typing as t
from _testcapi import remove_mem_hooks, set_nomemory
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from .service import Call, Place

ROOT = Path(__file__).parents[2]

#: So many failures make a round, and so many rounds in which memory is lost make a loss. The first
#: round is free: it makes what is kept.
FAILURES = 10
ROUNDS = 5
#: The least that is a block of its own, beside those that are counted one by one.
LARGE = 512


class _Malloc(ctypes.Structure):
    """What ``mallinfo2`` of glibc returns."""

    _fields_: t.ClassVar = [
        (name, ctypes.c_size_t)
        for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks".split()
    ] + [("fordblks", ctypes.c_size_t), ("keepcost", ctypes.c_size_t)]


try:
    _mallinfo = ctypes.CDLL(None).mallinfo2
except (OSError, AttributeError):
    _mallinfo = None
else:
    _mallinfo.restype = _Malloc
_forget_names = getattr(sys, "_clear_internal_caches", sys._clear_type_cache)


def settle() -> None:
    """Free what is garbage, the free lists, and the interpreter's cache of attributes.

    Without the free lists, the n-th allocation is the same one each time. The cache keeps any text
    that was an attribute's name, at a place that depends on its address, so that it fills up
    slowly and at random.
    """
    gc.collect()
    _forget_names()


def in_use() -> tuple[int, int]:
    """Return how many small blocks, and how many bytes outside them, are in use."""
    settle()
    blocks = sys.getallocatedblocks()
    if _mallinfo is None:
        return blocks, 0
    told = _mallinfo()
    return blocks, told.uordblks + told.hblkhd


def costs_memory(fail: Callable[[], t.Any]) -> bool:
    """Whether a failure costs memory each time, or each third time at least."""
    before = (0, 0)
    for i in range(ROUNDS):
        for _ in range(FAILURES):
            fail()
        now = in_use()
        grown = now[0] - before[0], now[1] - before[1]
        if i and grown[0] < FAILURES // 3 and grown[1] < LARGE * FAILURES // 3:
            return False
        before = now
    return True


class Calls:
    """The calls of Python functions in which a variable is shared with a function within.

    CPython 3.11 and 3.12 lose all arguments of such a call if there is no memory for the cell
    that is shared. Its frame is not in the traceback then: it had not begun.
    """

    def __init__(self) -> None:
        self.names: defaultdict[Call | None, set[str]] = defaultdict(set)

    def learn(self, act: Callable[[], t.Any]) -> None:
        """Note such calls while something is done."""
        sys.setprofile(self._note)
        try:
            act()
        finally:
            sys.setprofile(None)

    def _note(self, frame: FrameType, event: str, value: t.Any) -> None:
        back, code = frame.f_back, frame.f_code
        if event == "call" and code.co_cellvars and back is not None:
            self.names[back.f_code, back.f_lasti].add(code.co_name)

    def explain(self, place: Place) -> bool:
        """Whether an error may come from such a call."""
        names = self.names.get(place.call, set())
        if place.compiled:
            # All calls of the compiled module have the same caller in Python, if there is one.
            if place.call is None:
                names = set().union(*self.names.values())
            line = linecache.getline(str(ROOT / place.file), place.line)
            names = {name for name in names if f"{name}(" in line}
        return bool(names) and cells_cost_arguments()


def lost_in_c_code(place: Place) -> bool:
    """Whether an error comes from C code of CPython that loses something without memory.

    3.10 and 3.11 lose the arguments for the Python code that a substitution by a template calls;
    3.12 and 3.13 a text in the encoder of ``json``; 3.13 an object in a cycle whose class is set.
    """
    line = linecache.getline(place.file, place.line)
    if sys.version_info < (3, 12):
        return ".sub(" in line
    return ".run(obj, 0)" in line or ".__class__ = " in line


def cells_cost_arguments() -> bool:
    """Whether arguments are lost where there is no memory for a variable that is shared."""

    def share(value: object) -> t.Any:
        return lambda: value

    value = object()
    before = sys.getrefcount(value)
    set_nomemory(0, 1)
    try:
        share(value)
    except MemoryError:
        pass
    finally:
        remove_mem_hooks()
    return sys.getrefcount(value) > before
