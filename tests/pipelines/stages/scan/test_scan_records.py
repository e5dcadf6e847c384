import pytest

from pipelines.stage import Party
from pipelines.stages.scan.records import (
    BLANK,
    CELLS,
    DISTANCE,
    DROPPED,
    ENTRY,
    FLAGGED,
    FRAME_FIELDS,
    MATCHED,
    QUALITY,
    SAMPLED,
    VERDICT_NS,
    WORKER_NS,
    Records,
)


def begin_frame(records: Records) -> int:
    at = records.frames % records.room * CELLS
    records.frames += 1
    records.cells[at : at + CELLS] = BLANK
    return at


def filled(frames: int, *, room: int) -> Records:
    records = Records()
    records.begin(room)
    for frame in range(frames):
        at = begin_frame(records)
        records.cells[at + SAMPLED] = 1
        records.cells[at + VERDICT_NS] = 100 + frame
    return records


def test_a_frame_of_which_nothing_is_known_is_all_zero() -> None:
    records = Records()
    begin_frame(records)
    columns = records.columns(1)
    assert tuple(columns) == FRAME_FIELDS
    assert all(column.tolist() == [0] for column in columns.values())
    assert records.verdicts(()) == ()


def test_each_cell_has_a_column_of_its_own() -> None:
    records = Records()
    at = begin_frame(records)
    cells = (SAMPLED, MATCHED, DROPPED, FLAGGED, VERDICT_NS, WORKER_NS)
    for value, cell in enumerate(cells, 1):
        records.cells[at + cell] = value
    assert [column.tolist() for column in records.columns(1).values()] == [
        [1],
        [2],
        [3],
        [4],
        [5],
        [6],
    ]


@pytest.mark.parametrize("frames", [3, 4, 5, 8, 11])
def test_the_oldest_frames_are_forgotten_where_there_is_no_room(frames: int) -> None:
    records = filled(frames, room=4)
    kept = min(frames, 4)
    expected = [100 + frame for frame in range(frames - kept, frames)]
    assert records.columns(kept)["scan_verdict_ns"].tolist() == expected
    assert [verdict.frame for verdict in records.verdicts(())] == [ns - 100 for ns in expected]


@pytest.mark.parametrize(("frames", "asked"), [(2, 3), (9, 5), (3, -1)])
def test_frames_that_are_not_remembered_cannot_be_had(frames: int, asked: int) -> None:
    with pytest.raises(ValueError, match=rf"^records of {asked} frames: \d are remembered"):
        filled(frames, room=4).columns(asked)


def test_a_beginning_forgets_and_makes_room() -> None:
    records = filled(3, room=4)
    cells = records.cells
    records.begin(500)
    assert records.verdicts(()) == ()
    assert len(records.cells) > len(cells)
    assert records.columns(0)["scan_sampled"].tolist() == []


def test_a_verdict_says_what_was_found_and_who_learns_it() -> None:
    records = Records()
    at = begin_frame(records)
    for cell, value in {
        SAMPLED: 1,
        MATCHED: 1,
        FLAGGED: 1,
        VERDICT_NS: 77,
        ENTRY: 12,
        DISTANCE: 3,
        QUALITY: 88,
    }.items():
        records.cells[at + cell] = value
    (verdict,) = records.verdicts((Party.RELAY,))
    assert (verdict.frame, verdict.entry, verdict.distance, verdict.quality) == (0, 12, 3, 88)
    assert verdict.matched
    assert verdict.flagged
    assert (verdict.verdict_ns, verdict.learned_by) == (77, (Party.RELAY,))
