"""The runner on a small video of its own: order, failures, and what a stopped run leaves."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest

from bench.cases import Case
from bench.machine import describe_machine
from bench.material import Library
from bench.progress import Progress, Silent
from bench.report.outcome import remark
from bench.run import WRONG_ANSWER_PREFIX, Runner
from bench.store import RunFolder, RunPlan, StoredRun, read_run
from bench.trials.workshop import Workshop
from pipelines.codecs.settings import ENCODER_LIBRARIES
from pipelines.engines.table import choose_engine
from pipelines.media import EncodedFrame, Unit
from pipelines.registry import load_registry
from pipelines.session import Session
from pipelines.stage import Stage
from pipelines.stages.transport import Copy

REGISTRY = load_registry(())
PIPELINES = REGISTRY.pipelines
ROUNDS = 4
SILENT = Silent()
CLIP = "mine"
MACHINE = describe_machine(with_scaling=False)
PLAN = RunPlan(
    suite="s",
    suite_sha256="",
    seed=3,
    sealbench_version="0",
    started_utc="",
    options={},
    cases=[],
)


def case_of(pipeline: str, *, paced: bool = False) -> Case:
    return Case(
        why="w",
        model="paced" if paced else "stage",
        media="cached",
        clip=CLIP,
        codec="h264",
        pipeline=pipeline,
        seconds=0.04,
        rounds=1 if paced else ROUNDS,
    )


CASES = [case_of("null"), case_of("srtp-aes-128-gcm"), case_of("sframe-aes-128-gcm")]


class Raises(Copy):
    """Raises `error` at its call numbered `at`; there are 20 units in the clip."""

    def __init__(self, error: Exception, at: int) -> None:
        super().__init__()
        self._error, self._left = error, at

    def __call__(self, unit: Unit, /) -> EncodedFrame:
        assert isinstance(unit, EncodedFrame)
        if self._left == 0:
            raise self._error
        self._left -= 1
        return super().__call__(unit)


class StopsAfter(Silent):
    """Presses Ctrl-C when so many blocks are measured."""

    def __init__(self, blocks: int) -> None:
        self._blocks = blocks
        self._measuring = False

    def begin(self, what: str, total: float) -> None:
        self._measuring = "measuring" in what and total > 0

    def advance(self, done: float) -> None:
        self._blocks -= self._measuring and done > 0
        if self._blocks == 0:
            raise KeyboardInterrupt


class Flips(Copy):
    """Changes a bit of what it copies."""

    def __call__(self, unit: Unit, /) -> EncodedFrame:
        copy = super().__call__(unit)
        copy.payload[0] ^= 1
        return copy


def beginning_with(make: Callable[[], Stage]) -> Callable[[Session], tuple[Stage, ...]]:
    return lambda session: (make(), *PIPELINES["null"].sender(session))


def strangers() -> dict[str, Callable[[Session], tuple[Stage, ...]]]:
    return {
        "late": beginning_with(lambda: Raises(OverflowError("spent"), at=25)),
        "flips": beginning_with(Flips),
    }


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "mine.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=100)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for number in range(20):
            picture = np.random.default_rng(number).integers(0, 256, (64, 96, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


Run = Callable[..., None]
"""`run(folder, cases, progress=Silent())`."""


@pytest.fixture
def run(video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SEALBENCH_CACHE", str(tmp_path / "cache"))
    broken = {
        name: dataclasses.replace(PIPELINES["null"], name=name, sender=sender)
        for name, sender in strangers().items()
    }

    def run_cases(folder: RunFolder, cases: Sequence[Case], progress: Progress = SILENT) -> None:
        Runner(
            folder=folder,
            workshop=Workshop(
                registry=dataclasses.replace(REGISTRY, pipelines={**PIPELINES, **broken}),
                library=Library({CLIP: video}, Silent()),
                progress=Silent(),
                seed=3,
            ),
            progress=progress,
            seed=3,
        ).run(cases)

    return run_cases


def stored_run(run: Run, path: Path, cases: Sequence[Case]) -> StoredRun:
    with RunFolder.create(path, PLAN, MACHINE) as folder:
        run(folder, cases)
    return read_run(path)


def blocks_in_order(stored: StoredRun) -> list[tuple[int, str]]:
    """Return (round, case) of every block in the order they were measured."""
    began: list[tuple[int, int, str]] = []
    for row in stored.rows:
        samples = stored.samples(row)
        assert samples is not None
        for index in range(row.rounds):
            starts = samples["start_ns"][samples["round"] == index]
            began.append((int(starts[0]), index, row.case))
    return [(index, case) for _, index, case in sorted(began)]


def test_each_round_measures_every_case_once_in_an_order_the_seed_gives(
    run: Run, tmp_path: Path
) -> None:
    first, second = (stored_run(run, tmp_path / name, CASES) for name in "ab")
    blocks = blocks_in_order(first)
    assert [index for index, _ in blocks] == sorted(list(range(ROUNDS)) * len(CASES))
    assert set(blocks) == {(index, case.id) for index in range(ROUNDS) for case in CASES}
    assert blocks_in_order(second) == blocks
    orders = {tuple(case for index, case in blocks if index == wanted) for wanted in range(ROUNDS)}
    assert len(orders) > 1


def test_codec_that_ffmpeg_lacks_is_a_row_with_its_reason_and_the_rest_goes_on(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = dataclasses.replace(ENCODER_LIBRARIES["h265"], name="libx266")
    libraries = {**ENCODER_LIBRARIES, "h265": absent}
    monkeypatch.setattr("pipelines.codecs.encoder.ENCODER_LIBRARIES", libraries)
    case = case_of("null")
    stored = stored_run(run, tmp_path / "r", [msgspec.structs.replace(case, codec="h265"), case])
    failed, measured = sorted(stored.rows, key=lambda row: row.codec, reverse=True)
    assert failed.error is not None
    assert failed.error.startswith("NotInstalled: libx266, which encodes h265, is not in this FF")
    assert remark(failed) is not None
    assert (measured.codec, measured.error) == ("h264", None)


def test_a_row_tells_the_clip_the_engine_and_what_was_measured(run: Run, tmp_path: Path) -> None:
    stored = stored_run(run, tmp_path / "r", [case_of("null"), case_of("null", paced=True)])
    stage, paced = sorted(stored.rows, key=lambda row: row.model, reverse=True)
    for row in (stage, paced):
        assert (row.clip, row.codec, row.width, row.height, row.fps) == (CLIP, "h264", 96, 64, 100)
        assert row.engine == choose_engine("auto").engine.name
        assert "OpenSSL" in row.library
        assert row.labels == ("unauthenticated",)
        assert row.bitrate_bps > 0
        assert row.peak_rss_bytes > 0
    assert (stage.rounds, stage.paced) == (ROUNDS, None)
    assert paced.paced is not None
    assert (paced.rounds, paced.frames, paced.paced.frame_interval_ns) == (1, 4, 10_000_000)


def test_a_case_that_fails_is_a_row_and_the_others_go_on(run: Run, tmp_path: Path) -> None:
    cases = [case_of("late"), case_of("flips"), case_of("null"), case_of("late", paced=True)]
    # Paced, four frames after twelve of warm-up: frame 25 is never sent.
    rows = {row.case: row for row in stored_run(run, tmp_path / "r", cases).rows}
    assert len(rows) == 4
    late = rows[cases[0].id].error
    assert late is not None
    assert late.startswith("OverflowError at frame ")
    flips = rows[cases[1].id].error
    assert flips is not None
    assert flips.startswith(f"{WRONG_ANSWER_PREFIX}: frame 0: ")
    assert rows[cases[2].id].error is None
    assert rows[cases[3].id].error is None
    assert not list((tmp_path / "r" / "partial").iterdir())


def test_a_stopped_run_keeps_its_blocks_and_a_resumed_one_adds_the_missing_ones(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "r"
    with RunFolder.create(path, PLAN, MACHINE) as folder:
        with pytest.raises(KeyboardInterrupt):
            run(folder, CASES, StopsAfter(blocks=5))
        kept = {case.id: folder.blocks(case.id) for case in CASES}
    # The first round of each case, and the second of two.
    assert sorted(len(each) for each in kept.values()) == [1, 2, 2]
    stopped = read_run(path)
    assert not stopped.rows
    assert {row.case: row.rounds for row in stopped.interim} == {
        case_id: len(blocks) for case_id, blocks in kept.items()
    }

    with RunFolder.open_for_resume(path, MACHINE) as folder:
        run(folder, CASES)
    resumed = read_run(path)
    assert {row.case for row in resumed.rows} == {case.id for case in CASES}
    assert not resumed.interim
    for row in resumed.rows:
        samples = resumed.samples(row)
        assert samples is not None
        assert set(samples["round"].tolist()) == set(range(ROUNDS))
        for index, block in kept[row.case].items():
            assert (samples[samples["round"] == index] == block).all()


def test_blocks_of_other_columns_are_the_row_of_their_case_and_the_rest_goes_on(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "r"
    with RunFolder.create(path, PLAN, MACHINE) as folder:
        with pytest.raises(KeyboardInterrupt):
            run(folder, CASES, StopsAfter(blocks=4))
        # As of a plug-in that has one stage less now, beside what it measured before.
        foreign, changed = CASES[0].id, CASES[1].id
        columns = [("round", np.int64), ("start_ns", np.int64)]
        folder.save_block(foreign, ROUNDS, np.zeros(3, dtype=columns), process=7)
        for block in folder.blocks(changed):
            folder.save_block(changed, block, np.zeros(3, dtype=columns))
    with RunFolder.open_for_resume(path, MACHINE) as folder:
        run(folder, CASES)
    rows = {row.case: row.error for row in read_run(path).rows}
    assert rows[CASES[2].id] is None
    for case in (foreign, changed):
        assert f"blocks of case {case!r} differ in their columns" in (rows[case] or "")
    assert not list((path / "partial").iterdir())
