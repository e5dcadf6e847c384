"""Crypto calls: those of OpenSSL's and libsrtp's functions, and of the `cryptography` package.

The compiled engines get the addresses of a library's functions from ctypes, so that is where
counting ones are handed out instead. What a library calls inside itself is not seen.
"""

import ctypes
import re
import sys
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any

from .trampolines import Cell, Trampolines

_CRYPTO = re.compile(r"(EVP|HMAC|CMAC|AES|SHA\d+|CRYPTO|srtp)_\w+")
_PACKAGE = "cryptography.hazmat"


def count_native_calls(trampolines: Trampolines, total: Cell) -> None:
    """Make crypto functions that are looked up through ctypes from now on add 1 to `total`."""
    look_up: Callable[[ctypes.CDLL, Any], Any] = ctypes.CDLL.__getitem__
    known: dict[int, int] = {}

    def counting(library: ctypes.CDLL, name: Any) -> Any:
        function = look_up(library, name)
        if not isinstance(name, str) or not _CRYPTO.fullmatch(name):
            return function
        address = ctypes.cast(function, ctypes.c_void_p).value
        if address is None:
            return function
        if address not in known:
            known[address] = trampolines.counting(address, {total: [()]})
        counted: Any = library._FuncPtr(known[address])  # noqa: SLF001 - what CDLL itself makes of names
        counted.__name__ = name
        return counted

    ctypes.CDLL.__getitem__ = counting  # type: ignore[method-assign]


def count_package_calls(run: Callable[[], None]) -> int:
    """Return how many functions and methods of `cryptography` `run` calls in this thread."""
    calls = 0

    def watch(frame: FrameType, event: str, function: Any) -> None:
        nonlocal calls
        del frame
        if event == "c_call" and _origin(function).startswith(_PACKAGE):
            calls += 1

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        run()
    finally:
        sys.setprofile(before)
    return calls


def _origin(function: Any) -> str:
    """Return the module that a compiled function, or the class of a method, says it is from."""
    owner = getattr(function, "__self__", None)
    if owner is None or isinstance(owner, ModuleType):
        return str(getattr(function, "__module__", None))
    return (owner if isinstance(owner, type) else type(owner)).__module__
