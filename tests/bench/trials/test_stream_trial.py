import dataclasses
from collections.abc import Mapping, Sequence
from fractions import Fraction

import pytest

from bench.cases import Case
from bench.chain import Chain
from bench.clips.encoded import EncodedClip
from bench.clips.footage import FootageFacts
from bench.material import Library, Material
from bench.measure import measure_stages
from bench.progress import Silent
from bench.reel import Reel
from bench.trials.stream import (
    MOST_FRAMES_PER_ROUND,
    WARM_UP_FRAMES,
    StreamTrial,
    frames_that_fit,
    open_stream,
)
from bench.trials.window import window_units
from bench.verdict import WrongAnswer
from pipelines.codecs.settings import conference_settings
from pipelines.engines.pyca import CRYPTOGRAPHY
from pipelines.media import EncodedFrame, PacketBatch, Unit
from pipelines.registry import load_registry
from pipelines.stages.transport import Copy

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
def trial(access_units: Mapping[str, tuple[EncodedFrame, ...]]) -> StreamTrial:
    material = material_of(access_units["h264"])
    return open_stream(case_of(), PIPELINES["srtp-aes-128-gcm"], material, CRYPTOGRAPHY)


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
    assert frames_that_fit(case, frame_ns, 30.0) == frames


@pytest.mark.parametrize(("seconds", "frames"), [(2.0, 60), (0.01, 2), (20.0, 600)])
def test_a_paced_case_lasts_its_seconds_whatever_a_frame_takes(seconds: float, frames: int) -> None:
    case = case_of(model="paced", seconds=seconds, rounds=1)
    assert frames_that_fit(case, 1.0, 30.0) == frames


def test_a_trial_is_warm_and_goes_on_where_the_warm_up_ended(trial: StreamTrial) -> None:
    assert 2 <= trial.fit <= MOST_FRAMES_PER_ROUND
    samples = measure_stages(trial.chain, trial.reel, 3)
    assert samples["frame"].tolist() == [(WARM_UP_FRAMES + n) % 10 for n in range(3)]
    assert trial.peak_rss_bytes >= trial.case_rss_bytes >= 0
    assert trial.peak_rss_bytes > 0


class Tires(Copy):
    """Does as it should for `calls` calls, and then sends the same byte less."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self._left = calls

    def __call__(self, unit: Unit, /) -> EncodedFrame:
        self._left -= 1
        frame = super().__call__(unit)
        return frame if self._left >= 0 else frame.with_payload(frame.payload[:-1], frame.codec)


@pytest.mark.parametrize(("calls", "rounds"), [(WARM_UP_FRAMES, 0), (WARM_UP_FRAMES + 8, 1)])
def test_a_pipeline_that_is_right_only_until_it_is_measured_is_found(
    access_units: Mapping[str, tuple[EncodedFrame, ...]], calls: int, rounds: int
) -> None:
    tiring = dataclasses.replace(
        PIPELINES["raw-null"], name="tires", sender=lambda _: (Tires(calls),)
    )
    opened = open_stream(case_of(), tiring, material_of(access_units["h264"]), CRYPTOGRAPHY)
    for round_index in range(rounds):
        opened.measure(round_index, 4)
    with pytest.raises(WrongAnswer, match="while measuring, at frame"):
        opened.measure(rounds, 4)


def test_a_round_has_the_same_frames_whenever_it_is_measured(trial: StreamTrial) -> None:
    assert trial.measure(3, 4)["frame"].tolist() == [2, 3, 4, 5]
    assert trial.measure(0, 4)["frame"].tolist() == [0, 1, 2, 3]
    assert trial.measure(3, 4)["frame"].tolist() == [2, 3, 4, 5]


@pytest.mark.parametrize(
    ("fitting", "frames"),
    [((400, 7), 7), ((400, 25), 20), ((10, 300), 10), ((399, 400), 390)],
)
def test_cases_that_are_compared_get_the_same_window_of_whole_turns(
    trial: StreamTrial, fitting: tuple[int, int], frames: int
) -> None:
    assert trial.period == 10
    group = [dataclasses.replace(trial, fit=count) for count in fitting]
    assert window_units(group) == frames


def test_each_case_has_keys_of_its_own(
    access_units: Mapping[str, tuple[EncodedFrame, ...]],
) -> None:
    units = access_units["h264"]

    def wire(chain: Chain) -> bytes:
        unit: Unit = next(Reel(units, 30.0))
        for stage in chain.sender:
            unit = stage(unit)
        assert isinstance(unit, PacketBatch)
        return unit.row(0).tobytes()

    pipeline = PIPELINES["srtp-aes-128-gcm"]
    first, second = (
        open_stream(case_of(), pipeline, material_of(units), CRYPTOGRAPHY) for _ in range(2)
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
