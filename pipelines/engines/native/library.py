"""Which libcrypto the compiled loops call, and where its functions are.

The wheel of `pylibsrtp` carries a current OpenSSL whose functions its extension module exports:
on CPUs with VAES it seals twice as fast as the OpenSSL of many distributions. So, in this order: a
path the user names, that module, the system's library.
"""

import ctypes
import ctypes.util
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec

PATH_VARIABLE = "SEALBENCH_LIBCRYPTO"
"""The environment variable by which a user names a libcrypto."""


class NoNativeLibrary(Exception):  # noqa: N818 - a finding about the machine, for one line of text
    """No library on this machine exports what is needed; the message says why, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeLibrary:
    """One loaded libcrypto. `name` says whose it is, `version` is OpenSSL's own (`3.5.4`)."""

    path: str
    name: str
    version: str
    handle: ctypes.CDLL = field(repr=False, compare=False)

    def address(self, function: str) -> int:
        """Return the address of `function`; raises NoNativeLibrary where it is not exported."""
        try:
            found = ctypes.cast(self.handle[function], ctypes.c_void_p).value
        except AttributeError:
            raise NoNativeLibrary(f"{self.path} exports no {function}") from None
        if not found:
            raise NoNativeLibrary(f"{self.path} exports {function} at no address")
        return found

    def addresses(self, functions: Iterable[str]) -> tuple[int, ...]:
        """Return the address of each of `functions`; raises NoNativeLibrary for the first lack."""
        return tuple(self.address(function) for function in functions)


def load(path: str, name: str) -> NativeLibrary:
    """Return the libcrypto in the file `path`; raises NoNativeLibrary where it is none of 3.0 up.

    Loading the same file twice gives the same functions; two files stand side by side.
    """
    try:
        handle = ctypes.CDLL(path)
        version_text = handle.OpenSSL_version
    except (OSError, AttributeError) as error:
        raise NoNativeLibrary(f"{path} is no libcrypto: {error}") from None
    version_text.restype = ctypes.c_char_p
    words = version_text(0).decode().split()
    # "OpenSSL 3.5.4 30 Sep 2025"; forks of it have other words and lack parts of the 3.0 API.
    if words[0] != "OpenSSL" or int(words[1].partition(".")[0]) < 3:
        raise NoNativeLibrary(f"{path} is {' '.join(words[:2])}, not OpenSSL 3.0 or later")
    return NativeLibrary(path=path, name=name, version=words[1], handle=handle)


def best_library() -> NativeLibrary:
    """Return the first libcrypto of the order above; raises NoNativeLibrary where there is none.

    A path that the user names is never passed over in silence: if it does not load, that is said.
    """
    named = os.environ.get(PATH_VARIABLE)
    if named:
        try:
            return load(named, "libcrypto")
        except NoNativeLibrary as reason:
            raise NoNativeLibrary(f"{PATH_VARIABLE}: {reason}") from None
    reasons = []
    for path, name in candidates():
        try:
            return load(path, name)
        except NoNativeLibrary as reason:
            reasons.append(str(reason))
    raise NoNativeLibrary("; ".join(reasons) or "neither pylibsrtp nor a system libcrypto is here")


def candidates() -> Iterator[tuple[str, str]]:
    """Yield (path, name) of what is installed, the preferred one first."""
    path = pylibsrtp_module()
    if path is not None:
        yield path, f"libcrypto in pylibsrtp {version('pylibsrtp')}"
    system = ctypes.util.find_library("crypto")
    if system is not None:
        yield system, "system libcrypto"


def pylibsrtp_module() -> str | None:
    """Return the file of pylibsrtp's extension module, or None where it is not installed."""
    if find_spec("pylibsrtp") is None:
        return None
    module = find_spec("pylibsrtp._binding")
    return None if module is None else module.origin
