"""SFrame, SRTP and packetization on the access units of a camera, one after another as sent."""

import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from pipelines.formats.packetizer import Packetizer, Reassembler
from pipelines.formats.sframe.context import SframeReceiver, SframeSender
from pipelines.formats.sframe.suites import SUITES, SframeSuite
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import PROFILES, SrtpProfile
from pipelines.formats.srtp.receiver import SrtpReceiver
from pipelines.formats.srtp.sender import SrtpSender
from pipelines.media import U8, EncodedFrame, PacketBatch

SSRC = 7
# H.264 in its own payload format, and the same bytes as units that nobody on the way can parse.
FORMATS = ("h264", "opaque")

every_suite = pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)
every_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)

InRounds = Callable[..., Any]
Units = tuple[EncodedFrame, ...]
Given = TypeVar("Given")
Result = TypeVar("Result")


def each(operation: Callable[[Given], Result], items: Iterable[Given]) -> Result:
    """Do it to every item; the result of the last, for earlier ones are views that are gone."""
    for item in items:
        result = operation(item)
    return result


def described(units: Units) -> str:
    return f"{len(units)} access units of a camera"


def packets_of(packetizer: Packetizer, units: Units) -> list[PacketBatch]:
    return [packetizer.packetize(unit).copy() for unit in units]


def n_packets(units: Units) -> int:
    return sum(map(len, packets_of(Packetizer("h264", ssrc=SSRC), units)))


def rows(batches: Iterable[PacketBatch]) -> list[bytes]:
    return [packet.tobytes() for batch in batches for packet in batch.rows()]


@every_suite
def test_sframe_encrypt(
    benchmark: BenchmarkFixture, in_rounds: InRounds, suite: SframeSuite, camera_units: Units
) -> None:
    benchmark.group = f"sframe encrypt: {described(camera_units)}"
    key = secrets.token_bytes(32)
    payloads = [unit.payload for unit in camera_units]
    # The sender's own counter goes on from round to round.
    sender = SframeSender(suite, key)
    last = in_rounds(each, args=(sender.encrypt, payloads))
    opened = SframeReceiver(suite, {0: key}).decrypt(last)
    assert opened.tobytes() == payloads[-1].tobytes()


@every_suite
def test_sframe_decrypt(
    benchmark: BenchmarkFixture, in_rounds: InRounds, suite: SframeSuite, camera_units: Units
) -> None:
    benchmark.group = f"sframe decrypt: {described(camera_units)}"
    key = secrets.token_bytes(32)
    sender, receiver = SframeSender(suite, key), SframeReceiver(suite, {0: key})

    def not_seen_before() -> tuple[tuple[Callable[[U8], U8], list[U8]], dict[str, object]]:
        sealed = [sender.encrypt(unit.payload).copy() for unit in camera_units]
        return (receiver.decrypt, sealed), {}

    last = in_rounds(each, setup=not_seen_before)
    assert last.tobytes() == camera_units[-1].payload.tobytes()


@every_profile
def test_srtp_protect(
    benchmark: BenchmarkFixture, in_rounds: InRounds, profile: SrtpProfile, camera_units: Units
) -> None:
    benchmark.group = f"srtp protect: {described(camera_units)}, {n_packets(camera_units)} packets"
    packetizer, master = Packetizer("h264", ssrc=SSRC), MasterKey.fresh(profile)
    sender, receiver = SrtpSender(profile, master), SrtpReceiver(profile, master)
    batches: list[PacketBatch] = []

    def next_packets() -> tuple[
        tuple[Callable[[PacketBatch], PacketBatch], list[PacketBatch]], dict[str, object]
    ]:
        batches[:] = packets_of(packetizer, camera_units)
        return (sender.protect, batches), {}

    last = in_rounds(each, setup=next_packets)
    assert rows([receiver.unprotect(last).packets]) == rows(batches[-1:])


@every_profile
def test_srtp_unprotect(
    benchmark: BenchmarkFixture, in_rounds: InRounds, profile: SrtpProfile, camera_units: Units
) -> None:
    benchmark.group = (
        f"srtp unprotect: {described(camera_units)}, {n_packets(camera_units)} packets"
    )
    packetizer, master = Packetizer("h264", ssrc=SSRC), MasterKey.fresh(profile)
    sender, receiver = SrtpSender(profile, master), SrtpReceiver(profile, master)
    plain: list[PacketBatch] = []

    def not_seen_before() -> tuple[
        tuple[Callable[[PacketBatch], object], list[PacketBatch]], dict[str, object]
    ]:
        plain[:] = packets_of(packetizer, camera_units)
        return (receiver.unprotect, [sender.protect(batch).copy() for batch in plain]), {}

    last = in_rounds(each, setup=not_seen_before)
    # A replay would have been refused, and quicker.
    assert last.rejected == ()
    assert rows([last.packets]) == rows(plain[-1:])


def in_format(units: Sequence[EncodedFrame], codec: str) -> Units:
    return tuple(unit.with_payload(unit.payload, codec) for unit in units)


@pytest.mark.parametrize("codec", FORMATS)
def test_packetize(
    benchmark: BenchmarkFixture, in_rounds: InRounds, codec: str, camera_units: Units
) -> None:
    units = in_format(camera_units, codec)
    benchmark.group = f"packetize: {described(units)}"
    last = in_rounds(each, args=(Packetizer(codec, ssrc=SSRC).packetize, units))
    first = int.from_bytes(last.row(0)[2:4].tobytes())
    result = Reassembler(codec, first_sequence_number=first).reassemble(last)
    assert result.payload.tobytes() == units[-1].payload.tobytes()


@pytest.mark.parametrize("codec", FORMATS)
def test_reassemble(
    benchmark: BenchmarkFixture, in_rounds: InRounds, codec: str, camera_units: Units
) -> None:
    units = in_format(camera_units, codec)
    benchmark.group = f"reassemble: {described(units)}"
    packetizer, reassembler = Packetizer(codec, ssrc=SSRC), Reassembler(codec)
    last = in_rounds(
        each, setup=lambda: ((reassembler.reassemble, packets_of(packetizer, units)), {})
    )
    assert last.payload.tobytes() == units[-1].payload.tobytes()
