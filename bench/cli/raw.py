"""One line on standard error, from wherever the program is."""

import os
from contextlib import suppress

STANDARD_ERROR = 2


def say_raw(message: str) -> None:
    """Write one line to standard error, past everything that may be in the middle of a write."""
    with suppress(OSError):
        os.write(STANDARD_ERROR, f"sealbench: {message}\n".encode())
