"""SFrame suites 4 and 5: each engine's units, beside `encrypt_into` on the same payload."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from bench.peers.aead import CIPHERS, Keyed, one_shot_contender
from bench.peers.bursts import Bursts
from bench.peers.cell import Cell, Contender, Direction, Part, cells
from bench.peers.workload import Workload, hot_units_of, per_call_units
from pipelines.engines.engine import Engine
from pipelines.engines.native.library import NativeLibrary
from pipelines.engines.native.sframe_decrypt import NativeSframeReceiver
from pipelines.engines.native.sframe_encrypt import NativeSframeSender
from pipelines.formats.sframe import LARGEST_HEADER_BYTES, SUITES, SframeSender, SframeSuite
from pipelines.media import U8, PacketBatch

COMPARED = (4, 5)
"""The suites of RFC 9605 4.5 whose cipher is an AEAD of its own."""

KID = 0
WINDOW = 128
BASE_KEY_SIZE = 32


BATCHES = "libcrypto, a batch a call"
"""The compiled batches: up to 64 units a call, as many as a hot burst has."""


def unit_name(engine: str) -> str:
    """Return the contender's name of an engine that takes unit after unit."""
    return f"engine {engine}, per unit"


def sframe_contenders(
    work: Workload,
    sizes: Sequence[int],
    engines: Sequence[Engine],
    library: NativeLibrary | None,
) -> Iterator[Contender]:
    """Yield every contender for every suite and size; `library` is what the batches go to."""
    for suite in (SUITES[number] for number in COMPARED):
        keyed = Keyed.fresh(next(each for each in CIPHERS if each.name == suite.name))
        for size in sizes:
            payloads = work.payloads(size)
            base_key = os.urandom(BASE_KEY_SIZE)
            room = LARGEST_HEADER_BYTES + suite.cipher.tag_size
            clear = _table(payloads, room)
            units = _sealed(suite, base_key, clear)
            scratch = clear.copy()
            for cell in cells(Part.SFRAME, suite.name, size):
                sealing = cell.direction is Direction.SEAL
                bursts = Bursts(
                    cell=cell,
                    source=clear if sealing else units,
                    expected=units if sealing else clear,
                    scratch=scratch,
                    rows=hot_units_of(size),
                )
                yield one_shot_contender(keyed, cell, payloads)
                if library is not None:
                    batches = _Batches(library, suite, base_key, cell)
                    yield Contender(
                        cell=cell,
                        name=BATCHES,
                        library=f"{library.name}, OpenSSL {library.version}",
                        batch=bursts.rows,
                        verify=partial(bursts.verify, batches),
                        one_pass=partial(bursts.timed_pass, batches, len(payloads)),
                    )
                # libsrtp knows no SFrame: its engine would be another one under its name.
                for engine in (each for each in engines if each.name != "libsrtp"):
                    player = _PerUnit(engine, suite, base_key, cell)
                    yield Contender(
                        cell=cell,
                        name=unit_name(engine.name),
                        library=str(engine.library()),
                        batch=1,
                        verify=partial(bursts.verify, player),
                        one_pass=partial(bursts.timed_pass, player, per_call_units(len(payloads))),
                    )


def _table(payloads: U8, room: int) -> PacketBatch:
    count, size = payloads.shape
    table = PacketBatch.empty(count, size + room)
    table.data[:] = 0
    table.data[:, :size] = payloads
    table.size[:] = size
    return table


def _sealed(suite: SframeSuite, base_key: bytes, clear: PacketBatch) -> PacketBatch:
    sender = SframeSender(suite, base_key, KID)
    table = PacketBatch.empty(len(clear), clear.data.shape[1])
    table.data[:] = 0
    for index, row in enumerate(clear.rows()):
        unit = sender.encrypt(row)
        table.data[index, : len(unit)] = unit
        table.size[index] = len(unit)
    return table


class _PerUnit:
    """An engine's SFrame sender or receiver, one call for each unit."""

    def __init__(self, engine: Engine, suite: SframeSuite, base_key: bytes, cell: Cell) -> None:
        self._engine, self._suite, self._base_key = engine, suite, base_key
        self._sealing = cell.direction is Direction.SEAL

    def begin(self, *, known_keys: bool) -> None:
        engine, suite = self._engine, self._suite
        if not self._sealing:
            decryptor = engine.sframe_decryptor(suite, {KID: self._base_key}, WINDOW)
            self._call: Callable[[U8], U8] = decryptor.decrypt
            return
        # A sender of its own for each pass: no counter repeats under a key that was used.
        base_key = self._base_key if known_keys else os.urandom(BASE_KEY_SIZE)
        self._call = engine.sframe_encryptor(suite, base_key, KID).encrypt

    def work(self, burst: PacketBatch) -> Callable[[], object]:
        call, units = self._call, burst.rows()
        return lambda: [call(unit) for unit in units]

    def results(self, burst: PacketBatch) -> list[bytes]:
        return [np.asarray(self._call(unit)).tobytes() for unit in burst.rows()]


class _Batches:
    """The compiled SFrame sender or receiver, a batch of units for each call."""

    def __init__(
        self, library: NativeLibrary, suite: SframeSuite, base_key: bytes, cell: Cell
    ) -> None:
        self._library, self._suite, self._base_key = library, suite, base_key
        self._sealing = cell.direction is Direction.SEAL

    def begin(self, *, known_keys: bool) -> None:
        library, suite = self._library, self._suite
        if not self._sealing:
            receiver = NativeSframeReceiver(library, suite, {KID: self._base_key}, WINDOW)
            self._call: Callable[[PacketBatch], PacketBatch] = lambda units: (
                receiver.decrypt_batch(units).units
            )
            return
        base_key = self._base_key if known_keys else os.urandom(BASE_KEY_SIZE)
        self._call = NativeSframeSender(library, suite, base_key, KID).encrypt_batch

    def work(self, burst: PacketBatch) -> Callable[[], object]:
        return partial(self._call, burst)

    def results(self, burst: PacketBatch) -> list[bytes]:
        return [row.tobytes() for row in self._call(burst).rows()]
