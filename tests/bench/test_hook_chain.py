import dataclasses
from collections.abc import Mapping, Sequence
from contextlib import closing
from fractions import Fraction
from itertools import cycle

import numpy as np
import pytest

from bench.chain import Chain, build_chain
from bench.measure import FrameFailed, measure_paced, measure_stages
from bench.samples import FIXED_FIELDS, HOOK_FIELDS, latency_ns, stage_durations_ns, stage_fields
from pipelines.codecs.decoder import Decoder
from pipelines.codecs.encoder import Encoder
from pipelines.codecs.settings import conference_settings
from pipelines.engines.table import choose_engine
from pipelines.media import EncodedFrame, PacketBatch, RawFrame, Unit, unit_bytes
from pipelines.pipeline import Pipeline
from pipelines.registry import BUILTIN
from pipelines.scanning.hasher import U64, Fingerprint
from pipelines.scanning.hashes.pdq import Pdq
from pipelines.scanning.hook import Hook, Mode, Point, ScanRefused
from pipelines.scanning.index.contract import Index
from pipelines.scanning.index.flat import FLAT
from pipelines.scanning.scanner import Scanner
from pipelines.session import Session
from pipelines.stage import Party, StageKind
from pipelines.stages.codec import Decode, Encode
from pipelines.stages.scan.hook import OpenHook, open_hook

PDQ = Scanner(name="pdq", summary="", source="", new_hasher=Pdq, index=FLAT)
NOOP = Scanner(name="noop", summary="", source="")

PIPELINES = {pipeline.name: pipeline for pipeline in BUILTIN}
SOME = ("null", "srtp-aes-128-gcm", "sframe-aes-256-gcm+srtp-aes-128-gcm", "raw-null")
SAMPLINGS = ("every-2", "key-frames", "scene-changes")
LISTED = 5
"""The frame whose picture is listed."""


@pytest.fixture(scope="module")
def raw_frames(access_units: Mapping[str, tuple[EncodedFrame, ...]]) -> tuple[RawFrame, ...]:
    decoder = Decoder("raw", 320, 180)
    return tuple(decoder.decode(unit) for unit in access_units["raw"])


def session_of(codec: str) -> Session:
    return Session.fresh(codec=codec, engine=choose_engine("auto").engine)


def open_for(hook: Hook, codec: str, index: Index | None = None) -> OpenHook:
    scanner = NOOP if index is None else PDQ
    return open_hook(hook, scanner, index, codec=codec, width=320, height=180)


def chain_of(
    pipeline: Pipeline, session: Session, *, live: bool, hook: OpenHook | None = None
) -> Chain:
    settings = conference_settings(session.codec, 320, 180, Fraction(30))
    encode = Encode(Encoder(settings)) if live else None
    decode = Decode(Decoder(session.codec, 320, 180)) if live else None
    return build_chain(pipeline, session, encode=encode, decode=decode, hook=hook)


def content(unit: Unit) -> tuple[object, ...]:
    """Return everything that a unit is."""
    if isinstance(unit, PacketBatch):
        return tuple(row.tobytes() for row in unit.rows())
    if isinstance(unit, EncodedFrame):
        return unit.index, unit.pts_ns, unit.is_keyframe, unit.codec, unit.payload.tobytes()
    return unit.index, unit.pts_ns, *(plane.tobytes() for plane in unit.planes)


def handed_on(chain: Chain, units: Sequence[Unit]) -> list[tuple[object, ...]]:
    """Return what each stage but those of a hook handed on, and check that those hand on all."""
    result = []
    for each in units:
        unit = each
        for stage in (*chain.sender, *chain.onward):
            before = unit
            unit = stage(unit)
            if stage.kind is StageKind.SCAN:
                assert unit is before
            else:
                result.append(content(unit))
    return result


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("point", list(Point))
@pytest.mark.parametrize("name", SOME)
def test_a_hook_changes_no_byte_of_what_any_stage_hands_on(
    access_units: Mapping[str, tuple[EncodedFrame, ...]],
    raw_frames: tuple[RawFrame, ...],
    *,
    name: str,
    point: Point,
    live: bool,
    sampling: str,
    mode: Mode,
) -> None:
    pipeline = PIPELINES[name]
    codec = pipeline.codecs[0]
    hook = Hook(point=point, scanner="noop", sampling=sampling, mode=mode)
    # Both chains have the same keys and counters, so that even ciphertext must be the same.
    session = session_of(codec)
    units: Sequence[Unit] = raw_frames if live else access_units[codec]
    with closing(open_for(hook, codec)) as opened:
        on_pictures = point in {Point.SENDER_BEFORE_ENCODE, Point.RECEIVER}
        if (on_pictures and (not live or sampling == "key-frames")) or (
            point is Point.RELAY and Party.RELAY not in pipeline.sees_plaintext
        ):
            with pytest.raises(ScanRefused):
                chain_of(pipeline, session, live=live, hook=opened)
            return
        hooked = chain_of(pipeline, session, live=live, hook=opened)
        plain = chain_of(pipeline, session, live=live)
        assert handed_on(hooked, units) == handed_on(plain, units)
        opened.drain()
        assert opened.records(len(units))["scan_sampled"].any()


@pytest.mark.parametrize("name", sorted(PIPELINES))
def test_a_relay_is_scanned_exactly_where_it_holds_plaintext(name: str) -> None:
    pipeline = PIPELINES[name]
    codec = pipeline.codecs[0]
    with closing(open_for(Hook(point=Point.RELAY, scanner="noop"), codec)) as opened:
        if Party.RELAY in pipeline.sees_plaintext:
            chain = build_chain(pipeline, session_of(codec), hook=opened)
            assert any(field.startswith("relay/scan-") for field in chain.fields)
            return
        with pytest.raises(ScanRefused) as refused:
            build_chain(pipeline, session_of(codec), hook=opened)
        assert str(refused.value) == (
            f"the relay of {name!r} holds no plaintext (only sender, receiver do):"
            " there is nothing it could scan"
        )


def test_an_end_to_end_pipeline_has_no_relay_hook() -> None:
    refused = {name for name, each in PIPELINES.items() if Party.RELAY not in each.sees_plaintext}
    assert {name.split("-")[0] for name in refused} == {"sframe", "raw"}
    assert len(refused) > len(PIPELINES) // 2


UP = "sender/packetize sender/srtp-protect relay/srtp-unprotect"
DOWN = "relay/srtp-protect receiver/srtp-unprotect receiver/depacketize"


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        (Point.SENDER_BEFORE_ENCODE, f"HOOK sender/encode {UP} {DOWN} receiver/decode"),
        (Point.SENDER_AFTER_ENCODE, f"sender/encode HOOK {UP} {DOWN} receiver/decode"),
        (Point.RELAY, f"sender/encode {UP} HOOK {DOWN} receiver/decode"),
        (Point.RECEIVER, f"sender/encode {UP} {DOWN} receiver/decode HOOK"),
    ],
)
def test_each_point_is_where_its_name_says(point: Point, expected: str) -> None:
    with closing(open_for(Hook(point=point, scanner="noop"), "h264")) as opened:
        chain = chain_of(PIPELINES["srtp-aes-128-gcm"], session_of("h264"), live=True, hook=opened)
    steps = " ".join(f"{opened.role}/{step.name}" for step in opened.steps)
    assert " ".join(chain.fields) == expected.replace("HOOK", steps)
    assert [kind is StageKind.SCAN for kind in chain.kinds] == [
        "/scan-" in field for field in chain.fields
    ]
    assert chain.hook is opened


@pytest.mark.parametrize(
    ("point", "name", "live"),
    [
        (Point.SENDER_BEFORE_ENCODE, "srtp-aes-128-gcm", True),
        (Point.SENDER_BEFORE_ENCODE, "raw-aes-128-gcm", True),
        (Point.SENDER_AFTER_ENCODE, "sframe-aes-128-gcm", True),
        (Point.SENDER_AFTER_ENCODE, "sframe-aes-128-gcm", False),
        (Point.SENDER_AFTER_ENCODE, "raw-aes-128-ecb", False),
        (Point.RELAY, "null", False),
        (Point.RELAY, "raw-null", False),
        (Point.RELAY, "srtp-aes-256-gcm", True),
        (Point.RECEIVER, "sframe-aes-256-gcm+srtp-aes-128-gcm", True),
        (Point.RECEIVER, "raw-null", True),
    ],
)
@pytest.mark.parametrize("mode", list(Mode))
def test_a_listed_picture_is_found_at_each_point(
    access_units: Mapping[str, tuple[EncodedFrame, ...]],
    raw_frames: tuple[RawFrame, ...],
    *,
    point: Point,
    name: str,
    live: bool,
    mode: Mode,
) -> None:
    pipeline = PIPELINES[name]
    codec = pipeline.codecs[0]
    units: Sequence[Unit] = raw_frames if live else access_units[codec]
    index = FLAT.build(listed(point, codec, units), 0)
    hook = Hook(point=point, scanner="pdq", mode=mode, queue=len(units))
    with closing(open_for(hook, codec, index)) as opened:
        chain = chain_of(pipeline, session_of(codec), live=live, hook=opened)
        samples = measure_stages(chain, iter(units), len(units), round_index=2)
    assert samples["scan_matched"].nonzero()[0].tolist() == [LISTED]
    assert samples["scan_flagged"].nonzero()[0].tolist() == [LISTED]
    assert samples["scan_sampled"].tolist() == [1] * len(units)
    assert (samples["scan_verdict_ns"] > samples["start_ns"]).all()
    assert (samples["scan_worker_ns"] > 0).all() == (mode is Mode.ASYNC)


def listed(point: Point, codec: str, units: Sequence[Unit]) -> U64:
    """Return the hash of the listed frame as it is seen at `point`, shape (1, 4)."""
    encoder = Encoder(conference_settings(codec, 320, 180, Fraction(30)))
    decoder = Decoder(codec, 320, 180)
    for unit in units[: LISTED + 1]:
        picture = unit
        if point is not Point.SENDER_BEFORE_ENCODE:
            encoded = encoder.encode(unit) if isinstance(unit, RawFrame) else unit
            assert isinstance(encoded, EncodedFrame)
            picture = decoder.decode(encoded)
    assert isinstance(picture, RawFrame)
    return Pdq().hash(picture.planes[0]).words.reshape(1, -1).copy()


def test_the_columns_of_a_hook_stand_before_those_of_the_stages(
    access_units: Mapping[str, tuple[EncodedFrame, ...]],
) -> None:
    units = access_units["h264"]
    hook = Hook(point=Point.SENDER_AFTER_ENCODE, scanner="noop", sampling="every-4")
    with closing(open_for(hook, "h264")) as opened:
        chain = chain_of(PIPELINES["null"], session_of("h264"), live=False, hook=opened)
        samples = measure_stages(chain, iter(units), 6)
    assert samples.dtype.names == (*FIXED_FIELDS, *HOOK_FIELDS, *chain.fields)
    assert stage_fields(samples) == chain.fields
    assert samples["scan_sampled"].tolist() == [1, 0, 0, 0, 1, 0]
    # The steps are stages like others: all together tile the frame's way.
    total = sum(stage_durations_ns(samples).values())
    assert np.array_equal(total, latency_ns(samples))
    assert samples["unit_bytes"].tolist() == [unit_bytes(unit) for unit in units[:6]]


def test_each_block_has_the_records_of_its_own_frames(
    raw_frames: tuple[RawFrame, ...],
) -> None:
    reel = cycle(raw_frames)
    index = FLAT.build(listed(Point.SENDER_BEFORE_ENCODE, "raw", raw_frames), 0)
    hook = Hook(point=Point.SENDER_BEFORE_ENCODE, scanner="pdq", mode=Mode.ASYNC, queue=10)
    with closing(open_for(hook, "raw", index)) as opened:
        chain = chain_of(PIPELINES["raw-null"], session_of("raw"), live=True, hook=opened)
        for frames in (3, 4, 10, 300):
            samples = measure_stages(chain, reel, frames)
            found = samples[samples["scan_dropped"] == 0]
            assert np.array_equal(found["scan_matched"] == 1, found["frame"] == LISTED)


def test_a_paced_stream_waits_for_the_last_verdict(raw_frames: tuple[RawFrame, ...]) -> None:
    hook = Hook(point=Point.RECEIVER, scanner="noop", mode=Mode.ASYNC)
    with closing(open_for(hook, "raw")) as opened:
        chain = chain_of(PIPELINES["raw-null"], session_of("raw"), live=True, hook=opened)
        samples = measure_paced(chain, iter(raw_frames), 10, interval_ns=2_000_000)
    assert samples["scan_verdict_ns"][-1] > samples["receiver/scan-sample"][-1]


class Fails:
    """A hasher that takes no picture."""

    name, bits, radius, min_quality = "fails", 256, 31, 0

    def hash(self, _luma: object) -> Fingerprint:
        raise ZeroDivisionError("no such picture")


@pytest.mark.parametrize("mode", list(Mode))
def test_an_error_of_the_hook_is_a_failed_frame(
    raw_frames: tuple[RawFrame, ...], mode: Mode
) -> None:
    scanner = Scanner(name="fails", summary="", source="", new_hasher=Fails)
    hook = Hook(point=Point.SENDER_BEFORE_ENCODE, scanner="fails", mode=mode)
    with closing(open_hook(hook, scanner, codec="raw", width=320, height=180)) as opened:
        chain = chain_of(PIPELINES["raw-null"], session_of("raw"), live=True, hook=opened)
        with pytest.raises(FrameFailed, match=r"^ZeroDivisionError at frame 0: no such picture$"):
            measure_stages(chain, iter(raw_frames), 1)


def test_a_chain_without_a_hook_is_as_it_was() -> None:
    chain = build_chain(PIPELINES["null"], session_of("h264"))
    assert chain.hook is None
    assert not any("/scan-" in field for field in chain.fields)


def test_a_plug_in_whose_receiver_holds_no_plaintext_is_not_scanned_there() -> None:
    blind = dataclasses.replace(
        PIPELINES["null"], name="blind", sees_plaintext=frozenset({Party.SENDER, Party.NETWORK})
    )
    with (
        closing(open_for(Hook(point=Point.RECEIVER, scanner="noop"), "h264")) as opened,
        pytest.raises(
            ScanRefused,
            match=r"^the receiver of 'blind' holds no plaintext \(only sender, network do\)",
        ),
    ):
        chain_of(blind, session_of("h264"), live=True, hook=opened)
