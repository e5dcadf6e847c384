"""Memory by growth of a process, and relays on several cores: what comes back is of the size."""

import numpy as np
import pytest

from bench.calibrate import memory
from bench.calibrate.media_clips import MediaClips
from bench.calibrate.memory import ask, measure_memory
from bench.calibrate.memory_worker import BUFFERED_PACKETS, ROW_BYTES, Job, bytes_each
from bench.calibrate.probe import Bench
from bench.calibrate.scaling import measure_relay_scaling, process_counts
from bench.material import Library
from bench.profile import keys
from bench.progress import Silent
from pipelines.engines.table import choose_engine

BENCH = Bench(
    engine=choose_engine("auto").engine, library=Library({}, Silent()), progress=Silent(), seed=1
)
SMALL = "synthetic-head-180p"
CLIPS = MediaClips(ladder={180: SMALL, 360: SMALL}, traced=())


def test_memory_is_measured_where_there_is_a_clip_of_the_height(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "CODECS", ("h264",))
    monkeypatch.setattr(memory, "SESSIONS", 200)
    monkeypatch.setattr(memory, "BUFFERS", 50)
    found, problems = measure_memory(BENCH, CLIPS)
    assert set(found) == {
        keys.HOP_SESSION,
        keys.STREAM_BUFFER,
        keys.encoder_memory("h264", 180),
        keys.decoder_memory("h264", 180),
    }
    picture = 320 * 180 * 3 // 2
    for each in found[keys.encoder_memory("h264", 180)].bytes_each:
        assert picture < each < 500 * picture
    buffer = BUFFERED_PACKETS * ROW_BYTES
    for each in found[keys.STREAM_BUFFER].bytes_each:
        assert each == pytest.approx(buffer, rel=0.2)
    assert set(problems) == {keys.encoder_memory("h264", 360), keys.decoder_memory("h264", 360)}
    assert all("has 180 lines" in reason for reason in problems.values())


def test_what_the_worker_cannot_make_is_said_and_harms_no_other_job() -> None:
    with memory._worker() as worker:
        with pytest.raises(RuntimeError, match="nowhere"):
            ask(
                worker,
                Job(thing="encoder", count=1, codec="vp8", width=2, height=2, frames="nowhere"),
            )
        assert ask(worker, Job(thing="buffer", count=20)) > 0
        worker.kill()
        worker.wait()
        with pytest.raises((memory.WorkerEnded, BrokenPipeError)):
            ask(worker, Job(thing="buffer", count=20))


def test_memory_grows_with_the_number_of_things() -> None:
    few = 20 * bytes_each(Job(thing="buffer", count=20))
    many = 80 * bytes_each(Job(thing="buffer", count=80))
    assert many > 2 * few


def test_relays_are_counted_in_powers_of_two_and_all_cores() -> None:
    assert process_counts(1) == ()
    assert process_counts(2) == (2,)
    assert process_counts(6) == (2, 4, 6)
    assert process_counts(8) == (2, 4, 8)


def test_two_relays_do_more_than_nothing() -> None:
    (scaling,) = measure_relay_scaling(BENCH, cores=2, trials=2, seconds=0.05)
    assert scaling.processes == 2
    assert len(scaling.ratio) == 2
    assert np.all(np.array(scaling.ratio) > 0)


def test_one_core_has_nothing_to_scale_to() -> None:
    assert measure_relay_scaling(BENCH, cores=1) == ()
