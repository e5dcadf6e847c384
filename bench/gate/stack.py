"""What a worker says of where it is: a stack for each of its threads, as `faulthandler` writes."""

import re
from pathlib import Path

BUILDERS = ("numba", "llvmlite", "cffi", "Cython", "setuptools")
"""Packages that compile, which takes as long as it takes where the other side found it compiled."""

_FRAME = re.compile(r'^  File "(?P<file>.+)", line (?P<line>\d+) in (?P<function>.+)$')


def is_building(stack: str) -> bool:
    """Return whether any thread is within a package that compiles."""
    return any(f"/{name}/" in file for file, _, _ in _frames(stack) for name in BUILDERS)


def waits_for_its_turn(stack: str) -> bool:
    """Return whether the main thread is where a worker waits for the baton."""
    frames = _frames(_of_main_thread(stack))
    return bool(frames) and frames[0][0].endswith("/worker/turns.py")


def place(stack: str, checkout: Path) -> str:
    """Return where the main thread is in the code of `checkout`; empty where that is not known."""
    root = f"{checkout}/"
    for file, line, function in _frames(_of_main_thread(stack)):
        if file.startswith(root):
            return f"{file.removeprefix(root)}:{line} in {function}"
    return ""


def _of_main_thread(stack: str) -> str:
    # Threads are listed from the newest to the oldest.
    return stack.strip().split("\n\n")[-1]


def _frames(stack: str) -> list[tuple[str, str, str]]:
    """Return file, line and function of each frame, the innermost first."""
    found = [_FRAME.match(line) for line in stack.splitlines()]
    return [(each["file"], each["line"], each["function"]) for each in found if each]
