"""Where the C library's socket functions are, for compiled code to call."""

import ctypes
import os
import socket
import sys
from functools import cache

import numpy as np
import numpy.typing as npt

from bench.calibrate.datagrams.messages import SOL_UDP
from pipelines.compiled import step
from pipelines.engines.native.calls import call_i64, load_i32

Words = npt.NDArray[np.int64]

SEND, SENDMSG, SENDMMSG, RECV, RECVMSG, RECVMMSG, _ERRNO = range(7)
"""Positions in the table of addresses."""

_NAMES = ("send", "sendmsg", "sendmmsg", "recv", "recvmsg", "recvmmsg", "__errno_location")

EINTR = 4
EAGAIN = 11


class NoSystemCalls(Exception):  # noqa: N818 - a finding about the machine, for one line of text
    """This system has not the calls that move datagrams in bulk; the message names the lack."""


@cache
def system_calls() -> Words:
    """Return the addresses of the C library's functions; raises NoSystemCalls."""
    if sys.platform != "linux" or sys.maxsize < 1 << 32 or sys.byteorder != "little":
        raise NoSystemCalls(
            f"datagrams in bulk need 64-bit little-endian Linux; this is {sys.platform}"
        )
    library = ctypes.CDLL(None)
    try:
        functions = [ctypes.cast(library[name], ctypes.c_void_p).value for name in _NAMES]
    except AttributeError as error:
        raise NoSystemCalls(f"the C library lacks a call: {error}") from None
    return np.array(functions, dtype=np.int64)


@step
def last_error(calls: Words) -> int:
    """Return errno of the thread that runs this."""
    return load_i32(call_i64(calls[_ERRNO], ()))


def set_udp_option(own: socket.socket, option: int, value: int, what: str) -> None:
    """Set an option of UDP; raises OSError that says `what` this kernel cannot do with it."""
    try:
        own.setsockopt(SOL_UDP, option, value)
    except OSError as error:
        number = error.errno or 0
        raise OSError(number, f"this kernel does not {what}: {os.strerror(number)}") from None
