"""One more copy, allocation or crypto call per unit shows as exactly that."""

import json
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.gate.worker.counting.counter import start_counting
from bench.gate.worker.counting.linkage import C_LIBRARY, address_in

ROOT = Path(__file__).parents[3]

UNITS = 10
SIZE = 5000

COUNT = f"""
from bench.gate.worker.counting import counter as counting

counter = counting.start_counting()

import ctypes, json
import numpy as np

UNITS, SIZE = {UNITS}, {SIZE}

payload = np.arange(SIZE, dtype=np.uint8)
target = np.empty_like(payload)
found = {{}}

def count(name, work):
    def run():
        for _ in range(UNITS):
            work()
    found[name] = counter.count(run, UNITS)

def nothing():
    pass

count("nothing", nothing)
"""

END = "\nprint(json.dumps(found))"

COPY = """
from numba import njit, types
from pipelines.compiled import kernel, ready, step
from pipelines.engines.native.calls import copy_bytes

def to_bytes():
    bytes(payload)

def copy():
    payload.copy()

def assign():
    target[:] = payload

def empty():
    np.empty(SIZE, dtype=np.uint8)

plain = bytearray(payload)

def plain_bytes():
    bytes(plain)

def move():
    ctypes.memmove(to, start, SIZE)

to, start = ctypes.c_void_p(target.ctypes.data), ctypes.c_void_p(payload.ctypes.data)

@njit
def copy_in_kernel(to, start, size):
    copy_bytes(to, start, size)

addresses = target.ctypes.data, payload.ctypes.data

def compiled():
    copy_in_kernel(*addresses, SIZE)

for work in (to_bytes, copy, assign, empty, plain_bytes, move, compiled):
    target[:] = 0
    count(work.__name__, work)
    if work in (assign, move, compiled):
        assert np.array_equal(target, payload)
"""

CRYPTO = """
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pipelines.ciphers.table import CIPHERS
from pipelines.engines.table import choose_engine

key, nonce = bytes(32), bytes(12)
native = choose_engine("libcrypto").engine.aead(CIPHERS["aes-256-gcm"], key)
out = np.empty(SIZE + 16, dtype=np.uint8)
package = AESGCM(key)

def once():
    native.seal_into(nonce, b"", payload, out)

def twice():
    native.seal_into(nonce, b"", payload, out)
    native.seal_into(nonce, b"", payload, out)

def by_package():
    package.encrypt_into(nonce, payload, b"", out)

for work in (once, twice, by_package):
    count(work.__name__, work)
assert package.decrypt(nonce, out.tobytes(), b"") == payload.tobytes()
"""

GROWING = """
sizes = iter(range(10**6, 2 * 10**6))

def grow():
    bytes(next(sizes))

count("grow", grow)
counting._MOST_SECONDS = 0.0
count("cut short", nothing)
"""

ANY_SIGNATURE = """
from bench.gate.worker.counting.linkage import address_in
from bench.gate.worker.counting.trampolines import Trampolines

trampolines = Trampolines()
calls, sizes = trampolines.cell(), trampolines.cell()
address = address_in("libc.so.6", "snprintf")
target = trampolines.counting(address, {calls: [()], sizes: [(1,)]})
numbers = [ctypes.c_int] * 7 + [ctypes.c_double] * 9
prototype = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, *numbers
)
text = ctypes.create_string_buffer(200)
arguments = [*range(7), *(n + 0.5 for n in range(9))]
form = b" ".join([b"%d"] * 7 + [b"%.1f"] * 9)

def both():
    prototype(target)(text, 200, form, *arguments)

added = trampolines.added_by(both, {"calls": calls, "sizes": sizes})
power = trampolines.counting(address_in("libm.so.6", "pow"), {calls: [()]})
raised = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_double)(power)(2.0, 10.0)
found = {"text": text.value.decode(), "added": added, "raised": raised}
"""


def counted(program: str) -> dict[str, tuple[dict[str, float], list[str]]]:
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", COUNT + program + END],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, tuple[dict[str, float], list[str]]] = json.loads(done.stdout)
    return found


def test_a_copy_and_an_allocation_show_as_what_they_are() -> None:
    found = counted(COPY)
    assert all(unsteady == [] for _, unsteady in found.values())
    counts = {name: of for name, (of, _) in found.items()}
    loop = counts.pop("nothing")
    for of in counts.values():
        of.update({name: round(count - loop[name], 6) for name, count in of.items()})
    copied = {name: of["bytes_copied"] for name, of in counts.items()}
    assert copied["to_bytes"] == copied["plain_bytes"] == copied["copy"] == SIZE
    # Besides, the interpreter copies the addresses and numbers that it passes on.
    assert all(copied[name] - SIZE in range(64) for name in ("assign", "move", "compiled"))
    assert copied["empty"] in range(64)
    allocations = {name: of["allocations"] for name, of in counts.items()}
    # An array is its object and its buffer, which numpy asks the C library for.
    buffer = address_in(None, "malloc") == address_in(C_LIBRARY, "malloc")
    assert allocations["copy"] == allocations["empty"] == 1 + buffer
    assert allocations["plain_bytes"] == 1
    assert SIZE < counts["plain_bytes"]["allocated_bytes"] < SIZE + 100
    assert buffer * SIZE < counts["empty"]["allocated_bytes"] < SIZE + 300


def test_one_more_seal_adds_its_crypto_calls() -> None:
    counts = {name: of["crypto_calls"] for name, (of, _) in counted(CRYPTO).items()}
    # A new IV, the data, the end, the tag.
    assert counts == {"nothing": 0, "once": 4, "twice": 8, "by_package": 1}


def test_what_two_passes_do_not_agree_on_is_named() -> None:
    found = counted(GROWING)
    assert found["grow"][1] == ["allocated_bytes"]
    assert found["cut short"][1] == ["allocations", "allocated_bytes"]


def test_a_trampoline_passes_every_argument_and_result_on() -> None:
    found = json.loads(json.dumps(counted(ANY_SIGNATURE)))
    assert found["text"] == "0 1 2 3 4 5 6 0.5 1.5 2.5 3.5 4.5 5.5 6.5 7.5 8.5"
    assert found["added"] == {"calls": 1, "sizes": 200}
    assert found["raised"] == 1024.0


def test_a_machine_of_another_kind_counts_nothing_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    counter = start_counting()
    nothing: Callable[[], None] = dict[str, int]().clear
    assert counter.count(nothing, 1) == ({}, [])
    assert "riscv64" in counter.notes[0]
