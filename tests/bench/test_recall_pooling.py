import pytest

from bench.recall_pooling import pool
from bench.results import RecallCounts, RecallSummary, Row


def cell(clip: str, *, recalled: int, false_matches: int = 0, frames: int = 30) -> Row:
    counts = RecallCounts(
        hasher="pdq",
        radius=31,
        frames=frames,
        low_quality=0,
        recalled=recalled,
        recalled_dihedral=recalled,
        identical=0,
        false_matches=false_matches,
        foreign_entries=100,
        distances=(),
    )
    summary = RecallSummary(
        change="none", rung="360p", target_bps=1.0, achieved_bps=1.0, counts=(counts,)
    )
    return Row(case=f"recall/{clip}", why="", model="recall", clip=clip, recall=summary)


def test_share_is_that_of_all_frames_and_its_interval_comes_from_clips() -> None:
    rows = [cell(clip, recalled=seen) for clip, seen in [("a", 30), ("b", 0), ("c", 15)]]
    found = pool(rows, hasher="pdq", count="recalled")
    assert found.share.value == 0.5
    assert found.share.low < 0.2
    assert found.share.high > 0.8
    assert (found.clips, found.frames, found.seen, found.exact) == (3, 90, 45, False)


def test_more_cells_of_the_same_clips_make_nothing_surer() -> None:
    rows = [cell(clip, recalled=seen) for clip, seen in [("a", 30), ("b", 20), ("c", 25)]]
    once = pool(rows, hasher="pdq", count="recalled")
    assert pool(10 * rows, hasher="pdq", count="recalled").share == once.share


def test_nothing_seen_is_bounded_by_the_number_of_clips_not_of_frames() -> None:
    rows = [cell(clip, recalled=30) for clip in "abcdef" for _ in range(50)]
    found = pool(rows, hasher="pdq", count="false_matches")
    assert found.exact
    assert (found.share.value, found.share.low) == (0.0, 0.0)
    # 0.607^6 = 0.05: six clips without one are that likely where 39 % of clips show one.
    assert found.share.high == pytest.approx(0.393, abs=0.001)
    assert found.comparisons == 6 * 50 * 30 * 100


def test_all_seen_is_bounded_from_below_the_same_way() -> None:
    found = pool([cell(clip, recalled=30) for clip in "abcdef"], hasher="pdq", count="recalled")
    assert found.exact
    assert (found.share.value, found.share.high) == (1.0, 1.0)
    assert found.share.low == pytest.approx(0.607, abs=0.001)


def test_one_clip_tells_nothing_of_the_next() -> None:
    found = pool([cell("a", recalled=10)], hasher="pdq", count="recalled")
    assert (found.share.low, found.share.high) == (0.0, 1.0)


def test_failed_rows_and_other_hashes_are_left_out() -> None:
    failed = Row(case="recall/b", why="", model="recall", clip="b", error="ClipError: small")
    assert pool([cell("a", recalled=3), failed], hasher="pdq", count="recalled").clips == 1
    with pytest.raises(ValueError, match="'phash'"):
        pool([cell("a", recalled=3)], hasher="phash", count="recalled")
