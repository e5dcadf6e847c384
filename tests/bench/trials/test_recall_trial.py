from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from bench.cases import RecallCase
from bench.clips.errors import ClipError
from bench.clips.footage import Footage, FootageFacts, raw_frames
from bench.results import RecallCounts, RecallSummary, Row
from bench.samples import Samples
from bench.trials.recall import HASH_EVERY, RecallTrial, open_recall
from bench.trials.recall_counts import NOTHING_LISTED, count_recall, recall_dtype
from bench.trials.recall_material import LatestFootage, ReferenceHashes, References
from pipelines.media import U8
from pipelines.scanning.hashes.pdq import Pdq
from pipelines.scanning.hashes.table import HASHERS

FRAMES = 12


def blobs(seed: int, height: int, width: int) -> U8:
    """Return soft light and dark spots: a picture with something to hold on to."""
    draws = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    luma = np.full((height, width), 120.0)
    for _ in range(40):
        centre, size = draws.uniform(0, 1, 2) * (height, width), draws.uniform(6, 40)
        distance = (y - centre[0]) ** 2 + (x - centre[1]) ** 2
        luma += draws.uniform(-90, 90) * np.exp(-distance / (2 * size**2))
    picture: U8 = np.clip(luma, 16, 235).astype(np.uint8)
    return picture


def footage(name: str, frames: int) -> Footage:
    """Return a clip whose picture shifts by a pixel a frame; `tall` in its name makes it stand."""
    seed = sum(name.encode())
    height, width = (320, 180) if "tall" in name else (180, 320)
    picture = blobs(seed, height, width)
    chroma = np.full((height // 2, width // 2), 128, dtype=np.uint8)
    count = 3 if name == "short" else min(frames, FRAMES)
    fps = Fraction(30)
    facts = FootageFacts(
        name=name,
        note="drawn",
        width=width,
        height=height,
        fps_numerator=30,
        fps_denominator=1,
        frames=count,
        synthetic=True,
        content_sha256="",
        source_sha256="abc",
    )
    planes = [(np.roll(picture, i, axis=1), chroma, chroma) for i in range(count)]
    return Footage(facts=facts, frames=raw_frames(planes, fps))


def opened(
    *,
    change: str = "none",
    codec: str = "h264",
    rung: str = "180p",
    clip: str = "wide",
    against: tuple[str, ...] = ("other",),
    hashers: tuple[str, ...] = ("pdq",),
    load: Callable[[str, int], Footage] = footage,
) -> RecallTrial:
    case = RecallCase(
        why="",
        clip=clip,
        seconds=1,
        rounds=1,
        codec=codec,
        rung=rung,
        change=change,
        hashers=hashers,
        against=against,
    )
    references = ReferenceHashes(load=load, hashers=HASHERS)
    return open_recall(case, references=references, footage=LatestFootage(load=load))


def summary(trial: RecallTrial) -> tuple[Row, RecallSummary]:
    samples = trial.measure(0, trial.fit)
    row = Row(case=trial.case.id, why="", model="recall", clip=trial.case.clip)
    row = trial.row(row, samples, seed=1)
    assert row.recall is not None
    return row, row.recall


def counted(trial: RecallTrial) -> RecallCounts:
    return summary(trial)[1].counts[0]


def test_raw_frames_at_their_own_size_are_listed_bit_by_bit() -> None:
    counts = counted(opened(codec="raw"))
    assert counts.frames == counts.recalled == counts.identical == FRAMES // HASH_EVERY
    assert counts.distances == (0.0,) * 5
    assert (counts.false_matches, counts.foreign_entries) == (0, FRAMES)


@pytest.mark.parametrize("codec", ["h264", "h265", "vp8", "vp9", "av1"])
def test_reencoded_frames_are_recalled(codec: str) -> None:
    row, recall = summary(opened(codec=codec, rung="180p@100k"))
    assert recall.counts[0].recalled == recall.counts[0].frames
    assert recall.target_bps == 100_000
    assert row.bitrate_bps == recall.achieved_bps > 0
    assert (row.width, row.height, row.frames, row.rounds) == (320, 180, FRAMES, 1)
    assert "100000 bit/s" in row.encoder


def test_mirrored_frames_are_recalled_by_their_dihedral_variants_only() -> None:
    trial = opened(change="mirror", hashers=("pdq", "dhash"))
    pdq, dhash = summary(trial)[1].counts
    assert (pdq.recalled, pdq.recalled_dihedral) == (0, pdq.frames)
    assert dhash.recalled == dhash.recalled_dihedral


def test_frames_of_a_listed_other_clip_are_false_matches() -> None:
    trial = opened(against=("other", "wide"))
    counts = counted(trial)
    assert counts.false_matches == counts.frames
    assert counts.foreign_entries == 2 * FRAMES


def test_nothing_else_listed_means_no_false_match() -> None:
    trial = opened(against=())
    samples = trial.measure(0, trial.fit)
    assert (samples["pdq/foreign"] == NOTHING_LISTED).all()
    assert counted(trial).false_matches == 0


def test_stream_bytes_hold_the_units_that_were_not_hashed_too() -> None:
    trial = opened(codec="raw")
    samples = trial.measure(0, trial.fit)
    assert (samples["stream_bytes"] == FRAMES * 320 * 180 * 3 // 2).all()
    assert samples["frame"].tolist() == list(range(0, FRAMES, HASH_EVERY))


def test_changed_aspect_is_sent_with_the_short_side_of_the_rung() -> None:
    row, _ = summary(opened(change="letterbox"))
    assert (row.width, row.height) == (240, 180)


def test_portrait_clips_are_sent_upright() -> None:
    row, recall = summary(opened(clip="tall", change="overlay"))
    assert (row.width, row.height) == (180, 320)
    assert recall.counts[0].frames == FRAMES // HASH_EVERY


def test_rung_larger_than_the_clip_is_refused() -> None:
    with pytest.raises(ClipError, match=r"rung '360p': clip 'wide' is 320x180"):
        opened(rung="360p@250k")


def test_bitrate_for_raw_frames_is_refused() -> None:
    with pytest.raises(ClipError, match=r"'180p@60k': raw frames"):
        opened(codec="raw", rung="180p@60k")


def test_clip_of_too_few_frames_is_refused() -> None:
    with pytest.raises(ClipError, match="'short' has 3 frames"):
        opened(clip="short")


def test_reference_hashes_of_a_clip_are_made_once() -> None:
    loaded = []

    def load(name: str, frames: int) -> Footage:
        loaded.append(name)
        return footage(name, frames)

    references = ReferenceHashes(load=load, hashers=HASHERS)
    for _ in range(2):
        assert len(references.of_several(["wide", "other"], ["pdq", "dhash"])["pdq"]) == 2 * FRAMES
    assert loaded == ["wide", "other"]


def test_nearest_is_the_least_distance_of_any_variant_to_any_entry() -> None:
    listed = References(hashes=np.array([[0, 0], [2**64 - 1, 0]], dtype=np.uint64))
    variants = np.array([[2**64 - 1, 7], [2**63, 1]], dtype=np.uint64)
    assert listed.nearest(variants) == 2
    assert listed.nearest(variants[:1]) == 3


def gated(qualities: list[int]) -> Samples:
    samples = np.zeros(len(qualities), dtype=recall_dtype(["pdq"]))
    samples["pdq/quality"] = qualities
    samples["pdq/foreign"] = NOTHING_LISTED
    return samples


def test_quality_gate_allows_for_the_limited_range_of_video() -> None:
    # 43 * 255 / 219 is 50.07, and 42 * 255 / 219 is 48.9.
    counts = count_recall(gated([42, 43]), Pdq(), foreign_entries=0)
    assert (counts.low_quality, counts.recalled, counts.identical) == (1, 1, 1)


def test_frames_below_the_gate_leave_no_distances() -> None:
    assert count_recall(gated([0, 10]), Pdq(), foreign_entries=0).distances == ()
