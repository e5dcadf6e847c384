import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np
import pytest

from pipelines.codecs.decoder import Decoder
from pipelines.codecs.encoder import Encoder
from pipelines.codecs.settings import conference_settings
from pipelines.formats.native.packetizer import CompiledPacketizer
from pipelines.media import EncodedFrame, PacketBatch, RawFrame, Unit
from pipelines.scanning.hasher import U64, Fingerprint
from pipelines.scanning.hashes.pdq import Pdq
from pipelines.scanning.hook import Hook, Mode, Point
from pipelines.scanning.index.contract import Index, IndexKind
from pipelines.scanning.index.flat import FLAT
from pipelines.scanning.scanner import Scanner
from pipelines.stage import Incomplete, Party, Role, StageKind
from pipelines.stages.scan.hook import OpenHook, open_hook

Open = Callable[..., OpenHook]
IndexOf = Callable[[Sequence[int]], Index]

KEYFRAME_EVERY = 3
HASH_ONLY = Scanner(name="pdq-hash-only", summary="", source="", new_hasher=Pdq)


def send(opened: OpenHook, units: Sequence[Unit]) -> None:
    for unit in units:
        for step in opened.steps:
            assert step(unit) is unit
    opened.drain()


def names(opened: OpenHook) -> str:
    return " ".join(step.name.removeprefix("scan-") for step in opened.steps)


def matched(opened: OpenHook) -> list[tuple[int, int]]:
    """Return (frame, entry) of each verdict that is a match."""
    return [(verdict.frame, verdict.entry) for verdict in opened.verdicts() if verdict.matched]


def words_behind_decoder(units: Sequence[EncodedFrame]) -> U64:
    """Return the hashes of all frames of a stream, decoded one after the other."""
    decoder, hasher = Decoder(units[0].codec, 320, 180), Pdq()
    return np.stack([hasher.hash(decoder.decode(unit).planes[0]).words.copy() for unit in units])


@pytest.fixture(scope="module")
def often(raw_frames: tuple[RawFrame, ...]) -> Mapping[str, tuple[EncodedFrame, ...]]:
    """The ten frames by codec, each third a key frame."""
    units = {}
    for codec in ("h264", "h265", "vp8", "vp9", "av1"):
        encoder = Encoder(conference_settings(codec, 320, 180, Fraction(30)))
        units[codec] = tuple(
            encoder.encode(frame, force_keyframe=frame.index % KEYFRAME_EVERY == 0)
            for frame in raw_frames
        )
    return units


@pytest.mark.parametrize(
    ("point", "sampling", "mode", "codec", "expected"),
    [
        (
            "sender-before-encode",
            "every-2",
            "inline",
            "h264",
            "sample luma hash gate lookup verdict",
        ),
        ("receiver", "scene-changes", "inline", "h264", "sample luma hash gate lookup verdict"),
        (
            "sender-after-encode",
            "every-2",
            "inline",
            "vp8",
            "sample decode luma hash gate lookup verdict",
        ),
        (
            "sender-after-encode",
            "key-frames",
            "inline",
            "vp8",
            "sample decode luma hash gate lookup verdict",
        ),
        (
            "sender-after-encode",
            "scene-changes",
            "inline",
            "vp8",
            "decode sample luma hash gate lookup verdict",
        ),
        (
            "relay",
            "every-2",
            "inline",
            "vp8",
            "sample reassemble decode luma hash gate lookup verdict",
        ),
        (
            "relay",
            "key-frames",
            "inline",
            "vp8",
            "reassemble sample decode luma hash gate lookup verdict",
        ),
        (
            "relay",
            "scene-changes",
            "inline",
            "vp8",
            "reassemble decode sample luma hash gate lookup verdict",
        ),
        ("receiver", "every-2", "async", "h264", "sample enqueue"),
        ("relay", "every-2", "async", "vp8", "sample reassemble decode enqueue"),
        ("relay", "key-frames", "async", "vp8", "reassemble sample enqueue"),
        ("relay", "scene-changes", "async", "vp8", "reassemble decode sample enqueue"),
        ("sender-after-encode", "every-2", "async", "raw", "sample enqueue"),
    ],
)
def test_a_hook_samples_as_early_as_it_can_see_enough(
    opened: Open,
    index_of: IndexOf,
    *,
    point: str,
    sampling: str,
    mode: str,
    codec: str,
    expected: str,
) -> None:
    hook = Hook(point=Point(point), scanner="pdq", sampling=sampling, mode=Mode(mode))
    each = opened(hook, index_of([0]), codec=codec)
    assert names(each) == expected
    assert {step.kind for step in each.steps} == {StageKind.SCAN}
    assert each.needs_every_unit == ("decode" in expected and sampling != "key-frames")


def test_a_scanner_has_no_more_steps_than_it_needs(opened: Open) -> None:
    hook = Hook(point=Point.RECEIVER, scanner="x")
    assert names(opened(hook)) == "sample luma verdict"
    assert names(opened(hook, None, HASH_ONLY)) == "sample luma hash gate verdict"


def test_a_hook_says_what_it_is_made_of(opened: Open, index_of: IndexOf) -> None:
    index = index_of([1, 2])
    each = opened(Hook(point=Point.RELAY, scanner="pdq"), index)
    assert (each.hasher, each.index, each.index_bytes) == ("pdq", "flat", index.nbytes)
    assert each.role is Role.RELAY
    noop = opened(Hook(point=Point.RECEIVER, scanner="noop"))
    assert (noop.hasher, noop.index, noop.index_bytes, noop.role) == ("", "", 0, Role.RECEIVER)


@pytest.mark.parametrize("mode", list(Mode))
def test_a_listed_picture_is_found_before_the_encoder(
    opened: Open, index_of: IndexOf, raw_frames: tuple[RawFrame, ...], mode: Mode
) -> None:
    hook = Hook(point=Point.SENDER_BEFORE_ENCODE, scanner="pdq", mode=mode, queue=10)
    each = opened(hook, index_of([7, 4]))
    send(each, raw_frames)
    assert matched(each) == [(4, 1), (7, 0)]
    assert [verdict.distance for verdict in each.verdicts() if verdict.matched] == [0, 0]
    assert {verdict.learned_by for verdict in each.verdicts()} == {(Party.SENDER,)}
    assert each.records(10)["scan_sampled"].tolist() == [1] * 10
    assert each.records(10)["scan_matched"].tolist() == [0, 0, 0, 0, 1, 0, 0, 1, 0, 0]


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("sampling", ["every-1", "every-4"])
@pytest.mark.parametrize("codec", ["h264", "h265", "vp8", "vp9", "av1", "raw"])
def test_a_listed_picture_is_found_behind_the_encoder(
    opened: Open,
    access_units: Mapping[str, tuple[EncodedFrame, ...]],
    codec: str,
    sampling: str,
    mode: Mode,
) -> None:
    hook = Hook(
        point=Point.SENDER_AFTER_ENCODE, scanner="pdq", sampling=sampling, mode=mode, queue=10
    )
    # What the receiver would see is listed, bit by bit: the hook's decoder sees the same.
    words = words_behind_decoder(access_units[codec])
    each = opened(hook, FLAT.build(words[[4, 6]], 0), codec=codec)
    send(each, access_units[codec])
    # Every-4 looks at 0, 4 and 8; 4 was coded with references to frames it did not look at.
    assert matched(each) == ([(4, 0), (6, 1)] if sampling == "every-1" else [(4, 0)])


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("codec", ["h264", "h265", "vp8", "vp9", "av1"])
def test_key_frames_alone_are_decoded_as_in_the_whole_stream(
    opened: Open, often: Mapping[str, tuple[EncodedFrame, ...]], codec: str, mode: Mode
) -> None:
    hook = Hook(point=Point.RELAY, scanner="pdq", sampling="key-frames", mode=mode, queue=10)
    each = opened(hook, FLAT.build(words_behind_decoder(often[codec]), 0), codec=codec)
    packetizer = CompiledPacketizer(codec, ssrc=1)
    for unit in often[codec]:
        send(each, [packetizer.packetize(unit)])
    key_frames = [n for n, unit in enumerate(often[codec]) if unit.is_keyframe]
    assert key_frames == list(range(0, 10, KEYFRAME_EVERY))
    assert matched(each) == [(number, number) for number in key_frames]
    assert each.records(10)["scan_sampled"].nonzero()[0].tolist() == key_frames


def test_a_scene_change_is_seen_behind_the_encoder(opened: Open) -> None:
    encoder = Encoder(conference_settings("vp8", 320, 180, Fraction(30)))
    chroma = np.full((90, 160), 128, dtype=np.uint8)
    units = []
    for number, value in enumerate((40, 40, 40, 180, 180, 40)):
        luma = np.full((180, 320), value, dtype=np.uint8)
        frame = RawFrame(index=number, pts_ns=number, planes=(luma, chroma, chroma))
        units.append(encoder.encode(frame))
    hook = Hook(point=Point.SENDER_AFTER_ENCODE, scanner="noop", sampling="scene-changes")
    each = opened(hook, codec="vp8")
    send(each, units)
    assert each.records(6)["scan_sampled"].tolist() == [1, 0, 0, 1, 0, 1]


def test_a_stream_is_flagged_by_n_of_its_last_m_sampled_frames(
    opened: Open, index_of: IndexOf, raw_frames: tuple[RawFrame, ...]
) -> None:
    hook = Hook(
        point=Point.RECEIVER, scanner="pdq", sampling="every-2", flag_n=2, flag_m=3, queue=10
    )
    each = opened(hook, index_of([2, 3, 6]))
    send(each, raw_frames)
    columns = each.records(10)
    assert columns["scan_matched"].tolist() == [0, 0, 1, 0, 0, 0, 1, 0, 0, 0]
    # Of the sampled 2, 4, 6 two match, and of 4, 6, 8 only one.
    assert columns["scan_flagged"].tolist() == [0, 0, 0, 0, 0, 0, 1, 0, 0, 0]


def test_a_flat_picture_has_too_little_in_it_to_be_looked_up(opened: Open, pdq_words: U64) -> None:
    luma = np.full((180, 320), 60, dtype=np.uint8)
    words = np.concatenate([pdq_words[:1], Pdq().hash(luma).words.reshape(1, -1)])
    each = opened(Hook(point=Point.RECEIVER, scanner="pdq"), FLAT.build(words, 31))
    send(each, [RawFrame(index=0, pts_ns=0, planes=(luma, luma, luma))])
    (verdict,) = each.verdicts()
    assert not verdict.matched
    assert verdict.quality < 43


def test_a_worker_is_slower_than_the_stream_and_loses_the_oldest(
    opened: Open, index_of: IndexOf, raw_frames: tuple[RawFrame, ...]
) -> None:
    hook = Hook(point=Point.RECEIVER, scanner="pdq", mode=Mode.ASYNC, queue=2)
    each = opened(hook, index_of([9]))
    # Many at once: whichever way the two threads run, nothing is lost without being counted.
    for frame in itertools.islice(itertools.cycle(raw_frames), 200):
        for step in each.steps:
            step(frame)
    each.drain()
    columns = each.records(200)
    has_verdict = columns["scan_verdict_ns"] > 0
    assert columns["scan_sampled"].all()
    assert np.array_equal(has_verdict, columns["scan_dropped"] == 0)
    assert np.array_equal(has_verdict, columns["scan_worker_ns"] > 0)
    # The newest frame is never the one that is dropped.
    assert has_verdict[-1]
    assert columns["scan_matched"][-1]


class Wrong:
    """A hasher that fails at its second picture."""

    name, bits, radius, min_quality = "wrong", 256, 31, 0

    def __init__(self) -> None:
        self._calls = 0

    def hash(self, _luma: object) -> Fingerprint:
        self._calls += 1
        if self._calls == 2:
            raise ZeroDivisionError("no such picture")
        return Fingerprint(words=np.zeros(4, dtype=np.uint64), quality=100)


@pytest.mark.parametrize("mode", list(Mode))
def test_an_error_of_the_hasher_surfaces(
    opened: Open, raw_frames: tuple[RawFrame, ...], mode: Mode
) -> None:
    scanner = Scanner(name="wrong", summary="", source="", new_hasher=Wrong)
    each = opened(Hook(point=Point.RECEIVER, scanner="wrong", mode=mode), None, scanner)
    send(each, raw_frames[:1])
    with pytest.raises(ZeroDivisionError, match="no such picture"):
        send(each, raw_frames[1:2])


def test_a_gap_in_the_packets_is_an_error_and_no_silence(
    opened: Open, access_units: Mapping[str, tuple[EncodedFrame, ...]]
) -> None:
    each = opened(Hook(point=Point.RELAY, scanner="noop"))
    packetizer = CompiledPacketizer("h264", ssrc=1)
    send(each, [packetizer.packetize(access_units["h264"][0])])
    with pytest.raises(Incomplete):
        send(each, [packetizer.packetize(access_units["h264"][1]).take([1])])


def test_a_beginning_forgets_what_was_before(
    opened: Open, index_of: IndexOf, raw_frames: tuple[RawFrame, ...]
) -> None:
    each = opened(Hook(point=Point.RECEIVER, scanner="pdq", mode=Mode.ASYNC), index_of([0]))
    send(each, raw_frames[:1])
    each.begin(3)
    assert each.verdicts() == ()
    send(each, raw_frames[1:2])
    assert [verdict.frame for verdict in each.verdicts()] == [0]


def test_a_stream_without_end_is_remembered_in_the_same_memory(
    opened: Open, raw_frames: tuple[RawFrame, ...]
) -> None:
    clock: Iterator[int] = itertools.count(1000)
    each = opened(
        Hook(point=Point.RECEIVER, scanner="noop", sampling="every-7"), clock=clock.__next__
    )
    each.begin(5)
    for number, frame in enumerate(itertools.islice(itertools.cycle(raw_frames), 24)):
        send(each, [frame])
        kept = range(max(0, number - 4), number + 1)
        columns = each.records(len(kept))
        # What another frame has left in the cells is gone.
        assert columns["scan_sampled"].tolist() == [frame % 7 == 0 for frame in kept]
        assert [v.frame for v in each.verdicts()] == [frame for frame in kept if frame % 7 == 0]


def test_verdicts_are_timed_by_the_clock_of_the_stages(
    opened: Open, raw_frames: tuple[RawFrame, ...]
) -> None:
    clock: Iterator[int] = itertools.count(1000)
    each = opened(Hook(point=Point.RECEIVER, scanner="noop"), clock=clock.__next__)
    send(each, raw_frames[:3])
    assert each.records(3)["scan_verdict_ns"].tolist() == [1000, 1001, 1002]
    assert each.records(3)["scan_worker_ns"].tolist() == [0, 0, 0]


def test_two_streams_share_a_list_and_nothing_else(
    opened: Open, index_of: IndexOf, raw_frames: tuple[RawFrame, ...]
) -> None:
    index = index_of([1])
    hook = Hook(point=Point.RECEIVER, scanner="pdq", sampling="every-2")
    first, second = opened(hook, index), opened(hook, index)
    send(first, raw_frames[:3])
    send(second, raw_frames[1:4])
    assert (matched(first), matched(second)) == ([], [(0, 0)])


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        (Hook(point=Point.RECEIVER, scanner="x", sampling="rarely"), "unknown sampling 'rarely'"),
        (Hook(point=Point.RECEIVER, scanner="x", flag_n=3, flag_m=2), "flagged at 3 of 2"),
        (Hook(point=Point.RECEIVER, scanner="x", mode=Mode.ASYNC, queue=0), "a queue of 0 frames"),
    ],
)
def test_a_hook_that_cannot_be_is_refused(opened: Open, hook: Hook, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        opened(hook)


@pytest.mark.parametrize("kind", [None, FLAT])
def test_a_list_goes_with_a_look_up(kind: IndexKind | None, index_of: IndexOf) -> None:
    scanner = Scanner(name="s", summary="", source="", new_hasher=Pdq, index=kind)
    index = index_of([0]) if kind is None else None
    with pytest.raises(ValueError, match=r"^scanner 's' looks up "):
        open_hook(
            Hook(point=Point.RECEIVER, scanner="s"),
            scanner,
            index,
            codec="h264",
            width=320,
            height=180,
        )


def test_packets_where_pictures_are_due_are_named(opened: Open) -> None:
    each = opened(Hook(point=Point.RECEIVER, scanner="noop"))
    with pytest.raises(TypeError, match="expected a RawFrame, got a PacketBatch"):
        send(each, [PacketBatch.of([b"x"])])
