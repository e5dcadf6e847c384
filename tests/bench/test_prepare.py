import itertools
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
import pytest

from bench.chain import Chain
from bench.clips.encoded import EncodedClip
from bench.clips.footage import FootageFacts
from bench.material import Library, Material
from bench.measure import measure_stages
from bench.prepare import (
    MOST_FRAMES_PER_ROUND,
    WARM_UP_FRAMES,
    Prepared,
    endless,
    frames_per_round,
    ping_pong_order,
    prepare,
)
from bench.progress import Silent
from bench.suite import Case
from pipelines.codecs.settings import conference_settings
from pipelines.engines.pyca import CRYPTOGRAPHY
from pipelines.media import EncodedFrame, PacketBatch, RawFrame
from pipelines.registry import load_registry

PIPELINES = load_registry(()).pipelines
FPS = Fraction(30)


def case_of(*, model: str = "stage", seconds: float = 0.4, rounds: int = 4) -> Case:
    return Case(
        why="w",
        model="paced" if model == "paced" else "stage",
        media="cached",
        clip="c",
        codec="h264",
        pipeline="srtp-aes-128-gcm",
        seconds=seconds,
        rounds=rounds,
    )


def material_of(frames: Sequence[EncodedFrame]) -> Material:
    facts = FootageFacts(
        name="c",
        note="",
        width=320,
        height=180,
        fps_numerator=30,
        fps_denominator=1,
        frames=len(frames),
        synthetic=True,
        content_sha256="",
        source_sha256="",
    )
    settings = conference_settings("h264", 320, 180, FPS)
    clip = EncodedClip(
        name="c",
        codec="h264",
        settings=settings,
        description="",
        facts=facts,
        frames=tuple(frames),
    )
    return Material(clip, Library({}, Silent()))


@pytest.fixture
def prepared(access_units: Mapping[str, tuple[EncodedFrame, ...]]) -> Prepared:
    material = material_of(access_units["h264"])
    return prepare(case_of(), PIPELINES["srtp-aes-128-gcm"], material, CRYPTOGRAPHY)


def test_access_units_start_over_and_time_goes_on(
    access_units: Mapping[str, tuple[EncodedFrame, ...]],
) -> None:
    units = access_units["h264"]
    taken = list(itertools.islice(endless(units, 30.0), 25))
    assert all(isinstance(unit, EncodedFrame) for unit in taken)
    for index, unit in enumerate(taken):
        assert isinstance(unit, EncodedFrame)
        assert unit.index == index
        assert unit.pts_ns == round(index * 1e9 / 30)
        original = units[index % len(units)]
        assert unit.payload is original.payload
        assert (unit.is_keyframe, unit.codec) == (original.is_keyframe, "h264")


def test_pictures_go_to_and_fro_without_a_jump() -> None:
    planes = [np.full((2, 2), n, dtype=np.uint8) for n in range(4)]
    pictures = [RawFrame(index=0, pts_ns=0, planes=(plane,) * 3) for plane in planes]
    taken = list(itertools.islice(endless(pictures, 25.0), 13))
    shown = [int(unit.planes[0][0, 0]) for unit in taken if isinstance(unit, RawFrame)]
    assert shown == [0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0]
    assert [unit.index for unit in taken if isinstance(unit, RawFrame)] == list(range(13))


@pytest.mark.parametrize(
    ("count", "order"),
    [(1, [0]), (2, [0, 1]), (3, [0, 1, 2, 1]), (4, [0, 1, 2, 3, 2, 1])],
)
def test_each_end_of_the_way_to_and_fro_comes_once(count: int, order: list[int]) -> None:
    assert ping_pong_order(count) == order


@pytest.mark.parametrize(
    ("seconds", "rounds", "frame_ns", "frames"),
    [
        (0.4, 4, 1e6, 100),  # 100 ms a round, 1 ms a frame
        (0.4, 4, 1e9, 2),  # never fewer than two
        (60.0, 4, 1000.0, MOST_FRAMES_PER_ROUND),
        (0.001, 1, 1.0, MOST_FRAMES_PER_ROUND),
    ],
)
def test_a_round_is_filled_with_frames(
    seconds: float, rounds: int, frame_ns: float, frames: int
) -> None:
    case = case_of(seconds=seconds, rounds=rounds)
    assert frames_per_round(case, frame_ns, 30.0) == frames


@pytest.mark.parametrize(("seconds", "frames"), [(2.0, 60), (0.01, 2), (20.0, 600)])
def test_a_paced_case_lasts_its_seconds_whatever_a_frame_takes(seconds: float, frames: int) -> None:
    case = case_of(model="paced", seconds=seconds, rounds=1)
    assert frames_per_round(case, 1.0, 30.0) == frames


def test_a_prepared_case_is_warm_and_goes_on_where_the_warm_up_ended(prepared: Prepared) -> None:
    assert 2 <= prepared.frames_per_round <= MOST_FRAMES_PER_ROUND
    samples = measure_stages(prepared.chain, prepared.units, 3)
    assert samples["frame"].tolist() == [WARM_UP_FRAMES + n for n in range(3)]
    assert prepared.peak_rss_bytes >= prepared.case_rss_bytes >= 0
    assert prepared.peak_rss_bytes > 0


def test_each_case_has_keys_of_its_own(
    access_units: Mapping[str, tuple[EncodedFrame, ...]],
) -> None:
    units = access_units["h264"]

    def wire(chain: Chain) -> bytes:
        unit = next(endless(units, 30.0))
        for stage in chain.sender:
            unit = stage(unit)
        assert isinstance(unit, PacketBatch)
        return unit.row(0).tobytes()

    pipeline = PIPELINES["srtp-aes-128-gcm"]
    first, second = (
        prepare(case_of(), pipeline, material_of(units), CRYPTOGRAPHY) for _ in range(2)
    )
    assert wire(first.chain) != wire(second.chain)


def test_material_tells_the_clips_facts(
    access_units: Mapping[str, tuple[EncodedFrame, ...]],
) -> None:
    material = material_of(access_units["h264"])
    assert (material.width, material.height) == (320, 180)
    assert (material.fps, material.frame_interval_ns) == (30.0, 33_333_333)
    total_bytes = sum(len(unit.payload) for unit in access_units["h264"])
    assert material.bitrate_bps == pytest.approx(total_bytes * 8 * 3)
    assert material.synthetic
