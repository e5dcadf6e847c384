"""A process that makes many equal things and says what memory they took.

Answers each job on stdin, a line of JSON, with a line: the bytes of one thing, or `! ` and why not.
"""

import ctypes
import gc
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Literal

import msgspec
import numpy as np

from bench.memory import rss_bytes
from pipelines.codecs.decoder import Decoder
from pipelines.codecs.encoder import Encoder
from pipelines.codecs.i420 import unpack
from pipelines.codecs.settings import conference_settings
from pipelines.engines.table import choose_engine
from pipelines.formats.rtp import FIXED_SIZE
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import PROFILES
from pipelines.media import EncodedFrame, PacketBatch, RawFrame

FPS = Fraction(30)
WINDOW = 1024
"""Packets of the replay window."""

BURST = 8
"""Packets that a connection's contexts have seen at once, and so have room for."""

PAYLOAD_BYTES = 1200
ROW_BYTES = 1500
"""A relay's row for a packet: whatever an Ethernet frame may bring."""

BUFFERED_PACKETS = 1_800_000 // 8 // PAYLOAD_BYTES
"""One second of 1.8 Mbit/s."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What to make `count` of.

    Codecs work on `frames`, the path of an .npy file of I420 frames, uint8 of shape (n, bytes).
    """

    thing: Literal["encoder", "decoder", "session", "buffer"]
    count: int
    codec: str = ""
    frames: str = ""
    width: int = 0
    height: int = 0
    engine: str = ""


def bytes_each(job: Job) -> float:
    """Return the resident memory of one of `job.count` equal things, all of them there at once."""
    make = MAKERS[job.thing](job)
    # What the first of all brings along (code, tables) belongs to none of them.
    make()
    _give_back()
    before = rss_bytes()
    things = [make() for _ in range(job.count)]
    grown = rss_bytes() - before
    del things
    _give_back()
    return max(0, grown) / job.count


def _give_back() -> None:
    """Return freed memory to the system: what is taken from there again shows as growth."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _encoders(job: Job) -> Callable[[], object]:
    settings = conference_settings(job.codec, job.width, job.height, FPS)
    frames = _frames(job)

    def make() -> Encoder:
        encoder = Encoder(settings)
        # Encoders take most of their memory with the first frames.
        for frame in frames:
            encoder.encode(frame)
        return encoder

    return make


def _decoders(job: Job) -> Callable[[], object]:
    encoder = Encoder(conference_settings(job.codec, job.width, job.height, FPS))
    units: list[EncodedFrame] = [encoder.encode(frame) for frame in _frames(job)]

    def make() -> Decoder:
        decoder = Decoder(job.codec, job.width, job.height)
        for unit in units:
            decoder.decode(unit)
        return decoder

    return make


def _frames(job: Job) -> list[RawFrame]:
    return [
        RawFrame(index=index, pts_ns=0, planes=unpack(payload, job.width, job.height))
        for index, payload in enumerate(np.load(job.frames))
    ]


def _sessions(job: Job) -> Callable[[], object]:
    engine, profile = choose_engine(job.engine).engine, PROFILES["aes-128-gcm"]
    batch = _packets(BURST, FIXED_SIZE + PAYLOAD_BYTES)

    def make() -> object:
        master = MasterKey.fresh(profile)
        sender = engine.srtp_protector(profile, master)
        receiver = engine.srtp_unprotector(profile, master, WINDOW)
        receiver.unprotect(sender.protect(batch))
        return sender, receiver

    return make


def _buffers(_: Job) -> Callable[[], object]:
    def make() -> PacketBatch:
        batch = PacketBatch.empty(BUFFERED_PACKETS, ROW_BYTES)
        batch.data[:, : FIXED_SIZE + PAYLOAD_BYTES] = 1
        return batch

    return make


def _packets(count: int, size: int) -> PacketBatch:
    """Return RTP packets (RFC 3550 5.1) of one stream, numbered from 0."""
    data = np.zeros((count, size), dtype=np.uint8)
    data[:, 0] = 0x80
    data[:, 3] = np.arange(count)
    return PacketBatch(data=data, size=np.full(count, size, dtype=np.int32))


MAKERS: dict[str, Callable[[Job], Callable[[], object]]] = {
    "encoder": _encoders,
    "decoder": _decoders,
    "session": _sessions,
    "buffer": _buffers,
}


def main() -> None:
    """Answer every job on stdin, until it closes."""
    for line in sys.stdin:
        try:
            answer = f"{bytes_each(msgspec.json.decode(line, type=Job))}"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the job's answer
            answer = f"! {type(error).__name__}: {error}".replace("\n", " ")
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
