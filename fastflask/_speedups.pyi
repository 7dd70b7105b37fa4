# The compiled module offers what the pure one does, so the types of that one serve both.
from ._pure import *  # noqa: F403
