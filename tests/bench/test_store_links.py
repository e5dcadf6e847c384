"""Run folders as somebody else may send them: with links that lead out of them."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from bench.machine import Machine, describe_machine, read_conditions
from bench.report.stored import report_run
from bench.report.write import write_report
from bench.results import Row
from bench.samples import Samples, samples_dtype
from bench.store import IncomparableMachine, RunFolder, RunPlan, StoreError, read_run
from bench.store.files import write_files
from bench.store.lock import acquire

PLAN = RunPlan(
    suite="smoke",
    suite_sha256="0" * 64,
    seed=7,
    sealbench_version="0.1.0",
    started_utc="2026-11-22T04:36:03Z",
    options={},
    cases=[],
)
PRECIOUS = b"precious, without a line's end"
Link = Callable[[Path, Path], None]


@pytest.fixture(scope="module")
def machine() -> Machine:
    return describe_machine(with_scaling=False)


@pytest.fixture
def begun(tmp_path: Path, machine: Machine) -> Path:
    """Return a run folder with a finished case and one in flight."""
    path = tmp_path / "begun"
    with RunFolder.create(path, PLAN, machine) as folder:
        row = Row(case="a", why="", model="stage", clip="outdoor", frames=3)
        folder.finish_case(row, make_samples(3))
        folder.save_block("c", 0, make_samples(2))
    return path


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Return a folder of files that nobody may touch, some called as ours are."""
    path = tmp_path / "outside"
    path.mkdir()
    for name in ("victim", "x.npy.tmp", "a.npy", "c.0000.0.npy", "report-ecdf.png"):
        (path / name).write_bytes(PRECIOUS)
    return path


def make_samples(frames: int) -> Samples:
    samples = np.zeros(frames, dtype=samples_dtype(["sender/seal"]))
    samples["sender/seal"] = 1000
    return samples


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refusal(attempt: Callable[[], None]) -> str:
    """Return why `attempt` was refused, nothing where it was not."""
    try:
        attempt()
    except StoreError as error:
        return str(error)
    return ""


def go_on(path: Path, machine: Machine) -> None:
    """Resume the run in `path`, and do all that writes into it."""
    samples = make_samples(2)
    with RunFolder.open_for_resume(path, machine) as folder:
        folder.save_block("c", 1, samples)
        row = Row(case="d", why="", model="stage", clip="outdoor", frames=2)
        folder.save_interim([(row, samples)])
        folder.finish_case(msgspec.structs.replace(row, case="c"), samples)
        folder.finish(read_conditions())


FILES = ("lock", "rows.jsonl", "machine.json.tmp", "interim.jsonl", "interim.jsonl.tmp")


@pytest.mark.parametrize("link", [os.symlink, os.link])
@pytest.mark.parametrize("name", FILES)
def test_a_run_that_goes_on_writes_through_no_linked_file(
    begun: Path, outside: Path, machine: Machine, name: str, link: Link
) -> None:
    before = contents(outside)
    (begun / name).unlink(missing_ok=True)
    link(outside / "victim", begun / name)
    refused = refusal(lambda: go_on(begun, machine))
    assert not refused or (name in refused and "\n" not in refused)
    assert contents(outside) == before


def test_rows_behind_a_link_are_not_appended_to(
    begun: Path, outside: Path, machine: Machine
) -> None:
    (begun / "rows.jsonl").rename(outside / "victim")
    (begun / "rows.jsonl").symlink_to(outside / "victim")
    before = contents(outside)
    with pytest.raises(StoreError, match=r"rows\.jsonl: is a symbolic link"):
        go_on(begun, machine)
    assert contents(outside) == before


@pytest.mark.parametrize("name", ["samples", "partial"])
def test_a_linked_folder_of_a_run_is_neither_swept_nor_written(
    begun: Path, outside: Path, machine: Machine, name: str
) -> None:
    for path in (begun / name).iterdir():
        path.unlink()
    (begun / name).rmdir()
    (begun / name).symlink_to(outside)
    before = contents(outside)
    with pytest.raises(StoreError, match=f"{name}: is a symbolic link"):
        go_on(begun, machine)
    assert contents(outside) == before


@pytest.mark.parametrize("name", ["samples/c.npy", "samples/c.npy.tmp", "partial/c.0001.0.npy.tmp"])
@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_linked_samples_are_replaced_and_what_they_lead_to_stays(
    begun: Path, outside: Path, machine: Machine, name: str, link: Link
) -> None:
    link(outside / "victim", begun / name)
    before = contents(outside)
    go_on(begun, machine)
    assert contents(outside) == before
    assert not (begun / "samples" / "c.npy").is_symlink()


def test_a_lock_that_leads_elsewhere_stays_unwritten_where_the_machine_is_refused(
    begun: Path, outside: Path, machine: Machine
) -> None:
    (begun / "lock").unlink()
    (begun / "lock").symlink_to(outside / "victim")
    before = contents(outside)
    other = msgspec.structs.replace(machine, usable_cores=machine.usable_cores + 1)
    with pytest.raises(StoreError, match="lock: is a symbolic link") as refused:
        RunFolder.open_for_resume(begun, other)
    assert not isinstance(refused.value, IncomparableMachine)
    assert contents(outside) == before


@pytest.mark.parametrize("name", ["lock", "machine.json.tmp", "run.json.tmp", "samples", "partial"])
def test_a_folder_that_looks_unborn_leads_a_new_run_nowhere(
    tmp_path: Path, outside: Path, machine: Machine, name: str
) -> None:
    place = tmp_path / "unborn"
    place.mkdir()
    (place / "lock").touch()
    (place / name).unlink(missing_ok=True)
    (place / name).symlink_to(outside if name in {"samples", "partial"} else outside / "victim")
    before = contents(outside)
    refused = refusal(lambda: RunFolder.create(place, PLAN, machine).close())
    assert not refused or f"{name}: is a symbolic link" in refused
    assert contents(outside) == before


def test_a_run_folder_that_the_user_reaches_by_a_link_is_written(
    tmp_path: Path, machine: Machine
) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "results").symlink_to(tmp_path / "disk")
    RunFolder.create(tmp_path / "results" / "new", PLAN, machine).close()
    go_on(tmp_path / "results" / "new", machine)
    (tmp_path / "run").symlink_to(tmp_path / "disk" / "new")
    assert [row.case for row in read_run(tmp_path / "run").rows] == ["c"]


def test_a_report_replaces_links_and_leaves_what_they_lead_to(begun: Path, outside: Path) -> None:
    run = report_run(read_run(begun))
    for name in ("report.md", "report.html", "report.md.tmp"):
        (begun / name).symlink_to(outside / "victim")
    before = contents(outside)
    write_report([run], begun)
    assert contents(outside) == before
    assert not (begun / "report.md").is_symlink()


def test_a_linked_folder_of_plots_is_refused(begun: Path, outside: Path) -> None:
    (begun / "plots").symlink_to(outside)
    before = contents(outside)
    with pytest.raises(StoreError, match="plots: is a symbolic link"):
        write_files(begun, {"report.md": b"new", "plots/report-ecdf.png": b"new"})
    assert contents(outside) == before


def test_a_lock_tells_who_holds_it(tmp_path: Path) -> None:
    lock = acquire(tmp_path / "lock", "run")
    try:
        with pytest.raises(StoreError, match=f"pid {os.getpid()}"):
            acquire(tmp_path / "lock", "run")
    finally:
        os.close(lock)
