import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bench.machine import Machine, describe_machine, read_conditions
from bench.results import SCHEMA, Row
from bench.samples import Samples, samples_dtype
from bench.store import (
    Blocks,
    IncomparableMachine,
    RunFolder,
    RunPlan,
    StoreError,
    read_run,
    safe_name,
)
from bench.store.arrays import load_samples
from bench.store.rows import read_rows

PLAN = RunPlan(
    suite="smoke",
    suite_sha256="0" * 64,
    seed=7,
    sealbench_version="0.1.0",
    started_utc="2026-11-22T04:36:03Z",
    options={"seconds": "1"},
    cases=[{"case": "stage/outdoor->720p/h264/null", "fps": 29.97, "labels": ["a", None]}],
)
BROKEN_FOLDER = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def machine() -> Machine:
    return describe_machine(with_scaling=False)


@pytest.fixture
def begun(tmp_path: Path, machine: Machine) -> Path:
    """Return a run folder with two finished cases and one in flight, as a kill leaves it."""
    path = tmp_path / "begun"
    with RunFolder.create(path, PLAN, machine) as folder:
        folder.finish_case(make_row("a", frames=3), make_samples(3))
        folder.finish_case(make_row("b"), None)
        folder.save_block("c", 0, make_samples(2))
    return path


def make_row(case: str, *, error: str | None = None, frames: int = 0) -> Row:
    return Row(
        case=case,
        why="",
        model="stage",
        media="video",
        clip="outdoor",
        codec="h264",
        pipeline="null",
        engine="cryptography",
        error=error,
        frames=frames,
    )


def make_samples(frames: int, *, seed: int = 1, stage: str = "sender/seal") -> Samples:
    samples = np.zeros(frames, dtype=samples_dtype([stage]))
    for name in samples.dtype.names or ():
        samples[name] = np.random.default_rng(seed).integers(0, 1 << 40, frames)
    return samples


def test_a_finished_run_reads_back_as_it_was_written(tmp_path: Path, machine: Machine) -> None:
    path = tmp_path / "results" / "run"
    samples = make_samples(5)
    after = read_conditions()
    with RunFolder.create(path, PLAN, machine) as folder:
        written = folder.finish_case(
            make_row("stage/outdoor->720p/h264/null", frames=len(samples)), samples
        )
        failed = folder.finish_case(make_row("x", error="InvalidTag at frame 7"), None)
        folder.finish(after)
    run = read_run(path)
    assert run.plan == PLAN
    assert run.machine == machine
    assert run.rows == (written, failed)
    assert [session.after for session in run.sessions] == [after]
    stored = run.samples(written)
    assert stored is not None
    assert np.array_equal(stored, samples)
    assert run.samples(failed) is None


def test_a_run_in_progress_can_be_read(tmp_path: Path, machine: Machine) -> None:
    with RunFolder.create(tmp_path, PLAN, machine) as folder:
        assert read_run(tmp_path).rows == ()
        folder.finish_case(make_row("a"), None)
        assert [row.case for row in read_run(tmp_path).rows] == ["a"]
        assert read_run(tmp_path).sessions[0].after is None


def test_blocks_of_a_case_come_back_by_round_and_go_when_it_is_finished(
    tmp_path: Path, machine: Machine
) -> None:
    with RunFolder.create(tmp_path, PLAN, machine) as folder:
        for round_index, process in ((2, 0), (0, 1), (0, 0)):
            samples = make_samples(2, seed=10 * round_index + process)
            folder.save_block("a.0001", round_index, samples, process=process)
        folder.save_block("a", 1, make_samples(1))
        blocks = folder.blocks("a.0001")
        assert sorted(blocks) == [0, 2]
        both = np.concatenate([make_samples(2, seed=0), make_samples(2, seed=1)])
        assert np.array_equal(blocks[0], both)
        folder.finish_case(make_row("a.0001"), both)
        assert folder.blocks("a.0001") == {}
        assert sorted(folder.blocks("a")) == [1]


def test_a_worker_saves_blocks_that_the_run_finds(tmp_path: Path, machine: Machine) -> None:
    with RunFolder.create(tmp_path, PLAN, machine) as folder:
        Blocks(tmp_path).save("a", 3, 1, make_samples(2))
        assert sorted(folder.blocks("a")) == [3]


def test_pooled_blocks_are_all_rounds_in_order(tmp_path: Path, machine: Machine) -> None:
    with RunFolder.create(tmp_path, PLAN, machine) as folder:
        for round_index in (1, 0, 10):
            folder.save_block("a", round_index, make_samples(2, seed=round_index))
        in_order = np.concatenate([make_samples(2, seed=seed) for seed in (0, 1, 10)])
        assert np.array_equal(folder.pooled_blocks("a"), in_order)
        with pytest.raises(StoreError, match="no samples of case 'b'"):
            folder.pooled_blocks("b")


def test_an_interrupted_run_shows_what_it_had_begun_until_it_is_resumed(
    begun: Path, machine: Machine
) -> None:
    with RunFolder.open_for_resume(begun, machine) as folder:
        folder.save_interim([(make_row("c", frames=2), folder.pooled_blocks("c"))])
        run = read_run(begun)
        assert [row.case for row in run.rows] == ["a", "b"]
        (interim,) = run.interim
        samples = run.samples(interim)
        assert samples is not None
        assert np.array_equal(samples, make_samples(2))
        assert folder.finished_cases() == {"a", "b"}
    with RunFolder.open_for_resume(begun, machine) as folder:
        assert read_run(begun).interim == ()
        assert sorted(folder.blocks("c")) == [0]
        folder.finish_case(make_row("c", frames=4), make_samples(4))
    run = read_run(begun)
    assert [row.case for row in run.rows] == ["a", "b", "c"]
    whole = run.samples(run.rows[2])
    assert whole is not None
    assert len(whole) == 4


def test_torn_blocks_are_as_good_as_absent(begun: Path, machine: Machine) -> None:
    (block,) = (begun / "partial").iterdir()
    whole = block.read_bytes()
    with RunFolder.open_for_resume(begun, machine) as folder:
        for size in (0, 5, 20, len(whole) // 2, len(whole) - 1):
            block.write_bytes(whole[:size])
            assert folder.blocks("c") == {}
        block.write_bytes(whole)
        assert sorted(folder.blocks("c")) == [0]


def test_blocks_of_different_pipelines_are_not_mixed(begun: Path, machine: Machine) -> None:
    with RunFolder.open_for_resume(begun, machine) as folder:
        folder.save_block("c", 1, make_samples(2, stage="sender/other"))
        with pytest.raises(StoreError, match="differ in their columns"):
            folder.blocks("c")


def test_a_case_never_gets_a_second_row(begun: Path, machine: Machine) -> None:
    with RunFolder.open_for_resume(begun, machine) as folder:
        before = (begun / "samples" / "a.npy").read_bytes()
        with pytest.raises(StoreError, match="'a' has a row already"):
            folder.finish_case(make_row("a"), make_samples(9))
    assert (begun / "samples" / "a.npy").read_bytes() == before
    assert len(read_run(begun).rows) == 2


def test_a_row_that_json_cannot_hold_is_refused_when_written(begun: Path, machine: Machine) -> None:
    with RunFolder.open_for_resume(begun, machine) as folder:
        nan = msgspec.structs.replace(make_row("c"), fps=float("nan"))
        with pytest.raises(StoreError, match="'c'"):
            folder.finish_case(nan, None)
        folder.finish_case(make_row("c"), None)
    assert [row.case for row in read_run(begun).rows] == ["a", "b", "c"]


def test_resume_cuts_a_torn_last_line_and_keeps_the_rest(begun: Path, machine: Machine) -> None:
    with (begun / "rows.jsonl").open("ab") as file:
        file.write(msgspec.json.encode(make_row("c"))[:-7])
    (begun / "samples" / "c.npy.tmp").write_bytes(b"half")
    assert [row.case for row in read_run(begun).rows] == ["a", "b"]
    with RunFolder.open_for_resume(begun, machine) as folder:
        assert folder.finished_cases() == {"a", "b"}
        assert folder.plan == PLAN
        assert sorted(folder.blocks("c")) == [0]
        folder.finish_case(make_row("c"), make_samples(1))
    run = read_run(begun)
    assert [row.case for row in run.rows] == ["a", "b", "c"]
    assert len(run.sessions) == 2
    assert not list(begun.rglob("*.tmp"))


def test_a_torn_line_longer_than_the_next_row_leaves_nothing_behind_it(
    begun: Path, machine: Machine
) -> None:
    rows = begun / "rows.jsonl"
    whole = rows.read_bytes()
    rows.write_bytes(whole + b"x" * 10_000)
    with RunFolder.open_for_resume(begun, machine) as folder:
        assert rows.read_bytes() == whole
        folder.finish_case(make_row("c"), None)
    assert [row.case for row in read_run(begun).rows] == ["a", "b", "c"]


def test_a_rewritten_file_is_replaced_whole_so_that_a_reader_never_sees_half(
    begun: Path, machine: Machine
) -> None:
    with RunFolder.open_for_resume(begun, machine) as folder:
        with (begun / "machine.json").open("rb", buffering=0) as reader:
            start = reader.read(100)
            folder.finish(read_conditions())
            rest = reader.read()
        assert b'"after": null' in start + rest
        assert read_run(begun).sessions[1].after is not None


def test_resume_removes_blocks_that_a_kill_left_behind_a_row(begun: Path, machine: Machine) -> None:
    Blocks(begun).save("a", 0, 0, make_samples(1))
    with RunFolder.open_for_resume(begun, machine) as folder:
        assert folder.blocks("a") == {}
        assert sorted(folder.blocks("c")) == [0]


def test_a_broken_line_that_is_not_the_last_names_file_and_line(
    begun: Path, machine: Machine
) -> None:
    rows = begun / "rows.jsonl"
    lines = rows.read_bytes().splitlines(keepends=True)
    rows.write_bytes(lines[0] + b'{"schema": 1, "case"\n' + lines[1])
    for read in (read_run, lambda path: RunFolder.open_for_resume(path, machine)):
        with pytest.raises(StoreError, match=r"rows\.jsonl:2: "):
            read(begun)


def test_a_second_row_of_a_case_names_both_lines(begun: Path) -> None:
    rows = begun / "rows.jsonl"
    rows.write_bytes(rows.read_bytes() + rows.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(StoreError, match=r"rows\.jsonl:3: case 'a' has a row already, in line 1"):
        read_run(begun)


@pytest.mark.parametrize("file", ["run.json", "machine.json", "rows.jsonl"])
def test_a_newer_schema_is_refused_whatever_else_the_file_holds(
    begun: Path, machine: Machine, file: str
) -> None:
    (begun / file).write_bytes(b'{"schema": 7, "from": "the future"}\n')
    said = rf"schema 7 is newer than this sealbench \({SCHEMA}\) understands"
    for read in (read_run, lambda path: RunFolder.open_for_resume(path, machine)):
        with pytest.raises(StoreError, match=said) as caught:
            read(begun)
        assert str(caught.value).startswith(str(begun / file))


def test_a_foreign_folder_is_refused_and_left_alone(tmp_path: Path, machine: Machine) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    (tmp_path / "samples").mkdir()
    with pytest.raises(StoreError, match="not empty"):
        RunFolder.create(tmp_path, PLAN, machine)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["samples", "thesis.txt"]


def test_a_folder_that_merely_looks_alike_is_foreign_too(tmp_path: Path, machine: Machine) -> None:
    (tmp_path / "samples").mkdir()
    with pytest.raises(StoreError, match="not empty"):
        RunFolder.create(tmp_path, PLAN, machine)


def test_a_run_is_not_begun_over_another(begun: Path, machine: Machine) -> None:
    with pytest.raises(StoreError, match="holds a run already"):
        RunFolder.create(begun, PLAN, machine)


def test_what_a_create_that_was_killed_left_is_begun_anew(begun: Path, machine: Machine) -> None:
    for name in ("run.json", "rows.jsonl"):
        (begun / name).unlink()
    (begun / "run.json.tmp").write_bytes(b'{"sch')
    with RunFolder.create(begun, PLAN, machine) as folder:
        assert folder.finished_cases() == set()
    assert read_run(begun).plan == PLAN


def test_no_run_to_resume_or_read_is_said(tmp_path: Path, machine: Machine) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(StoreError, match="holds no run"):
            RunFolder.open_for_resume(path, machine)
        with pytest.raises(StoreError, match="holds no run"):
            read_run(path)
    assert list(tmp_path.iterdir()) == []


def test_another_machine_is_refused_with_what_differs(begun: Path, machine: Machine) -> None:
    other = msgspec.structs.replace(
        machine,
        cpu_model="Z80",
        libraries=machine.libraries | {"cryptography/openssl": "OpenSSL 9.9"},
    )
    with pytest.raises(IncomparableMachine, match="Z80") as caught:
        RunFolder.open_for_resume(begun, other)
    assert len(caught.value.differences) == 2
    assert "\n" not in str(caught.value)
    RunFolder.open_for_resume(begun, machine).close()


def test_another_sealbench_is_refused(begun: Path, machine: Machine) -> None:
    other = msgspec.structs.replace(machine, libraries=machine.libraries | {"sealbench": "99"})
    with pytest.raises(StoreError, match="this is 99"):
        RunFolder.open_for_resume(begun, other)


def test_a_second_process_is_refused_while_the_first_writes(begun: Path, machine: Machine) -> None:
    program = (
        "import sys; from pathlib import Path; from bench.store import RunFolder\n"
        "from bench.machine import describe_machine\n"
        "RunFolder.open_for_resume(Path(sys.argv[1]), describe_machine(with_scaling=False))\n"
        "print('open', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(begun)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(StoreError, match=rf"another process \(pid {other.pid}\)"):
            RunFolder.open_for_resume(begun, machine)
        assert len(read_run(begun).rows) == 2
        other.communicate()
    RunFolder.open_for_resume(begun, machine).close()


def test_two_folders_in_one_process_lock_each_other_out_too(begun: Path, machine: Machine) -> None:
    with (
        RunFolder.open_for_resume(begun, machine),
        pytest.raises(StoreError, match=f"pid {os.getpid()}"),
    ):
        RunFolder.open_for_resume(begun, machine)


def test_a_path_that_cannot_be_a_folder_is_one_clear_line(tmp_path: Path, machine: Machine) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "run", Path("/proc/nowhere/run")):
        with pytest.raises(StoreError) as caught:
            RunFolder.create(path, PLAN, machine)
        assert str(caught.value).startswith(str(path))
        assert "\n" not in str(caught.value)


def test_a_disk_that_refuses_more_loses_no_finished_case(begun: Path, machine: Machine) -> None:
    # The file size limit of a process is a full disk that needs no disk. Python ignores SIGXFSZ,
    # so a write beyond the limit ends in EFBIG, after the part that still fitted.
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    rows = begun / "rows.jsonl"
    whole = rows.read_bytes()
    with RunFolder.open_for_resume(begun, machine) as folder:
        try:
            room = len(whole) + 40
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
            with pytest.raises(StoreError, match=r"rows\.jsonl: File too large"):
                folder.finish_case(make_row("c"), None)
            with pytest.raises(StoreError, match=r"c\.npy: "):
                folder.finish_case(make_row("c"), make_samples(1000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert rows.read_bytes() == whole
        assert sorted(path.name for path in (begun / "samples").iterdir()) == ["a.npy"]
        folder.finish_case(make_row("c"), make_samples(1000))
    assert [row.case for row in read_run(begun).rows] == ["a", "b", "c"]


def test_a_row_cannot_lead_out_of_its_folder(begun: Path) -> None:
    rows = begun / "rows.jsonl"
    for elsewhere in ("/etc/passwd", "../secret.npy", "samples/b.npy", "samples/\0"):
        row = msgspec.structs.replace(make_row("a"), samples=elsewhere)
        rows.write_bytes(msgspec.json.encode(row) + b"\n")
        run = read_run(begun)
        with pytest.raises(StoreError, match="'a': samples"):
            run.samples(run.rows[0])


def test_samples_that_are_absent_or_something_else_are_store_errors(begun: Path) -> None:
    run = read_run(begun)
    file = begun / "samples" / "a.npy"
    np.save(file, np.array([{"pickled": "object"}]), allow_pickle=True)
    with pytest.raises(StoreError, match=r"a\.npy: not readable"):
        run.samples(run.rows[0])
    np.save(file, np.zeros(3, dtype=np.int64))
    with pytest.raises(StoreError, match="holds no samples"):
        run.samples(run.rows[0])
    file.unlink()
    with pytest.raises(StoreError, match=r"a\.npy: No such file"):
        run.samples(run.rows[0])


def test_each_question_has_columns_of_its_own_behind_the_round(begun: Path) -> None:
    run = read_run(begun)
    file = begun / "samples" / "a.npy"
    lookups = np.zeros(3, dtype=[("round", np.int64), ("start_ns", np.int64), ("end_ns", np.int64)])
    np.save(file, lookups)
    samples = run.samples(run.rows[0])
    assert samples is not None
    assert samples.dtype == lookups.dtype


@pytest.mark.parametrize(
    "columns",
    [
        [("start_ns", np.int64), ("round", np.int64)],
        [("round", np.int64), ("end_ns", np.float64)],
        [("round", np.int32)],
    ],
)
def test_columns_that_are_no_samples_are_refused(
    begun: Path, columns: list[tuple[str, type]]
) -> None:
    np.save(begun / "samples" / "a.npy", np.zeros(3, dtype=columns))
    run = read_run(begun)
    with pytest.raises(StoreError, match=r"holds no samples \(int64 columns round, \.\.\.\)$"):
        run.samples(run.rows[0])


def test_a_readable_case_id_is_readable_as_a_file_name() -> None:
    assert safe_name("smoke-1.2+x_y") == "smoke-1.2+x_y"
    name = safe_name("stage/outdoor->720p/h264/srtp-aes-128-gcm")
    assert name.startswith("stage_outdoor-_720p_h264_srtp-aes-128-gcm~")
    assert safe_name("Head").startswith("head~")


@given(ids=st.lists(st.text(max_size=200), min_size=2, max_size=5, unique=True))
@example(ids=["", ".", "..", "/", "a/b", "a_b", "A", "a", "\ud800", "a" * 500, "a" * 501, ".a"])
@example(ids=["a/b", safe_name("a/b")])
def test_file_names_are_safe_and_different_for_different_cases(ids: list[str]) -> None:
    names = [safe_name(case_id) for case_id in ids]
    assert len({name.lower() for name in names}) == len(ids)
    for name in names:
        assert 0 < len(os.fsencode(name)) < 200
        assert not name.startswith(".")
        assert not set(name) & set('/\\\0:*?"<>| \n')


def only_store_errors(read: Callable[[], object]) -> None:
    try:
        read()
    except StoreError as error:
        assert "\n" not in str(error)  # noqa: PT017 - that it is raised is not what is tested


def damaged(whole: bytes, at: int, cut: int, insert: bytes) -> bytes:
    at %= len(whole) + 1
    return whole[:at] + insert + whole[at + cut :]


DAMAGE = st.tuples(st.integers(0, 1 << 16), st.integers(0, 40), st.binary(max_size=12))


@pytest.mark.parametrize("file", ["run.json", "machine.json", "rows.jsonl", "samples/a.npy"])
@given(damage=DAMAGE)
@BROKEN_FOLDER
def test_a_damaged_file_is_a_store_error_and_nothing_else(
    begun: Path, machine: Machine, file: str, damage: tuple[int, int, bytes]
) -> None:
    path = begun / file
    whole = path.read_bytes()
    try:
        path.write_bytes(damaged(whole, *damage))

        def read_all() -> None:
            run = read_run(begun)
            for row in run.rows:
                run.samples(row)

        only_store_errors(read_all)
        only_store_errors(lambda: RunFolder.open_for_resume(begun, machine).close())
    finally:
        path.write_bytes(whole)


@given(data=st.binary(max_size=200))
@example(data=b"[" * 100_000)
@example(data=b'{"schema": ' + b"[" * 100_000 + b"\n")
@example(data=b'{"schema": 1e999}\n')
@example(data=b'{"schema": 99999999999999999999999999}\n')
@example(data=b'{"case": "\xff", "schema": 1}\n')
@example(data=b"\x93NUMPY\x01\x00\x10\x00{'descr': '<i8', 'shape': (1<<60,)")
@BROKEN_FOLDER
def test_any_bytes_are_rows_samples_or_a_store_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bytes"
    path.write_bytes(data)
    only_store_errors(lambda: read_rows(path))
    only_store_errors(lambda: load_samples(path))


def test_samples_that_are_not_those_of_their_row_are_refused(
    tmp_path: Path, machine: Machine
) -> None:
    with RunFolder.create(tmp_path, PLAN, machine) as folder:
        row = folder.finish_case(make_row("a", frames=5), make_samples(4))
    with pytest.raises(StoreError, match="holds 4 frames, its row says 5"):
        read_run(tmp_path).samples(row)


@pytest.mark.parametrize("name", ["rows.jsonl", "samples/a.npy"])
def test_a_pipe_in_a_run_folder_is_refused_and_not_waited_for(
    tmp_path: Path, machine: Machine, name: str
) -> None:
    with RunFolder.create(tmp_path, PLAN, machine) as folder:
        row = folder.finish_case(make_row("a", frames=4), make_samples(4))
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    with pytest.raises(StoreError, match="is no plain file"):
        read_run(tmp_path).samples(row)
