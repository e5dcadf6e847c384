"""The AEADs in one process whose OPENSSL_ia32cap is already set: prints one JSON object.

Called as `python -m bench.peers.cpus_worker ROUNDS SEED`.
"""

import ctypes
import sys

import msgspec

from bench.peers.aead import aead_contenders, evp_libraries
from bench.peers.cell import Memory
from bench.peers.kernels import ready_kernels
from bench.peers.rounds import Key, measure_rounds, pinned
from bench.peers.workload import Workload
from bench.progress import Silent
from pipelines.engines.native.library import NativeLibrary

SIZES = (172, 1200, 16_384, 65_536)
_CPU_SETTINGS = 1008  # OPENSSL_INFO_CPU_SETTINGS


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """The samples of one contender in this process."""

    cipher: str
    size_bytes: int
    direction: str
    contender: str
    library: str
    ns: list[float]


class WorkerResult(msgspec.Struct, frozen=True, kw_only=True):
    """What OpenSSL says it may use, by library, and every sample."""

    settings: dict[str, str]
    measured: list[Measured]
    disturbed: int


def cpu_settings(library: NativeLibrary) -> str:
    """Return what `library` says of the CPU, empty where it does not tell."""
    try:
        info = library.handle.OPENSSL_info
    except AttributeError:
        return ""
    info.restype = ctypes.c_char_p
    return (info(_CPU_SETTINGS) or b"").decode("ascii", "replace")


def measure(rounds: int, seed: int) -> WorkerResult:
    """Return what the AEADs do here, hot."""
    ready_kernels()
    libraries, _ = evp_libraries()
    contenders = list(aead_contenders(Workload(seed=seed), SIZES, libraries, (Memory.HOT,)))
    for contender in contenders:
        contender.verify()
    with pinned():
        samples = measure_rounds(contenders, rounds, seed=seed, progress=Silent())
    return WorkerResult(
        settings={library.name: cpu_settings(library) for library in libraries},
        measured=[
            Measured(
                cipher=each.cell.cipher,
                size_bytes=each.cell.size_bytes,
                direction=each.cell.direction,
                contender=each.name,
                library=each.library,
                ns=samples.ns[Key(cell=each.cell, name=each.name)],
            )
            for each in contenders
        ],
        disturbed=samples.disturbed,
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(measure(int(sys.argv[1]), int(sys.argv[2]))))
