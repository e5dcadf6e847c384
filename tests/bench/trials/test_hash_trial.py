import sys
from collections.abc import Callable

import numpy as np
import pytest

from bench.cases import HashCase
from bench.measure import FrameFailed
from bench.results import Row
from bench.trials import hashing
from bench.trials.hashing import HASH_CONTENDERS, HashTrial, open_hash, verify_contender
from bench.verdict import WrongAnswer
from pipelines.media import U8, RawFrame
from pipelines.not_installed import NotInstalled
from pipelines.scanning.hasher import Fingerprint
from pipelines.scanning.hashes.table import HASHERS


def moving(count: int) -> list[RawFrame]:
    """Return frames of 96 x 64 in which blocks of noise drift to the right."""
    coarse = np.random.default_rng(9).integers(0, 256, (8, 12), dtype=np.uint8)
    picture = coarse.repeat(8, axis=0).repeat(8, axis=1)
    half = np.full((32, 48), 128, dtype=np.uint8)
    return [
        RawFrame(
            index=index,
            pts_ns=index,
            planes=(np.roll(picture, 3 * index, axis=1).copy(), half, half),
        )
        for index in range(count)
    ]


FRAMES = moving(7)


def case(hasher: str) -> HashCase:
    return HashCase(why="test", clip="moving", seconds=0.01, rounds=2, hasher=hasher)


def test_every_hasher_and_its_package_contend() -> None:
    assert set(HASHERS) <= set(HASH_CONTENDERS)
    for name, contender in HASH_CONTENDERS.items():
        other = HASH_CONTENDERS[contender.counterpart]
        assert (contender.name, other.counterpart, other.bits) == (name, name, contender.bits)
        assert bool(contender.package) != bool(other.package)


@pytest.mark.parametrize("name", sorted(HASH_CONTENDERS))
def test_rounds_become_a_row(name: str) -> None:
    trial = open_hash(case(name), FRAMES)
    samples = np.concatenate([trial.measure(index, 5) for index in range(2)])
    assert samples.dtype.names == hashing.COLUMNS
    np.testing.assert_array_equal(samples["round"], [0] * 5 + [1] * 5)
    np.testing.assert_array_equal(samples["frame"], [0, 1, 2, 3, 4, 5, 6, 0, 1, 2])
    assert (samples["end_ns"] >= samples["start_ns"]).all()
    row = trial.row(Row(case="c", why="w", model="hash", clip="moving"), samples, seed=1)
    assert row.hash is not None
    assert (row.frames, row.rounds, row.width, row.height) == (10, 2, 96, 64)
    assert (row.hash.hasher, row.hash.bits) == (name, HASH_CONTENDERS[name].bits)
    assert 0 < row.hash.p50_ns.value <= row.hash.p99_ns.value
    assert row.hash.quality_mean == samples["quality"].mean()
    assert bool(row.library) == bool(HASH_CONTENDERS[name].package)


def test_trials_of_a_clip_are_compared_and_fill_their_rounds() -> None:
    trials = [open_hash(case(name), FRAMES) for name in ("pdq", "dhash")]
    assert {trial.compared_with for trial in trials} == {("hash", "moving")}
    assert all(2 <= trial.fit <= hashing.MOST_FRAMES_PER_ROUND for trial in trials)
    assert all(trial.period == len(FRAMES) for trial in trials)


def test_round_is_the_same_in_a_run_that_was_resumed() -> None:
    frames = [open_hash(case("pdq"), FRAMES).measure(3, 4)["frame"].tolist() for _ in range(2)]
    assert frames == [[5, 6, 0, 1]] * 2


def test_wrong_hash_is_told_before_anything_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong:
        def hash(self, luma: U8) -> Fingerprint:
            right = HASHERS["pdq"]().hash(luma)
            return Fingerprint(words=right.words ^ np.uint64(1), quality=right.quality)

    monkeypatch.setattr(hashing, "HASHERS", {"pdq": Wrong})
    with pytest.raises(WrongAnswer, match=r"frame 0: pdq and pdqhash\.compute differ in 4 of 256"):
        open_hash(case("pdq"), FRAMES)


def test_missing_package_stops_its_own_case_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pdqhash", None)
    verify_contender(HASH_CONTENDERS["pdq"], FRAMES)
    with pytest.raises(NotInstalled, match=r"sealbench\[scan\]"):
        open_hash(case("pdqhash.compute"), FRAMES)


def test_frame_that_fails_is_named() -> None:
    def refuse(luma: U8) -> Fingerprint:
        raise ValueError(f"no {luma.shape}")

    trial = open_hash(case("pdq"), FRAMES)
    run: Callable[[U8], Fingerprint] = refuse
    broken = HashTrial(
        case=trial.case,
        contender=trial.contender,
        run=run,
        frames=FRAMES,
        fit=2,
        peak_rss_bytes=0,
        case_rss_bytes=0,
    )
    with pytest.raises(FrameFailed, match=r"ValueError at frame 0: no \(64, 96\)"):
        broken.measure(0, 2)
