"""SRTP: libsrtp by pointer, pylibsrtp per packet, and the whole stage of each engine."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from bench.peers.bursts import Bursts, Player, pieces
from bench.peers.cell import Cell, Contender, Direction, Missing, Part, cells
from bench.peers.kernels import in_place
from bench.peers.workload import BURST, Workload, per_call_units
from pipelines.engines.engine import Engine
from pipelines.engines.native.libsrtp_session import (
    Direction as LibsrtpDirection,
)
from pipelines.engines.native.libsrtp_session import (
    LibsrtpSession,
    LibsrtpUnavailable,
    libsrtp,
)
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import PROFILES, SrtpProfile
from pipelines.formats.srtp.sender import SrtpSender
from pipelines.media import PacketBatch
from pipelines.stages.srtp import SrtpProtect, SrtpUnprotect

COMPARED = ("aes-128-gcm", "aes-256-gcm", "aes-cm-128-hmac-sha1-80")
"""The profiles that WebRTC negotiates."""

WINDOW = 128
SMALL_BATCH = 8
BY_POINTER = "libsrtp by pointer"
PER_PACKET = "pylibsrtp per packet"


def stage_name(engine: str, batch: int) -> str:
    """Return the contender's name of an engine's SRTP stage."""
    return f"engine {engine}, {batch} a call"


def srtp_contenders(
    work: Workload, sizes: Sequence[int], engines: Sequence[Engine]
) -> Iterator[Contender]:
    """Yield every contender for every profile and size that is there."""
    for profile in (PROFILES[name] for name in COMPARED):
        for size in sizes:
            clear = work.packets(size, profile.cipher.tag_size)
            master = MasterKey.fresh(profile)
            wire = PacketBatch.empty(len(clear), clear.data.shape[1])
            sealed = SrtpSender(profile, master).protect(clear)
            wire.data[:] = sealed.data[:, : wire.data.shape[1]]
            wire.size[:] = sealed.size
            scratch = clear.copy()
            for cell in cells(Part.SRTP, profile.name, size):
                sealing = cell.direction is Direction.SEAL
                bursts = Bursts(
                    cell=cell,
                    source=clear if sealing else wire,
                    expected=wire if sealing else clear,
                    scratch=scratch,
                    rows=BURST,
                )
                yield from _contenders(bursts, profile, master, engines)


def missing_peers() -> list[Missing]:
    """Return which of the libsrtp contenders cannot take part here."""
    try:
        libsrtp()
    except LibsrtpUnavailable as reason:
        return [
            Missing(part=Part.SRTP, name=name, reason=str(reason))
            for name in (BY_POINTER, PER_PACKET)
        ]
    return []


def _contenders(
    bursts: Bursts, profile: SrtpProfile, master: MasterKey, engines: Sequence[Engine]
) -> Iterator[Contender]:
    cell, units = bursts.cell, len(bursts.source)
    keys = _Keys(profile, master, cell)
    if not missing_peers():
        library = f"libsrtp {libsrtp().version} with OpenSSL {libsrtp().openssl}"
        yield _contender(
            bursts, _ByPointer(keys), units, name=BY_POINTER, library=library, batch=BURST
        )
        if profile.registry_name in _PYLIBSRTP:
            player, fewer = _PerPacket(keys), per_call_units(units)
            yield _contender(bursts, player, fewer, name=PER_PACKET, library=library, batch=1)
    for engine in engines:
        compiled = engine.name != "cryptography"
        for batch in (BURST, SMALL_BATCH) if compiled else (BURST,):
            yield _contender(
                bursts,
                _Stage(keys, engine, batch),
                units if compiled else per_call_units(units),
                name=stage_name(engine.name, batch),
                library=str(engine.library()),
                batch=batch,
            )


def _contender(
    bursts: Bursts, player: Player, units: int, *, name: str, library: str, batch: int
) -> Contender:
    return Contender(
        cell=bursts.cell,
        name=name,
        library=library,
        batch=batch,
        verify=partial(bursts.verify, player),
        one_pass=partial(bursts.timed_pass, player, units),
    )


class _Keys:
    """The keys of a pass: new ones for each that seals, those of the wire for one that opens."""

    def __init__(self, profile: SrtpProfile, known: MasterKey, cell: Cell) -> None:
        self.profile = profile
        self.sealing = cell.direction is Direction.SEAL
        self._known = known

    def master(self, *, known_keys: bool) -> MasterKey:
        if self.sealing and not known_keys:
            return MasterKey.fresh(self.profile)
        return self._known


class _ByPointer:
    """A compiled loop over libsrtp's own function, in place, and nothing else."""

    def __init__(self, keys: _Keys) -> None:
        self._keys = keys
        self._function = libsrtp().protect if keys.sealing else libsrtp().unprotect

    def begin(self, *, known_keys: bool) -> None:
        direction = LibsrtpDirection.OUTBOUND if self._keys.sealing else LibsrtpDirection.INBOUND
        self._session = LibsrtpSession(
            self._keys.profile, self._keys.master(known_keys=known_keys), direction, WINDOW
        )

    def work(self, burst: PacketBatch) -> Callable[[], int]:
        return partial(in_place, self._function, self._session.address, burst.data, burst.size)

    def results(self, burst: PacketBatch) -> list[bytes]:
        refused = self.work(burst)()
        return [] if refused else [row.tobytes() for row in burst.rows()]


class _PerPacket:
    """pylibsrtp as its users call it: one call, and new `bytes`, for each packet."""

    def __init__(self, keys: _Keys) -> None:
        # Only here: whoever lacks it still gets every other row.
        import pylibsrtp  # noqa: PLC0415 - same

        self._library: Any = pylibsrtp
        self._keys = keys

    def begin(self, *, known_keys: bool) -> None:
        policy_type, keys = self._library.Policy, self._keys
        master = keys.master(known_keys=known_keys)
        policy = policy_type(
            key=master.key + master.salt,
            ssrc_type=policy_type.SSRC_ANY_OUTBOUND
            if keys.sealing
            else policy_type.SSRC_ANY_INBOUND,
            srtp_profile=getattr(policy_type, _PYLIBSRTP[keys.profile.registry_name]),
        )
        session = self._library.Session(policy)
        self._call: Callable[[bytes], bytes] = (
            session.protect if keys.sealing else session.unprotect
        )

    def work(self, burst: PacketBatch) -> Callable[[], list[bytes]]:
        call, packets = self._call, [row.tobytes() for row in burst.rows()]
        return lambda: [call(packet) for packet in packets]

    def results(self, burst: PacketBatch) -> list[bytes]:
        return self.work(burst)()


_PYLIBSRTP = {
    "SRTP_AES128_CM_HMAC_SHA1_80": "SRTP_PROFILE_AES128_CM_SHA1_80",
    "SRTP_AES128_CM_HMAC_SHA1_32": "SRTP_PROFILE_AES128_CM_SHA1_32",
    "SRTP_AEAD_AES_128_GCM": "SRTP_PROFILE_AEAD_AES_128_GCM",
    "SRTP_AEAD_AES_256_GCM": "SRTP_PROFILE_AEAD_AES_256_GCM",
}
"""pylibsrtp's names of the profiles it has, by their registry names."""


class _Stage:
    """The SRTP stage of a pipeline: header, index, replay window, nonce, cipher and tag."""

    def __init__(self, keys: _Keys, engine: Engine, batch: int) -> None:
        self._keys = keys
        self._engine = engine
        self._batch = batch

    def begin(self, *, known_keys: bool) -> None:
        keys = self._keys
        master = keys.master(known_keys=known_keys)
        material = master.key + master.salt
        self._stage: Callable[[PacketBatch], PacketBatch] = (
            SrtpProtect(keys.profile, material, self._engine)
            if keys.sealing
            else SrtpUnprotect(keys.profile, material, self._engine, window=WINDOW)
        )

    def work(self, burst: PacketBatch) -> Callable[[], object]:
        stage = self._stage
        if self._batch == len(burst):
            return partial(stage, burst)
        batches = pieces(burst, self._batch)
        return lambda: [stage(batch) for batch in batches]

    def results(self, burst: PacketBatch) -> list[bytes]:
        return [
            row.tobytes()
            for batch in pieces(burst, self._batch)
            for row in self._stage(batch).rows()
        ]
