from collections.abc import Mapping

import numpy as np
import pytest

from pipelines.codecs.decoder import Decoder
from pipelines.formats.native.packetizer import CompiledPacketizer
from pipelines.media import EncodedFrame, PacketBatch, RawFrame
from pipelines.scanning.hasher import U64
from pipelines.scanning.index.contract import Matches
from pipelines.scanning.rule import FlagRule
from pipelines.scanning.sampling import EveryKth
from pipelines.stages.scan.decoding import Decode, Reassemble
from pipelines.stages.scan.records import Records
from pipelines.stages.scan.state import Scan
from pipelines.stages.scan.steps import Gate, Judge, LookUp, Luma, Sample

PLANE = np.zeros((2, 2), dtype=np.uint8)
PICTURE = RawFrame(index=0, pts_ns=0, planes=(PLANE, PLANE, PLANE))


class Found:
    """An index that has found what it was given."""

    exact = True
    nbytes = 0

    def __init__(self, entries: list[int], distances: list[int]) -> None:
        self.asked = 0
        self._matches = Matches(
            query=np.zeros(len(entries), dtype=np.int64),
            entry=np.array(entries, dtype=np.int64),
            distance=np.array(distances, dtype=np.int32),
        )

    def query(self, _words: U64) -> Matches:
        self.asked += 1
        return self._matches

    def query_batch(self, _batch: U64) -> Matches:
        return self._matches


def a_scan(*, sampled: bool = True) -> Scan:
    scan = Scan(Records())
    Sample(scan, EveryKth(1), own=False)(PICTURE)
    scan.sampled = sampled
    scan.words = np.zeros(4, dtype=np.uint64)
    return scan


@pytest.mark.parametrize(("quality", "good"), [(42, False), (43, True), (100, True), (0, False)])
def test_the_gate_scales_the_quality_of_limited_range_video(quality: int, *, good: bool) -> None:
    # 50 of a full-range picture is 50 * 219 / 255 = 42.9 of the same one in limited range.
    scan = a_scan()
    scan.quality = quality
    Gate(scan, 50)(PICTURE)
    assert scan.good == good


def test_a_hash_without_a_least_quality_always_passes() -> None:
    scan = a_scan()
    Gate(scan, 0)(PICTURE)
    assert scan.good


def test_of_all_matches_the_nearest_is_kept() -> None:
    scan = a_scan()
    scan.good = True
    LookUp(scan, Found([3, 8, 9], [20, 4, 4]))(PICTURE)
    assert (scan.entry, scan.distance) == (8, 4)
    LookUp(scan, Found([], []))(PICTURE)
    assert (scan.entry, scan.distance) == (-1, -1)


def test_what_the_gate_holds_back_is_not_looked_up() -> None:
    scan = a_scan()
    scan.entry, scan.distance = 5, 0
    index = Found([3], [2])
    LookUp(scan, index)(PICTURE)
    assert (index.asked, scan.entry, scan.distance) == (0, -1, -1)


def test_a_frame_that_is_not_sampled_passes_untouched() -> None:
    scan = a_scan(sampled=False)
    index = Found([3], [2])
    for step in (Luma(scan, own=False), Gate(scan, 0), LookUp(scan, index)):
        assert step(PICTURE) is PICTURE
    Judge(scan, FlagRule(1, 1), lambda: 9)(PICTURE)
    assert (scan.good, index.asked, scan.records.verdicts(())) == (False, 0, ())
    assert not hasattr(scan, "luma")


def test_a_verdict_has_the_time_at_which_it_was_there() -> None:
    scan = a_scan()
    scan.entry, scan.distance, scan.quality = 7, 11, 64
    Judge(scan, FlagRule(1, 2), lambda: 1234)(PICTURE)
    (verdict,) = scan.records.verdicts(())
    assert (verdict.entry, verdict.distance, verdict.quality) == (7, 11, 64)
    assert (verdict.verdict_ns, verdict.matched, verdict.flagged) == (1234, True, True)


def test_a_step_hands_on_the_very_unit_it_was_given() -> None:
    scan = a_scan()
    luma = np.arange(12, dtype=np.uint8).reshape(3, 4)[:, :3]
    frame = RawFrame(index=0, pts_ns=0, planes=(luma, luma, luma))
    assert Sample(scan, EveryKth(1), own=False)(frame) is frame
    assert Luma(scan, own=False)(frame) is frame
    # Not a copy: the plane is hashed where it lies, padded rows and all.
    assert scan.luma is luma


def test_reassembling_leaves_the_packets_as_they_are(
    access_units: Mapping[str, tuple[EncodedFrame, ...]],
) -> None:
    scan = a_scan()
    packetizer = CompiledPacketizer("h264", ssrc=1)
    reassemble = Reassemble(scan, "h264")
    for unit in access_units["h264"]:
        packets = packetizer.packetize(unit)
        before = packets.copy()
        assert reassemble(packets) is packets
        assert [row.tobytes() for row in packets.rows()] == [row.tobytes() for row in before.rows()]
        own = scan.unit
        assert isinstance(own, EncodedFrame)
        assert own.payload.tobytes() == unit.payload.tobytes()
        assert own.is_keyframe == unit.is_keyframe
        assert not np.shares_memory(own.payload, packets.data)


def test_a_frame_that_was_never_cut_is_taken_as_it_is(
    access_units: Mapping[str, tuple[EncodedFrame, ...]],
) -> None:
    scan = a_scan()
    unit = access_units["raw"][0]
    assert Reassemble(scan, "raw")(unit) is unit
    assert scan.unit is unit


@pytest.mark.parametrize("each", [True, False])
def test_references_are_kept_only_where_each_unit_is_decoded(
    access_units: Mapping[str, tuple[EncodedFrame, ...]], *, each: bool
) -> None:
    scan = a_scan()
    decode = Decode(scan, Decoder("vp8", 320, 180), own=False, each=each)
    pictures = 0
    for number, unit in enumerate(access_units["vp8"]):
        scan.sampled, scan.unit = number == 0, unit
        assert decode(unit) is unit
        pictures += isinstance(scan.unit, RawFrame)
    assert pictures == (10 if each else 1)


def test_what_is_no_picture_is_named() -> None:
    with pytest.raises(TypeError, match="expected a RawFrame, got a PacketBatch"):
        Luma(a_scan(), own=False)(PacketBatch.of([b"x"]))
